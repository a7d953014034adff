"""SQL of deliveries: one row a reader and issue, a ledger like the articles'. Written by dispatch.

    waiting -> leased -> sending -> sent | waiting (try again) | dead (refused)
                                  | dropped (the reader left, or nothing is left to send)
                                  | uncertain

`uncertain`: the connection was lost between the message's end and the relay's answer; nobody can
know (RFC 1047). A confirmation mail is a delivery too: of the issue ``confirm:<consent id>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.clock import SECOND
from seealso_store.schema import (
    delivery,
    issue,
    subscriber,
    subscription,
)

CONFIRM = "confirm:"  # issue ids of confirmation mails begin with it
REACHED = ("sending", "sent", "uncertain")  # the reader has it, or may have it
OPEN = ("waiting", "leased", "sending")
STATES = ("waiting", "leased", "sending", "sent", "uncertain", "dropped", "dead")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed delivery: who gets what. `token` fences writes of a worker that was away."""

    issue_id: str
    subscriber_id: str
    email: str
    message_id: str
    attempts: int
    token: int
    correlation_id: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """A delivery on the operator's list."""

    issue_id: str
    email: str
    state: str
    attempts: int
    error: str | None


def open_rows(  # what a row says of its cause is named at the call
    tx: Connection,
    issue_id: str,
    messages: Sequence[tuple[str, str]],
    *,
    now: int,
    correlation_id: str = "",
    traceparent: str = "",
) -> None:
    """One row a reader: (subscriber id, Message-ID). The audience is frozen from here on."""
    rows = [
        {
            "issue_id": issue_id,
            "subscriber_id": reader,
            "state": "waiting",
            "run_at": now,
            "message_id": message_id,
            "correlation_id": correlation_id or None,
            "traceparent": traceparent or None,
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
            sa.func.coalesce(delivery.c.correlation_id, ""),
            sa.func.coalesce(delivery.c.traceparent, ""),
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


def give_back(tx: Connection, claimed: Sequence[Delivery], *, now: int) -> int:
    """Of these, what was not tried waits again, as if it had not been claimed. Returns how many."""
    tokens = sa.tuple_(delivery.c.issue_id, delivery.c.subscriber_id, delivery.c.token)
    mine = [(one.issue_id, one.subscriber_id, one.token) for one in claimed]
    return tx.execute(
        delivery.update()
        .where(tokens.in_(mine), delivery.c.state == "leased")
        .values(state="waiting", lease_until=0, attempts=delivery.c.attempts - 1, updated=now)
    ).rowcount


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


def states(conn: Connection) -> dict[str, int]:
    """How many deliveries of all issues are in which state."""
    query = sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state)
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def oldest_due(conn: Connection, now: int) -> float:
    """For how many seconds the oldest due delivery has been waiting; 0 where none is."""
    query = sa.select(sa.func.min(delivery.c.run_at)).where(
        delivery.c.state == "waiting", delivery.c.run_at <= now
    )
    oldest = conn.execute(query).scalar()
    return 0.0 if oldest is None else (now - oldest) / SECOND


def counts(conn: Connection, issue_id: str) -> dict[str, int]:
    """How many deliveries of an issue are in which state."""
    query = (
        sa.select(delivery.c.state, sa.func.count())
        .where(delivery.c.issue_id == issue_id)
        .group_by(delivery.c.state)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def listing(conn: Connection, issue_id: str, *, limit: int = 1000) -> list[DeliveryState]:
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
