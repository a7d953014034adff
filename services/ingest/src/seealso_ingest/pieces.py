"""A piece of an input cut out of it, so that it can be kept, and tried again, by itself.

    lines ──> the line                        JSON ──> the record, in JSON
    JSON Feed, RSS, Atom ──> the document with that item alone in it
    anything else ──> the whole of it, and which piece of it is meant

Pure. Whoever cuts must not guess: where the pieces of the bytes are not as many as those that the
source read, the whole document is kept. Trying all of it again does no harm: what is in already is
unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from seealso_sdk.model import RawInput

from seealso_ingest.chunks import LINES

_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0")  # UTF-16 and UTF-32: not to be cut at ASCII bytes
_BOM = b"\xef\xbb\xbf"
_ITEM = re.compile(rb"<(/?)(?:[A-Za-z_][\w.-]{0,40}:)?(?:item|entry)(?=[\s>])")


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece by itself; `part`: the whole document was kept, and this piece of it is meant."""

    raw: RawInput
    part: int | None = None


class Pieces:
    """The pieces of one input, cut when they are first asked for.

    Args:
        count: how many the source found in it.
    """

    def __init__(self, raw: RawInput, count: int) -> None:
        self._raw = raw
        self._count = count

    def at(self, position: int) -> Cut:
        """The piece at this position, from 0."""
        if self._cut is not None:
            return Cut(replace(self._raw, data=self._cut(position)))
        return Cut(self._raw, position if self._count > 1 else None)

    @cached_property
    def _cut(self) -> Callable[[int], bytes] | None:
        """What cuts one out; None where the input is not divided as its source divides it."""
        raw = self._raw
        if raw.media_type in LINES:
            found: Sequence[bytes] = _lines(raw.data)
            cut: Callable[[int], bytes] = found.__getitem__
        elif self._count < 2:
            return None  # it is the piece
        elif raw.media_type.endswith("json"):
            found, cut = _records(raw.data)
        else:
            found, cut = _items(raw.data)
        return cut if len(found) == self._count else None


def _lines(data: bytes) -> list[bytes]:
    if data.startswith(_WIDE[:2]):
        return []
    return [line for line in data.removeprefix(_BOM).split(b"\n") if line.strip()]


def _records(data: bytes) -> tuple[Sequence[Any], Callable[[int], bytes]]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return (), _none
    if isinstance(document, dict) and isinstance(document.get("items"), list):
        items = document["items"]
        return items, lambda at: _dumped({**document, "items": [items[at]]})
    if isinstance(document, dict):
        document = document.get("articles")
    records = document if isinstance(document, list) else []
    return records, lambda at: _dumped(records[at])


def _dumped(value: Any) -> bytes:
    """In ASCII: what stood as an escape (a lone surrogate) stands as one again."""
    return json.dumps(value, separators=(",", ":")).encode()


def _items(data: bytes) -> tuple[Sequence[bytes], Callable[[int], bytes]]:
    """The items of a feed: whatever stands before the first and after the last goes with each."""
    if data.startswith(_WIDE) or b"\0" in data[:8]:
        return (), _none
    spans: list[tuple[int, int]] = []
    begin: int | None = None
    for tag in _ITEM.finditer(data):
        if not tag[1]:
            if begin is not None:
                return (), _none  # one in another: not for us to say where it ends
            begin = tag.start()
        elif begin is not None:
            spans.append((begin, data.find(b">", tag.end()) + 1))
            begin = None
    if begin is not None or not spans:
        return (), _none
    head, tail = data[: spans[0][0]], data[spans[-1][1] :]
    found = [data[start:end] for start, end in spans]
    return found, lambda at: head + found[at] + tail


def _none(at: int) -> bytes:
    raise IndexError(at)
