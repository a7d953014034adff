"""Reads an HTML page: one article, with what stands around it typed or left out.

    bytes --charset, guards--> lxml tree
      --declared metadata--> --title--> --"See also" lists--> --sign-ups, adverts--> --bylines-->
    what is left --main content--> body --> RawArticle

What the page declares of itself (JSON-LD, Open Graph, Dublin Core: `seealso_source_page_declared`)
comes before what can be read from its text. The related lists, sign-ups and bylines are taken out
of the tree before the body is looked for, by the same words as in a plain-text copy of the page
(`seealso_source_page_around`). Where no date is declared, htmldate looks for one.

The title is the longest heading that the page's declared titles contain: that rule is right more
often than any library's (title of 8 pages in 10, exactly).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from lxml import etree, html
from seealso_sdk import (
    Media,
    Problem,
    RawArticle,
    RawInput,
    Series,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.furniture import (
    is_question,
    kind_named,
)
from seealso_sdk.languages import guess_language
from seealso_sdk.text import clean, fold
from seealso_source_page_around import (
    line,
    take_head,
    take_promos,
    take_related,
)
from seealso_source_page_body import body_of, plain
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
_SITE_NAME = re.compile(
    r"(?<!\s)\s+(?:[|·•–—-]|::)\s+|(?:(?<!\s)\s+)?[»›]\s*"  # (?<!\s): linear in spaces
)


def _title(tree: Any, page: Declared) -> str:
    """The longest h1 or h2 that a declared title contains, else a declared title without its
    site's name."""
    titles = [*page.headlines, page.title_tag]
    folded = [fold(title) for title in titles]
    headings = [line(element) for element in tree.iter("h1", "h2")]
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
    firsts = [line(element) for element in tree.iter("h1")]
    if len(firsts) == 1 and len(firsts[0]) >= _HEADING_LEAST:
        return firsts[0]
    if page.title_tag:
        return max(_SITE_NAME.split(page.title_tag), key=len).strip()
    return next((heading for heading in headings if heading), "")


# --- media --------------------------------------------------------------------------------------


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
    questions = sum(is_question(plain(heading)) for heading in headings)
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
    # Imported here: it takes a while, and describing the plugin must not.
    from htmldate import find_date

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    # Without a day given, the result would hang on the clock.
    found: str | None = find_date(tree, original_date=True, url=url, max_date=today or "2199-12-31")
    if found and found.endswith("-01-01") and not _NEW_YEAR.search(line(tree)):
        return None
    return found


# --- the source ------------------------------------------------------------------------------


class PageSource:
    """An article's page."""

    meta = SourceMeta(
        name="page",
        title="HTML page",
        version="1",
        places=("url",),
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
        related = take_related(root, base)
        promos = take_promos(root)
        day = page.updated or page.published or context.today or None
        head = take_head(root, base, day)
        body = body_of(tree, page, base, title)
        if not title and not body:
            detail = "the page has neither a title nor text"
            return [Problem(code="empty", detail=detail, remedy="Send the page of an article.")]
        updated = page.updated or head.date("updated")
        if guessed == updated:  # the day of an update that the page names is not its publication
            guessed = None
        named = next((meta.series for meta in head.metas if meta.series), None)
        series = Series(named, head.series_url) if named else related.series
        article = RawArticle(
            title=title,
            url=raw.url,
            canonical_url=page.canonical_url,
            kind=_kind(title, page, body),
            summary=page.summary,
            language=page.language or guess_language(plain(body or title)),
            html=body,
            authors=page.authors or head.people("authors"),
            reviewers=page.reviewers or head.people("reviewers"),
            publisher=page.publisher,
            series=page.series or series,
            published=page.published or head.date("published") or guessed,
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
