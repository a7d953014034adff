"""URLs as sources write them into absolute URLs that every output may carry, or nothing.

    " ../a b.html#x " on https://example.org/n/1  ──>  https://example.org/a%20b.html#x
    javascript:…, data:…, a relative one without a base, a host that can't be one  ──>  None

The grammar is RFC 3986; browsers' leniency (tabs and line ends inside, backslashes) is followed
where they agree, since an attacker's URL is read by a browser in the end.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from seealso_sdk.text import clean

URL_MAX = 4096  # characters

_IGNORED = re.compile(r"[\t\r\n]")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?\Z"
)
_IPV6 = re.compile(r"[0-9a-f:.]+\Z")
_TEL = re.compile(r"[0-9+*#;,.()=a-zA-Z-]+\Z")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\Z")
# A common part of what is right already: told in one look.
_PLAIN = re.compile(
    r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z]+"
    r"(?:/(?:[A-Za-z0-9/:@!$&'()*+,;=~._-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:\?(?:[A-Za-z0-9/?:@!$&'()*+,;=~._-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[A-Za-z0-9/?:@!$&'()*+,;=~._-]|%[0-9A-Fa-f]{2})*)?\Z"
)
# A path from the root as nearly all are: no empty or dotted segment, nothing to escape.
_FROM_ROOT = re.compile(
    r"(?:/(?!\.)(?:[A-Za-z0-9:@!$&'()*+,=~._-]|%[0-9A-Fa-f]{2})+)+/?"
    r"(?:\?(?:[A-Za-z0-9/?:@!$&'()*+,;=~._-]|%[0-9A-Fa-f]{2})+)?"
    r"(?:#(?:[A-Za-z0-9/?:@!$&'()*+,;=~._-]|%[0-9A-Fa-f]{2})+)?\Z"
)
_ORIGIN = re.compile(r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z]+(?=[/?#]|\Z)")
_PATH = "/:@!$&'()*+,;=~%"
_QUERY = _PATH + "?"


@lru_cache(maxsize=8192)
def web_url(url: str, base: str | None = None) -> str | None:
    """An absolute http or https URL, or None where there is no such thing in it.

    Credentials in it are left out. A host in another script becomes ASCII (IDNA).
    """
    if len(url) > URL_MAX:
        return None
    if _PLAIN.match(url):
        return url  # most are right as they are
    if base and _FROM_ROOT.match(url) and (origin := _ORIGIN.match(base)):
        return origin[0] + url  # and of the others most begin at the root of their site
    given = _IGNORED.sub("", clean(url).strip())
    try:
        head = given[:8].lower()
        given = given.replace("\\", "/")
        is_absolute = head.startswith(("http:", "https:"))
        if not given or not (base or is_absolute):
            return None
        parts = urlsplit(given if is_absolute or not base else urljoin(base, given))
        if parts.scheme not in ("http", "https"):
            return None
        return _written(parts)
    except ValueError:  # what urllib says of a bracket out of place or a port that is no number
        return None


def any_link(url: str, base: str | None = None) -> str | None:
    """As `web_url`, and also ``mailto:`` and ``tel:``, which a reader can follow."""
    given = _IGNORED.sub("", clean(url).strip())[: URL_MAX + 1]
    scheme, colon, rest = given.partition(":")
    if colon and scheme.lower() == "mailto":
        address, mark, query = rest.partition("?")
        if not _ADDRESS.match(address):
            return None
        return f"mailto:{_quoted(address, _PATH)}{mark}{_quoted(query, _QUERY)}"
    if colon and scheme.lower() == "tel":
        number = rest.replace(" ", "").replace("%20", "")
        return f"tel:{number}" if _TEL.match(number) else None
    return web_url(url, base)


def canonical(url: str) -> str | None:
    """The form in which two spellings of one address are equal: what identity goes by.

    Scheme and host in lower case, no default port, no fragment, dot segments resolved, ``/`` for an
    empty path, unreserved characters not escaped (RFC 3986 section 6.2.2), no ``utm_…`` or other
    mark of who clicked. The rest of the query and a slash at the end stay: servers tell them apart.
    """
    absolute = web_url(url)
    if absolute is None:
        return None
    parts = urlsplit(absolute)
    query = "&".join(
        pair
        for pair in parts.query.split("&")
        if pair and not _is_tracking(pair.partition("=")[0].lower())
    )
    path = _decoded(_resolved(parts.path))
    return urlunsplit((parts.scheme, parts.netloc, path, _decoded(query), ""))


_TRACKING = frozenset(
    {"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid"}
)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _is_tracking(name: str) -> bool:
    return name.startswith("utm_") or name in _TRACKING


def _resolved(path: str) -> str:
    """Without dot segments (RFC 3986 section 5.2.4). Doubled slashes stay."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept) or "/"


def _decoded(value: str) -> str:
    def one(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else f"%{match[1].upper()}"

    return _ESCAPED.sub(one, value)


def _written(parts: SplitResult) -> str | None:
    host = _host(parts.hostname or "")
    if host is None:
        return None
    port = parts.port  # raises ValueError outside 0 to 65535
    default = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if port in (None, default) else f"{host}:{port}"
    return urlunsplit(
        (
            parts.scheme,
            netloc,
            _quoted(parts.path, _PATH),
            _quoted(parts.query, _QUERY),
            _quoted(parts.fragment, _QUERY),
        )
    )


def _host(host: str) -> str | None:
    if ":" in host:
        return f"[{host}]" if _IPV6.match(host) else None
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return host if len(host) <= 253 and _HOST.match(host) else None


def _quoted(value: str, safe: str) -> str:
    return quote(_BARE_PERCENT.sub("%25", value), safe=safe) if value else ""
