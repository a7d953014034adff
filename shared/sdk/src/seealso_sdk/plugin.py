"""The contracts of output and source plugins, and who calls what when.

Lifecycle. The host imports the plugin's module in a child process of its own, calls the
``register_outputs`` (or ``register_sources``) hook once, and then calls `render`, `assemble` or
`read` as often as there is work, one call at a time. A call that passes its deadline, its memory or
its output limit ends the child; a new one is started for the next call. There is no close: a child
can be killed at any moment, so keep no state that matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from seealso_sdk.model import (
    Article,
    Channel,
    Entry,
    Piece,
    RawInput,
    Record,
    Rendition,
    SeeAlso,
)
from seealso_sdk.text import slugify


@dataclass(frozen=True, slots=True)
class Option(Record):
    """A setting of a plugin: an operator sets it as ``SEEALSO_OUTPUT_<NAME>_<OPTION>``."""

    name: str
    default: str
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputMeta(Record):
    """What the hub knows of an output without calling it.

    `name` is lower case letters, digits and ``_``, for ever. `version` changes whenever the same
    article may give other bytes: the hub then renders its whole archive anew. `fragment` says that
    `Rendition.body` only stands inside a document made by `assemble`. `feed` says that `assemble`
    makes feeds (``/topics/<slug>/feed.<extension>``).
    """

    name: str
    title: str
    extension: str
    media_type: str  # with charset where it is text
    version: str
    description: str = ""
    fragment: bool = False
    feed: bool = False
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMeta(Record):
    """What the hub knows of a source without calling it. `media_types` may end in ``/*``.

    `places` are the kinds of place that the hub may watch for this source (``seealso sources
    add``): ``url``, an address that is polled; ``folder``, a folder of files. None: it only reads
    what is pushed, or what a lead of another source led to.
    """

    name: str
    title: str
    version: str
    media_types: tuple[str, ...]
    extensions: tuple[str, ...] = ()  # of file names, without the dot
    description: str = ""
    options: tuple[Option, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Record):
    """What an output may know besides the article.

    URLs have no slash at the end. The methods give URLs in ASCII: a slug of another script is
    percent-encoded (RFC 3987 section 3.1), as mail programs and feed readers need it.
    """

    hub_url: str = "http://127.0.0.1:8080"
    hub_name: str = "Seealso"
    options: Mapping[str, str] = field(default_factory=dict)

    def article_url(self, article_id: str) -> str:
        """The article's page on the hub."""
        return f"{self.hub_url}/articles/{article_id}"

    def topic_url(self, slug: str) -> str:
        """A topic's page on the hub. It exists for every see-also title, ghosts included."""
        return f"{self.hub_url}/topics/{quote(slug, safe='')}"

    def series_url(self, slug: str) -> str:
        """A series' page on the hub."""
        return f"{self.hub_url}/series/{quote(slug, safe='')}"

    def see_also_url(self, item: SeeAlso) -> str:
        """Where a see-also title leads: its own web address, else the topic's page."""
        if item.url and item.url.lower().startswith(("https://", "http://")):
            return item.url
        return self.topic_url(slugify(item.title))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext(Record):
    """What a source may know besides the input.

    `today` is a day, for rules that need one. `fields` is an operator's own mapping, field of the
    article to where it stands in this source's input (a CSS selector of a page, a path of JSON): it
    comes before whatever the plugin would find by itself.
    """

    today: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Output(Protocol):
    """Renders an article into one format."""

    meta: OutputMeta

    def render(self, article: Article, context: Context) -> Rendition:
        """Pure: the same article and plugin version give the same bytes.

        Raises:
            Retry: try again later.
            Reject: this article can't be rendered by this output.
        """
        ...


@runtime_checkable
class Assembler(Protocol):
    """An output that makes documents of many renditions: a feed, a list, a digest."""

    meta: OutputMeta

    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        """Pure: the same channel and entries, in this order, give the same bytes."""
        ...


@runtime_checkable
class Source(Protocol):
    """Turns bytes into raw articles."""

    meta: SourceMeta

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[Piece]:
        """What the input holds, in its order: articles, and leads to where there is more. A piece
        that can't be read is a `Problem`.

        Raises:
            Reject: nothing of the input can be read.
        """
        ...
