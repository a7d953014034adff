"""The title of a page: the heading that its declared titles agree on.

The longest h1 or h2 that a declared title contains is right more often than any declared title:
those carry the site's name, are cut short, or were written for search engines. Where no heading
fits, the declared one loses what the site is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from seealso_sdk.text import fold
from seealso_source_page_declared import Declared
from seealso_source_page_marks import Marks, shown

_HEADING_LEAST = 8  # characters
_HEAD_LEAST = 15  # characters that must be left of a title that is cut at its site's name
_SHARED = 0.5  # of the words of a heading and a declared title
# Runs of spaces are bounded: a title has single ones.
_BARS = re.compile(
    r"\s{1,3}[|·•–—-]\s{1,3}|\s{1,3}::\s{1,3}|\s{0,3}[»›|]\s{0,3}|\s{1,3}[«‹]\s{1,3}|"
    r"\s{1,3}/\s{1,3}(?=\S+$)"
)
_CUT = re.compile(r" \| | - ")
_SHORTENED = re.compile(r"\s{0,3}(?:…|\.{3,9})\s{0,3}\Z")
_TITLE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:entry|post|article|page|story|news|node|content|single|main)[_-]{0,2}(?:title|"
    r"headline|heading)(?:$|\s)|(?:^|\s)(?:headline|p-name|entry-title|headline__\w+)(?:$|\s)"
)


@dataclass(frozen=True, slots=True)
class Title:
    """The title, and where it stood."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    folded: str
    where: str
    main: bool = False


def title_of(tree: Any, page: Declared, marks: Marks, base: str) -> Title:
    """The title of the page; empty where it has none."""
    site = {fold(name) for name in _site_names(page, base) if name}
    headings = [one for one in _headings(tree, marks) if one.folded and one.folded not in site]
    declared = [*page.headlines, page.title_tag] if page.title_tag else [*page.headlines]
    found = _agreed(headings, declared)
    if found:
        return found
    found = _unshortened(headings, declared) or _similar(headings, declared, site)
    if found:
        return found
    for text in page.headlines:
        return Title(_without_site(text, site), page.where.get("title", "declared title"))
    firsts = [one for one in headings if one.main and len(one.text) >= _HEADING_LEAST]
    if len(firsts) == 1:  # a title tag alone may be the site's
        return Title(firsts[0].text, firsts[0].where)
    if page.title_tag:
        return Title(_longest_part(page.title_tag, site), "title tag")
    return next((Title(one.text, one.where) for one in headings), Title("", ""))


def _agreed(headings: Sequence[_Heading], declared: Sequence[str]) -> Title | None:
    folded = [fold(text) for text in declared]
    fitting = [
        one
        for one in headings
        if len(one.text) >= _HEADING_LEAST and any(_holds(text, one.folded) for text in folded)
    ]
    # A short one is the title where a declared title begins with it and goes on with the site.
    fitting = fitting or [
        one
        for one in headings
        if one.main
        and any(text == one.folded or text.startswith(f"{one.folded} ") for text in folded)
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda one: (len(one.text), one.main))
    return Title(best.text, best.where)


def _holds(whole: str, part: str) -> bool:
    return f" {part} " in f" {whole} " or (not part.isascii() and part in whole)


def _unshortened(headings: Sequence[_Heading], declared: Sequence[str]) -> Title | None:
    """The full heading of a declared title that ends in an ellipsis."""
    for text in declared:
        if _SHORTENED.search(text):
            head = fold(_SHORTENED.sub("", text))
            for one in headings:
                if len(head) >= _HEADING_LEAST and one.folded.startswith(head):
                    return Title(one.text, one.where)
    return None


def _similar(headings: Sequence[_Heading], declared: Sequence[str], site: set[str]) -> Title | None:
    """The main heading that says nearly what is declared; or, where it says that and a kicker or
    more, the declared words as the heading spells them."""
    for one in headings:
        if not one.main or len(one.text) < _HEADING_LEAST:
            continue
        for text in declared:
            bare = _without_site(text, site)
            words, own = set(fold(bare).split()), set(one.folded.split())
            if len(bare) >= _HEAD_LEAST and _holds(one.folded, fold(bare)):
                return Title(bare, f"{one.where}, without its kicker")
            if words and len(words & own) >= _SHARED * max(len(words), len(own)):
                return Title(one.text, one.where)
    marked = [one for one in headings if one.where == "headline of the markup"]
    return Title(marked[0].text, marked[0].where) if len(marked) == 1 else None


def _headings(tree: Any, marks: Marks) -> Iterator[_Heading]:
    for element in tree.iter("h1", "h2"):
        where = element.tag
        for at, text in enumerate(_readings(element)):
            yield _Heading(text, fold(text), where, main=where == "h1" and at == 0)
    for mark in marks.found:
        marked = "headline" in mark.props or (
            mark.element.tag not in ("h2", "a", "time", "ul", "li")
            and _TITLE_CLASS.search(mark.words)
        )
        if marked and mark.text and len(mark.text) >= _HEADING_LEAST:
            yield _Heading(mark.text, fold(mark.text), "headline of the markup", main=True)


def _readings(element: Any) -> Iterator[str]:
    """What a heading shows, and the same of its parts: a kicker may stand in it."""
    whole = shown(element)
    yield whole
    if len(element) and len(element) <= 6:
        joined = " ".join("".join(element.itertext()).replace("\u00ad", "").split())
        spaced = " ".join(" ".join(element.itertext()).replace("\u00ad", "").split())
        parts = [shown(child) for child in element if isinstance(child.tag, str)]
        tails = [" ".join((child.tail or "").split()) for child in element]
        for text in dict.fromkeys([joined, spaced, *parts, *tails, (element.text or "").strip()]):
            if text and text != whole:
                yield text


# --- the site's name -------------------------------------------------------------------------


def _site_names(page: Declared, base: str) -> Iterator[str]:
    yield from page.site_names
    try:
        host = (urlsplit(base).hostname or "").removeprefix("www.")
    except ValueError:
        return
    yield host
    labels = host.split(".")
    if len(labels) > 1:
        yield labels[-3] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[-2]


def _is_site(part: str, site: set[str]) -> bool:
    folded = fold(part)
    joined = folded.replace(" ", "")
    return any(folded == name or joined == name.replace(" ", "") for name in site)


def _without_site(title: str, site: set[str]) -> str:
    """A declared title without its site's name; where no name is known, without what stands behind
    the first bar, if enough is left."""
    parts = _BARS.split(title)
    bars = _BARS.findall(title)
    for _ in range(3):
        if len(parts) > 1 and _is_site(parts[-1], site):
            parts.pop()
            bars.pop()
        elif len(parts) > 1 and _is_site(parts[0], site):
            parts.pop(0)
            bars.pop(0)
        else:
            break
    text = parts[0] + "".join(bar + part for bar, part in zip(bars, parts[1:], strict=False))
    if text != title:
        return text.strip()
    head = _CUT.split(title, maxsplit=1)[0].strip()
    return head if len(head) >= _HEAD_LEAST else title


def _longest_part(title: str, site: set[str]) -> str:
    parts = [part.strip() for part in _BARS.split(title)]
    others = [part for part in parts if part and not _is_site(part, site)]
    return max(others or parts, key=len)
