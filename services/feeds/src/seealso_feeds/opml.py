"""All topics' feeds as one OPML 2.0 subscription list. Pure.

Two folders, so that a reader can take one and leave the other: topics that have articles of their
own, and those that editors name and nobody has written yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree
from seealso_sdk.dates import rfc822
from seealso_sdk.plugin import OutputMeta
from seealso_sdk.syndication import outline
from seealso_store.clock import SECOND
from seealso_store.feeds import TopicLine
from seealso_store.topics import GHOST
from sqlalchemy import Connection

from seealso_feeds.documents import FEED_CACHING, Hub, WebLink, topic_path
from seealso_feeds.serve import Make, fingerprint_of

MEDIA_TYPE = "text/x-opml; charset=utf-8"
_PREFERRED = ("rss", "atom", "json")  # what most readers of OPML can subscribe to


@dataclass(frozen=True, slots=True)
class OpmlDraft:
    """The list before it is bytes (see `seealso_feeds.serve.Draft`)."""

    hub: Hub
    extension: str
    topics: tuple[TopicLine, ...]
    touched: int

    @property
    def fingerprint(self) -> str:
        """Of all that it says."""
        return fingerprint_of(self.hub, self.extension, self.topics)

    @property
    def media_type(self) -> str:
        """OPML has no registered type; this is the one in use."""
        return MEDIA_TYPE

    @property
    def caching(self) -> str:
        """As feeds are."""
        return FEED_CACHING

    @property
    def links(self) -> tuple[WebLink, ...]:
        """The page with the same topics."""
        return (WebLink("alternate", f"{self.hub.url}/topics", "text/html"),)

    def prepare(self, conn: Connection) -> Make:
        """Nothing more is read."""
        return lambda: write(self)


def draft(hub: Hub, topics: Sequence[TopicLine], feeds: Sequence[OutputMeta]) -> OpmlDraft:
    """The list of these topics, in the first feed format that readers of OPML know."""
    extensions = [meta.extension for meta in feeds]
    chosen = next((e for e in _PREFERRED if e in extensions), extensions[0] if extensions else "")
    touched = max((one.changed for one in topics), default=0)
    return OpmlDraft(hub, chosen, tuple(topics) if chosen else (), touched)


def write(given: OpmlDraft) -> bytes:
    """OPML 2.0, UTF-8."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = outline(f"{given.hub.name}: all topics")
    if given.touched:
        when = rfc822(datetime.fromtimestamp(given.touched // SECOND, UTC))
        etree.SubElement(head, "dateCreated").text = when
        etree.SubElement(head, "dateModified").text = when
    body = etree.SubElement(root, "body")
    _folder(body, given, "Topics", [one for one in given.topics if one.origin != GHOST])
    _folder(body, given, "Not written yet", [one for one in given.topics if one.origin == GHOST])
    if not len(body):
        etree.SubElement(body, "outline", text="There is no topic yet")
    xml: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return xml


def _folder(body: etree._Element, given: OpmlDraft, name: str, topics: Sequence[TopicLine]) -> None:
    if not topics:
        return
    folder = etree.SubElement(body, "outline", text=name)
    for one in topics:
        page = given.hub.url + topic_path(one.slug)
        label = outline(one.label) or outline(one.slug)
        line = etree.SubElement(folder, "outline", text=label, title=label, type="rss")
        if one.description:
            line.set("description", outline(one.description))
        line.set("xmlUrl", f"{page}/feed.{given.extension}")
        line.set("htmlUrl", page)
