"""First come, first served, for the threads of one process that want to write.

    take(seconds) ──> last of the queue ──> first of the queue: go ──> done: the next one goes

SQLite has one writer at a time and no queue: who finds it busy asks again after pauses that grow to
a tenth of a second, and keeps losing to whoever comes at the right moment. An output that makes
long transactions once waited for as long as articles came in. With the turns only one thread of
each process asks SQLite.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from seealso_store.errors import StoreUnavailable


class Turns:
    """A fair lock. Not to be taken twice by one thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Lock] = deque()  # the first one has the turn

    def __len__(self) -> int:
        """How many wait, the one whose turn it is included."""
        return len(self._queue)

    @contextmanager
    def take(self, seconds: float) -> Iterator[None]:
        """Wait for the turn, and have it during the block.

        Raises:
            StoreUnavailable: it did not come in time.
        """
        gate = threading.Lock()
        with self._guard:
            self._queue.append(gate)
            if len(self._queue) > 1:
                gate.acquire()  # whoever is before us opens it
        if not gate.acquire(timeout=seconds):
            with self._guard:
                if self._queue[0] is not gate:  # else it came just now
                    self._queue.remove(gate)
                    raise StoreUnavailable(f"sqlite: no turn to write within {seconds:g} s")
        try:
            yield
        finally:
            with self._guard:
                self._queue.popleft()
                if self._queue:
                    self._queue[0].release()
