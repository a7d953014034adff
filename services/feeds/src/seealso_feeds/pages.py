"""The pages that people read: what each one shows, and its HTML.

    conn ──load──> a page (records, no bodies but one article's) ──> PageDraft ──> template ──> HTML

Templates are in ``templates/``, with autoescape; only what the html output has made (sanitised at
ingest) and the newsletter's box go in as markup. Pages need no script.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from seealso_related.articles import RelatedArticle
from seealso_related.topics import RelatedTopic
from seealso_sdk import phrases
from seealso_sdk.model import Article, Filing
from seealso_sdk.plugin import OutputMeta
from seealso_store.feeds import SeeAlsoLine, Told
from seealso_store.topics import GHOST, Topic, TopicCount
from sqlalchemy import Connection

from seealso_feeds.documents import (
    PAGE_CACHING,
    Hub,
    Page,
    Place,
    WebLink,
    article_path,
    paged,
    series_path,
    topic_path,
)
from seealso_feeds.serve import Make, fingerprint_of

KINDS: Mapping[str, str] = {
    "qa": "Question and answer",
    "article": "Article",
    "news": "News",
    "infographic": "Infographic",
    "video": "Video",
    "page": "Page",
}
HTML = "text/html; charset=utf-8"


# --- what pages show -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A link to a feed or to another format, as a page shows it."""

    url: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class StartPage:
    """The hub's front door."""

    lines: tuple[Told, ...]
    topics: tuple[TopicCount, ...]
    topics_total: int
    articles_total: int
    feeds: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True)
class TopicsPage:
    """The index of topics. `near`: suggestions for a query, else the ghosts named most."""

    query: str
    letter: str
    initials: tuple[str, ...]
    topics: tuple[TopicCount, ...]
    near: tuple[TopicCount, ...]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class TopicPage:
    """A topic."""

    topic: Topic
    lines: tuple[Told, ...]
    place: Place
    related: tuple[RelatedTopic, ...]
    asked: int
    feeds: tuple[FeedLink, ...]

    @property
    def ghost(self) -> bool:
        """Known by name only."""
        return self.topic.origin == GHOST


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list of articles: the newest, or a series."""

    section: str
    kicker: str
    title: str
    description: str
    path: str
    lines: tuple[Told, ...]
    place: Place
    feeds: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article. `rendition` is the hash of the html output's, "" while there is none.

    `signups`: (slug, label) of the topics whose newsletter the source page had a box for.
    """

    article: Article
    rendition: str
    series_slug: str
    categories: tuple[Filing, ...]
    see_also: tuple[SeeAlsoLine, ...]
    related: tuple[RelatedArticle, ...]
    signups: tuple[tuple[str, str], ...]
    formats: tuple[FeedLink, ...]
    related_feeds: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Something to say instead of a document. `near`: (label, path) of what may have been meant."""

    title: str
    paragraphs: tuple[str, ...]
    near: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PageHead:
    """What stands in a page's head. `links`: autodiscovery, and the pages beside it."""

    title: str
    description: str = ""
    canonical: str = ""
    links: tuple[WebLink, ...] = ()


# --- the draft of a page -------------------------------------------------------------------------

Parts = Callable[[Connection], Mapping[str, Any]]  # reads what is in no page record: bodies


def _no_parts(conn: Connection) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class PageDraft:
    """A page before it is HTML (see `seealso_feeds.serve.Draft`)."""

    hub: Hub
    template: str
    head: PageHead
    page: object
    touched: int
    parts: Parts = field(default=_no_parts, repr=False)
    extra: str = ""  # what else decides the bytes

    @property
    def fingerprint(self) -> str:
        """Of all that is shown, and of the templates."""
        return fingerprint_of(self.template, self.head, self.page, self.extra, templates_hash())

    @property
    def media_type(self) -> str:
        """HTML."""
        return HTML

    @property
    def caching(self) -> str:
        """Browsers ask again each time: a page that was withdrawn is gone at once."""
        return PAGE_CACHING

    @property
    def links(self) -> tuple[WebLink, ...]:
        """The same as in the head, for those who only read headers."""
        return self.head.links

    def prepare(self, conn: Connection) -> Make:
        """Read the bodies that the page shows."""
        given = self.parts(conn)
        return lambda: render(self.hub, self.template, self.head, self.page, given)


def render(
    hub: Hub, template: str, head: PageHead, page: object, parts: Mapping[str, Any]
) -> bytes:
    """The page as HTML, UTF-8."""
    html = (
        _templates()
        .get_template(template)
        .render(hub=hub, head=head, page=page, stylesheet=stylesheet_path(), **parts)
    )
    return html.encode("utf-8", "replace")


_OPEN, _CLOSE = '<section class="seealso-see-also">', "</section>"


def reading(article: Article, see_also: Sequence[SeeAlsoLine], fragment: str | None) -> Markup:
    """The article itself: the html output's fragment, or the same from the article while that
    output has none; the editor's list in it says what answers each title now."""
    words = phrases.phrases(article.language)
    macros: Any = _templates().get_template("_see_also.html").module
    listed = macros.see_also(see_also, words.see_also) if see_also else ""
    if fragment is None:
        body = Markup(article.body_html)  # noqa: S704  # sanitised at ingest (the body profile)
        template = _templates().get_template("reading.html")
        return Markup(template.render(article=article, words=words, body=body, listed=listed))  # noqa: S704
    # The fragment was made with the version, when fewer of its titles had an article.
    head, opened, rest = fragment.rpartition(_OPEN)
    tail = rest.partition(_CLOSE)[2] if opened else ""
    made = (head, listed, tail) if opened else (fragment, listed, "")
    return Markup("".join(map(str, made)))  # noqa: S704  # the html output's, from a sanitised body


def data_block(jsonld: bytes) -> Markup:
    """JSON-LD as a script element: data, which is never run. The output has escaped every ``<``."""
    return Markup('<script type="application/ld+json">{}</script>').format(
        Markup(jsonld.decode().replace("<", "\\u003c"))  # noqa: S704  # no "<" can end the element
    )


# --- the stylesheet ------------------------------------------------------------------------------


@cache
def stylesheet() -> bytes:
    """The one stylesheet."""
    return resources.files("seealso_feeds").joinpath("static/seealso.css").read_bytes()


@cache
def stylesheet_path() -> str:
    """Its path, which has its hash: it can be kept for ever."""
    return f"/static/seealso.{hashlib.sha256(stylesheet()).hexdigest()[:16]}.css"


@cache
def icon() -> bytes:
    """The hub's mark: one that becomes three."""
    return resources.files("seealso_feeds").joinpath("static/favicon.png").read_bytes()


@cache
def templates_hash() -> str:
    """Changes when any template or the stylesheet does."""
    digest = hashlib.sha256(stylesheet())
    folder = resources.files("seealso_feeds").joinpath("templates")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


# --- the templates -------------------------------------------------------------------------------


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("seealso_feeds"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        article_path=article_path,
        topic_path=topic_path,
        series_path=series_path,
        paged=_paged,
        counted=counted,
        kind=lambda kind: KINDS.get(kind, kind),
        day=lambda value: phrases.spoken_date(value[:10], "en") if value else "",
        spoken=phrases.spoken_date,
        dir=phrases.direction,
        tag=phrases.language_tag,
        names=lambda people, language: phrases.join_names([p.name for p in people], language),
    )
    return environment


def _paged(path: str, page: Page) -> str:
    return paged(path, page)


def counted(number: int, noun: str) -> str:
    """``1,204 articles``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def feed_links_shown(links: Sequence[WebLink], metas: Sequence[OutputMeta]) -> tuple[FeedLink, ...]:
    """Autodiscovery links as a page shows them."""
    return tuple(
        FeedLink(link.url, link.type, meta.title) for link, meta in zip(links, metas, strict=True)
    )
