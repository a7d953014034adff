"""Reads an HTML page: one article, with what stands around it typed or left out.

    bytes --charset, guards--> lxml tree
      --declared metadata--> --title--> --"See also" lists--> --sign-ups, adverts--> --bylines-->
    what is left --trafilatura--> body --> RawArticle

What the page declares of itself (JSON-LD, Open Graph, Dublin Core: `seealso_source_page_declared`)
comes before what can be read from its text. The related lists, sign-ups and bylines are taken out
of the tree before trafilatura sees it, by the same words as in a plain-text copy of the page
(`seealso_sdk.furniture`, `seealso_sdk.bylines`). Where no date is declared, htmldate looks for one.

The title is the longest heading that the page's declared titles contain: that rule is right more
often than any library's (title of 8 pages in 10, exactly).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from lxml import etree, html
from seealso_sdk import (
    Correction,
    Media,
    Person,
    Problem,
    Promo,
    RawArticle,
    RawInput,
    SeeAlso,
    Series,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.bylines import Meta, read_correction, read_meta
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.furniture import (
    ADVERT,
    NEWSLETTER,
    TITLE_MAX,
    furniture_kinds,
    is_question,
    kind_named,
    promo_about,
    related_heading,
    series_named,
)
from seealso_sdk.languages import guess_language
from seealso_sdk.text import clean, fold
from seealso_source_page_declared import Declared, declared, pixels, web_url

MAX_BYTES = 10 * 1024 * 1024

# --- bytes to tree ---------------------------------------------------------------------------

_MOST_TAGS = 100_000
_DEEPEST = 200  # elements; libxml2 itself stops at 256, without a word
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|"
    rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
_SNIFFED = 4096  # bytes; the HTML Standard asks for the first 1024
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,8}));?", re.IGNORECASE)


def _text_of(raw: RawInput) -> str | Problem:
    data = raw.data
    if not data.strip():
        return Problem(code="empty", detail="the input is empty", remedy="Send a page.")
    if len(data) > MAX_BYTES:
        detail = f"{len(data)} bytes of HTML are over the limit of {MAX_BYTES}"
        return Problem(code="too-large", detail=detail, remedy="Send the article alone.")
    if b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        detail = "the input has NUL bytes: this is no HTML"
        return Problem(code="binary", detail=detail, remedy="Send the page's HTML.")
    hint = _META_CHARSET.search(data[:_SNIFFED])
    hinted = (hint[1] or hint[2]).decode("ascii") if hint else None
    try:
        return decode(data, raw.charset, hinted)
    except CharsetUnknown as error:
        remedy = "Send UTF-8, or name the charset."
        return Problem(code="charset-unknown", detail=str(error), remedy=remedy)


def _tree_of(text: str) -> Any:
    """The parsed page, or the Problem with it."""
    if text.count("<") > _MOST_TAGS:
        detail = f"the page has over {_MOST_TAGS} tags"
        return Problem(code="too-complex", detail=detail, remedy="Send the article alone.")
    legal = _REFERENCE.sub(_legal_reference, clean(_XML_DECLARATION.sub("", text)))
    # Bytes, because libxml2 obeys a charset that the page declares, and this text has none left.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(legal.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        detail = f"nothing could be read as HTML: {error}"
        return Problem(code="empty", detail=detail, remedy="Send a page with text in it.")
    if _depth(tree) > _DEEPEST:
        detail = f"elements are nested more than {_DEEPEST} deep"
        return Problem(code="too-deep", detail=detail, remedy="Send the article alone.")
    return tree


def _legal_reference(match: re.Match[str]) -> str:
    """A character that XML can't hold is none in HTML either, however it is written."""
    number = int(match[1], 16) if match[1] else int(match[2])
    return match[0] if number < 0x110000 and clean(chr(number)) else ""


def _depth(tree: Any) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


# --- title -----------------------------------------------------------------------------------

_HEADING_LEAST = 8  # characters
_HEAD_LEAST = 15  # characters that must be left of a title that is cut at its site's name
_SITE_NAME = re.compile(r"\s+[|·•–—-]\s+|\s+::\s+|\s*[»›]\s*")


def _title(tree: Any, page: Declared) -> str:
    """The longest h1 or h2 that a declared title contains, else a declared title without its
    site's name."""
    titles = [*page.headlines, page.title_tag]
    folded = [fold(title) for title in titles]
    headings = [_line(element) for element in tree.iter("h1", "h2")]
    fitting = [
        heading
        for heading in headings
        if len(heading) >= _HEADING_LEAST and any(fold(heading) in title for title in folded)
    ]
    if fitting:
        return max(fitting, key=len)
    for title in page.headlines:
        head = re.split(r" \| | - ", title, maxsplit=1)[0].strip()
        return head if len(head) >= _HEAD_LEAST else title
    # A title tag alone may be the site's: the page's one h1 says more.
    firsts = [_line(element) for element in tree.iter("h1")]
    if len(firsts) == 1 and len(firsts[0]) >= _HEADING_LEAST:
        return firsts[0]
    if page.title_tag:
        return max(_SITE_NAME.split(page.title_tag), key=len).strip()
    return next((heading for heading in headings if heading), "")


def _line(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _longer(element: Any, characters: int) -> bool:
    """Whether the element holds more text than this; reads no further than it must."""
    for text in element.itertext():
        characters -= len(text)
        if characters < 0:
            return True
    return False


# --- the page as blocks ----------------------------------------------------------------------

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "button", "caption", "dd", "details", "div"),
        *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4"),
        *("h5", "h6", "header", "label", "legend", "li", "main", "nav", "ol", "p", "pre"),
        *("section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    )
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LISTS = frozenset(("ul", "ol"))
_SILENT = frozenset(("script", "style", "noscript", "template", "svg", "head"))


def _leaves(root: Any) -> list[Any]:
    """The blocks that hold text and no other block, in the order of the page; a list of short
    items is one, since a bar of links or buttons is judged as a whole."""
    outer: set[Any] = set()
    found: list[Any] = []
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag not in _BLOCKS:
            continue
        found.append(element)
        parent = element.getparent()
        while parent is not None and parent not in outer:
            outer.add(parent)
            parent = parent.getparent()
    return [element for element in found if element.tag in _LISTS or element not in outer]


def _judged(element: Any) -> str:
    """The text to judge a leaf by; none for items, which their list speaks for."""
    if element.tag in _LISTS:
        items = [_line(item) for item in element.iterchildren("li")]
        return "\n".join(items) if items and all(len(item) <= _BAR_ITEM for item in items) else ""
    if element.tag in ("li", "h1") or any(a.tag in _SILENT for a in element.iterancestors()):
        return ""
    return _line(element)


_BAR_ITEM = 40  # characters


def _drop(element: Any) -> None:
    """Take the element out of the tree; the text behind it stays."""
    if element.getparent() is not None:
        element.drop_tree()


# --- related titles --------------------------------------------------------------------------

_MOST_RELATED = 300
_LINK_SHARE = 0.5  # of the text of a related list is link text
_CLIMB = 3  # levels from a heading to the element that its list is a sibling of


@dataclass(frozen=True, slots=True)
class _Related:
    see_also: tuple[SeeAlso, ...] = ()
    series: Series | None = None


def _take_related(root: Any, base: str) -> _Related:
    """Titles and links under "See also" and its like; they leave the tree with their heading."""
    found: dict[str, SeeAlso] = {}
    series: Series | None = None
    for heading in _related_headings(root):
        if heading.getparent() is None or _in_site_frame(heading):
            continue
        text = _line(heading)
        lists = _lists_under(heading, weak=related_heading(text) == "weak")
        titles = [title for element in lists for title in _titles_in(element, base)]
        if not titles:
            continue
        for title in titles[:_MOST_RELATED]:
            found.setdefault(fold(title.title) or title.title, title)
        named = series_named(text)
        series = series or (Series(named) if named else None)
        for element in (*lists, heading):
            _drop(element)
    return _Related(tuple(found.values()), series)


def _related_headings(root: Any) -> list[Any]:
    tags = (*_HEADINGS, "p", "div", "span", "strong", "b", "summary", "legend", "dt")
    return [
        element
        for element in root.iter(*tags)
        if len(element) <= _CLIMB and related_heading(_line(element)) is not None
    ]


def _in_site_frame(element: Any) -> bool:
    """Whether it stands in the frame that every page of the site has."""
    for ancestor in element.iterancestors():
        if ancestor.tag in ("article", "main", "aside"):
            return False
        if ancestor.tag in ("footer", "nav", "header"):
            return True
    return False


def _lists_under(heading: Any, weak: bool) -> list[Any]:
    """The list that follows a heading, with the lists right after it (columns)."""
    start = heading
    for _ in range(_CLIMB):
        following = start.getnext()
        if following is not None:
            break
        start = start.getparent()
        if start is None or start.tag == "body":
            return []
    found = []
    following = start.getnext()
    while following is not None and _is_related_list(following, weak):
        found.append(following)
        following = following.getnext()
    return found


def _is_related_list(element: Any, weak: bool) -> bool:
    if not isinstance(element.tag, str) or element.tag in _HEADINGS:
        return False
    text, linked = _line(element), sum(len(_line(link)) for link in element.iter("a"))
    if not text or len(text) > _MOST_RELATED * TITLE_MAX:
        return False
    items = element.tag in _LISTS or next(element.iter(*_LISTS), None) is not None
    if weak:
        return items and linked >= len(text) * _LINK_SHARE and len(list(element.iter("a"))) > 1
    return linked >= len(text) * _LINK_SHARE or (element.tag in _LISTS and linked == 0)


def _titles_in(element: Any, base: str) -> Iterator[SeeAlso]:
    links = [element] if element.tag == "a" else list(element.iter("a"))
    for link in links or element.iter("li"):
        inner = next(link.iter(*_HEADINGS), None)
        title = _line(link if inner is None else inner)
        if title and len(title) <= TITLE_MAX:
            url = web_url(link.get("href"), base)
            yield SeeAlso(title, url=url, kind=kind_named(title))


# --- furniture -------------------------------------------------------------------------------

_BOX_MAX = 1500  # characters of a sign-up box with everything in it


def _take_promos(root: Any) -> tuple[Promo, ...]:
    """Sign-ups and adverts, typed; share bars and notices go without a trace, as every page of a
    site has them."""
    leaves = _leaves(root)
    kinds = furniture_kinds([_judged(leaf) for leaf in leaves])
    promos: list[tuple[str, list[str]]] = []
    previous: str | None = None
    for leaf, kind in zip(leaves, kinds, strict=True):
        if kind in (NEWSLETTER, ADVERT):
            if kind != previous:
                promos.append((kind, []))
            promos[-1][1].extend(_judged(leaf).split("\n"))
        previous = kind
    for leaf, kind in zip(leaves, kinds, strict=True):
        if kind is not None:
            _drop_with_heading(_box(leaf) if kind == NEWSLETTER else leaf)
    return tuple(
        Promo(kind, promo_about(lines) if kind == NEWSLETTER else None, "\n".join(lines))
        for kind, lines in promos
    )


def _drop_with_heading(element: Any) -> None:
    """Drop it, and the section around it where only a heading would be left."""
    parent = element.getparent()
    _drop(element)
    while parent is not None and parent.tag in ("section", "aside", "div", "form"):
        outer = parent.getparent()
        if outer is None or _longer(parent, _BOX_MAX):
            return
        headings = sum(len(_line(heading)) for heading in parent.iter(*_HEADINGS))
        if len(_line(parent)) > headings:
            return
        _drop(parent)
        parent = outer


def _box(leaf: Any) -> Any:
    """The form that a line of a sign-up stands in, if there is nothing else in it."""
    for ancestor in leaf.iterancestors():
        if ancestor.tag in ("body", "main", "article") or _longer(ancestor, _BOX_MAX):
            break
        if ancestor.tag == "form":
            return ancestor
    return leaf


# --- bylines, dates, corrections -------------------------------------------------------------

_RUNNING = 80  # characters: a paragraph of this length is the body


@dataclass(frozen=True, slots=True)
class _Head:
    metas: tuple[Meta, ...] = ()
    corrections: tuple[Correction, ...] = ()
    series_url: str | None = None

    def date(self, name: str) -> str | None:
        """The first date under this label; one without a label is the day of publication."""
        for wanted in (name, "") if name == "published" else (name,):
            for meta in self.metas:
                for label, value in meta.dates:
                    if label == wanted:
                        return value
        return None

    def people(self, name: str) -> tuple[Person, ...]:
        return tuple(person for meta in self.metas for person in getattr(meta, name))


def _take_head(root: Any, base: str, day: str | None) -> _Head:
    """Lines that say who and when, and correction notes; they leave the tree."""
    leaves = [leaf for leaf in _leaves(root) if leaf.tag not in ("h1", "li", "td", "th", *_LISTS)]
    texts = [_line(leaf) for leaf in leaves]
    running = [at for at, text in enumerate(texts) if len(text) >= _RUNNING]
    first, last = (running[0], running[-1]) if running else (len(leaves), -1)
    metas: list[Meta] = []
    corrections: list[Correction] = []
    series_url: str | None = None
    for at, (leaf, text) in enumerate(zip(leaves, texts, strict=True)):
        meta = None if _in_site_frame(leaf) else read_meta(text)
        if meta and meta != Meta() and (at < first or at > last or meta.labelled):
            metas.append(meta)
            link = next(leaf.iter("a"), None) if meta.series else None
            series_url = series_url or (
                web_url(link.get("href"), base) if link is not None else None
            )
            _drop(leaf)
        elif note := read_correction(text, day):
            corrections.append(note)
            _drop(leaf)
    return _Head(tuple(metas), tuple(corrections), series_url)


# --- body ------------------------------------------------------------------------------------

_SHORT = 400  # characters: below it trafilatura's fallbacks take the whole page
_FRAME = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form")


def _body(tree: Any, page: Declared, base: str) -> str | None:
    """The article's HTML: trafilatura's, for a short page that of its main element, else what the
    page declares; with the answers that a FAQ declares and shows only on a click."""
    found = _extracted(tree, base)
    if found is None or len(_plain(found)) < _SHORT:
        found = _main_element(tree, base) or found
    found = found or (f"<p>{escape(page.body, quote=False)}</p>" if page.body else None)
    shown = fold(_plain(found)) if found else ""
    missing = [
        (name, answer)
        for name, answer in page.questions
        if fold(_plain(answer))[:_ANSWER_HEAD] not in shown
    ]
    several = len(page.questions) > 1
    parts = [f"<h2>{escape(name)}</h2>{text}" if several else text for name, text in missing]
    return "\n".join([*([found] if found else []), *parts]) or None


_ANSWER_HEAD = 60  # characters by which an answer is found in the body
_INLINE_CODE = re.compile(r"(?<=[^\s>])( ?)<pre>([^<\n]{1,200})</pre>")


def _extracted(tree: Any, base: str) -> str | None:
    # Imported here: it takes a second, and describing the plugin must not.
    import trafilatura

    # It reports what it expects to fail as errors, on loggers that the host would show.
    for name in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    found: str | None = trafilatura.extract(
        tree,
        url=base or None,
        output_format="html",
        favor_precision=True,
        include_comments=False,
        include_formatting=True,
        include_images=True,
        include_links=True,
        include_tables=True,
    )
    if found is None:
        return None
    # trafilatura writes code within a sentence as a block of its own.
    inner = _INLINE_CODE.sub(r"\1<code>\2</code>", found)
    return re.sub(r"\A\s*<html>\s*<body>|</body>\s*</html>\s*\Z", "", inner).strip() or None


def _main_element(tree: Any, base: str) -> str | None:
    """The content of the page's one article or main element, or of its body, without the frame."""
    for path in ("//article", "//main", "//*[@role='main']", "//body"):
        elements = tree.xpath(path)
        if len(elements) == 1 and _line(elements[0]):
            whole = html.fragment_fromstring(html.tostring(elements[0], encoding="unicode"), "div")
            for element in list(whole.iter(*_FRAME)):
                _drop(element)
            if base:
                whole.make_links_absolute(base, resolve_base_href=False, handle_failures="ignore")
            return _inner(whole) if _line(whole) else None
    return None


def _inner(whole: Any) -> str:
    """The HTML inside a wrapper and, where it has one child only, inside that."""
    while len(whole) == 1 and whole[0].tag in ("article", "main", "div", "body"):
        whole = whole[0]
    children = "".join(html.tostring(child, encoding="unicode") for child in whole)
    return (escape(whole.text or "", quote=False) + children).strip()


def _plain(markup: str) -> str:
    return " ".join(re.sub(r"<[^<>]*>", " ", markup).split())


def _media(body: str | None, page: Declared, base: str) -> tuple[Media, ...]:
    """The declared picture and those in the body, each address once."""
    found: dict[str, Media] = {page.image.url: page.image} if page.image else {}
    if body and "<img" in body:
        for image in html.fragment_fromstring(body, "div").iter("img"):
            url = web_url(image.get("src"), base)
            if url:
                size = (pixels(image.get("width")), pixels(image.get("height")))
                alt = image.get("alt") or None
                found.setdefault(url, Media(url, alt=alt, width=size[0], height=size[1]))
    return tuple(found.values())


# --- kind and date ---------------------------------------------------------------------------

_SECTIONS = 3  # headings that make an article of what has a question as its title
_QUESTIONS = 2


def _kind(title: str, page: Declared, body: str | None) -> str:
    """What the title or the page says it is; a question with its answer, or several, is `qa`."""
    said = kind_named(title) or page.kind
    if said in ("news", "infographic", "video", "qa"):
        return said
    headings = re.findall(r"<h[2-6][^>]*>(.{1,300}?)</h[2-6]>", body or "", re.DOTALL)
    questions = sum(is_question(_plain(heading)) for heading in headings)
    if is_question(title) and len(headings) - questions < _SECTIONS:
        return "qa"
    if questions >= _QUESTIONS and questions * 2 > len(headings):
        return "qa"
    return said or "article"


_NEW_YEAR = re.compile(
    r"\b0?1[-/.]0?1\b|\bjan\w*\.? 1\b|\b1\.? (?:de )?(?:jan|ene|gen)", re.IGNORECASE
)


def _guessed_date(tree: Any, url: str | None, today: str) -> str | None:
    """The day of publication that htmldate finds. It makes the first of January of a bare year,
    which nobody said: that counts only where the page has that day."""
    # Imported here for the same reason as trafilatura.
    from htmldate import find_date

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    # Without a day given, the result would hang on the clock.
    found: str | None = find_date(tree, original_date=True, url=url, max_date=today or "2199-12-31")
    if found and found.endswith("-01-01") and not _NEW_YEAR.search(_line(tree)):
        return None
    return found


# --- the source ------------------------------------------------------------------------------


class PageSource:
    """An article's page."""

    meta = SourceMeta(
        name="page",
        title="HTML page",
        version="1",
        media_types=("text/html", "application/xhtml+xml"),
        extensions=("html", "htm", "xhtml"),
        description="A page: its article, what it declares of itself, its related list.",
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        """One article, or the problem with the page."""
        text = _text_of(raw)
        tree = text if isinstance(text, Problem) else _tree_of(text)
        if isinstance(tree, Problem):
            return [tree]
        base = _base(tree, raw.url)
        page = declared(tree, base)
        title = _title(tree, page)
        guessed = None if page.published else _guessed_date(tree, raw.url, context.today)
        body_element = tree.find("body")
        root = tree if body_element is None else body_element
        related = _take_related(root, base)
        promos = _take_promos(root)
        day = page.updated or page.published or context.today or None
        head = _take_head(root, base, day)
        body = _body(tree, page, base)
        if not title and not body:
            detail = "the page has neither a title nor text"
            return [Problem(code="empty", detail=detail, remedy="Send the page of an article.")]
        updated = page.updated or head.date("updated")
        named = next((meta.series for meta in head.metas if meta.series), None)
        series = Series(named, head.series_url) if named else related.series
        article = RawArticle(
            title=title,
            url=raw.url,
            canonical_url=page.canonical_url,
            kind=_kind(title, page, body),
            summary=page.summary,
            language=page.language or guess_language(_plain(body or title)),
            html=body,
            authors=page.authors or head.people("authors"),
            reviewers=page.reviewers or head.people("reviewers"),
            publisher=page.publisher,
            series=page.series or series,
            # What is guessed from the day of an update is not the day of publication.
            published=page.published
            or head.date("published")
            or (guessed if guessed != updated else None),
            updated=updated,
            reviewed=page.reviewed or head.date("reviewed"),
            review_by=head.date("review_by"),
            expires=page.expires or head.date("expires"),
            topics=page.topics,
            keywords=page.keywords,
            see_also=related.see_also,
            promos=promos,
            media=_media(body, page, base),
            corrections=head.corrections,
            rights=page.rights,
        )
        return [article]


def _base(tree: Any, url: str | None) -> str:
    """What relative links go by: the base element, itself relative to the page's address."""
    for element in tree.iter("base"):
        return web_url(element.get("href"), url or "") or url or ""
    return url or ""


@hookimpl
def register_sources() -> Sequence[PageSource]:
    """The hook of the `seealso` entry-point group."""
    return [PageSource()]
