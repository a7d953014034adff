"""Fetches pages of foreign sites as they want it: robots.txt is asked first, and remembered.

    url --address--> robots.txt, fetched once in 24 hours --> Robots --> may(url)? pause?
    pages of one site --turn--> not before its pause is over

What is remembered stays in this process: a hub of several workers asks each robots.txt once a
worker. A site that is in trouble (5xx, no answer) keeps the rules it had, and where it had none
nothing is followed, until it is asked again ten minutes later (RFC 9309 section 2.3.1.4).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from seealso_ingest import robots
from seealso_ingest.fetch import Fetched, FetchError
from seealso_ingest.robots import Robots

KEEP_SECONDS = 24 * 3600.0  # RFC 9309 section 2.4
TROUBLE_SECONDS = 600.0
SITES = 1000  # remembered

Fetch = Callable[[str], Fetched]


@dataclass(slots=True)
class _Site:
    """What is known of one site. Times are of the monotonic clock."""

    rules: Robots
    known_until: float
    next_turn: float = 0.0


class Manners:
    """Knows the rules of sites. Safe to share between threads.

    Args:
        fetch: the guarded one, with its limits; it follows redirects, to other hosts too.
        now: seconds, only forward.
    """

    def __init__(self, fetch: Fetch, *, now: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._sites: OrderedDict[str, _Site] = OrderedDict()

    def rules(self, url: str) -> Robots:
        """The rules of the site that a URL is on; of what is no URL nothing may be fetched."""
        try:
            where = robots.address(url)
        except ValueError:
            return robots.ALLOW_NONE
        with self._lock:
            known = self._sites.get(where)
        if known is not None and self._now() < known.known_until:
            return known.rules
        # Outside of the lock: one slow site must not hold up the others.
        rules, seconds = self._asked(where, known)
        with self._lock:
            site = self._sites.setdefault(where, _Site(rules, 0.0))
            site.rules, site.known_until = rules, self._now() + seconds
            self._sites.move_to_end(where)
            while len(self._sites) > SITES:
                self._sites.popitem(last=False)
        return rules

    def may(self, url: str) -> bool:
        """Whether a page may be followed."""
        return self.rules(url).may(url)

    def turn(self, url: str) -> float:
        """Takes the next turn on the URL's site: 0.0, and the caller may fetch now; else the
        seconds until there is one, and nothing is taken."""
        rules = self.rules(url)
        try:
            where = robots.address(url)
        except ValueError:
            return 0.0
        with self._lock:
            site = self._sites.setdefault(where, _Site(rules, 0.0))
            now = self._now()
            if site.next_turn > now:
                return site.next_turn - now
            site.next_turn = now + rules.pause
            return 0.0

    def _asked(self, where: str, known: _Site | None) -> tuple[Robots, float]:
        """The rules as they are now, and for how many seconds they hold."""
        try:
            return robots.read(self._fetch(where).data), KEEP_SECONDS
        except FetchError as error:
            found = _without(error)
        if found.forbids_all:
            return (known.rules if known else found), TROUBLE_SECONDS
        return found, KEEP_SECONDS


def _without(error: FetchError) -> Robots:
    """More than five redirects are no file either (section 2.3.1.2)."""
    return robots.ALLOW_ALL if error.code == "redirects" else robots.without_file(error.status)
