"""The guard before XML parsers, and lists that are divided without being parsed."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk.xmlguard import Part, declared_encoding, guard, outside_cdata, parts, readable


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b" \n", "empty"),
        (b"<a>" * 50, "too-large"),
        (b"<a>\0</a>", "binary"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "xml-dtd"),
        (b"<!doctype a SYSTEM 'x' [ ]>", "xml-dtd"),
        (b"<a/>" * 11, "too-complex"),
        (b"<!DOCTYPE a SYSTEM 'a.dtd'><a/>", None),
        (b"<a><![CDATA[<!ENTITY x><b/><b/><b/><b/><b/><b/><b/><b/>]]></a>", None),
    ],
)
def test_what_may_be_parsed_and_what_not(data: bytes, code: str | None) -> None:
    found = guard(data, what="list", most_bytes=100, most_tags=10)
    assert (found.code if found else None) == code


def test_the_guard_is_linear_whatever_is_in_there() -> None:
    for hostile in (
        b"<![CDATA[" * 1_000_000,
        b"<!DOCTYPE " * 900_000,
        b"<a " * 2_000_000,
        b"< a=" * 2_000_000,
    ):
        started = time.process_time()
        guard(hostile, what="list", most_bytes=20_000_000)
        assert time.process_time() - started < 5


def test_what_xml_can_not_hold_is_left_out_and_names_become_characters() -> None:
    assert readable("a\x00b&#8;c&#x41;&#xD800;") == "abc&#x41;"
    assert readable("&nbsp;&amp;&lt;&nothing;") == "&nbsp;&amp;&lt;&nothing;"
    assert readable("&nbsp;&amp;&lt;&nothing;", entities=True) == "\xa0&amp;&lt;&nothing;"
    assert declared_encoding(b"<?xml version='1.0' encoding='ISO-8859-1'?>") == "ISO-8859-1"
    assert declared_encoding(b"<a encoding='x'>") is None
    assert outside_cdata(b"a<![CDATA[b]]>c<![CDATA[d") == b"ac"


def divided(data: bytes, most: int = 10_000, block: int = 7) -> list[Part]:
    stream = io.BytesIO(data)
    return list(parts(lambda size: stream.read(min(size, block)), b"item", most))


def test_a_list_is_divided_into_its_items() -> None:
    found = divided(b"<r>\n<item>a</item>\n<item b='c'>d<items/></item ></r>")
    assert [(p.kind, p.data, p.line) for p in found] == [
        ("head", b"<r>\n", 1),
        ("item", b"<item>a</item>", 2),
        ("between", b"\n", 2),
        ("item", b"<item b='c'>d<items/></item >", 3),
        ("tail", b"</r>", 3),
    ]


@pytest.mark.parametrize("hidden", [b"<![CDATA[</item>]]>", b"<!--</item>-->", b"<?p </item>?>"])
def test_tags_that_are_none_divide_nothing(hidden: bytes) -> None:
    found = divided(b"<item>" + hidden + b"</item>")
    assert [p.data for p in found if p.kind == "item"] == [b"<item>" + hidden + b"</item>"]


def test_an_item_that_is_too_large_is_passed_by_and_one_without_an_end_is_told() -> None:
    found = divided(
        b"<item>" + b"x\n" * 300_000 + b"</item><item>b</item><item>c", most=1000, block=999
    )
    assert [(p.kind, p.data) for p in found[1:]] == [
        ("large", b""),
        ("between", b""),
        ("item", b"<item>b</item>"),
        ("between", b""),
        ("cut", b"<item>c"),
    ]
    assert found[3].line == 300_001


_BITS = st.sampled_from(
    [b"<item>", b"</item>", b"<item/>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"?>", b"x",
     b"\n", b"<", b"</item", b"<it", b">"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_BITS, max_size=30).map(b"".join), st.integers(1, 40))
def test_all_parts_together_are_the_document_however_it_is_read(data: bytes, block: int) -> None:
    found = divided(data, block=block)
    assert b"".join(p.data for p in found) == data
    assert found == divided(data, block=1000)
    lines = 1
    for part in found:
        assert part.line == lines
        lines += part.data.count(b"\n")
