"""Formats by what is inside: in a moment, whatever the bytes; and what a hub makes of the wires'."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_ingest import normalise
from seealso_ingest.recognise import NITF, WXR, binary, is_ninjs, root_of, xml_format

SAMPLES = Path(__file__).parents[2] / "plugins"


@pytest.mark.parametrize(
    ("data", "root"),
    [
        (b"<a/>", b"a"),
        (
            b"\xef\xbb\xbf \n<?xml version='1.0'?><!-- <b> --><!DOCTYPE c SYSTEM 'd'><p:e x='y'>",
            b"e",
        ),
        ("<?xml version='1.0'?><f/>".encode("utf-16"), b"f"),
        (b"<!-- never closed <a>", None),
        (b"text <a>", None),
        (b"", None),
    ],
)
def test_the_root_is_found_behind_all_that_may_stand_before_it(
    data: bytes, root: bytes | None
) -> None:
    found = root_of(data)
    assert (found[0] if found else None) == root


def test_a_format_is_that_of_the_root_and_not_of_what_is_quoted() -> None:
    export = b"<rss xmlns:wp='http://wordpress.org/export/1.2/'>"
    assert xml_format(export) == WXR
    assert xml_format(b"<rss><title>" + export) is None
    assert xml_format(b"<n:nitf xmlns:n='x'>") == NITF
    assert xml_format(b"<html><nitf/>") is None


@pytest.mark.parametrize(
    "hostile",
    [b"<!---->" * 40_000, b"<?" * 100_000, b"<!" * 100_000, b"<a " * 90_000, b'"uri":' * 90_000,
     b'{"uri":"' + b'\\"' * 90_000, b'{"uri":1,"headlines"' + b" " * 200_000],
)  # fmt: skip
def test_a_hostile_beginning_takes_a_moment(hostile: bytes) -> None:
    started = time.process_time()
    xml_format(hostile)
    is_ninjs(b"{" + hostile)
    binary(hostile)
    assert time.process_time() - started < 1


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert xml_format(data) is None or data
    assert is_ninjs(data) in (True, False)
    found = binary(data)
    assert found is None or all(found)


@pytest.mark.parametrize(
    ("sample", "media_type", "titles"),
    [
        ("source_wxr/samples/garden.wxr", "text/xml",
         ["How deep should a bean trench be?", "Blocks", "Sown for May", "About the plot"]),
        ("source_nitf/samples/ferry.nitf", "application/xml", ["Winter ferries stay until May"]),
        ("source_ninjs/samples/one.json", "application/json", ["Winter ferries stay until May"]),
        ("source_ninjs/samples/three.json", "", ["Winter ferries stay until May"]),
    ],
)  # fmt: skip
def test_what_comes_under_a_vague_type_becomes_whole_articles(
    sample: str, media_type: str, titles: list[str]
) -> None:
    made = normalise((SAMPLES / sample).read_bytes(), media_type)
    assert [article.title for article in made.articles] == titles
    for article in made.articles:
        assert article.body_text
        assert article.external_id
        assert article.canonical_url
        assert "[caption" not in article.body_html
        assert "<!--" not in article.body_html
