"""A piece is cut out of its input as its source divides it, or the whole of it is kept."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_ingest.pieces import Pieces
from seealso_sdk.model import RawInput

NDJSON = "application/x-ndjson"
RSS = b"""<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
<item><title>One</title><dc:creator>A</dc:creator></item>
<!-- between --><item ><title>Two</title></item
></channel></rss>"""


def raw(data: bytes, media_type: str) -> RawInput:
    return RawInput(data=data, media_type=media_type, source="desk", url="https://e.org/feed")


def test_of_lines_the_line() -> None:
    lines = Pieces(raw(b'\xef\xbb\xbf{"a":1}\n\n  \n{broken\r\n{"c":3}', NDJSON), 3)
    cut = lines.at(1)
    assert (cut.raw.data, cut.part, cut.raw.media_type) == (b"{broken\r", None, NDJSON)
    assert cut.raw.url == "https://e.org/feed"


@pytest.mark.parametrize("wrap", [lambda found: found, lambda found: {"articles": found}])
def test_of_records_the_record(wrap: object) -> None:
    records = [{"title": 7}, {"title": "b\u2028\ud800"}]
    data = json.dumps(wrap(records)).encode()  # type: ignore[operator]
    cut = Pieces(raw(data, "application/json"), 2).at(1)
    assert json.loads(cut.raw.data) == records[1]
    assert cut.part is None


def test_of_a_json_feed_the_feed_with_that_item_alone() -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "N", "items": [{}, {"id": "2"}]}
    cut = Pieces(raw(json.dumps(feed).encode(), "application/feed+json"), 2).at(1)
    assert json.loads(cut.raw.data) == {**feed, "items": [{"id": "2"}]}


def test_of_a_feed_the_feed_with_that_item_alone() -> None:
    cut = Pieces(raw(RSS, "application/rss+xml"), 2).at(1)
    tree = ElementTree.fromstring(cut.raw.data)
    assert [title.text for title in tree.iter("title")] == ["News", "Two"]
    first = ElementTree.fromstring(Pieces(raw(RSS, "application/rss+xml"), 2).at(0).raw.data)
    assert [title.text for title in first.iter("title")] == ["News", "One"]


def test_of_atom_with_a_prefix_the_feed_with_that_entry_alone() -> None:
    atom = (
        b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>1</a:id></a:entry>'
        b"<a:entry><a:id>2</a:id></a:entry></a:feed>"
    )
    cut = Pieces(raw(atom, "application/atom+xml"), 2).at(0)
    assert b"<a:id>1</a:id>" in cut.raw.data
    assert b"<a:id>2</a:id>" not in cut.raw.data
    ElementTree.fromstring(cut.raw.data)


@pytest.mark.parametrize(
    ("data", "media_type", "count"),
    [
        (RSS, "application/rss+xml", 3),  # the source found more than we see
        (RSS.replace(b"<item >", b"<item>"), "application/rss+xml", 1),
        (b"<rss><channel><item><item></item></item></channel></rss>", "application/rss+xml", 2),
        (b"<rss><channel><item>", "application/rss+xml", 2),
        (RSS.decode().encode("utf-16"), "application/rss+xml", 2),
        (b'[{"a":1}]', "application/json", 2),
        (b"[" * 100_000, "application/json", 2),
        (b"{not json", "application/json", 2),
        ('{"a":1}\n{"b":2}'.encode("utf-16"), NDJSON, 2),
    ],
)
def test_where_it_is_not_sure_the_whole_is_kept_and_which_piece_is_meant(
    data: bytes, media_type: str, count: int
) -> None:
    cut = Pieces(raw(data, media_type), count).at(count - 1)
    assert cut.raw.data == data
    assert cut.part == (count - 1 if count > 1 else None)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=6))
def test_any_record_is_itself_again(texts: list[str]) -> None:
    data = json.dumps([{"title": text} for text in texts], ensure_ascii=False).encode()
    pieces = Pieces(raw(data, "application/json"), len(texts))
    found = [json.loads(pieces.at(n).raw.data)["title"] for n in range(len(texts))]
    assert found == texts


@given(st.binary(max_size=300), st.integers(1, 5))
def test_no_bytes_break_the_cutter(data: bytes, count: int) -> None:
    for media_type in (NDJSON, "application/json", "application/rss+xml", "text/html"):
        cut = Pieces(raw(data, media_type), count).at(0)
        assert cut.part in (None, 0)
        assert isinstance(cut.raw.data, bytes)
