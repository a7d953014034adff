"""Which source plugin reads an input: by its media type, and by a look where that says nothing.

    media type ──declared by a source──> its name
        └─ none, or vague (octet-stream, what curl sends by itself) ──look at the bytes──┘

Pure. Any installed source takes part, by the media types that it declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from seealso_sdk.model import RawInput
from seealso_sdk.plugin import SourceMeta

from seealso_ingest import recognise
from seealso_ingest.errors import InputRefused

VAGUE = frozenset({
    "", "*/*", "application/octet-stream", "binary/octet-stream", "application/unknown",
    "application/x-www-form-urlencoded",  # what `curl --data-binary` says of anything
})  # fmt: skip

_TEXTS = frozenset({"text/html", "text/plain", "application/json", "application/xml", "text/xml"})
_LOOK = 4096  # bytes
_FEED_JSON = b"https://jsonfeed.org/version/"


def choose(raw: RawInput, sources: Mapping[str, SourceMeta]) -> tuple[str, RawInput]:
    """The name of the source, and the input with the media type that was told or found.

    Raises:
        InputRefused: no source reads this type (``media-type``), there is nothing in it
            (``input-empty``), or it is no text (``input-binary``).
    """
    if not raw.data.strip():
        raise InputRefused("input-empty", "there is nothing in it", "Send an article.")
    media_type = raw.media_type
    if media_type in _TEXTS:
        _require_text(raw.data)
    if media_type in VAGUE:
        media_type = sniff(raw.data)
    elif media_type == "application/json" and _is_json_feed(raw.data):
        media_type = "application/feed+json"
    media_type, name = _inside(media_type, raw.data, sources)
    if name is not None:
        return name, replace(raw, media_type=media_type)
    for name, meta in sorted(sources.items()):
        if media_type in meta.media_types:
            return name, replace(raw, media_type=media_type)
    main = media_type.partition("/")[0]
    for name, meta in sorted(sources.items()):
        if f"{main}/*" in meta.media_types:
            return name, replace(raw, media_type=media_type)
    if (found := recognise.binary(raw.data[: recognise.LOOK])) is not None:
        raise InputRefused(
            "media-type", f"no source reads {media_type}; it is {found[0]}", found[1]
        )
    known = sorted({kind for meta in sources.values() for kind in meta.media_types})
    raise InputRefused(
        "media-type",
        f"no source reads {media_type}",
        f"Send one of {', '.join(known)}." if known else "No source plugin is enabled.",
    )


def typed(raw: RawInput, meta: SourceMeta) -> RawInput:
    """An input with a media type that this source reads: what was declared, else what its bytes
    speak for, else the source's first. Servers call feeds text/plain, and pages nothing at all.
    """
    for media_type in (recognise.xml_format(raw.data), raw.media_type, _sniffed(raw.data)):
        wide = f"{(media_type or '').partition('/')[0]}/*"
        if media_type and (media_type in meta.media_types or wide in meta.media_types):
            return replace(raw, media_type=media_type)
    return replace(raw, media_type=meta.media_types[0]) if meta.media_types else raw


def _sniffed(data: bytes) -> str:
    try:
        return sniff(data)
    except InputRefused:
        return ""


def sniff(data: bytes) -> str:
    """The media type that the first bytes speak for.

    Raises:
        InputRefused: it is no text.
    """
    head = data[:_LOOK].removeprefix(b"\xef\xbb\xbf").lstrip()
    _require_text(data)
    if (told := recognise.xml_format(data)) is not None:
        return told
    lowered = head.lower()
    if head[:1] in (b"{", b"["):
        if _is_json_feed(data):
            return "application/feed+json"
        return "application/json"
    for mark, media_type in (
        (b"<rss", "application/rss+xml"),
        (b"<rdf:rdf", "application/rss+xml"),
        (b"<feed", "application/atom+xml"),
        (b"<!doctype html", "text/html"),
        (b"<html", "text/html"),
    ):
        if mark in lowered and lowered.startswith(b"<"):
            return media_type
    if lowered.startswith((b"<article", b"<body", b"<div", b"<head", b"<main", b"<p>", b"<h1")):
        return "text/html"
    return "application/xml" if lowered.startswith(b"<?xml") else "text/plain"


def root_of(data: bytes) -> bytes | None:
    """The local name of a document's root, as it is written; None where no element comes first."""
    found = recognise.root_of(data)
    return found[0] if found else None


def _require_text(data: bytes) -> None:
    found = recognise.binary(data[: recognise.LOOK])
    if found is not None:
        raise InputRefused("input-binary", f"it is {found[0]}", found[1])


def _inside(
    media_type: str, data: bytes, sources: Mapping[str, SourceMeta]
) -> tuple[str, str | None]:
    """A format that is told by what is inside, and its source, where one reads it. Lines stay
    lines: each is a document of its own."""
    lines = media_type in recognise.JSON_LINES
    found = None
    if media_type in recognise.XML_TYPES:
        found = recognise.xml_format(data)
    elif media_type == "application/json" or lines:
        found = recognise.NINJS if recognise.is_ninjs(data) else None
    for name, meta in sorted(sources.items()):
        if found is not None and found in meta.media_types:
            return media_type if lines else found, name
    return media_type, None


def _is_json_feed(data: bytes) -> bool:
    return _FEED_JSON in data[:_LOOK].replace(b"\\/", b"/")
