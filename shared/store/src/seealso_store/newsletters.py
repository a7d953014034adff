"""SQL of newsletters: a topic's issues and what is in them. Written by the dispatch service only.

topic + what is new -> issue, its articles -> one delivery a confirmed reader -> sent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from seealso_sdk.model import Rendition
from sqlalchemy import Connection

from seealso_store.deliveries import OPEN, REACHED
from seealso_store.renditions import decode_parts
from seealso_store.schema import (
    article,
    article_version,
    delivery,
    filing,
    issue,
    issue_article,
    rendition,
    subscription,
    topic,
)

OUTPUT = "email"  # the output whose renditions digests are made of


@dataclass(frozen=True, slots=True)
class Newsletter:
    """A topic's newsletter as the operator sees it."""

    slug: str
    label: str
    confirmed: int
    pending: int
    issues: int
    last_issue: int | None


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article that the topic's newsletter has not had yet."""

    article_id: str
    version: int
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class DigestItem:
    """What the digest needs of one article: its e-mail rendition and where it is filed."""

    article_id: str
    version: int
    title: str
    language: str
    sort_at: int
    rendition: Rendition


@dataclass(frozen=True, slots=True)
class Cause:
    """An article of an issue, and the correlation id of the request that brought its version."""

    article_id: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One mailing of a topic's newsletter."""

    id: str
    slug: str
    number: int
    subject: str
    language: str
    created: int
    state: str


def newsletters(conn: Connection) -> list[Newsletter]:
    """Every topic that anybody asked for, by label."""
    confirmed = sa.func.sum(sa.case((subscription.c.state == "confirmed", 1), else_=0))
    pending = sa.func.sum(sa.case((subscription.c.state == "pending", 1), else_=0))
    issues = sa.select(
        issue.c.slug, sa.func.count().label("n"), sa.func.max(issue.c.created).label("last")
    ).group_by(issue.c.slug)
    sent = issues.subquery()
    label = sa.func.coalesce(topic.c.label, subscription.c.slug)
    query = (
        sa.select(subscription.c.slug, label, confirmed, pending, sent.c.n, sent.c.last)
        .outerjoin(topic, topic.c.slug == subscription.c.slug)
        .outerjoin(sent, sent.c.slug == subscription.c.slug)
        .group_by(subscription.c.slug, topic.c.label, sent.c.n, sent.c.last)
        .order_by(label, subscription.c.slug)
    )
    return [
        Newsletter(row[0], row[1], int(row[2]), int(row[3]), int(row[4] or 0), row[5])
        for row in conn.execute(query)
    ]


def topic_label(conn: Connection, slug: str) -> str | None:
    """The topic's label, or None where there is no such topic."""
    return conn.execute(sa.select(topic.c.label).where(topic.c.slug == slug)).scalar_one_or_none()


def new_articles(conn: Connection, slug: str, *, limit: int) -> list[NewArticle]:
    """Newest first: published, filed here by an editor or the filer, rendered for e-mail, and in
    no earlier issue of this newsletter (an edited article is not sent again)."""
    earlier = (
        sa.select(issue_article.c.article_id)
        .join(issue, issue.c.id == issue_article.c.issue_id)
        .where(issue.c.slug == slug)
    )
    query = (
        sa.select(article.c.id, article.c.version, article.c.title, article.c.language)
        .join(filing, filing.c.article_id == article.c.id)
        .join(
            rendition,
            sa.and_(rendition.c.article_id == article.c.id, rendition.c.output == OUTPUT),
        )
        .where(
            filing.c.slug == slug,
            filing.c.origin.in_(("editorial", "derived")),
            article.c.status == "published",
            article.c.id.not_in(earlier),
        )
        .order_by(filing.c.sort_at.desc(), article.c.id)
        .limit(limit)
    )
    return [NewArticle(*row) for row in conn.execute(query)]


def add_issue(tx: Connection, record: Issue, articles: Sequence[NewArticle]) -> None:
    """Keep an issue and what is in it, in order."""
    tx.execute(
        issue.insert().values(
            id=record.id,
            slug=record.slug,
            number=record.number,
            subject=record.subject,
            language=record.language,
            created=record.created,
            state=record.state,
        )
    )
    rows = [
        {"issue_id": record.id, "article_id": a.article_id, "version": a.version, "position": i}
        for i, a in enumerate(articles)
    ]
    tx.execute(issue_article.insert(), rows)


def next_number(conn: Connection, slug: str) -> int:
    """The number of the topic's next issue, from 1."""
    query = sa.select(sa.func.max(issue.c.number)).where(issue.c.slug == slug)
    return int(conn.execute(query).scalar_one() or 0) + 1


def get_issue(conn: Connection, issue_id: str) -> Issue | None:
    """One issue, or None."""
    rows = _issues(conn, issue.c.id == issue_id)
    return rows[0] if rows else None


def issues_of(conn: Connection, slug: str) -> list[Issue]:
    """A topic's issues, newest first."""
    return _issues(conn, issue.c.slug == slug)


def _issues(conn: Connection, where: sa.ColumnElement[bool]) -> list[Issue]:
    query = (
        sa.select(
            issue.c.id,
            issue.c.slug,
            issue.c.number,
            issue.c.subject,
            issue.c.language,
            issue.c.created,
            issue.c.state,
        )
        .where(where)
        .order_by(issue.c.number.desc())
    )
    return [Issue(*row) for row in conn.execute(query)]


def issue_items(conn: Connection, issue_id: str) -> list[DigestItem]:
    """The issue's articles that may still be sent, in order: a withdrawn one is no longer here."""
    query = (
        sa.select(
            article.c.id,
            article.c.version,
            article.c.title,
            article.c.language,
            article.c.sort_at,
            rendition.c.body,
            rendition.c.parts,
        )
        .join(issue_article, issue_article.c.article_id == article.c.id)
        .join(
            rendition,
            sa.and_(rendition.c.article_id == article.c.id, rendition.c.output == OUTPUT),
        )
        .where(issue_article.c.issue_id == issue_id, article.c.status == "published")
        .order_by(issue_article.c.position)
    )
    return [
        DigestItem(*row[:5], rendition=Rendition(row.body, decode_parts(row.parts)))
        for row in conn.execute(query)
    ]


def causes(conn: Connection, issue_id: str) -> list[Cause]:
    """The issue's articles and the requests that brought them, in order. For the log."""
    query = (
        sa.select(issue_article.c.article_id, article_version.c.correlation_id)
        .join(
            article_version,
            sa.and_(
                article_version.c.article_id == issue_article.c.article_id,
                article_version.c.version == issue_article.c.version,
            ),
        )
        .where(issue_article.c.issue_id == issue_id)
        .order_by(issue_article.c.position)
    )
    return [Cause(*row) for row in conn.execute(query)]


def already_received(conn: Connection, issue_id: str, subscriber_id: str) -> frozenset[str]:
    """Articles of this issue that the reader has, or may have, from another topic's issue."""
    here = sa.select(issue_article.c.article_id).where(issue_article.c.issue_id == issue_id)
    query = (
        sa.select(issue_article.c.article_id)
        .join(delivery, delivery.c.issue_id == issue_article.c.issue_id)
        .where(
            delivery.c.subscriber_id == subscriber_id,
            delivery.c.issue_id != issue_id,
            delivery.c.state.in_(REACHED),
            issue_article.c.article_id.in_(here),
        )
    )
    return frozenset(conn.execute(query).scalars())


def finish_issues(tx: Connection, now: int) -> None:
    """An issue with nothing left to send is sent."""
    left = sa.select(delivery.c.issue_id).where(
        delivery.c.issue_id == issue.c.id,
        delivery.c.state.in_(OPEN),
    )
    tx.execute(
        issue.update().where(issue.c.state == "sending", ~left.exists()).values(state="sent")
    )
