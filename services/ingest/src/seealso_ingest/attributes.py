"""Attributes of the body profile: of each element those that it may have, with values that hold.

Pure: a dict of what the source wrote goes in, pairs in a fixed order come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from seealso_sdk.links import any_link, web_url
from seealso_sdk.text import clean

Pairs = list[tuple[str, str]]
Direction = tuple[str, str]  # lang, dir

NO_DIRECTION: Direction = ("", "")

_RELS = frozenset({"license", "nofollow", "sponsored", "ugc"})
_SCOPES = frozenset({"row", "col", "rowgroup", "colgroup"})
_SPAN_MAX = 100  # columns or rows
_LINE_MAX = 1000  # characters of a title or of an alternative text
_LANG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}\Z")
_INTEGER = re.compile(r"-?[0-9]{1,6}\Z")
_PIXELS = re.compile(r"\s*([0-9]{1,5})(?:px|\.[0-9]+)?\s*\Z")
_DATETIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9])"  # days that each month has
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?\Z"
)


def written(tag: str, element: Any, base: str | None, around: Direction = NO_DIRECTION) -> str:
    """The attributes of an element as they stand in its tag, a space before each.

    `around` is the language and direction that unwrapped elements around it had.
    """
    items = element.items()
    if not items:
        return write_direction(around)
    given = dict(items)
    own = _OWN.get(tag)
    pairs = own(given, base) if own else []
    return write_direction(direction(element, around)) + _text(pairs)


def picture(element: Any, base: str | None) -> str | None:
    """An ``img``. None: it has no usable address, or is one dot, that counts readers."""
    url = web_url(element.get("src", ""), base) or web_url(element.get("data-src", ""), base)
    width, height = _number(element.get("width")), _number(element.get("height"))
    if url is None or width in (0, 1) or height in (0, 1):
        return None
    pairs = [("src", url), ("alt", _one_line(element.get("alt")))]
    title = _one_line(element.get("title"))
    pairs += [("title", title)] if title else []
    pairs += [(name, str(v)) for name, v in (("width", width), ("height", height)) if v]
    return f"<img{write_direction(direction(element, NO_DIRECTION))}{_text(pairs)}>"


def direction(element: Any, around: Direction) -> Direction:
    """The language and direction of an element, or else those around it."""
    lang, way = element.get("lang", ""), element.get("dir", "").lower()
    return (
        lang if _LANG.match(lang) else around[0],
        way if way in ("ltr", "rtl", "auto") else around[1],
    )


def write_direction(value: Direction) -> str:
    """``lang`` and ``dir`` as they stand in a tag."""
    lang, way = value
    return (f' lang="{lang}"' if lang else "") + (f' dir="{way}"' if way else "")


def _one_line(value: str | None) -> str:
    """White space collapsed, and cut where nobody would read on."""
    return " ".join(clean(value or "").split())[:_LINE_MAX]


def _text(pairs: Pairs) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in pairs)


def _number(value: str | None) -> int | None:
    found = _PIXELS.match(value or "")
    return int(found[1]) if found else None


def _of_link(given: Mapping[str, str], base: str | None) -> Pairs:
    href = given.get("href", "").strip()
    # Ids are left out of a body, so a link inside the page would lead nowhere.
    url = None if href.startswith("#") else any_link(href, base)
    if url is None:
        return []
    hreflang = given.get("hreflang", "")
    found = [("href", url), ("title", _one_line(given.get("title")))]
    rel = " ".join(sorted(_RELS.intersection(given.get("rel", "").lower().split())))
    found += [("hreflang", hreflang if _LANG.match(hreflang) else ""), ("rel", rel)]
    return [pair for pair in found if pair[1]]


def _of_quotation(given: Mapping[str, str], base: str | None) -> Pairs:
    url = web_url(given.get("cite", ""), base)
    return [("cite", url)] if url else []


def _of_titled(given: Mapping[str, str], base: str | None) -> Pairs:
    title = _one_line(given.get("title"))
    return [("title", title)] if title else []


def _of_time(given: Mapping[str, str], base: str | None) -> Pairs:
    value = given.get("datetime", "").strip()
    return [("datetime", value)] if _DATETIME.match(value) else []


def _of_numbered_list(given: Mapping[str, str], base: str | None) -> Pairs:
    found = [("start", given["start"])] if _INTEGER.match(given.get("start", "")) else []
    found += [("reversed", "")] if "reversed" in given else []
    style = given.get("type", "")
    return [*found, ("type", style)] if style in ("1", "a", "A", "i", "I") else found


def _of_item(given: Mapping[str, str], base: str | None) -> Pairs:
    value = given.get("value", "")
    return [("value", value)] if _INTEGER.match(value) else []


def _of_cell(given: Mapping[str, str], base: str | None) -> Pairs:
    spans = [(name, _number(given.get(name))) for name in ("colspan", "rowspan")]
    return [(name, str(min(span, _SPAN_MAX))) for name, span in spans if span and span > 1]


def _of_header_cell(given: Mapping[str, str], base: str | None) -> Pairs:
    scope = given.get("scope", "").lower()
    found = _of_cell(given, base)
    return [*found, ("scope", scope)] if scope in _SCOPES else found


_OWN: dict[str, Callable[[Mapping[str, str], str | None], Pairs]] = {
    "a": _of_link,
    "abbr": _of_titled,
    "dfn": _of_titled,
    "blockquote": _of_quotation,
    "q": _of_quotation,
    "time": _of_time,
    "li": _of_item,
    "ol": _of_numbered_list,
    "td": _of_cell,
    "th": _of_header_cell,
}
