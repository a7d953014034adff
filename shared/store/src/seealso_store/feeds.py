"""What partners and readers pull: the lists that feeds and pages are made of. Reads only.

    selection ──listing──> ids and hashes (light: decides whether anything changed)
                  └──entries──> bodies and what is said of them (full: only when it did)

Every list is newest first by (sort_at, article id), and a page of it begins after a cursor of those
two: an article that is there during the whole walk is met once, whatever arrives meanwhile. The
queries walk an index from the cursor on and stop at the limit.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from seealso_sdk.model import Article, Entry, Filing, Link, Rendition, Tombstone
from sqlalchemy import ColumnElement, Connection, FromClause

from seealso_store.clock import iso
from seealso_store.schema import (
    article,
    article_version,
    filing,
    placement,
    rendition,
    topic,
    topic_name,
)

IN_FEED = ("editorial", "derived")  # the filings that a topic's feed holds
OF_GHOST = (*IN_FEED, "see-also")  # a ghost's feed also holds the articles that ask for it
TOMBSTONES = 100  # of one feed, the newest

_TOLD = ("title", "summary", "language", "published", "updated", "first_seen", "changed")


@dataclass(frozen=True, slots=True)
class TopicHead:
    """What a page and a feed say of a topic before its articles. `changed` in microseconds."""

    slug: str
    label: str
    description: str
    synonyms: tuple[str, ...]
    origin: str  # import, article, ghost
    language: str
    changed: int

    @property
    def ghost(self) -> bool:
        """Whether it is known by name only, because an editor named it."""
        return self.origin == "ghost"

    @property
    def origins(self) -> tuple[str, ...]:
        """The filings that its feed holds."""
        return OF_GHOST if self.ghost else IN_FEED


@dataclass(frozen=True, slots=True)
class ByTopics:
    """The articles filed under any of the topics. A `language` also takes its regions (es-MX)."""

    topics: tuple[TopicHead, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class BySeries:
    """The articles of a series."""

    slug: str


@dataclass(frozen=True, slots=True)
class ByRank:
    """Articles that were ranked elsewhere, in that order: one page, no cursor."""

    article_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """All published articles."""


Selection = ByTopics | BySeries | ByRank | Everything


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in a list that a page begins after."""

    sort_at: int
    article_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An article's line in a list, without its body. `touched`: when any of it last changed."""

    article_id: str
    sort_at: int
    version: int  # of the rendition
    rendition: str  # hash
    placement: str  # hash; "" while the article is not filed yet
    touched: int

    @property
    def cursor(self) -> Cursor:
        """The place of a page that begins after this article."""
        return Cursor(self.sort_at, self.article_id)


@dataclass(frozen=True, slots=True)
class ArticleHead:
    """Where an article stands. Times in microseconds."""

    id: str
    version: int
    status: str
    title: str
    language: str
    changed: int
    withdrawn_at: int | None
    withdrawn_reason: str


@dataclass(frozen=True, slots=True)
class StoredRendition:
    """One output's bytes of an article, and of which version they are."""

    version: int
    hash: str
    created: int
    rendition: Rendition


# --- lists -------------------------------------------------------------------------------------


def listing(
    conn: Connection,
    selection: Selection,
    output: str,
    *,
    limit: int,
    before: Cursor | None = None,
) -> tuple[Listed, ...]:
    """At most `limit` articles after `before`, newest first, that `output` has rendered."""
    if isinstance(selection, ByRank):
        return _ranked(conn, selection, output, limit)
    rows = _walk(selection, output, limit, before, newer=False)
    return tuple(_listed(row) for row in conn.execute(rows)) if rows is not None else ()


def page_before(
    conn: Connection, selection: Selection, output: str, *, limit: int, before: Cursor
) -> Cursor | None:
    """Where the page just newer than the one after `before` begins. None: it is the first."""
    if isinstance(selection, ByRank):
        return None
    rows = _walk(selection, output, limit + 1, before, newer=True)
    newer = conn.execute(rows).all() if rows is not None else []
    return Cursor(newer[limit].sort_at, newer[limit].article_id) if len(newer) > limit else None


def entries(
    conn: Connection,
    listed: Sequence[Listed],
    output: str,
    article_url: Callable[[str], str],
) -> tuple[Entry, ...]:
    """The listed articles in full, in the list's order. Call it in the snapshot of the listing."""
    told = sa.and_(
        article_version.c.article_id == rendition.c.article_id,
        article_version.c.version == rendition.c.version,
    )
    query = (
        sa.select(
            rendition.c.article_id,
            rendition.c.body,
            rendition.c.parts,
            article_version.c.body.label("told"),
            placement.c.categories,
            placement.c.related,
        )
        .join(article_version, told)
        .outerjoin(placement, placement.c.article_id == rendition.c.article_id)
        .where(
            rendition.c.output == output,
            rendition.c.article_id.in_([line.article_id for line in listed]),
        )
    )
    found = {row.article_id: _entry(row, article_url) for row in conn.execute(query)}
    return tuple(found[line.article_id] for line in listed if line.article_id in found)


def tombstones(conn: Connection, selection: Selection, *, since: int) -> tuple[Tombstone, ...]:
    """Articles of the list that were withdrawn after `since`, latest first (RFC 6721)."""
    query = (
        sa.select(article.c.id, article.c.withdrawn_at, article.c.withdrawn_reason)
        .distinct()
        .where(article.c.status == "withdrawn", article.c.withdrawn_at > since)
        .order_by(article.c.withdrawn_at.desc(), article.c.id)
        .limit(TOMBSTONES)
    )
    if isinstance(selection, ByRank) or (isinstance(selection, ByTopics) and not selection.topics):
        return ()
    if isinstance(selection, ByTopics):
        query = query.join(filing, filing.c.article_id == article.c.id).where(
            sa.or_(*(_filed(head.slug, *head.origins) for head in selection.topics)),
            *_in_language(selection.language),
        )
    if isinstance(selection, BySeries):
        query = query.where(article.c.series_slug == selection.slug)
    return tuple(
        Tombstone(article_id=row[0], when=iso(row[1]), reason=row[2] or "")
        for row in conn.execute(query)
    )


# --- heads -------------------------------------------------------------------------------------


def topic_head(conn: Connection, slug: str) -> TopicHead | None:
    """The topic of this slug."""
    return next(iter(topic_heads(conn, (slug,))), None)


def topic_heads(conn: Connection, slugs: Sequence[str]) -> tuple[TopicHead, ...]:
    """The topics of these slugs, in their order; unknown ones are left out."""
    query = sa.select(topic).where(topic.c.slug.in_(slugs))
    found = {row.slug: _head(row) for row in conn.execute(query)}
    return tuple(found[slug] for slug in slugs if slug in found)


def topic_of_name(conn: Connection, name: str) -> str | None:
    """The slug of the topic that goes by this name (a label or synonym, as a slug)."""
    query = sa.select(topic_name.c.slug).where(topic_name.c.name == name)
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found


def series_title(conn: Connection, slug: str) -> str | None:
    """The series' title, as its newest article (withdrawn ones too) writes it."""
    query = (
        sa.select(article.c.series_title)
        .where(article.c.series_slug == slug, article.c.status.in_(("published", "withdrawn")))
        .order_by(article.c.sort_at.desc(), article.c.id.desc())
        .limit(1)
    )
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found


# --- one article -------------------------------------------------------------------------------


def article_head(conn: Connection, article_id: str) -> ArticleHead | None:
    """Where the article stands, withdrawn ones too. None: there never was one."""
    query = sa.select(
        article.c.id,
        article.c.version,
        article.c.status,
        article.c.title,
        article.c.language,
        article.c.changed,
        article.c.withdrawn_at,
        sa.func.coalesce(article.c.withdrawn_reason, ""),
    ).where(article.c.id == article_id)
    row = conn.execute(query).one_or_none()
    return ArticleHead(*row) if row is not None else None


def article_at(conn: Connection, article_id: str, version: int) -> Article | None:
    """One version of an article, whole."""
    query = sa.select(article_version.c.body).where(
        article_version.c.article_id == article_id, article_version.c.version == version
    )
    body = conn.execute(query).scalar_one_or_none()
    return Article.from_json(body) if body is not None else None


def stored(conn: Connection, article_id: str, output: str) -> StoredRendition | None:
    """What the output made of the article, if it has."""
    query = sa.select(rendition).where(
        rendition.c.article_id == article_id, rendition.c.output == output
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return StoredRendition(row.version, row.hash, row.created, _rendition(row))


def rendered_by(conn: Connection, article_id: str) -> tuple[str, ...]:
    """The names of the outputs that have rendered the article, sorted."""
    query = (
        sa.select(rendition.c.output)
        .where(rendition.c.article_id == article_id)
        .order_by(rendition.c.output)
    )
    return tuple(conn.execute(query).scalars())


# --- how the lists are walked -------------------------------------------------------------------


def _walk(
    selection: ByTopics | BySeries | Everything,
    output: str,
    limit: int,
    cursor: Cursor | None,
    *,
    newer: bool,
) -> sa.CompoundSelect[Any] | sa.Select[Any] | None:
    """From the cursor towards older articles, or (`newer`) from it, itself included, upwards."""
    if isinstance(selection, ByTopics):
        return _walk_topics(selection, output, limit, cursor, newer)
    query = _lines(article, article.c.sort_at, article.c.id, output)
    if isinstance(selection, BySeries):
        query = query.where(article.c.series_slug == selection.slug)
    return _page(query, article.c.sort_at, article.c.id, limit, cursor, newer)


def _walk_topics(
    selection: ByTopics, output: str, limit: int, cursor: Cursor | None, newer: bool
) -> sa.CompoundSelect[Any] | None:
    """One branch a (topic, origin): each walks ix_filing_feed in order and stops at the limit.

    UNION drops the article that two topics share before the limit could count it twice.
    """
    filed = filing.join(article, filing.c.article_id == article.c.id)
    sort_at, article_id = filing.c.sort_at, filing.c.article_id
    branches = [
        _page(
            _lines(filed, sort_at, article_id, output).where(
                _filed(head.slug, origin), *_in_language(selection.language)
            ),
            sort_at,
            article_id,
            limit,
            cursor,
            newer,
        )
        for head in selection.topics
        for origin in head.origins
    ]
    if not branches:
        return None
    merged = sa.union(*(sa.select(branch.subquery()) for branch in branches))
    ordered = _order(sa.column("sort_at"), sa.column("article_id"), newer)
    return merged.order_by(*ordered).limit(limit)


def _page(
    query: sa.Select[Any],
    sort_at: ColumnElement[int],
    article_id: ColumnElement[str],
    limit: int,
    cursor: Cursor | None,
    newer: bool,
) -> sa.Select[Any]:
    if cursor is not None:
        place = sa.tuple_(sort_at, article_id)
        mark = sa.tuple_(sa.literal(cursor.sort_at), sa.literal(cursor.article_id))
        query = query.where(place >= mark if newer else place < mark)
    return query.order_by(*_order(sort_at, article_id, newer)).limit(limit)


def _lines(
    source: FromClause, sort_at: ColumnElement[int], article_id: ColumnElement[str], output: str
) -> sa.Select[Any]:
    rendered = sa.and_(rendition.c.article_id == article_id, rendition.c.output == output)
    return (
        sa.select(
            article_id.label("article_id"),
            sort_at.label("sort_at"),
            rendition.c.version,
            rendition.c.hash.label("rendition"),
            sa.func.coalesce(placement.c.hash, "").label("placement"),
            article.c.changed,
            rendition.c.created,
            sa.func.coalesce(placement.c.updated, 0).label("placed"),
        )
        .select_from(
            source.join(rendition, rendered).outerjoin(
                placement, placement.c.article_id == article_id
            )
        )
        .where(article.c.status == "published")
    )


def _ranked(conn: Connection, selection: ByRank, output: str, limit: int) -> tuple[Listed, ...]:
    query = _lines(article, article.c.sort_at, article.c.id, output).where(
        article.c.id.in_(selection.article_ids)
    )
    found = {row.article_id: _listed(row) for row in conn.execute(query)}
    return tuple(found[i] for i in selection.article_ids if i in found)[:limit]


def _order(
    sort_at: ColumnElement[Any], article_id: ColumnElement[Any], newer: bool
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if newer:
        return sort_at.asc(), article_id.asc()
    return sort_at.desc(), article_id.desc()


def _filed(slug: str, *origins: str) -> ColumnElement[bool]:
    return sa.and_(filing.c.slug == slug, filing.c.origin.in_(origins))


def _in_language(language: str | None) -> tuple[ColumnElement[bool], ...]:
    if not language:
        return ()
    spoken = sa.func.lower(article.c.language)
    wanted = language.lower()
    return (sa.or_(spoken == wanted, spoken.startswith(f"{wanted}-", autoescape=True)),)


# --- rows into records --------------------------------------------------------------------------


def _listed(row: Any) -> Listed:
    return Listed(
        article_id=row.article_id,
        sort_at=row.sort_at,
        version=row.version,
        rendition=row.rendition,
        placement=row.placement,
        touched=max(row.changed, row.created, row.placed),
    )


def _head(row: Any) -> TopicHead:
    return TopicHead(
        slug=row.slug,
        label=row.label,
        description=row.description,
        synonyms=tuple(json.loads(row.synonyms)),
        origin=row.origin,
        language=row.language,
        changed=row.changed,
    )


def _entry(row: Any, article_url: Callable[[str], str]) -> Entry:
    # Only the few fields that an entry tells are read: a list of 70 see-also titles is not.
    told = json.loads(row.told)
    said = Article.from_dict(
        {"id": row.article_id, "version": 0, **{k: told[k] for k in _TOLD if k in told}}
    )
    return Entry(
        article_id=row.article_id,
        title=said.title,
        url=article_url(row.article_id),
        dated=said.dated,
        revised=said.revised,
        rendition=_rendition(row),
        summary=said.summary,
        language=said.language,
        categories=tuple(Filing.from_dict(f) for f in json.loads(row.categories or "[]")),
        related=tuple(Link.from_dict(link) for link in json.loads(row.related or "[]")),
    )


def _rendition(row: Any) -> Rendition:
    parts = json.loads(row.parts) if row.parts else {}
    return Rendition(row.body, {name: base64.b64decode(data) for name, data in parts.items()})
