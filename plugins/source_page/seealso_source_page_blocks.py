"""A page as numbers: its elements in order, with the text each block holds of its own.

    tree --one walk--> Survey: elements in the order of the page, each with where it ends
         --one look at each block--> how much of it is running text, how much links
         --names, tags, repetition--> what is furniture

An element's descendants are the numbers right behind its own, up to `ends[i]`: so what a subtree
holds is the difference of two running sums, and nothing is ever walked twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from seealso_source_page_words import COMMENTS_HEADING, Part, part_of

BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd"),
        *("details", "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "label", "legend", "li"),
        *("main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td"),
        *("tfoot", "th", "thead", "tr", "ul", "html", "search", "hr"),
    )
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_ITEMS = frozenset(("li", "dt", "dd", "td", "th", "tr", "tbody", "thead"))
_CELLS = frozenset(("td", "th"))
_LINES = HEADINGS | {
    "p",
    "li",
    "dt",
    "dd",
    "td",
    "th",
    "pre",
    "blockquote",
    "figcaption",
    "caption",
}
_MINOR = frozenset(("figcaption", "caption", "summary", "legend", "label", "button", "address"))

PROSE = 80  # characters from which a block without a full stop is running text
SENTENCE = 25  # with one
_LINKED = 0.5  # share of link text from which a block is no running text
_CODE_MOST = 1500  # characters of a listing that count
_ITEM_PROSE = 40  # letters from which an item is running text; a shorter one says little
_PLAIN = 0.2  # share of link text up to which it says something at all

_STOP = re.compile(r"[.!?…:;؟。！？।։]['\"”’»›」』)\]\s]*\Z")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_WIDE_FACTOR = 2.5  # one such character says as much as this many letters
_STYLE_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_OPENED = re.compile(
    r"accordion|collaps|faq|answer|tab-?(?:pane|panel|content)|panel|expand|toggle"
)


class Survey:
    """The elements of a page and what each holds; all lists have one entry an element.

    `texts` is a block's own text on one line, without that of blocks inside it; `weights` its
    length (letters, wide scripts counted as more), `links` the share of it that is link text,
    `values` what it says for being the article. The `sum_*` are running sums of these: use `total`.
    """

    def __init__(self, root: Any) -> None:
        self.elements: list[Any] = []
        self.parents: list[int] = []
        self.ends: list[int] = []
        self.parts: list[Part] = []
        self._pieces: list[list[str] | None] = []
        self._linked: list[int] = []
        self._visit(root, -1, 0, in_link=False)
        size = len(self.elements)
        self.texts = [""] * size
        self.weights = [0.0] * size
        self.links = [0.0] * size
        self.values = [0.0] * size
        self._measure()
        self.sum_weights = running(self.weights)
        self.sum_links = running([w * s for w, s in zip(self.weights, self.links, strict=True)])
        self.sum_prose = running([max(0.0, value) for value in self.values])
        self.junk = bytearray(size)

    def _visit(self, element: Any, parent: int, owner: int, *, in_link: bool) -> None:
        tag = element.tag
        at = len(self.elements)
        self.elements.append(element)
        self.parents.append(parent)
        self.ends.append(0)
        self._linked.append(0)
        # An element of the site's own making is a block, but for one within a line.
        is_block = tag in BLOCKS or ("-" in tag and self.elements[owner].tag not in _LINES)
        self._pieces.append([] if is_block else None)
        self.parts.append(_part(element, tag, is_block=is_block))
        owner = at if is_block else owner
        in_link = in_link or tag == "a"
        pieces = self._pieces[owner]
        assert pieces is not None
        if element.text:
            pieces.append(element.text)
            if in_link:
                self._linked[owner] += len(element.text.strip())
        elif tag == "br":
            pieces.append(" ")
        for child in element:
            if isinstance(child.tag, str):
                self._visit(child, at, owner, in_link=in_link)
            tail = child.tail
            if tail:
                pieces.append(tail)
                if in_link:
                    self._linked[owner] += len(tail.strip())
        self.ends[at] = len(self.elements)

    def _measure(self) -> None:
        for at, pieces in enumerate(self._pieces):
            if not pieces:
                continue
            text = " ".join("".join(pieces).split())
            if not text:
                continue
            self.texts[at] = text
            weight = float(len(text))
            if not text.isascii():
                weight += (_WIDE_FACTOR - 1) * len(_WIDE.findall(text))
            self.weights[at] = weight
            self.links[at] = min(1.0, self._linked[at] / len(text))
            self.values[at] = _value(self.elements[at].tag, text, weight, self.links[at])

    def total(self, sums: list[float], at: int) -> float:
        """What the element and all inside it hold, of one of the running sums."""
        return sums[self.ends[at]] - sums[at]

    def children(self, at: int) -> list[int]:
        """The numbers of an element's children."""
        found, child = [], at + 1
        while child < self.ends[at]:
            found.append(child)
            child = self.ends[child]
        return found

    def mark(self, at: int) -> None:
        """Say that the element and all inside it are furniture."""
        self.junk[at : self.ends[at]] = b"\x01" * (self.ends[at] - at)


def running(values: list[float]) -> list[float]:
    """Running sums, with nothing at the start."""
    return list(accumulate(values, initial=0.0))


def _value(tag: str, text: str, weight: float, links: float) -> float:
    """What a block says for (or against) being part of the article, in letters."""
    if tag in HEADINGS or tag in _MINOR:
        return 0.0
    if links >= _LINKED:
        return -0.5 * weight - 10
    if tag == "pre":
        return min(weight, _CODE_MOST) * 0.7
    if tag in _ITEMS and not (tag in _CELLS and weight >= 2 * PROSE):
        if weight < _ITEM_PROSE:
            return weight * 0.15 if links < _PLAIN else 0.0
        return weight * (1 - links) * 0.7
    if weight >= PROSE or (weight >= SENTENCE and _STOP.search(text)):
        return weight * (1 - links)
    return -5.0


def _part(element: Any, tag: str, *, is_block: bool) -> Part:
    """What tag, names and state say of an element, before anything is known of its text."""
    if tag in ("body", "html"):
        return Part.NOTHING
    given = element.attrib
    if not given:
        return _TAGS.get(tag, Part.NOTHING)
    if _is_hidden(given):
        return Part.FURNITURE
    role = given.get("role")
    if role in _ROLES:
        return _ROLES[role]
    if "articleBody" in given.get("itemprop", ""):
        return Part.BODY
    names = f"{given.get('class', '')} {given.get('id', '')}"
    part = part_of(names) if len(names) > 1 else Part.NOTHING
    by_tag = _TAGS.get(tag, Part.NOTHING)
    if not is_block and _is_mark(element, tag, names):
        return Part.FURNITURE
    if not is_block and part in (Part.FAINT, Part.BODY, Part.CONTENT):
        return Part.NOTHING
    return by_tag if by_tag is Part.FURNITURE else max(part, by_tag)


def _is_mark(element: Any, tag: str, names: str) -> bool:
    """The number of a note, and the name behind a picture's caption."""
    if tag == "sup":
        return _NOTE.search(names) is not None
    parent = element.getparent()
    return parent is not None and parent.tag == "figcaption" and _CREDIT.search(names) is not None


_NOTE = re.compile(r"\b(?:reference|footnote|fn-?ref|cite_?ref)", re.IGNORECASE)
_CREDIT = re.compile(r"credit|copyright|photographer|byline|source", re.IGNORECASE)
_TAGS = {
    "article": Part.CONTENT,
    "main": Part.CONTENT,
    "nav": Part.FURNITURE,
    "aside": Part.FURNITURE,
    "footer": Part.FURNITURE,
    "dialog": Part.FURNITURE,
    "menu": Part.FURNITURE,
    "search": Part.FURNITURE,
    "header": Part.FAINT,
    "address": Part.FAINT,
    "form": Part.FAINT,
}
_FRAME = frozenset(("nav", "aside", "footer", "dialog", "menu", "search"))
_ROLES = {
    "navigation": Part.FURNITURE,
    "complementary": Part.FURNITURE,
    "contentinfo": Part.FURNITURE,
    "banner": Part.FURNITURE,
    "search": Part.FURNITURE,
    "dialog": Part.FURNITURE,
    "alertdialog": Part.FURNITURE,
    "menu": Part.FURNITURE,
    "menubar": Part.FURNITURE,
    "toolbar": Part.FURNITURE,
    "tablist": Part.FURNITURE,
    "tooltip": Part.FURNITURE,
    "main": Part.CONTENT,
    "article": Part.CONTENT,
}


def _is_hidden(given: Any) -> bool:
    """Whether a reader sees it only after a click, if at all; not what a click on a question
    opens, which is the answer."""
    style = given.get("style")
    hidden = (
        "hidden" in given
        or given.get("aria-hidden") == "true"
        or (style is not None and _STYLE_HIDDEN.search(style) is not None)
    )
    if not hidden:
        return False
    return not _OPENED.search(f"{given.get('class', '')} {given.get('id', '')}".lower())


# --- furniture -------------------------------------------------------------------------------

_MOST = 0.45  # share of the page's running text above which a name is not believed
_MOST_FREE = 0.65  # where enough is left without all that has such names
_FREE = 400  # letters that are enough
_FAINT_MOST = 300  # letters of running text in what only may be furniture
_FAINT_SHARE = 0.3
_BESIDE = 140  # letters of running text that must be left beside comments
_BESIDE_CARDS = 250  # and beside cards
_HELD = 300  # letters of an article's body inside what seems to be furniture
_CARDS = 3  # of one kind from which they are a list of other pages
_CARDS_SHARE = 0.75  # of a row that are cards clearly
_CARD_PARTS = 2  # elements: a link and something beside it
_CARD_MOST = 420  # letters
_CARD_MANY, _CARD_IN_BODY = 280, 160  # letters of each from which many are the items of an article
_CARD_LINK = 0.12  # share of link text


def mark_furniture(page: Survey, vouched: Callable[[int], bool]) -> None:
    """Mark what is not the article by names, tags, and rows of cards.

    Args:
        page: the survey; its `junk` is filled.
        vouched: whether the page itself declares the text of this element as its article's.
    """
    free = _free(page)
    whole = page.sum_prose[-1]
    common = _common(page, whole * _MOST)
    most = whole * (_MOST_FREE if free >= _FREE else _MOST)
    at, size = 0, len(page.elements)
    while at < size:
        if _is_furniture(page, at, whole, most) and not (vouched(at) or _key(page, at) in common):
            page.mark(at)
            at = page.ends[at]
            continue
        for cards in _cards(page, at):
            prose = sum(page.total(page.sum_prose, card) for card in cards)
            weight = sum(page.total(page.sum_weights, card) for card in cards) / len(cards)
            listed = weight > (_CARD_IN_BODY if _in_body(page, at) else _CARD_MANY)
            aside = free >= _BESIDE_CARDS and prose <= whole - _BESIDE_CARDS
            if (prose < most or aside) and not (listed and prose >= whole * _FAINT_SHARE):
                for card in cards:
                    page.mark(card)
        at += 1
        while at < size and page.junk[at]:
            at = page.ends[at]


def mark_after_comments(page: Survey) -> None:
    """Mark what follows a heading that says "Comments", where an article stands before it."""
    before = running([max(0.0, v) * (1 - j) for v, j in zip(page.values, page.junk, strict=True)])
    for at, text in enumerate(page.texts):
        if len(text) > _HEADING_MOST or page.junk[at] or before[at] < _HELD:
            continue
        if COMMENTS_HEADING.match(text) is None:
            continue
        start = at
        for _ in range(3):  # the heading may have a wrapper of its own
            parent = page.parents[start]
            if parent < 0 or page.total(page.sum_weights, parent) > page.weights[at]:
                break
            start = parent
        end = page.ends[page.parents[start]] if page.parents[start] >= 0 else page.ends[start]
        page.junk[start:end] = b"\x01" * (end - start)


_HEADING_MOST = 40  # characters


def _in_body(page: Survey, at: int) -> bool:
    """Whether the element is named as an article's body, or stands in one."""
    while at >= 0:
        if page.parts[at] is Part.BODY:
            return True
        at = page.parents[at]
    return False


def _free(page: Survey) -> float:
    """Letters of running text outside of all that a name or its kind makes furniture."""
    taken, at, size = 0.0, 0, len(page.elements)
    while at < size:
        if page.parts[at] >= Part.FURNITURE:
            taken += page.total(page.sum_prose, at)
            at = page.ends[at]
            continue
        for cards in _cards(page, at):
            taken += sum(page.total(page.sum_prose, card) for card in cards)
        at += 1
    return page.sum_prose[-1] - taken


def _common(page: Survey, most: float) -> set[tuple[str, str]]:
    """Kinds of elements that hold most of the text together: their name is not believed, whatever
    it says (each paragraph may stand in a ``div`` of its own with a name from the shop)."""
    held: dict[tuple[str, str], float] = {}
    at, size = 0, len(page.elements)
    while at < size:
        if page.parts[at] is not Part.FURNITURE:
            at += 1
            continue
        weight = page.total(page.sum_weights, at)
        if page.total(page.sum_links, at) <= weight * _CARD_LINK:
            key = _key(page, at)
            held[key] = held.get(key, 0.0) + page.total(page.sum_prose, at)
        at = page.ends[at]
    return {key for key, prose in held.items() if key[1] and prose > most}


def _key(page: Survey, at: int) -> tuple[str, str]:
    element = page.elements[at]
    return element.tag, element.get("class", "")


def mark_frame(page: Survey) -> None:
    """Mark only what HTML itself says is no part of an article: for a page whose names mislead."""
    page.junk[:] = bytes(len(page.elements))
    for at, element in enumerate(page.elements):
        if element.tag in _FRAME and page.total(page.sum_prose, at) < page.sum_prose[-1] * _MOST:
            page.mark(at)


def _is_furniture(page: Survey, at: int, whole: float, most: float) -> bool:
    part = page.parts[at]
    if part < Part.FAINT:
        return False
    prose = page.total(page.sum_prose, at)
    if part is Part.COMMENTS:
        return whole - prose >= _BESIDE and not _holds_body(page, at)
    if part is Part.FURNITURE:
        return prose < most and not _holds_body(page, at)
    if page.elements[at].tag in HEADINGS:
        return False
    weight, linked = page.total(page.sum_weights, at), page.total(page.sum_links, at)
    little = prose < _FAINT_MOST or linked > weight * _LINKED
    return little and prose <= whole * _FAINT_SHARE


def _holds_body(page: Survey, at: int) -> bool:
    """Whether a part of it is named as an article's body, and is one by its length."""
    if page.total(page.sum_prose, at) < _HELD:
        return False
    return any(
        page.parts[inner] is Part.BODY and page.total(page.sum_prose, inner) >= _HELD
        for inner in range(at + 1, page.ends[at])
    )


def _cards(page: Survey, at: int) -> list[list[int]]:
    """Rows of children that look alike, each with a link and little text: other pages' teasers."""
    children = page.children(at)
    if len(children) < _CARDS:
        return []
    alike: dict[tuple[str, str], list[int]] = {}
    for child in children:
        element = page.elements[child]
        if page.ends[child] - child > 2 and not page.junk[child]:
            first = element.get("class", "").split(" ", 1)[0]
            alike.setdefault((element.tag, first), []).append(child)
    return [
        group
        for group in alike.values()
        if len(group) >= _CARDS
        and sum(_is_card(page, card) for card in group) >= len(group) * _CARDS_SHARE
    ]


def _is_card(page: Survey, at: int) -> bool:
    tag = page.elements[at].tag
    if tag in ("p", "tr", "td", "th", "dt", "dd", "figure", "tbody") or tag in HEADINGS:
        return False
    weight = page.total(page.sum_weights, at)
    if not 0 < weight <= _CARD_MOST:
        return False
    linked = page.total(page.sum_links, at) >= weight * _CARD_LINK
    return any(
        (page.elements[inner].tag in HEADINGS and page.links[inner] > _LINKED)
        or (linked and page.elements[inner].tag == "img")
        for inner in range(at, page.ends[at])
    )
