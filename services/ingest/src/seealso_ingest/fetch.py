"""Fetches one URL of the open internet, and nothing else.

    URL --check scheme, host, port--> resolve --all addresses public?--> connect to one of those
        --> status, headers --redirect? at most five, each checked anew--> body, under the caps

The address that was checked is the address that is connected to (the name is resolved once), so a
name that answers differently the second time gains nothing. `requests` alone asks neither what an
address is nor how long an answer takes; guards for it that can be had check one address of several
and let IPv4 addresses inside IPv6 ones pass. So the check sits in the connection itself.
"""

from __future__ import annotations

import http
import ipaddress
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from seealso_sdk.errors import SeealsoError
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

MAX_BODY = 10 * 1024 * 1024  # bytes, after decompression
MAX_SECONDS = 30.0  # for everything: names, connections, redirects, headers, body
MAX_REDIRECTS = 5
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0  # of silence
PORTS = frozenset({80, 443, 8000, 8080, 8443})
USER_AGENT = "seealso/0.1 (content syndication hub)"
ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml,"
    " application/feed+json, application/json;q=0.9, text/plain;q=0.8, application/xml;q=0.8,"
    " */*;q=0.1"
)

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Inside the global ranges, and yet not public: they carry or stand for other addresses.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "2001::/23",  # IETF protocol assignments, with Teredo (RFC 6890)
        "2002::/16",  # 6to4: any IPv4 address, private ones too (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


class FetchError(SeealsoError):
    """A URL could not be fetched.

    Attributes:
        url: the URL that failed (after redirects).
        permanent: asking again won't help: the guard refused it, or the server said so.
    """

    def __init__(self, url: str, detail: str, *, permanent: bool = False) -> None:
        super().__init__(f"{url}: {detail}")
        self.url = url
        self.permanent = permanent


class _Refused(Exception):
    """Raised inside a connection, where urllib3 passes through what isn't its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a URL answered. `media_type` is lower case, without parameters."""

    url: str  # after redirects: the base of relative links
    data: bytes
    media_type: str
    charset: str | None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a fetch may take. Sizes in bytes, times in seconds."""

    body: int = MAX_BODY
    seconds: float = MAX_SECONDS
    redirects: int = MAX_REDIRECTS


DEFAULT_LIMITS = Limits()


def fetch(url: str, *, allow_private: bool = False, limits: Limits = DEFAULT_LIMITS) -> Fetched:
    """GET a URL.

    Args:
        url: absolute, http or https, without user name and password.
        allow_private: also connect to addresses of the private network, on any port
            (SEEALSO_ALLOW_PRIVATE_FETCH=1: for a hub inside the network of its sources).
        limits: caps on size, time and redirects.

    Raises:
        FetchError: refused, unreachable, too slow, too large, or answered with an error.
    """
    guard = _Guard(allow_private)
    with _session(guard) as session, guard.deadline(limits.seconds):
        for _ in range(limits.redirects + 1):
            guard.check_url(url)
            answer = _get(session, guard, url, limits)
            if isinstance(answer, Fetched):
                return answer
            url = answer
    raise FetchError(url, f"redirects more than {limits.redirects} times", permanent=True)


def _get(session: requests.Session, guard: _Guard, url: str, limits: Limits) -> Fetched | str:
    """One request: the answer, or the URL that it redirects to."""
    try:
        response = session.get(
            url, stream=True, allow_redirects=False, timeout=(CONNECT_SECONDS, READ_SECONDS)
        )
        with response:
            location = response.headers.get("Location")
            if response.is_redirect and location:
                return urljoin(url, location)
            if response.status_code // 100 != 2:
                raise FetchError(url, _status_line(response), permanent=response.status_code < 500)
            data = _body(response, url, limits)
            if guard.expired:  # a body without a length just ends when it is cut
                raise TimeoutError
            return _fetched(response, url, data)
    except _Refused as error:
        raise FetchError(url, str(error), permanent=True) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        if guard.expired:
            detail = f"took longer than {limits.seconds:g} seconds"
        else:
            detail = f"can't be reached ({_reason(error)})"
        raise FetchError(url, detail) from error


def _body(response: requests.Response, url: str, limits: Limits) -> bytes:
    """The body, decompressed piece by piece, so that a bomb is stopped at the cap."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        raise FetchError(url, f"answers in the coding {coding!r}, unasked", permanent=True)
    plain = coding == "identity"
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: with the header of gzip
    data = bytearray()
    for chunk in response.raw.stream(65536, decode_content=False):
        try:
            data += chunk if plain else inflate.decompress(chunk, limits.body + 1 - len(data))
        except zlib.error as error:
            raise FetchError(url, f"sends broken {coding} data", permanent=True) from error
        if len(data) > limits.body:
            limit = f"{limits.body / 1e6:g} MB"
            raise FetchError(url, f"is larger than {limit}, the limit for a page", permanent=True)
    if not plain and not inflate.eof:
        raise FetchError(url, f"ends in the middle of its {coding} data")
    return bytes(data)


def _fetched(response: requests.Response, url: str, data: bytes) -> Fetched:
    declared = response.headers.get("Content-Type", "application/octet-stream")
    media_type, _, parameters = declared.partition(";")
    charset = None
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            charset = value.strip("\"' ") or None
    return Fetched(
        url=url,
        data=data,
        media_type=media_type.strip().lower(),
        charset=charset,
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
    )


def _status_line(response: requests.Response) -> str:
    code = response.status_code
    try:
        return f"answers {code} ({http.HTTPStatus(code).phrase})"
    except ValueError:
        return f"answers {code}"


def _reason(error: BaseException) -> str:
    """The innermost cause in plain words: requests nests three reprs into one another."""
    while True:
        inner: Any = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            break
        error = inner
    return str(getattr(error, "strerror", None) or error) or type(error).__name__


# --- the guard -----------------------------------------------------------------------------------


def is_public(address: str) -> bool:
    """Whether a numeric address is of the open internet (RFC 6890 and later registries).

    IPv6 counts only as global unicast (2000::/3) outside the ranges that embed IPv4 addresses, so
    ``::127.0.0.1``, ``::ffff:10.0.0.1``, ``64:ff9b::a00:1`` and ``2002:7f00:1::`` are all refused.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    if any(ip in block for block in _NOT_PUBLIC if block.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class _Guard:
    """What one fetch may connect to, and until when."""

    def __init__(self, allow_private: bool) -> None:
        self.allow_private = allow_private
        self.expired = False
        self._open: list[socket.socket] = []

    def check_url(self, url: str) -> None:
        """Raises FetchError unless the URL may be asked at all."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise FetchError(url, f"is no URL ({error})", permanent=True) from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError(url, "give an http:// or https:// URL with a host", permanent=True)
        if parts.username is not None or parts.password is not None:
            raise FetchError(url, "a URL with a user name is not fetched", permanent=True)
        if port not in PORTS and not self.allow_private:
            allowed = ", ".join(str(p) for p in sorted(PORTS))
            raise FetchError(url, f"port {port} is not one of {allowed}", permanent=True)

    def connect(self, host: str, port: int, timeout: Any) -> socket.socket:
        """A connection to a checked address of the host, in the resolver's order."""
        if self.expired:
            raise TimeoutError("out of time")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not self.allow_private:
            for address in addresses:
                if not is_public(address):
                    raise _Refused(
                        f"{host} is {address}, an address that is not public; only public ones"
                        " are fetched (SEEALSO_ALLOW_PRIVATE_FETCH=1 allows others)"
                    )
        failure: OSError | None = None
        for address in dict.fromkeys(addresses):
            try:
                sock = socket.create_connection((address, port), timeout=timeout)
            except OSError as error:
                failure = error
                continue
            self._open.append(sock.dup())  # TLS takes the socket itself away from us
            return sock
        raise failure or OSError(f"{host} has no address")

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Cuts every connection when the time is over, whatever the reader is waiting for.

        A server that sends a byte now and then satisfies any timeout between two reads.
        """
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            for sock in self._open:
                sock.close()

    def _expire(self) -> None:
        self.expired = True
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _session(guard: _Guard) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy, no netrc from the environment
    session.headers.update({"User-Agent": USER_AGENT, "Accept": ACCEPT, "Accept-Encoding": "gzip"})
    adapter = _GuardedAdapter(guard)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _GuardedAdapter(HTTPAdapter):
    """Makes every connection of a session through the guard. TLS still checks the host's name."""

    def __init__(self, guard: _Guard) -> None:
        self._guard = guard
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        guard = self._guard

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return guard.connect(self.host, self.port or 80, self.timeout)

        class Tls(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return guard.connect(self.host, self.port or 443, self.timeout)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
