"""Plain text to blocks: what stood as paragraphs, headings and lists on the page that was copied.

    text --tidy--> lines --chunks at blank lines--> runs of lines --> Block, Block, ...

A copy keeps no markup, so a block is told by its shape: a blank line divides; a line that begins
with a bullet or a number is an item; a line that broke off because the next word no longer fitted
is hard-wrapped and goes on in the next one. No other line end is joined: in a copy that isn't
hard-wrapped, a line is a paragraph.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from seealso_sdk.text import clean

SOFT_HYPHEN = "\u00ad"
_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Zero width, and no joiner that a script needs; marks by which a page embeds other directions.
_NOTHING = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_OBJECT = "\ufffc"  # stands where a copied page had a picture


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading that was marked as one, or a list. `start` numbers an ordered list."""

    kind: Literal["paragraph", "heading", "list"]
    text: str = ""
    items: tuple[str, ...] = ()
    start: int | None = None

    @property
    def ordered(self) -> bool:
        """Whether the items were numbered."""
        return self.start is not None


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a text in their order. Empty for a text of nothing but white space."""
    lines = [_Line.of(line) for line in _LINE_ENDS.split(clean(text.replace("\x0c", "\n")))]
    lines = list(_markers_joined(lines))
    width = _wrap_width(lines)
    found: list[Block] = []
    for chunk in _chunks(lines):
        for block in _chunk_blocks(chunk, width):
            _append(found, block)
    return tuple(_numbered_headings(found))


# --- lines -----------------------------------------------------------------------------------

_MARKER = re.compile(
    r"(?P<bullet>[-*+•‣⁃◦·▪▫●○■□►▶➤✓✔–—])(?:\s+|$)|\(?(?P<number>\d{1,3})[.)、](?:\s+|$)"
)
_RULE = re.compile(r"([-=_*~#–—])(?:\s?\1){2,}\Z")
_HASHES = re.compile(r"#{1,6}\s+(?P<text>.+?)\s*#*\Z")
_DIALOGUE = "–—"  # also how speech begins in many languages: a bullet only among others


@dataclass(frozen=True, slots=True)
class _Line:
    text: str  # without its marker
    indent: int = 0
    bullet: str = ""
    number: int | None = None

    @classmethod
    def of(cls, line: str) -> _Line:
        tidy = _SPACES.sub(" ", _NOTHING.sub("", line).replace(_OBJECT, "").expandtabs(4))
        body = tidy.strip()
        indent = len(tidy) - len(tidy.lstrip())
        match = None if _RULE.match(body) else _MARKER.match(body)
        if match is None:
            return cls(body, indent)
        number = int(match["number"]) if match["number"] else None
        return cls(body[match.end() :].strip(), indent, match["bullet"] or "", number)

    @property
    def marked(self) -> bool:
        return bool(self.bullet) or self.number is not None

    @property
    def blank(self) -> bool:
        return not self.text and not self.marked

    @property
    def whole(self) -> str:
        if self.number is not None:
            return f"{self.number}. {self.text}".strip()
        return f"{self.bullet} {self.text}".strip()


def _markers_joined(lines: Sequence[_Line]) -> Iterator[_Line]:
    """A marker that was copied as a line of its own belongs to the next line."""
    waiting: _Line | None = None
    for line in lines:
        if waiting is not None and not line.blank:
            yield line if line.marked else replace(waiting, text=line.text)
            waiting = None
        elif line.marked and not line.text:
            waiting = line
        elif waiting is None:
            yield line


# --- hard wrapping ---------------------------------------------------------------------------

_NARROWEST, _WIDEST = 40, 120  # columns of hard-wrapped text
_LONG_SHARE = 0.05  # of the lines may be longer: addresses that could not be broken
_JOIN_SHARE = 0.5  # of the line ends, in the text and in the chunk, must look like wrapping


def _columns(text: str) -> int:
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _broke_off(line: _Line, following: _Line, width: int) -> bool:
    """Whether the line ended because the next word no longer fitted into the width."""
    if following.marked or not following.text:
        return False
    first = following.text[0]
    word = first if _wide(first) else following.text.split(" ", 1)[0]
    return line.indent + _columns(line.whole) + 1 + _columns(word) > width


def _wrap_width(lines: Sequence[_Line]) -> int:
    """The column that the text was wrapped at; 0 where it wasn't."""
    widths = [line.indent + _columns(line.whole) for line in lines if line.text]
    within = [width for width in widths if width <= _WIDEST]
    if not within or len(within) < len(widths) * (1 - _LONG_SHARE):
        return 0
    width = max(within)
    pairs = [(a, b) for a, b in pairwise(lines) if a.text and b.text]
    pairs = [(a, b) for a, b in pairs if not b.marked]
    wrapped = sum(_broke_off(a, b, width) for a, b in pairs)
    return width if width >= _NARROWEST and wrapped > len(pairs) * _JOIN_SHARE else 0


def _joined(first: str, second: str) -> str:
    if first.endswith(SOFT_HYPHEN):
        return first[:-1] + second
    hyphenated = len(first) > 1 and first[-1] == "-" and first[-2].isalnum() and second[0].isalnum()
    if hyphenated or (_wide(first[-1]) and _wide(second[0])):
        return first + second
    return f"{first} {second}"


# --- chunks to blocks ------------------------------------------------------------------------


def _chunks(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    chunk: list[_Line] = []
    for line in lines:
        if not line.blank:
            chunk.append(line)
        elif chunk:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _chunk_blocks(chunk: Sequence[_Line], width: int) -> Iterator[Block]:
    pairs = [(a, b) for a, b in pairwise(chunk) if not b.marked]
    broken = sum(_broke_off(a, b, width) for a, b in pairs) if width else 0
    wraps = broken > 0 and broken >= len(pairs) * _JOIN_SHARE
    runs: list[_Line] = []
    for previous, line in zip([None, *chunk], chunk, strict=False):
        if runs and previous is not None and _goes_on(previous, line, wraps, width):
            runs[-1] = replace(runs[-1], text=_joined(runs[-1].text, line.text))
        else:
            runs.append(line)
    dashes = sum(line.bullet in _DIALOGUE for line in runs if line.bullet)
    yield from _run_blocks(runs, dashes_are_bullets=dashes > 1)


def _goes_on(previous: _Line, line: _Line, wraps: bool, width: int) -> bool:
    if line.marked or not previous.text or _RULE.match(line.text) or _RULE.match(previous.text):
        return False
    hanging = previous.marked and line.indent > previous.indent
    return hanging or (wraps and _broke_off(previous, line, width))


def _run_blocks(runs: Sequence[_Line], dashes_are_bullets: bool) -> Iterator[Block]:
    for position, line in enumerate(runs):
        following = runs[position + 1] if position + 1 < len(runs) else None
        if _RULE.match(line.text) and not line.marked:
            continue
        if line.number is not None:
            yield Block("list", items=(_plain(line.text),), start=line.number)
        elif line.bullet and (dashes_are_bullets or line.bullet not in _DIALOGUE):
            yield Block("list", items=(_plain(line.text),))
        elif match := _HASHES.match(line.whole):
            yield Block("heading", _plain(match["text"]))
        else:
            underlined = following is not None and following.text[:1] in "=-~"
            marked = underlined and following is not None and _RULE.match(following.text)
            yield Block("heading" if marked else "paragraph", _plain(line.whole))


def _plain(text: str) -> str:
    return text.replace(SOFT_HYPHEN, "")


def _append(found: list[Block], block: Block) -> None:
    """Add a block; an item that carries on the list before it goes into that list."""
    last = found[-1] if found else None
    if last is not None and last.kind == block.kind == "list" and last.ordered == block.ordered:
        carries_on = last.start is None or block.start == last.start + len(last.items)
        # "1." before every item, as some pages have it, is one list too.
        if carries_on or (last.start == block.start == 1):
            found[-1] = replace(last, items=last.items + block.items)
            return
    if block.text or any(block.items):
        found.append(block)


def _numbered_headings(found: Sequence[Block]) -> Iterator[Block]:
    """A single numbered line is no list but a numbered heading or paragraph."""
    for block in found:
        if block.kind == "list" and block.start is not None and len(block.items) == 1:
            yield Block("paragraph", f"{block.start}. {block.items[0]}")
        else:
            yield block
