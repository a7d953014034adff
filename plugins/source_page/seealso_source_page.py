"""Reads an HTML page: one article, with what stands around it typed or left out.

    bytes --charset, guards--> lxml tree --> seealso_source_page_article --> RawArticle, Leads

What becomes of the tree, and in which order, says `seealso_source_page_article`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lxml import etree, html
from seealso_sdk import Problem, RawInput, SourceContext, SourceMeta, hookimpl
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.model import Piece
from seealso_sdk.text import clean
from seealso_source_page_article import article_of
from seealso_source_page_declared import web_url
from seealso_source_page_fields import Mapped, mapped

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
    for element in tree.iter("br"):  # a line break parts words
        if element.getparent().tag != "pre":
            element.tail = f"\n{element.tail or ''}"
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


# --- the source ------------------------------------------------------------------------------


class PageSource:
    """An article's page."""

    meta = SourceMeta(
        name="page",
        title="HTML page",
        version="2",
        places=("url",),
        media_types=("text/html", "application/xhtml+xml"),
        extensions=("html", "htm", "xhtml"),
        description="A page: its article, what it declares of itself, its related list.",
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[Piece]:
        """One article and where the page leads, or the problem with the page.

        `SourceContext.fields` are CSS selectors: see `seealso_source_page_fields`.
        """
        text = _text_of(raw)
        tree = text if isinstance(text, Problem) else _tree_of(text)
        if isinstance(tree, Problem):
            return [tree]
        base = _base(tree, raw.url)
        given = mapped(tree, context.fields, base) if context.fields else Mapped()
        if isinstance(given, Problem):
            return [given]
        article, leads = article_of(tree, raw.url, str(text), base, context.today, given)
        if not article.title and not article.html:
            detail = "the page has neither a title nor text"
            return [Problem(code="empty", detail=detail, remedy="Send the page of an article.")]
        return [article, *leads]


def _base(tree: Any, url: str | None) -> str:
    """What relative links go by: the base element, itself relative to the page's address."""
    for element in tree.iter("base"):
        return web_url(element.get("href"), url or "") or url or ""
    return url or ""


@hookimpl
def register_sources() -> Sequence[PageSource]:
    """The hook of the `seealso` entry-point group."""
    return [PageSource()]
