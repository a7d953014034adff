"""When partners last read their channels. Written by the feeds service only.

What is written may be late or missing (a process that ends keeps some reads to itself), never too
early: a partner who has read is then told as one who has not, and not the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.database import upsert
from seealso_store.schema import article, channel, feed_read, partner


@dataclass(frozen=True, slots=True)
class Read:
    """A channel was read in an output (its extension). `at` is in microseconds."""

    secret_hash: str
    output: str
    at: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A channel that is open, and when it was last read in an output, in microseconds."""

    partner: str  # id
    channel_id: str
    output: str
    last: int


def note(tx: Connection, reads: Iterable[Read]) -> None:
    """Keep the latest of each. A channel that there is not is passed over."""
    for read in sorted(reads, key=lambda one: (one.secret_hash, one.output)):
        of = sa.select(channel.c.id, sa.literal(read.output), sa.literal(read.at))
        known = of.where(channel.c.secret_hash == read.secret_hash)
        insert = upsert(tx, feed_read).from_select(["channel_id", "output", "last"], known)
        later = insert.excluded.last
        tx.execute(
            insert.on_conflict_do_update(
                index_elements=["channel_id", "output"],
                set_={"last": later},
                where=later > feed_read.c.last,
            )
        )


def behind(conn: Connection, *, margin: int) -> tuple[Reader, ...]:
    """Readers of open channels who have not read since the newest withdrawal (and `margin`
    microseconds): only of them may one not know of it. Quick where there are none."""
    newest = sa.select(sa.func.max(article.c.withdrawn_at)).scalar_subquery()
    query = (
        sa.select(partner.c.id, feed_read.c.channel_id, feed_read.c.output, feed_read.c.last)
        .join(channel, channel.c.id == feed_read.c.channel_id)
        .join(partner, partner.c.id == channel.c.partner_id)
        .where(channel.c.revoked.is_(None), feed_read.c.last < newest + margin)
        .order_by(partner.c.id, feed_read.c.channel_id, feed_read.c.output)
    )
    return tuple(Reader(*row) for row in conn.execute(query))
