"""SQL of articles: names, the current state, versions.

    names(tx, keys) ──> which article goes by these names
    apply(tx, changes) ──> article (only ever forward), identity, article_version (append-only)
    current / version_bodies / versions / search / counts ──> what operators and workers read

What a change is, `seealso_ingest.decide` decides. Here one conditional upsert makes sure that
nothing older ever lies over something newer, whoever writes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from seealso_sdk.dates import instant
from seealso_sdk.model import Article
from seealso_sdk.text import fold, slugify
from sqlalchemy import Connection, delete, func, insert, select

from seealso_store.clock import SECOND
from seealso_store.database import insert_rows, upsert
from seealso_store.schema import article, article_version, identity, rendition

PAGE_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """The state of an article without its body. Times are microseconds."""

    id: str
    version: int
    status: str
    kind: str
    title: str
    language: str
    source: str
    external_id: str | None
    canonical_url: str | None
    series_slug: str | None
    series_title: str | None
    content_hash: str
    sort_at: int
    first_seen: int
    changed: int
    due: int | None
    withdrawn_at: int | None
    withdrawn_reason: str | None
    review_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of an article in its history."""

    version: int
    op: str  # create, update, correct, withdraw, reinstate, publish, expire
    at: int  # microseconds
    content_hash: str
    reason: str
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A version to write, with the state of its article from then on. Times are microseconds."""

    article: Article
    op: str
    at: int
    first_seen: int
    sort_at: int
    due: int | None = None  # the status changes by itself then
    keys: tuple[str, ...] = ()
    reason: str = ""
    correlation_id: str = ""
    withdrawn_at: int | None = None
    # Where each field was found, by the field's name; None: nobody said (a change of status).
    provenance: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and where the next one starts (None: this is the last)."""

    rows: tuple[ArticleRow, ...]
    next_cursor: str | None


STATE = [article.c[name] for name in ArticleRow.__dataclass_fields__]


# --- reading -----------------------------------------------------------------------------------


def find(conn: Connection, article_id: str) -> ArticleRow | None:
    """The state of one article."""
    return rows(conn, [article_id]).get(article_id)


def rows(conn: Connection, ids: Iterable[str], *, lock: bool = False) -> dict[str, ArticleRow]:
    """The states of these articles by id; with `lock`, nobody else changes them in the meantime."""
    query = select(*STATE).where(article.c.id.in_(sorted(set(ids)))).order_by(article.c.id)
    if lock and conn.dialect.name == "postgresql":
        query = query.with_for_update()
    return {row["id"]: ArticleRow(**row) for row in conn.execute(query).mappings()}


def lock_names(tx: Connection, keys: Iterable[str]) -> None:
    """Until the commit, nobody else decides about articles that go by any of these names.

    SQLite's write transaction already says that; on PostgreSQL a name that no row has yet can only
    be held by an advisory lock, taken in one order by everybody.
    """
    if tx.dialect.name != "postgresql":
        return
    numbers = sorted({_lock_number(key) for key in keys})
    statement = sa.text("SELECT pg_advisory_xact_lock(:number)")
    for number in numbers:
        tx.execute(statement, {"number": number})


def _lock_number(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)


def names(conn: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Identity key to article id, for those of the keys that are known."""
    query = select(identity.c.key, identity.c.article_id).where(
        identity.c.key.in_(sorted(set(keys)))
    )
    return {row.key: row.article_id for row in conn.execute(query)}


def keys_of(conn: Connection, article_id: str) -> list[str]:
    """Every name that an article goes by."""
    query = select(identity.c.key).where(identity.c.article_id == article_id)
    return sorted(conn.execute(query).scalars())


def current(conn: Connection, article_id: str) -> Article | None:
    """The newest version of an article, whatever its status."""
    body = current_bodies(conn, [article_id]).get(article_id)
    return None if body is None else Article.from_json(body)


def current_bodies(conn: Connection, ids: Iterable[str]) -> dict[str, bytes]:
    """The JSON of the newest version of each of these articles, by id."""
    query = (
        select(article_version.c.article_id, article_version.c.body)
        .join(article, article.c.id == article_version.c.article_id)
        .where(article.c.version == article_version.c.version, article.c.id.in_(sorted(set(ids))))
    )
    return {row.article_id: bytes(row.body) for row in conn.execute(query)}


def version_bodies(
    conn: Connection, wanted: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], bytes]:
    """The JSON of these (article id, version) pairs; pairs that do not exist are left out."""
    key = sa.tuple_(article_version.c.article_id, article_version.c.version)
    query = select(
        article_version.c.article_id, article_version.c.version, article_version.c.body
    ).where(key.in_(sorted(set(wanted))))
    return {(row.article_id, row.version): bytes(row.body) for row in conn.execute(query)}


def renderable(conn: Connection, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
    """`version_bodies`, without those of articles that are withdrawn by now."""
    key = sa.tuple_(article_version.c.article_id, article_version.c.version)
    query = (
        select(article_version.c.article_id, article_version.c.version, article_version.c.body)
        .join(article, article.c.id == article_version.c.article_id)
        .where(key.in_(sorted(set(wanted))), article.c.status != "withdrawn")
    )
    return {(row.article_id, row.version): bytes(row.body) for row in conn.execute(query)}


def versions(conn: Connection, article_id: str) -> list[VersionRow]:
    """The history of an article, oldest first."""
    columns = [article_version.c[name] for name in VersionRow.__dataclass_fields__]
    query = (
        select(*columns)
        .where(article_version.c.article_id == article_id)
        .order_by(article_version.c.version)
    )
    return [VersionRow(**row) for row in conn.execute(query).mappings()]


def provenance(conn: Connection, article_id: str) -> dict[str, str]:
    """Where each field of an article was found, as the newest version that knows it says."""
    query = (
        select(article_version.c.provenance)
        .where(article_version.c.article_id == article_id)
        .where(article_version.c.provenance.is_not(None))
        .order_by(article_version.c.version.desc())
        .limit(1)
    )
    found = conn.execute(query).scalar()
    return {} if found is None else {str(k): str(v) for k, v in json.loads(found).items()}


def due(conn: Connection, now: int, *, limit: int) -> list[ArticleRow]:
    """Articles whose embargo has ended or that have expired by now, the longest due first."""
    query = select(*STATE).where(article.c.due <= now).order_by(article.c.due, article.c.id)
    return [ArticleRow(**row) for row in conn.execute(query.limit(limit)).mappings()]


def counts(conn: Connection) -> dict[str, int]:
    """How many articles there are in each status."""
    query = select(article.c.status, func.count().label("articles")).group_by(article.c.status)
    return {row.status: row.articles for row in conn.execute(query)}


# --- the operator's list -----------------------------------------------------------------------


def search(
    conn: Connection,
    *,
    status: str | None = None,
    source: str | None = None,
    query: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Articles, the newest changed first. `query` is part of the title, or a whole id or URL.

    Raises:
        ValueError: the cursor did not come from an earlier page.
    """
    limit = max(1, min(limit, PAGE_MAX))
    statement = select(*STATE).order_by(article.c.changed.desc(), article.c.id.desc())
    if status:
        statement = statement.where(article.c.status == status)
    if source:
        statement = statement.where(article.c.source == source)
    if query:
        statement = statement.where(_matches(query))
    if cursor:
        changed, article_id = _read_cursor(cursor)
        statement = statement.where(
            sa.tuple_(article.c.changed, article.c.id) < sa.tuple_(changed, article_id)
        )
    result = conn.execute(statement.limit(limit + 1)).mappings()
    found = [ArticleRow(**row) for row in result]
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(tuple(found[:limit]), f"{last.changed}.{last.id}" if last else None)


def _matches(query: str) -> sa.ColumnElement[bool]:
    exact = (article.c.id, article.c.external_id, article.c.canonical_url)
    conditions: list[sa.ColumnElement[bool]] = [column == query for column in exact]
    folded = fold(query)
    if folded:
        conditions.append(article.c.folded.contains(folded, autoescape=True))
    return sa.or_(*conditions)


def _read_cursor(cursor: str) -> tuple[int, str]:
    changed, dot, article_id = cursor.partition(".")
    if not (dot and changed.isdecimal() and changed.isascii() and len(changed) <= 18):
        raise ValueError(f"cursor {cursor[:80]!r} did not come from an earlier page")
    return int(changed), article_id


# --- writing -----------------------------------------------------------------------------------


def apply(tx: Connection, changes: Sequence[Change]) -> None:
    """Write these versions. Later changes of one article stand after earlier ones."""
    if not changes:
        return
    newest = {change.article.id: change for change in changes}
    tx.execute(_forward_only(tx), [_state(change) for change in newest.values()])
    tx.execute(insert(article_version), [_version(change) for change in changes])
    remember_names(tx, {key: change.article.id for change in changes for key in change.keys})


def remember_names(tx: Connection, owned: dict[str, str]) -> None:
    """An article goes by more names now (key to article id). A name that is taken stays taken."""
    if owned:
        insert_rows(
            tx,
            upsert(tx, identity).on_conflict_do_nothing(),
            [{"key": key, "article_id": owner} for key, owner in sorted(owned.items())],
        )


def delete_renditions(tx: Connection, ids: Iterable[str]) -> None:
    """What was rendered of these articles is gone: nothing of them can be served any more."""
    tx.execute(delete(rendition).where(rendition.c.article_id.in_(sorted(set(ids)))))


def _forward_only(tx: Connection) -> sa.Insert:
    statement = upsert(tx, article)
    given = statement.excluded
    updated = {c.name: given[c.name] for c in article.c if c.name not in ("id", "first_seen")}
    return statement.on_conflict_do_update(
        index_elements=[article.c.id], set_=updated, where=article.c.version < given["version"]
    )


def _state(change: Change) -> dict[str, Any]:
    given = change.article
    withdrawn = given.status == "withdrawn"
    return {
        "id": given.id,
        "version": given.version,
        "status": given.status,
        "kind": given.kind,
        "title": given.title,
        "folded": fold(given.title),
        "language": given.language,
        "source": given.source,
        "external_id": given.external_id,
        "canonical_url": given.canonical_url,
        "series_slug": slugify(given.series.title) if given.series else None,
        "series_title": given.series.title if given.series else None,
        "content_hash": given.content_hash,
        "sort_at": change.sort_at,
        "first_seen": change.first_seen,
        "changed": change.at,
        "due": change.due,
        "withdrawn_at": change.withdrawn_at if withdrawn else None,
        "withdrawn_reason": change.reason if withdrawn else None,
        "review_at": review_moment(given.review_by),
    }


def review_moment(review_by: str | None) -> int | None:
    """When a review is due, microseconds: of a day its beginning, UTC."""
    return int(instant(review_by).timestamp()) * SECOND if review_by else None


def _version(change: Change) -> dict[str, Any]:
    return {
        "article_id": change.article.id,
        "version": change.article.version,
        "op": change.op,
        "at": change.at,
        "content_hash": change.article.content_hash,
        "body": change.article.to_json(),
        "reason": change.reason,
        "correlation_id": change.correlation_id,
        "provenance": None
        if change.provenance is None
        else json.dumps(dict(change.provenance), ensure_ascii=False, separators=(",", ":")),
    }
