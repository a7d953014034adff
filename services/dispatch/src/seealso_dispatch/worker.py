"""One thread that sends what is due: woken by a wake-up, else it looks every second."""

from __future__ import annotations

from seealso_core.loops import STOP_SECONDS, Loop, stop_all
from seealso_core.messages import Wake
from seealso_store.pulse import Pulse

from seealso_dispatch.sending import Sender


class Worker:
    """Runs a `Sender` until it is stopped. Without a relay (None) mail waits in its rows."""

    def __init__(self, sender: Sender | None) -> None:
        self._sender = sender
        self._loops: list[Loop] = []
        if sender is not None:
            sending = Loop("dispatch", sender.send_due)
            self._loops = [sending, Pulse(sender.database, "dispatch", lambda: [sending])]

    def start(self) -> None:
        """Begin to send."""
        for loop in self._loops:
            loop.start()

    def wake(self, wake: Wake | None = None) -> None:
        """There may be something to send."""
        for loop in self._loops:
            loop.wake()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Finish the message in hand, give the others back, then end. Returns whether it did in
        time. A relay that has not answered after half of it is left without a goodbye."""
        hurry = None if self._sender is None else self._sender.cut_short
        return stop_all(self._loops, timeout, hurry=hurry)
