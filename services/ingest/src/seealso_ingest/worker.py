"""One thread that turns the clock: embargoes end and articles expire when they should.

Any number of these may run, on any machine: the database says who was first.
"""

from __future__ import annotations

import threading

from seealso_core import log as logs
from seealso_core.messages import Wake
from seealso_sdk.errors import SeealsoError

from seealso_ingest.flow import Ingest

log = logs.get(__name__)


class Worker:
    """The ingest service's thread, in this process.

    Args:
        sweep_seconds: how often it looks. A look costs one indexed query.
    """

    def __init__(self, ingest: Ingest, *, sweep_seconds: float = 1.0) -> None:
        self._ingest = ingest
        self._sweep_seconds = sweep_seconds
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="ingest-turn", daemon=True)
        self._thread.start()

    def wake(self, wake: Wake | None = None) -> None:
        """Look now."""
        self._woken.set()

    def stop(self, timeout: float = 10.0) -> bool:
        """End the thread. Returns whether it did in time."""
        self._stopping.set()
        self._woken.set()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                while self._ingest.turn() and not self._stopping.is_set():
                    pass  # there may be more than one turn takes
            except Exception as error:  # noqa: BLE001  # a thread that dies would end no embargo
                self._complain(error)
            self._woken.wait(self._sweep_seconds)

    def _complain(self, error: Exception) -> None:
        if isinstance(error, SeealsoError) and error.temporary:
            log.warning("Embargoes and expiries wait for the database", error=str(error))
        else:
            log.failed(error, "Embargoes and expiries could not be looked at; it tries again")
