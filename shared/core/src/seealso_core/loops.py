"""The threads of a worker: loops that work when they are woken, and a watch that wakes them.

    a wake from the queue ─┐
    the database changed ──┼─> the loop's signal -> step: until nothing is due -> wait
    a second has passed ───┘

A loop never dies of an error: it pauses, longer each time, and tries again. Told to end, it
finishes or gives back what it has in hand, and what it waits for is cut short when that takes long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from seealso_sdk.errors import SeealsoError

from seealso_core import log as logs

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
# All loops of a process are given this long. With what is closed after them the process is gone
# within ten seconds, which is what supervisors wait at least before they kill.
STOP_SECONDS = 6.0
PATIENT_SECONDS = 3.0  # of these, before what they wait for is cut short

Stopping = Callable[[], bool]

log = logs.get(__name__)


class Loop:
    """One thread that repeats a step.

    Args:
        name: of the thread, and in the logs.
        step: does what is due and returns how much that was; it asks its argument now and then
            whether it should stop.
        sweep_seconds: it looks for work at least this often.
        drains: the step only ends when it has found nothing more, so another look is for a wake
            (one that came meanwhile counts) or for the sweep.
        fatal: what ends the loop for good, since trying again can't help.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[Stopping], int],
        *,
        sweep_seconds: float = 1.0,
        drains: bool = False,
        fatal: tuple[type[Exception], ...] = (),
    ) -> None:
        self.name = name
        self._step = step
        self._sweep_seconds = sweep_seconds
        self._drains = drains
        self._fatal = fatal
        self._stopping = threading.Event()
        self._signal = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"seealso-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether its thread has begun and not ended."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """There may be work. Only sets a flag."""
        self._signal.set()

    def end(self) -> None:
        """Ask it to end after what it has in hand."""
        self._stopping.set()
        self._signal.set()

    def join(self, seconds: float) -> bool:
        """Wait for its end. Returns whether it ended in time."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            self._signal.clear()  # before looking: a wake that comes meanwhile is not lost
            try:
                worked = self._step(self._stopping.is_set)
                pause = 0.0
            except self._fatal as error:
                log.error("A step ends for good", step=self.name, reason=str(error))
                return
            except Exception as error:  # noqa: BLE001  # a thread that dies would end its step
                pause = min(max(pause * 2, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
                self._complain(error, pause)
                self._stopping.wait(pause)
                continue
            if self._drains or not worked:
                self._signal.wait(self._sweep_seconds)

    def _complain(self, error: Exception, pause: float) -> None:
        if isinstance(error, SeealsoError) and error.temporary:
            log.warning("A step waits", step=self.name, error=str(error), seconds=pause)
        else:
            log.failed(error, "A step failed; it tries again", step=self.name)


class Watch(Loop):
    """One thread that sees when the database has changed, and wakes.

    Args:
        token: equal answers mean that nothing was committed in between.
        changed: called when it was.
        seconds: between two looks.
    """

    def __init__(
        self, token: Callable[[], str], changed: Callable[[], None], seconds: float
    ) -> None:
        super().__init__("watch", self._look, sweep_seconds=seconds)
        self._token = token
        self._changed = changed
        self._seen = ""

    def _look(self, stopping: Stopping) -> int:
        token = self._token()
        if token != self._seen:
            self._seen = token
            self._changed()
        return 0


def stop_all(
    loops: Iterable[Loop], seconds: float, *, hurry: Callable[[], None] | None = None
) -> bool:
    """End them all, side by side.

    Args:
        hurry: cuts short what they wait for; called when some still work at `PATIENT_SECONDS` (or
            at half of the time, where there is less).

    Returns:
        Whether all ended in time; what they held is found again when its lease runs out.
    """
    ending: Sequence[Loop] = list(loops)
    for loop in ending:
        loop.end()
    begun = time.monotonic()
    if hurry is not None and not _ended(ending, begun + min(PATIENT_SECONDS, seconds / 2)):
        # Beside us: it may have to wait for the very work that it is to end.
        threading.Thread(target=_hurry, args=(hurry,), name="seealso-hurry", daemon=True).start()
    return _ended(ending, begun + seconds)


def _hurry(hurry: Callable[[], None]) -> None:
    try:
        hurry()
    except SeealsoError as error:
        log.warning("What is leased could not be given back", error=str(error))


def _ended(loops: Sequence[Loop], deadline: float) -> bool:
    ended = [loop.join(deadline - time.monotonic()) for loop in loops]
    return all(ended)
