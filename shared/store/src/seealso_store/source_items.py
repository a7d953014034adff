"""What the lists of a watched source name: pages of a sitemap, sitemaps of an index, files.

    listed ──> waiting ──done──> read ──the list says it changed──> waiting
                  │  ^             │
                  │  └─ run_at ── failed
    no longer named: `gone` is set ──policy of the source──> state gone;   named again: waiting

Who works on a source holds its lease (`sources`), so items need none of their own.

All functions take the connection first; those that write expect a `Database.write()` transaction.
Times are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.database import insert_rows, upsert
from seealso_store.schema import source_item
from seealso_store.sources import ERROR_MAX

AT_ONCE = 500  # rows in a statement

_c = source_item.c
_LISTS_FIRST = sa.case((_c.rel == "list", 0), else_=1)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of one place."""

    key: str
    modified: str | None = None
    rel: str | None = None  # list; None: an item


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceItem:
    """A row."""

    source: str
    key: str
    article_id: str | None = None
    state: str = "waiting"
    modified: str | None = None
    digest: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    run_at: int = 0
    failures: int = 0
    error: str | None = None
    seen: int = 0
    gone: int | None = None
    rel: str | None = None
    parent: str | None = None
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """How many places a source's lists name, by state; `missing` are named no more, and the
    source's policy has not been followed yet."""

    waiting: int = 0
    read: int = 0
    failed: int = 0
    gone: int = 0
    missing: int = 0


def listed(
    tx: Connection,
    source: str,
    entries: Sequence[Listed],
    *,
    parent: str | None,
    depth: int,
    now: int,
) -> int:
    """Take down a whole list: what is new, or changed, waits; what it names no more is missing.

    A place without a date is looked at again when its time (`run_at`) has come; a list without a
    date each time.

    Returns:
        How many are missing since this list, with what those lists named that are missing.
    """
    rows = [
        {
            "source": source,
            "key": entry.key,
            "state": "waiting",
            "modified": entry.modified,
            "run_at": now,
            "failures": 0,
            "seen": now,
            "rel": entry.rel,
            "parent": parent,
            "depth": depth,
        }
        for entry in sorted({one.key: one for one in entries}.values(), key=lambda one: one.key)
    ]
    for start in range(0, len(rows), AT_ONCE):
        insert_rows(tx, _naming(tx, now), rows[start : start + AT_ONCE])
    return _missing(tx, source, parent, now)


def _naming(tx: Connection, now: int) -> Any:
    insert = upsert(tx, source_item)
    new = insert.excluded
    is_due = sa.and_(
        new.modified.is_(None), sa.or_(_c.run_at <= now, new.rel == "list"), _c.state == "read"
    )
    is_changed = sa.and_(new.modified.isnot(None), new.modified.is_distinct_from(_c.modified))
    anew = sa.or_(is_due, is_changed, _c.state == "gone")
    return insert.on_conflict_do_update(
        index_elements=["source", "key"],
        set_={
            "state": sa.case((anew, "waiting"), else_=_c.state),
            "run_at": sa.case((anew, new.run_at), else_=_c.run_at),
            "failures": sa.case((anew, 0), else_=_c.failures),
            "modified": new.modified,
            "seen": new.seen,
            "gone": None,
            "rel": new.rel,
            "parent": new.parent,
            "depth": new.depth,
        },
    )


def recheck(tx: Connection, source: str, now: int) -> None:
    """The source's own answer is what it was. What has no date there may have changed all the same:
    lists are looked at again, and items whose time has come."""
    tx.execute(
        sa.update(source_item)
        .where(
            _c.source == source,
            _c.state == "read",
            _c.modified.is_(None),
            _c.gone.is_(None),
            sa.or_(_c.rel == "list", _c.run_at <= now),
        )
        .values(state="waiting", run_at=now)
    )


def _missing(tx: Connection, source: str, parent: str | None, now: int) -> int:
    """Mark what a list names no more; of a list that is missing, all that it named."""
    is_of = _c.parent.is_(None) if parent is None else _c.parent == parent
    found = _mark(tx, source, sa.and_(is_of, _c.seen < now), now)
    total = len(found)
    lists = [key for key, rel in found if rel == "list"]
    while lists:
        below = _mark(tx, source, _c.parent.in_(lists[:AT_ONCE]), now)
        lists = lists[AT_ONCE:] + [key for key, rel in below if rel == "list"]
        total += len(below)
    return total


def _mark(
    tx: Connection, source: str, which: sa.ColumnElement[bool], now: int
) -> list[tuple[str, str | None]]:
    marked = tx.execute(
        sa.update(source_item)
        .where(_c.source == source, _c.gone.is_(None), which)
        .values(gone=now)
        .returning(_c.key, _c.rel)
    )
    return [(row.key, row.rel) for row in marked]


def waiting(conn: Connection, source: str, now: int, limit: int) -> list[SourceItem]:
    """What is to be read now: lists first, then what changed last."""
    rows = conn.execute(
        sa.select(source_item)
        .where(*_open(source), _c.run_at <= now)
        .order_by(_LISTS_FIRST, sa.func.coalesce(_c.modified, "").desc(), _c.key)
        .limit(limit)
    )
    return [SourceItem(**row._asdict()) for row in rows]


def next_due(conn: Connection, source: str) -> int | None:
    """When the next of a source's items is to be read; None: there is none."""
    found: int | None = conn.scalar(sa.select(sa.func.min(_c.run_at)).where(*_open(source)))
    return found


def _open(source: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_c.source == source, _c.state.in_(("waiting", "failed")), _c.gone.is_(None))


def done(tx: Connection, item: SourceItem) -> None:
    """Write down how it went with an item. What a list has said meanwhile stays."""
    error = None if item.error is None else item.error[:ERROR_MAX]
    values = asdict(item) | {"error": error}
    for name in ("source", "key", "seen", "modified", "rel", "parent", "depth"):
        del values[name]
    tx.execute(
        sa.update(source_item).where(_c.source == item.source, _c.key == item.key).values(values)
    )


def missing(conn: Connection, source: str, before: int, limit: int) -> list[SourceItem]:
    """What has been missing since before then, and was not dealt with."""
    rows = conn.execute(
        sa.select(source_item)
        .where(_c.source == source, _c.state != "gone", _c.gone <= before)
        .order_by(_c.gone, _c.key)
        .limit(limit)
    )
    return [SourceItem(**row._asdict()) for row in rows]


def let_go(tx: Connection, source: str, keys: Collection[str]) -> None:
    """What is missing has been dealt with."""
    tx.execute(
        sa.update(source_item)
        .where(_c.source == source, _c.key.in_(sorted(keys)))
        .values(state="gone")
    )


def counts(conn: Connection, source: str) -> ItemCounts:
    """How the items of one source stand, its lists left out."""
    return all_counts(conn, source).get(source, ItemCounts())


def all_counts(conn: Connection, source: str | None = None) -> Mapping[str, ItemCounts]:
    """How the items of each source stand, their lists left out."""
    is_missing = sa.and_(_c.state != "gone", _c.gone.isnot(None))
    state = sa.case((is_missing, "missing"), else_=_c.state).label("standing")
    statement = (
        sa.select(_c.source, state, sa.func.count())
        .where(sa.or_(_c.rel.is_(None), _c.rel != "list"))
        .group_by(_c.source, state)
    )
    if source is not None:
        statement = statement.where(_c.source == source)
    found: dict[str, dict[str, int]] = {}
    for name, standing, number in conn.execute(statement):
        found.setdefault(name, {})[standing] = number
    return {name: ItemCounts(**numbers) for name, numbers in found.items()}


def page(conn: Connection, source: str, *, state: str | None, limit: int) -> list[SourceItem]:
    """Items for an operator: those with an error first, then what was seen last."""
    statement = sa.select(source_item).where(_c.source == source)
    if state is not None:
        statement = statement.where(_c.state == state)
    rows = conn.execute(
        statement.order_by(
            sa.case((_c.error.isnot(None), 0), else_=1), _c.seen.desc(), _c.key
        ).limit(limit)
    )
    return [SourceItem(**row._asdict()) for row in rows]
