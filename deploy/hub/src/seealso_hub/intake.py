"""From what a person names (files, folders, standard input) to what the hub's API takes.

    path --walk--> file --unpack--> bytes --kind--> Parcel (whole file, or ~100 lines of NDJSON,
                                            |               or ~1 MB of a WordPress export)
                                            └-----> Refused (and the next file goes on)

Lines and exports are streamed: memory stays at one chunk, however long the file. A line keeps its
number in the whole file, so that an error points at it.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from seealso_ingest import exports, recognise

CHUNK_LINES = 100
CHUNK_BYTES = 1_000_000
HEAD_BYTES = 8192  # enough to tell what a file is

NDJSON = "application/x-ndjson"
MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".json": "application/json",
    ".jsonl": NDJSON,
    ".ndjson": NDJSON,
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".xml": "application/xml",
    ".jsonfeed": "application/feed+json",
    ".wxr": recognise.WXR,
    ".nitf": recognise.NITF,
    ".ninjs": recognise.NINJS,
}
SHORT_TYPES = {  # what --type takes besides a media type
    "text": "text/plain",
    "html": "text/html",
    "json": "application/json",
    "jsonl": NDJSON,
    "ndjson": NDJSON,
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "jsonfeed": "application/feed+json",
    "wxr": recognise.WXR,
    "nitf": recognise.NITF,
    "ninjs": recognise.NINJS,
}
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request's worth of input.

    `lines` are the numbers, in the whole file, of the lines of an NDJSON chunk; else empty.
    `taken` counts bytes of the file on disk that are read so far, for the progress bar.
    """

    name: str  # as the person wrote it
    body: bytes
    media_type: str
    lines: tuple[int, ...] = ()
    taken: int = 0

    def place(self, index: int, line: int | None) -> str:
        """Where a piece of this parcel stands, in words a person can find."""
        if self.lines:
            at = (line or index + 1) - 1
            return f"{self.name}, line {self.lines[min(at, len(self.lines) - 1)]}"
        return f"{self.name}, item {index + 1}" if index else self.name


@dataclass(frozen=True, slots=True)
class Refused:
    """What can't be read, and why; `place` is a file, or a line in it."""

    place: str
    code: str
    detail: str
    taken: int = 0


def files(names: Iterable[str]) -> Iterator[Path | Refused]:
    """Every file meant: named ones, and those with a known extension below named folders."""
    for name in names:
        path = Path(name)
        if path.is_dir():
            found = sorted(
                p for p in path.rglob("*") if p.is_file() and extension(p) in MEDIA_TYPES
            )
            if not found:
                known = " ".join(MEDIA_TYPES)
                yield Refused(name, "folder-empty", f"No file in it ends in one of {known}.")
            yield from found
        elif path.is_file() or path.exists():
            yield path
        else:
            yield Refused(name, "no-such-file", no_such_file(name))


_MISTYPED = re.compile(r"([a-z][a-z0-9+.-]{0,20}):/{0,3}(.+)", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?::\d{1,5})?(?:[/?#].*)?\Z", re.IGNORECASE)


def no_such_file(name: str) -> str:
    """There is none; where it was probably meant for an address, how that is written."""
    if mistyped := _MISTYPED.match(name):
        scheme = "http" if mistyped[1].lower() == "http" else "https"
        return (
            f"{mistyped[1]}: is no kind of address that is fetched, and there is no such file."
            f" Did you mean {scheme}://{mistyped[2]}?"
        )
    if _HOST.match(name) and extension(Path(name)) not in MEDIA_TYPES:
        return (
            "There is no such file or folder."
            f" An address begins with its scheme: did you mean https://{name}?"
        )
    return "There is no such file or folder."


def passed_by(name: str) -> list[str]:
    """The files below a folder whose ending says nothing of an article; hidden ones aside."""
    folder = Path(name)
    found = (p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file())
    visible = (p for p in found if not any(part.startswith(".") for part in p.parts))
    return [str(p) for p in visible if extension(p) not in MEDIA_TYPES]


def extension(path: Path) -> str:
    """The extension that says what is inside: that of ``news.jsonl.gz`` is ``.jsonl``."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def parcels(
    path: Path, stdin: BinaryIO | None, media_type: str | None, limit: int
) -> Iterator[Parcel | Refused]:
    """Read one file (or standard input) as parcels.

    Args:
        path: for its name and, without `stdin`, its content.
        stdin: read this instead.
        media_type: as told; None looks at the extension, then at the content.
        limit: bytes, the most that the hub takes in one request.
    """
    name = STDIN if stdin else str(path)
    with ExitStack() as stack:
        try:
            raw = stdin or stack.enter_context(path.open("rb"))
        except OSError as error:
            yield Refused(name, "file-unreadable", f"Can't be read: {error.strerror}.")
            return
        yield from _parcels(_Reader(name, raw), path, media_type, limit)


def _parcels(
    reader: _Reader, path: Path, media_type: str | None, limit: int
) -> Iterator[Parcel | Refused]:
    name = reader.name
    head = reader.peek()
    if reader.failed and not head:
        yield reader.refused(0)
        return
    media_type = media_type or MEDIA_TYPES.get(extension(path)) or sniff(head)
    if not head.strip():
        yield Refused(name, "file-empty", "There is nothing in it.")
    elif looks_binary(head):
        yield Refused(name, "file-binary", told_binary(head))
    elif media_type == NDJSON:
        yield from _chunks(reader, limit)
    elif (kind := precise(media_type, head)) == recognise.WXR:
        yield from _posts(reader)
    else:
        body = reader.read(limit + 1)
        if reader.failed:
            yield reader.refused(0)
        elif len(body) > limit:
            yield Refused(name, "file-too-large", f"It is larger than {_mb(limit)}: divide it.")
        else:
            yield Parcel(name, body, kind, taken=reader.taken)


def _posts(reader: _Reader) -> Iterator[Parcel | Refused]:
    """An export is gone through twice; what can't be wound back is kept in a file meanwhile."""
    with tempfile.TemporaryFile() as kept:
        if not reader.seekable:
            while block := reader.read(CHUNK_BYTES):
                kept.write(block)
            if reader.failed:
                yield reader.refused(0)
                return
            kept.flush()
        whole = _buffered(kept)  # one: a second one would close the file with itself
        opened: list[_Reader] = []

        def again() -> _Reader:
            opened[:] = [reader.again() if reader.seekable else _Reader(reader.name, whole, 0)]
            return opened[0]

        for piece in exports.divided(again, CHUNK_BYTES):
            yield Parcel(reader.name, piece.data, recognise.WXR, taken=opened[0].taken)
        if opened and opened[0].failed:
            yield opened[0].refused(0)


def _chunks(reader: _Reader, limit: int) -> Iterator[Parcel | Refused]:
    lines: list[bytes] = []
    numbers: list[int] = []
    size = number = 0
    while line := reader.line(limit):
        number += 1
        if len(line) > limit:
            place = f"{reader.name}, line {number}"
            yield Refused(place, "line-too-large", f"It is longer than {_mb(limit)}.")
            continue
        line = line.removeprefix(_BOM).strip()
        if not line:
            continue
        if lines and (len(lines) >= CHUNK_LINES or size + len(line) > CHUNK_BYTES):
            yield Parcel(reader.name, b"\n".join(lines), NDJSON, tuple(numbers), reader.taken)
            lines, numbers, size = [], [], 0
        lines.append(line)
        numbers.append(number)
        size += len(line) + 1
    if lines:
        yield Parcel(reader.name, b"\n".join(lines), NDJSON, tuple(numbers), reader.taken)
    if reader.failed:
        yield reader.refused(number)


class _Reader:
    """A file's bytes, unpacked where it is gzip. A broken archive ends early, with `failed` set."""

    def __init__(self, name: str, raw: BinaryIO, at: int | None = None) -> None:
        self.name = name
        self.failed = ""
        self._raw = _buffered(raw)
        if at is not None:
            self._raw.seek(at)
        packed = self._raw.peek(2)[:2] == b"\x1f\x8b"
        self._file = _buffered(gzip.GzipFile(fileobj=self._raw)) if packed else self._raw

    @property
    def seekable(self) -> bool:
        """Whether it can be read once more from its beginning."""
        return self._raw.seekable()

    def again(self) -> _Reader:
        """The same file from its beginning; this one is not read any further."""
        return _Reader(self.name, self._raw, 0)

    @property
    def taken(self) -> int:
        """Bytes read of the file as it lies on disk; 0 for what has no position (a pipe)."""
        return self._raw.tell() if self._raw.seekable() else 0

    def peek(self) -> bytes:
        """The first few kilobytes, not taken."""
        return self._guarded(lambda: self._file.peek(HEAD_BYTES))

    def read(self, most: int) -> bytes:
        """All that is left, or `most` bytes of it."""
        return self._guarded(lambda: self._file.read(most))

    def line(self, limit: int) -> bytes:
        """The next line; of one that is longer than `limit` the head, and the rest is passed by."""
        line = self._guarded(lambda: self._file.readline(limit + 1))
        piece = line
        while len(line) > limit and piece and not piece.endswith(b"\n"):
            piece = self._guarded(lambda: self._file.readline(CHUNK_BYTES))
        return line

    def refused(self, after_line: int) -> Refused:
        """The archive's fault, told once what could be read of it has gone in."""
        went_in = f" Its first {after_line} whole lines went in." if after_line else ""
        detail = f"{self.failed} Fetch or pack it again.{went_in}"
        return Refused(self.name, "gzip-broken", detail)

    def _guarded(self, read: Callable[[], bytes]) -> bytes:
        if self.failed:
            return b""
        try:
            return read()
        except EOFError:
            self.failed = "The gzip file ends in the middle: it is truncated."
        except (gzip.BadGzipFile, zlib.error):
            self.failed = "The gzip file is damaged."
        return b""


def _buffered(raw: BinaryIO | gzip.GzipFile) -> io.BufferedReader:
    if isinstance(raw, io.BufferedReader):
        return raw
    return io.BufferedReader(raw, HEAD_BYTES)  # type: ignore[arg-type]  # both have readinto


# --- what is it ----------------------------------------------------------------------------------

_BOM = b"\xef\xbb\xbf"


def looks_binary(head: bytes) -> bool:
    """Whether the beginning of a file is not text of any kind."""
    return recognise.binary(head) is not None


def told_binary(head: bytes) -> str:
    """What it is, and what to do instead."""
    what, remedy = recognise.binary(head) or ("a binary file", "Give text, HTML, JSON or a feed.")
    return f"It is {what}. {remedy}"


def sniff(head: bytes) -> str:
    """The media type of content whose name says nothing."""
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"<"):
        starts = (b"<?xml", b"<rss", b"<feed", b"<rdf")
        is_xml = text[:5].lower().startswith(starts) or recognise.xml_format(head) is not None
        return "application/xml" if is_xml else "text/html"
    if text.startswith(b"{"):
        return (
            NDJSON
            if _is_object(text.split(b"\n", 1)[0]) and b"\n{" in text
            else MEDIA_TYPES[".json"]
        )
    return MEDIA_TYPES[".json"] if text.startswith(b"[") else "text/plain"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def precise(media_type: str, head: bytes) -> str:
    """XML and JSON say inside which feed they are, if any; what says nothing is looked at."""
    if media_type in ("", "application/octet-stream"):
        media_type = sniff(head)
    if media_type in recognise.XML_TYPES and (told := recognise.xml_format(head)) is not None:
        return told
    if media_type in ("application/xml", "text/xml"):
        lowered = head.lower()
        if b"<feed" in lowered:
            return "application/atom+xml"
        return "text/html" if b"<html" in lowered else "application/rss+xml"
    if media_type == "application/json" and b"https://jsonfeed.org/version/" in head:
        return "application/feed+json"
    if media_type == "application/json" and recognise.is_ninjs(head):
        return recognise.NINJS
    return media_type


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
