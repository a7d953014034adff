"""A long input of lines in pieces, so that memory and a source's answer stay small. Pure.

NDJSON of 40 MB ──> about a hundred lines at a time, each knowing where it stood
anything else   ──> one piece
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seealso_sdk.model import RawInput

from seealso_ingest.limits import LIMITS

LINES = frozenset({
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
})  # fmt: skip
_LINE = re.compile(rb"[^\s][^\n]*")
CHUNK_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an input. Before it were so many records, and so many lines."""

    raw: RawInput
    records: int = 0
    lines: int = 0


def count_lines(data: bytes) -> int:
    """The lines that are not blank."""
    return sum(1 for _ in _LINE.finditer(data))


def chunks(raw: RawInput) -> Iterator[Chunk]:
    """The input in order, each piece whole lines. UTF-16 is left whole: its line ends are wider."""
    if raw.media_type not in LINES or raw.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield Chunk(raw)
        return
    start = records = lines = 0  # of the piece in hand
    at = count = number = 0
    while at < len(raw.data):
        end = raw.data.find(b"\n", at) + 1 or len(raw.data)
        count += bool(raw.data[at:end].strip())
        number += 1
        at = end
        if count - records >= LIMITS.batch or at - start >= CHUNK_BYTES:
            yield Chunk(replace(raw, data=raw.data[start:at]), records, lines)
            start, records, lines = at, count, number
    if count > records:
        yield Chunk(replace(raw, data=raw.data[start:]), records, lines)
