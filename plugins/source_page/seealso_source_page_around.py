"""What stands around the article on its page: related lists, sign-ups, adverts, bylines.

    take_related(root)  -> the titles and links under "See also"
    take_promos(root)   -> sign-ups and adverts, typed
    take_head(root)     -> authors, dates, series, corrections

Each takes what it is sure of out of the tree, so that the body is what nothing else laid claim to.
The rules go by the same words as those for a plain-text copy of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seealso_sdk import Correction, Person, Promo, SeeAlso, Series
from seealso_sdk.bylines import Meta, read_correction, read_meta
from seealso_sdk.furniture import (
    ADVERT,
    NEWSLETTER,
    TITLE_MAX,
    furniture_kinds,
    kind_named,
    promo_about,
    related_heading,
    series_named,
)
from seealso_sdk.notices import read_withdrawal
from seealso_sdk.text import fold
from seealso_source_page_declared import web_url

# --- text of an element ----------------------------------------------------------------------


def line(element: Any) -> str:
    """The text of an element on one line."""
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
        items = [line(item) for item in element.iterchildren("li")]
        return "\n".join(items) if items and all(len(item) <= _BAR_ITEM for item in items) else ""
    if element.tag in ("li", "h1") or any(a.tag in _SILENT for a in element.iterancestors()):
        return ""
    return line(element)


_BAR_ITEM = 40  # characters


def drop(element: Any) -> None:
    """Take the element out of the tree; the text behind it stays."""
    if element.getparent() is not None:
        element.drop_tree()


# --- related titles --------------------------------------------------------------------------

_MOST_RELATED = 300
_LINK_SHARE = 0.5  # of the text of a related list is link text
_CLIMB = 3  # levels from a heading to the element that its list is a sibling of


@dataclass(frozen=True, slots=True)
class Related:
    see_also: tuple[SeeAlso, ...] = ()
    series: Series | None = None


def take_related(root: Any, base: str) -> Related:
    """Titles and links under "See also" and its like; they leave the tree with their heading."""
    found: dict[str, SeeAlso] = {}
    series: Series | None = None
    for heading in _related_headings(root):
        if heading.getparent() is None or _in_site_frame(heading):
            continue
        text = line(heading)
        lists = _lists_under(heading, weak=related_heading(text) == "weak")
        titles = [title for element in lists for title in _titles_in(element, base)]
        if not titles:
            continue
        for title in titles[:_MOST_RELATED]:
            found.setdefault(fold(title.title) or title.title, title)
        named = series_named(text)
        series = series or (Series(named) if named else None)
        for element in (*lists, heading):
            drop(element)
    return Related(tuple(found.values()), series)


def _related_headings(root: Any) -> list[Any]:
    tags = (*_HEADINGS, "p", "div", "span", "strong", "b", "summary", "legend", "dt")
    return [
        element
        for element in root.iter(*tags)
        if len(element) <= _CLIMB and related_heading(line(element)) is not None
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
    text, linked = line(element), sum(len(line(link)) for link in element.iter("a"))
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
        title = line(link if inner is None else inner)
        if title and len(title) <= TITLE_MAX:
            url = web_url(link.get("href"), base)
            yield SeeAlso(title, url=url, kind=kind_named(title))


# --- furniture -------------------------------------------------------------------------------

_BOX_MAX = 1500  # characters of a sign-up box with everything in it


def take_promos(root: Any) -> tuple[Promo, ...]:
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
    drop(element)
    while parent is not None and parent.tag in ("section", "aside", "div", "form"):
        outer = parent.getparent()
        if outer is None or _longer(parent, _BOX_MAX):
            return
        headings = sum(len(line(heading)) for heading in parent.iter(*_HEADINGS))
        if len(line(parent)) > headings:
            return
        drop(parent)
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
class Head:
    metas: tuple[Meta, ...] = ()
    corrections: tuple[Correction, ...] = ()
    series_url: str | None = None
    withdrawal: str | None = None  # the notice that takes the article back

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


def take_head(root: Any, base: str, day: str | None) -> Head:
    """Lines that say who and when, and correction notes; they leave the tree."""
    leaves = [leaf for leaf in _leaves(root) if leaf.tag not in ("h1", "li", "td", "th", *_LISTS)]
    texts = [line(leaf) for leaf in leaves]
    running = [at for at, text in enumerate(texts) if len(text) >= _RUNNING]
    first, last = (running[0], running[-1]) if running else (len(leaves), -1)
    metas: list[Meta] = []
    corrections: list[Correction] = []
    series_url: str | None = None
    withdrawal: str | None = None
    for at, (leaf, text) in enumerate(zip(leaves, texts, strict=True)):
        meta = None if _in_site_frame(leaf) else read_meta(text)
        if meta and meta != Meta() and (at < first or at > last or meta.labelled):
            metas.append(meta)
            link = next(leaf.iter("a"), None) if meta.series else None
            series_url = series_url or (
                web_url(link.get("href"), base) if link is not None else None
            )
            drop(leaf)
        elif note := read_correction(text, day):
            corrections.append(note)
            drop(leaf)
        elif at <= first and withdrawal is None and (notice := read_withdrawal(text)):
            withdrawal = notice
            drop(leaf)
    return Head(tuple(metas), tuple(corrections), series_url, withdrawal)
