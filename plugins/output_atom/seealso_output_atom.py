"""Atom entries and feeds (RFC 4287, 4946 licences, 5005 paging, 6721 tombstones, Media RSS).

    Article --feedgen, one entry--> <entry>…</entry>            (render: once a version)
    Channel --feedgen, no entry--> head + entries as stored + tombstones + </feed>   (assemble)

An entry's categories and related links change without a new version of the article: `assemble`
writes them before ``</entry>``. The prefixes that entries use are declared on the root.

What feedgen does not do, or does wrong, is in `_Head` and `_Entry`, and nowhere else;
tests/plugins/output_atom/test_feedgen.py has a test for each defect. Decisions:

- ``updated`` has a fraction of a second, made from the article's id. Articles come in by the
  hundred, many with a day and no time; entries with one ``updated`` can't be put in order by a
  reader, and the standards' validator warns of each pair (DuplicateUpdated).
- The namespace of tombstones is declared on them and not on the root: a feed without any is the
  plain vocabulary.
- ``source`` is given where the publisher has a name and an address (section 4.2.11); its id is
  that address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from html import escape
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import CDATA, SubElement
from seealso_sdk import syndication as say
from seealso_sdk.dates import instant, rfc3339
from seealso_sdk.errors import Reject
from seealso_sdk.hookspecs import hookimpl
from seealso_sdk.model import Article, Channel, Entry, Media, Publisher, Rendition, Tombstone
from seealso_sdk.plugin import Context, OutputMeta

MEDIA_TYPE = "application/atom+xml"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CLOSE, _END = b"</entry>", b"</feed>"
# The relations that validators know (IANA's registry, as far as it concerns feeds).
_RELATIONS = frozenset({"related", "via", "up", "replies", "describedby", "license", "payment"})


class AtomOutput:
    """The ``atom`` output."""

    meta = OutputMeta(
        name="atom",
        title="Atom 1.0",
        extension="atom",
        media_type=f"{MEDIA_TYPE}; charset=utf-8",
        version="1",
        description="One entry an article; feeds with categories, related links and tombstones.",
        fragment=True,
        feed=True,
    )

    def render(self, article: Article, context: Context) -> Rendition:
        """The article as a bare ``<entry>``."""
        feed = _feed("Seealso", "urn:seealso")
        entry = feed.add_entry(order="append")
        entry.id(article.guid)
        entry.title(say.headline(article))
        entry.updated(instant(say.first_date(article.revised, article.dated)))
        dated = say.first_date(article.dated)
        if dated != say.NO_DATE:
            entry.published(instant(dated))
        for person in article.authors:
            _person(entry.author, person.name, person.url)
        for reviewer in article.reviewers:
            _person(entry.contributor, reviewer.name, reviewer.url)
        if not article.authors and article.publisher:
            _person(entry.author, article.publisher.name, article.publisher.url)
        summary = say.plain(article.summary)
        if summary:
            entry.summary(summary)
        content = say.content_html(article, context) or f"<p>{escape(say.teaser(article))}</p>"
        entry.content(content, type="html")
        if article.rights and say.rights(article.rights):
            entry.rights(say.rights(article.rights))
        entry.seealso.article, entry.seealso.context = article, context
        xml: bytes = feed.atom_str(pretty=True)
        return Rendition(say.numbered(xml[xml.index(b"<entry") : xml.rindex(_CLOSE) + len(_CLOSE)]))

    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        """The channel's head, each stored entry with its categories and links, the tombstones.

        Raises:
            Reject: a stored rendition is no Atom entry.
        """
        xml = _head(channel)
        end = xml.rindex(_END)
        scheme = say.web_url(channel.scheme)
        of = f' scheme="{say.xml_url(scheme)}"' if scheme else ""
        parts = [part for entry in entries for part in _entry(entry, of)]
        graves = [_tombstone(tombstone) for tombstone in say.latest(channel.tombstones)]
        return b"".join((xml[:end].rstrip(), b"\n", *parts, *graves, _END, b"\n"))


@hookimpl
def register_outputs() -> list[AtomOutput]:
    return [AtomOutput()]


# --- the join --------------------------------------------------------------------------------


def _head(channel: Channel) -> bytes:
    title = say.plain(channel.title) or channel.hub_name
    feed = _feed(title, say.web_url(channel.id) or say.xml_text(channel.id))
    feed.updated(instant(say.first_date(channel.updated)))
    subtitle = say.plain(channel.description)
    if subtitle:
        feed.subtitle(subtitle)
    language = say.language(channel.language)
    if language:
        feed.language(language)
    feed.author({"name": say.name(channel.publisher or channel.hub_name) or "Seealso"})
    feed.generator("Seealso")
    feed.seealso.channel = channel
    xml: bytes = feed.atom_str(pretty=True)
    return say.numbered(xml)


def _entry(entry: Entry, scheme: str) -> Iterator[bytes]:
    body = entry.rendition.body.rstrip()
    if not body.endswith(_CLOSE):
        raise Reject(
            f"The stored atom rendition of {entry.article_id} is no entry: render it anew."
        )
    yield b"  "
    yield body[: -len(_CLOSE)]
    for category in entry.categories:
        yield _category(category.slug, category.label, scheme)
    for link in entry.related:
        yield _related(link.rel, link.url, link.title)
    yield _CLOSE + b"\n"


@lru_cache(maxsize=4096)
def _category(slug: str, label: str, scheme: str) -> bytes:
    term, text = say.xml_text(slug), say.xml_text(label)
    if not term and not text:
        return b""
    named = f' label="{text}"' if text else ""
    return f'  <category term="{term or text}"{scheme}{named}/>\n  '.encode()


@lru_cache(maxsize=4096)  # neighbours have the same related articles
def _related(rel: str, href: str, text: str) -> bytes:
    url = say.web_url(href)
    if url is None:
        return b""
    title = say.xml_text(text)
    named = f' title="{title}"' if title else ""
    known = rel if rel in _RELATIONS else "related"
    return f'  <link rel="{known}" href="{say.xml_url(url)}"{named}/>\n  '.encode()


def _tombstone(stone: Tombstone) -> bytes:
    reason = say.xml_text(stone.reason)
    inner = f"<at:comment>{reason}</at:comment>" if reason else ""
    return (
        f'  <at:deleted-entry xmlns:at="{TOMBSTONES}" ref="{stone.guid}" '
        f'when="{rfc3339(stone.when)}">{inner}</at:deleted-entry>\n'
    ).encode()


# --- beyond feedgen --------------------------------------------------------------------------


def _feed(title: str, identifier: str) -> Any:
    """A feed of feedgen's that knows our extension and has no "now" in it.

    (Any: feedgen publishes no types.)
    """
    feed = FeedGenerator()
    feed.register_extension("seealso", _Head, _Item, rss=False)
    feed.id(identifier)
    feed.title(title)
    feed.updated(instant(say.NO_DATE))
    return feed


def _person(add: Any, person: str, url: str | None) -> None:
    if say.name(person):
        uri = say.web_url(url)
        add({"name": say.name(person), **({"uri": uri} if uri else {})})


class _Head(BaseExtension):  # type: ignore[misc]  # feedgen publishes no types
    """The feed's links, in one order, and none of them able to become another's site link."""

    channel: Channel | None = None

    def extend_ns(self) -> dict[str, str]:
        return {"media": MEDIA}

    def extend_atom(self, feed: Any) -> Any:
        channel = self.channel
        if channel is None:
            return feed
        feed.find("updated").text = rfc3339(say.first_date(channel.updated))
        _mark(feed)
        _link(feed, "alternate", channel.url, type="text/html")
        _link(feed, "self", channel.feed_url, type=MEDIA_TYPE)
        _link(feed, "first", channel.first_url, type=MEDIA_TYPE)
        _link(feed, "previous", channel.previous_url, type=MEDIA_TYPE)
        _link(feed, "next", channel.next_url, type=MEDIA_TYPE)
        for hub in channel.hubs:
            _link(feed, "hub", hub)
        for topic in channel.topics:
            label = say.untagged(say.plain(topic.label, say.TITLE_MAX))
            _link(feed, "related", f"{channel.scheme}/{topic.slug}", title=label)
        return feed


class _Item(BaseEntryExtension):  # type: ignore[misc]  # feedgen publishes no types
    """What feedgen loses of an entry: its links' attributes, its source's id, text that is HTML."""

    article: Article | None = None
    context: Context | None = None

    def extend_atom(self, entry: Any) -> Any:
        article, context = self.article, self.context
        if article is None or context is None:
            return entry
        language = say.language(article.language)
        if language:
            entry.set(_LANG, language)
        updated = entry.find("updated")
        updated.text = _stamp(article)
        if entry.find("published") is not None:
            entry.find("published").text = rfc3339(article.dated)
        _mark(entry)
        entry.find("content").text = CDATA(entry.find("content").text)
        _link(entry, "alternate", context.article_url(article.id), type="text/html")
        _link(entry, "via", article.canonical_url)
        if article.rights:
            _link(entry, "license", article.rights.url)
        if article.publisher:
            _source(entry, article.publisher, updated.text)
        for media in article.media:
            _media(entry, media)
        return entry


def _stamp(article: Article) -> str:
    """When the article was last revised, with its own fraction of the second."""
    seconds = rfc3339(say.first_date(article.revised, article.dated))
    digest = int.from_bytes(sha256(article.id.encode("utf-8", "surrogatepass")).digest()[:8])
    return f"{seconds[:-1]}.{digest % 1_000_000:06d}Z"


def _mark(element: Any) -> None:
    """Say ``type="html"`` of a text that would be taken for HTML, and make it so."""
    for tag in ("title", "subtitle", "summary", "rights"):
        child = element.find(tag)
        if child is not None and say.has_tag(child.text):
            child.text = escape(child.text, quote=False)
            child.set("type", "html")


def _link(parent: Any, rel: str, href: str | None, **attributes: str) -> None:
    url = say.web_url(href)
    if url:
        given = {key: value for key, value in attributes.items() if value}
        SubElement(parent, "link", rel=rel, href=url, **given)


def _source(entry: Any, publisher: Publisher, updated: str) -> None:
    url = say.web_url(publisher.url)
    title = say.name(publisher.name)
    if url and title:
        source = SubElement(entry, "source")
        SubElement(source, "id").text = url
        SubElement(source, "title").text = title
        SubElement(source, "updated").text = updated
        SubElement(source, "link", rel="alternate", href=url, type="text/html")


def _media(entry: Any, media: Media) -> None:
    """The file as an enclosure (its length is only a hint in Atom) and as Media RSS 1.5.1."""
    url = say.web_url(media.url)
    if url is None:
        return
    kind = say.media_type(media)
    if kind:
        _link(entry, "enclosure", url, type=kind)
    known = {
        "url": url,
        "type": kind,
        "medium": say.medium(media),
        "width": str(media.width) if media.width and media.width > 0 else None,
        "height": str(media.height) if media.height and media.height > 0 else None,
    }
    element = SubElement(
        entry, f"{{{MEDIA}}}content", {key: value for key, value in known.items() if value}
    )
    for tag, text in (
        ("credit", say.name(media.credit or "")),
        ("description", say.untagged(say.plain(media.alt or "", say.TITLE_MAX))),
    ):
        if text:
            SubElement(element, f"{{{MEDIA}}}{tag}").text = text
