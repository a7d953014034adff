"""SQL of subscriptions to the hubs of watched feeds (WebSub, W3C Recommendation 2018).

    a look finds a hub ──offer──> asked ──verified──> active ──two thirds of the lease──> asked anew
                                    │ refused: tried again, later each time      │
                                    └─denied──> denied (a week)                  │
    the source is paused or gone, or has no hub ──leave──> left ──verified or lease over──> deleted

A row's `run_at` is when the hub is to be asked (again). `claim` moves it on in the transaction that
finds it due, so that of several workers one asks; nothing needs a lease: a question that got lost
is asked again. A delivery to a row's callback wakes its source.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, or_, select, update

from seealso_store.clock import SECOND
from seealso_store.database import upsert
from seealso_store.schema import source, websub

ERROR_MAX = 500  # characters
LEFT_SECONDS = 24 * 3600  # that a hub is asked for to end what it doesn't know of any more

_WANTED = ("asked", "active")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row. Times are microseconds. `secret` and `callback` are random, and are told to the hub
    alone."""

    source: str
    topic: str
    hub: str
    callback: str
    secret: str
    state: str  # asked, active, denied, left
    lease_until: int
    run_at: int
    failures: int
    error: str | None
    changed: int  # its state


def offer(tx: Connection, name: str, topic: str, hub: str, now: int) -> bool:
    """A look at a source found this hub for this topic. Returns whether that is news.

    Another hub or topic than before has a callback of its own: what the old hub still sends comes
    to an address that is no more.
    """
    known = get(tx, name)
    if known and (known.topic, known.hub) == (topic, hub) and known.state != "left":
        return False
    row = {
        "topic": topic,
        "hub": hub,
        "callback": secrets.token_urlsafe(24),
        "secret": secrets.token_urlsafe(32),
        "state": "asked",
        "lease_until": 0,
        "run_at": now,
        "failures": 0,
        "error": None,
        "changed": now,
    }
    statement = upsert(tx, websub).values(source=name, **row)
    tx.execute(statement.on_conflict_do_update(index_elements=["source"], set_=row))
    return True


def leave(tx: Connection, name: str, now: int) -> bool:
    """The source is paused, gone, or has no hub any more: the hub is told. Twice is once."""
    changed = tx.execute(
        update(websub)
        .where(websub.c.source == name, websub.c.state != "left")
        .values(state="left", run_at=now, failures=0, error=None, changed=now)
    )
    return bool(changed.rowcount)


def leave_unwatched(tx: Connection, now: int) -> int:
    """As `leave`, for every source that is paused or no more. Returns how many."""
    watched = exists().where(source.c.name == websub.c.source, source.c.state == "active")
    changed = tx.execute(
        update(websub)
        .where(websub.c.state != "left", ~watched)
        .values(state="left", run_at=now, failures=0, error=None, changed=now)
    )
    return changed.rowcount


def get(conn: Connection, name: str) -> Subscription | None:
    """The subscription of a source."""
    return _one(conn.execute(select(websub).where(websub.c.source == name)).first())


def of_callback(conn: Connection, callback: str) -> Subscription | None:
    """The subscription that an address was made for."""
    return _one(conn.execute(select(websub).where(websub.c.callback == callback)).first())


def is_unwatched(conn: Connection) -> bool:
    """Whether `leave_unwatched` would find any: a look without a write."""
    watched = exists().where(source.c.name == websub.c.source, source.c.state == "active")
    found = conn.execute(select(websub.c.source).where(websub.c.state != "left", ~watched).limit(1))
    return found.first() is not None


def due(conn: Connection, now: int, limit: int = 20) -> list[Subscription]:
    """Those whose hub is to be asked now, the longest due first."""
    rows = conn.execute(
        select(websub).where(websub.c.run_at <= now).order_by(websub.c.run_at).limit(limit)
    )
    return [Subscription(*row) for row in rows]


def claim(tx: Connection, one: Subscription, run_at: int) -> bool:
    """Take the question of a due row, and put down when the next one would be. False: another
    worker has it, or the row has changed meanwhile."""
    changed = tx.execute(
        update(websub)
        .where(
            websub.c.source == one.source,
            websub.c.callback == one.callback,
            websub.c.state == one.state,
            websub.c.run_at == one.run_at,
        )
        .values(run_at=run_at, failures=one.failures + 1)
    )
    return bool(changed.rowcount)


def failed(tx: Connection, callback: str, error: str) -> None:
    """The hub could not be asked, or said no; `claim` has put down when it is asked again."""
    tx.execute(update(websub).where(websub.c.callback == callback).values(error=error[:ERROR_MAX]))


def verified(tx: Connection, callback: str, *, lease_until: int, renew_at: int, now: int) -> bool:
    """The hub has asked back and was answered: it will deliver. False: nobody wants it to."""
    changed = tx.execute(
        update(websub)
        .where(websub.c.callback == callback, websub.c.state.in_((*_WANTED, "denied")))
        .values(
            state="active",
            lease_until=lease_until,
            run_at=renew_at,
            failures=0,
            error=None,
            changed=now,
        )
    )
    return bool(changed.rowcount)


def denied(tx: Connection, callback: str, reason: str, *, run_at: int, now: int) -> bool:
    """The hub won't deliver, or has ended it (section 5.2). False: nobody wanted it to."""
    changed = tx.execute(
        update(websub)
        .where(websub.c.callback == callback, websub.c.state.in_(_WANTED))
        .values(
            state="denied",
            lease_until=0,
            run_at=run_at,
            error=f"the hub denied it: {reason or 'it gives no reason'}"[:ERROR_MAX],
            changed=now,
        )
    )
    return bool(changed.rowcount)


def forget(tx: Connection, callback: str) -> None:
    """What was left has ended."""
    tx.execute(delete(websub).where(websub.c.callback == callback, websub.c.state == "left"))


def forget_over(tx: Connection, now: int) -> int:
    """Forget what was left and whose hub had a day and its lease to say so. Returns how many."""
    gone = tx.execute(
        delete(websub).where(
            websub.c.state == "left",
            websub.c.changed < now - LEFT_SECONDS * SECOND,
            websub.c.lease_until < now,
        )
    )
    return gone.rowcount


def wake_source(tx: Connection, name: str, now: int) -> bool:
    """Look at this source now. False: it is not watched."""
    changed = tx.execute(
        update(source)
        .where(source.c.name == name, source.c.state == "active")
        .where(or_(source.c.run_at > now, source.c.look_at > now))
        .values(run_at=now, look_at=None)
    )
    return bool(changed.rowcount)


def is_live(conn: Connection, name: str, now: int) -> bool:
    """Whether a hub tells of this source's changes: it then needs to be polled seldom only."""
    found = conn.execute(
        select(websub.c.source).where(
            websub.c.source == name, websub.c.state == "active", websub.c.lease_until > now
        )
    )
    return found.first() is not None


def _one(row: Row[Any] | None) -> Subscription | None:
    return None if row is None else Subscription(*tuple(row))


assert [field.name for field in fields(Subscription)] == [column.name for column in websub.c]
