"""What the host and a plugin's child say to each other: length-prefixed frames over pipes.

    frame   = length of payload (u32) + kind (1 byte) + payload
    packed  = length of head (u32) + head (JSON) + blobs, whose lengths the head gives

The article's JSON and the rendition's bytes travel as they are: the host never parses them.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seealso_sdk.model import (
    Channel,
    Entry,
    Filing,
    Lead,
    Link,
    Piece,
    Problem,
    RawArticle,
    RawInput,
    Rendition,
)
from seealso_sdk.plugin import SourceContext

HEAD = struct.Struct("!Ic")
_LENGTH = struct.Struct("!I")
LARGEST = 2**32 - 1

# To the child.
BOOT, DESCRIBE, CONTEXT, RENDER, ASSEMBLE, READ = b"B", b"N", b"C", b"R", b"A", b"S"
# From the child.
READY, RENDITION, DOCUMENT, ITEMS, FAILURE = b"K", b"r", b"d", b"i", b"e"

# What a source made of an input is a list of [letter, fields].
PIECES: dict[str, type[Piece]] = {"a": RawArticle, "p": Problem, "l": Lead}
LETTERS = {piece: letter for letter, piece in PIECES.items()}


_CALL = re.compile(rb"\x1eseealso call (\d{1,12})\Z")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call is about, for the log: it says so beside what the plugin prints meanwhile."""

    correlation_id: str = ""
    article_id: str = ""
    version: int = 0
    attempt: int = 0

    def told(self) -> dict[str, str | int]:
        """As attributes of a record."""
        if not self.article_id:
            return {}
        return {"article": self.article_id, "version": self.version, "attempt": self.attempt}


NO_ERRAND = Errand()


def in_call(number: int) -> bytes:
    """The line on a child's standard error that says: what follows is of this call."""
    return b"\x1eseealso call %d\n" % number


def call_in(line: bytes) -> int | None:
    """The number of the call, where a line is such a line."""
    found = _CALL.match(line)
    return int(found[1]) if found else None


def seconds_for(deadline: float, size: int) -> float:
    """How long a call may take: the deadline, and two seconds for each MiB that it is given."""
    return deadline + 2 * size / 2**20


def frame(kind: bytes, payload: bytes) -> bytes:
    """One frame, ready to write."""
    return HEAD.pack(len(payload), kind) + payload


def dump(value: Any) -> bytes:
    """JSON, in the form that survives lone surrogates."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def pack(head: Mapping[str, Any], blobs: Sequence[bytes]) -> bytes:
    """A head and blobs as one payload."""
    text = dump({**head, "sizes": [len(blob) for blob in blobs]})
    return b"".join((_LENGTH.pack(len(text)), text, *blobs))


def unpack(payload: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Back to head and blobs.

    Raises:
        ValueError: the payload is not what `pack` makes.
    """
    if len(payload) < _LENGTH.size:
        raise ValueError("a packed payload is cut off")
    (length,) = _LENGTH.unpack_from(payload)
    at = _LENGTH.size + length
    head = json.loads(payload[_LENGTH.size : at])
    blobs = []
    for size in head.pop("sizes"):
        blobs.append(payload[at : at + size])
        at += size
    if at != len(payload):
        raise ValueError("a packed payload has other sizes than its head says")
    return head, blobs


# --- renditions, feeds, inputs --------------------------------------------------------------------


def pack_rendition(made: Rendition) -> bytes:
    """Body and parts."""
    return pack({"parts": list(made.parts)}, [made.body, *made.parts.values()])


def unpack_rendition(payload: bytes) -> Rendition:
    """Back again."""
    head, (body, *parts) = unpack(payload)
    return Rendition(body, dict(zip(head["parts"], parts, strict=True)))


def pack_assembly(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """A channel and its entries, with the bytes of their renditions."""
    blobs: list[bytes] = []
    heads = []
    for entry in entries:
        parts = entry.rendition.parts
        heads.append(
            [
                entry.article_id,
                entry.title,
                entry.url,
                entry.dated,
                entry.revised,
                entry.summary,
                entry.language,
                entry.reason,
                [category.to_dict() for category in entry.categories],
                [link.to_dict() for link in entry.related],
                list(parts),
            ]
        )
        blobs.append(entry.rendition.body)
        blobs.extend(parts.values())
    return pack({"channel": channel.to_dict(), "entries": heads}, blobs)


def unpack_assembly(payload: bytes) -> tuple[Channel, list[Entry]]:
    """Back again."""
    head, blobs = unpack(payload)
    rest = iter(blobs)
    entries = []
    for item in head["entries"]:
        body = next(rest)
        parts = {name: next(rest) for name in item[10]}
        entries.append(
            Entry(
                article_id=item[0],
                title=item[1],
                url=item[2],
                dated=item[3],
                revised=item[4],
                summary=item[5],
                language=item[6],
                reason=item[7],
                categories=tuple(Filing.from_dict(category) for category in item[8]),
                related=tuple(Link.from_dict(link) for link in item[9]),
                rendition=Rendition(body, parts),
            )
        )
    return Channel.from_dict(head["channel"]), entries


def pack_input(raw: RawInput, context: SourceContext) -> bytes:
    """An input and what a source may know besides."""
    head = {
        "media_type": raw.media_type,
        "charset": raw.charset,
        "url": raw.url,
        "filename": raw.filename,
        "source": raw.source,
        "context": context.to_dict(),
    }
    return pack(head, [raw.data])


def unpack_input(payload: bytes) -> tuple[RawInput, SourceContext]:
    """Back again."""
    head, (data,) = unpack(payload)
    context = SourceContext.from_dict(head.pop("context"))
    return RawInput(data=data, **head), context
