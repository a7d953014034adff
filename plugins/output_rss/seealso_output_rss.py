"""RSS 2.0 items and feeds (RSS 2.0.11, the RSS Advisory Board's Profile, RFC 5005, Media RSS).

    Article --feedgen, one entry--> <item>…</item>            (render: once a version)
    Channel --feedgen, no entry--> head + items as stored + </channel></rss>    (assemble: a join)

An item's categories and related links change without a new version of the article: `assemble`
writes them before ``</item>``. The prefixes that items use are declared on the root.

What feedgen does not do, or does wrong, is in `_Item`, `_Head` and the two lines above them, and
nowhere else; tests/plugins/output_rss/test_feedgen.py has a test for each defect. Decisions:

- No ``enclosure``: its length is required, and the hub does not know it. Media RSS needs none.
- No ``source``: it needs the address of the feed that an item came from. ``dc:publisher``,
  ``dc:source`` and an ``atom:link rel="via"`` say where an article comes from.
- No tombstones: RSS has none. A withdrawn article is no longer in the feed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import Any

import feedgen.entry
import feedgen.feed
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import SubElement
from seealso_sdk import syndication as say
from seealso_sdk.dates import instant, rfc822, rfc3339
from seealso_sdk.errors import Reject
from seealso_sdk.hookspecs import hookimpl
from seealso_sdk.model import Article, Channel, Entry, Media, Rendition
from seealso_sdk.plugin import Context, OutputMeta

MEDIA_TYPE = "application/rss+xml"
ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
_OPEN, _CLOSE, _END = b"<item>", b"</item>", b"</channel>"

# feedgen formats dates by switching the whole process's locale, three calls a date.
feedgen.entry.formatRFC2822 = feedgen.feed.formatRFC2822 = rfc822


class RssOutput:
    """The ``rss`` output."""

    meta = OutputMeta(
        name="rss",
        title="RSS 2.0",
        extension="rss",
        media_type=f"{MEDIA_TYPE}; charset=utf-8",
        version="1",
        description="One item an article; feeds with categories, related links and paging.",
        fragment=True,
        feed=True,
    )

    def render(self, article: Article, context: Context) -> Rendition:
        """The article as a bare ``<item>``."""
        feed = _feed("Seealso", "Seealso", context.hub_url)
        item = feed.add_entry(order="append")
        item.title(say.untagged(say.headline(article)))
        item.link(href=say.web_url(context.article_url(article.id)))
        item.guid(article.guid, permalink=False)
        item.description(escape(say.teaser(article), quote=False))
        content = say.content_html(article, context)
        if content:
            item.content(content, type="CDATA")
        dated = say.first_date(article.dated)
        if dated != say.NO_DATE:
            item.pubDate(instant(dated))
        item.seealso.article = article
        xml: bytes = feed.rss_str(pretty=True)
        return Rendition(say.numbered(xml[xml.index(_OPEN) : xml.rindex(_CLOSE) + len(_CLOSE)]))

    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        """The channel's head, then each stored item with its categories and related links.

        Raises:
            Reject: a stored rendition is no RSS item.
        """
        xml = _head(channel)
        end = xml.rindex(_END)
        scheme = say.web_url(channel.scheme)
        domain = f' domain="{say.xml_url(scheme)}"' if scheme else ""
        items = [part for entry in entries for part in _item(entry, domain)]
        return b"".join((xml[:end].rstrip(), b"\n", *items, b"  ", xml[end:].strip(), b"\n"))


@hookimpl
def register_outputs() -> list[RssOutput]:
    return [RssOutput()]


# --- the join --------------------------------------------------------------------------------


def _head(channel: Channel) -> bytes:
    title = say.untagged(say.plain(channel.title)) or channel.hub_name
    feed = _feed(title, say.untagged(say.plain(channel.description)) or title, channel.url)
    feed.seealso.channel = channel
    language = say.language(channel.language)
    if language:
        feed.language(language)
    feed.lastBuildDate(instant(say.first_date(channel.updated)))
    xml: bytes = feed.rss_str(pretty=True)
    return say.numbered(xml)


def _item(entry: Entry, domain: str) -> Iterator[bytes]:
    body = entry.rendition.body.rstrip()
    if not body.endswith(_CLOSE):
        raise Reject(f"The stored rss rendition of {entry.article_id} is no item: render it anew.")
    yield b"    "
    yield body[: -len(_CLOSE)]
    for category in entry.categories:
        label = say.xml_text(category.label) or say.xml_text(category.slug)
        if label:
            yield f"  <category{domain}>{label}</category>\n    ".encode()
    for link in entry.related:
        yield _related(link.url, link.title)
    yield _CLOSE + b"\n"


@lru_cache(maxsize=4096)  # neighbours have the same related articles
def _related(href: str, text: str) -> bytes:
    url = say.web_url(href)
    if url is None:
        return b""
    title = say.xml_text(text)
    named = f' title="{title}"' if title else ""
    return f'  <atom:link rel="related" href="{say.xml_url(url)}"{named}/>\n    '.encode()


# --- beyond feedgen --------------------------------------------------------------------------


def _feed(title: str, description: str, url: str) -> Any:
    """A feed of feedgen's that knows our extension and has no "now" in it.

    (Any: feedgen publishes no types.)
    """
    feed = FeedGenerator()
    feed.register_extension("seealso", _Head, _Item, atom=False)
    feed.title(title)
    feed.description(description)
    feed.link(href=say.web_url(url) or url, rel="alternate")
    feed.lastBuildDate(instant(say.NO_DATE))
    feed.generator("Seealso")
    return feed


class _Head(BaseExtension):  # type: ignore[misc]  # feedgen publishes no types
    """The links of the channel, of which feedgen writes only the first self link.

    (Given to feedgen, any of them may become the channel's ``link``: the last one does.)
    """

    channel: Channel | None = None

    def extend_ns(self) -> dict[str, str]:
        return {"atom": ATOM, "dc": DC, "media": MEDIA}

    def extend_rss(self, feed: Any) -> Any:
        channel = self.channel
        if channel is None:
            return feed
        parent = feed[0]
        if say.first_date(channel.updated) == say.NO_DATE:  # nothing has happened yet
            parent.remove(parent.find("lastBuildDate"))
        _link(parent, "self", channel.feed_url, type=MEDIA_TYPE)
        _link(parent, "first", channel.first_url)
        _link(parent, "previous", channel.previous_url)
        _link(parent, "next", channel.next_url)
        for hub in channel.hubs:
            _link(parent, "hub", hub)
        for topic in channel.topics:
            label = say.untagged(say.plain(topic.label, say.TITLE_MAX))
            _link(parent, "related", f"{channel.scheme}/{topic.slug}", title=label)
        return feed


class _Item(BaseEntryExtension):  # type: ignore[misc]  # feedgen publishes no types
    """What an item has beyond feedgen's: people without a mail address, origin, rights, media."""

    article: Article | None = None

    def extend_rss(self, feed: Any) -> Any:
        article = self.article
        if article is None:
            return feed
        for person in article.authors:
            _text(feed, DC, "creator", say.name(person.name))
        for reviewer in article.reviewers:
            _text(feed, DC, "contributor", say.name(reviewer.name))
        if article.publisher:
            _text(feed, DC, "publisher", say.name(article.publisher.name))
        _text(feed, DC, "language", say.language(article.language) or "")
        _text(feed, DC, "source", say.web_url(article.canonical_url) or "")
        _text(feed, ATOM, "updated", rfc3339(say.first_date(article.revised, article.dated)))
        _link(feed, "via", article.canonical_url)
        if article.rights:
            _text(feed, DC, "rights", say.rights(article.rights))
            _link(feed, "license", article.rights.url)
        for media in article.media:
            _media(feed, media)
        return feed


def _text(parent: Any, namespace: str, tag: str, value: str) -> None:
    if value:
        SubElement(parent, f"{{{namespace}}}{tag}").text = value


def _link(parent: Any, rel: str, href: str | None, **attributes: str) -> None:
    url = say.web_url(href)
    if url:
        given = {key: value for key, value in attributes.items() if value}
        SubElement(parent, f"{{{ATOM}}}link", rel=rel, href=url, **given)


def _media(parent: Any, media: Media) -> None:
    """Media RSS 1.5.1: everything known about the file, and nothing that isn't."""
    url = say.web_url(media.url)
    if url is None:
        return
    known = {
        "url": url,
        "type": say.media_type(media),
        "medium": say.medium(media),
        "width": str(media.width) if media.width and media.width > 0 else None,
        "height": str(media.height) if media.height and media.height > 0 else None,
    }
    element = SubElement(
        parent, f"{{{MEDIA}}}content", {key: value for key, value in known.items() if value}
    )
    if media.credit:
        _text(element, MEDIA, "credit", say.name(media.credit))
    if media.alt:
        _text(element, MEDIA, "description", say.untagged(say.plain(media.alt, say.TITLE_MAX)))
