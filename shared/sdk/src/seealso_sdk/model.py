"""The article and what becomes of it: one frozen type per stage.

    RawInput --source plugin--> RawArticle --normalise--> Article --output plugin--> Rendition
                                                       Entry (a rendition and where it is filed)
                                                       --assemble--> a feed's bytes

All dates are strings, as the field has them: RFC 3339 (``2024-04-09T10:00:00+00:00``), or, where
the source gave only a day, that day (``2024-04-09``): precision is never invented.
`seealso_sdk.dates` turns them into what a format needs.
"""

from __future__ import annotations

import json
import typing
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Self, get_args, get_origin

from seealso_sdk.errors import ModelError

KINDS = ("qa", "article", "news", "infographic", "video", "page")
STATUSES = ("published", "withdrawn", "expired", "embargoed")

Kind = Literal["qa", "article", "news", "infographic", "video", "page"]
Status = Literal["published", "withdrawn", "expired", "embargoed"]
LeadRel = Literal["item", "list", "alternate", "hub", "self"]

_GUID_NAMESPACE = uuid.UUID("6f2c6d1e-8f0b-5d5a-9a57-5e0c1b9d7a11")


def article_guid(article_id: str) -> str:
    """The one id of an article in every feed format (RFC 4287 section 4.2.6), a ``urn:uuid:``.

    It depends on the article's id alone: it survives a change of title, URL or host.
    """
    return f"urn:uuid:{uuid.uuid5(_GUID_NAMESPACE, article_id)}"


class Record:
    """JSON both ways for frozen dataclasses of strings, numbers, tuples and other records."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, keys in the order of the fields."""
        record: Any = type(self)
        return {name: _plain(getattr(self, name)) for name in _field_names(record)}

    def to_json(self) -> bytes:
        """UTF-8 JSON, the same bytes for the same record."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], at: str = "") -> Self:
        """Read what `to_dict` wrote. Unknown keys are ignored, so that an older reader goes on.

        Raises:
            ModelError: a value has the wrong type; it names the field.
        """
        if not isinstance(data, Mapping):
            raise ModelError(at or cls.__name__, f"found {type(data).__name__}", "Give an object.")
        record: Any = cls
        given = {}
        for name, reader in _readers(record).items():
            if name in data:
                given[name] = reader(data[name], f"{at}.{name}" if at else name)
        try:
            return cls(**given)
        except TypeError as error:
            raise ModelError(at or cls.__name__, str(error), "Give every required key.") from error

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Read what `to_json` wrote."""
        return cls.from_dict(json.loads(data))


@cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


@cache
def _readers(cls: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {f.name: _reader(hints[f.name]) for f in fields(cls)}


def _reader(hint: Any) -> Any:
    origin = get_origin(hint)
    if origin in (typing.Union, UnionType):
        inner = [arg for arg in get_args(hint) if arg is not type(None)]
        if len(inner) != 1:
            return lambda value, at: value
        read = _reader(inner[0])
        return lambda value, at: None if value is None else read(value, at)
    if origin is tuple:
        return _tuple_reader(_reader(get_args(hint)[0]))
    if origin is Literal:
        return _literal_reader(get_args(hint))
    if isinstance(hint, type) and is_dataclass(hint) and issubclass(hint, Record):
        record: type[Record] = hint
        return record.from_dict
    if hint is str or hint is int:
        return _scalar_reader(hint)
    if hint is float:
        return _scalar_reader((int, float))
    return lambda value, at: value


def _scalar_reader(kind: Any) -> Any:
    name = "a string" if kind is str else "a number"

    def read(value: Any, at: str) -> Any:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ModelError(at, f"found {type(value).__name__}", f"Give {name}.")
        return value

    return read


def _literal_reader(allowed: tuple[Any, ...]) -> Any:
    def read(value: Any, at: str) -> Any:
        if value not in allowed:
            raise ModelError(at, f"found {value!r}", f"Give one of {', '.join(allowed)}.")
        return value

    return read


def _tuple_reader(read_item: Any) -> Any:
    def read(value: Any, at: str) -> Any:
        if not isinstance(value, list | tuple):
            raise ModelError(at, f"found {type(value).__name__}", "Give a list.")
        return tuple(read_item(item, f"{at}[{i}]") for i, item in enumerate(value))

    return read


# --- parts of an article ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person(Record):
    """An author or a reviewer. `url` is about the person, absolute."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Publisher(Record):
    """Who publishes the article."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Series(Record):
    """A running title that articles belong to ("Expert Answers")."""

    title: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Filing(Record):
    """An article under a topic.

    `origin` is ``editorial`` (the source or an operator said so) or ``derived``; `score` is 0 to 1;
    `reason` is a sentence that a person understands.
    """

    slug: str
    label: str
    origin: str = "editorial"
    score: float = 1.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SeeAlso(Record):
    """A related title that the editor gave.

    `kind` is what the title or the link says it is (``infographic``, ``video``, ...), else null.
    `article_id` is set where the hub knows the article; null makes it a ghost. `ref` is the
    target's external id in the same source, where the source links by id and not by title.
    """

    title: str
    url: str | None = None
    kind: str | None = None
    article_id: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Promo(Record):
    """A block of the source page that is not the article (``newsletter-signup``, ``advert``,
    ``share``, ``boilerplate``, ...). Kept apart, never rendered. `text`: a line a paragraph."""

    kind: str
    about: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Media(Record):
    """A picture, sound or film. `type` is a media type; `width` and `height` are pixels."""

    url: str
    type: str | None = None
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Correction(Record):
    """What was corrected, and when (RFC 3339 or a day)."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Rights(Record):
    """Licence (name or SPDX id), attribution line, and the licence's URL."""

    license: str | None = None
    attribution: str | None = None
    url: str | None = None


# --- the stages ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RawInput:
    """Bytes that came in, and what was said about them. Never stored as they are."""

    data: bytes
    media_type: str = "application/octet-stream"  # without parameters, lower case
    charset: str | None = None
    url: str | None = None  # where it came from, the base of relative links
    filename: str | None = None
    source: str = "api"  # the name of the source: the first half of an article's identity


@dataclass(frozen=True, slots=True, kw_only=True)
class RawArticle(Record):
    """What a source said of one article, not yet cleaned, identified or trusted.

    Give what the source has and leave the rest out. The body is `html` or, failing that, `text`
    (paragraphs divided by blank lines). `topics` are labels, as the source writes them.
    """

    title: str = ""
    external_id: str | None = None
    source: str | None = None  # where one input carries several sources; else RawInput.source
    url: str | None = None
    canonical_url: str | None = None
    kind: str | None = None
    summary: str | None = None
    language: str | None = None
    html: str | None = None
    text: str | None = None
    authors: tuple[Person, ...] = ()
    reviewers: tuple[Person, ...] = ()
    publisher: Publisher | None = None
    series: Series | None = None
    published: str | None = None
    updated: str | None = None
    reviewed: str | None = None
    review_by: str | None = None
    embargo_until: str | None = None
    expires: str | None = None
    topics: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    see_also: tuple[SeeAlso, ...] = ()
    promos: tuple[Promo, ...] = ()
    media: tuple[Media, ...] = ()
    corrections: tuple[Correction, ...] = ()
    rights: Rights | None = None
    withdrawn: bool = False
    withdrawn_reason: str | None = None
    # Where each field's value was found, by the field's name: {"title": "json-ld headline"}. For
    # people who ask why; it is no part of the content.
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead(Record):
    """A place that an input names, where there is more to read: the hub may follow it.

    `rel` says what it is to the input:

    ``item``       an article: a page that a sitemap lists, a file in a folder
    ``list``       another list of the same kind: a sitemap of an index, the next page of a feed
    ``alternate``  a feed of this page (autodiscovery)
    ``hub``        where changes of this feed can be subscribed to (WebSub section 4)
    ``self``       the address that this feed calls its own (WebSub: the topic)

    `modified` is what the list says of its last change, RFC 3339 or a day.
    """

    url: str  # absolute; of a folder's file its path below the folder
    rel: LeadRel = "item"
    modified: str | None = None
    title: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Record):
    """Why one piece of an input can't go in.

    `code` is stable (``json-syntax``, ``title-missing``, ...); `field` and `found` say where and
    what; `remedy` says what to do; `index` counts the pieces of the input from 0; `line` from 1.
    """

    code: str
    detail: str
    field: str | None = None
    remedy: str | None = None
    index: int = 0
    line: int | None = None


Piece = RawArticle | Problem | Lead  # what a source makes of an input: `Source.read`


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Record):
    """One version of an article, normalised and neutral: the JSON of GET /api/articles/<id>.

    `body_html` keeps to the body profile (docs/architecture.md): sanitised, absolute URLs, headings
    in order from h2. `body_text` is made from it. `content_hash` covers what a reader can see.
    """

    id: str
    version: int
    status: Status = "published"
    kind: Kind = "article"
    title: str
    summary: str = ""
    language: str = "en"
    body_html: str = ""
    body_text: str = ""
    authors: tuple[Person, ...] = ()
    reviewers: tuple[Person, ...] = ()
    publisher: Publisher | None = None
    series: Series | None = None
    canonical_url: str | None = None
    source: str = "api"
    external_id: str | None = None
    published: str | None = None
    updated: str | None = None
    reviewed: str | None = None
    review_by: str | None = None
    embargo_until: str | None = None
    expires: str | None = None
    topics: tuple[Filing, ...] = ()
    keywords: tuple[str, ...] = ()
    see_also: tuple[SeeAlso, ...] = ()
    promos: tuple[Promo, ...] = ()
    media: tuple[Media, ...] = ()
    corrections: tuple[Correction, ...] = ()
    rights: Rights | None = None
    first_seen: str = ""  # when the hub first accepted it: the date of what has none
    changed: str = ""  # when the hub accepted this version
    content_hash: str = ""

    @property
    def guid(self) -> str:
        """The id of the article in every feed format."""
        return article_guid(self.id)

    @property
    def dated(self) -> str:
        """The date to show and to sort by: published, else when the hub first saw it."""
        return self.published or self.first_seen

    @property
    def revised(self) -> str:
        """When what a reader sees last changed.

        Of a later version: when the hub accepted it. Of the first: `updated`, else `dated`, so
        that an archive brought in today is not all news of today (RFC 4287 section 4.2.15).
        """
        if self.version > 1 and self.changed:
            return self.changed
        return self.updated or self.dated


@dataclass(frozen=True, slots=True)
class Link(Record):
    """A related link inside a feed item. `reason` is a sentence; `rel` as in RFC 8288."""

    url: str
    title: str
    rel: str = "related"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rendition:
    """What one output made of one article version.

    `body` is the document (or the fragment that `assemble` joins); `parts` are further named
    pieces of it, for example ``{"fragment": ...}`` of the html output.
    """

    body: bytes
    parts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A rendition in a feed: the stored bytes, and what the feeds service knows of the article.

    `categories` and `related` change without a new version of the article (a ghost resolves, a
    topic arrives), so they are joined in here and are not part of the rendition.
    """

    article_id: str
    title: str
    url: str  # of the article's page on the hub
    dated: str
    revised: str
    rendition: Rendition
    summary: str = ""
    language: str = "en"
    categories: tuple[Filing, ...] = ()
    related: tuple[Link, ...] = ()
    reason: str = ""  # why it is in this feed, where that isn't plain

    @property
    def guid(self) -> str:
        """The id of the article in every feed format."""
        return article_guid(self.article_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone(Record):
    """An article that was taken back (RFC 6721). `when` is RFC 3339."""

    article_id: str
    when: str
    reason: str = ""

    @property
    def guid(self) -> str:
        """The id that the article had in every feed format."""
        return article_guid(self.article_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Record):
    """The head of a feed. URLs are absolute; `updated` is RFC 3339 and comes from the content."""

    id: str  # an IRI, for life
    title: str
    description: str
    url: str  # the page a person reads
    feed_url: str  # this very document (rel=self)
    updated: str
    language: str = "en"
    hub_name: str = "Seealso"
    publisher: str = ""
    scheme: str = ""  # the category scheme (an IRI): <hub>/topics
    first_url: str | None = None  # RFC 5005 section 3
    next_url: str | None = None
    previous_url: str | None = None
    hubs: tuple[str, ...] = ()
    topics: tuple[Filing, ...] = ()  # topics related to the feed's own, with score and reason
    tombstones: tuple[Tombstone, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)  # of the output (digest: placeholders)
