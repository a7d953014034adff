"""A WordPress export of any size in small ones that are whole by themselves. Pure, but for a file
that it keeps aside.

    first pass   ──> attachments aside (id, uploaded to ──> where it lies), all else passed by
    second pass  ──> head + the attachments that these posts show + posts + end, a megabyte each

An attachment may stand anywhere, also long behind the post whose picture it is: so the export is
gone through twice. Memory is that of a piece and of an index, a few numbers for an attachment;
the attachments themselves lie in a temporary file once they are many.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from seealso_sdk.xmlguard import Part, parts

ITEM_BYTES = 16 * 1024 * 1024  # of one item at most: it is passed on as one that is too large
SHOWN = 200  # attachments for one post
_IN_MEMORY = 4 * 1024 * 1024
_END = b"</channel></rss>\n"
_TYPE = re.compile(rb"<wp:post_type>\s{0,9}(?:<!\[CDATA\[)?attachment\b")
_ID = re.compile(rb"<wp:post_id>\s{0,9}(?:<!\[CDATA\[)?(\d{1,12})")
_PARENT = re.compile(rb"<wp:post_parent>\s{0,9}(?:<!\[CDATA\[)?(\d{1,12})")
_FEATURED = re.compile(
    rb"<wp:meta_key>\s{0,9}(?:<!\[CDATA\[)?_thumbnail_id(?:\]\]>)?\s{0,9}</wp:meta_key>\s{0,99}"
    rb"<wp:meta_value>\s{0,9}(?:<!\[CDATA\[)?(\d{1,12})"
)
_IMAGE = re.compile(rb"wp-image-(\d{1,12})")
_GALLERY = re.compile(rb"\[(?:gallery|playlist)\b([^\]]{0,4000})\]")
_IDS = re.compile(rb"(?:ids|include)\s{0,9}=\s{0,9}[\"']?([\d,\s]{1,4000})")
# What the head lists for the importer: a large site has a megabyte of it, and the posts say it.
_LISTS = re.compile(
    rb"<wp:(category|tag|term)>(?:(?!<wp:(?:category|tag|term)>).)*?</wp:\1>\s*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Piece:
    """An export of some of the posts. Before them stood so many items."""

    data: bytes
    items: int


class Reads(Protocol):
    """The part of a binary stream that is used here."""

    def read(self, most: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


@dataclass(slots=True)
class _Aside:
    """The attachments of the export, where they lie and who shows them."""

    file: BinaryIO
    places: dict[int, tuple[int, int]]
    children: dict[int, list[int]]

    def add(self, item: bytes) -> None:
        found, parent = _ID.search(item), _PARENT.search(item)
        if found is None:
            return
        number = int(found[1])
        self.file.seek(0, 2)
        self.places[number] = (self.file.tell(), len(item))
        self.file.write(item)
        if parent is not None and int(parent[1]):
            self.children.setdefault(int(parent[1]), []).append(number)

    def get(self, number: int) -> bytes:
        if number not in self.places:
            return b""
        at, size = self.places[number]
        self.file.seek(at)
        return self.file.read(size)

    def shown_by(self, post: bytes) -> list[int]:
        """The featured image, those in the text, and those of its galleries."""
        numbers = [int(found) for found in _FEATURED.findall(post)]
        numbers += [int(found) for found in _IMAGE.findall(post)]
        own = _ID.search(post)
        for gallery in _GALLERY.findall(post):
            listed = _IDS.search(gallery)
            if listed:
                numbers += [int(one) for one in listed[1].split(b",") if one.strip().isdigit()]
            elif own:
                numbers += self.children.get(int(own[1]), [])
        return list(dict.fromkeys(number for number in numbers if number in self.places))[:SHOWN]


def count_posts(data: bytes) -> int:
    """The items that are no attachments, without reading any."""
    return data.count(b"<wp:post_type>") - sum(1 for _ in _TYPE.finditer(data))


def divided(opened: Callable[[], Reads], size: int) -> Iterator[Piece]:
    """The export in pieces of about so many bytes.

    Args:
        opened: opens the export anew, at its beginning; called twice.
        size: bytes of posts in a piece; one post that is longer has a piece of its own.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        aside = _Aside(file, {}, {})  # type: ignore[arg-type]  # it has what is used of a file
        for part in parts(opened().read, b"item", ITEM_BYTES):
            if part.kind == "item" and _TYPE.search(part.data):
                aside.add(part.data)
        yield from _second_pass(opened(), aside, size)


def _second_pass(stream: Reads, aside: _Aside, size: int) -> Iterator[Piece]:
    found = parts(stream.read, b"item", ITEM_BYTES)
    first = next(found, None)
    head = _LISTS.sub(b"", first.data) if first else b""
    packed = _Packed(head, aside)
    items = 0
    for part in found:
        if part.kind in ("between", "tail") or _TYPE.search(part.data):
            items += part.kind == "item"
            continue
        if packed.size and packed.size + len(part.data) > size:
            yield packed.piece()
            packed = _Packed(head, aside, items)
        packed.add(part)
        items += 1
        if part.kind != "item":  # what has no end would swallow what follows
            yield packed.piece()
            packed = _Packed(head, aside, items)
    if packed.size or not items:
        yield packed.piece()


class _Packed:
    """A piece that is being filled."""

    def __init__(self, head: bytes, aside: _Aside, items: int = 0) -> None:
        self.size = 0
        self._head = head
        self._aside = aside
        self._items = items
        self._posts: list[bytes] = []
        self._shown: dict[int, None] = {}

    def add(self, part: Part) -> None:
        # Of an item that is too large or cut off the beginning is enough to be told of.
        data = part.data if part.kind == "item" else part.data[:1000]
        self._posts.append(data or b"<item>")
        self.size += len(data) + 1
        if part.kind == "item":
            self._shown |= dict.fromkeys(self._aside.shown_by(data))

    def piece(self) -> Piece:
        attachments = [self._aside.get(number) for number in self._shown]
        data = b"".join([self._head, *attachments, *self._posts, _END])
        return Piece(data, self._items)
