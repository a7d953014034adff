"""A WordPress export's XML: the head, that says things for all items, and one item at a time.

head ──> Site: its name, its language, its authors by login
item ──> Values: its elements by name (``wp:post_id``), whatever version the export has
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from seealso_sdk import Person, Problem, Publisher
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.text import one_line
from seealso_sdk.xmlguard import Part, declared_encoding, readable

# --- the XML of one item ---------------------------------------------------------------------

_ROOT = re.compile(rb"<rss\b[^<>]{0,4000}>")
_SPACES = (  # how a namespace ends, and the prefix that everybody writes for it
    ("/excerpt/", "excerpt"),
    ("purl.org/rss/1.0/modules/content/", "content"),
    ("purl.org/dc/elements/1.1/", "dc"),
)
_EXPORT = "wordpress.org/export/"
Values = Mapping[str, Sequence[Any]]  # name with its prefix to the elements, in their order


class Unreadable(Exception):
    """What the parser says of an item."""


def item_of(root_tag: bytes, part: Part, charset: str | None) -> Values:
    """The children of an item by their names, ``wp:post_id``.

    Raises:
        Unreadable: it isn't well-formed, in a way that loses something.
    """
    try:
        text = decode(root_tag + part.data + b"</rss>", charset)
    except CharsetUnknown as error:
        raise Unreadable(str(error)) from error
    data = readable(text, entities=True).encode()
    try:
        [item] = etree.fromstring(data, parser(recover=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(getattr(error, "msg", None) or str(error)) from error
    return by_name(item)


def parser(*, recover: bool) -> Any:
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def by_name(parent: Any) -> Values:
    found: dict[str, list[Any]] = {}
    for child in parent:
        if isinstance(child.tag, str):
            found.setdefault(_name(child.tag), []).append(child)
    return found


def _name(tag: str) -> str:
    space, _, local = tag.rpartition("}")
    for end, prefix in _SPACES:
        if space.endswith(end):
            return f"{prefix}:{local}"
    return f"wp:{local}" if _EXPORT in space else local


def text_of(values: Values, name: str) -> str:
    """The text of the first such child, white space at its ends taken off."""
    for element in values.get(name, ()):
        return "".join(element.itertext()).strip()
    return ""


def meta_of(values: Values) -> dict[str, str]:
    """The custom fields. Of one that stands twice the last one counts, as in WordPress' own."""
    found = {}
    for element in values.get("wp:postmeta", ()):
        pair = by_name(element)
        found[text_of(pair, "wp:meta_key")] = text_of(pair, "wp:meta_value")
    return found


# --- the site --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """What the head of the export says for all of its items."""

    root_tag: bytes
    charset: str | None
    publisher: Publisher | None = None
    language: str | None = None
    authors: Mapping[str, str] = field(default_factory=dict)  # login to name

    def author(self, login: str) -> Person | None:
        name = self.authors.get(login) or login
        return Person(name) if name and "@" not in name else None


def site_of(head: bytes, charset: str | None) -> Site | Problem:
    root = _ROOT.search(head)
    if root is None:
        return Problem(
            code="wxr-unknown",
            detail="this is no WordPress export: there is no rss element before its first item",
            remedy="Export it anew: Tools, Export, All content.",
        )
    charset = charset or declared_encoding(head)
    closed = head.rstrip().endswith(b"</rss>")
    try:
        text = decode(head[root.start() :] + (b"" if closed else b"</channel></rss>"), charset)
    except CharsetUnknown as error:
        return Problem(code="charset-unknown", detail=str(error), remedy="Save it as UTF-8.")
    tree = etree.fromstring(readable(text, entities=True).encode(), parser(recover=True))
    channels = [] if tree is None else [by_name(child) for child in tree]
    channel = channels[0] if channels else {}
    title, link = one_line(text_of(channel, "title")), text_of(channel, "link")
    return Site(
        root_tag=root[0],
        charset=charset,
        publisher=Publisher(title, web(link)) if title else None,
        language=text_of(channel, "language") or None,
        authors=dict(map(_author, channel.get("wp:author", ()))),
    )


def _author(element: Any) -> tuple[str, str]:
    given = by_name(element)
    full = f"{text_of(given, 'wp:author_first_name')} {text_of(given, 'wp:author_last_name')}"
    name = one_line(text_of(given, "wp:author_display_name") or full)
    return text_of(given, "wp:author_login"), name


def web(url: str) -> str | None:
    return url if url.startswith(("http://", "https://")) else None
