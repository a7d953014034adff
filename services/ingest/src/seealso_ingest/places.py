"""Where the hub looks by itself: addresses of the web, one at a time for each host.

look, item ──> the host's turn ──robots.txt (items only)──> fetch, conditional ──> Fetched
                    └─ somebody is there, or was just now: Busy(seconds)
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

from seealso_ingest import pace
from seealso_ingest.errors import IngestError
from seealso_ingest.fetch import Fetched, FetchError, Limits, fetch
from seealso_ingest.manners import Manners

GAP_SECONDS = 1.0  # between two requests to a host
BUSY_SECONDS = 2.0  # until it is worth asking whether a host is free
HOSTS = 1000  # remembered
LIST_BYTES = 50 * 1024 * 1024  # of a feed or a sitemap, unpacked (sitemaps.org: 50 MB)


class Busy(IngestError):
    """A host is being asked, or was just now. `seconds`: until there is a turn."""

    temporary = True

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the host has its next turn in {seconds:.1f} seconds")
        self.seconds = seconds


class Place(Protocol):
    """A kind of place that is watched."""

    longest: float  # seconds between two looks: looking at some costs nobody anything

    def look(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """What is at a source's location.

        Raises:
            FetchError: it can't be had.
            Busy: not now.
        """
        ...

    def item(
        self,
        location: str,
        key: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        """What is at a place that the location's lists name. Raises as `look` does."""
        ...


class Hosts:
    """Turns on hosts. Safe to share between threads.

    Args:
        gap: seconds between two turns.
        now: seconds, only forward.
    """

    def __init__(
        self, gap: float = GAP_SECONDS, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._gap = gap
        self._now = now
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._next: OrderedDict[str, float] = OrderedDict()

    @contextmanager
    def turn(self, url: str) -> Iterator[None]:
        """Have the host of a URL alone.

        Raises:
            Busy: somebody else has it, or had it just now.
        """
        host = (urlsplit(url).hostname or "").lower()
        with self._lock:
            if host in self._asked:
                raise Busy(BUSY_SECONDS)
            left = self._next.get(host, 0.0) - self._now()
            if left > 0:
                raise Busy(left)
            self._asked.add(host)
        try:
            yield
        finally:
            with self._lock:
                self._asked.discard(host)
                self._next[host] = self._now() + self._gap
                self._next.move_to_end(host)
                while len(self._next) > HOSTS:
                    self._next.popitem(last=False)


class WebPlace:
    """Addresses. The location is asked at the operator's word; what a list names, as robots.txt
    lets it."""

    longest = pace.LONGEST

    def __init__(
        self,
        *,
        allow_private: bool = False,
        hosts: Hosts | None = None,
        manners: Manners | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._hosts = hosts or Hosts()
        self._manners = manners or Manners(lambda url: fetch(url, allow_private=allow_private))

    def look(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """A source's own answer."""
        with self._hosts.turn(location):
            return self._fetch(location, etag, last_modified)

    def item(
        self,
        location: str,
        key: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        """A page or a list that the location's lists name."""
        with self._hosts.turn(key):
            if not self._manners.may(key):
                detail = "robots.txt keeps the hub off it: ask its owner to let `seealso` in"
                raise FetchError(key, "robots", detail, permanent=True)
            left = self._manners.turn(key)
            if left > 0:
                raise Busy(left)
            return self._fetch(key, etag, last_modified)

    def _fetch(self, url: str, etag: str | None, last_modified: str | None) -> Fetched:
        return fetch(
            url,
            allow_private=self._allow_private,
            limits=Limits(body=LIST_BYTES),
            etag=etag,
            last_modified=last_modified,
        )
