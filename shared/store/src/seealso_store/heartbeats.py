"""SQL of heartbeats: a sign of life for each step of the line, from whichever worker of it lives.

    every 15 s: a worker's thread ──beat──> its step's row     readiness, metrics, status ──> ages

A step whose row is older than `SILENT_SECONDS` has no worker, or none that can reach the database.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.clock import SECOND
from seealso_store.database import Database, upsert
from seealso_store.schema import heartbeat

EVERY_SECONDS = 15.0
SILENT_SECONDS = 60.0


def beat(db: Database, step: str) -> bool:
    """Say that a step is alive, unless another worker of it has just said so.

    Returns:
        Whether it was written.

    Raises:
        StoreError: the database does not let us.
    """
    now = db.now()
    with db.read() as conn:
        said = conn.execute(sa.select(heartbeat.c.at).where(heartbeat.c.step == step)).scalar()
    if said is not None and 0 <= now - said < EVERY_SECONDS * SECOND / 2:
        return False
    with db.write() as tx:
        statement = upsert(tx, heartbeat).values(step=step, at=now)
        tx.execute(statement.on_conflict_do_update(index_elements=["step"], set_={"at": now}))
    return True


def ages(conn: Connection, now: int) -> dict[str, float]:
    """By step: the seconds since it was last heard of. Steps that never were are absent."""
    rows = conn.execute(sa.select(heartbeat.c.step, heartbeat.c.at).order_by(heartbeat.c.step))
    return {step: max(0.0, (now - at) / SECOND) for step, at in rows}


def silent(conn: Connection, now: int) -> dict[str, float]:
    """Those of `ages` that are too high."""
    return {step: age for step, age in ages(conn, now).items() if age > SILENT_SECONDS}
