"""Reads RSS (0.90 to 2.0), CDF, Atom (0.3, 1.0) and JSON Feed (1.0, 1.1): an item is an article.

    bytes --guards--> xml: lxml, repair where it must --> items --> fields --> RawArticle | Problem
                      json (JSON Feed) -----------------> items -------------> RawArticle | Problem
    at:deleted-entry (RFC 6721) ---------------------------------------------> RawArticle(withdrawn)
    links of the feed (WebSub, RFC 5005) ------------------------------------> Lead

HTML isn't cleaned here, and what is relative in it stays so: the hub does that for every source.
Links that stand in elements of the feed are made absolute, and those in HTML too where ``xml:base``
holds for them, of which the hub knows nothing.

A feed that is not well-formed is read as far as it goes, as every reader does, with a `Problem`
that names the line; if it broke off within an item, that item is left out, since nobody can tell
what it lacks. A date that nobody understands is left out: better an article without one than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import seealso_source_feed_items as items
import seealso_source_feed_json as jsonfeed
from seealso_sdk import Option, Piece, Problem, RawInput, SourceContext, SourceMeta, hookimpl
from seealso_source_feed_xml import Document, Fault, parse

MAX_BYTES = 10 * 1024 * 1024
MAX_ITEMS = 5000

# --- guards ----------------------------------------------------------------------------------

_MOST_TAGS = 300_000
_LONG_TAG = re.compile(rb"<[A-Za-z_][^<>]{4000,}")
_ATTRIBUTE = re.compile(rb"\s[^\s=<>\"']+\s*=\s*[\"']")
_MOST_ATTRIBUTES = 250  # of one tag
_CDATA = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_DTD = re.compile(rb"<!ENTITY|<!DOCTYPE[^>\[]{0,2000}\[", re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00\x00<")


def _refusal(data: bytes) -> Problem | None:
    """Why this input isn't parsed at all."""
    if not data.strip():
        return Problem(code="empty", detail="the input is empty", remedy="Send a feed.")
    if len(data) > MAX_BYTES:
        detail = f"{len(data)} bytes of feed are over the limit of {MAX_BYTES}"
        return Problem(code="too-large", detail=detail, remedy="Send fewer items.")
    is_wide = data.startswith(_WIDE)
    if not is_wide and b"\x00" in data:
        detail = "the input has NUL bytes: no feed has"
        return Problem(code="binary", detail=detail, remedy="Send the feed's own bytes.")
    markup = data.replace(b"\x00", b"") if is_wide else data
    if b"<![CDATA[" in markup:
        markup = _CDATA.sub(b"", markup)
    if b"<!" in markup and _DTD.search(markup):
        detail = "the feed declares entities of its own (DTD)"
        return Problem(code="feed-dtd", detail=detail, remedy="Write the characters themselves.")
    if markup.count(b"<") > _MOST_TAGS or any(
        len(_ATTRIBUTE.findall(tag[0])) > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(markup)
    ):
        detail = f"over {_MOST_TAGS} tags, or a tag with over {_MOST_ATTRIBUTES} attributes"
        return Problem(code="too-complex", detail=detail, remedy="Send an ordinary feed.")
    return None


# --- XML -------------------------------------------------------------------------------------


def _xml_feed(raw: RawInput) -> Iterator[Piece]:
    document = parse(raw.data, raw.charset)
    if isinstance(document, Problem):
        yield document
        return
    contents = items.contents_of(document, raw.url or "")
    if contents is None:
        yield _no_feed(document.fault)
        return
    feed = items.feed_of(contents)
    whole = contents.items[:-1] if document.broke_off else contents.items
    for index, element in enumerate(whole[:MAX_ITEMS]):
        yield items.article(element, feed, contents.scope, index)
    for element in contents.tombstones[:MAX_ITEMS]:
        stone = items.tombstone(element)
        if stone is not None:
            yield stone
    yield from items.leads(contents, feed)
    if document.fault is not None:
        yield _broken(document, document.fault, len(whole))
    if len(whole) > MAX_ITEMS:
        yield _too_many(len(whole))


def _no_feed(fault: Fault | None) -> Problem:
    return Problem(
        code="feed-unknown",
        detail="this is no RSS, Atom or JSON Feed" + (f": {fault.message}" if fault else ""),
        remedy="Send the feed itself, not the page that links to it.",
        line=fault.line if fault else None,
    )


def _broken(document: Document, fault: Fault, index: int) -> Problem:
    lost = "; it broke off, so its last item was left out" if document.broke_off else ""
    return Problem(
        code="xml-syntax",
        detail=f"the feed is not well-formed: {fault.message}{lost}",
        remedy="Correct the feed; what could be read of it went in.",
        index=index,
        line=fault.line,
    )


def _too_many(count: int) -> Problem:
    return Problem(
        code="too-many-items",
        detail=f"the feed has {count} items; the first {MAX_ITEMS} were read",
        remedy="Send the rest as a feed of its own.",
        index=MAX_ITEMS,
    )


# --- the source ------------------------------------------------------------------------------


class FeedSource:
    """RSS, Atom and JSON Feed."""

    meta = SourceMeta(
        name="feed",
        title="Feed",
        version="2",
        media_types=(
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
            "application/rdf+xml",
            "application/xml",
            "text/xml",
        ),
        extensions=("rss", "atom", "rdf", "xml", "cdf"),
        description="RSS, Atom and JSON Feed; an item is an article, a tombstone withdraws one.",
        options=(
            Option(
                "websub",
                "yes",
                "no: don't subscribe to changes at the feed's hub (WebSub), only poll.",
            ),
        ),
        places=("url",),
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[Piece]:
        """The feed's items in their order, its tombstones, its leads, then what is wrong with it.
        Pure, and quick enough to be called without a hub: nothing is kept between two calls."""
        refusal = _refusal(raw.data)
        if refusal is not None:
            return [refusal]
        if raw.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return list(jsonfeed.read(raw.data, raw.url or "", MAX_ITEMS))
        return list(_xml_feed(raw))


@hookimpl
def register_sources() -> Sequence[FeedSource]:
    """The hook of the `seealso` entry-point group."""
    return [FeedSource()]
