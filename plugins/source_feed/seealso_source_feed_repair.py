"""XML that is not well-formed, made so: what every reader of feeds has to forgive.

    text --tokens--> tags balanced, attributes quoted, entities and ampersands written out --> XML

One pass over the text from left to right; each token is looked at once, so that the time is linear
in the input. What it forgives: elements that are not closed, or closed in the wrong order; HTML
that stands unescaped in an element; bare ``&`` and ``<``; entities of HTML without a DTD;
characters that XML 1.0 forbids; attributes without quotes or value, or twice; prefixes that nobody
declared; a comment or CDATA section without an end; text before and after the document.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.entities import html5
from xml.sax.saxutils import escape

from seealso_sdk.text import clean
from seealso_source_feed_names import NAMESPACES

DEEPEST = 200  # elements within elements; libxml2 ends at 256
WRAPPER = "feed-that-was-repaired"

_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<!--.*?-->"
    r"|<[?!][^<>]*+>?"
    r"|<(?P<end>/?)(?P<name>[A-Za-z_][\w.\-]*+(?::[\w.\-]++)?+)"
    r"(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)>"
    r"|(?P<text>[^<]++|<)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[A-Za-z_][\w.\-]*+(?::[A-Za-z_][\w.\-]*+)?+)"
    r"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\s\"'>]++)))?+"
)
_REFERENCE = re.compile(
    r"&(?:(?P<plain>amp|lt|gt|quot|apos);"
    r"|#(?P<decimal>[0-9]{1,7});|#[xX](?P<hex>[0-9A-Fa-f]{1,6});"
    r"|(?P<named>[A-Za-z][A-Za-z0-9]{1,31});|)"
)
_OUTSIDE = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&[A-Za-z]", re.DOTALL)
_ENTITY = re.compile(r"([A-Za-z][A-Za-z0-9]{1,31});")
_KEPT = frozenset({"amp", "lt", "gt", "quot", "apos"})

_VOID = frozenset({"br", "hr", "img", "input", "wbr", "col", "embed", "area", "param"})
_ITEMS = frozenset({"item", "entry"})
# Elements that hold text and nothing else: where another field begins, they have ended.
_LINES = frozenset(
    {
        "title",
        "link",
        "guid",
        "id",
        "pubdate",
        "published",
        "updated",
        "issued",
        "modified",
        "created",
        "author",
        "category",
        "comments",
        "language",
        "copyright",
        "dc:title",
        "dc:creator",
        "dc:date",
        "dc:subject",
        "dc:language",
        "dc:rights",
        "dc:publisher",
        "name",
        "uri",
        "url",
        "email",
        "generator",
        "docs",
        "ttl",
        "webmaster",
        "managingeditor",
        "lastbuilddate",
        "itunes:author",
        "itunes:subtitle",
        "itunes:duration",
        "itunes:keywords",
        "media:title",
        "media:credit",
    }
)
_FIELDS = _LINES | frozenset(
    {
        "description",
        "summary",
        "content",
        "content:encoded",
        "enclosure",
        "source",
        "image",
        "rights",
        "subtitle",
        "media:content",
        "media:group",
        "media:thumbnail",
        "media:description",
        "itunes:summary",
        "itunes:image",
        "item",
        "entry",
    }
)
_MIXED = frozenset({"author", "category"})  # in Atom the first holds a name, an address, a URI


@dataclass(slots=True)
class _Repair:
    out: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)  # names as they were written
    open: Counter[str] = field(default_factory=Counter)  # of names in lower case
    prefixes: set[str] = field(default_factory=set)

    def begin(self, name: str, attributes: str, *, closed: bool) -> None:
        lowered = name.lower()
        if lowered in _ITEMS and self.open[lowered]:
            self.end(lowered)
        elif self.stack and lowered in _FIELDS:
            top = self.stack[-1].lower()
            if top in _LINES and not (top in _MIXED and lowered in {"name", "email", "uri", "url"}):
                self.end(top)
        written = "".join(self.attributes(attributes))
        self.note(name)
        if closed or lowered in _VOID:
            self.out.append(f"<{name}{written}/>")
        elif len(self.stack) < DEEPEST:
            self.out.append(f"<{name}{written}>")
            self.stack.append(name)
            self.open[lowered] += 1

    def end(self, name: str) -> None:
        """Close down to this element; nothing, where none of that name is open."""
        lowered = name.lower()
        while self.open[lowered] and self.stack:
            last = self.stack.pop()
            self.open[last.lower()] -= 1
            self.out.append(f"</{last}>")
            if last.lower() == lowered:
                return

    def attributes(self, text: str) -> list[str]:
        seen: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(text):
            value = match["double"] or match["single"] or match["bare"] or ""
            seen.setdefault(match["name"], value)
        written = []
        for name, value in seen.items():
            self.note(name)
            if not (name.startswith("xmlns:") and not value):  # XML names 1.0 forbids to undeclare
                quoted = references(clean(value)).replace("<", "&lt;").replace('"', "&quot;")
                written.append(f' {name}="{quoted}"')
        return written

    def note(self, name: str) -> None:
        prefix, colon, _ = name.partition(":")
        if colon and prefix not in ("xml", "xmlns"):
            self.prefixes.add(prefix)


def repaired(text: str) -> tuple[str, bool]:
    """The document in an element of ours, well-formed; and whether it broke off inside an item."""
    repair = _Repair()
    end = text.rfind("-->") + 1
    text = text[:end] + text[end:].replace("<!--", "")  # a comment without an end is none
    for match in _TOKEN.finditer(text):
        name = match["name"]
        if name is not None and match["end"]:
            repair.end(name)
        elif name is not None:
            attributes = match["attributes"]
            repair.begin(name, attributes, closed=attributes.rstrip().endswith("/"))
        elif match["cdata"] is not None:
            repair.out.append(escape(clean(match["cdata"])))
        elif match["text"] is not None and repair.stack:
            given = clean(match["text"])
            repair.out.append("&lt;" if given == "<" else references(given).replace(">", "&gt;"))
    broke_off = any(name.lower() in _ITEMS for name in repair.stack)
    for name in reversed(repair.stack):
        repair.out.append(f"</{name}>")
    declared = "".join(f' xmlns:{one}="{_uri(one)}"' for one in sorted(repair.prefixes))
    return f"<{WRAPPER}{declared}>{''.join(repair.out)}</{WRAPPER}>", broke_off


def _uri(prefix: str) -> str:
    return NAMESPACES.get(prefix.lower(), f"urn:x-undeclared:{prefix}")


def references(text: str) -> str:
    """With every ``&`` as XML has it: entities of HTML as their characters, a bare one escaped."""
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(match: re.Match[str]) -> str:
    if match["plain"]:
        return match[0]
    if match["named"]:
        found = html5.get(match["named"] + ";")
        return escape(found) if found else f"&amp;{match['named']};"
    digits = match["decimal"] or match["hex"]
    if digits is None:
        return "&amp;"
    code = int(digits, 10 if match["decimal"] else 16)
    if 0x80 <= code <= 0x9F:  # Windows-1252 is meant, as browsers know
        return bytes([code]).decode("cp1252", "ignore")
    return f"&#{code};" if code < 0x110000 and clean(chr(code)) else ""


def without_entities(text: str) -> str:
    """With the entities of HTML as their characters, outside of CDATA sections and comments: for a
    document whose DTD, which is not read, may declare them (RSS 0.91 of Netscape)."""
    if "&" not in text:
        return text
    out, at = [], 0
    for match in _OUTSIDE.finditer(text):
        named = _ENTITY.match(text, match.end() - 1) if match[0][0] == "&" else None
        found = html5.get(named[0]) if named and named[1] not in _KEPT else None
        if named and found:
            out.append(text[at : match.start()] + escape(found))
            at = named.end()
    return "".join(out) + text[at:]
