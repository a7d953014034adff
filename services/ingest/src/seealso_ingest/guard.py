"""What one fetch may connect to, and until when.

    URL --check--> scheme, host, port, no user name, read alike by every parser
    host --resolve once--> all addresses public? --connect to one of those--> the peer, once more

The address that was checked is the address that is connected to, so a name that answers
differently the second time gains nothing. `requests` alone asks neither what an address is nor how
long an answer takes; guards for it that can be had check one address of several and let IPv4
addresses inside IPv6 ones pass (decision 0011). So the check sits in the connection itself.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

PORTS = frozenset({80, 443, 8000, 8080, 8443})
MAX_URL = 4096  # characters
ALLOW = "SEEALSO_ALLOW_PRIVATE_FETCH=1"

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
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # an IPv4 address behind it, in any network (RFC 5214)
# The clouds' metadata and the machine's neighbours: never a source, however private the hub.
_NEVER = tuple(ipaddress.ip_network(block) for block in ("169.254.0.0/16", "fe80::/10"))
_HOST = re.compile(r"[A-Za-z0-9._:\-\u00a1-\U0010ffff]+\Z")  # no % either: parsers differ over it
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")


class Barred(Exception):
    """The guard says no. Raised inside a connection too, where urllib3 passes it through.

    Attributes:
        code: ``url`` (it is none), ``refused`` (it may not be asked).
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def is_public(address: str) -> bool:
    """Whether a numeric address is of the open internet (RFC 6890 and later registries).

    IPv6 counts only as global unicast (2000::/3) outside the ranges that embed IPv4 addresses, so
    ``::127.0.0.1``, ``::ffff:10.0.0.1``, ``64:ff9b::a00:1`` and ``2002:7f00:1::`` are all refused.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None or ip not in _GLOBAL_UNICAST:
            return False
        if (int(ip) >> 32) & 0xFFFF_FFFF in _ISATAP:
            return False
    if any(ip in block for block in _NOT_PUBLIC if block.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _is_private_yet_allowed(address: str) -> bool:
    """Where the operator opened the private network: still not the clouds' metadata."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return not ip.is_multicast and not any(
        ip in block for block in _NEVER if block.version == ip.version
    )


def check_url(url: str, *, allow_private: bool = False) -> None:
    """Whether a URL may be asked at all; its addresses are looked at when it is connected to.

    What two parsers read differently is refused: the difference between the one that checks and the
    one that connects is the hole (RFC 3986 section 3.2 says one thing, the WHATWG another).

    Raises:
        Barred: ``url`` or ``refused``, with a sentence.
    """
    if len(url) > MAX_URL:
        raise Barred("url", f"is longer than {MAX_URL:,} characters; give a shorter address")
    if _CONTROL.search(url) or "\\" in url.partition("?")[0].partition("#")[0]:
        raise Barred("url", "has spaces, control characters or backslashes in it; encode them")
    try:
        parts, connected = urlsplit(url), parse_url(url)
        port = parts.port
    except (ValueError, LocationParseError) as error:
        raise Barred("url", f"is no URL ({error}); give http://host/path") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Barred("url", "is not fetched; give an http:// or https:// URL with a host")
    if "@" in parts.netloc or connected.auth is not None:
        raise Barred(
            "refused", "has a user name in it, and such URLs are not fetched; leave it out"
        )
    if not _HOST.match(parts.hostname):
        raise Barred("url", "has characters in its host that no name has; write it plainly")
    if not _alike(parts.hostname, connected.host) or port != connected.port:
        raise Barred("url", "can be read in two ways; write host and port plainly")
    _check_port(port if port is not None else _usual(parts.scheme), allow_private)


def _alike(one: str, other: str | None) -> bool:
    """The same host; urllib3 keeps the brackets of IPv6 and encodes what isn't ASCII."""
    other = (other or "").strip("[]").lower()
    if not one.isascii():  # what IDNA makes of it is looked at when it is connected to
        return bool(other)
    return one.lower() == other


def _usual(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _check_port(port: int, allow_private: bool) -> None:
    if port == 0 or (port not in PORTS and not allow_private):
        allowed = ", ".join(str(p) for p in sorted(PORTS))
        raise Barred("refused", f"port {port} is not one of {allowed}, the ports of the web")


class Guard:
    """One fetch's connections: each to a checked address, all of them cut at the deadline."""

    def __init__(self, allow_private: bool) -> None:
        self.allow_private = allow_private
        self.expired = False
        self._ends = time.monotonic()
        self._open: list[socket.socket] = []

    def connect(self, host: str, port: int, timeout: Any) -> socket.socket:
        """A connection to a checked address of the host, in the resolver's order.

        Raises:
            Barred: the port, or an address of the name, may not be connected to.
            OSError: no such name, or none of its addresses answers.
        """
        _check_port(port, self.allow_private)
        addresses = self._resolve(host, port)
        for address in addresses:
            self._check_address(host, address)
        failure: OSError | None = None
        for address in addresses:
            patience = min(float(timeout), self._left())
            try:
                sock = socket.create_connection((address, port), timeout=patience)
            except OSError as error:
                failure = error
                continue
            self._open.append(sock.dup())  # TLS takes the socket itself away from us
            self._check_address(host, str(sock.getpeername()[0]))
            return sock
        raise failure or OSError(f"{host} has no address")

    def _check_address(self, host: str, address: str) -> None:
        if is_public(address):
            return
        if self.allow_private and _is_private_yet_allowed(address):
            return
        said = f"{host} is {address}, an address that is not public; only public ones are fetched"
        raise Barred("refused", f"{said} ({ALLOW} allows the private network)")

    def _resolve(self, host: str, port: int) -> list[str]:
        """Every address of a name, once. The system's resolver knows no deadline, so it is left
        behind in its thread when ours has come."""
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            found = answers.get(timeout=self._left())
        except queue.Empty as error:
            self.expired = True
            raise TimeoutError("out of time") from error
        if isinstance(found, UnicodeError):  # a label that is empty or too long
            raise Barred("url", f"{host[:80]!r} is no name of a host; correct it")
        if isinstance(found, OSError):
            raise found
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if self.expired or left <= 0:
            self.expired = True
            raise TimeoutError("out of time")
        return left

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Cuts every connection when the time is over, whatever the reader is waiting for.

        A server that sends a byte now and then satisfies any timeout between two reads.
        """
        self._ends = time.monotonic() + seconds
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


def session(guard: Guard) -> requests.Session:
    """A session whose every connection goes through the guard, without anything from the
    environment: no proxy, no netrc."""
    made = _Session()
    made.trust_env = False
    adapter = _GuardedAdapter(guard)
    made.mount("http://", adapter)
    made.mount("https://", adapter)
    return made


class _Session(requests.Session):
    """Leaves redirects alone. requests looks at them even when it is told not to follow any: it
    unpacks the whole body of one in memory, and breaks over an address that is none."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _GuardedAdapter(HTTPAdapter):
    """Makes every connection of a session through the guard. TLS still checks the host's name."""

    def __init__(self, guard: Guard) -> None:
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
