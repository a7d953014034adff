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


_PICTURE = "Send the article that shows it; what it shows stands in its `media`."
# How files begin that people take for text, what to call them, and what to do with them instead.
_BINARY = (
    (b"%PDF-", "a PDF", "Give the page that it belongs to, or its text as HTML or plain text."),
    (b"{\\rtf", "an RTF document", "Save it as HTML or plain text."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "Save it as HTML or plain text."),
    (b"\x89PNG", "a picture", _PICTURE),
    (b"\xff\xd8\xff", "a picture", _PICTURE),
    (b"GIF8", "a picture", _PICTURE),
    (b"RIFF", "a picture or a film", _PICTURE),
    (b"\x1f\x8b", "a gzip file", "Unpack it; `seealso ingest` unpacks files that end in .gz."),
    (b"ID3", "a sound", _PICTURE),
    (b"OggS", "a sound or a film", _PICTURE),
    (b"7z\xbc\xaf", "an archive", "Unpack it, and give the folder."),
    (b"Rar!", "an archive", "Unpack it, and give the folder."),
    (b"SQLite format 3", "a database", "Export its articles as JSON lines."),
)
_PACKED = (  # what a zip is, by the first names in it
    (b"word/", "a Word document", "Save it as HTML or plain text."),
    (b"xl/", "a spreadsheet", "Export its articles as JSON lines."),
    (b"ppt/", "a presentation", "Save its text as HTML or plain text."),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file", "Save it as HTML or plain text."),
    (b"mimetypeapplication/epub", "an e-book", "Send its chapters as HTML."),
)


def binary(head: bytes) -> tuple[str, str] | None:
    """What a file is that is no text, and what to do instead; None where it may be text."""
    for mark, name, remedy in _BINARY:
        if head.startswith(mark):
            return name, remedy
    if head.startswith(b"PK\x03\x04"):
        for mark, name, remedy in _PACKED:
            if mark in head[:LOOK]:
                return name, remedy
        return "a zip archive", "Unpack it, and give the folder."
    if head[4:8] == b"ftyp":
        return "a film", _PICTURE
    if b"\0" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return "a binary file", "Give text, HTML, JSON or a feed."
    return None


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
