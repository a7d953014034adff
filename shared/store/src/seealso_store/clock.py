"""Time as the store keeps it: whole microseconds since 1970, UTC."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

SECOND = 1_000_000  # microseconds


def now() -> int:
    """Microseconds since 1970. Callers pass it on as an argument, so that rules stay pure."""
    return time.time_ns() // 1000


def iso(at: int) -> str:
    """RFC 3339, whole seconds, UTC."""
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ServerClock:
    """The clock of a server, by this machine's steady one. Safe to share between threads.

    The server is asked once a minute; in between the monotonic clock counts on, which nobody sets.

    Args:
        ask: the server's time, microseconds.
    """

    ASK_SECONDS = 60.0

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self._guard = threading.Lock()
        self._ahead: int | None = None  # the server's time less the monotonic clock's
        self._asked = 0.0

    def now(self) -> int:
        """Microseconds since 1970. Where the server does not answer, counted on from last time.

        Raises:
            StoreUnavailable: the server has never answered.
        """
        if self._ahead is None:
            with self._guard:
                if self._ahead is None:
                    self._ahead = self._measured()
        elif self._is_stale() and self._guard.acquire(blocking=False):
            try:  # one thread asks; the others count on meanwhile
                self._ahead = self._measured()
            except Exception:  # noqa: BLE001  # whatever it is, the next statement meets it too
                self._asked = time.monotonic()
            finally:
                self._guard.release()
        return self._ahead + _steady()

    def _is_stale(self) -> bool:
        return time.monotonic() - self._asked > self.ASK_SECONDS

    def _measured(self) -> int:
        before = _steady()
        there = self._ask()
        after = _steady()
        self._asked = time.monotonic()
        return there - (before + after) // 2


def _steady() -> int:
    return time.monotonic_ns() // 1000
