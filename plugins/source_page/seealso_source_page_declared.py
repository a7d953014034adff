"""What a page declares about itself in its markup, before anybody reads its text.

    <script type="application/ld+json">  -\\
    <meta property="og:...">, Dublin Core  +--> Declared
    <link rel="canonical">, itemprop="..."-/

JSON-LD comes first, since it is written for machines on purpose; then Open Graph and the article
properties; then Dublin Core and microdata. A value of the wrong type is passed over: no page is
refused for its metadata.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin

from seealso_sdk import Media, Person, Publisher, Rights, Series
from seealso_sdk.bylines import first_date
from seealso_sdk.dates import normalised
from seealso_sdk.text import clean

_LD_MAX = 1_000_000  # characters of one script
_LD_NODES = 2000
_LD_DEPTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The page in its own words. `headlines` are candidates for the title, the best first;
    `questions` are (question, answer as HTML) of a QAPage or FAQPage."""

    kind: str | None = None
    headlines: tuple[str, ...] = ()
    title_tag: str = ""
    summary: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    authors: tuple[Person, ...] = ()
    reviewers: tuple[Person, ...] = ()
    publisher: Publisher | None = None
    series: Series | None = None
    published: str | None = None
    updated: str | None = None
    reviewed: str | None = None
    expires: str | None = None
    topics: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    image: Media | None = None
    rights: Rights | None = None
    body: str | None = None
    questions: tuple[tuple[str, str], ...] = ()


def declared(tree: Any, base: str) -> Declared:
    """Read the head, the JSON-LD and the microdata of an lxml tree. `base` resolves links."""
    page = _Page(_main_node(_ld_nodes(tree)), _metas(tree), _microdata(tree), base)
    return Declared(
        kind=_kind(page),
        headlines=_headlines(page),
        title_tag=_line(tree.findtext(".//title") or ""),
        summary=page.text("description", "og:description", "twitter:description", "dc.description"),
        language=_language(tree, page),
        canonical_url=_canonical(tree, page),
        authors=_authors(page),
        reviewers=_people(page.ld.get("reviewedBy"), base),
        publisher=_publisher(page),
        series=_series(page),
        published=page.date("datePublished", *_PUBLISHED) or page.date("uploadDate"),
        updated=page.date("dateModified", *_MODIFIED),
        reviewed=page.date("lastReviewed", "dcterms.reviewed", "last-reviewed", "review_date"),
        expires=page.date("expires", "dcterms.expires", "unavailable_after"),
        topics=_topics(page),
        keywords=_split(page.values("keywords", "news_keywords", "citation_keywords")),
        image=_image(page),
        rights=_rights(tree, page),
        body=page.string(page.ld.get("articleBody")),
        questions=tuple(_questions(page.ld)),
    )


_PUBLISHED = (
    "article:published_time",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.date",
    "dc.date",
    "citation_publication_date",
    "citation_date",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publish_date",
    "date",
)
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "last-updated",
    "revised",
)


@dataclass(frozen=True, slots=True)
class _Page:
    """The three places that a value may stand in, and the way to read one from them."""

    ld: Mapping[str, Any]
    metas: Mapping[str, tuple[str, ...]]
    micro: Mapping[str, tuple[str, ...]]
    base: str

    def string(self, value: Any) -> str | None:
        if isinstance(value, list):
            return next((text for item in value if (text := self.string(item))), None)
        if isinstance(value, Mapping):
            return self.string(value.get("@value") or value.get("name"))
        text = _line(unescape(value)) if isinstance(value, str) else ""
        return text or None

    def values(self, *names: str) -> tuple[str, ...]:
        """All values of the first of these names that has any: JSON-LD, meta, microdata."""
        for name in names:
            listed = self.ld.get(name)
            listed = listed if isinstance(listed, list) else [listed]
            found = tuple(text for item in listed if (text := self.string(item)))
            found = found or self.metas.get(name.lower(), ()) or self.micro.get(name, ())
            if found:
                return found
        return ()

    def text(self, *names: str) -> str | None:
        return next(iter(self.values(*names)), None)

    def date(self, *names: str) -> str | None:
        for name in names:
            for value in self.values(name):
                found = _date(value)
                if found:
                    return found
        return None

    def url(self, value: Any) -> str | None:
        if isinstance(value, list):
            return next((url for item in value if (url := self.url(item))), None)
        if isinstance(value, Mapping):
            value = value.get("url") or value.get("contentUrl") or value.get("@id")
        return web_url(value, self.base)


def web_url(value: Any, base: str) -> str | None:
    """An absolute http or https address, or None."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        url = urljoin(base, value.strip())
    except ValueError:  # what urllib says of a bracket out of place
        return None
    return url if url.startswith(("http://", "https://")) else None


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _date(value: str) -> str | None:
    try:
        return normalised(value)
    except ValueError:
        return first_date(value)


# --- JSON-LD ---------------------------------------------------------------------------------

# The page's own node is the first of the earliest kind here; what is not listed is about something
# else on the page (the site, its owner, the breadcrumbs).
_KINDS = {
    "QAPage": "qa",
    "FAQPage": "qa",
    "NewsArticle": "news",
    "ReportageNewsArticle": "news",
    "AnalysisNewsArticle": "news",
    "BackgroundNewsArticle": "news",
    "LiveBlogPosting": "news",
    "MedicalScholarlyArticle": "article",
    "ScholarlyArticle": "article",
    "TechArticle": "article",
    "BlogPosting": "article",
    "SocialMediaPosting": "article",
    "OpinionNewsArticle": "article",
    "AdvertiserContentArticle": "article",
    "Report": "article",
    "HowTo": "article",
    "Article": "article",
    "VideoObject": "video",
    "MedicalWebPage": "article",
    "Question": "qa",
    "AboutPage": "page",
    "ContactPage": "page",
    "ItemPage": "page",
    "WebPage": None,
}
_RANK = {name: rank for rank, name in enumerate(_KINDS)}
_WRAPPED = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$")


def _ld_nodes(tree: Any) -> list[Mapping[str, Any]]:
    nodes: list[Mapping[str, Any]] = []
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        text = _WRAPPED.sub("", script.text or "")
        if len(text) > _LD_MAX:
            continue
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        nodes.extend(_walk(data, 0))
    return nodes[:_LD_NODES]


def _walk(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """The nodes that can be the page: top level, lists, @graph, and the main entity of each."""
    if depth > _LD_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _walk(value.get(name), depth + 1)


def _types(node: Mapping[str, Any]) -> list[str]:
    given = node.get("@type")
    listed = given if isinstance(given, list) else [given]
    return [str(item).rpartition("/")[2].rpartition(":")[2] for item in listed if item]


def _main_node(nodes: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    ranked = [
        (min(_RANK[name] for name in _types(node) if name in _RANK), at, node)
        for at, node in enumerate(nodes)
        if any(name in _RANK for name in _types(node))
    ]
    return min(ranked, key=lambda item: item[:2])[2] if ranked else {}


def _kind(page: _Page) -> str | None:
    for name in sorted(_types(page.ld), key=lambda name: _RANK.get(name, len(_RANK))):
        if _KINDS.get(name):
            return _KINDS[name]
    og = (page.text("og:type") or "").lower()
    return "article" if og == "article" else "video" if og.startswith("video") else None


def _questions(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "Question" in _types(node):
        entities: Any = [node]
    elif {"QAPage", "FAQPage"}.intersection(_types(node)):
        entities = node.get("mainEntity")
    else:
        return
    for entity in entities if isinstance(entities, list) else [entities]:
        if not isinstance(entity, dict):
            continue
        answers = entity.get("acceptedAnswer") or entity.get("suggestedAnswer")
        answer = answers[0] if isinstance(answers, list) and answers else answers
        text = answer.get("text") if isinstance(answer, dict) else None
        name = entity.get("name")
        if isinstance(name, str) and isinstance(text, str) and name.strip() and text.strip():
            yield _line(unescape(name)), clean(text)


# --- the head and microdata ------------------------------------------------------------------


def _metas(tree: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = _line(meta.get("content") or "")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (meta.get(attribute) or "").strip().lower()
            if name and content:
                found.setdefault(name, []).append(content)
    return {name: tuple(values) for name, values in found.items()}


_MICRO = frozenset(
    ("headline", "datePublished", "dateModified", "lastReviewed", "author", "articleSection")
)
_MICRO_MAX = 300  # characters of a value


def _microdata(tree: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter():
        for name in (element.get("itemprop") or "").split():
            if name not in _MICRO:
                continue
            value = element.get("content") or element.get("datetime")
            text = _line(value or "".join(element.itertext()))
            if 0 < len(text) <= _MICRO_MAX:
                found.setdefault(name, []).append(text)
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def _headlines(page: _Page) -> tuple[str, ...]:
    questions = [name for name, _ in _questions(page.ld)]
    only = questions if len(questions) == 1 else []
    names = ("headline", "og:title", "twitter:title", "citation_title", "dcterms.title", "dc.title")
    found = [text for name in names if (text := page.text(name))]
    return tuple(dict.fromkeys([*only, *found, *(filter(None, [page.text("name")]))]))


def _language(tree: Any, page: _Page) -> str | None:
    root = tree.getroottree().getroot()
    given = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    found = given or page.text("inLanguage", "content-language", "dcterms.language", "dc.language")
    found = found or page.text("og:locale")
    tag = (found or "").split(",")[0].strip().replace("_", "-")
    return tag if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", tag) else None


def _canonical(tree: Any, page: _Page) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            return web_url(link.get("href"), page.base)
    return web_url(page.text("og:url"), page.base)


# --- people, publisher, series, topics -------------------------------------------------------

_BY = re.compile(r"^(?:by|por|von|par|di|door)\s+", re.IGNORECASE)
_NAME_MAX = 120
_NO_NAME = re.compile(
    r"https?://|@|[<>{}|]|^\d+$|^(?:admin|administrator|editor|staff|webmaster)$",
    re.IGNORECASE,
)


def _people(value: Any, base: str) -> tuple[Person, ...]:
    """People or organisations of a JSON-LD value, by name, each once."""
    found: dict[str, Person] = {}
    for item in value if isinstance(value, list) else [value]:
        name = item.get("name") if isinstance(item, dict) else item
        names = name if isinstance(name, list) else [name]
        url = web_url(item.get("url"), base) if isinstance(item, dict) else None
        for text in names:
            tidy = _BY.sub("", _line(unescape(text))) if isinstance(text, str) else ""
            if tidy and len(tidy) <= _NAME_MAX and not _NO_NAME.search(tidy):
                found.setdefault(tidy, Person(tidy, url))
    return tuple(found.values())


def _authors(page: _Page) -> tuple[Person, ...]:
    declared_ones = _people(page.ld.get("author"), page.base)
    if declared_ones:
        return declared_ones
    for name in ("citation_author", "author", "article:author", "dc.creator", "dcterms.creator"):
        values = page.metas.get(name) or page.micro.get(name) or ()
        found = _people(list(values), page.base)
        if found:
            return found
    return ()


def _publisher(page: _Page) -> Publisher | None:
    given = page.ld.get("publisher")
    given = given[0] if isinstance(given, list) and given else given
    name = page.string(given) or page.text("og:site_name", "dcterms.publisher", "dc.publisher")
    if not name:
        return None
    url = web_url(given.get("url"), page.base) if isinstance(given, dict) else None
    return Publisher(name, url)


def _series(page: _Page) -> Series | None:
    parts = page.ld.get("isPartOf")
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, dict) and any(name.endswith("Series") for name in _types(part)):
            title = page.string(part.get("name"))
            if title:
                return Series(title, web_url(part.get("url"), page.base))
    return None


def _topics(page: _Page) -> tuple[str, ...]:
    sections = page.values("articleSection") or page.metas.get("article:section", ())
    about = page.ld.get("about")
    subjects = [page.string(item) for item in (about if isinstance(about, list) else [about])]
    tags = page.metas.get("article:tag", ()) or page.metas.get("dcterms.subject", ())
    tags = tags or page.metas.get("dc.subject", ())
    found = (*_split(sections), *filter(None, subjects), *_split(tags))
    return tuple(dict.fromkeys(found))


def _split(values: Iterable[str]) -> tuple[str, ...]:
    parts = (part.strip() for value in values for part in re.split(r"[,;]", value))
    return tuple(dict.fromkeys(part for part in parts if part))


# --- image and rights ------------------------------------------------------------------------


def _image(page: _Page) -> Media | None:
    given = page.ld.get("image")
    given = given[0] if isinstance(given, list) and given else given
    url = page.url(given)
    if url and isinstance(given, dict):
        return Media(
            url=url,
            alt=page.string(given.get("caption")),
            width=pixels(given.get("width")),
            height=pixels(given.get("height")),
            credit=page.string(given.get("creditText")),
        )
    url = url or web_url(page.text("og:image:secure_url", "og:image", "twitter:image"), page.base)
    return (
        Media(
            url=url,
            alt=page.text("og:image:alt", "twitter:image:alt"),
            type=page.text("og:image:type"),
            width=pixels(page.text("og:image:width")),
            height=pixels(page.text("og:image:height")),
        )
        if url
        else None
    )


_PIXELS = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*\Z", re.ASCII)


def pixels(value: Any) -> int | None:
    """A width or height in pixels; None for percentages and nonsense."""
    match = _PIXELS.match(str(value)) if isinstance(value, str | int | float) else None
    return int(match[1]) or None if match else None


def _rights(tree: Any, page: _Page) -> Rights | None:
    name = page.string(page.ld.get("license"))
    url = web_url(page.ld.get("license"), page.base) if name else None
    for link in () if name else tree.iter("link", "a"):
        if "license" in (link.get("rel") or "").lower().split():
            url = web_url(link.get("href"), page.base)
            name = _line("".join(link.itertext())) or url
            break
    notice = page.text("copyrightNotice", "dcterms.rights", "dc.rights", "copyright", "rights")
    return Rights(license=name, attribution=notice, url=url) if name or notice else None
