"""What the headers of an answer say. Pure; what can't be read says nothing."""

from __future__ import annotations

import http
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from seealso_sdk.links import web_url

MAX_AGE = 365 * 86400.0  # seconds: nobody means more
_SHOWN = 300  # characters of a URL in a message
_LINKS = 50
_LINK = re.compile(r"<([^<>]{0,4096})>([^<]*)")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,12}\Z")
_SENDABLE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?\Z")
_REMEDIES = {
    401: "it wants a password, and the hub logs in nowhere: give an address that is open to all",
    402: "it wants to be paid: give an address that is open to all",
    403: "it lets nobody in, or no program: ask its owner to let the hub in",
    404: "nothing is there: check the address in a browser",
    410: "it is gone for good: remove it, or find its new address",
    429: "it was asked too often: the hub asks less often by itself",
    451: "it is barred by law where the hub is",
}


def content_type(declared: str | None) -> tuple[str, str | None]:
    """Media type, lower case and without parameters, and charset (RFC 9110 section 8.3)."""
    media_type, _, parameters = (declared or "application/octet-stream").partition(";")
    charset = None
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "charset" and charset is None:
            charset = value.strip("\"' ")[:64] or None
    return media_type.strip().lower()[:255], charset


def max_age(headers: Mapping[str, str]) -> float | None:
    """Seconds for which an answer is fresh (RFC 9111 section 4.2); 0 where it may not be kept."""
    control: dict[str, str] = {}
    for directive in headers.get("Cache-Control", "").lower().split(","):
        name, _, value = directive.strip().partition("=")
        control.setdefault(name.strip(), value.strip("\"' "))
    if "no-store" in control or "no-cache" in control:
        return 0.0
    if _SECONDS.match(control.get("max-age", "")):
        age = headers.get("Age", "").strip()
        passed = float(age) if _SECONDS.match(age) else 0.0
        return min(max(float(control["max-age"]) - passed, 0.0), MAX_AGE)
    if "Expires" not in headers:
        return None
    expires = _moment(headers["Expires"])
    return 0.0 if expires is None else _until(expires, headers)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, of both forms: a number, or a date (RFC 9110 section 10.2.3)."""
    said = headers.get("Retry-After", "").strip()
    if _SECONDS.match(said):
        return min(float(said), MAX_AGE)
    moment = _moment(said)
    return None if moment is None else _until(moment, headers)


def _until(moment: datetime, headers: Mapping[str, str]) -> float:
    """From the server's own now, so that a clock that is off does no harm."""
    now = _moment(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_AGE)


def _moment(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said[:64])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def links(header: str, base: str) -> dict[str, str]:
    """The Link header (RFC 8288 section 3): each relation's first http(s) address, absolute."""
    found: dict[str, str] = {}
    for match in list(_LINK.finditer(header[:65536]))[:_LINKS]:
        relation = _REL.search(match[2])
        try:
            address = web_url(urljoin(base, match[1].strip()), base)
        except ValueError:
            continue
        if relation is None or address is None:
            continue
        for name in (relation[1] or relation[2] or "").lower().split():
            found.setdefault(name, address)
    return found


def status_line(status: int) -> str:
    """``answers 404 (Not Found)``"""
    try:
        return f"answers {status} ({http.HTTPStatus(status).phrase})"
    except ValueError:
        return f"answers {status}"


def remedy(status: int) -> str:
    """What an operator does about a status, to be put after `status_line`."""
    if status in _REMEDIES:
        return f"; {_REMEDIES[status]}"
    if status >= 500:
        return "; the trouble is on its side: try again later"
    return "; check the address in a browser"


def is_sendable(value: str) -> bool:
    """Whether a validator can go back into a header: one line, no control characters."""
    return _SENDABLE.match(value) is not None


def shown(url: str) -> str:
    """A URL for messages: without user name and password, control characters, and great length."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
        url = parts._replace(netloc=netloc).geturl() if netloc != parts.netloc else url
    except ValueError:
        url = re.sub(r"//[^/@]*@", "//", url)
    url = "".join(char if char.isprintable() else "?" for char in url)
    return url if len(url) <= _SHOWN else url[:_SHOWN] + "…"
