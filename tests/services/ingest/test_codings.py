"""Packed bodies: every coding is unpacked, and a bomb of each is stopped while it is small."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_ingest.codings import PackedError, gunzip, unpack, zstd


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def pack_brotli(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=5))


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip members": ("gzip", lambda d: gzip.compress(d[:7]) + gzip.compress(d[7:])),
    "gzip padded": ("x-gzip", lambda d: gzip.compress(d) + bytes(10)),
    "deflate of zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", pack_brotli),
    "zstd": ("zstd", zstd.compress),
    "zstd frames": ("zstd", lambda d: zstd.compress(d[:7]) + zstd.compress(d[7:])),
    "nothing": ("", bytes),
    "identity": ("identity", bytes),
}


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("name", PACKERS)
@given(data=st.binary(max_size=3000), repeat=st.sampled_from([1, 2, 300]), size=st.integers(1, 999))
def test_what_was_packed_comes_back_in_pieces_of_any_size(
    name: str, data: bytes, repeat: int, size: int
) -> None:
    coding, pack = PACKERS[name]
    body = data * repeat
    assert unpack(pieces(pack(body), size), coding, most=10_000_000) == body


@pytest.mark.parametrize("name", [n for n in PACKERS if n not in ("nothing", "identity")])
def test_a_bomb_is_stopped_at_the_cap_and_takes_little_memory(name: str) -> None:
    coding, pack = PACKERS[name]
    bomb = pack(bytes(60_000_000))
    tracemalloc.start()
    try:
        for most, ratio, said in ((1_000_000, 20.0, "larger than 1 MB"), (10**9, 20.0, "20 times")):
            with pytest.raises(PackedError, match=said) as caught:
                unpack(pieces(bomb, 4096), coding, most=most, ratio=ratio)
            assert caught.value.code == "too-large"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000


@pytest.mark.parametrize("name", [n for n in PACKERS if n not in ("nothing", "identity")])
def test_no_ratio_allows_more_than_fifty_megabytes(name: str) -> None:
    coding, pack = PACKERS[name]
    with pytest.raises(PackedError, match=r"52\.4288 MB"):
        unpack([pack(bytes(60_000_000))], coding, most=10**9, ratio=1e9)


@pytest.mark.parametrize("name", ["gzip", "deflate of zlib", "raw deflate", "br", "zstd"])
def test_packed_data_that_is_cut_or_broken_is_refused(name: str) -> None:
    coding, pack = PACKERS[name]
    packed = pack(b"the slow brown bear " * 50 + bytes(range(256)))
    with pytest.raises(PackedError) as caught:
        unpack([packed[: len(packed) // 2]], coding, most=10_000)
    assert caught.value.code == "cut"
    with pytest.raises(PackedError):
        unpack([b"\xff<html>" + packed], coding, most=10_000)


@pytest.mark.parametrize("name", PACKERS)
@given(data=st.binary(max_size=300))
def test_any_bytes_unpack_or_are_refused(name: str, data: bytes) -> None:
    with suppress(PackedError):  # and nothing else
        assert len(unpack([data], PACKERS[name][0], most=100_000)) <= 100_000


def test_an_empty_body_needs_no_packing() -> None:
    assert unpack([], "gzip", most=10) == b""


def test_a_window_larger_than_http_allows_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.checksum_flag: 1}
    packer = zstd.ZstdCompressor(options=options)
    packed = packer.compress(bytes(range(256)) * 1000) + packer.flush()
    with pytest.raises(PackedError) as caught:
        unpack([packed], "zstd", most=10_000_000)
    assert caught.value.code == "coding"


def test_a_gz_file_is_unpacked_under_the_same_caps() -> None:
    assert gunzip(gzip.compress(b"<urlset/>"), most=100) == b"<urlset/>"
    with pytest.raises(PackedError):
        gunzip(gzip.compress(bytes(101)), most=100)
