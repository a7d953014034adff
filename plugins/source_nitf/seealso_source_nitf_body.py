"""NITF's body as HTML: its blocks are nearly HTML's own; what is marked in its lines becomes text.

    <hl2> ──> a heading       <bq>, <credit> ──> <blockquote>      <person>, <money> ──> their text
    <media> ──> <figure> with caption; a film or sound ──> a link      <fn> ──> a paragraph

The elements are those of the NITF 3.6 DTD. One that is not known is what stands in it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urljoin

from seealso_sdk import Media
from seealso_sdk.text import one_line

_SAME = {
    "p", "ol", "ul", "li", "dl", "dt", "dd", "pre", "table", "caption", "thead", "tbody", "tfoot",
    "tr", "th", "td", "em", "strong", "q", "sub", "sup", "frac-num", "blockquote", "h2", "h3", "h4",
}  # fmt: skip
_AS = {"hl1": "h2", "hl2": "h3", "fn": "p", "datasource": "p", "tagline": "p", "note": "div"}
_LEFT_OUT = frozenset({
    "media", "alt-code", "nitf-table-metadata", "nitf-table-summary", "custom-table", "col",
    "colgroup", "script", "style",
})  # fmt: skip
_SPANS = ("colspan", "rowspan", "scope", "align")


def plain(element: Any) -> str:
    """The text of an element on one line; nothing of what is none."""
    if element is None:
        return ""
    return one_line(" ".join("".join(element.itertext()).split()))


def take_out(element: Any) -> None:
    """Without the words behind it, which lxml would take out with it."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def html_of(element: Any, base: str | None) -> str:
    """What stands in an element, as HTML. Pictures stand where they stood."""
    pieces = [escape(element.text or "", quote=False)]
    for child in element:
        pieces += [_element(child, base), escape(child.tail or "", quote=False)]
    return "".join(pieces)


def _element(child: Any, base: str | None) -> str:
    tag = child.tag
    if not isinstance(tag, str):
        return ""
    own = _OWN.get(tag)
    if own is not None:
        return own(child, base)
    if tag in _LEFT_OUT:
        return ""
    inner = html_of(child, base)
    name = _AS.get(tag, tag if tag in _SAME else "")
    if not name or name == "frac-num":
        return inner
    given = _SPANS if name in ("td", "th") else ()
    spans = "".join(f' {key}="{escape(child.get(key))}"' for key in given if child.get(key))
    return f"<{name}{spans}>{inner}</{name}>"


def _link(element: Any, base: str | None) -> str:
    inner, address = html_of(element, base), element.get("href")
    return f'<a href="{escape(address)}">{inner}</a>' if address else inner


def _quotation(element: Any, base: str | None) -> str:
    sources = list(element.iter("credit"))
    names = [plain(source) for source in sources]
    for source in sources:
        take_out(source)
    said = "".join(f"<p>— {escape(name)}</p>" for name in names if name)
    return f"<blockquote>{html_of(element, base)}{said}</blockquote>"


def _figure(element: Any, base: str | None) -> str:
    medium, caption = medium_of(element, base), element.find("media-caption")
    words = html_of(caption, base) if caption is not None else ""
    if medium is None:
        return f"<p>{words}</p>" if words.strip() else ""
    if (medium.type or "image/").startswith("image/"):
        shown = f"<figcaption>{words}</figcaption>" if words.strip() else ""
        alt = escape(medium.alt or "")
        return f'<figure><img src="{escape(medium.url)}" alt="{alt}">{shown}</figure>'
    name = one_line(medium.alt or plain(caption) or medium.url)
    return f'<p><a href="{escape(medium.url)}">{escape(name)}</a></p>'


_OWN: dict[str, Callable[[Any, str | None], str]] = {
    "a": _link,
    "bq": _quotation,
    "media": _figure,
    "br": lambda element, base: "<br>",
    "hr": lambda element, base: "<hr>",
}


def medium_of(element: Any, base: str | None) -> Media | None:
    """The largest reference of a ``media`` element that has an address."""
    found = [(_address(one, base), one) for one in element.findall("media-reference")]
    addressed = [(url, one) for url, one in found if url]
    if not addressed:
        return None
    url, best = max(addressed, key=lambda pair: _number(pair[1], "width") or 0)
    kind = (best.get("mime-type") or "").lower()
    main = (element.get("media-type") or "").lower()
    if "/" not in kind and main in ("image", "photo", "video", "audio"):
        kind = ""  # the address's ending will tell
    producer = plain(element.find("media-producer")) or one_line(best.get("source-credit") or "")
    return Media(
        url=url,
        type=kind or _USUAL.get(main),
        alt=one_line(best.get("alternate-text") or "") or None,
        width=_number(best, "width"),
        height=_number(best, "height"),
        credit=producer or None,
    )


_USUAL = {"video": "video/mp4", "audio": "audio/mpeg"}


def _address(reference: Any, base: str | None) -> str | None:
    given = (reference.get("source") or "").strip()
    try:
        url = urljoin(base, given) if base and given else given
    except ValueError:  # what urllib says of a bracket out of place
        return None
    return url if url.startswith(("http://", "https://")) else None


def _number(element: Any, name: str) -> int | None:
    """Pixels; other units are of no use on a screen."""
    value = element.get(name) or ""
    is_size = value.isascii() and value.isdigit() and 0 < len(value) <= 5
    return int(value) if is_size and element.get("units", "pixels") == "pixels" else None
