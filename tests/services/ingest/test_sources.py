"""Which source reads an input, and how a long one is divided."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_ingest.chunks import chunks, count
from seealso_ingest.errors import InputRefused
from seealso_ingest.sources import choose
from seealso_sdk.model import RawInput
from seealso_sdk.plugin import SourceMeta


def meta(name: str, *kinds: str) -> SourceMeta:
    return SourceMeta(name=name, title=name, version="1", media_types=kinds)


SOURCES = {
    "json": meta("json", "application/json", "application/x-ndjson"),
    "feed": meta("feed", "application/rss+xml", "application/atom+xml", "application/feed+json",
                 "application/xml"),
    "page": meta("page", "text/html"),
    "text": meta("text", "text/plain"),
    "sound": meta("sound", "audio/*"),
    "wxr": meta("wxr", "application/x-wxr+xml"),
    "nitf": meta("nitf", "text/vnd.iptc.nitf"),
    "ninjs": meta("ninjs", "application/vnd.iptc.ninjs+json"),
    "sitemap": meta("sitemap", "application/vnd.seealso.sitemap+xml"),
}  # fmt: skip
WXR = (
    b"<?xml version='1.0'?>\n<!-- <rss> -->\n<rss version='2.0'"
    b" xmlns:wp='http://wordpress.org/export/1.2/'><channel/></rss>"
)
NITF = b"<!DOCTYPE nitf SYSTEM 'nitf.dtd'>\n<nitf/>"
NINJS = b'{"uri": "u:1", "versionCreated": "2024-04-09", "headlines": []}'
SITEMAP = b"<?xml version='1.0'?>\n<!-- urlset of <html> -->\n<urlset xmlns=''>"
MAP = "application/vnd.seealso.sitemap+xml"
FEED = b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": []}'


@pytest.mark.parametrize(
    ("media_type", "data", "source", "read_as"),
    [
        ("application/json", b"{}", "json", "application/json"),
        ("application/json", FEED, "feed", "application/feed+json"),
        ("application/json", FEED.replace(b"/", b"\\/"), "feed", "application/feed+json"),
        ("text/plain", b"<html>", "text", "text/plain"),
        ("audio/ogg", b"OggS", "sound", "audio/ogg"),
        ("", b"  {", "json", "application/json"),
        ("application/octet-stream", b"\xef\xbb\xbf[1]", "json", "application/json"),
        ("application/octet-stream", b"<?xml version='1.0'?><rss>", "feed", "application/rss+xml"),
        ("application/x-www-form-urlencoded", b"<feed xmlns=''>", "feed", "application/atom+xml"),
        ("application/xml", WXR, "wxr", "application/x-wxr+xml"),
        ("application/rss+xml", WXR, "wxr", "application/x-wxr+xml"),
        ("application/octet-stream", WXR, "wxr", "application/x-wxr+xml"),
        ("text/xml", NITF, "nitf", "text/vnd.iptc.nitf"),
        ("", NITF, "nitf", "text/vnd.iptc.nitf"),
        ("text/xml", NITF.decode().encode("utf-16"), "nitf", "text/vnd.iptc.nitf"),
        ("application/json", NINJS, "ninjs", "application/vnd.iptc.ninjs+json"),
        ("application/json", b" [" + NINJS, "ninjs", "application/vnd.iptc.ninjs+json"),
        ("application/x-ndjson", NINJS + b"\n{}", "ninjs", "application/x-ndjson"),
        (
            "application/json",
            b'{"uri": "u:1", "headlines": "\\"bodies\\":"}',
            "json",
            "application/json",
        ),
        ("application/json", b'{"uri": "u:1", "title": "T"}', "json", "application/json"),
        ("application/xml", SITEMAP, "sitemap", MAP),
        ("text/xml", b"\xef\xbb\xbf<s:sitemapindex xmlns:s=''>", "sitemap", MAP),
        ("application/octet-stream", SITEMAP, "sitemap", MAP),
        ("application/xml", b"<rss><urlset/>", "feed", "application/xml"),
        ("text/html", SITEMAP, "page", "text/html"),
        ("application/octet-stream", b"<!DOCTYPE html><p>", "page", "text/html"),
        ("application/octet-stream", b"<p>a fragment", "page", "text/html"),
        ("application/octet-stream", b"What is glass?", "text", "text/plain"),
        ("application/octet-stream", "glass".encode("utf-16"), "text", "text/plain"),
    ],
)
def test_a_source_is_chosen(media_type: str, data: bytes, source: str, read_as: str) -> None:
    name, raw = choose(RawInput(data=data, media_type=media_type), SOURCES)
    assert (name, raw.media_type) == (source, read_as)


@pytest.mark.parametrize(
    ("media_type", "data", "code"),
    [
        ("image/png", b"\x89PNG", "media-type"),
        ("application/octet-stream", b"\x89PNG\0\0", "input-binary"),
        ("application/json", b" \n", "input-empty"),
    ],
)
def test_or_the_input_is_refused(media_type: str, data: bytes, code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        choose(RawInput(data=data, media_type=media_type), SOURCES)
    assert caught.value.code == code


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["x", "", " ", "yy" * 50]), max_size=400), st.booleans())
def test_chunks_are_the_lines_with_their_places(lines: list[str], ends: bool) -> None:
    data = "\n".join(json.dumps({"n": n}) if t.strip() else t for n, t in enumerate(lines))
    raw = RawInput(data=(data + "\n" * ends).encode(), media_type="application/x-ndjson")
    place = {}
    for chunk in chunks(raw):
        records = chunk.records
        for number, line in enumerate(chunk.raw.data.split(b"\n"), start=1):
            if line.strip():
                place[records] = chunk.lines + number
                assert json.loads(line)["n"] == chunk.lines + number - 1
                records += 1
        assert records - chunk.records <= 100
    assert len(place) == sum(bool(t.strip()) for t in lines)
    assert list(place) == list(range(len(place)))
    assert count(raw) == len(place)


def test_what_is_no_lines_is_one_chunk() -> None:
    raw = RawInput(data=b"a\n" * 1000, media_type="text/plain")
    assert [chunk.raw for chunk in chunks(raw)] == [raw]


def test_without_a_source_for_it_what_is_inside_changes_nothing() -> None:
    few = {name: one for name, one in SOURCES.items() if name not in ("wxr", "ninjs")}
    assert choose(RawInput(data=WXR, media_type="application/rss+xml"), few)[0] == "feed"
    assert choose(RawInput(data=NINJS, media_type="application/json"), few)[0] == "json"
