"""What an address turned out to be, and where a page says that there is more to read.

    bytes --kind_of--> feed, sitemap, page, other
    page --is_front?--> a home page or list: its articles are in its feed, it is none itself
    page --offers--> feeds: <link rel=alternate type=...> (HTML, "Link type alternate"), else <a>
    feeds --best--> the one that an operator means

Pure, and made for bytes of foreign hands: what is looked at is bounded, each pattern is linear.
Only what stands in tags is needed here, so no tree is built.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Literal
from urllib.parse import urlsplit

from seealso_sdk.links import web_url

from seealso_ingest import recognise, sources
from seealso_ingest.errors import InputRefused

Kind = Literal["feed", "sitemap", "page", "other"]

MAX_LOOK = 2_000_000  # bytes of a page; feeds are announced in its head, or linked in its foot
MAX_OFFERS = 50

_HEAD = 4096
_GZIP = b"\x1f\x8b"
_FEED_ROOTS = frozenset({b"rss", b"feed", b"RDF"})
_FEED_TYPES = frozenset({
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
    "application/xml", "text/xml",
})  # fmt: skip
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A feed that a page names. `declared`: by a link element, else by an ordinary link."""

    url: str  # absolute
    media_type: str = ""
    title: str = ""
    declared: bool = True


# --- what it is ------------------------------------------------------------------------------


def kind_of(data: bytes, media_type: str) -> Kind:
    """What the bytes of an address are: their root decides, the declared type where it must."""
    head = _unpacked(data)
    root = sources.root_of(head)
    if root in _FEED_ROOTS:
        return "feed"
    if recognise.xml_format(head) == recognise.SITEMAP:
        return "sitemap"
    try:
        sniffed = sources.sniff(head)
    except InputRefused:
        return "other"
    if sniffed == "application/feed+json":
        return "feed"
    if sniffed == "text/html" or root in (b"html", b"HTML"):
        return "page"
    if sniffed == "text/plain" and media_type == "text/plain" and _is_list_of_urls(head):
        return "sitemap"
    return "page" if media_type in _HTML_TYPES else "other"


def _unpacked(data: bytes) -> bytes:
    """The beginning; of a packed one (``sitemap.xml.gz``) of what is in it."""
    if not data.startswith(_GZIP):
        return data[:_HEAD]
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data[: 4 * _HEAD], _HEAD)
    except zlib.error:
        return b""


def _is_list_of_urls(head: bytes) -> bool:
    lines = [line.strip() for line in head.removeprefix(b"\xef\xbb\xbf").splitlines()]
    whole = [line for line in (lines[:-1] if len(head) >= _HEAD else lines) if line]
    return bool(whole) and all(line.startswith((b"http://", b"https://")) for line in whole)


# --- what a page says ------------------------------------------------------------------------

# A tag ends before the next "<" at the latest, so that no byte is looked at twice.
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript)\b[^<>]*+>.*?(?:</\1\s*+>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(
    r"<(link|a|base|meta|body)\b((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)>", re.IGNORECASE
)
_ATTRIBUTE = re.compile(
    r"(?<![-\w:])([a-zA-Z][-\w:]*+)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))"
)
_SCRIPT = re.compile(r"<script\b([^<>]*+)>(.*?)(?:</script|\Z)", re.IGNORECASE | re.DOTALL)
_TYPES = re.compile(r"\"@type\"\s*+:\s*+(?:\"(\w++)\"|\[([^\]\[{}:]{0,500}+)\])")


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    attributes: dict[str, str]

    def get(self, name: str) -> str:
        return self.attributes.get(name, "").strip()


def _tags(html: str) -> Iterator[_Tag]:
    for match in _TAG.finditer(_HIDDEN.sub(" ", html)):
        found: dict[str, str] = {}
        for one in _ATTRIBUTE.finditer(match[2]):
            found.setdefault(one[1].lower(), unescape(one[2] or one[3] or one[4] or ""))
        yield _Tag(match[1].lower(), found)


def _text(data: bytes, charset: str | None) -> str:
    """Names and addresses are ASCII in every charset of the web but the wide ones."""
    try:
        return data[:MAX_LOOK].decode(charset or "utf-8", errors="replace")
    except LookupError:
        return data[:MAX_LOOK].decode("utf-8", errors="replace")


def offers(data: bytes, url: str, charset: str | None = None) -> tuple[Offer, ...]:
    """The feeds that a page names, in its order, each once; those of link elements alone, where
    there are any.

    Args:
        data: the page's bytes.
        url: where it came from, after redirects.
        charset: as declared; only the titles depend on it.
    """
    declared: dict[str, Offer] = {}
    linked: dict[str, Offer] = {}
    base = url
    for tag in _tags(_text(data, charset)):
        if tag.name == "base":
            base = web_url(tag.get("href"), url) or base
        elif tag.name == "link" and _is_alternate(tag):
            _keep(declared, tag, base)
        elif tag.name == "a" and _looks_like_a_feed(tag):
            _keep(linked, tag, base, declared=False)
    return tuple((declared or linked).values())


def _keep(found: dict[str, Offer], tag: _Tag, base: str, *, declared: bool = True) -> None:
    address = web_url(tag.get("href"), base)
    if address is None or len(found) >= MAX_OFFERS:
        return
    kind, _, _ = tag.get("type").lower().partition(";")
    title = " ".join(tag.get("title").split())[:200]
    found.setdefault(
        address, Offer(url=address, media_type=kind.strip(), title=title, declared=declared)
    )


def _is_alternate(tag: _Tag) -> bool:
    rels = tag.get("rel").lower().split()
    kind = tag.get("type").lower().partition(";")[0].strip()
    return (
        kind in _FEED_TYPES and ("alternate" in rels or "feed" in rels) and "stylesheet" not in rels
    )


_FEED_PATH = re.compile(
    r"(?:/(?:feed|feeds|rss|atom)/?|/(?:[\w-]*+\.)?(?:rss|atom|rdf)|/(?:feed|rss|atom|index)\.(?:xml|json))\Z",
    re.IGNORECASE,
)


def _looks_like_a_feed(tag: _Tag) -> bool:
    href = tag.get("href")
    if tag.get("type").lower().partition(";")[0].strip() in _FEED_TYPES - {
        "text/xml",
        "application/xml",
    }:
        return True
    try:
        return bool(href) and _FEED_PATH.search(urlsplit(href[:1000]).path[-200:]) is not None
    except ValueError:
        return False


_SIDE = re.compile(
    r"comment|kommentar|commentaire|comentario|reacties|/tag/|/category/|/author/", re.IGNORECASE
)


def best(found: Iterable[Offer], url: str) -> Offer | None:
    """The feed of the page's articles: of comments or of a part only where there is no other, of
    this host before others, else the first one, as browsers took it."""
    host = _host(url)
    ranked = [
        (bool(_SIDE.search(f"{offer.title} {offer.url}")), _host(offer.url) != host, at, offer)
        for at, offer in enumerate(found)
    ]
    return min(ranked, key=lambda one: one[:3])[3] if ranked else None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


# --- is it a list? ---------------------------------------------------------------------------

_ROOT_PATH = re.compile(
    r"/?(?:[a-z]{2}(?:[-_][a-zA-Z]{2})?/?)?(?:(?:index|default|home)(?:\.[a-z]{3,5})?)?\Z"
)
_ARTICLES = frozenset({
    "Article", "NewsArticle", "BlogPosting", "Report", "ScholarlyArticle", "TechArticle", "QAPage",
    "MedicalWebPage", "OpinionNewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "Recipe",
    "ReviewNewsArticle", "HowTo",
})  # fmt: skip
_LISTS = frozenset({"CollectionPage", "SearchResultsPage"})
_LIST_CLASSES = frozenset({"home", "archive", "category", "tag", "blog", "search-results"})
_ARTICLE_CLASSES = frozenset({"single", "single-post"})


def is_front(data: bytes, url: str, charset: str | None = None) -> bool:
    """Whether a page is a home page or a list of articles, and no article itself.

    What it declares comes first: types of JSON-LD, ``og:type``, the classes that content systems
    put on ``body``. Then the address of a site's root (with a language, or an index file) speaks
    for a home page, though it may declare the articles that it lists. In doubt it is an article:
    that is what was asked for.
    """
    html = _text(data, charset)
    types = _declared_types(html)
    kinds, classes = _marks(html)
    if types & _LISTS:
        return True
    if "article" in kinds or classes & _ARTICLE_CLASSES:
        return False
    is_root = _ROOT_PATH.match(urlsplit(url).path) is not None
    if is_root or classes & _LIST_CLASSES:
        return True
    return "Blog" in types and not types & _ARTICLES


def _marks(html: str) -> tuple[set[str], set[str]]:
    """What Open Graph calls the page, and the classes of its body."""
    kinds: set[str] = set()
    classes: set[str] = set()
    for tag in _tags(html):
        name = tag.get("property").lower()
        if name == "og:type":
            kinds.add(tag.get("content").lower())
        elif name == "article:published_time":
            kinds.add("article")
        elif tag.name == "body":
            classes |= set(tag.get("class").lower().split())
    return kinds, classes


def _declared_types(html: str) -> set[str]:
    found: set[str] = set()
    for block in _SCRIPT.finditer(html):
        if "application/ld+json" not in block[1].lower():
            continue
        for one in _TYPES.finditer(block[2]):
            found |= {one[1]} if one[1] else set(re.findall(r"\w+", one[2]))
    return found
