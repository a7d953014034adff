"""What is to be had at an address that a person names: the page, its feed, or its site's sitemap.

    url --fetch--> feed, sitemap --------------------------------------------> Found
                   page: an article -----------------------------------------> Found (page)
                         a home page or list --its feed--> fetch ------------> Found (feed)
                                             --none: robots.txt, /sitemap.xml> Found (sitemap)

For ``seealso ingest URL`` and ``seealso sources add URL``. All of it is fetched at the word of who
named the address, so robots.txt is read for its sitemaps only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from seealso_ingest import discover, robots
from seealso_ingest.discover import Kind, Offer
from seealso_ingest.errors import IngestError
from seealso_ingest.fetch import Fetched, FetchError

Want = Literal["any", "feed", "page"]
Fetch = Callable[[str], Fetched]

FEEDS_TRIED = 3
SITEMAPS_TRIED = 3


class NoFeed(IngestError):
    """A feed was wanted, and none of the page's can be had."""

    code = "feed-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an address led to.

    `answer` is what was fetched last: the thing itself. `said` is a sentence for whoever named
    another address than that of `answer`; empty where it is what was named.
    """

    kind: Kind
    answer: Fetched
    said: str = ""


def look(url: str, fetch: Fetch, want: Want = "any") -> Found:
    """What is at an address, or where it says that it is.

    Args:
        url: as a person gave it.
        fetch: the guarded one.
        want: ``feed``, the page's feed though it be an article; ``page``, the page though it be a
            list; ``any``, what it seems to be.

    Raises:
        FetchError: of the address itself.
        NoFeed: with ``feed``: there is none.
    """
    page = fetch(url)
    kind = discover.kind_of(page.data, page.media_type)
    if kind != "page" or want == "page":
        return Found(kind=kind, answer=page)
    if want == "any" and not discover.is_front(page.data, page.url, page.charset):
        return Found(kind=kind, answer=page)
    found = _feed(page, fetch)
    if found is None and want == "feed":
        raise NoFeed(f"{url}: this page names no feed that can be read. Give the feed's address.")
    return found or _sitemap(page, fetch) or Found(kind=kind, answer=page)


def _feed(page: Fetched, fetch: Fetch) -> Found | None:
    """The page's feed: the best that it offers, if that can be had and is one."""
    offered = list(discover.offers(page.data, page.url, page.charset))
    for _ in range(FEEDS_TRIED):
        offer = discover.best(offered, page.url)
        if offer is None:
            return None
        offered.remove(offer)
        with suppress(FetchError):
            answer = fetch(offer.url)
            if discover.kind_of(answer.data, answer.media_type) == "feed":
                return Found(kind="feed", answer=answer, said=_said(page.url, offer))
    return None


def _said(url: str, offer: Offer) -> str:
    title = f" ({offer.title})" if offer.title else ""
    return f"{url} is a page with a feed: its feed {offer.url}{title} is taken."


def _sitemap(page: Fetched, fetch: Fetch) -> Found | None:
    """The sitemap of the page's site: those that robots.txt names, else the usual place."""
    for _, where in zip(range(SITEMAPS_TRIED), _sitemaps(page.url, fetch), strict=False):
        with suppress(FetchError):
            answer = fetch(where)
            if discover.kind_of(answer.data, answer.media_type) == "sitemap":
                said = f"{page.url} is a list without a feed: its site has the sitemap {where}."
                return Found(kind="sitemap", answer=answer, said=said)
    return None


def _sitemaps(url: str, fetch: Fetch) -> Iterator[str]:
    named: tuple[str, ...] = ()
    with suppress(FetchError):
        named = robots.read(fetch(robots.address(url)).data).sitemaps
    usual = urljoin(url, "/sitemap.xml")
    yield from (where for where in named if urlsplit(where).scheme in ("http", "https"))
    if usual not in named:
        yield usual
