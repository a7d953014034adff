"""The drafts of feeds and of single renditions: light looks, then the bytes by the output's plugin.

Plan + page + output ──listing──> FeedDraft ──entries──> assemble
article + output     ──listing──> RenditionDraft ──> the stored body, or assemble of this one
article              ──listing──> PartDraft ──> the html output's fragment, to stand in other pages
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from seealso_sdk.dates import instant
from seealso_sdk.model import Channel, Entry, Tombstone
from seealso_sdk.plugin import OutputMeta
from seealso_store import clock, feeds, ledger, outputs, renditions
from seealso_store.feeds import ByRank, Listed
from sqlalchemy import Connection

from seealso_feeds.documents import (
    FEED_CACHING,
    PRIVATE_CACHING,
    Hub,
    Page,
    Place,
    Subject,
    WebLink,
    article_path,
    channel,
    feed_links,
    spoken,
)
from seealso_feeds.errors import NotHere, NotReady
from seealso_feeds.plans import Plan, Planner, article_here
from seealso_feeds.serve import Make, fingerprint_of

TOMBSTONES_FOR = 90 * 24 * 3600 * clock.SECOND
_DAY = 24 * 3600 * clock.SECOND
_HTML = "html"  # the extension of the output whose rendition has a part to embed
_FRAGMENT = "fragment"


class Assembling(Protocol):
    """What is needed of the plugin host (`seealso_core.host.PluginHost`)."""

    def assemble(self, output: str, channel: Channel, entries: Sequence[Entry]) -> bytes:
        """Make one document of many renditions."""
        ...


@dataclass(frozen=True, slots=True)
class Maker:
    """What drafts are made with."""

    hub: Hub
    host: Assembling

    def feed(self, conn: Connection, plan_of: Planner, extension: str, page: Page) -> FeedDraft:
        """A page of a feed in the output with this extension.

        Raises:
            NotHere, Gone, Moved: as the plan finds; NotHere also for an unknown extension.
        """
        plan = plan_of(conn)
        meta = feed_output(conn, extension, plan.extensions)
        listed, place = list_page(conn, plan, meta.name, page)
        tombstones = _tombstones(conn, plan, page)
        updated = _updated(listed, tombstones, plan.touched)
        head = channel(
            self.hub,
            plan.subject,
            extension,
            place,
            updated=updated,
            related=plan.related,
            tombstones=tombstones,
        )
        touched = max([one.touched for one in listed] + [updated, plan.touched])
        return FeedDraft(meta, plan, head, listed, touched, self)

    def rendition(self, conn: Connection, article_id: str, extension: str) -> RenditionDraft:
        """One article in the output with this extension.

        Raises:
            NotHere, Gone: of the article, or of the output; NotReady while it is being rendered.
        """
        row = article_here(conn, article_id)
        meta, line = _rendered(conn, article_id, extension)
        path = article_path(article_id)
        subject = Subject(f"articles/{article_id}", row.title, row.title, path, path, row.language)
        updated = _updated([line], (), 0)
        head = channel(self.hub, subject, extension, Place(Page()), updated=updated)
        return RenditionDraft(meta, line, head, self)

    def fragment(self, conn: Connection, article_id: str) -> PartDraft:
        """The article alone, as HTML to stand in a page of somebody else.

        Raises:
            NotHere, Gone, NotReady: as `rendition`.
        """
        article_here(conn, article_id)
        meta, line = _rendered(conn, article_id, _HTML)
        return PartDraft(meta, line, _FRAGMENT, self.article_url(article_id))

    def article_url(self, article_id: str) -> str:
        """The article's page, absolute."""
        return self.hub.url + article_path(article_id)


@dataclass(frozen=True, slots=True)
class FeedDraft:
    """A page of a feed, without its bodies."""

    meta: OutputMeta
    plan: Plan
    head: Channel
    listed: tuple[Listed, ...]
    touched: int
    maker: Maker = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the head, the renditions' and the placements' hashes, and the plugin's version."""
        lines = [(one.article_id, one.rendition, one.placement) for one in self.listed]
        return fingerprint_of(self.meta, self.head, lines, self.plan.reasons)

    @property
    def media_type(self) -> str:
        """With charset."""
        return self.meta.media_type

    @property
    def caching(self) -> str:
        """A channel's feed is for its partner only."""
        return PRIVATE_CACHING if self.plan.subject.private else FEED_CACHING

    @property
    def links(self) -> tuple[WebLink, ...]:
        """Itself, its page, and the pages beside it."""
        return feed_links(self.head, self.meta.media_type)

    def prepare(self, conn: Connection) -> Make:
        """Read the renditions of the listed articles."""
        found = feeds.entries(conn, self.listed, self.meta.name, self.maker.article_url)
        reasons = dict(self.plan.reasons)
        entries = [
            replace(entry, reason=reasons[entry.article_id])
            if entry.article_id in reasons
            else entry
            for entry in found
        ]
        head = spoken(self.head, self.plan.subject, entries)
        return lambda: self.maker.host.assemble(self.meta.name, head, entries)


@dataclass(frozen=True, slots=True)
class _OneRendition:
    """What documents of one stored rendition share."""

    meta: OutputMeta
    line: Listed

    @property
    def touched(self) -> int:
        """When any of it last changed, in microseconds."""
        return self.line.touched

    @property
    def media_type(self) -> str:
        """With charset."""
        return self.meta.media_type

    @property
    def caching(self) -> str:
        """As feeds are."""
        return FEED_CACHING


@dataclass(frozen=True, slots=True)
class RenditionDraft(_OneRendition):
    """One article in one output."""

    head: Channel
    maker: Maker = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the rendition's hash, and for fragments of what they are assembled with."""
        if not self.meta.fragment:
            return fingerprint_of(self.meta.name, self.line.rendition)
        return fingerprint_of(self.meta, self.head, self.line.rendition, self.line.placement)

    @property
    def links(self) -> tuple[WebLink, ...]:
        """Itself, and the page for a reader."""
        return feed_links(self.head, self.meta.media_type)

    def prepare(self, conn: Connection) -> Make:
        """Read the one rendition."""
        entries = feeds.entries(conn, (self.line,), self.meta.name, self.maker.article_url)
        if not self.meta.fragment:
            return lambda: entries[0].rendition.body
        return lambda: self.maker.host.assemble(self.meta.name, self.head, entries)


@dataclass(frozen=True, slots=True)
class PartDraft(_OneRendition):
    """One part of an article's rendition. `page`: the article's own, absolute."""

    part: str
    page: str

    @property
    def fingerprint(self) -> str:
        """Of the rendition's hash, which is of its parts too."""
        return fingerprint_of(self.part, self.page, self.line.rendition)

    @property
    def links(self) -> tuple[WebLink, ...]:
        """The page that a search engine should know instead."""
        return (WebLink("canonical", self.page),)

    def prepare(self, conn: Connection) -> Make:
        """Read the one rendition.

        Raises:
            NotHere: an html output of the operator's own makes no such part.
        """
        stored = renditions.get(conn, self.line.article_id, self.meta.name)
        if stored is None or self.part not in stored.rendition.parts:
            raise NotHere(f"rendition of {self.line.article_id} as", self.part)
        body = stored.rendition.parts[self.part]
        return lambda: body


# --- lists and outputs ----------------------------------------------------------------------------


def list_page(
    conn: Connection, plan: Plan, output: str | None, page: Page, default: int = 0
) -> tuple[tuple[Listed, ...], Place]:
    """The articles of a page, and where the page stands in its list. `default` 0: the plan's."""
    limit = min(page.limit or default or plan.limit, plan.most)
    listed = feeds.listing(conn, plan.selection, output, limit=limit + 1, before=page.before)
    following = Page(page.limit, listed[limit - 1].cursor) if len(listed) > limit else None
    if isinstance(plan.selection, ByRank):
        following = None  # a ranking is one page
    previous = None
    if page.before is not None and not isinstance(plan.selection, ByRank):
        above = feeds.page_before(conn, plan.selection, output, limit=limit, before=page.before)
        previous = Page(page.limit, above)
    return listed[:limit], Place(page, previous, following)


def feed_output(conn: Connection, extension: str, extensions: Sequence[str] = ()) -> OutputMeta:
    """The feed output with this extension, among those that the plan allows.

    Raises:
        NotHere: there is none.
    """
    metas = [one for one in enabled(conn) if one.feed]
    return output_of([m for m in metas if not extensions or m.extension in extensions], extension)


def enabled(conn: Connection) -> list[OutputMeta]:
    """What the hub knows of its enabled outputs, by name."""
    return [row.meta for row in outputs.listing(conn) if row.status == "enabled" and row.meta]


def output_of(metas: Sequence[OutputMeta], extension: str) -> OutputMeta:
    """The enabled output with this extension.

    Raises:
        NotHere: there is none; it names those that there are.
    """
    for meta in metas:
        if meta.extension == extension:
            return meta
    raise NotHere("format", extension, tuple((meta.extension, "") for meta in metas))


def _tombstones(conn: Connection, plan: Plan, page: Page) -> tuple[Tombstone, ...]:
    # On the first page only: it is the one that is polled. Whole days: the same bytes all day.
    if page.before is not None:
        return ()
    today = clock.now() // _DAY * _DAY
    return feeds.tombstones(conn, plan.selection, since=today - TOMBSTONES_FOR)


def _updated(listed: Sequence[Listed], tombstones: Sequence[Tombstone], otherwise: int) -> int:
    """When the feed's content last changed: a correction, a new article, a withdrawal."""
    gone = [int(instant(one.when).timestamp()) * clock.SECOND for one in tombstones]
    return max([one.changed for one in listed] + gone, default=otherwise)


def _rendered(conn: Connection, article_id: str, extension: str) -> tuple[OutputMeta, Listed]:
    """The output with this extension, and the article's line in it.

    Raises:
        NotHere, NotReady: there is no such output, or nothing of it for this article (yet).
    """
    meta = output_of(enabled(conn), extension)
    listed = feeds.listing(conn, ByRank((article_id,)), meta.name, limit=1)
    if not listed:
        raise _unrendered(conn, article_id, meta)
    return meta, listed[0]


def _unrendered(conn: Connection, article_id: str, meta: OutputMeta) -> NotReady | NotHere:
    states = {row.output: row.state for row in ledger.rows(conn, article_id)}
    if states.get(meta.name) == "dead":
        return NotHere(f"rendition of {article_id} as", meta.extension)
    return NotReady(f"The {meta.title} version of {article_id} is being made.")
