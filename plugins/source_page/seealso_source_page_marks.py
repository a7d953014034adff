"""What a page marks up about its article where a reader sees it: bylines, dates, the headline.

    tree --itemprop, property, rel, time, class--> Mark(element, name, value), in the page's order

A mark of a teaser, a comment, a side bar or the site's frame is about something else and is left
out. Microdata (itemprop), RDFa (property), hAtom and h-entry (class) name the same few things;
class names of no standard count by the words in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from seealso_sdk.text import clean

_VALUE_MAX = 300  # characters
_MARKS_MAX = 400  # elements that are looked at
_TITLE_LEAST = 8  # characters of a heading that is more than a logo's
_CLIMB = 5  # levels from a mark to the heading of a teaser around it
_HEADINGS = ("h1", "h2", "h3", "h4", "h5")

_NAMED = re.compile(
    r"author|by-?line|writer|autor|auteur|verfasser|date|time|publish|posted|datum|fecha|vcard|"
    r"headline|title|credit|meta|titre|titulo|titolo|kicker|contributor|journalist|redakteur|"
    r"stamp|series",
    re.IGNORECASE,
)
_FIND = etree.XPath(
    "descendant::*[@itemprop or @property or @class or @rel='author' or self::time or "
    "self::address or contains(@id,'author') or contains(@id,'byline') or contains(@id,'date')]"
    "[not(self::meta or self::link or self::script or self::body or self::html or self::img)]"
)
_ELSEWHERE = re.compile(
    r"\b(?:comments?|respond|disqus|sidebar|side-bar|related|footer|widget|recommend\w*|popular|"
    r"trending|latest|most-?read|read-?more|teasers?|promo|newsletter|breadcrumbs?|outbrain|"
    r"taboola|nav|menu|carousel|more-stories|next-post|prev-post|recirc\w*|also-?like)\b"
)
_SCOPES_OF_OTHERS = re.compile(
    r"(?:UserComments|Comment|Answer|Product|Offer|WPSideBar|WPFooter|WPHeader|SiteNavigation\w*|"
    r"BreadcrumbList|ListItem|Review|AggregateRating|Event)$"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked element. `props` are names of properties (microdata, RDFa) without their prefix;
    `words` is its class, id and rel in lower case; `text` what it shows; `given` what it says for
    machines (content, datetime)."""

    element: Any
    props: tuple[str, ...]
    words: str
    text: str
    given: str | None

    @property
    def value(self) -> str:
        return self.given or self.text


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of the article, and its first heading."""

    found: tuple[Mark, ...] = ()
    heading: Any = None

    def props(self) -> Mapping[str, tuple[str, ...]]:
        """{property: values}, each value once."""
        found: dict[str, list[str]] = {}
        for mark in self.found:
            for name in mark.props:
                if mark.value:
                    found.setdefault(name, []).append(mark.value)
        return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def marks_of(tree: Any) -> Marks:
    """The marks of a page, before anything is taken out of it."""
    heading = _heading_of(tree)
    around = set(heading.iterancestors()) if heading is not None else set()
    body = tree.find("body")
    found = _named(_FIND(tree if body is None else body))[:_MARKS_MAX]
    return Marks(tuple(_marks(found, around, heading)), heading)


def _named(elements: list[Any]) -> list[Any]:
    """Of elements with a class those whose class says something; a page has few classes."""
    known: dict[str | None, bool] = {None: True}
    found = []
    for element in elements:
        name = element.get("class")
        says = known.get(name)
        if says is None:
            says = known[name] = bool(_NAMED.search(name))
        if says or _is_marked(element):
            found.append(element)
    return found


def _is_marked(element: Any) -> bool:
    return (
        element.tag in ("time", "address")
        or element.get("itemprop") is not None
        or element.get("property") is not None
        or element.get("rel") == "author"
    )


def shown(element: Any) -> str:
    """What an element shows, on one line: no script, a space where a line breaks or a child
    element is a block."""
    parts: list[str] = []
    _collect(element, parts, _VALUE_MAX)
    return " ".join(clean("".join(parts)).replace("\u00ad", "").replace("\u200b", "").split())


# --- inside ----------------------------------------------------------------------------------

_SPACED = frozenset(("br", "div", "p", "li", "dt", "dd", "td", "h1", "h2", "h3", "h4", "small"))
_SILENT = frozenset(("script", "style", "svg", "noscript", "template", "button"))


def _collect(element: Any, parts: list[str], most: int) -> None:
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if not isinstance(inner.tag, str):
            continue
        silent = inner.tag in _SILENT
        if event == "start":
            if inner.tag in _SPACED:
                parts.append(" ")
            if not silent and inner.text and not _in_silent(inner, element):
                parts.append(inner.text)
        else:
            if inner.tag in _SPACED:
                parts.append(" ")
            if inner is not element and inner.tail and not _in_silent(inner, element, own=False):
                parts.append(inner.tail)
        if len(parts) > most * 4:
            return


def _in_silent(inner: Any, top: Any, *, own: bool = True) -> bool:
    if own and inner.tag in _SILENT:
        return True
    if inner is top:
        return False
    for ancestor in inner.iterancestors():
        if ancestor.tag in _SILENT:
            return True
        if ancestor is top:
            return False
    return False


def _heading_of(tree: Any) -> Any:
    """The heading that the article most probably has: the first h1 that is in no frame."""
    first = None
    for heading in tree.iter("h1"):
        if first is None:
            first = heading
        if any(ancestor.tag in ("nav", "footer", "aside") for ancestor in heading.iterancestors()):
            continue
        if len(shown(heading)) >= _TITLE_LEAST or "title" in (heading.get("class") or "").lower():
            return heading
    return first


def _marks(found: list[Any], around: set[Any], heading: Any) -> Iterator[Mark]:
    for element in found:
        names = f"{element.get('itemprop') or ''} {element.get('property') or ''}"
        props = tuple(name.rpartition(":")[2] for name in names.split())
        words = " ".join(
            element.get(name) or "" for name in ("class", "id", "rel") if element.get(name)
        )
        if _is_elsewhere(element, around, heading):
            continue
        given = element.get("content") or element.get("datetime") or element.get("data-datetime")
        given = given or (element.get("title") if "published" in words.split() else None)
        text = shown(_name_in(element, props))
        if len(text) > _VALUE_MAX or not (text or given):
            text = "" if len(text) > _VALUE_MAX else text
            if not given:
                continue
        yield Mark(element, props, words.lower(), text, clean(given).strip() if given else None)


def _name_in(element: Any, props: tuple[str, ...]) -> Any:
    """Of a person with properties of its own the name."""
    if (props and element.get("itemscope") is not None) or element.get("typeof"):
        for inner in element.iter():
            if (
                inner is not element
                and "name"
                in (
                    inner.get("itemprop") or (inner.get("property") or "").rpartition(":")[2]
                ).split()
            ):
                return inner
    return element


def _is_elsewhere(element: Any, around: set[Any], heading: Any) -> bool:
    """Whether the mark stands in a teaser, a comment or the frame of the site."""
    for level, ancestor in enumerate((element, *element.iterancestors()), start=1):
        if ancestor in around or ancestor is heading:
            return False
        if ancestor.tag in ("footer", "nav", "aside", "form") and ancestor is not element:
            return True
        scope = ancestor.get("itemtype") or ancestor.get("typeof")
        if scope and ancestor is not element and _SCOPES_OF_OTHERS.search(scope.strip()):
            return True
        named = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}".lower()
        if named != " " and _ELSEWHERE.search(named.replace("_", "-")):
            return True
        if (
            1 < level <= _CLIMB
            and around
            and ancestor.tag in ("div", "li", "article", "section", "a", "td")
            and next(ancestor.iter(*_HEADINGS), None) is not None
        ):
            return True
    return False
