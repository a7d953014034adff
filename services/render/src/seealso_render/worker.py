"""Threads that keep the render step going: one for each output, and one that watches for changes.

    a wake from the queue ─┐
    the database changed ──┼─> the output's signal -> drain: until nothing is due -> wait
    a second has passed ───┘

Outputs share nothing but the database, so one that hangs in its plugin delays no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from seealso_core import log as logs
from seealso_core.consumer import Consumer
from seealso_core.errors import PluginMissing
from seealso_core.messages import Stage, Wake
from seealso_core.topology import PREFIX, is_memory
from seealso_sdk.errors import SeealsoError
from seealso_store.database import Database

from seealso_render.flow import Render

SQLITE_POLL_SECONDS = 0.05  # a PRAGMA: microseconds
POSTGRESQL_POLL_SECONDS = 1.0  # a query; the queue is quicker
ADOPT_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 10.0

log = logs.get(__name__)


class Worker:
    """The render service's threads, in this process.

    Args:
        broker_url: wakes come from there, unless it is memory:// (then the database is polled).
        sweep_seconds: each output looks for work at least this often.
    """

    def __init__(
        self,
        render: Render,
        database: Database,
        *,
        broker_url: str = "memory://",
        sweep_seconds: float = 1.0,
        prefix: str = PREFIX,
    ) -> None:
        self._render = render
        self._database = database
        self._broker_url = broker_url
        self._sweep_seconds = sweep_seconds
        self._prefix = prefix
        self._stopping = threading.Event()
        self._signals: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []
        self._consumer: Consumer | None = None

    def start(self) -> None:
        """Register what is installed (a new output back-fills), then begin.

        Raises:
            StoreError: the database can't be written.
        """
        self._render.register()
        self._signals = {name: threading.Event() for name in self._render.outputs}
        for name in self._signals:
            self._thread(f"render-{name}", partial(self._work, name))
        self._thread("render-watch", self._watch)
        if not is_memory(self._broker_url):
            queues: list[tuple[Stage, str]] = [("render", name) for name in self._signals]
            self._consumer = Consumer(self._broker_url, self.wake, queues, prefix=self._prefix)
            self._consumer.start()

    def _thread(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wake(self, wake: Wake | None = None) -> None:
        """Look for work now: of one output, or of all. Only sets a flag."""
        for name, signal in self._signals.items():
            if wake is None or wake.output in ("", name):
                signal.set()

    def stop(self, timeout: float = 10.0) -> bool:
        """Finish the articles in hand, give back what was only claimed, end the threads.

        Returns:
            Whether all ended in time. What did not is found again when its lease runs out.
        """
        self._stopping.set()
        if self._consumer is not None:
            self._consumer.stop(min(timeout, 2.0))
        self.wake()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, output: str) -> None:
        signal = self._signals[output]
        pause = 0.0
        while not self._stopping.is_set():
            signal.clear()  # before looking: a wake that comes meanwhile is not lost
            try:
                worked = self._render.drain(output, self._stopping.is_set)
                pause = 0.0
            except PluginMissing as error:
                log.error("An output can't be rendered here", output=output, reason=str(error))
                return
            except Exception as error:  # noqa: BLE001  # a thread that dies would lose its output
                pause = min(max(pause * 2, 0.5), LONGEST_PAUSE_SECONDS)
                self._complain(error, output, pause)
                self._stopping.wait(pause)
                continue
            if not worked:
                signal.wait(self._sweep_seconds)

    def _complain(self, error: Exception, output: str, pause: float) -> None:
        if isinstance(error, SeealsoError) and error.temporary:
            log.warning("The render step waits", output=output, error=str(error), seconds=pause)
        else:
            log.failed(error, "The render step failed; it tries again", output=output)

    def _watch(self) -> None:
        sqlite = self._database.dialect == "sqlite"
        interval = SQLITE_POLL_SECONDS if sqlite else POSTGRESQL_POLL_SECONDS
        seen = ""
        adopt_at = time.monotonic()
        while not self._stopping.wait(interval):
            try:
                token = self._database.change_token()
                if token != seen:
                    seen = token
                    self.wake()
                if time.monotonic() >= adopt_at:
                    adopt_at = time.monotonic() + ADOPT_SECONDS
                    self._render.adopt()
            except SeealsoError as error:
                log.debug("The database can't be watched just now", error=str(error))
                self._stopping.wait(1.0)
