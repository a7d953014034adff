"""Work that a clock which ran ahead has dated in the future, brought back when it is set right.

    found(conn, now) ── rows written later than now? ── yes ──> bring_back(tx, now)

On SQLite leases and tries go by the machine's clock (on PostgreSQL by the server's). Were it three
days ahead for a while, what was opened then would wait for three days, and a killed worker's leases
would hold as long. A row that was written later than now says by itself how long it meant to wait.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Table

from seealso_store.clock import SECOND
from seealso_store.ledger import FILING, LANE_BACKFILL, LANE_NEW, LANE_WITHDRAW
from seealso_store.schema import delivery, ledger, output

SLACK = 30 * SECOND  # clocks are set by less all the time, and less does no harm

_LANES = (LANE_WITHDRAW, LANE_NEW, LANE_BACKFILL)


def found(conn: Connection, now: int) -> bool:
    """Whether there is any such row. A few looks into an index: cheap enough for every second."""
    return any(
        conn.execute(sa.select(sa.literal(1)).select_from(table).where(where).limit(1)).first()
        for table, where in _dated(conn, now)
    )


def bring_back(tx: Connection, now: int) -> int:
    """Let each wait from now as long as it was to wait when it was written. Returns how many."""
    rows = 0
    for table, where in _dated(tx, now):
        written = table.c.updated
        change = table.update().where(where)
        rows += tx.execute(
            change.values(
                run_at=_from(now, table.c.run_at, written),
                lease_until=_from(now, table.c.lease_until, written),
                updated=now,
            )
        ).rowcount
    return rows


def _from(now: int, when: Column[int], written: Column[int]) -> sa.ColumnElement[int]:
    return sa.case((when > written, now + (when - written)), (when > now, now), else_=when)


def _dated(conn: Connection, now: int) -> list[tuple[Table, sa.ColumnElement[bool]]]:
    """By table, in the order of its index: state and place first, then when."""
    late = now + SLACK
    names = [FILING, *conn.execute(sa.select(output.c.name)).scalars()]
    row = ledger.c
    waiting = sa.and_(row.state == "waiting", row.lane.in_(_LANES), row.run_at > late)
    leased = sa.and_(row.state == "leased", row.lease_until > late)
    mail = delivery.c
    sending = sa.and_(mail.state.in_(("leased", "sending")), mail.lease_until > late)
    put_off = sa.and_(mail.state == "waiting", mail.run_at > late)
    return [
        (ledger, sa.and_(row.output.in_(names), waiting, row.updated > late)),
        (ledger, sa.and_(row.output.in_(names), leased, row.updated > late)),
        (delivery, sa.and_(put_off, mail.updated > late)),
        (delivery, sa.and_(sending, mail.updated > late)),
    ]
