"""One thread that turns the clock: embargoes end and articles expire when they should.

Any number of these may run, on any machine: the database says who was first.
"""

from __future__ import annotations

from seealso_core.loops import Loop, stop_all
from seealso_core.messages import Wake
from seealso_store.pulse import Pulse

from seealso_ingest.flow import Ingest


class Worker:
    """The ingest service's thread, in this process.

    Args:
        sweep_seconds: how often it looks. A look costs one indexed query.
    """

    def __init__(self, ingest: Ingest, *, sweep_seconds: float = 1.0) -> None:
        self._loop = Loop("turn", lambda stopping: ingest.turn(), sweep_seconds=sweep_seconds)
        self._pulse = Pulse(ingest.database, "clock", lambda: [self._loop])

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()
        self._pulse.start()

    def wake(self, wake: Wake | None = None) -> None:
        """Look now."""
        self._loop.wake()

    def stop(self, timeout: float = 10.0) -> bool:
        """End the thread. Returns whether it did in time."""
        return stop_all([self._loop, self._pulse], timeout)
