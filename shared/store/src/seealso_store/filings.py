"""What is filed where, what names what, and what an item says of it. Written by the feeds service.

    replace(filed) ──> filing, see_also, term          of a batch of articles, only what differs
    resolve(ids) ──> see_also.target_id                 which articles the titles stand for now
    placed(ids) ──> facts ──> write_placements          what feed items say besides the rendition
    around_topic / around_article ──> evidence          from which relations are ranked

Reads take whole batches: one or two statements each, every one on an index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from dataclasses import replace as dc_replace
from typing import Any

import sqlalchemy as sa
from seealso_sdk.text import fold, slugify
from sqlalchemy import Connection, Table

from seealso_store.arrays import one_of
from seealso_store.database import insert_rows, upsert
from seealso_store.schema import (
    article,
    article_version,
    filing,
    identity,
    placement,
    see_also,
    term,
    topic,
)

EDITORIAL = "editorial"
DERIVED = "derived"
SEE_ALSO = "see-also"
WITHDRAWN = "withdrawn"  # where a withdrawn article was filed: its feeds still owe a tombstone
LEFT = "left"  # where an article was filed before an edit: should it be withdrawn, they owe one too
LEFT_MOST = 50  # of an article
_FILING_LOCK = (0x5EEA, 1)  # PostgreSQL advisory lock, two-number space: one filing at a time


@dataclass(frozen=True, slots=True)
class FilingRow:
    """An article under a topic. `sort_at`: microseconds, as in the article."""

    slug: str
    article_id: str
    origin: str
    score: float
    reason: str
    sort_at: int


@dataclass(frozen=True, slots=True)
class SeeAlsoRow:
    """A related title of an article's list, by its place from 0. `ref` is the identity key of the
    target, where the source links by id or URL."""

    article_id: str
    position: int
    title: str
    slug: str
    url: str | None
    kind: str | None
    ref: str | None


@dataclass(frozen=True, slots=True)
class TermRow:
    """A telling stem of an article."""

    word: str
    article_id: str
    weight: float


@dataclass(frozen=True, slots=True)
class Filed:
    """All that one article's filing says; empty for an article that is gone."""

    article_id: str
    filings: tuple[FilingRow, ...] = ()
    see_also: tuple[SeeAlsoRow, ...] = ()
    terms: tuple[TermRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """What a batch changed: topics under which something came or went, and names (slugs) that
    lists began or ceased to say."""

    slugs: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An article to file: its state, and the body of its current version (Article.to_json())."""

    id: str
    version: int
    status: str
    sort_at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Category:
    """A filing with its topic's label, as an item says it."""

    slug: str
    label: str
    origin: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A see-also title and what it stands for: `target_title` is that of the article known now.

    Where the source names the target by its id, `title` is empty and `ref` is its identity key.
    """

    title: str
    url: str | None
    target_id: str | None
    target_title: str | None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """The facts of one article's placement. `hash` is that of the stored one, "" for none."""

    article_id: str
    version: int
    published: bool
    hash: str
    categories: tuple[Category, ...]
    links: tuple[NamedLink, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """What an item says besides its rendition. `categories` and `related` are JSON lists."""

    article_id: str
    version: int
    categories: str
    related: str
    hash: str


# --- a batch -----------------------------------------------------------------------------------


def alone(tx: Connection) -> None:
    """Until the commit, nobody else files. Two batches that name each other must not overlap: each
    would miss the other. SQLite's write transaction says that already."""
    if tx.dialect.name == "postgresql":
        lock = sa.text("SELECT pg_advisory_xact_lock(:space, :number)")
        tx.execute(lock, {"space": _FILING_LOCK[0], "number": _FILING_LOCK[1]})


def load(conn: Connection, ids: Iterable[str]) -> list[Loaded]:
    """The current versions of these articles, in the order of their ids."""
    rows = conn.execute(
        sa.select(
            article.c.id,
            article.c.version,
            article.c.status,
            article.c.sort_at,
            article_version.c.body,
        )
        .join(
            article_version,
            sa.and_(
                article_version.c.article_id == article.c.id,
                article_version.c.version == article.c.version,
            ),
        )
        .where(one_of(conn, article.c.id, ids))
        .order_by(article.c.id)
    )
    return [Loaded(row.id, row.version, row.status, row.sort_at, bytes(row.body)) for row in rows]


def replace(tx: Connection, filed: Sequence[Filed], living: Collection[str]) -> Touched:
    """Let these articles be filed so and not otherwise. Rows that are right stay untouched.

    Args:
        living: of these, the articles that are published: where they were filed and are no more is
            kept (`LEFT`). No feed holds them there, and a withdrawal has to reach it all the same.
    """
    ids = [one.article_id for one in filed]
    _sync(tx, term, TermRow, ids, [row for one in filed for row in one.terms])
    listed = _sync(tx, see_also, SeeAlsoRow, ids, [row for one in filed for row in one.see_also])
    wanted = [row for one in filed for row in one.filings]
    under_ = _sync(tx, filing, FilingRow, ids, wanted, lambda had: _left(had, wanted, living))
    slugs = frozenset(row.slug for row in under_)
    return Touched(slugs, frozenset(row.slug for row in listed if row.slug))


def _left(
    had: Iterable[FilingRow], wanted: Sequence[FilingRow], living: Collection[str]
) -> list[FilingRow]:
    now = {(row.article_id, row.slug) for row in wanted}
    was = [row for row in had if row.origin in (EDITORIAL, DERIVED, LEFT)]
    counts: Counter[str] = Counter()
    found = []
    for row in sorted(was, key=lambda row: (row.article_id, row.slug)):
        if row.article_id in living and (row.article_id, row.slug) not in now:
            counts[row.article_id] += 1
            if counts[row.article_id] <= LEFT_MOST:
                found.append(dc_replace(row, origin=LEFT))
    return found


def _nothing(had: Iterable[Any]) -> list[Any]:
    return []


def _sync(
    tx: Connection,
    table: Table,
    kind: type[Any],
    ids: list[str],
    wanted: Sequence[Any],
    kept: Callable[[Iterable[Any]], list[Any]] = _nothing,
) -> list[Any]:
    """Make the table's rows of the articles equal to `wanted`, and to what is `kept` of those that
    there were; the rows that differed."""
    names = [one.name for one in fields(kind)]
    query = sa.select(*(table.c[name] for name in names)).where(one_of(tx, table.c.article_id, ids))
    have = {kind(*row) for row in tx.execute(query)}
    wanted = [*wanted, *kept(have)]
    gone, new = have.difference(wanted), set(wanted) - have
    if gone:
        key = [column.name for column in table.primary_key]
        match = sa.and_(*(table.c[name] == sa.bindparam(f"old_{name}") for name in key))
        dropped = [{f"old_{name}": getattr(row, name) for name in key} for row in gone]
        tx.execute(sa.delete(table).where(match), dropped)
    if new:
        rows = [{name: getattr(row, name) for name in names} for row in new]
        insert_rows(tx, upsert(tx, table), rows)
    return [*gone, *new]


def retire(tx: Connection, ids: Iterable[str]) -> list[FilingRow]:
    """The own filings of articles that are withdrawn, as they stay: marked, so that no feed holds
    them and every feed that did can still say that they are gone (RFC 6721)."""
    kept = (EDITORIAL, DERIVED, WITHDRAWN, LEFT)
    rows = tx.execute(
        sa.select(filing).where(one_of(tx, filing.c.article_id, ids), filing.c.origin.in_(kept))
    )
    return [
        FilingRow(row.slug, row.article_id, WITHDRAWN, row.score, row.reason, row.sort_at)
        for row in rows
    ]


def drop_derived(tx: Connection, slugs: Iterable[str]) -> list[str]:
    """Take back what rules filed under topics that are none any more.

    Returns:
        The articles, which are to be filed again.
    """
    slugs = list(slugs)
    if not slugs:
        return []
    theirs = sa.and_(one_of(tx, filing.c.slug, slugs), filing.c.origin == DERIVED)
    ids = sorted({row[0] for row in tx.execute(sa.select(filing.c.article_id).where(theirs))})
    if ids:
        tx.execute(sa.delete(filing).where(theirs))
    return ids


# --- see-also titles find their articles --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Target:
    id: str
    language: str
    first_seen: int


def resolve(tx: Connection, ids: Sequence[str]) -> set[str]:
    """Point see-also titles at articles, after these articles came, changed or went.

    A title stands for the article that its source links by id or URL, else for the published one
    of the same title: of the same language first, then the one that the hub saw first. It never
    stands for the article whose list it is in.

    Returns:
        The articles whose placement is to be made anew.
    """
    open_rows = _unsettled(tx, ids)
    by_ref = _targets_by_ref(tx, {row.ref for row in open_rows if row.ref})
    by_fold = _targets_by_fold(tx, {fold(row.title) for row in open_rows if row.slug})
    changed, moved = [], set()
    for row in open_rows:
        named = by_ref.get(row.ref or "", []) or by_fold.get(
            fold(row.title) if row.slug else "", []
        )
        target = _best(row, named)
        if target != row.target_id:
            changed.append({"row": row.article_id, "place": row.position, "target": target})
        if target != row.target_id or (target in ids and not row.title):
            moved.add(row.article_id)
    if changed:
        tx.execute(
            sa.update(see_also)
            .where(
                see_also.c.article_id == sa.bindparam("row"),
                see_also.c.position == sa.bindparam("place"),
            )
            .values(target_id=sa.bindparam("target")),
            changed,
        )
    return moved


def _unsettled(tx: Connection, ids: Sequence[str]) -> list[Any]:
    """The see-also rows whose target these articles may change."""
    titles = [
        row.title
        for row in tx.execute(
            sa.select(article.c.title).where(
                one_of(tx, article.c.id, ids), article.c.status == "published"
            )
        )
    ]
    keys = sa.select(identity.c.key).where(one_of(tx, identity.c.article_id, ids))
    wrong = sa.or_(see_also.c.target_id.is_(None), ~one_of(tx, see_also.c.target_id, ids))
    ways = (
        one_of(tx, see_also.c.article_id, ids),
        one_of(tx, see_also.c.target_id, ids),
        sa.and_(one_of(tx, see_also.c.slug, map(slugify, titles)), wrong),
        sa.and_(see_also.c.ref.in_(keys), wrong),
    )
    chosen = sa.union(*(sa.select(see_also).where(way) for way in ways)).subquery()
    rows = tx.execute(
        sa.select(chosen, article.c.language)
        .join(article, article.c.id == chosen.c.article_id)
        .order_by(chosen.c.article_id, chosen.c.position)
    )
    return list(rows)


def _targets_by_ref(tx: Connection, refs: set[str]) -> dict[str, list[_Target]]:
    rows = tx.execute(
        sa.select(identity.c.key, article.c.id, article.c.language, article.c.first_seen)
        .join(article, article.c.id == identity.c.article_id)
        .where(one_of(tx, identity.c.key, refs), article.c.status == "published")
    )
    return _grouped(rows)


def _targets_by_fold(tx: Connection, folds: set[str]) -> dict[str, list[_Target]]:
    rows = tx.execute(
        sa.select(article.c.folded, article.c.id, article.c.language, article.c.first_seen).where(
            one_of(tx, article.c.folded, folds - {""}), article.c.status == "published"
        )
    )
    return _grouped(rows)


def _grouped(rows: Iterable[Any]) -> dict[str, list[_Target]]:
    found: dict[str, list[_Target]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(_Target(row[1], row[2], row[3]))
    return found


def _best(row: Any, named: list[_Target]) -> str | None:
    own = row.language.split("-")[0]
    ranked = sorted(
        (target.language.split("-")[0] != own, target.first_seen, target.id)
        for target in named
        if target.id != row.article_id
    )
    return ranked[0][2] if ranked else None


# --- placements --------------------------------------------------------------------------------


def placed(conn: Connection, ids: Iterable[str]) -> list[Placed]:
    """The facts from which the placements of these articles are made, in the order of the ids."""
    wanted = sorted(set(ids))
    categories = _categories(conn, wanted)
    links = _links(conn, wanted)
    rows = conn.execute(
        sa.select(
            article.c.id,
            article.c.version,
            article.c.status,
            sa.func.coalesce(placement.c.hash, "").label("hash"),
        )
        .outerjoin(placement, placement.c.article_id == article.c.id)
        .where(one_of(conn, article.c.id, wanted))
        .order_by(article.c.id)
    )
    return [
        Placed(
            article_id=row.id,
            version=row.version,
            published=row.status == "published",
            hash=row.hash,
            categories=tuple(categories.get(row.id, ())),
            links=tuple(links.get(row.id, ())),
        )
        for row in rows
    ]


def _categories(conn: Connection, ids: Sequence[str]) -> dict[str, list[Category]]:
    """Editorial first, then by score, then by slug."""
    rows = conn.execute(
        sa.select(filing, topic.c.label)
        .join(topic, topic.c.slug == filing.c.slug)
        .where(one_of(conn, filing.c.article_id, ids), filing.c.origin.in_((EDITORIAL, DERIVED)))
        .order_by(filing.c.origin.desc(), filing.c.score.desc(), filing.c.slug)
    )
    found: dict[str, list[Category]] = {}
    for row in rows:
        category = Category(row.slug, row.label, row.origin, row.score, row.reason)
        found.setdefault(row.article_id, []).append(category)
    return found


def _links(conn: Connection, ids: Sequence[str]) -> dict[str, list[NamedLink]]:
    """Titles that have somewhere to go, in the editor's order."""
    target = article.alias("target")
    rows = conn.execute(
        sa.select(see_also, target.c.title.label("target_title"))
        .outerjoin(target, target.c.id == see_also.c.target_id)
        .where(
            one_of(conn, see_also.c.article_id, ids),
            sa.or_(see_also.c.target_id.is_not(None), see_also.c.url.is_not(None)),
        )
        .order_by(see_also.c.article_id, see_also.c.position)
    )
    found: dict[str, list[NamedLink]] = {}
    for row in rows:
        link = NamedLink(row.title, row.url, row.target_id, row.target_title, row.ref)
        found.setdefault(row.article_id, []).append(link)
    return found


def write_placements(tx: Connection, new: Sequence[Placement], now: int) -> None:
    """Put these placements in the place of what is stored."""
    if not new:
        return
    insert = upsert(tx, placement)
    values = {name: insert.excluded[name] for name in ("version", "categories", "related", "hash")}
    rows = [{name: getattr(one, name) for name in _PLACEMENT} | {"updated": now} for one in new]
    statement = insert.on_conflict_do_update(
        index_elements=["article_id"], set_={**values, "updated": now}
    )
    insert_rows(tx, statement, rows)


_PLACEMENT = [one.name for one in fields(Placement)]


def unplace(tx: Connection, ids: Iterable[str]) -> None:
    """Forget the placements of articles that are gone."""
    ids = list(ids)
    if not ids:
        return
    tx.execute(sa.delete(placement).where(one_of(tx, placement.c.article_id, ids)))


# --- what is to be filed again ------------------------------------------------------------------


def titled(conn: Connection, folds: Iterable[str]) -> list[str]:
    """Published articles whose title folds to one of these."""
    rows = conn.execute(
        sa.select(article.c.id).where(
            one_of(conn, article.c.folded, set(folds) - {""}), article.c.status == "published"
        )
    )
    return sorted(row.id for row in rows)


def saying(conn: Connection, words: Sequence[str], limit: int) -> list[str]:
    """Articles that have all of these stems among their telling words."""
    if not words:
        return []
    rows = conn.execute(
        sa.select(term.c.article_id)
        .where(term.c.word.in_(words))
        .group_by(term.c.article_id)
        .having(sa.func.count() == len(set(words)))
        .order_by(term.c.article_id)
        .limit(limit)
    )
    return [row.article_id for row in rows]


def asking(conn: Connection, names: Iterable[str]) -> list[str]:
    """Articles whose See also lists name one of these."""
    rows = conn.execute(
        sa.select(see_also.c.article_id).distinct().where(one_of(conn, see_also.c.slug, names))
    )
    return sorted(row.article_id for row in rows)


def under(conn: Connection, slugs: Iterable[str]) -> list[str]:
    """Articles that are filed under one of these topics."""
    rows = conn.execute(
        sa.select(filing.c.article_id).distinct().where(one_of(conn, filing.c.slug, slugs))
    )
    return sorted(row.article_id for row in rows)


def everything(conn: Connection) -> list[str]:
    """Every published article."""
    rows = conn.execute(sa.select(article.c.id).where(article.c.status == "published"))
    return sorted(row.id for row in rows)
