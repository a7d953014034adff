"""What a page declares about itself in its markup, before anybody reads its text.

    <script type="application/ld+json">  -\\
    <meta property="og:...">, Dublin Core  +--> Declared
    <link rel="canonical">, itemprop="..."-/

JSON-LD comes first, since it is written for machines on purpose; then Open Graph and the article
properties; then Dublin Core and microdata. A value of the wrong type is passed over: no page is
refused for its metadata. Who wrote it, when and under which title is told from more than what is
declared: `seealso_source_page_people`, `_dates` and `_titles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from seealso_sdk import Correction, Lead, Media, Person, Publisher, Rights, Series, links
from seealso_sdk.text import clean
from seealso_source_page_dates import read_date
from seealso_source_page_ld import KINDS, LinkedData, Node, linked_data, types
from seealso_source_page_people import people_of

_TITLE_MAX = 2000  # characters; the hub refuses a title of half of it
_RANK = {name: rank for rank, name in enumerate(KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The page in its own words. `headlines` are candidates for the title, the best first;
    `questions` are (question, answer as HTML) of a QAPage or FAQPage; `where` says of a field where
    it stood; `ld` and `metas` are all that was declared, for the readers of people and dates."""

    ld: LinkedData = field(default_factory=LinkedData)
    metas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    headlines: tuple[str, ...] = ()
    title_tag: str = ""
    site_names: tuple[str, ...] = ()
    summary: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    reviewers: tuple[Person, ...] = ()
    publisher: Publisher | None = None
    series: Series | None = None
    reviewed: str | None = None
    expires: str | None = None
    topics: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    image: Media | None = None
    rights: Rights | None = None
    corrections: tuple[Correction, ...] = ()
    leads: tuple[Lead, ...] = ()
    body: str | None = None
    questions: tuple[tuple[str, str], ...] = ()


def declared(tree: Any, base: str, micro: Mapping[str, tuple[str, ...]]) -> Declared:
    """Read the head, the JSON-LD and the microdata of an lxml tree.

    Args:
        tree: the page.
        base: the address that its links go by.
        micro: values of its microdata and RDFa, by property.
    """
    metas = _metas(tree)
    title_tag = _line(tree.findtext(".//title") or "")[:_TITLE_MAX]
    first = next((_line("".join(h1.itertext())) for h1 in tree.iter("h1")), "")
    canonical = _canonical(tree, metas, base)
    addresses = [url for url in (base, canonical[0]) if url]
    ld = linked_data(tree, addresses, [title_tag, first])
    page = _Page(ld, metas, micro, base, {})
    site = _site_names(page)
    found = Declared(
        ld=ld,
        metas=metas,
        kind=page.noted("kind", _kind(page)),
        headlines=_headlines(page),
        title_tag=title_tag,
        site_names=site,
        summary=page.said(
            "summary", "description", "og:description", "twitter:description", "dc.description"
        ),
        language=_language(tree, page),
        canonical_url=canonical[0] or _canonical_of_data(page),
        reviewers=page.noted(
            "reviewers", (people_of(ld.resolved(ld.get("reviewedBy")), base), "JSON-LD reviewedBy")
        ),
        publisher=_publisher(page),
        series=page.noted("series", (_series(page), "JSON-LD isPartOf")),
        reviewed=page.date(
            "reviewed", "lastReviewed", "dcterms.reviewed", "last-reviewed", "review_date"
        ),
        expires=page.date("expires", "expires", "dcterms.expires", "unavailable_after"),
        topics=_topics(page),
        keywords=_split(page.listed("keywords", "keywords", "news_keywords", "citation_keywords")),
        image=_image(page),
        rights=_rights(tree, page),
        corrections=_corrections(page),
        leads=tuple(_leads(tree, base)),
        body=page.string(ld.main.get("articleBody")),
        questions=tuple(_questions(ld.main, ld)),
        where=page.where,
    )
    if canonical[0]:
        page.where["canonical_url"] = canonical[1]
    return found


@dataclass(frozen=True, slots=True)
class _Page:
    """The three places that a value may stand in, and the way to read one from them. `where` takes
    note of the place, by the article's field."""

    ld: LinkedData
    metas: Mapping[str, tuple[str, ...]]
    micro: Mapping[str, tuple[str, ...]]
    base: str
    where: dict[str, str]

    def string(self, value: Any) -> str | None:
        if isinstance(value, list):
            return next((text for item in value if (text := self.string(item))), None)
        if isinstance(value, Mapping):
            return self.string(value.get("@value") or value.get("name"))
        text = _line(unescape(value)) if isinstance(value, str) else ""
        return text or None

    def found(self, *names: str) -> tuple[tuple[str, ...], str]:
        """All values of the first of these names that has any, and where they stood: JSON-LD,
        meta, microdata."""
        for name in names:
            listed = self.ld.resolved(self.ld.get(name))
            listed = listed if isinstance(listed, list) else [listed]
            found = tuple(text for item in listed if (text := self.string(item)))
            if found:
                return found, f"JSON-LD {name}"
            if found := self.metas.get(name.lower(), ()):
                return found, f"meta {name.lower()}"
            if found := self.micro.get(name, ()):
                return found, f"microdata {name}"
        return (), ""

    def values(self, *names: str) -> tuple[str, ...]:
        return self.found(*names)[0]

    def text(self, *names: str) -> str | None:
        return next(iter(self.values(*names)), None)

    def listed(self, target: str, *names: str) -> tuple[str, ...]:
        """As `values`; notes where they stood."""
        return self.noted(target, self.found(*names)) or ()

    def said(self, target: str, *names: str) -> str | None:
        """As `text`; notes where it stood."""
        return next(iter(self.listed(target, *names)), None)

    def noted(self, target: str, found: tuple[Any, str]) -> Any:
        """The value; notes where it stood, if there is any."""
        value, where = found
        if value and where:
            self.where[target] = where
        return value

    def date(self, target: str, *names: str) -> str | None:
        for name in names:
            values, where = self.found(name)
            for value in values:
                found = read_date(value)
                if found:
                    self.where[target] = where
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
    return links.web_url(value.strip(), base or None)


def _line(text: str) -> str:
    return " ".join(clean(text).replace("\u00ad", "").split())


# --- kind, questions -------------------------------------------------------------------------


def _kind(page: _Page) -> tuple[str | None, str]:
    for name in sorted(types(page.ld.main), key=lambda name: _RANK.get(name, len(_RANK))):
        if KINDS.get(name):
            return KINDS[name], f"JSON-LD {name}"
    og = (page.text("og:type") or "").lower()
    kind = "article" if og == "article" else "video" if og.startswith("video") else None
    return kind, "meta og:type"


def _questions(node: Node, ld: LinkedData) -> Iterator[tuple[str, str]]:
    if "Question" in types(node):
        entities: Any = [node]
    elif {"QAPage", "FAQPage"}.intersection(types(node)):
        entities = ld.resolved(node.get("mainEntity"))
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


# --- the head --------------------------------------------------------------------------------


def _metas(tree: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = _line(meta.get("content") or meta.get("value") or "")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (meta.get(attribute) or "").strip().lower().split():
                if content:
                    found.setdefault(name, []).append(content)
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def _headlines(page: _Page) -> tuple[str, ...]:
    questions = [name for name, _ in _questions(page.ld.main, page.ld)]
    only = questions if len(questions) == 1 else []
    found: list[str] = []
    for name in (
        *("headline", "og:title", "twitter:title", "citation_title", "parsely-title"),
        *("sailthru.title", "dcterms.title", "dc.title"),
    ):
        values, where = page.found(name)
        texts = [unescape(text)[:_TITLE_MAX] for text in values[:1]]
        if texts and "title" not in page.where:
            page.where["title"] = where
        found.extend(texts)
    named = page.string(page.ld.main.get("name"))
    return tuple(dict.fromkeys([*only, *found, *(filter(None, [named]))]))


def _site_names(page: _Page) -> tuple[str, ...]:
    given = page.ld.resolved(page.ld.get("publisher"))
    names = [
        page.string(given),
        *page.metas.get("og:site_name", ()),
        *page.metas.get("application-name", ()),
        *page.metas.get("apple-mobile-web-app-title", ()),
        *page.metas.get("dc.publisher", ()),
        *page.metas.get("citation_publisher", ()),
    ]
    part = page.ld.resolved(page.ld.get("isPartOf"))
    names += [
        page.string(one.get("name"))
        for one in (part if isinstance(part, list) else [part])
        if isinstance(one, dict) and "WebSite" in types(one)
    ]
    return tuple(dict.fromkeys(name for name in names if name))


_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def _language(tree: Any, page: _Page) -> str | None:
    root = tree.getroottree().getroot()
    body = root.find("body")
    xml = "{http://www.w3.org/XML/1998/namespace}lang"
    places = [("html lang", root.get("lang") or root.get(xml))]
    places += [("body lang", body.get("lang"))] if body is not None else []
    names = ("inLanguage", "content-language", "language", "dcterms.language", "dc.language")
    for name in (*names, "og:locale"):
        values, where = page.found(name)
        places += [(where, value) for value in values[:1]]
    for where, value in places:
        tag = (value or "").split(",")[0].strip().replace("_", "-")
        if _TAG.fullmatch(tag) and tag.lower() not in ("und", "mul", "zxx", "xx"):
            page.where["language"] = where
            return tag
    return None


def _canonical(
    tree: Any, metas: Mapping[str, tuple[str, ...]], base: str
) -> tuple[str | None, str]:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split():
            url = web_url(link.get("href"), base)
            if url and _is_sane(url, base):
                return url, "link rel=canonical"
    url = web_url(next(iter(metas.get("og:url", ())), None), base)
    return (url, "meta og:url") if url and _is_sane(url, base) else (None, "")


def _canonical_of_data(page: _Page) -> str | None:
    """The main entity's page, where the head names none."""
    for name in ("mainEntityOfPage", "url"):
        value = page.ld.main.get(name)
        value = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        url = web_url(value, page.base)
        if url and _is_sane(url, page.base) and not url.startswith(f"{page.base}#"):
            page.where["canonical_url"] = f"JSON-LD {name}"
            return url
    return None


_LOCAL = re.compile(
    r"^(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.)|\.(?:local|test|invalid|lan)$"
)


def _is_sane(url: str, base: str) -> bool:
    """Whether an address can be this page's: not the home page where the page is none, not of a
    machine that the site was built on."""
    try:
        there, here = urlsplit(url), urlsplit(base)
    except ValueError:
        return False
    if not there.hostname or _LOCAL.search(there.hostname):
        return bool(here.hostname and there.hostname == here.hostname)
    if not here.hostname:
        return True
    home = there.path.rstrip("/") in ("", "/index.html") and not there.query
    page = here.path.rstrip("/") not in ("", "/index.html") or bool(here.query)
    return not (home and page)


_FEEDS = {
    "application/rss+xml": "application/rss+xml",
    "application/atom+xml": "application/atom+xml",
    "application/feed+json": "application/feed+json",
    "application/json": "application/feed+json",
    "application/rdf+xml": "application/rss+xml",
}
_LEADS_MAX = 20


def _leads(tree: Any, base: str) -> Iterator[Lead]:
    """The feeds that the page announces, and where it can be subscribed to (WebSub section 4)."""
    seen: set[tuple[str, str]] = set()
    for link in tree.iter("link"):
        rels = (link.get("rel") or "").lower().split()
        media_type = (link.get("type") or "").partition(";")[0].strip().lower()
        url = web_url(link.get("href"), base)
        if url is None or len(seen) >= _LEADS_MAX:
            continue
        title = _line(link.get("title") or "") or None
        feed = media_type in _FEEDS and (media_type != "application/json" or "feed" in url)
        for rel in ("hub", "self"):
            if rel in rels and (rel, url) not in seen:
                seen.add((rel, url))
                yield Lead(url=url, rel=rel)
        if feed and {"alternate", "feed"}.intersection(rels) and ("alternate", url) not in seen:
            seen.add(("alternate", url))
            yield Lead(url=url, rel="alternate", title=title, media_type=_FEEDS[media_type])


# --- publisher, series, topics ---------------------------------------------------------------


def _publisher(page: _Page) -> Publisher | None:
    given = page.ld.resolved(page.ld.get("publisher"))
    given = given[0] if isinstance(given, list) and given else given
    name = page.noted("publisher", (page.string(given), "JSON-LD publisher"))
    name = name or page.said(
        "publisher", "og:site_name", "dcterms.publisher", "dc.publisher", "citation_publisher"
    )
    if not name:
        return None
    url = web_url(given.get("url"), page.base) if isinstance(given, dict) else None
    return Publisher(name, url)


def _series(page: _Page) -> Series | None:
    parts = page.ld.resolved(page.ld.get("isPartOf"))
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(part, dict) and any(name.endswith("Series") for name in types(part)):
            title = page.string(part.get("name"))
            if title:
                return Series(title, web_url(part.get("url"), page.base))
    return None


def _topics(page: _Page) -> tuple[str, ...]:
    sections, where = page.found("articleSection", "article:section")
    about = page.ld.resolved(page.ld.get("about"))
    subjects = [page.string(item) for item in (about if isinstance(about, list) else [about])]
    tags = page.metas.get("article:tag", ()) or page.metas.get("dcterms.subject", ())
    tags = tags or page.metas.get("dc.subject", ())
    found = (*_split(sections), *filter(None, subjects), *_split(tags))
    place = where or ("JSON-LD about" if any(subjects) else "meta tags")
    topics: tuple[str, ...] = page.noted("topics", (tuple(dict.fromkeys(found)), place))
    return topics


def _split(values: Iterable[str]) -> tuple[str, ...]:
    parts = (part.strip() for value in values for part in re.split(r"[,;]", value))
    return tuple(dict.fromkeys(part for part in parts if part))


def _corrections(page: _Page) -> tuple[Correction, ...]:
    """`correction` of schema.org: a text or a CorrectionComment, with the day that it names or else
    that of the last change."""
    given = page.ld.resolved(page.ld.get("correction"))
    found = []
    for item in given if isinstance(given, list) else [given]:
        text = item.get("text") if isinstance(item, dict) else item
        dated = item.get("datePublished") if isinstance(item, dict) else None
        when = read_date(str(dated or page.ld.get("dateModified") or ""))
        note = page.string(text)
        if note and when and not note.startswith("http"):
            found.append(Correction(at=when, text=note))
    corrections: tuple[Correction, ...] = page.noted(
        "corrections", (tuple(found), "JSON-LD correction")
    )
    return corrections


# --- image and rights ------------------------------------------------------------------------


def _image(page: _Page) -> Media | None:
    given = page.ld.resolved(page.ld.get("image"))
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
