"""One thread that sends what is due: woken by a wake-up, else it looks every second."""

from __future__ import annotations

import threading

from seealso_core import log as logs
from seealso_core.messages import Wake
from seealso_sdk.errors import SeealsoError

from seealso_dispatch.sending import Sender

log = logs.get(__name__)

LOOK = 1.0  # seconds between looks when nobody calls
PAUSE = 5.0  # seconds after an error


class Worker:
    """Runs a `Sender` until it is stopped. Without a relay (None) mail waits in its rows."""

    def __init__(self, sender: Sender | None) -> None:
        self._sender = sender
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatch", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Finish the message in hand, then end."""
        self._stopping.set()
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def wake(self, wake: Wake | None = None) -> None:
        """There may be something to send."""
        self._awake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                busy = self._sender is not None and self._sender.send_due() > 0
            except SeealsoError as error:
                log.warning("Sending pauses", error=str(error))
                self._stopping.wait(PAUSE)
                continue
            except Exception as error:  # noqa: BLE001  # a bug must not end mailing for good
                log.failed(error, "Sending failed; it tries again")
                self._stopping.wait(PAUSE)
                continue
            if not busy:
                self._awake.wait(LOOK)
