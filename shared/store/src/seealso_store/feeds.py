"""What partners and readers pull: the lists that feeds and pages are made of. Reads only.

    selection ──listing──> ids and hashes (light: decides whether anything changed)
                  └──entries──> bodies and what is said of them (full: only when it did)

Every list is newest first by (sort_at, article id), and a page of it begins after a cursor of those
two: an article that is there during the whole walk is met once, whatever arrives meanwhile. The
queries walk an index from the cursor on and stop at the limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from seealso_sdk.model import Article, Entry, Filing, Link, Rendition, Tombstone
from sqlalchemy import ColumnElement, Connection, FromClause

from seealso_store.arrays import one_of
from seealso_store.clock import iso
from seealso_store.filings import LEFT, WITHDRAWN
from seealso_store.renditions import decode_parts
from seealso_store.schema import (
    article,
    article_version,
    filing,
    placement,
    rendition,
    see_also,
    topic,
)
from seealso_store.topics import GHOST, Topic
from seealso_store.topics import OWN as IN_FEED

OF_GHOST = (*IN_FEED, "see-also")  # a ghost's feed also holds the articles that ask for it
TOMBSTONES = 100  # of one feed, the newest

_TOLD = (
    "title", "summary", "language", "kind", "series",
    "published", "updated", "first_seen", "changed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ByTopics:
    """The articles filed under any of the topics. A `language` also takes its regions (es-MX)."""

    topics: tuple[Topic, ...]
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
    """An article's line in a list, without its body.

    `changed`: this version was accepted; `touched`: when any of what is shown last changed.
    """

    article_id: str
    sort_at: int
    version: int  # of the rendition
    rendition: str  # hash
    placement: str  # hash; "" while the article is not filed yet
    changed: int
    touched: int

    @property
    def cursor(self) -> Cursor:
        """The place of a page that begins after this article."""
        return Cursor(self.sort_at, self.article_id)


@dataclass(frozen=True, slots=True)
class Told:
    """An article as a list on a page tells of it. Dates as in the article."""

    article_id: str
    title: str
    summary: str
    language: str
    kind: str
    dated: str
    series: str


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic as the directory of all topics tells of it. `changed` in microseconds."""

    slug: str
    label: str
    description: str
    origin: str
    changed: int


@dataclass(frozen=True, slots=True)
class SeeAlsoLine:
    """A related title. `article_id` and `article_title` are of the article that answers it."""

    title: str
    slug: str
    url: str | None
    kind: str | None
    article_id: str | None
    article_title: str


def in_feed(one: Topic) -> tuple[str, ...]:
    """The origins of the filings that the topic's feed holds."""
    return OF_GHOST if one.origin == GHOST else IN_FEED


# --- lists -------------------------------------------------------------------------------------


def listing(
    conn: Connection,
    selection: Selection,
    output: str | None,
    *,
    limit: int,
    before: Cursor | None = None,
) -> tuple[Listed, ...]:
    """At most `limit` articles after `before`, newest first, that `output` has rendered.

    `output` None: all published ones, with their content's hash in the rendition's place.
    """
    if isinstance(selection, ByRank):
        return _ranked(conn, selection, output, limit)
    rows = _walk(selection, output, limit, before, newer=False)
    return tuple(_listed(row) for row in conn.execute(rows)) if rows is not None else ()


def page_before(
    conn: Connection, selection: Selection, output: str | None, *, limit: int, before: Cursor
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
            one_of(conn, rendition.c.article_id, [line.article_id for line in listed]),
        )
    )
    found = {row.article_id: _entry(row, article_url) for row in conn.execute(query)}
    return tuple(found[line.article_id] for line in listed if line.article_id in found)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An article that was taken back. Times in microseconds."""

    article_id: str
    title: str
    first_seen: int
    at: int
    reason: str


def tombstones(conn: Connection, selection: Selection, *, since: int) -> tuple[Tombstone, ...]:
    """Articles of the list that were withdrawn after `since`, latest first (RFC 6721)."""
    return tuple(
        Tombstone(article_id=one.article_id, when=iso(one.at), reason=one.reason)
        for one in withdrawn(conn, selection, since=since)
    )


def withdrawn(conn: Connection, selection: Selection, *, since: int) -> tuple[Withdrawn, ...]:
    """What `tombstones` are made of; at most `TOMBSTONES`."""
    columns = ("id", "title", "first_seen", "withdrawn_at", "withdrawn_reason")
    query = (
        sa.select(*(article.c[name] for name in columns))
        .distinct()
        .where(article.c.status == "withdrawn", article.c.withdrawn_at > since)
        .order_by(article.c.withdrawn_at.desc(), article.c.id)
        .limit(TOMBSTONES)
    )
    if isinstance(selection, ByRank) or (isinstance(selection, ByTopics) and not selection.topics):
        return ()
    if isinstance(selection, ByTopics):
        query = query.join(filing, filing.c.article_id == article.c.id).where(
            sa.or_(*(_filed(one.slug, *in_feed(one), WITHDRAWN, LEFT) for one in selection.topics)),
            *_in_language(selection.language),
        )
    if isinstance(selection, BySeries):
        query = query.where(article.c.series_slug == selection.slug)
    return tuple(
        Withdrawn(row[0], row[1], row[2], row[3], row[4] or "") for row in conn.execute(query)
    )


def told(conn: Connection, listed: Sequence[Listed]) -> tuple[Told, ...]:
    """What a page's list says of each listed article, in the list's order."""
    versions = {line.article_id: line.version for line in listed}
    query = sa.select(article_version).where(
        sa.tuple_(article_version.c.article_id, article_version.c.version).in_(
            list(versions.items())
        )
    )
    found = {row.article_id: _told(row.article_id, row.body) for row in conn.execute(query)}
    return tuple(found[line.article_id] for line in listed if line.article_id in found)


# --- topics as lists ----------------------------------------------------------------------------


def initials(conn: Connection) -> tuple[str, ...]:
    """The first characters of all topics' slugs, sorted."""
    first = sa.func.substr(topic.c.slug, 1, 1)
    return tuple(sorted(conn.execute(sa.select(first).distinct()).scalars()))


def beginning_with(conn: Connection, initial: str, limit: int) -> tuple[str, ...]:
    """The slugs of the topics that begin with this character."""
    first = sa.func.substr(topic.c.slug, 1, 1)
    query = sa.select(topic.c.slug).where(first == initial).order_by(topic.c.slug).limit(limit)
    return tuple(conn.execute(query).scalars())


def written_topics(conn: Connection) -> int:
    """How many topics there are that are no ghosts."""
    query = sa.select(sa.func.count()).select_from(topic).where(topic.c.origin != GHOST)
    return conn.execute(query).scalar_one()


def fullest(conn: Connection, limit: int) -> tuple[str, ...]:
    """The slugs of the topics under which most published articles are filed."""
    query = (
        sa.select(filing.c.slug)
        .join(article, article.c.id == filing.c.article_id)
        .join(topic, topic.c.slug == filing.c.slug)
        .where(
            article.c.status == "published",
            filing.c.origin.in_(IN_FEED),
            topic.c.origin != GHOST,
        )
        .group_by(filing.c.slug)
        .order_by(sa.func.count().desc(), filing.c.slug)
        .limit(limit)
    )
    return tuple(conn.execute(query).scalars())


def directory(conn: Connection) -> tuple[TopicLine, ...]:
    """Every topic by label, ghosts too: what OPML lists."""
    query = sa.select(
        topic.c.slug, topic.c.label, topic.c.description, topic.c.origin, topic.c.changed
    )
    rows = [TopicLine(*row) for row in conn.execute(query)]
    return tuple(sorted(rows, key=lambda line: (line.label.casefold(), line.slug)))


# --- one series, one article --------------------------------------------------------------------


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


def article_at(conn: Connection, article_id: str, version: int) -> Article | None:
    """One version of an article, whole."""
    query = sa.select(article_version.c.body).where(
        article_version.c.article_id == article_id, article_version.c.version == version
    )
    body = conn.execute(query).scalar_one_or_none()
    return Article.from_json(body) if body is not None else None


def rendered_by(conn: Connection, article_id: str) -> frozenset[str]:
    """The names of the outputs that have rendered the article."""
    query = sa.select(rendition.c.output).where(rendition.c.article_id == article_id)
    return frozenset(conn.execute(query).scalars())


def categories(conn: Connection, article_id: str) -> tuple[Filing, ...]:
    """The topics that the article is filed under, editorial ones first."""
    query = sa.select(placement.c.categories).where(placement.c.article_id == article_id)
    found = conn.execute(query).scalar_one_or_none()
    return tuple(Filing.from_dict(one) for one in json.loads(found or "[]"))


def see_also_list(conn: Connection, article_id: str) -> tuple[SeeAlsoLine, ...]:
    """The editor's related titles in their order, each with the published article that it names.

    Where the source named an article by its id alone, the title is that article's own; one that
    nobody knows yet has nothing to show and is left out.
    """
    target = article.alias("target")
    answered = sa.and_(target.c.id == see_also.c.target_id, target.c.status == "published")
    query = (
        sa.select(
            see_also.c.title,
            see_also.c.slug,
            see_also.c.url,
            see_also.c.kind,
            target.c.id,
            sa.func.coalesce(target.c.title, ""),
        )
        .outerjoin(target, answered)
        .where(see_also.c.article_id == article_id)
        .order_by(see_also.c.position)
    )
    lines = [SeeAlsoLine(*row) for row in conn.execute(query)]
    shown = [line if line.title else replace(line, title=line.article_title) for line in lines]
    return tuple(line for line in shown if line.title)


def see_also_target(conn: Connection, slug: str) -> str | None:
    """The published article that See also lists mean by this title (as a slug)."""
    query = (
        sa.select(article.c.id)
        .join(see_also, see_also.c.target_id == article.c.id)
        .where(see_also.c.slug == slug, article.c.status == "published")
        .order_by(article.c.sort_at.desc(), article.c.id)
        .limit(1)
    )
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found


# --- how the lists are walked -------------------------------------------------------------------


def _walk(
    selection: ByTopics | BySeries | Everything,
    output: str | None,
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
    selection: ByTopics, output: str | None, limit: int, cursor: Cursor | None, newer: bool
) -> sa.CompoundSelect[Any] | None:
    """One branch a (topic, origin): each walks ix_filing_feed in order and stops at the limit.

    UNION drops the article that two topics share before the limit could count it twice.
    """
    filed = filing.join(article, filing.c.article_id == article.c.id)
    sort_at, article_id = filing.c.sort_at, filing.c.article_id
    branches = [
        _page(
            _lines(filed, sort_at, article_id, output).where(
                _filed(one.slug, origin), *_in_language(selection.language)
            ),
            sort_at,
            article_id,
            limit,
            cursor,
            newer,
        )
        for one in selection.topics
        for origin in in_feed(one)
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
    source: FromClause,
    sort_at: ColumnElement[int],
    article_id: ColumnElement[str],
    output: str | None,
) -> sa.Select[Any]:
    source = source.outerjoin(placement, placement.c.article_id == article_id)
    version, made, created = article.c.version, article.c.content_hash, article.c.changed
    if output is not None:
        rendered = sa.and_(rendition.c.article_id == article_id, rendition.c.output == output)
        source = source.join(rendition, rendered)
        version, made, created = rendition.c.version, rendition.c.hash, rendition.c.created
    return (
        sa.select(
            article_id.label("article_id"),
            sort_at.label("sort_at"),
            version.label("version"),
            made.label("rendition"),
            sa.func.coalesce(placement.c.hash, "").label("placement"),
            article.c.changed.label("changed"),
            created.label("created"),
            sa.func.coalesce(placement.c.updated, 0).label("placed"),
        )
        .select_from(source)
        .where(article.c.status == "published")
    )


def _ranked(
    conn: Connection, selection: ByRank, output: str | None, limit: int
) -> tuple[Listed, ...]:
    query = _lines(article, article.c.sort_at, article.c.id, output).where(
        one_of(conn, article.c.id, selection.article_ids)
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
        changed=row.changed,
        touched=max(row.changed, row.created, row.placed),
    )


def _told(article_id: str, body: bytes) -> Told:
    said = _said(article_id, body)
    return Told(
        article_id=article_id,
        title=said.title,
        summary=said.summary,
        language=said.language,
        kind=said.kind,
        dated=said.dated,
        series=said.series.title if said.series else "",
    )


def _said(article_id: str, body: bytes) -> Article:
    # Only the few fields that lists tell are read: a list of 70 see-also titles is not.
    said = json.loads(body)
    return Article.from_dict(
        {"id": article_id, "version": 0, **{key: said[key] for key in _TOLD if key in said}}
    )


def _entry(row: Any, article_url: Callable[[str], str]) -> Entry:
    said = _said(row.article_id, row.told)
    return Entry(
        article_id=row.article_id,
        title=said.title,
        url=article_url(row.article_id),
        dated=said.dated,
        revised=said.revised,
        rendition=Rendition(bytes(row.body), decode_parts(row.parts)),
        summary=said.summary,
        language=said.language,
        categories=tuple(Filing.from_dict(f) for f in json.loads(row.categories or "[]")),
        related=tuple(Link.from_dict(link) for link in json.loads(row.related or "[]")),
    )
