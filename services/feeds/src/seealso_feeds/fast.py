"""The fast lane: public documents from this process's memory, in front of the web application.

    GET /topics/x/feed.rss ──> kept, and nobody committed since it was checked? ──yes──> the bytes
                                   │ no                  (the server asks first: `find`)  or 304
                                   └──> the application: 304 to our own validator ──> kept on
                                                         200 ──> kept;  410, 404, … ──> dropped

A document is kept when the application says that a cache may keep it: it has an ETag, and its
Cache-Control a max-age. "Committed since" is `Database.change_token`, asked by one thread every 100
milliseconds; when that thread has not been heard of for a second, nothing is trusted unchecked.
Compressed bodies are kept beside the plain ones, with an ETag of their own.

Everything else (POST, the API, newsletters, what fails) passes through untouched.
"""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

from seealso_core import meters
from seealso_core.instant import Asked, Found
from seealso_core.metrics import Metric
from seealso_store.errors import StoreError

from seealso_feeds.conditional import Validators, coding_for, http_seconds, not_modified
from seealso_feeds.documents import PARAMETERS

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
STALE_SECONDS = 1.0
PUBLISH_SECONDS = 1.0  # between two times that others see the counts
MAX_BYTES = 64 << 20
SMALL = 860  # bytes: below, gzip saves less than a packet
LANES = ("/topics", "/articles", "/series", "/channels", "/static")
_GZIP_LEVEL = 6
_OK = "200 OK"
_UNCHANGED = "304 Not Modified"

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
Environ = dict[str, Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

# A 304 repeats what a cache needs and no other metadata (RFC 9110 section 15.4.5); and CORS.
_ON_304 = frozenset(
    ("cache-control", "vary", "access-control-allow-origin", "access-control-expose-headers")
)
_PER_REQUEST = frozenset(
    ("content-length", "etag", "last-modified", "date", "x-request-id", "x-correlation-id")
)


class Tokens(Protocol):
    """What is needed of the database."""

    def change_token(self) -> str:
        """Equal tokens: nobody committed in between."""
        ...


class Watch:
    """The newest change token, asked for by one background thread.

    The thread begins at the first question: in the process that serves, not in one that forks it.
    """

    def __init__(self, tokens: Tokens, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._tokens = tokens
        self._poll_seconds = poll_seconds
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen: tuple[str, float] = ("", float("-inf"))

    def token(self) -> str | None:
        """The token, or None when it is not known freshly enough to be trusted."""
        token, until = self._seen
        if time.monotonic() < until:
            return token
        self._begin()
        return None

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def _begin(self) -> None:
        with self._lock:
            # A fork takes this object along and leaves the thread behind: not alive there.
            alive = self._thread is not None and self._thread.is_alive()
            if self._stop.is_set() or alive:
                return
            self._thread = threading.Thread(target=self._poll, name="change-token", daemon=True)
            self._thread.start()

    def _poll(self) -> None:
        while not self._stop.is_set():
            asked = time.monotonic()
            try:
                self._seen = (self._tokens.change_token(), asked + STALE_SECONDS)
            except StoreError as error:
                log.warning("The change token can't be read, documents are checked: %s", error)
            self._stop.wait(self._poll_seconds)


@dataclass(frozen=True, slots=True)
class _Variant:
    """A document in one coding: complete answers, made once. Lists are shared, never changed."""

    validators: Validators
    ok: Headers
    unchanged: Headers
    body: list[bytes]
    nothing: list[bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document as it was at a change token."""

    token: str | None
    etag: str  # of the plain variant: what the application knows it by
    plain: _Variant
    packed: _Variant

    def at(self, token: str | None) -> _Kept:
        return _Kept(token, self.etag, self.plain, self.packed)

    @property
    def size(self) -> int:
        """Bytes that it holds, about."""
        bodies = len(self.plain.body[0])
        if self.packed is not self.plain:
            bodies += len(self.packed.body[0])
        return bodies + 4096


@dataclass(frozen=True, slots=True)
class Counts:
    """What the lane did. `kept` and `size` are of now: documents and bytes."""

    hits: int
    checked: int
    made: int
    passed: int
    kept: int
    size: int


class FastLane:
    """A WSGI application in front of another one."""

    def __init__(
        self,
        app: App,
        watch: Watch,
        *,
        max_bytes: int = MAX_BYTES,
        lanes: Sequence[str] = LANES,
    ) -> None:
        self._app = app
        self._watch = watch
        self._max_bytes = max_bytes
        self._lanes = tuple(lanes)
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._making: dict[tuple[str, str], threading.Lock] = {}
        self._hits = self._checked = self._made = self._passed = 0
        self._published: dict[str, int] = {}
        self._published_at = 0.0
        self._publishing = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        path = environ["PATH_INFO"]
        if method not in ("GET", "HEAD") or not (path == "/" or path.startswith(self._lanes)):
            return self._app(environ, start_response)
        query = environ.get("QUERY_STRING", "")
        key = (path, _canonical(query) if query else "")
        kept = self._kept.get(key)
        token = self._watch.token()
        if kept is None or token is None or kept.token != token:
            kept, answer = self._check(key, environ, start_response)
            if kept is None:
                return answer
        else:
            self._hits += 1
            self._touch(key)
        variant, unchanged = _chosen(
            kept,
            environ.get("HTTP_ACCEPT_ENCODING"),
            environ.get("HTTP_IF_NONE_MATCH"),
            environ.get("HTTP_IF_MODIFIED_SINCE"),
        )
        if unchanged:
            start_response(_UNCHANGED, variant.unchanged)
            return variant.nothing
        start_response(_OK, variant.ok)
        return variant.nothing if method == "HEAD" else variant.body

    # --- for the server, which asks before it makes an environ ------------------------------------

    def state(self) -> str | None:
        """The change token: with another one anything may be another; None: trust nothing."""
        if time.monotonic() - self._published_at > PUBLISH_SECONDS:
            self._publish()
        return self._watch.token()

    def find(self, asked: Asked) -> Found | None:
        """What is kept and fresh. Waits for nothing."""
        kept = self._kept.get((asked.path, _canonical(asked.query) if asked.query else ""))
        if kept is None or kept.token is None or kept.token != self._watch.token():
            return None
        variant, unchanged = _chosen(
            kept, asked.accept_encoding, asked.if_none_match, asked.if_modified_since
        )
        if unchanged:
            return Found(_UNCHANGED, variant.unchanged, b"")
        return Found(_OK, variant.ok, variant.body[0])

    def count(self, hits: int) -> None:
        """The server answered so many more from what it found here."""
        self._hits += hits

    def counts(self) -> Counts:
        """For metrics and tests."""
        with self._lock:
            return Counts(
                self._hits, self._checked, self._made, self._passed, len(self._kept), self._size
            )

    def metrics(self) -> list[Metric]:
        """For /metrics: what the lane answers never reaches the application's own counters.

        Hits are counted without a lock: under many threads a few may be missing.
        """
        self._publish()
        now = self.counts()
        kept = "Public documents that the process which answers keeps now."
        size = "Bytes of these documents."
        return [
            Metric("seealso_fast_lane_documents", kept, "gauge", (({}, float(now.kept)),)),
            Metric("seealso_fast_lane_bytes", size, "gauge", (({}, float(now.size)),)),
        ]

    def _publish(self) -> None:
        """Let other processes see what was counted since the last time."""
        with self._publishing:
            now, self._published_at = self.counts(), time.monotonic()
            counted = {"hit": now.hits, "checked": now.checked, "made": now.made}
            counted["passed"] = now.passed
            for outcome, total in counted.items():
                meters.FAST_LANE.add(outcome, by=total - self._published.get(outcome, 0))
            self._published = counted

    def close(self) -> None:
        """End the watching thread."""
        self._watch.close()

    # --- asking the application -------------------------------------------------------------------

    def _check(
        self, key: tuple[str, str], environ: Environ, start_response: StartResponse
    ) -> tuple[_Kept | None, Iterable[bytes]]:
        """Ask the application, one request at a time for one document; the others wait for it.

        Returns:
            What is kept now; or nothing, and the application's own answer, already started.
        """
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            # Before asking: what is committed while the application reads is then met again.
            token = self._watch.token()
            kept = self._kept.get(key)
            if kept is not None and token is not None and kept.token == token:
                return kept, ()
            try:
                return self._ask(key, kept, token, environ, start_response)
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def _ask(
        self,
        key: tuple[str, str],
        kept: _Kept | None,
        token: str | None,
        environ: Environ,
        start_response: StartResponse,
    ) -> tuple[_Kept | None, Iterable[bytes]]:
        reply = _Reply()
        body = reply.read(self._app(_own_request(environ, key, kept), reply.start))
        if kept is not None and reply.status.startswith("304"):
            self._checked += 1
            return self._keep(key, kept.at(token)), ()
        etag = reply.header("etag")
        if reply.status.startswith("200") and etag and "max-age" in reply.header("cache-control"):
            self._made += 1
            return self._keep(key, _keepable(token, etag, reply, body)), ()
        self._drop(key)
        self._passed += 1
        start_response(reply.status, reply.headers)
        return None, [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    # --- what is kept -----------------------------------------------------------------------------

    def _touch(self, key: tuple[str, str]) -> None:
        # Another thread may just have dropped it: it is served once more, which is right.
        with suppress(KeyError):
            self._kept.move_to_end(key)

    def _keep(self, key: tuple[str, str], kept: _Kept) -> _Kept:
        with self._lock:
            self._forget(key)
            if kept.size <= self._max_bytes:
                self._kept[key] = kept
                self._size += kept.size
            while self._size > self._max_bytes:
                self._forget(next(iter(self._kept)))
        return kept

    def _drop(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._forget(key)

    def _forget(self, key: tuple[str, str]) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= gone.size


# --- requests and answers -------------------------------------------------------------------------


class _Reply:
    """What an application answers, caught."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: Headers = []
        self._written: list[bytes] = []

    def start(self, status: str, headers: Headers, exc_info: object = None) -> Any:
        self.status, self.headers = status, headers
        return self._written.append

    def read(self, answer: Iterable[bytes]) -> bytes:
        try:
            return b"".join((*self._written, *answer))
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


def _own_request(environ: Environ, key: tuple[str, str], kept: _Kept | None) -> Environ:
    """The lane's own GET: for the whole document, in no coding, unless it is still what we keep."""
    asked = dict(environ)
    asked["REQUEST_METHOD"] = "GET"
    asked["QUERY_STRING"] = key[1]
    for name in (
        "HTTP_IF_NONE_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_ACCEPT_ENCODING",
        "HTTP_RANGE",
        "HTTP_IF_RANGE",
    ):
        asked.pop(name, None)
    if kept is not None:
        asked["HTTP_IF_NONE_MATCH"] = kept.etag
    return asked


def _chosen(
    kept: _Kept,
    accept_encoding: str | None,
    if_none_match: str | None,
    if_modified_since: str | None,
) -> tuple[_Variant, bool]:
    """The variant for these headers, and whether the asker has it."""
    packed = accept_encoding is not None and coding_for(accept_encoding) == "gzip"
    variant = kept.packed if packed else kept.plain
    return variant, not_modified(variant.validators, if_none_match, if_modified_since)


def _keepable(token: str | None, etag: str, reply: _Reply, body: bytes) -> _Kept:
    modified = reply.header("last-modified")
    plain = _variant("identity", etag, modified, reply.headers, body)
    packed = plain
    if len(body) >= SMALL:
        # mtime=0: the same body is always packed into the same bytes
        squeezed = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        if len(squeezed) < len(body):
            packed = _variant("gzip", etag, modified, reply.headers, squeezed)
    return _Kept(token, etag, plain, packed)


def _variant(coding: str, etag: str, modified: str, headers: Headers, body: bytes) -> _Variant:
    validators = Validators(etag, http_seconds(modified) or 0).coded(coding)
    shared = [(name, value) for name, value in headers if name.lower() not in _PER_REQUEST]
    own = [("ETag", validators.etag), ("Last-Modified", modified)]
    if coding != "identity":
        own.append(("Content-Encoding", coding))
    return _Variant(
        validators=validators,
        ok=[*shared, *own, ("Content-Length", str(len(body)))],
        unchanged=[own[0], *((n, v) for n, v in shared if n.lower() in _ON_304)],
        body=[body],
        nothing=[b""],
    )


def _canonical(query: str) -> str:
    """The parameters that documents know, in one order: ?utm_source=x makes no copy of a feed."""
    pairs = [(n, v) for n, v in parse_qsl(query, keep_blank_values=True) if n in PARAMETERS]
    return urlencode(sorted(pairs, key=lambda pair: pair[0])) if pairs else ""
