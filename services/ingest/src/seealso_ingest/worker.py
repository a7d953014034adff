"""Threads that look what is due: one turns the clock, some watch sources, one asks feeds' hubs.

    turn    embargoes end and articles expire when they should
    watch   sources are looked at; a slow one holds up one thread, and its host's others
    websub  subscriptions to hubs begin, are renewed, and end

Any number of these may run, on any machine: the database says who was first.
"""

from __future__ import annotations

from seealso_core.loops import Loop, stop_all
from seealso_core.messages import Wake
from seealso_store.pulse import Pulse

from seealso_ingest.flow import Ingest
from seealso_ingest.watch import Watch
from seealso_ingest.websub import WebSub

HUBS_SECONDS = 5.0  # between two looks for hubs that are due
WATCHERS = 4  # sources that are looked at at once, by this process


class Worker:
    """The ingest service's threads, in this process. A hub that answers slowly must not hold up the
    clock, so each has its own.

    Args:
        sweep_seconds: how often it looks. A look costs one indexed query.
    """

    def __init__(self, ingest: Ingest, websub: WebSub, *, sweep_seconds: float = 1.0) -> None:
        self._loop = Loop("turn", lambda stopping: ingest.turn(), sweep_seconds=sweep_seconds)
        self._hubs = Loop(
            "websub", lambda stopping: websub.turn(), sweep_seconds=max(sweep_seconds, HUBS_SECONDS)
        )
        watch = Watch(ingest, offered=websub.offered)
        self._watchers = [
            Loop(f"watch-{number}", watch.turn, sweep_seconds=sweep_seconds)
            for number in range(WATCHERS)
        ]
        self._pulse = Pulse(ingest.database, "clock", lambda: [self._loop])

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()
        for watcher in self._watchers:
            watcher.start()
        self._hubs.start()
        self._pulse.start()

    def wake(self, wake: Wake | None = None) -> None:
        """Look now."""
        self._loop.wake()

    def stop(self, timeout: float = 10.0) -> bool:
        """End the threads. Returns whether they did in time."""
        return stop_all([self._loop, *self._watchers, self._hubs, self._pulse], timeout)
