"""What a sign-up may cost: how often one may ask, how long a link works, how much is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

from seealso_store.clock import SECOND

CONFIRM_WITHIN = 48 * 3600  # seconds that a confirmation link works
PER_ADDRESS_A_DAY = 3  # confirmation mails
PAGE_MAX = 500  # characters of a page's URL that are kept
PER_HOUR = 20  # sign-ups from one address of the net
REMEMBERED = 10_000  # addresses


class Limiter:
    """At most `per_hour` events for a key in any hour.

    In memory: a restart forgives. Bounded: the longest silent is forgotten.
    """

    def __init__(self, per_hour: int = PER_HOUR) -> None:
        self._per_hour = per_hour
        self._seen: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def allow(self, key: str, now: int) -> bool:
        """Count one event at `now` (microseconds). False: too many."""
        with self._lock:
            times = self._seen.setdefault(key, deque())
            self._seen.move_to_end(key)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            while times and times[0] <= now - 3600 * SECOND:
                times.popleft()
            if len(times) >= self._per_hour:
                return False
            times.append(now)
            return True
