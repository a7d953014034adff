"""Sources that the hub watches: when each is to be looked at, by whom, and how it went.

    add ──> active ──claim (token + 1)──> leased ──note, hold: the same token──> leave(run_at)
               ^                             │
               └──── lease ran out ──────────┘        pause <──> resume

Only the holder of the present token writes what a look found, in the transaction of what came in.
Whatever an operator does to a source raises the token: a look that is under way then changes
nothing more, and is done again. What a source's list names is in `source_items`.

All functions take the connection first; those that write expect a `Database.write()` transaction.
Times are microseconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.clock import SECOND
from seealso_store.database import upsert
from seealso_store.schema import finding, source, source_item

STATES = ("active", "paused")
ON_GONE = ("keep", "withdraw", "ask")
ERROR_MAX = 2000  # characters kept of an error

_c = source.c


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSource:
    """A row. `pace` is in microseconds; `options` and `fields` are the operator's own."""

    name: str
    plugin: str
    place: str
    location: str
    options: Mapping[str, str]
    fields: Mapping[str, str]
    on_gone: str = "keep"
    state: str = "active"
    created: int = 0
    changed: int = 0
    run_at: int = 0
    look_at: int | None = None
    lease_until: int = 0
    token: int = 0
    pace: int = 0
    failures: int = 0
    error: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    looked: int | None = None
    succeeded: int | None = None
    renewed: int | None = None
    items: int = 0


# What a look changes. The rest is the operator's, and the lease's.
_FOUND = (
    "location", "state", "look_at", "pace", "failures", "error", "etag", "last_modified", "digest",
    "looked", "succeeded", "renewed", "items",
)  # fmt: skip
# What has to be forgotten where the same bytes may mean something else now.
_ANEW = {"etag": None, "last_modified": None, "digest": None}


def _row(row: Any) -> WatchedSource:
    values = dict(row._asdict())
    for name in ("options", "fields"):
        values[name] = json.loads(values[name])
    return WatchedSource(**values)


# --- what an operator does ------------------------------------------------------------------------


def add(tx: Connection, new: WatchedSource, now: int) -> bool:
    """Watch a source, from now on. False: there is one of this name, and it stays as it is."""
    values = {
        "name": new.name,
        "plugin": new.plugin,
        "place": new.place,
        "location": new.location,
        "options": _json(new.options),
        "fields": _json(new.fields),
        "on_gone": new.on_gone,
        "state": new.state,
        "created": now,
        "changed": now,
        "run_at": now,
        "lease_until": 0,
        "token": 0,
        "pace": 0,
        "failures": 0,
        "items": 0,
    }
    insert = upsert(tx, source).values(values).on_conflict_do_nothing().returning(_c.name)
    return tx.execute(insert).first() is not None


def change(tx: Connection, new: WatchedSource, now: int) -> bool:
    """Give a source another place, plugin, options, fields or policy; it is read anew, and what
    its list names as well. False: there is none of this name."""
    values: dict[str, Any] = {
        "plugin": new.plugin,
        "place": new.place,
        "location": new.location,
        "options": _json(new.options),
        "fields": _json(new.fields),
        "on_gone": new.on_gone,
        "changed": now,
        "failures": 0,
        **_ANEW,
    }
    if not _now(tx, new.name, now, values):
        return False
    tx.execute(
        sa.update(source_item)
        .where(source_item.c.source == new.name, source_item.c.state.in_(("read", "failed")))
        .values(state="waiting", run_at=now, **_ANEW)
    )
    return True


def pause(tx: Connection, name: str, now: int) -> bool:
    """Look no more until `resume`. Twice is once. False: there is none of this name."""
    values = {"state": "paused", "changed": now}
    return _touch(tx, name, values)


def resume(tx: Connection, name: str, now: int) -> bool:
    """Look again, now. False: there is none of this name."""
    return _now(tx, name, now, {"state": "active", "changed": now, "failures": 0})


def look_now(tx: Connection, name: str, now: int, *, anew: bool = False) -> bool:
    """Have a source looked at as soon as a worker is free. False: there is none, or it is paused.

    Args:
        anew: though nothing has changed there.
    """
    return _now(tx, name, now, _ANEW if anew else {}, state="active")


def remove(tx: Connection, name: str) -> bool:
    """Watch a source no more, and forget how that went. Its articles stay, and its subscription to
    a hub, until the hub has been told. False: there is none."""
    for table, column in (
        (source_item, source_item.c.source),
        (finding, finding.c.source),
    ):
        tx.execute(sa.delete(table).where(column == name))
    return tx.execute(sa.delete(source).where(_c.name == name)).rowcount > 0


def _now(
    tx: Connection, name: str, now: int, values: Mapping[str, Any], state: str | None = None
) -> bool:
    return _touch(tx, name, {**values, "run_at": now, "look_at": None}, state)


def _touch(tx: Connection, name: str, values: Mapping[str, Any], state: str | None = None) -> bool:
    statement = sa.update(source).where(_c.name == name)
    if state is not None:
        statement = statement.where(_c.state == state)
    return tx.execute(statement.values(lease_until=0, token=_c.token + 1, **values)).rowcount > 0


def _json(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, sort_keys=True)


# --- who sees what --------------------------------------------------------------------------------


def find(conn: Connection, name: str) -> WatchedSource | None:
    """A source by its name."""
    row = conn.execute(sa.select(source).where(_c.name == name)).first()
    return None if row is None else _row(row)


def everyone(conn: Connection) -> list[WatchedSource]:
    """All sources, by name."""
    return [_row(row) for row in conn.execute(sa.select(source).order_by(_c.name))]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the watching goes: sources by state (of the active ones those that fail apart), and how
    long the one that waits longest has been due, seconds."""

    active: int
    failing: int
    paused: int
    lag_seconds: float


def standing(conn: Connection, now: int) -> Standing:
    """For the metrics."""
    is_active = _c.state == "active"
    waits = sa.and_(is_active, _c.run_at <= now, _c.lease_until <= now)
    row = conn.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(sa.case((is_active, 1), else_=0)), 0),
            sa.func.coalesce(
                sa.func.sum(sa.case((sa.and_(is_active, _c.failures > 0), 1), else_=0)), 0
            ),
            sa.func.count(),
            sa.func.min(sa.case((waits, _c.run_at))),
        )
    ).one()
    active, failing, total, oldest = row
    lag = 0.0 if oldest is None else (now - oldest) / SECOND
    return Standing(int(active) - int(failing), int(failing), int(total) - int(active), lag)


# --- who looks ------------------------------------------------------------------------------------


def due(conn: Connection, now: int) -> bool:
    """Whether a claim would find anything. Reads only, and by the index."""
    return conn.execute(_due(now).limit(1)).first() is not None


def _due(now: int) -> sa.Select[tuple[str]]:
    return sa.select(_c.name).where(_c.state == "active", _c.run_at <= now, _c.lease_until <= now)


def claim(tx: Connection, *, lease_seconds: float, now: int, limit: int = 1) -> list[WatchedSource]:
    """Lease up to `limit` sources that are due, the one that has waited longest first.

    On PostgreSQL those that somebody else is claiming just now are skipped, never waited for.
    """
    names = tx.scalars(
        _due(now).order_by(_c.run_at, _c.name).limit(limit).with_for_update(skip_locked=True)
    ).all()
    if not names:
        return []
    rows = tx.execute(
        sa.update(source)
        .where(_c.name.in_(names))
        .values(token=_c.token + 1, lease_until=now + int(lease_seconds * SECOND))
        .returning(*source.c)
    )
    return sorted(map(_row, rows), key=lambda one: (one.run_at, one.name))


def hold(tx: Connection, held: WatchedSource, until: int) -> bool:
    """Keep the lease until then. False: it is somebody else's by now."""
    return _held(tx, held, {"lease_until": until})


def note(tx: Connection, found: WatchedSource, until: int) -> bool:
    """Write down what a look found, and keep the lease until then. False: it is lost, and nothing
    was written."""
    values = {name: getattr(found, name) for name in _FOUND}
    values["error"] = None if found.error is None else found.error[:ERROR_MAX]
    return _held(tx, found, {**values, "lease_until": until})


def renew(tx: Connection, held: WatchedSource, now: int) -> None:
    """Something that the source's lists name was new."""
    _held(tx, held, {"renewed": now})


def leave(tx: Connection, held: WatchedSource, run_at: int) -> bool:
    """End the lease; the next turn is not before `run_at`. False: it was lost."""
    return _held(tx, held, {"lease_until": 0, "run_at": run_at})


def _held(tx: Connection, held: WatchedSource, values: Mapping[str, Any]) -> bool:
    statement = sa.update(source).where(_c.name == held.name, _c.token == held.token)
    return tx.execute(statement.values(values)).rowcount > 0
