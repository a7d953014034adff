"""The threads that keep the render step going: one for each output, and one that watches.

Outputs share nothing but the database, so one that hangs in its plugin delays no other.
"""

from __future__ import annotations

from functools import partial

from seealso_core.consumer import Consumer
from seealso_core.errors import PluginMissing
from seealso_core.loops import STOP_SECONDS, Loop, Watch, stop_all
from seealso_core.messages import Stage, Wake
from seealso_core.topology import PREFIX, is_memory
from seealso_store.database import Database
from seealso_store.pulse import Pulse

from seealso_render.flow import Render

ADOPT_SECONDS = 600.0


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
        self._broker_url = broker_url
        self._sweep_seconds = sweep_seconds
        self._prefix = prefix
        self._loops: dict[str, Loop] = {}
        self._adopting = Loop("adopt", self._adopt, sweep_seconds=ADOPT_SECONDS)
        self._watch = Watch(database.change_token, self.wake, database.poll_seconds)
        self._pulse = Pulse(database, "render", self._loops.values)
        self._consumer: Consumer | None = None

    def start(self) -> None:
        """Register what is installed (a new output back-fills), then begin.

        Raises:
            StoreError: the database can't be written.
        """
        self._render.register()
        for name in self._render.outputs:
            self._loops[name] = Loop(
                f"render {name}",
                partial(self._render.drain, name),
                sweep_seconds=self._sweep_seconds,
                drains=True,
                fatal=(PluginMissing,),
            )
        for thread in (*self._loops.values(), self._adopting, self._watch, self._pulse):
            thread.start()
        if not is_memory(self._broker_url):
            queues: list[tuple[Stage, str]] = [("render", name) for name in self._loops]
            self._consumer = Consumer(self._broker_url, self.wake, queues, prefix=self._prefix)
            self._consumer.start()

    def wake(self, wake: Wake | None = None) -> None:
        """Look for work now: of one output, or of all. Only sets flags."""
        for name, loop in self._loops.items():
            if wake is None or wake.output in ("", name):
                loop.wake()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Finish the articles in hand, give back what was only claimed, end the threads. A plugin
        that is still at work after more than half of the time is ended, and its article given back.

        Returns:
            Whether all ended in time. What did not is found again when its lease runs out.
        """
        if self._consumer is not None:
            self._consumer.stop(0)  # it ends beside the others
        loops = [*self._loops.values(), self._adopting, self._watch, self._pulse]
        return stop_all(loops, timeout, hurry=self._render.cut_short)

    def _adopt(self, stopping: object) -> int:
        self._render.adopt()
        return 0  # the next look is at the next sweep
