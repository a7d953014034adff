"""robots.txt (RFC 9309): which pages of a site may be followed, and how fast.

    bytes of /robots.txt --first 500 KiB--> protego --> Robots: may(url), pause, sitemaps
    no answer from it: `ALLOW_ALL` (there is none) or `ALLOW_NONE` (the site is in trouble)

Pure. For pages that the hub follows by itself: those of a sitemap, of a list. An address that an
operator names is fetched at their word, as a browser would.

protego knows the longest match, ``*`` and ``$``, groups and what sites get wrong; its matching is
linear. What it does not do is bound the input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from protego import Protego

AGENT = "seealso"  # the product token (RFC 9309 section 2.2.1) of `fetch.USER_AGENT`
MAX_BYTES = 500 * 1024  # section 2.5: the least that has to be read, and all that is
MAX_SITEMAPS = 20
PAUSE = 1.0  # seconds between two pages of a site, where it says nothing
LONGEST_PAUSE = 60.0  # seconds; a site that asks for more gets this


@dataclass(frozen=True, slots=True)
class Robots:
    """What a site lets this hub do. `pause`: seconds between two requests; `sitemaps`: absolute
    addresses, as the site wrote them."""

    pause: float = PAUSE
    sitemaps: tuple[str, ...] = ()
    forbids_all: bool = False
    _rules: Protego | None = field(default=None, repr=False, compare=False)

    def may(self, url: str) -> bool:
        """Whether a page may be fetched. Of what is no URL nothing may."""
        if self.forbids_all:
            return False
        try:
            return self._rules is None or bool(self._rules.can_fetch(url, AGENT))
        except ValueError:  # a bracket out of place, a lone surrogate
            return False


ALLOW_ALL = Robots()
ALLOW_NONE = Robots(forbids_all=True)


def read(data: bytes) -> Robots:
    """The rules of a file. Whatever its bytes are, they are rules, if only none."""
    text = data[:MAX_BYTES].decode("utf-8-sig", errors="replace").replace("\0", "")
    if len(data) > MAX_BYTES:  # the last line is cut: half a rule would be another rule
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    rules = Protego.parse(text)
    asked = rules.crawl_delay(AGENT)
    pause = PAUSE if asked is None else min(max(float(asked), PAUSE), LONGEST_PAUSE)
    sitemaps = tuple(dict.fromkeys(rules.sitemaps))[:MAX_SITEMAPS]
    return Robots(pause, sitemaps, _rules=rules)


def without_file(status: int | None) -> Robots:
    """What holds where a site's robots.txt does not come (section 2.3.1).

    Args:
        status: the HTTP status; None where there was no answer at all.
    """
    # 429 is in the 4xx, and means what a 503 means: not now.
    is_unavailable = status is not None and 400 <= status < 500 and status != 429
    return ALLOW_ALL if is_unavailable else ALLOW_NONE


def address(url: str) -> str:
    """Where the robots.txt for a URL is: one for each scheme, host and port (section 2.3).

    Raises:
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        raise ValueError(f"{url[:100]!r} has no host")
    host = parts.netloc.rpartition("@")[2].lower()
    return urlunsplit((parts.scheme.lower(), host, "/robots.txt", "", ""))
