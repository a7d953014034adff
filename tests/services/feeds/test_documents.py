"""Cursors, canonical URLs, Link headers: the pure parts of a document."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_feeds.documents import (
    Hub,
    Page,
    Place,
    Subject,
    WebLink,
    channel,
    decode_cursor,
    encode_cursor,
    link_header,
    paged,
    read_page,
    topic_path,
)
from seealso_feeds.errors import BadParameter
from seealso_store.feeds import Cursor

HUB = Hub("https://hub.test", "Hub", "5d0f0a4e-6f0b-4b62-9b57-0d9ce9a2c111")
ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)


@given(st.integers(-(1 << 61), 1 << 61), ids)
@settings(max_examples=100, deadline=None)
def test_a_cursor_comes_back_as_it_was(sort_at: int, article_id: str) -> None:
    cursor = Cursor(sort_at, article_id)
    word = encode_cursor(cursor)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", word)
    assert decode_cursor(word) == cursor


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_word_is_a_cursor_of_ours_or_is_refused_by_name(word: str) -> None:
    refused: list[BadParameter] = []
    try:
        assert decode_cursor(word).article_id
    except BadParameter as error:
        refused.append(error)
    assert all(e.parameter == "before" and "rel=next" in str(e) for e in refused)


@pytest.mark.parametrize("word", ["", "x", "!!", "MTIz", "eC5h", "MS4=", "MS4", "A" * 200])
def test_what_is_no_cursor_is_refused(word: str) -> None:
    with pytest.raises(BadParameter, match="rel=next"):
        decode_cursor(word)


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "", "ten", "1e2", "٣", "9" * 50])
def test_a_limit_out_of_range_is_refused_by_name(limit: str) -> None:
    with pytest.raises(BadParameter, match=r"limit: found .* from 1 to 200"):
        read_page({"limit": limit})


def test_unknown_parameters_are_ignored() -> None:
    assert read_page({"utm_source": "x", "limit": "7"}) == Page(7)


def test_the_canonical_url_has_only_what_was_asked() -> None:
    assert paged("/x", Page()) == "/x"
    assert paged("/x", Page(7)) == "/x?limit=7"
    cursor = Cursor(5, "a1")
    assert paged("/x", Page(7, cursor)) == f"/x?limit=7&before={encode_cursor(cursor)}"


def test_a_slug_of_any_script_makes_an_ascii_path() -> None:
    assert topic_path("القلب") == "/topics/%D8%A7%D9%84%D9%82%D9%84%D8%A8"
    assert topic_path("a/b") == "/topics/a%2Fb"


def test_a_feeds_id_outlives_its_title_its_page_and_its_host() -> None:
    def made(hub: Hub, title: str, page: Page) -> str:
        subject = Subject("topics/x", title, "d", "/topics/x", "/topics/x/feed")
        return channel(hub, subject, "rss", Place(page), updated=0).id

    moved = Hub("https://other.test", "Renamed", HUB.id)
    assert made(HUB, "X", Page()) == made(moved, "Y", Page(3, Cursor(1, "a")))


def test_links_of_a_page_follow_rfc_5005() -> None:
    subject = Subject("topics/x", "X", "d", "/topics/x", "/topics/x/feed")
    alone = channel(HUB, subject, "rss", Place(Page()), updated=0)
    assert (alone.first_url, alone.next_url, alone.previous_url) == (None, None, None)
    second = Place(Page(5, Cursor(9, "a9")), Page(5), Page(5, Cursor(4, "a4")))
    head = channel(HUB, subject, "rss", second, updated=0)
    assert head.first_url == head.previous_url == "https://hub.test/topics/x/feed.rss?limit=5"
    assert head.next_url is not None
    assert head.next_url != head.feed_url


def test_a_link_header_survives_any_title() -> None:
    title = 'A "quoted", title; with ünïcode\r\nX-Evil: 1'
    header = link_header((WebLink("alternate", "https://hub.test/ä?x=<>", "text/html", title),))
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('<https://hub.test/%C3%A4?x=%3C%3E>; rel="alternate"')
    assert "title*=UTF-8''A%20%22quoted" in header
