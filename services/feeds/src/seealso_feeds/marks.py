"""When a cache in front may keep documents for longer, and under which mark.

    store's purge mark ── seen for the first time ──> unsettled: "", keep nothing for long
                       └─ seen for SETTLING_SECONDS ─> the mark

The fast lane of another process may serve for up to `fast.STALE_SECONDS` what was true before a
commit. Would a cache keep such a document under the mark of that commit, it would have kept what
was taken back. So a new mark is handed out only when every process must have seen what it stands
for, counted from when this one saw it: no two clocks are compared.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from seealso_store import purges
from seealso_store.database import Database

SETTLING_SECONDS = 2.0  # more than fast.STALE_SECONDS


class Marks:
    """The purge mark of one store, as this process saw it. Safe to share between threads."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[str, float] = ("", 0.0)

    def settled(self) -> str:
        """The mark; empty while it is too new to keep anything under.

        Raises:
            StoreUnavailable: the store can't be read just now.
        """
        with self._database.read() as conn:
            found = purges.mark(conn)
        with self._lock:
            if found != self._seen[0]:
                self._seen = (found, self._clock())
            return found if self._clock() - self._seen[1] >= SETTLING_SECONDS else ""
