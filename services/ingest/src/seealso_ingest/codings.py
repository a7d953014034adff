"""Unpacks what came packed, in steps and under caps, so that a bomb is stopped while it is small.

    chunks --gzip | deflate | br | zstd--> steps of 256 KB --size, ratio--> bytes

Pure. RFC 9110 section 8.4 (gzip, deflate), RFC 7932 (br), RFC 8878 within the window of RFC 9659
(zstd).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from seealso_sdk.errors import SeealsoError

MAX_INFLATED = 50 * 1024 * 1024  # bytes, whatever else is allowed
MAX_RATIO = 20.0  # unpacked to packed
RATIO_FLOOR = 2 * 1024 * 1024  # bytes that any ratio may come to: even a bomb is small here
STEP = 256 * 1024  # bytes unpacked at a time
ACCEPTED = "gzip, deflate, br, zstd"
_ZSTD_WINDOW_LOG = 23  # 8 MB, the most that HTTP allows (RFC 9659)


class PackedError(SeealsoError):
    """Packed data can't be unpacked.

    Attributes:
        code: ``coding`` (unknown, or broken data), ``cut`` (it ends too early), ``too-large``.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class _Unpacker(Protocol):
    def take(self, data: bytes) -> bytes:
        """A step at most of what the data, and what is left of earlier data, comes to."""

    @property
    def more(self) -> bool:
        """Whether there is output that needs no further data."""

    @property
    def whole(self) -> bool:
        """Whether the data may end here."""


class _Plain:
    more, whole = False, True

    def take(self, data: bytes) -> bytes:
        return data


class _Zlib:
    """gzip, of several members too (RFC 1952 section 2.2), and deflate: with or, as some servers
    send it, without the header of zlib. What follows that is no member is padding."""

    def __init__(self, wbits: int | None) -> None:
        self._wbits = wbits
        self._inflate = None if wbits is None else zlib.decompressobj(wbits)
        self._rest = b""
        self.more = False

    def take(self, data: bytes) -> bytes:
        data = self._rest + data
        self._rest, self.more = b"", False
        if len(data) < 2 and (self._inflate is None or self._inflate.eof):
            self._rest = data  # two bytes say what begins here
            return b""
        if self._inflate is None:
            wrapped = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        if self._inflate.eof:
            if self._wbits is None or not data.startswith(b"\x1f\x8b"):
                return b""
            self._inflate = zlib.decompressobj(self._wbits)
        unpacked = self._inflate.decompress(data, STEP)
        self._rest = (
            self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        )
        # With a full step there may be output left inside, though all input is consumed.
        self.more = bool(self._rest) or (len(unpacked) == STEP and not self._inflate.eof)
        return unpacked

    @property
    def whole(self) -> bool:
        return self._inflate is not None and self._inflate.eof


class _Brotli:
    def __init__(self) -> None:
        self._inflate = brotli.Decompressor()

    def take(self, data: bytes) -> bytes:
        if self._inflate.is_finished():
            return b""
        return bytes(self._inflate.process(data, output_buffer_limit=STEP))

    @property
    def more(self) -> bool:
        return not self._inflate.can_accept_more_data()

    @property
    def whole(self) -> bool:
        return bool(self._inflate.is_finished())


class _Zstd:
    """Frames, one after the other (RFC 8878 section 3.1)."""

    def __init__(self) -> None:
        self._inflate = self._fresh()
        self._rest = b""

    @staticmethod
    def _fresh() -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        )

    def take(self, data: bytes) -> bytes:
        data, self._rest = self._rest + data, b""
        if self._inflate.eof:
            if not data:
                return b""
            self._inflate = self._fresh()
        unpacked = self._inflate.decompress(data, STEP)
        if self._inflate.eof:
            self._rest = self._inflate.unused_data
        return unpacked

    @property
    def more(self) -> bool:
        return bool(self._rest) or not (self._inflate.needs_input or self._inflate.eof)

    @property
    def whole(self) -> bool:
        return self._inflate.eof


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    "identity": _Plain,
    "": _Plain,
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(None),
    "br": _Brotli,
    "zstd": _Zstd,
}
_PLAIN = ("identity", "")


def unpack(chunks: Iterable[bytes], coding: str, *, most: int, ratio: float = MAX_RATIO) -> bytes:
    """What the chunks come to.

    Args:
        chunks: the packed bytes, read no further than needed to see that they are too many.
        coding: a Content-Encoding, lower case.
        most: bytes, packed or unpacked; never more than `MAX_INFLATED` of what was packed.
        ratio: unpacked bytes to packed ones, beyond `RATIO_FLOOR`.

    Raises:
        PackedError: ``coding``, ``cut`` or ``too-large``.
    """
    if coding not in _UNPACKERS:
        detail = f"answers in the coding {coding[:40]!r}, unasked; ask its owner for gzip or none"
        raise PackedError("coding", detail)
    unpacker = _UNPACKERS[coding]()
    packed = coding not in _PLAIN
    most = min(most, MAX_INFLATED) if packed else most
    taken, data = 0, bytearray()
    for chunk in chunks:
        taken += len(chunk)
        for piece in _steps(unpacker, chunk, coding):
            data += piece
            if len(data) > most:
                break
            if packed and len(data) > RATIO_FLOOR and len(data) > ratio * taken:
                detail = f"unpacks to more than {ratio:g} times its size, as no honest page does"
                raise PackedError("too-large", detail)
        if max(taken, len(data)) > most:
            raise PackedError("too-large", f"is larger than {most / 1e6:g} MB, the limit here")
    if not unpacker.whole and taken:
        raise PackedError("cut", f"ends in the middle of its {coding} data; try again")
    return bytes(data)


def _steps(unpacker: _Unpacker, chunk: bytes, coding: str) -> Iterator[bytes]:
    try:
        yield unpacker.take(chunk)
        while unpacker.more:
            yield unpacker.take(b"")
    except (zlib.error, brotli.error, zstd.ZstdError) as error:
        detail = f"sends broken {coding} data ({error}); its owner must mend that"
        raise PackedError("coding", detail) from error


def gunzip(data: bytes, *, most: int, ratio: float = MAX_RATIO) -> bytes:
    """A ``.gz`` file's content, under the caps of `unpack`.

    Raises:
        PackedError: ``coding``, ``cut`` or ``too-large``.
    """
    return unpack([data], "gzip", most=most, ratio=ratio)
