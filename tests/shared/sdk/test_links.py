"""URLs: absolute, fit for every output, equal where they are the same; or None."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import links
from seealso_sdk.links import any_link, canonical, web_url

BASE = "https://example.org/a/b.html?q=1#f"


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("c.html", "https://example.org/a/c.html"),
        ("/c d", "https://example.org/c%20d"),
        ("//other.example/x", "https://other.example/x"),
        ("?x=[1]", "https://example.org/a/b.html?x=%5B1%5D"),
        (" https://example.org/x ", "https://example.org/x"),
        ("HTTPS://EXAMPLE.org/X", "https://example.org/X"),
        ("https://user:secret@example.org/x", "https://example.org/x"),
        ("https://example.org:443/x", "https://example.org/x"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("https://пример.example/ж", "https://xn--e1afmkfd.example/%D0%B6"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
        ("https:\\\\example.org\\x", "https://example.org/x"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("java\nscript:alert(1)", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://example.org/", None),
        ("https://", None),
        ("https://exa mple.org/", None),
        ("https://example.org:99999/", None),
        ("https://[::1/", None),
        ("https://-x.example/", None),
        ("https://example.org/" + "x" * 5000, None),
    ],
)
def test_a_link_in_an_article(given_url: str, expected: str | None) -> None:
    assert web_url(given_url, BASE) == expected


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("mailto:desk@example.org?subject=a b", "mailto:desk@example.org?subject=a%20b"),
        ("MAILTO:desk@example.org", "mailto:desk@example.org"),
        ("mailto:nobody", None),
        ("tel:+44 20 7946 0000", "tel:+442079460000"),
        ("tel:<x>", None),
        ("/x", "https://example.org/x"),
    ],
)
def test_what_else_a_reader_can_follow(given_url: str, expected: str | None) -> None:
    assert any_link(given_url, BASE) == expected


def test_a_relative_url_without_a_base_is_none() -> None:
    assert web_url("/x") is None
    assert web_url("") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://Example.org", "https://example.org/"),
        ("https://example.org/a/../b", "https://example.org/b"),
        ("https://example.org/x#part", "https://example.org/x"),
        ("https://example.org/x?utm_source=a&id=7&fbclid=z", "https://example.org/x?id=7"),
        ("https://example.org/%7Euser", "https://example.org/~user"),
        ("https://example.org/%c3%a9", "https://example.org/%C3%A9"),
        ("https://example.org:443/x", "https://example.org/x"),
        ("https://example.org/x?", "https://example.org/x"),
        ("https://example.org//x", "https://example.org//x"),
    ],
)
def test_two_spellings_of_one_address(one: str, other: str) -> None:
    assert canonical(one) == other
    assert canonical(other) == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/x", "https://example.org/x/"),
        ("https://example.org/x", "http://example.org/x"),
        ("https://example.org/x?a=1&b=2", "https://example.org/x?b=2&a=1"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ],
)
def test_addresses_that_servers_tell_apart(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_string_gives_a_clean_url_or_none(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.org/{text}", f"/{text}"):
        found = web_url(url, BASE)
        if found is not None:
            parts = urlsplit(found)
            assert parts.scheme in ("http", "https")
            assert parts.hostname
            assert found.isascii()
            assert not set(found) & set(" <>\"'\\^`{}|\n\t") - {"'"}
            assert web_url(found, BASE) == found
            address = canonical(found)
            assert address is not None
            assert canonical(address) == address


_SEGMENTS = st.sampled_from(
    [
        "/",
        "a",
        "B-1",
        ".",
        "..",
        "%20",
        "%2f",
        "%zz",
        "?",
        "#",
        "x=1",
        "&",
        ";p",
        "//",
        "é",
        " ",
        ":",
        "\\",
    ]
)
_BASES = st.sampled_from(
    [BASE, "https://example.org", "http://example.org/a?b#c", "https://example.org:8443/x",
     "https://EXAMPLE.org/x", "https://u:p@example.org/", "http://localhost/x", "https://[::1]/x"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_SEGMENTS, max_size=8).map("".join), _BASES)
def test_the_short_way_of_a_path_from_the_root_leads_where_the_long_one_does(
    path: str, base: str
) -> None:
    url = f"/{path}"
    found = web_url(url, base)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(links, "_FROM_ROOT", re.compile(r"(?!)"))
        assert web_url.__wrapped__(url, base) == found
