"""The body of a page: its main content, with the structure that it has there.

    tree --Survey--> blocks with numbers --names, cards--> furniture marked
         --the element with most running text and least else--> the article's element
         --line by line--> bylines, teasers, credits, empty sections out
         --pictures resolved, links absolute--> HTML for the body profile

Every element has a value: the running text in it less the links and scraps in it. The article's
element is the one of the highest value, where names that sites give their article's text count for
it. What the page declares (`articleBody`) is a witness: blocks that it repeats are believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from seealso_sdk.furniture import furniture, related_heading
from seealso_sdk.text import fold
from seealso_source_page_blocks import (
    HEADINGS,
    PROSE,
    SENTENCE,
    Survey,
    mark_after_comments,
    mark_frame,
    mark_furniture,
    running,
)
from seealso_source_page_declared import Declared
from seealso_source_page_shape import markup_of, prepare
from seealso_source_page_state import scripted, state_body
from seealso_source_page_words import APPEAL, CREDIT, TEASER, Part

_ANSWER_HEAD = 60  # characters by which an answer is found in the body
_DECLARED_LEAST = 200  # characters of a declared body from which it can replace what is shown


def body_of(tree: Any, page: Declared, base: str, title: str = "") -> str | None:
    """The article's HTML: the page's main content, or what the page declares where it shows less;
    with the answers that a FAQ declares and shows only on a click. The tree is used up."""
    found = extracted(tree, page.body, base, title)
    shown = fold(plain(found)) if found else ""
    declared = page.body or ""
    if len(declared) >= _DECLARED_LEAST and len(declared) > 2 * len(plain(found or "")):
        found = _paragraphs(declared)
        shown = fold(declared)
    elif not found and declared:
        found = _paragraphs(declared)
    missing = [
        (name, answer)
        for name, answer in page.questions
        if fold(plain(answer))[:_ANSWER_HEAD] not in shown
    ]
    several = len(page.questions) > 1
    parts = [f"<h2>{escape(name)}</h2>{text}" if several else text for name, text in missing]
    return "\n".join([*([found] if found else []), *parts]) or None


def plain(markup: str) -> str:
    """The text of a piece of HTML on one line."""
    return " ".join(re.sub(r"<[^<>]*>", " ", markup).split())


def _paragraphs(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    return "".join(f"<p>{escape(line.strip(), quote=False)}</p>" for line in lines)


def extracted(tree: Any, declared: str | None, base: str, title: str = "") -> str | None:
    """The main content of a parsed page as HTML, or None where there is no text."""
    body = tree if tree.tag == "body" else tree.find("body")
    root = tree if body is None else body
    states = scripted(tree)
    prepare(root)
    page = Survey(root)
    if page.sum_prose[-1] < _SCRIPTED_BELOW:
        state = state_body(states)
        if state is not None:
            return state
    witness = Witness(page, declared)
    mark_furniture(page, witness.vouches)
    mark_after_comments(page)
    _mark_later_articles(page)
    at = _article_element(page, witness)
    if page.sum_prose[-1] > _MISLED_ABOVE and _kept(page, at) < _MISLED_BELOW:
        mark_frame(page)
        at = _article_element(page, witness)
    if at is None:
        return None
    _Editor(page, at, fold(title), witness).edit()
    return markup_of(page, at, base)


_SCRIPTED_BELOW = 200  # letters of running text below which a script may hold the article
_MISLED_ABOVE, _MISLED_BELOW = 800, 200  # letters on the page, and of those taken


def _kept(page: Survey, at: int | None) -> float:
    """Letters of running text in an element without what is marked."""
    if at is None:
        return 0.0
    inside = range(at, page.ends[at])
    return sum(max(0.0, page.values[i]) for i in inside if not page.junk[i])


# --- the witness -----------------------------------------------------------------------------

_SEEN = 40  # characters of a block by which it is found in the declared text
_VOUCHED = 100  # letters
_WITNESS_LEAST = 300  # characters
_WITNESS_MOST = 200_000


class Witness:
    """The article's text as the page declares it, and the blocks of the page that it repeats."""

    def __init__(self, page: Survey, declared: str | None) -> None:
        self.present = declared is not None and _WITNESS_LEAST <= len(declared) <= _WITNESS_MOST
        self.seen = bytearray(len(page.elements))
        self._page = page
        if self.present:
            said = fold(plain(declared or ""))
            for at, text in enumerate(page.texts):
                if page.values[at] > 0 and fold(text[: 2 * _SEEN])[:_SEEN] in said:
                    self.seen[at] = 1
        self._sum = running([v * s for v, s in zip(page.values, self.seen, strict=True)])

    def vouches(self, at: int) -> bool:
        """Whether most of the element's running text is in the declared one."""
        if not self.present:
            return False
        seen = self._page.total(self._sum, at)
        return seen > _VOUCHED and 2 * seen > self._page.total(self._page.sum_prose, at)


# --- the article's element -------------------------------------------------------------------

_FAVOUR = {Part.BODY: 1.5, Part.CONTENT: 1.15}
_FAVOUR_ARTICLE = 1.25
_CELLS = frozenset(("td", "th"))
_MAIN_PART = 0.6  # share of an element in its largest part
_SMALL_PART = 0.5  # of the largest part
_BOX_WORTH = -0.1
_WITNESSED = 1.4
_HOLDERS = frozenset(
    ("article", "body", "blockquote", "center", "dd", "details", "div", "fieldset", "figure")
) | frozenset(("form", "html", "li", "main", "pre", "section", "table", "tbody", "td", "tr"))
_LATER_LEAST = 500  # letters of the first article from which a second one is another page's


def _article_element(page: Survey, witness: Witness) -> int | None:
    values = [
        0.0 if junk else value * (_WITNESSED if seen else 1.0)
        for value, junk, seen in zip(page.values, page.junk, witness.seen, strict=True)
    ]
    worth = _worth(page, values, witness.vouches)
    best, best_value = None, 0.0
    for at, element in enumerate(page.elements):
        if page.junk[at] or not (element.tag in _HOLDERS or "-" in element.tag):
            continue
        value = worth[at]
        if element.tag == "article":
            value *= max(_FAVOUR_ARTICLE, _FAVOUR.get(page.parts[at], 1.0))
        else:
            value *= _FAVOUR.get(page.parts[at], 1.0)
        if value > 0 and value >= best_value:
            best, best_value = at, value
    for at, value in _divided(page, worth):
        if value > best_value:
            best, best_value = at, value
    return _whole_page(page) if best is None else best


def _worth(page: Survey, values: list[float], vouched: Callable[[int], bool]) -> list[float]:
    """What each element is worth: the values in it added up. Where one part has most of them, and
    nothing says that the element is the article, small parts of another make do not count for it:
    they are the boxes beside the article."""
    worth = list(values)
    for at in range(len(values) - 1, -1, -1):
        children = page.children(at)
        parts = [worth[child] for child in children]
        whole = sum(parts)
        top = max(parts, default=0.0)
        if len(parts) > 1 and top >= whole * _MAIN_PART and page.parts[at] not in _FAVOUR:
            main = _kind(page, children[parts.index(top)])
            for place, child in enumerate(children):
                boxed = page.ends[child] - child > 1 or page.elements[child].tag in _CELLS
                boxed = boxed and _kind(page, child) != main and not vouched(child)
                if boxed and 0 < parts[place] < top * _SMALL_PART:
                    parts[place] *= _BOX_WORTH
            whole = sum(parts)
        worth[at] += whole
    return worth


def _kind(page: Survey, at: int) -> tuple[str, str]:
    element = page.elements[at]
    if element.tag in _CELLS:  # each column is one of its own
        return element.tag, str(at)
    return element.tag, element.get("class") or element.get("id", "")


def _divided(page: Survey, worth: list[float]) -> list[tuple[int, float]]:
    """Bodies in several elements of one name, with adverts between them: what holds them all."""
    groups: dict[tuple[str, str], list[int]] = {}
    at, size = 0, len(page.elements)
    while at < size:
        if page.parts[at] is Part.BODY and not page.junk[at]:
            groups.setdefault(_kind(page, at), []).append(at)
            at = page.ends[at]
        else:
            at += 1
    found = []
    for members in groups.values():
        if len(members) > 1:
            value = sum(worth[at] for at in members) * _FAVOUR[Part.BODY]
            holder = members[0]
            while page.ends[holder] < page.ends[members[-1]]:
                holder = page.parents[holder]
            found.append((holder, value))
    return found


def _whole_page(page: Survey) -> int | None:
    """For a page without running text: its one article or main element, else all of it."""
    for tag in ("article", "main"):
        found = [at for at, e in enumerate(page.elements) if e.tag == tag and not page.junk[at]]
        if len(found) == 1 and page.total(page.sum_weights, found[0]):
            return found[0]
    return 0 if page.sum_weights[-1] else None


def _mark_later_articles(page: Survey) -> None:
    """Endless pages load the next article below the first, each with a title of its own."""
    first: int | None = None
    at, size = 0, len(page.elements)
    while at < size:
        if page.elements[at].tag == "article" and not page.junk[at] and _has_title(page, at):
            if first is None:
                if page.total(page.sum_prose, at) < _LATER_LEAST:
                    return
                first = at
            else:
                page.mark(at)
            at = page.ends[at]
        else:
            at += 1


def _has_title(page: Survey, at: int) -> bool:
    return any(page.elements[inner].tag == "h1" for inner in range(at, page.ends[at]))


# --- line by line ----------------------------------------------------------------------------

_SHORT = 90  # characters of what says who and when
_LINKED = 0.6  # share of link text from which a box is one of links
_LINE_LINKED = 0.8
_BOX_MOST = 1500  # letters of a box of links
_LABEL = 40  # characters of a word or two that only label something
_APPEAL_MOST = 300
_END_SHARE = 0.7  # of the lines: what comes later is the end of the article
_LINKED_PAGE = 0.35  # share of link text of a page that is about links: an index, a wiki
_KEPT_WHOLE = frozenset(
    ("li", "td", "th", "dt", "dd", "pre", "figcaption", "caption", "blockquote", "summary")
)
_PARAGRAPHS = frozenset(("p", "div", "section", "center"))
_BOXES = frozenset(("div", "section", "ul", "ol", "table", "p", "dl", "aside", "nav"))
_COLON = (":", "：")


@dataclass(slots=True)
class _Editor:
    """Marks, inside the article's element, what an editor would strike out."""

    page: Survey
    root: int
    title: str
    witness: Witness

    def edit(self) -> None:
        """Mark as furniture, in the survey, what is no part of the article."""
        page, end = self.page, self.page.ends[self.root]
        if not self._is_about_links(end):
            self._strike_boxes(end)
        lines = [at for at in range(self.root, end) if page.texts[at]]
        kept = [at for at in lines if not page.junk[at]]
        prose = [at for at in kept if self._is_prose(at)]
        if prose:
            self._strike_head(kept, prose[0])
            self._strike_tail(kept, prose[-1])
        late = kept[int(len(kept) * _END_SHARE)] if kept else end
        for at in kept:
            if not page.junk[at] and not self.witness.seen[at] and self._foreign(at, at >= late):
                self._strike(at)
        self._strike_empty_sections(lines)

    def _is_about_links(self, end: int) -> bool:
        page = self.page
        mine = [at for at in range(self.root, end) if not page.junk[at]]
        weight = sum(page.weights[at] for at in mine)
        return sum(page.weights[at] * page.links[at] for at in mine) > weight * _LINKED_PAGE

    def _is_prose(self, at: int) -> bool:
        return self.page.values[at] > 0

    def _strike(self, at: int) -> None:
        """One line; blocks inside it stay."""
        self.page.junk[at] = 1
        if self.page.ends[at] - at == 1 or not any(self.page.texts[at + 1 : self.page.ends[at]]):
            self.page.mark(at)

    def _strike_boxes(self, end: int) -> None:
        page, at = self.page, self.root + 1
        before = ""
        while at < end:
            if page.junk[at]:
                at = page.ends[at]
                continue
            tag = page.elements[at].tag
            if tag in _BOXES and not before.endswith(_COLON) and self._is_link_box(at):
                page.mark(at)
                at = page.ends[at]
                continue
            before = page.texts[at] or before
            at += 1

    def _is_link_box(self, at: int) -> bool:
        page = self.page
        weight = page.total(page.sum_weights, at)
        linked = page.total(page.sum_links, at)
        single = page.elements[at].tag == "p"
        return (
            0 < weight <= _BOX_MOST
            and linked > weight * (_LINE_LINKED if single else _LINKED)
            and page.total(page.sum_prose, at) < SENTENCE * 2
        )

    def _strike_head(self, kept: list[int], first: int) -> None:
        """What stands above the title, and between it and the text: who, when, where filed."""
        page = self.page
        titles = [at for at in kept if at < first and page.elements[at].tag in HEADINGS]
        own = [at for at in titles if self._is_title(at)]
        top = own[0] if own else next((at for at in titles if page.elements[at].tag == "h1"), -1)
        for at in kept:
            if at >= first:
                return
            tag = page.elements[at].tag
            if at <= top or (
                len(page.texts[at]) < _SHORT
                and tag not in HEADINGS
                and tag not in ("figcaption", "caption", "pre", "td", "th")
            ):
                self._strike(at)

    def _strike_tail(self, kept: list[int], last: int) -> None:
        """Scraps behind the last running text; what belongs to a list or a table stays."""
        page = self.page
        for at in reversed(kept):
            if at <= last:
                return
            tag = page.elements[at].tag
            if tag not in _KEPT_WHOLE and len(page.texts[at]) < _SHORT:
                self._strike(at)

    def _foreign(self, at: int, late: bool) -> bool:
        """Whether a line by itself is none of the article's."""
        text, tag, linked = self.page.texts[at], self.page.elements[at].tag, self.page.links[at]
        if tag in HEADINGS:
            return self._is_title(at) or related_heading(text) == "strong"
        if len(text) < _LABEL and tag not in _KEPT_WHOLE:
            label = furniture(text)
            if (label is not None and label.sure) or not any(map(str.isalpha, text)):
                return True
        if tag in _PARAGRAPHS and linked >= _LINE_LINKED and len(text) > SENTENCE:
            return True
        if len(text) >= _APPEAL_MOST:
            return False
        if TEASER.match(text) and (linked > 0 or len(text) < PROSE):
            return True
        if tag in _PARAGRAPHS and len(text) < 2 * _SHORT and CREDIT.match(text):
            return True
        return late and tag not in _KEPT_WHOLE and APPEAL.match(text) is not None

    def _is_title(self, at: int) -> bool:
        """The title, maybe beside the rubric's name."""
        if not self.title:
            return False
        if fold(self.page.texts[at]) == self.title:
            return True
        parts = self.page.elements[at]
        return len(parts) > 1 and any(fold("".join(p.itertext())) == self.title for p in parts)

    def _strike_empty_sections(self, lines: list[int]) -> None:
        """A heading whose section was struck out, and one at the end that nothing follows."""
        level, filled, struck = 0, False, True
        for at in reversed(lines):
            tag = self.page.elements[at].tag
            if self.page.junk[at]:
                struck = True
            elif tag not in HEADINGS:
                filled, struck = True, False
            elif not filled and struck and level <= int(tag[1]):
                self._strike(at)
            else:
                level, filled, struck = int(tag[1]), False, False
