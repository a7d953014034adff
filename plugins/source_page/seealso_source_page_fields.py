"""An operator's own mapping: a field of the article, and the CSS selector of where it stands.

    {"title": "h1.entry", "published": "time.when@datetime", "authors": ".by a"}

What a selector finds comes before all that the plugin finds by itself. One that is none, a field
that no article has, or a title or body that isn't where it should be, is a Problem that says so;
another field that a page hasn't got is noted in its provenance, and read as if nothing was mapped.

`selector@attribute` reads an attribute; without one, a link gives its address where an address is
wanted, a meta element its content, a time its datetime, everything else its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html
from lxml.cssselect import CSSSelector
from seealso_sdk import Media, Person, Problem, Publisher, Rights, SeeAlso, Series
from seealso_sdk.furniture import kind_named
from seealso_sdk.names import names_in
from seealso_sdk.text import clean
from seealso_source_page_dates import read_date
from seealso_source_page_declared import pixels, web_url
from seealso_source_page_marks import shown

_SELECTOR_MAX = 300  # characters
_STEPS_MAX = 12  # combinators and conditions of a selector
_VALUES_MAX = 500
_ATTRIBUTE = re.compile(r"\A(?P<selector>.*\S)\s*@(?P<name>[A-Za-z_][\w:.-]{0,60})\s*\Z", re.DOTALL)
_NEEDED = ("title", "html")  # a page where these aren't found was meant otherwise


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that a selector found."""

    element: Any
    given: str | None  # of the attribute that was asked for
    base: str

    @property
    def text(self) -> str:
        if self.given is not None:
            return " ".join(clean(self.given).split())
        spoken = {"meta": "content", "time": "datetime"}.get(self.element.tag)
        said = self.element.get(spoken) if spoken else None
        return " ".join(clean(said or "").split()) or shown(self.element)

    @property
    def url(self) -> str | None:
        """The address, where the value is one: of a link, a picture or a frame."""
        if self.given is not None:
            return web_url(self.given, self.base)
        for name in ("href", "src", "content"):
            found = web_url(self.element.get(name), self.base)
            if found:
                return found
        link = next(self.element.iter("a"), None)
        return web_url(link.get("href"), self.base) if link is not None else None


def _text(values: Sequence[Value]) -> Any:
    return next((value.text for value in values if value.text), None)


def _texts(values: Sequence[Value]) -> Any:
    if len(values) == 1:  # one element, or one meta, that lists them
        parts = re.split(r"\s*[,;]\s*", values[0].text)
    else:
        parts = [value.text for value in values]
    return tuple(dict.fromkeys(part for part in parts if part))


def _date(values: Sequence[Value]) -> Any:
    return next((found for value in values if (found := read_date(value.text))), None)


def _address(values: Sequence[Value]) -> Any:
    plain = (value.url or web_url(value.text, value.base) for value in values)
    return next((url for url in plain if url), None)


def _people(values: Sequence[Value]) -> Any:
    found: dict[str, Person] = {}
    for value in values:
        names = names_in(value.text) or ((value.text,) if value.text else ())
        for name in names:
            url = value.url if len(names) == 1 and value.given is None else None
            found.setdefault(name, Person(name, url))
    return tuple(found.values())


def _titled(record: Callable[[str, str | None], Any]) -> Callable[[Sequence[Value]], Any]:
    def read(values: Sequence[Value]) -> Any:
        for value in values:
            if value.text:
                return record(value.text, value.url if value.given is None else None)
        return None

    return read


def _see_also(values: Sequence[Value]) -> Any:
    return tuple(
        SeeAlso(
            value.text, url=value.url if value.given is None else None, kind=kind_named(value.text)
        )
        for value in values
        if value.text
    )


def _media(values: Sequence[Value]) -> Any:
    found: dict[str, Media] = {}
    for value in values:
        size = [pixels(value.element.get(name)) for name in ("width", "height")]
        if value.url:
            alt = value.element.get("alt") or None
            found.setdefault(value.url, Media(value.url, alt=alt, width=size[0], height=size[1]))
    return tuple(found.values())


def _rights(values: Sequence[Value]) -> Any:
    for value in values:
        if value.text or value.url:
            return Rights(license=value.text or value.url, url=value.url)
    return None


def _elements(values: Sequence[Value]) -> Any:
    return tuple(value.element for value in values)


_READERS: Mapping[str, Callable[[Sequence[Value]], Any]] = {
    **dict.fromkeys(("title", "summary", "language", "kind", "external_id"), _text),
    **dict.fromkeys(
        ("published", "updated", "reviewed", "review_by", "expires", "embargo_until"), _date
    ),
    **dict.fromkeys(("topics", "keywords"), _texts),
    **dict.fromkeys(("authors", "reviewers"), _people),
    "canonical_url": _address,
    "publisher": _titled(Publisher),
    "series": _titled(Series),
    "see_also": _see_also,
    "media": _media,
    "rights": _rights,
    "html": _elements,
}
FIELDS = tuple(_READERS)  # what can be mapped


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the mapping found: values by field, the elements of the body, where each stood."""

    values: Mapping[str, Any] = field(default_factory=dict)
    body: tuple[Any, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    empty: Mapping[str, str] = field(default_factory=dict)  # field: its selector


def mapped(tree: Any, fields: Mapping[str, str], base: str) -> Mapped | Problem:
    """Apply a mapping to a page, before anything is taken out of its tree."""
    values: dict[str, Any] = {}
    where: dict[str, str] = {}
    empty: dict[str, str] = {}
    for name, selector in fields.items():
        target = "html" if name in ("body", "body_html") else name
        if target not in _READERS:
            detail = f"{name!r} is no field of an article that a selector can give"
            remedy = f"Give one of {', '.join(FIELDS)}."
            return Problem(code="field-unknown", detail=detail, field=name, remedy=remedy)
        chosen = _chosen(tree, selector, base)
        if isinstance(chosen, str):
            detail = f"{selector[:120]!r} for {name!r} is no CSS selector: {chosen}"
            remedy = 'Give one such as "h1.title" or "time.published@datetime".'
            return Problem(code="selector-invalid", detail=detail, field=name, remedy=remedy)
        value = _READERS[target](chosen)
        if value:
            values[target], where[target] = value, f"selector {selector}"
        elif target in _NEEDED:
            return _nothing(tree, name, selector, bool(chosen))
        else:
            empty[target] = selector
    body = values.pop("html", ())
    return Mapped(values, body, where, empty)


def body_html(elements: Sequence[Any], base: str) -> str:
    """The HTML inside the elements that a mapping chose, with absolute links."""
    parts = []
    for element in elements:
        copy = html.fragment_fromstring(
            etree.tostring(element, encoding="unicode", with_tail=False, method="html"), "div"
        )
        for inner in list(copy.iter("script", "style", "noscript", "template")):
            inner.drop_tree()
        if base:
            copy.make_links_absolute(base, resolve_base_href=False, handle_failures="ignore")
        parts.append(
            "".join(etree.tostring(child, encoding="unicode", method="html") for child in copy)
        )
    return "\n".join(parts)


def _chosen(tree: Any, selector: str, base: str) -> list[Value] | str:
    """The values at a selector, or what is wrong with it."""
    match = _ATTRIBUTE.match(selector)
    css, attribute = (match["selector"], match["name"]) if match else (selector, None)
    if len(css) > _SELECTOR_MAX or len(re.findall(r"[\s>+~,:\[]+", css.strip())) > _STEPS_MAX:
        return f"it is longer than {_SELECTOR_MAX} characters or {_STEPS_MAX} steps"
    try:
        found = CSSSelector(css, translator="html")(tree)
    # SelectorError is a SyntaxError; libxml2 refuses what the translator let pass
    except (SyntaxError, etree.XPathError, ValueError) as error:
        return str(error) or "it can't be read"
    values = [
        Value(element, element.get(attribute) if attribute else None, base) for element in found
    ]
    return [value for value in values if not attribute or value.given is not None][:_VALUES_MAX]


def _nothing(tree: Any, name: str, selector: str, matched: bool) -> Problem:
    """That nothing stands where a selector looks, and what the page has instead."""
    what = "found an element without text" if matched else "found nothing on this page"
    tags = ("h1", "h2") if name == "title" else ("article", "main", "section", "div")
    shown_ones = [
        _named(element) for element in tree.iter(*tags) if element.get("class") or element.get("id")
    ]
    there = ", ".join(
        list(
            dict.fromkeys(shown_ones or [tag for tag in tags if tree.find(f".//{tag}") is not None])
        )[:6]
    )
    detail = (
        f"the selector {selector[:120]!r} for {name!r} {what}; it has {there or 'no such element'}"
    )
    remedy = "Correct the selector, or leave it out: the hub looks for the field by itself."
    return Problem(code="selector-empty", detail=detail, field=name, remedy=remedy)


def _named(element: Any) -> str:
    classes = (element.get("class") or "").split()[:2]
    identity = f"#{element.get('id')}" if element.get("id") else ""
    return f"{element.tag}{identity}{''.join(f'.{name}' for name in classes)}"[:60]
