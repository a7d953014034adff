"""Which format an XML or JSON document is in, by its first bytes. Pure.

    <rss xmlns:wp="http://wordpress.org/export/1.2/">  ──> a WordPress export
    <nitf ...>                                         ──> NITF
    <urlset ...>, <sitemapindex ...>                   ──> a sitemap
    {"uri": ..., "versioncreated": ...}                ──> ninjs

Servers and file names call all of these ``text/xml`` or ``application/json``: the inside decides.
"""

from __future__ import annotations

import re

LOOK = 64 * 1024  # bytes

WXR = "application/x-wxr+xml"
SITEMAP = "application/vnd.seealso.sitemap+xml"
NITF = "text/vnd.iptc.nitf"
NINJS = "application/vnd.iptc.ninjs+json"

XML_TYPES = frozenset({"application/xml", "text/xml", "application/rss+xml"})
JSON_LINES = frozenset({
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
})  # fmt: skip
# By the local name of the root: prefixes are the writer's own.
_ROOTS = {b"nitf": NITF, b"urlset": SITEMAP, b"sitemapindex": SITEMAP}
_SKIPPED = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!", b">"))
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,60})[^<>]{0,4000}>?")
# Keys that no other format has, as ninjs 1 and 2 write them and as 3 does (versionCreated). A quote
# inside a JSON string has a backslash before it, so these are keys.
_NINJS_KEY = re.compile(
    rb"(?<!\\)\"(?:versioncreated|contentcreated|firstcreated|pubstatus|representationtype|"
    rb"usageterms|rightsinfo|slugline|headlines|bodies)\"\s{0,99}:",
    re.IGNORECASE,
)
_NINJS_URI = re.compile(rb"(?<!\\)\"uri\"\s{0,99}:")
_NINJS_STANDARD = re.compile(
    rb"\"name\"\s{0,99}:\s{0,99}\"[A-Za-z]{0,10}ninjs\"|iptc\.org(?:\\?/)std(?:\\?/)ninjs",
    re.IGNORECASE,
)


def xml_format(data: bytes) -> str | None:
    """The media type of what this XML document is; None where it is nothing of the above."""
    root = root_of(data)
    if root is None:
        return None
    name, tag = root
    if name in _ROOTS:
        return _ROOTS[name]
    return WXR if name == b"rss" and b"wordpress.org/export/" in tag else None


def root_of(data: bytes) -> tuple[bytes, bytes] | None:
    """The root element's name without its prefix, and its whole start tag."""
    head = _ascii(data[:LOOK]).lstrip()
    while skipped := next((end for start, end in _SKIPPED if head.startswith(start)), None):
        _, found, head = head.partition(skipped)
        if not found:
            return None
        head = head.lstrip()
    match = _ROOT.match(head)
    return (match[1], match[0]) if match else None


def _ascii(head: bytes) -> bytes:
    """UTF-16 as if it were one byte a character: names of elements and namespaces are ASCII."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(b"\xef\xbb\xbf")


def is_ninjs(data: bytes) -> bool:
    """Whether a JSON document is a ninjs item, or begins with one: a list, or lines."""
    head = data[:LOOK].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith((b"{", b"[")) or b"uri" not in head:
        return False
    if _NINJS_URI.search(head) is None:
        return False
    marks = {match[0].lower() for match in _NINJS_KEY.finditer(head)}
    return len(marks) >= 2 or (bool(marks) and _NINJS_STANDARD.search(head) is not None)
