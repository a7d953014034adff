"""A thread that says every 15 seconds that the workers of a step are alive.

loops of a worker ──all alive?──> heartbeat of the step      one of them ended: silence
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from seealso_core import log as logs
from seealso_core.loops import Loop
from seealso_sdk.errors import SeealsoError

from seealso_store import heartbeats
from seealso_store.database import Database

log = logs.get(__name__)


class Pulse(Loop):
    """The heartbeat of one step, from this process.

    Args:
        step: render, filing, dispatch or clock.
        loops: those that work; called at each beat, since a worker may start them later.
    """

    def __init__(self, database: Database, step: str, loops: Callable[[], Iterable[Loop]]) -> None:
        super().__init__(f"pulse {step}", self._beat, sweep_seconds=heartbeats.EVERY_SECONDS)
        self._database = database
        self._named = step
        self._loops = loops

    def start(self) -> None:
        """Begin with the first beat: who waits for the worker sees it at once."""
        try:
            self._say()
        except SeealsoError as error:
            log.warning("A step could not say that it is there", step=self._named, error=str(error))
        super().start()

    def _say(self) -> None:
        heartbeats.beat(self._database, self._named)

    def _beat(self, stopping: object) -> int:
        if any(loop.is_alive for loop in self._loops()):
            self._say()
        return 0  # the next one is due at the next sweep
