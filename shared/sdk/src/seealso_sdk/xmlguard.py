"""What is looked at before any XML parser sees foreign bytes, and how a long list is divided.

    bytes --guard--> None, or the Problem why they are not parsed at all
    stream --parts--> head, item, item, ... tail: each whole, in its order, never the file at once

Nothing here parses. A parser is right about one well-formed document; these functions are about
what stands before: declarations of entities (XML 1.0 section 4.2), a size, a number of tags, and
where an item of a list begins and ends, so that one that is broken costs no other. All of it is
linear in the input, whatever is in there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import Literal

from seealso_sdk.model import Problem
from seealso_sdk.text import clean

MOST_TAGS = 300_000
MOST_ATTRIBUTES = 250  # of one tag: what compares each with all costs their square

_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_DTD = re.compile(rb"<!ENTITY|<!DOCTYPE[^<>\[]{0,2000}\[", re.IGNORECASE)
_LONG_TAG = re.compile(rb"<[A-Za-z_][^<>]{4000,}")
_ATTRIBUTE = re.compile(rb"\s[^\s=<>\"']{1,200}\s{0,20}=\s{0,20}[\"']")
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
_ENCODING = re.compile(rb"<\?xml[^>]{0,100}encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{2,40})")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30};)")
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_NUMBERED = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}));")


def guard(data: bytes, *, what: str, most_bytes: int, most_tags: int = MOST_TAGS) -> Problem | None:
    """Why this input isn't parsed; None where it may be.

    Args:
        what: the name of what was wanted, for the sentences: ``feed``, ``NITF document``.
        most_bytes: size limit.
        most_tags: of tags outside of CDATA sections.
    """
    if not data.strip():
        return Problem(code="empty", detail="the input is empty", remedy=f"Send a {what}.")
    if len(data) > most_bytes:
        detail = f"{len(data):,} bytes are over the limit of {most_bytes:,}"
        return Problem(code="too-large", detail=detail, remedy="Send it in parts.")
    if b"\x00" in data and not data.startswith(_WIDE):
        detail = f"the input has NUL bytes: no {what} has"
        return Problem(code="binary", detail=detail, remedy=f"Send the {what}'s own bytes.")
    markup = outside_cdata(data)
    if _DTD.search(markup):
        detail = f"the {what} declares entities of its own (DTD)"
        return Problem(code="xml-dtd", detail=detail, remedy="Write the characters themselves.")
    if markup.count(b"<") > most_tags or any(
        len(_ATTRIBUTE.findall(tag[0])) > MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(markup)
    ):
        detail = f"over {most_tags:,} tags, or a tag with over {MOST_ATTRIBUTES} attributes"
        return Problem(code="too-complex", detail=detail, remedy=f"Send an ordinary {what}.")
    return None


def outside_cdata(data: bytes) -> bytes:
    """The bytes without their CDATA sections; of one that is never closed nothing is left."""
    kept = []
    at = 0
    while (start := data.find(_CDATA, at)) >= 0:
        kept.append(data[at:start])
        end = data.find(_CDATA_END, start + len(_CDATA))
        if end < 0:
            return b"".join(kept)
        at = end + len(_CDATA_END)
    return b"".join([*kept, data[at:]]) if kept else data


def declared_encoding(data: bytes) -> str | None:
    """What the XML declaration says of the encoding."""
    found = _ENCODING.match(data.lstrip()[:300])
    return found[1].decode("ascii") if found else None


def readable(text: str, *, entities: bool = False) -> str:
    """The document's text without what XML 1.0 can't hold, also where it is written by number.

    Args:
        entities: names of HTML (``&nbsp;``), which XML knows by a DTD only, become characters.
    """
    legal = clean(text)
    if "&#" in legal:
        legal = _NUMBERED.sub(_legal_reference, legal)
    return _NAMED.sub(_named, legal) if entities and "&" in legal else legal


def _legal_reference(match: re.Match[str]) -> str:
    number = int(match[1], 16) if match[1] else int(match[2])
    return match[0] if number < 0x110000 and clean(chr(number)) else ""


def _named(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name in _OF_XML else html5.get(name, match[0])


# --- a list in parts ---------------------------------------------------------------------------

_BLOCK = 64 * 1024


PartKind = Literal["head", "item", "between", "tail", "cut", "large"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document that is a list: all parts in their order are the document.

    ``head`` is what stands before the first item, ``between`` before another one, ``tail`` after
    the last. ``item`` is a whole one; ``cut`` began and did not end; ``large`` is a part over the
    limit, and its bytes are left out. `line` counts from 1, where the part begins.
    """

    kind: PartKind
    data: bytes
    line: int


class _Splitter:
    """Goes through a stream once. What is in hand is one item and the block read last."""

    def __init__(self, read: Callable[[int], bytes], element: bytes, most: int) -> None:
        self._read = read
        self._most = most
        self._token = re.compile(rb"<!\[CDATA\[|<!--|<\?|</?" + re.escape(element) + rb"(?=[\s/>])")
        self._keep = len(element) + 12  # a token that the block cuts in two
        self._buffer = b""
        self._start = self._at = 0
        self._line = 1
        self._in_item = self._large = self._ended = False

    def parts(self) -> Iterator[Part]:
        seen = False
        closer = b""
        while True:
            if closer:
                end = self._buffer.find(closer, self._at)
                if end >= 0:
                    self._at, closer = end + len(closer), b""
                    continue
                self._at = max(self._at, len(self._buffer) - 2)
            elif token := self._token.search(self._buffer, self._at):
                closer = _CLOSERS.get(token[0], b"")
                self._at = token.end()
                if closer:
                    continue
                if token[0].startswith(b"</"):
                    if self._in_item and self._to_bracket():
                        yield self._take("item", self._at)
                        self._in_item = False
                elif not self._in_item:
                    yield self._take("between" if seen else "head", token.start())
                    seen = self._in_item = True
                continue
            else:
                self._at = max(self._at, len(self._buffer) - self._keep)
            if not self._more():
                break
        rest = self._take("cut" if self._in_item else "tail", len(self._buffer))
        if rest.data or rest.kind == "large":
            yield rest

    def _to_bracket(self) -> bool:
        while (end := self._buffer.find(b">", self._at)) < 0:
            if not self._more():
                return False
        self._at = end + 1
        return True

    def _take(self, kind: PartKind, end: int) -> Part:
        data = self._buffer[self._start : end]
        line, large = self._line, self._large or len(data) > self._most
        self._line += data.count(b"\n")
        self._start = end
        self._large = False
        return Part("large", b"", line) if large else Part(kind, data, line)

    def _more(self) -> bool:
        if self._ended:
            return False
        if len(self._buffer) - self._start > self._most:
            self._large = True
            self._line += self._buffer.count(b"\n", self._start, self._at)
            self._start = self._at
        rest = self._buffer[self._start :]
        self._at -= self._start
        self._start = 0
        # As much again as is in hand: an item of many blocks is copied twice, not once a block.
        block = self._read(max(_BLOCK, len(rest)))
        self._ended = not block
        self._buffer = rest + block
        return bool(block)


_CLOSERS = {b"<![CDATA[": b"]]>", b"<!--": b"-->", b"<?": b"?>"}


def parts(read: Callable[[int], bytes], element: bytes, most: int) -> Iterator[Part]:
    """A document that is a list, part by part, as a stream: memory is that of the longest item.

    Tags inside CDATA sections, comments and instructions are none. For encodings that have ASCII
    in one byte each; UTF-16 has to be decoded first.

    Args:
        read: reads at most so many bytes; empty at the end.
        element: the item's tag.
        most: bytes of an item; one over it is passed by and told as ``large``.
    """
    return _Splitter(read, element, most).parts()
