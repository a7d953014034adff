"""The bytes of a feed into a tree: strictly where it is well-formed, mended where it isn't.

    bytes --charset--> UTF-8 --lxml, strict--> Document
                         └─ not well-formed ──> repair ──> lxml ──> Document with a Fault

Most feeds are UTF-8 and well-formed: libxml2 gets their bytes as they are. The encoding is decided
as RFC 7303 section 3 says (byte order mark, charset of the transport, declaration, UTF-8), but for
what everybody knows to be wrong: a label of Latin-1 on bytes that are UTF-8, and a declaration of
UTF-16 in bytes that are ASCII. No DTD is read, no entity resolved, nothing fetched.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree
from seealso_sdk import Problem
from seealso_sdk.charset import CharsetUnknown
from seealso_sdk.charset import decode as decode_unlabelled
from seealso_source_feed_repair import repaired, without_entities

_DECLARED = re.compile(
    rb"\s*<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']\s{0,9}([\w.:-]{1,60})\s{0,9}[\"']"
)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*>")
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^>\[]*>", re.IGNORECASE)
_HEAD = 4000  # bytes in which a declaration or a DOCTYPE stands

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the shorter one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BEGINNINGS = (  # "<?xm" or "<": XML 1.0 appendix F
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"Lo\xa7\x94", "cp037"),
)
_LATIN = frozenset({"ascii", "iso8859-1", "cp1252"})
_WIDER = {  # as the Encoding Standard reads the label: what holds all of it, and what is written
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "utf-8-sig": "utf-8",
}
_NO_ENCODINGS = frozenset(  # codecs of Python that no document is in; some take quadratic time
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_WIDE = re.compile(r"utf-?(16|32)")
_STRAY = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the document is not well-formed, in the parser's words, and the line."""

    message: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Document:
    """A feed's tree. `broke_off`: it ended within an item. `has_base`, `has_lang`: some element
    seems to have ``xml:base``, ``xml:lang``; where none has, nobody needs to look."""

    root: Any
    fault: Fault | None
    broke_off: bool
    has_base: bool
    has_lang: bool


def parse(data: bytes, charset: str | None) -> Document | Problem:
    """The tree of what can be read; a Problem where that is nothing."""
    text: str | None = None
    ready = data.lstrip(b"\xef\xbb\xbf \t\r\n") if data[:1] in b"\xef \t\r\n" else data
    try:
        if not _is_plain(ready, charset):
            text = _without_prolog(decode(data, charset))
            ready = text.encode("utf-8", "replace")
    except CharsetUnknown as error:
        return _unknown(error)
    try:
        return _document(ready, None, broke_off=False)
    except etree.XMLSyntaxError as error:
        skipped = data[: len(data) - len(ready)].count(b"\n") if text is None else 0
        fault = Fault(_said(error), (error.lineno or 0) + skipped or None)
    return _mended(data if text is None else text, charset, fault)


def _mended(given: bytes | str, charset: str | None, fault: Fault) -> Document | Problem:
    try:
        text = given if isinstance(given, str) else _without_prolog(decode(given, charset))
        mended, broke_off = repaired(text)
        return _document(mended.encode("utf-8", "replace"), fault, broke_off=broke_off)
    except CharsetUnknown as error:
        return _unknown(error)
    except etree.XMLSyntaxError as error:
        return Problem(
            code="feed-unreadable",
            detail=f"the feed can't be read: {fault.message} ({error})",
            remedy="Check the feed with a validator.",
            line=fault.line,
        )


def _unknown(error: CharsetUnknown) -> Problem:
    return Problem(
        code="charset-unknown",
        detail=str(error),
        remedy="Send the feed as UTF-8, or name its encoding in the XML declaration.",
    )


def _document(data: bytes, fault: Fault | None, *, broke_off: bool) -> Document:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=fault is not None,  # what repair leaves: an address of a namespace that is none
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    root = etree.fromstring(data, parser)
    if root is None:
        raise etree.XMLSyntaxError("there is no element", 0, 0, 0)
    return Document(root, fault, broke_off, b"base=" in data, b"lang=" in data)


def _said(error: etree.XMLSyntaxError) -> str:
    message = (error.msg or "").partition(", line ")[0].strip()
    return message or "the document is empty"


def _is_plain(data: bytes, charset: str | None) -> bool:
    """Whether libxml2 may have the bytes as they are: UTF-8 by all that is said, without DTD."""
    head = data[:_HEAD]
    if b"\x00" in head[:4] or head.startswith((b"\xff\xfe", b"\xfe\xff", b"Lo\xa7\x94")):
        return False
    if b"<!doctype" in head.lower():
        return False
    declared = _DECLARED.match(head)
    labels = (charset, declared[1].decode("ascii", "replace") if declared else None)
    return all(label is None or codec_of(label) == "utf-8" for label in labels)


def _without_prolog(text: str) -> str:
    """Without XML declaration and DOCTYPE, their lines kept."""
    match = _DECLARATION.match(text)
    if match:
        text = "\n" * match[0].count("\n") + text[match.end() :]
    match = _DOCTYPE.search(text[:_HEAD])
    if match:
        lines = "\n" * match[0].count("\n")
        text = without_entities(text[: match.start()] + lines + text[match.end() :])
    return text.lstrip(" \t\r\ufeff")


def codec_of(label: str) -> str | None:
    """The codec that a label means; None where it is unknown or no encoding of documents."""
    try:
        info = codecs.lookup(label.strip().strip("\"'"))
        "".encode(info.name)  # LookupError: a codec of bytes, such as base64
    except (LookupError, ValueError, UnicodeError):
        return None
    if info.name in _NO_ENCODINGS:
        return None
    return "cp1252" if info.name in _LATIN else _WIDER.get(info.name, info.name)


def decode(data: bytes, charset: str | None) -> str:
    """The text, without a byte order mark.

    Raises:
        CharsetUnknown: it is in no encoding that is declared, nor UTF-8, nor Western European.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    for beginning, name in _BEGINNINGS:
        if data.startswith(beginning):
            return _decoded_wide(data, name)
    declared = _DECLARED.match(data[:_HEAD])
    labels = [charset, declared[1].decode("ascii", "replace") if declared else None]
    names = [name for name in map(codec_of, filter(None, labels)) if name and not _WIDE.match(name)]
    for name in (*(name for name in names if name != "cp1252"), "utf-8"):
        try:
            return data.decode(name)
        except (UnicodeError, LookupError):
            continue
    if "cp1252" in names:
        return data.decode("cp1252", "replace")
    return _mixed(data)


def _decoded_wide(data: bytes, name: str) -> str:
    if name != "cp037":
        return data.decode(name, "replace")
    head = _DECLARED.match(data[:_HEAD].decode(name).encode("utf-8"))
    declared = codec_of(head[1].decode("ascii", "replace")) if head else None
    return data.decode(declared if declared and declared.startswith("cp") else name, "replace")


def _mixed(data: bytes) -> str:
    """UTF-8 with bytes of Windows-1252 in between, as two programs wrote one feed; else a guess."""
    text = data.decode("utf-8", "surrogateescape")
    strays = len(_STRAY.findall(text))
    if strays * 2 <= sum(char > "\x7f" for char in text):
        return _STRAY.sub(lambda m: bytes([ord(m[0]) - 0xDC00]).decode("cp1252", "replace"), text)
    return decode_unlabelled(data)
