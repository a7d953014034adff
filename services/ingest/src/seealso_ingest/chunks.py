"""A long input in pieces, so that memory and a source's answer stay small. Pure.

NDJSON of 40 MB     ──> about a hundred lines at a time, each knowing where it stood
a WordPress export  ──> a megabyte of posts at a time, with the attachments that they show
anything else       ──> one piece
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seealso_sdk.model import RawInput

from seealso_ingest import exports
from seealso_ingest.limits import LIMITS
from seealso_ingest.recognise import JSON_LINES, WXR

LINES = JSON_LINES
_LINE = re.compile(rb"[^\s][^\n]*")
CHUNK_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an input. Before it were so many records, and so many lines."""

    raw: RawInput
    records: int = 0
    lines: int = 0


PARTED = JSON_LINES | {WXR}  # what comes in parts, of which one may hold nothing


def count(raw: RawInput) -> int:
    """How many articles it may hold at most, where that is seen without reading it; else 1."""
    if raw.media_type == WXR:
        return exports.count_posts(raw.data)
    return sum(1 for _ in _LINE.finditer(raw.data)) if raw.media_type in LINES else 1


def chunks(raw: RawInput) -> Iterator[Chunk]:
    """The input in order, each piece whole lines. UTF-16 is left whole: its line ends are wider."""
    wide = raw.data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if raw.media_type == WXR and len(raw.data) > CHUNK_BYTES and not wide:
        for piece in exports.divided(lambda: io.BytesIO(raw.data), CHUNK_BYTES):
            yield Chunk(replace(raw, data=piece.data), piece.items)
        return
    if raw.media_type not in LINES or wide:
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
