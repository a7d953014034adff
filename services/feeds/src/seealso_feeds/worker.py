"""The threads that keep filing going: one that files, and one that watches for changes."""

from __future__ import annotations

from seealso_core.consumer import Consumer
from seealso_core.loops import STOP_SECONDS, Loop, Watch, stop_all
from seealso_core.messages import Wake
from seealso_core.topology import PREFIX, is_memory
from seealso_store.database import Database
from seealso_store.pulse import Pulse

from seealso_feeds.flow import Filing


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
        self._loop = Loop("filing", filing.drain, sweep_seconds=sweep_seconds, drains=True)
        self._watch = Watch(database.change_token, self._loop.wake, database.poll_seconds)
        self._pulse = Pulse(database, "filing", lambda: [self._loop])
        self._consumer = (
            None
            if is_memory(broker_url)
            else Consumer(broker_url, self.wake, [("feeds", "")], prefix=prefix)
        )

    def start(self) -> None:
        """Begin to file."""
        self._loop.start()
        self._watch.start()
        self._pulse.start()
        if self._consumer is not None:
            self._consumer.start()

    def wake(self, wake: Wake | None = None) -> None:
        """There may be something to file."""
        self._loop.wake()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Finish the batch in hand, or give it back where that takes too long; end the threads.
        Returns whether all ended in time."""
        if self._consumer is not None:
            self._consumer.stop(0)  # it ends beside the others
        loops = [self._loop, self._watch, self._pulse]
        return stop_all(loops, timeout, hurry=self._filing.cut_short)
