"""The media of an item: enclosures, Media RSS, pictures of podcasts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seealso_sdk import Media
from seealso_source_feed_fields import Link, Named, Node, with_groups
from seealso_source_feed_names import attributes_of, name_of
from seealso_source_feed_text import Scope, joined, line_of, plain

_MEDIA = {  # what is shown first comes first
    "enclosure": 0,
    "link": 1,
    "media:content": 2,
    "media:thumbnail": 3,
    "itunes:image": 4,
    "podcast:image": 4,
    "image": 4,
}


def media(node: Node, known: tuple[Link, ...]) -> tuple[tuple[Media, ...], str]:
    """Enclosures, Media RSS, pictures, each address once; sizes are pixels where they are numbers.
    A credit, a title or a description counts for the piece that it stands in, else for all."""
    pieces = [(name, child) for name, child in with_groups(node) if name in _MEDIA]
    enclosed = [one for one in known if one.rel == "enclosure"]
    if not enclosed and all(name == "link" for name, _ in pieces):
        return (), ""
    credit = _credit(node.children)
    found: dict[str, Media] = {}
    where: dict[str, None] = {}
    made: list[tuple[int, str, Media | None]] = [
        (1, "link enclosure", _enclosed(one, credit)) for one in enclosed
    ]
    for name, child in pieces:
        if name != "link":
            made.append((_MEDIA[name], name, _medium(name, child, node.scope, credit)))
    for _, name, medium in sorted(made, key=lambda one: one[0]):
        if medium is not None and medium.url not in found:
            found[medium.url] = medium
            where[name] = None
    return tuple(found.values()), ", ".join(where)


def _enclosed(link: Link, credit: str | None) -> Media:
    return Media(link.url, link.type or None, plain(link.title) or None, credit=credit)


def _medium(name: str, element: Any, scope: Scope, credit: str | None) -> Media | None:
    own = tuple((name_of(inner), inner) for inner in element)
    given = _place(name, element, own)
    written = given.get("url") or given.get("href") or given.get("uri")
    url = joined(scope.base(element), written) if written else None
    if not url:
        return None
    return Media(
        url,
        type=given.get("type") or None,
        alt=_alt(own),
        width=_pixels(given.get("width")),
        height=_pixels(given.get("height")),
        credit=_credit(own) or credit,
    )


def _place(name: str, element: Any, own: tuple[Named, ...]) -> dict[str, str]:
    given = attributes_of(element)
    if name == "image" or not (given.get("url") or given.get("href")):
        for inner, child in own:
            if inner in ("url", "href"):
                given["url"] = line_of(child)
        if not given.get("url") and not own and name != "enclosure":
            given["url"] = line_of(element)
        about = given.get("resource")
        if about and not given.get("url"):
            given["url"] = about
    return given


def _alt(own: Iterable[Named]) -> str | None:
    lines = {name: plain(line_of(child)) for name, child in own}
    return lines.get("media:description") or lines.get("media:title") or None


def _credit(children: Iterable[Named]) -> str | None:
    """Who made it; not who plays in it, and the like."""
    for name, child in children:
        role = attributes_of(child).get("role", "").lower() if name == "media:credit" else ""
        if name == "media:credit" and role not in ("actor", "cast", "character", "distributor"):
            line = plain(line_of(child))
            if line:
                return line
    return None


def _pixels(value: str | None) -> int | None:
    text = (value or "").strip().removesuffix("px")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) <= 5 else None
