"""What a public document is called, how it is paged, and what its head says. Pure.

?limit and ?before -> Page;  subject + list -> Channel (the feed's head);  links -> Link header
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from seealso_sdk.model import Channel, Entry, Filing, Tombstone
from seealso_sdk.plugin import OutputMeta
from seealso_store.clock import iso
from seealso_store.feeds import Cursor

from seealso_feeds.conditional import Validators
from seealso_feeds.errors import BadParameter

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
DEFAULT_LANGUAGE = "en"  # of a feed that nothing says a language of
PARAMETERS = ("limit", "before", "q", "letter")  # every other one is ignored

# Readers poll feeds by `max-age`; a cache that many share must ask every second, since what was
# withdrawn has to be gone from it too. Asking is cheap: it is answered by 304.
FEED_CACHING = "public, max-age=60, s-maxage=1"
PAGE_CACHING = "public, max-age=0, s-maxage=1, must-revalidate"
PRIVATE_CACHING = "private, max-age=60"  # a channel's URL is a secret

_WORD = re.compile(r"[A-Za-z0-9_-]{1,120}\Z")
_ARTICLE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


# --- paging -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """How many articles of a list, and after which. `limit` None: as many as the list has by
    itself."""

    limit: int | None = None
    before: Cursor | None = None


def read_page(parameters: Mapping[str, str]) -> Page:
    """?limit (1 to 200) and ?before (a cursor that a link of ours carries). Others are ignored.

    Raises:
        BadParameter: one of the two can't be read.
    """
    before = parameters.get("before")
    return Page(
        limit=_limit(parameters.get("limit")),
        before=decode_cursor(before) if before is not None else None,
    )


def _limit(found: str | None) -> int | None:
    if found is None:
        return None
    readable = found.isascii() and found.isdigit() and len(found) <= 6
    if not readable or not 1 <= int(found) <= MAX_LIMIT:
        raise BadParameter("limit", found, f"Give a number from 1 to {MAX_LIMIT}.")
    return int(found)


def encode_cursor(cursor: Cursor) -> str:
    """An opaque, URL-safe word for a place in a list."""
    text = f"{cursor.sort_at}.{cursor.article_id}".encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def decode_cursor(word: str) -> Cursor:
    """Read what `encode_cursor` wrote.

    Raises:
        BadParameter: it is none of ours.
    """
    remedy = "Take it from the rel=next link of a page, as it is."
    if not _WORD.match(word):
        raise BadParameter("before", word, remedy)
    try:
        text = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode("ascii")
        sort_at, _, article_id = text.partition(".")
        cursor = Cursor(int(sort_at), article_id)
    except (binascii.Error, ValueError) as error:
        raise BadParameter("before", word, remedy) from error
    if not (abs(cursor.sort_at) < 1 << 62 and _ARTICLE_ID.match(cursor.article_id)):
        raise BadParameter("before", word, remedy)
    return cursor


def paged(url: str, page: Page) -> str:
    """The canonical URL of a page of a list: only what was asked for, always in one order."""
    query = {}
    if page.limit is not None:
        query["limit"] = str(page.limit)
    if page.before is not None:
        query["before"] = encode_cursor(page.before)
    return f"{url}?{urlencode(query)}" if query else url


# --- the head of a feed --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What a feed is about. Paths begin with ``/`` and are percent-encoded.

    `name` makes the feed's id and never changes; `feed_path` lacks its extension.
    """

    name: str
    title: str
    description: str
    page_path: str
    feed_path: str
    language: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Hub:
    """How the hub calls itself. `url` has no slash at the end; `id` is a UUID."""

    url: str
    name: str
    id: str
    websub: tuple[str, ...] = ()  # hubs that push the feeds


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list stands: the page asked for, and what lies on its two sides."""

    page: Page
    previous: Page | None = None
    following: Page | None = None

    @property
    def first(self) -> Page | None:
        """The list's first page, where there is more than this one."""
        more = self.following or self.page.before
        return Page(self.page.limit) if more else None


def channel(
    hub: Hub,
    subject: Subject,
    extension: str,
    place: Place,
    *,
    updated: int,
    related: Sequence[Filing] = (),
    tombstones: Sequence[Tombstone] = (),
) -> Channel:
    """The head of a feed. `updated`: when its content last changed, in microseconds."""
    own = f"{hub.url}{subject.feed_path}.{extension}"
    return Channel(
        id=f"urn:uuid:{uuid.uuid5(uuid.UUID(hub.id), subject.name)}",
        title=subject.title,
        description=subject.description,
        url=hub.url + subject.page_path,
        feed_url=paged(own, place.page),
        updated=iso(updated),
        language=subject.language or DEFAULT_LANGUAGE,
        hub_name=hub.name,
        publisher=hub.name,
        scheme=f"{hub.url}/topics",
        first_url=paged(own, place.first) if place.first else None,
        next_url=paged(own, place.following) if place.following else None,
        previous_url=paged(own, place.previous) if place.previous else None,
        hubs=hub.websub,
        topics=tuple(related),
        tombstones=tuple(tombstones),
    )


def spoken(head: Channel, subject: Subject, entries: Sequence[Entry]) -> Channel:
    """The head in the language of most of its entries, where its subject has none of its own."""
    if subject.language or not entries:
        return head
    counted = Counter(entry.language for entry in entries)
    most = max(counted.values())
    return replace(head, language=min(name for name, times in counted.items() if times == most))


def topic_path(slug: str) -> str:
    """The path of a topic's page. Slugs may hold letters of any script."""
    return f"/topics/{quote(slug, safe='')}"


def series_path(slug: str) -> str:
    """The path of a series' page."""
    return f"/series/{quote(slug, safe='')}"


def article_path(article_id: str) -> str:
    """The path of an article's page."""
    return f"/articles/{quote(article_id, safe='')}"


def fragment_path(article_id: str) -> str:
    """The path of an article as HTML to embed."""
    return f"{article_path(article_id)}/fragment.html"


# --- links as a header ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WebLink:
    """A link of a document, in its head and in its Link header (RFC 8288). `url` is absolute."""

    rel: str
    url: str
    type: str = ""
    title: str = ""


def alternates(hub: Hub, subject: Subject, feeds: Sequence[OutputMeta]) -> tuple[WebLink, ...]:
    """Autodiscovery: one link a feed format."""
    return tuple(
        WebLink(
            "alternate",
            f"{hub.url}{subject.feed_path}.{meta.extension}",
            meta.media_type.partition(";")[0].strip(),
            f"{subject.title} ({meta.title})",
        )
        for meta in feeds
    )


def feed_links(head: Channel, media_type: str) -> tuple[WebLink, ...]:
    """What a feed's own response links to: itself, its hubs, its page and the pages beside it."""
    links = [WebLink("self", head.feed_url, media_type.partition(";")[0].strip())]
    links += [WebLink("hub", hub) for hub in head.hubs]
    links.append(WebLink("alternate", head.url, "text/html"))
    for rel, url in (
        ("first", head.first_url),
        ("previous", head.previous_url),
        ("next", head.next_url),
    ):
        if url is not None:
            links.append(WebLink(rel, url))
    return tuple(links)


def link_header(links: Sequence[WebLink]) -> str:
    """One Link header for all. A title that isn't ASCII is written as RFC 8187 has it."""
    return ", ".join(_link(link) for link in links)


def _link(link: WebLink) -> str:
    parts = [f"<{quote(link.url, safe=_URL_SAFE)}>", f'rel="{link.rel}"']
    if link.type:
        parts.append(f'type="{link.type}"')
    if link.title:
        title = " ".join(link.title.split())
        if title.isascii() and title.isprintable() and not set(title) & set('"\\'):
            parts.append(f'title="{title}"')
        else:
            parts.append(f"title*=UTF-8''{quote(title, safe='', errors='replace')}")
    return "; ".join(parts)


_URL_SAFE = "%/:=&?~#+!$,;'@()*[]"


# --- the document --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    """A public document as it is sent. `body` is None where the asker has these bytes already."""

    body: bytes | None
    validators: Validators
    media_type: str
    caching: str
    links: tuple[WebLink, ...] = ()
