"""Conditional requests and codings, as RFC 9110 says them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_feeds.conditional import Validators, coding_for, http_date, not_modified

MADE = Validators('"abc"', 1_700_000_000)


@pytest.mark.parametrize(
    "header",
    [
        '"abc"',
        'W/"abc"',
        '"x", "abc"',
        '"x" , W/"abc" , "y"',
        "*",
        " * ",
        '"with, comma", "abc"',
        '"",\t"abc"',
    ],
)
def test_a_listed_tag_is_not_sent_again(header: str) -> None:
    assert not_modified(MADE, header, None)


@pytest.mark.parametrize("header", ['"ab"', "abc", '"abc-gzip"', "", '"x", "y"', '"ABC"', '"**"'])
def test_any_other_tag_gets_the_document(header: str) -> None:
    assert not not_modified(MADE, header, None)


def test_the_tag_wins_over_the_date() -> None:
    late = http_date(MADE.last_modified + 3600)
    assert not not_modified(MADE, '"other"', late)
    assert not_modified(MADE, '"abc"', http_date(0))


@pytest.mark.parametrize(("later", "same"), [(-1, False), (0, True), (1, True), (86400, True)])
def test_a_date_alone_decides_by_whole_seconds(later: int, same: bool) -> None:
    assert not_modified(MADE, None, http_date(MADE.last_modified + later)) is same


@pytest.mark.parametrize("header", ["yesterday", "", "Tue, 99 Foo 2024", "2024-01-01", "0"])
def test_a_date_that_is_none_is_ignored(header: str) -> None:
    assert not not_modified(MADE, None, header)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_header_breaks_it(header: str) -> None:
    not_modified(MADE, header, None)
    not_modified(MADE, None, header)
    assert coding_for(header) in ("gzip", "identity")


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.000", "identity"),
        ("*;q=0", "identity"),
        ("gzip;q=0, *", "identity"),
        ("identity", "identity"),
        ("br", "identity"),
        ("", "identity"),
        ("gzip;q=nonsense", "identity"),
        ("deflate;q=1, gzip ; q=0.001", "gzip"),
    ],
)
def test_the_coding_follows_the_weights(header: str, coding: str) -> None:
    assert coding_for(header) == coding


def test_each_coding_has_a_strong_tag_of_its_own() -> None:
    assert MADE.coded("identity") is MADE
    assert MADE.coded("gzip").etag == '"abc-gzip"'
