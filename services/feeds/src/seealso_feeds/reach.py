"""Whom a withdrawal has reached: who had the article and has not asked since.

a partner reads a channel ──note──> in memory ──each ten seconds──> last read of (channel, output)
unreached: a channel was read while an article of it was there, and not since it was withdrawn

Partners who pull are told by what they ask for: a tombstone, or the article's absence. Here is who
did not ask, so that somebody can call them. Who reads public feeds is not kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from seealso_core import log as logs
from seealso_core.loops import Loop
from seealso_core.metrics import Metric
from seealso_store import feeds, partners, reads
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.errors import StoreUnavailable
from seealso_store.partners import secret_hash
from seealso_store.reads import Read
from sqlalchemy import Connection

from seealso_feeds.drafts import TOMBSTONES_FOR
from seealso_feeds.plans import of_channel

EVERY_SECONDS = 10.0
PATIENCE_SECONDS = 15 * 60  # who asks each quarter of an hour is not late
# A read may have seen the store as it was just before a withdrawal that says an earlier moment.
MARGIN_SECONDS = 10

log = logs.get(__name__)


class Reads:
    """Notes reads of channels, and writes them down now and then. Safe to share between threads.

    The thread begins at the first note: in the process that serves, not in one that forks it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._loop: Loop | None = None

    def note(self, secret: str, output: str, at: int) -> None:
        """A channel was asked for at this moment (before what was answered was read)."""
        with self._lock:
            key = (secret_hash(secret), output)
            self._noted[key] = max(at, self._noted.get(key, 0))
            if self._loop is None or not self._loop.is_alive:
                self._loop = Loop("reads", self._write, sweep_seconds=EVERY_SECONDS, drains=True)
                self._loop.start()

    def write_down(self) -> int:
        """Store what was noted. Returns how many.

        Raises:
            StoreUnavailable: the database does not answer; the notes are kept for the next time.
        """
        with self._lock:
            noted, self._noted = self._noted, {}
        if not noted:
            return 0
        found = [Read(*key, at) for key, at in noted.items()]
        try:
            self._database.transact(lambda tx: reads.note(tx, found))
        except StoreUnavailable:
            with self._lock:
                for key, at in noted.items():
                    self._noted[key] = max(at, self._noted.get(key, 0))
            raise
        return len(found)

    def _write(self, stopping: object) -> int:
        return self.write_down()


@dataclass(frozen=True, slots=True)
class Unreached:
    """A partner who may still show an article that was taken back. Times in microseconds."""

    partner: str
    channel_id: str
    output: str
    article_id: str
    title: str
    withdrawn_at: int
    last_read: int


def unreached(conn: Connection, now: int) -> tuple[Unreached, ...]:
    """Who had an article before it was withdrawn and has not asked since, the longest first; after
    a quarter of an hour, for as long as feeds have its tombstone."""
    found = [one for one in _unreached(conn, now) if one.withdrawn_at <= now - _PATIENCE]
    return tuple(sorted(found, key=lambda one: (one.withdrawn_at, one.partner, one.channel_id)))


_PATIENCE = PATIENCE_SECONDS * SECOND
_MARGIN = MARGIN_SECONDS * SECOND


def _unreached(conn: Connection, now: int) -> Iterator[Unreached]:
    rows = {row.id: row for row in partners.channels(conn)}
    for reader in reads.behind(conn, margin=_MARGIN):
        since = max(reader.last - _MARGIN, now - TOMBSTONES_FOR)
        selection = of_channel(conn, rows[reader.channel_id])
        for gone in feeds.withdrawn(conn, selection, since=since):
            if gone.first_seen < reader.last:
                yield Unreached(
                    reader.partner, reader.channel_id, reader.output, gone.article_id, gone.title,
                    gone.at, reader.last,
                )  # fmt: skip


def metrics(database: Database) -> list[Metric]:
    """For Prometheus; empty where the database does not answer."""
    try:
        with database.read() as conn:
            number = len(unreached(conn, database.now()))
    except StoreUnavailable as error:
        log.warning("Whom withdrawals reached could not be counted", error=str(error))
        return []
    told = "Pairs of a partner's feed and a withdrawn article that it had and has not asked about."
    return [Metric("seealso_unreached_withdrawals", told, "gauge", (({}, float(number)),))]
