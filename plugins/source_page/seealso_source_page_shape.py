"""The shape of a body: pictures that load late, tables that only lay out, addresses made whole.

prepare(root)               before the survey: what never is content goes, late pictures come
markup_of(page, at, base)   after it: HTML of an element without what was marked as furniture
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from lxml import etree
from seealso_source_page_blocks import BLOCKS, HEADINGS, Survey, running
from seealso_source_page_declared import web_url

_NEVER = (
    *(
        "script",
        "style",
        "template",
        "svg",
        "math",
        "canvas",
        "iframe",
        "object",
        "embed",
        "applet",
    ),
    *("video", "audio", "map", "select", "input", "textarea", "datalist", "link", "meta"),
    *("amp-ad", "amp-analytics", "amp-sidebar", "amp-social-share", "amp-iframe", "amp-auto-ads"),
)
_LATE = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-url", "data-hi-res-src")
_LATE_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_PLACEHOLDER = re.compile(
    r"\Adata:|\A\s*\Z|\Aabout:|(?:blank|spacer|placeholder|transparent|pixel|loading|lazy|1x1|grey|gray)"
    r"[\w.-]*\.(?:gif|png|svg|jpe?g|webp)",
    re.IGNORECASE,
)
_FOOT, _FOOT_LINE = 300, 120  # characters below the last rule, in all and in one piece
_STRUCTURE = frozenset(("ul", "ol", "dl", "table", "pre", "figure", "blockquote", "img"))
_ANCHORS = frozenset(("#", "¶", "§", "🔗", ""))
_SHOWS = frozenset(("img", "hr"))  # without text
_CELLS = frozenset(("td", "th"))  # the others of a row stand below theirs only with an empty one
_LAYOUT_TEXT = 300  # letters in one cell from which a table lays out a page
_LAYOUT_COLUMNS = 3  # at most for it


def prepare(root: Any) -> None:
    """Take out what never is content, and give pictures that load late their address."""
    for element in list(root.iter("noscript")):
        _noscript(element)
    for element in list(root.iter(*_NEVER)):
        if element is not root and element.getparent() is not None:
            _away(element)
    for button in list(root.iter("button")):
        _button(button)
    for image in list(root.iter("img", "amp-img")):
        _resolve(image)


def _away(element: Any) -> None:
    """Drop an element; the words beside it stay two."""
    tail = element.tail
    if tail and tail[0].isalnum():
        element.tail = " " + tail
    element.drop_tree()


def _button(element: Any) -> None:
    """A question that opens its answer is a button in a heading; all others do something."""
    parent = element.getparent()
    if parent is not None and (parent.tag in HEADINGS or parent.tag in ("dt", "summary")):
        element.drop_tag()
    elif parent is not None:
        _away(element)


def _noscript(element: Any) -> None:
    """Keep the picture that a page shows where no script loads it; the rest speaks of scripts."""
    images = list(element.iter("img"))
    alone = len(images) == 1 and not "".join(element.itertext()).strip()
    if alone and not _PLACEHOLDER.search(images[0].get("src", "")):
        before = element.getprevious()
        if before is not None and before.tag == "img" and not (before.tail or "").strip():
            _away(before)
        element.drop_tag()
    else:
        _away(element)


def _resolve(image: Any) -> None:
    image.tag = "img"
    source = image.get("src", "")
    if source and not _PLACEHOLDER.search(source):
        late = image.get("data-src") or image.get("data-lazy-src") or image.get("data-original")
        if not late:
            return
    address = next((value for name in _LATE if (value := image.get(name))), None)
    sets = [value for name in _LATE_SETS if (value := image.get(name))]
    # libxml2 knows no `source` without an end: the image stands inside it.
    picture = next(image.iterancestors("picture"), None)
    if not address and not sets and picture is not None:
        for choice in picture.iter("source"):
            sets += [v for n in ("srcset", "data-srcset") if (v := choice.get(n))]
    address = address or next((best for given in sets if (best := _largest(given))), None)
    if address and not _PLACEHOLDER.search(address):
        image.set("src", address)


def _largest(srcset: str) -> str | None:
    """The address of the largest picture of a ``srcset`` (HTML Standard, 4.8.4.2.1)."""
    best, best_size = None, -1.0
    for candidate in re.split(r",\s+|,(?=https?:|/)", srcset[:8192]):
        address, _, size = candidate.strip().rstrip(",").partition(" ")
        number = re.match(r"\s*([0-9.]{1,8})[wx]", size)
        try:
            measured = float(number[1]) if number else 0.0
        except ValueError:
            measured = 0.0
        if address and measured > best_size:
            best, best_size = address, measured
    return best


# --- writing ---------------------------------------------------------------------------------


def markup_of(page: Survey, at: int, base: str) -> str | None:
    """The HTML inside an element without what is marked, or None where no text is left."""
    _take_out(page, at)
    _unlay(page, at)
    element = page.elements[at]
    _cut_foot(element, page.total(page.sum_weights, at))
    _tidy(element, base)
    if element.tag == "pre":
        element.tail = None
        return etree.tostring(element, encoding="unicode", method="html") or None
    children = "".join(etree.tostring(c, encoding="unicode", method="html") for c in element)
    markup = (escape(element.text or "", quote=False) + children).strip()
    return markup if re.sub(r"<[^<>]*>", "", markup).strip() else None


def _take_out(page: Survey, root: int) -> None:
    """Drop what is marked, and what holds nothing else or nothing at all."""
    texts = running([1.0 if text else 0.0 for text in page.texts])
    pairs = zip(page.texts, page.junk, strict=True)
    kept = running([1.0 if text and not junk else 0.0 for text, junk in pairs])
    shows = running([1.0 if e.tag in _SHOWS else 0.0 for e in page.elements])
    if page.junk[root]:
        _silence(page.elements[root])
    at, end = root + 1, page.ends[root]
    while at < end:
        element = page.elements[at]
        if page.total(kept, at):
            if page.junk[at]:
                _silence(element)
            at += 1
            continue
        is_block = element.tag in BLOCKS
        bare = is_block and not page.total(shows, at) and element.tag not in _CELLS
        if page.junk[at] or bare or (is_block and page.total(texts, at)):
            _drop(element, is_block=is_block)
            at = page.ends[at]
        else:
            at += 1


def _drop(element: Any, *, is_block: bool) -> None:
    """A block that goes still divides the text before it from that behind it."""
    if element.getparent() is None:
        return
    if is_block and (element.tail or "").strip():
        tail = element.tail
        element.clear()
        element.tag, element.tail = "div", tail
    else:
        _away(element)


def _silence(element: Any) -> None:
    """Take an element's own line out, and leave the blocks inside it."""
    element.text = None
    for child in list(element):
        child.tail = None
        if child.tag not in BLOCKS and next(child.iter(*BLOCKS, *_SHOWS), None) is None:
            element.remove(child)


def _cut_foot(root: Any, weight: float) -> None:
    """Old pages end with a rule and a line or two about the page below it."""
    rules = list(root.iter("hr"))
    if not rules:
        return
    last = rules[-1]
    below = [last.tail or ""]
    for element in last.itersiblings():
        below += [*element.itertext(), element.tail or ""]
    long = max(len(text.strip()) for text in below)
    parent = last.getparent()
    if parent is None or long > _FOOT_LINE or sum(map(len, below)) > min(_FOOT, weight * 0.2):
        return
    for element in list(last.itersiblings()):
        if element.tag in HEADINGS or element.tag in _STRUCTURE:
            return
    for element in [*last.itersiblings(), last]:
        element.tail = None
        parent.remove(element)


def _unlay(page: Survey, root: int) -> None:
    """A table that lays out a page becomes what its cells hold."""
    for at in range(root, page.ends[root]):
        if page.elements[at].tag != "table" or not _is_layout(page, at):
            continue
        for inner in range(at, page.ends[at]):
            if page.elements[inner].tag in ("table", "tbody", "thead", "tr", "td", "th", "caption"):
                page.elements[inner].tag = "div"
    if page.elements[root].tag in ("td", "th", "tr", "tbody", "table"):
        for inner in range(root, page.ends[root]):
            element = page.elements[inner]
            parent = element.getparent()
            loose = element.tag in ("tr", "td", "th", "tbody") and (
                parent is None or parent.tag not in ("table", "tbody", "thead", "tfoot", "tr")
            )
            if loose or inner == root:
                element.tag = "div"


def _is_layout(page: Survey, at: int) -> bool:
    """A table within it, a long text in one cell, or one column: no table of data."""
    if page.elements[at].get("role") == "presentation":
        return True
    columns = 0
    for inner in range(at + 1, page.ends[at]):
        tag = page.elements[inner].tag
        if tag == "th":
            return False
        if tag == "table":
            return True
        if tag == "tr":
            columns = max(columns, len(page.children(inner)))
        long = tag == "td" and page.total(page.sum_weights, inner) > _LAYOUT_TEXT
        if long and columns <= _LAYOUT_COLUMNS:
            return True
    return columns <= 1


def _tidy(root: Any, base: str) -> None:
    """Addresses made whole; anchors that only point at their own heading taken out."""
    for link in list(root.iter("a")):
        href = link.get("href")
        if href is None:
            continue
        if href.startswith("#"):
            label = "".join(link.itertext()).strip()
            if label in _ANCHORS and link.find(".//img") is None and link.getparent() is not None:
                link.drop_tree()
        elif base and not href.startswith(("mailto:", "tel:")):
            link.set("href", web_url(href, base) or href)
    for image in root.iter("img"):
        image.set("src", web_url(image.get("src", ""), base) or "")
