"""The thread that keeps filing going, and the one that watches for changes.

a wake from the queue ─┐
the database changed ──┼─> the signal -> drain: until nothing is due -> wait
a second has passed ───┘
"""

from __future__ import annotations

import threading
import time

from seealso_core import log as logs
from seealso_core.consumer import Consumer
from seealso_core.messages import Wake
from seealso_core.topology import PREFIX, is_memory
from seealso_sdk.errors import SeealsoError
from seealso_store.database import Database

from seealso_feeds.flow import Filing

SQLITE_POLL_SECONDS = 0.05  # a PRAGMA: microseconds
POSTGRESQL_POLL_SECONDS = 1.0  # a query; the queue is quicker
LONGEST_PAUSE_SECONDS = 10.0

log = logs.get(__name__)


class Worker:
    """The filing step's threads, in this process.

    Args:
        broker_url: wakes come from there, unless it is memory:// (then the database is polled).
        sweep_seconds: it looks for work at least this often.
    """

    def __init__(
        self,
        filing: Filing,
        database: Database,
        *,
        broker_url: str = "memory://",
        sweep_seconds: float = 1.0,
        prefix: str = PREFIX,
    ) -> None:
        self._filing = filing
        self._database = database
        self._broker_url = broker_url
        self._sweep_seconds = sweep_seconds
        self._prefix = prefix
        self._stopping = threading.Event()
        self._signal = threading.Event()
        self._threads: list[threading.Thread] = []
        self._consumer: Consumer | None = None

    def start(self) -> None:
        """Begin to file."""
        for name, target in (("filing", self._work), ("filing-watch", self._watch)):
            thread = threading.Thread(target=target, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        if not is_memory(self._broker_url):
            self._consumer = Consumer(
                self._broker_url, self.wake, [("feeds", "")], prefix=self._prefix
            )
            self._consumer.start()

    def wake(self, wake: Wake | None = None) -> None:
        """There may be something to file. Only sets a flag."""
        self._signal.set()

    def stop(self, timeout: float = 10.0) -> bool:
        """Finish the batch in hand, end the threads.

        Returns:
            Whether all ended in time. What did not is found again when its lease runs out.
        """
        self._stopping.set()
        if self._consumer is not None:
            self._consumer.stop(min(timeout, 2.0))
        self._signal.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            self._signal.clear()  # before looking: a wake that comes meanwhile is not lost
            try:
                worked = self._filing.drain(self._stopping.is_set)
                pause = 0.0
            except Exception as error:  # noqa: BLE001  # a thread that dies would end all filing
                pause = min(max(pause * 2, 0.5), LONGEST_PAUSE_SECONDS)
                self._complain(error, pause)
                self._stopping.wait(pause)
                continue
            if not worked:
                self._signal.wait(self._sweep_seconds)

    def _complain(self, error: Exception, pause: float) -> None:
        if isinstance(error, SeealsoError) and error.temporary:
            log.warning("The filing step waits", error=str(error), seconds=pause)
        else:
            log.failed(error, "The filing step failed; it tries again")

    def _watch(self) -> None:
        sqlite = self._database.dialect == "sqlite"
        interval = SQLITE_POLL_SECONDS if sqlite else POSTGRESQL_POLL_SECONDS
        seen = ""
        while not self._stopping.wait(interval):
            try:
                token = self._database.change_token()
            except SeealsoError as error:
                log.debug("The database can't be watched just now", error=str(error))
                self._stopping.wait(1.0)
                continue
            if token != seen:
                seen = token
                self._signal.set()
