"""SQL of newsletters: readers, consent, issues, deliveries. Written by the dispatch service only.

    sign-up -> consent (asked) -> confirmation delivery -> consent (confirmed), subscription
    topic + what is new -> issue, its articles, one delivery a confirmed reader -> sent

A delivery's states: waiting -> leased -> sending -> sent | waiting (try again) | dead (refused) |
dropped (the reader left, or nothing is left to send) | uncertain (the connection was lost between
the message's end and the relay's answer: nobody can know, RFC 1047).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from seealso_sdk.model import Rendition
from sqlalchemy import Connection

from seealso_store.database import upsert
from seealso_store.renditions import decode_parts
from seealso_store.schema import (
    article,
    consent,
    delivery,
    filing,
    issue,
    issue_article,
    rendition,
    subscriber,
    subscription,
    suppression,
    topic,
)

CONFIRM = "confirm:"  # issue ids of confirmation mails begin with it
OUTPUT = "email"  # the output whose renditions digests are made of
_REACHED = ("sending", "sent", "uncertain")  # the reader has it, or may have it


@dataclass(frozen=True, slots=True)
class Consent:
    """Evidence of one request to join, and of its confirmation. Times in microseconds."""

    id: str
    subscriber_id: str
    email: str
    slug: str
    wording: str
    privacy: str
    page: str
    asked: int
    confirmed: int | None
    expires: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """A reader's place on one topic's newsletter. `state`: pending, confirmed, left."""

    slug: str
    label: str
    state: str


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
class Issue:
    """One mailing of a topic's newsletter."""

    id: str
    slug: str
    number: int
    subject: str
    language: str
    created: int
    state: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed delivery: who gets what. `token` fences writes of a worker that was away."""

    issue_id: str
    subscriber_id: str
    email: str
    message_id: str
    attempts: int
    token: int


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """A delivery on the operator's list."""

    issue_id: str
    email: str
    state: str
    attempts: int
    error: str | None


# --- readers and consent -----------------------------------------------------------------------


def subscriber_of(tx: Connection, *, email: str, new_id: str, now: int) -> str:
    """The reader's id; the reader is created when the address is new."""
    tx.execute(
        upsert(tx, subscriber)
        .values(id=new_id, email=email, created=now)
        .on_conflict_do_nothing(index_elements=["email"])
    )
    return str(
        tx.execute(sa.select(subscriber.c.id).where(subscriber.c.email == email)).scalar_one()
    )


def add_consent(tx: Connection, record: Consent) -> None:
    """Keep what was shown and when it was asked. The subscription is pending until confirmed."""
    tx.execute(
        consent.insert().values(
            id=record.id,
            subscriber_id=record.subscriber_id,
            slug=record.slug,
            wording=record.wording,
            privacy=record.privacy,
            page=record.page,
            asked=record.asked,
            confirmed=None,
            expires=record.expires,
        )
    )
    tx.execute(
        upsert(tx, subscription)
        .values(
            subscriber_id=record.subscriber_id,
            slug=record.slug,
            state="pending",
            asked=record.asked,
        )
        .on_conflict_do_update(
            index_elements=["subscriber_id", "slug"],
            set_={"state": "pending", "asked": record.asked},
            where=subscription.c.state == "left",
        )
    )


def asked_since(conn: Connection, *, subscriber_id: str, since: int) -> int:
    """How many confirmation mails an address was sent since then, over all topics."""
    query = sa.select(sa.func.count()).where(
        consent.c.subscriber_id == subscriber_id, consent.c.asked >= since
    )
    return int(conn.execute(query).scalar_one())


def get_consent(conn: Connection, consent_id: str) -> Consent | None:
    """One request to join, or None."""
    rows = _consents(conn, consent.c.id == consent_id)
    return rows[0] if rows else None


def consents_of(conn: Connection, email: str) -> list[Consent]:
    """All evidence about one address, oldest first."""
    return _consents(conn, subscriber.c.email == email)


def _consents(conn: Connection, where: sa.ColumnElement[bool]) -> list[Consent]:
    query = (
        sa.select(
            consent.c.id,
            consent.c.subscriber_id,
            subscriber.c.email,
            consent.c.slug,
            consent.c.wording,
            consent.c.privacy,
            consent.c.page,
            consent.c.asked,
            consent.c.confirmed,
            consent.c.expires,
        )
        .join(subscriber, subscriber.c.id == consent.c.subscriber_id)
        .where(where)
        .order_by(consent.c.asked, consent.c.id)
    )
    return [Consent(**row) for row in conn.execute(query).mappings()]


def confirm(tx: Connection, consent_id: str, *, now: int) -> bool:
    """Confirm once, before it expires. False: it was used before, or is too late."""
    done = tx.execute(
        consent.update()
        .where(consent.c.id == consent_id, consent.c.confirmed.is_(None), consent.c.expires > now)
        .values(confirmed=now)
        .returning(consent.c.subscriber_id, consent.c.slug)
    ).one_or_none()
    if done is None:
        return False
    tx.execute(
        subscription.update()
        .where(subscription.c.subscriber_id == done[0], subscription.c.slug == done[1])
        .values(state="confirmed", confirmed=now, left=None)
    )
    return True


def leave(
    tx: Connection, subscriber_id: str, *, now: int, slugs: Collection[str] | None = None
) -> int:
    """Leave these newsletters, or all. Twice is once. Returns how many were left just now."""
    where = [subscription.c.subscriber_id == subscriber_id, subscription.c.state != "left"]
    if slugs is not None:
        where.append(subscription.c.slug.in_(list(slugs)))
    result = tx.execute(subscription.update().where(*where).values(state="left", left=now))
    return result.rowcount


def subscriber_id_of(conn: Connection, email: str) -> str | None:
    """The reader of this normalised address, or None."""
    query = sa.select(subscriber.c.id).where(subscriber.c.email == email)
    return conn.execute(query).scalar_one_or_none()


def email_of(conn: Connection, subscriber_id: str) -> str | None:
    """The reader's address, or None after erasure."""
    query = sa.select(subscriber.c.email).where(subscriber.c.id == subscriber_id)
    return conn.execute(query).scalar_one_or_none()


def subscriptions_of(conn: Connection, subscriber_id: str) -> list[Subscription]:
    """The reader's newsletters, by label."""
    label = sa.func.coalesce(topic.c.label, subscription.c.slug)
    query = (
        sa.select(subscription.c.slug, label, subscription.c.state)
        .outerjoin(topic, topic.c.slug == subscription.c.slug)
        .where(subscription.c.subscriber_id == subscriber_id)
    )
    mine = [Subscription(*row) for row in conn.execute(query)]
    # Sorted here: the engines' collations differ, and a reader has few.
    return sorted(mine, key=lambda one: (one.label.casefold(), one.slug))


def readers(conn: Connection, slug: str) -> list[tuple[str, str]]:
    """(address, state) of everybody who asked for this newsletter, by address."""
    query = (
        sa.select(subscriber.c.email, subscription.c.state)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscription.c.slug == slug)
        .order_by(subscriber.c.email)
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def erase(tx: Connection, subscriber_id: str, *, email_hash: str, reason: str, now: int) -> None:
    """Forget the reader: only a keyed hash of the address stays, so that no list brings it back."""
    suppress(tx, email_hash=email_hash, reason=reason, now=now)
    for table in (delivery, subscription, consent):
        tx.execute(table.delete().where(table.c.subscriber_id == subscriber_id))
    tx.execute(subscriber.delete().where(subscriber.c.id == subscriber_id))


def suppress(tx: Connection, *, email_hash: str, reason: str, now: int) -> None:
    """Never mail this address again. The first reason stays."""
    tx.execute(
        upsert(tx, suppression)
        .values(email_hash=email_hash, reason=reason, at=now)
        .on_conflict_do_nothing(index_elements=["email_hash"])
    )


def lift_suppression(tx: Connection, email_hash: str) -> None:
    """The reader has confirmed anew, by themselves."""
    tx.execute(suppression.delete().where(suppression.c.email_hash == email_hash))


def suppressed(conn: Connection, hashes: Collection[str]) -> dict[str, str]:
    """Which of these address hashes are suppressed, and why."""
    query = sa.select(suppression.c.email_hash, suppression.c.reason).where(
        suppression.c.email_hash.in_(list(hashes))
    )
    return {row[0]: row[1] for row in conn.execute(query)}


# --- issues ------------------------------------------------------------------------------------


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


def already_received(conn: Connection, issue_id: str, subscriber_id: str) -> frozenset[str]:
    """Articles of this issue that the reader has, or may have, from another topic's issue."""
    here = sa.select(issue_article.c.article_id).where(issue_article.c.issue_id == issue_id)
    query = (
        sa.select(issue_article.c.article_id)
        .join(delivery, delivery.c.issue_id == issue_article.c.issue_id)
        .where(
            delivery.c.subscriber_id == subscriber_id,
            delivery.c.issue_id != issue_id,
            delivery.c.state.in_(_REACHED),
            issue_article.c.article_id.in_(here),
        )
    )
    return frozenset(conn.execute(query).scalars())


def finish_issues(tx: Connection, now: int) -> None:
    """An issue with nothing left to send is sent."""
    left = sa.select(delivery.c.issue_id).where(
        delivery.c.issue_id == issue.c.id,
        delivery.c.state.in_(("waiting", "leased", "sending")),
    )
    tx.execute(
        issue.update().where(issue.c.state == "sending", ~left.exists()).values(state="sent")
    )


# --- deliveries --------------------------------------------------------------------------------


def confirmed_readers(conn: Connection, slug: str) -> list[tuple[str, str]]:
    """(subscriber id, address) of everybody whose consent for this topic is confirmed."""
    query = (
        sa.select(subscriber.c.id, subscriber.c.email)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscription.c.slug == slug, subscription.c.state == "confirmed")
        .order_by(subscriber.c.id)
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def open_deliveries(
    tx: Connection, issue_id: str, messages: Sequence[tuple[str, str]], *, now: int
) -> None:
    """One row a reader: (subscriber id, Message-ID). The audience is frozen from here on."""
    rows = [
        {
            "issue_id": issue_id,
            "subscriber_id": reader,
            "state": "waiting",
            "run_at": now,
            "message_id": message_id,
            "updated": now,
        }
        for reader, message_id in messages
    ]
    if rows:
        tx.execute(delivery.insert(), rows)


def claim(tx: Connection, *, limit: int, lease_until: int, now: int) -> list[Delivery]:
    """Take due deliveries and those whose lease ran out before anything was sent."""
    due = sa.or_(
        sa.and_(delivery.c.state == "waiting", delivery.c.run_at <= now),
        sa.and_(delivery.c.state == "leased", delivery.c.lease_until <= now),
    )
    query = (
        sa.select(delivery.c.issue_id, delivery.c.subscriber_id)
        .where(due)
        .order_by(delivery.c.run_at, delivery.c.issue_id, delivery.c.subscriber_id)
        .limit(limit)
    )
    if tx.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    keys = [tuple(row) for row in tx.execute(query)]
    if not keys:
        return []
    mine = sa.tuple_(delivery.c.issue_id, delivery.c.subscriber_id).in_(keys)
    tx.execute(
        delivery.update()
        .where(mine)
        .values(
            state="leased",
            lease_until=lease_until,
            token=delivery.c.token + 1,
            attempts=delivery.c.attempts + 1,
            updated=now,
        )
    )
    claimed = (
        sa.select(
            delivery.c.issue_id,
            delivery.c.subscriber_id,
            subscriber.c.email,
            delivery.c.message_id,
            delivery.c.attempts,
            delivery.c.token,
        )
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(mine)
        .order_by(delivery.c.run_at, delivery.c.issue_id, delivery.c.subscriber_id)
    )
    return [Delivery(*row) for row in tx.execute(claimed)]


def move(
    tx: Connection,
    mine: Delivery,
    state: str,
    *,
    now: int,
    error: str | None = None,
    run_at: int | None = None,
    lease_until: int = 0,
) -> bool:
    """Change a claimed delivery's state. False: the lease was lost, and nothing was written."""
    result = tx.execute(
        delivery.update()
        .where(
            delivery.c.issue_id == mine.issue_id,
            delivery.c.subscriber_id == mine.subscriber_id,
            delivery.c.token == mine.token,
            delivery.c.state.in_(("leased", "sending")),
        )
        .values(
            state=state,
            error=error,
            updated=now,
            lease_until=lease_until,
            run_at=delivery.c.run_at if run_at is None else run_at,
        )
    )
    return result.rowcount == 1


def may_receive(conn: Connection, mine: Delivery) -> bool:
    """Whether the reader's consent still stands, for the topic of this delivery's issue."""
    query = (
        sa.select(subscription.c.state)
        .join(issue, issue.c.slug == subscription.c.slug)
        .where(
            issue.c.id == mine.issue_id,
            subscription.c.subscriber_id == mine.subscriber_id,
            subscription.c.state == "confirmed",
        )
    )
    return conn.execute(query).first() is not None


def give_up_lost(tx: Connection, *, now: int) -> int:
    """Deliveries whose sender died between the message and the answer: an issue's become
    `uncertain` (not sent again), a confirmation's wait again (same Message-ID)."""
    lost = sa.and_(delivery.c.state == "sending", delivery.c.lease_until <= now)
    confirmation = delivery.c.issue_id.startswith(CONFIRM)
    tx.execute(
        delivery.update().where(lost, confirmation).values(state="waiting", run_at=now, updated=now)
    )
    result = tx.execute(
        delivery.update()
        .where(lost, ~confirmation)
        .values(
            state="uncertain",
            error="the sender stopped between the message and the relay's answer",
            updated=now,
        )
    )
    return result.rowcount


def delivery_counts(conn: Connection, issue_id: str) -> dict[str, int]:
    """How many deliveries of an issue are in which state."""
    query = (
        sa.select(delivery.c.state, sa.func.count())
        .where(delivery.c.issue_id == issue_id)
        .group_by(delivery.c.state)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def deliveries(conn: Connection, issue_id: str, *, limit: int = 1000) -> list[DeliveryState]:
    """Who got the issue, who did not, and why."""
    query = (
        sa.select(
            delivery.c.issue_id,
            subscriber.c.email,
            delivery.c.state,
            delivery.c.attempts,
            delivery.c.error,
        )
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.issue_id == issue_id)
        .order_by(subscriber.c.email)
        .limit(limit)
    )
    return [DeliveryState(*row) for row in conn.execute(query)]
