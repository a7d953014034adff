"""Fetches one URL of the open internet, and nothing else.

    URL --check--> connect through the guard --> status, headers --redirect? at most five, each
        checked anew--> 304, or the body, unpacked under the caps --> Fetched, or a FetchError

What may be connected to is said in `guard`, how packed bodies are bounded in `codings`. Times,
sizes and redirects are limited as a whole, not for each read.
"""

from __future__ import annotations

import http
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3
from seealso_sdk.errors import SeealsoError

from seealso_ingest import answers, codings
from seealso_ingest.guard import Barred, Guard, check_url, is_public, session

__all__ = ["DEFAULT_LIMITS", "FetchError", "Fetched", "Limits", "fetch", "is_public", "post_form"]

MAX_BODY = 10 * 1024 * 1024  # bytes, after decompression
MAX_SECONDS = 30.0  # for everything: names, connections, redirects, headers, body
MAX_REDIRECTS = 5
MAX_HEADERS = 64 * 1024  # bytes in all; http.client itself stops at a hundred of them
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0  # of silence
USER_AGENT = "seealso/0.1 (content syndication hub)"
ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml,"
    " application/feed+json, application/json;q=0.9, text/plain;q=0.8, application/xml;q=0.8,"
    " */*;q=0.1"
)
_VALIDATOR = 1024  # characters; a longer one is not sent back
_LASTING = frozenset({301, 308})
_AGAIN = frozenset({408, 425, 429})  # of the 4xx: time may help
_KEEPS_METHOD = frozenset({307, 308})


class FetchError(SeealsoError):
    """A URL could not be fetched.

    Attributes:
        url: the URL that failed (after redirects), without user name and password.
        code: stable: ``url`` (it is none), ``refused`` (the guard: a private address, a port, a
            user name), ``unreachable`` (no such name, no connection, TLS), ``too-slow``,
            ``too-large``, ``redirects``, ``status``, ``coding``, ``cut`` (ends too early).
        detail: what happened and what to do, without the URL.
        status: the HTTP status, where it is the reason.
        retry_after: seconds until the server wants to be asked again, where it says so.
        permanent: asking again won't help: the guard refused it, or the server said so.
    """

    def __init__(
        self,
        url: str,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        permanent: bool = False,
    ) -> None:
        self.url = answers.shown(url)
        super().__init__(f"{self.url}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.permanent = permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a URL answered. `media_type` is lower case, without parameters."""

    url: str  # after redirects: the base of relative links
    data: bytes  # empty with status 304
    media_type: str
    charset: str | None
    status: int = 200  # 2xx, or 304 to a conditional request: nothing has changed
    etag: str | None = None  # to be sent back as they are; of a 304 those that were sent
    last_modified: str | None = None
    max_age: float | None = None  # seconds for which it needn't be asked for again (RFC 9111)
    moved: str | None = None  # the new address, where every redirect was for good (301, 308)
    links: Mapping[str, str] = field(default_factory=dict)  # RFC 8288: rel -> absolute URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a fetch may take. Sizes in bytes, times in seconds.

    `ratio`: of the unpacked size to the packed one, beyond 2 MB (`codings.RATIO_FLOOR`).
    """

    body: int = MAX_BODY
    seconds: float = MAX_SECONDS
    redirects: int = MAX_REDIRECTS
    ratio: float = codings.MAX_RATIO


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """`form`: None for a GET."""

    limits: Limits
    headers: Mapping[str, str]
    form: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Redirect:
    url: str
    status: int


def fetch(
    url: str,
    *,
    allow_private: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    etag: str | None = None,
    last_modified: str | None = None,
) -> Fetched:
    """GET a URL; with a validator, only if it has changed since (RFC 9110 section 13).

    Args:
        url: absolute, http or https, without user name and password.
        allow_private: also connect to addresses of the private network, on any port
            (SEEALSO_ALLOW_PRIVATE_FETCH=1: for a hub inside the network of its sources).
        limits: caps on size, time and redirects.
        etag, last_modified: what an earlier `Fetched` of this URL had.

    Raises:
        FetchError: refused, unreachable, too slow, too large, or answered with an error.
    """
    validators = {
        name: value
        for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified))
        if value and len(value) <= _VALIDATOR and answers.is_sendable(value)
    }
    request = _Request(limits=limits, headers={"Accept": ACCEPT, **validators})
    return _follow(url, request, allow_private)


def post_form(
    url: str,
    form: Mapping[str, str],
    *,
    allow_private: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Fetched:
    """POST a form, as WebSub subscribes (section 5.1). Followed are only redirects that keep the
    method, 307 and 308, each checked like the first URL.

    Raises:
        FetchError: as of `fetch`; ``redirects`` where another kind of redirect is the answer.
    """
    return _follow(url, _Request(limits=limits, headers={}, form=form), allow_private)


def _follow(url: str, request: _Request, allow_private: bool) -> Fetched:
    guard = Guard(allow_private)
    lasting, moved = True, None
    with session(guard) as client, guard.deadline(request.limits.seconds):
        client.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": codings.ACCEPTED})
        for _ in range(request.limits.redirects + 1):
            try:
                check_url(url, allow_private=allow_private)
            except Barred as error:
                raise FetchError(url, error.code, str(error), permanent=True) from error
            answer = _ask(client, guard, url, request, moved)
            if isinstance(answer, Fetched):
                return answer
            url = answer.url
            lasting = lasting and answer.status in _LASTING
            moved = url if lasting else None
    detail = f"redirects more than {request.limits.redirects} times; give the address it ends at"
    raise FetchError(url, "redirects", detail, permanent=True)


def _ask(
    client: requests.Session, guard: Guard, url: str, request: _Request, moved: str | None
) -> Fetched | _Redirect:
    """One request: the answer, or where it redirects to."""
    try:
        response = client.request(
            "GET" if request.form is None else "POST",
            url,
            data=request.form,
            headers=dict(request.headers),
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
        with response:
            _check_headers(response, url)
            redirect = _redirect(response, url, request)
            if redirect is not None:
                return redirect
            data = _body(response, url, request)
            if guard.expired:  # a body without a length just ends when it is cut
                raise TimeoutError
            return _fetched(response, url, data, request, moved)
    except Barred as error:
        raise FetchError(url, error.code, str(error), permanent=True) from error
    except (requests.exceptions.InvalidURL, UnicodeError) as error:
        detail = f"is no URL ({_reason(error)}); give http://host/path"
        raise FetchError(url, "url", detail, permanent=True) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise _failed(error, guard, url, request.limits) from error


def _check_headers(response: requests.Response, url: str) -> None:
    size = sum(len(name) + len(value) for name, value in response.headers.items())
    if size > MAX_HEADERS:
        detail = f"sends more than {MAX_HEADERS // 1024} KB of headers; its owner must mend that"
        raise FetchError(url, "too-large", detail, permanent=True)


def _redirect(response: requests.Response, url: str, request: _Request) -> _Redirect | None:
    location = response.headers.get("Location")
    if not response.is_redirect or not location:
        return None
    if request.form is not None and response.status_code not in _KEEPS_METHOD:
        detail = f"{answers.status_line(response.status_code)} to a form; give its new address"
        raise FetchError(url, "redirects", detail, status=response.status_code, permanent=True)
    # Headers are read as Latin-1, and UTF-8 is what most of them are in; spaces are common.
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    try:
        target = urljoin(url, quote(location.strip(), safe="!#$%&'()*+,/:;=?@[]~\\"))
    except ValueError as error:
        detail = f"redirects to what is no URL ({error}); its owner must mend that"
        raise FetchError(url, "redirects", detail, permanent=True) from error
    return _Redirect(target.partition("#")[0], response.status_code)


def _body(response: requests.Response, url: str, request: _Request) -> bytes:
    """The body, unpacked piece by piece; of a 304 none.

    Raises:
        FetchError: the status is an error, or the body can't be unpacked under the caps.
    """
    status = response.status_code
    asked = any(name.startswith("If-") for name in request.headers)
    if status == http.HTTPStatus.NOT_MODIFIED and asked:
        return b""
    if status // 100 != 2:
        raise FetchError(
            url,
            "status",
            answers.status_line(status) + answers.remedy(status),
            status=status,
            retry_after=answers.retry_after(response.headers),
            permanent=status < 500 and status not in _AGAIN,
        )
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    chunks = response.raw.stream(65536, decode_content=False)
    limits = request.limits
    try:
        return codings.unpack(chunks, coding, most=limits.body, ratio=limits.ratio)
    except codings.PackedError as error:
        permanent = error.code != "cut"
        raise FetchError(url, error.code, str(error), permanent=permanent) from error


def _fetched(
    response: requests.Response, url: str, data: bytes, request: _Request, moved: str | None
) -> Fetched:
    headers = response.headers
    media_type, charset = answers.content_type(headers.get("Content-Type"))
    etag, last_modified = headers.get("ETag"), headers.get("Last-Modified")
    if response.status_code == http.HTTPStatus.NOT_MODIFIED:
        etag = etag or request.headers.get("If-None-Match")
        last_modified = last_modified or request.headers.get("If-Modified-Since")
    return Fetched(
        url=url,
        data=data,
        media_type=media_type,
        charset=charset,
        status=response.status_code,
        etag=etag,
        last_modified=last_modified,
        max_age=answers.max_age(headers),
        moved=moved,
        links=answers.links(headers.get("Link", ""), url),
    )


def _failed(error: Exception, guard: Guard, url: str, limits: Limits) -> FetchError:
    """What went wrong below HTTP, in plain words."""
    if guard.expired or isinstance(_innermost(error), TimeoutError):
        detail = f"took longer than {limits.seconds:g} seconds"
        if not guard.expired:
            detail = f"was silent for longer than {READ_SECONDS:g} seconds"
        return FetchError(url, "too-slow", f"{detail}; try again later")
    host = urlsplit(url).hostname
    if isinstance(_innermost(error), socket.gaierror):
        detail = f"can't be reached (there is no host {host}); check how it is spelt"
        return FetchError(url, "unreachable", detail)
    if isinstance(_innermost(error), urllib3.exceptions.IncompleteRead) or "prematurely" in str(
        error
    ):
        return FetchError(url, "cut", f"ends too early ({_reason(error)}); try again")
    detail = f"can't be reached ({_reason(error)}); see whether a browser can"
    return FetchError(url, "unreachable", detail)


def _innermost(error: BaseException) -> BaseException:
    """requests nests three exceptions into one another, each with the next one's repr."""
    while True:
        inner: Any = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            return error
        error = inner


def _reason(error: BaseException) -> str:
    inner = _innermost(error)
    return str(getattr(inner, "strerror", None) or inner)[:200] or type(inner).__name__
