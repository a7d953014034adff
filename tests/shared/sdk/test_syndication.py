"""What the feed formats share: text, addresses and content that are safe anywhere."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import syndication as say
from seealso_sdk.model import Article, Media, Rights, SeeAlso, Tombstone
from seealso_sdk.plugin import Context

ARTICLE = Article(
    id="a1",
    version=1,
    title="Title",
    body_html="<p>Body.</p>",
    body_text="Body.",
    first_seen="2024-01-01T00:00:00Z",
)
CONTEXT = Context(hub_url="https://hub.example")
URI = re.compile(r"https?://[!-~]+\Z")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://a.example/x?a=1&b=2#c", "https://a.example/x?a=1&b=2#c"),
        ("https://a.example", "https://a.example/"),
        ("HTTPS://A.Example/X", "https://a.example/X"),
        ("http://a.example:8080/", "http://a.example:8080/"),
        ("https://a.example/ä b", "https://a.example/%C3%A4%20b"),
        ("https://a.example/100%/%41", "https://a.example/100%25/%41"),
        ("https://a.example/?q=<b>&[x]", "https://a.example/?q=%3Cb%3E&%5Bx%5D"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("  https://a.example/\n", "https://a.example/"),
        ("https://a.example/\x00x", "https://a.example/x"),
        ("//a.example/x", None),
        ("/x", None),
        ("x", None),
        ("", None),
        (None, None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://a.example/", None),
        ("mailto:a@b.example", None),
        ("https://user:secret@a.example/", "https://a.example/"),
        ("https://[::1", None),
        ("https://a.example:99999/", None),
        ("http://", None),
    ],
)
def test_web_url(value: str | None, expected: str | None) -> None:
    assert say.web_url(value) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_uri_in_ascii_or_none(text: str) -> None:
    for value in (text, f"https://{text}", f"https://a.example/{text}"):
        url = say.web_url(value)
        assert url is None or URI.match(url), url
        assert url is None or say.web_url(url) == url


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=200), st.integers(5, 50))
def test_plain_text_is_one_short_line_that_any_encoding_takes(text: str, limit: int) -> None:
    line = say.plain(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())
    line.encode("utf-8")
    assert "\ufffd" not in line
    assert say.plain(line, limit) == line


def test_plain_text_is_cut_at_a_word() -> None:
    assert say.plain("one two three four", 12) == "one two…"
    assert say.plain("onetwothreefour", 6) == "onetw…"


def test_only_what_looks_like_html_is_shown_with_other_brackets() -> None:
    assert say.untagged("a < b > c <br> <d>") == "a < b > c <br> <d>"
    assert say.untagged('<a href="x">b</a>') == '‹a href="x"›b‹/a›'


def test_an_outline_says_the_same_as_text_and_as_html() -> None:
    assert say.outline("R&D <lab>, AT&T") == "R & D ‹lab›, AT & T"
    assert say.outline("plain") == "plain"


def test_a_name_has_no_mail_address() -> None:
    assert say.name(" Ann  Lee <ann@mail.example> ") == "Ann Lee"


def test_a_title_is_never_empty() -> None:
    assert say.headline(replace(ARTICLE, title=" \x00")) == "Untitled"
    assert say.headline(replace(ARTICLE, title="", summary="About")) == "About"
    assert say.teaser(replace(ARTICLE, body_text="")) == "Title"


@pytest.mark.parametrize(
    ("tag", "known"), [("en", True), ("es-MX", True), ("und", False), ("e n", False), ("", False)]
)
def test_language(tag: str, known: bool) -> None:
    assert say.language(tag) == (tag if known else None)


def test_the_first_date_that_is_one() -> None:
    assert say.first_date(None, "", "soon", "2024-01-02", "2024-01-03") == "2024-01-02"
    assert say.first_date("0001-01-01T00:00:00+14:00") == say.NO_DATE
    assert say.first_date("1970-01-01T00:00:00Z") == say.NO_DATE
    assert say.first_date() == say.NO_DATE


@pytest.mark.parametrize(
    ("media", "kind", "medium"),
    [
        (Media("https://a.example/x", "Image/PNG; q=1"), "image/png", "image"),
        (Media("https://a.example/x.JPG?size=1"), "image/jpeg", "image"),
        (Media("https://a.example/x.mp3", "nonsense"), "audio/mpeg", "audio"),
        (Media("https://a.example/x.pdf"), "application/pdf", "document"),
        (Media("https://a.example/x"), None, None),
    ],
)
def test_media_types(media: Media, kind: str | None, medium: str | None) -> None:
    assert say.media_type(media) == kind
    assert say.medium(media) == medium


def test_a_picture_of_the_body_is_not_shown_twice() -> None:
    url = "https://a.example/x.png?a=1&b=2"
    inside = replace(
        ARTICLE,
        media=(Media(url),),
        body_html='<p><img src="https://a.example/x.png?a=1&amp;b=2" alt=""></p>',
    )
    assert say.content_html(inside, CONTEXT).count("x.png") == 1
    outside = replace(ARTICLE, media=(Media(url, alt='A "b"', credit="C", width=2, height=-1),))
    assert (
        '<figure><img src="https://a.example/x.png?a=1&amp;b=2" alt="A &quot;b&quot;" width="2">'
        "<figcaption>Credit: C</figcaption></figure>"
    ) in say.content_html(outside, CONTEXT)


def test_a_film_is_a_link() -> None:
    film = replace(ARTICLE, media=(Media("https://a.example/x.mp4", alt="How to", credit="C"),))
    link = '<p><a href="https://a.example/x.mp4">Video: How to. Credit: C</a></p>'
    assert link in say.content_html(film, CONTEXT)


def test_the_one_element_that_validators_call_a_risk_is_replaced() -> None:
    odd = replace(ARTICLE, body_html='<p><bdo dir="rtl">x</bdo></p>')
    assert say.content_html(odd, CONTEXT) == '<p><span dir="rtl">x</span></p>'


def test_content_never_ends_a_cdata_section() -> None:
    sly = replace(ARTICLE, body_html="<p>]]></p>", see_also=(SeeAlso("]]>"),))
    assert "]]>" not in say.content_html(sly, CONTEXT)


def test_an_article_with_nothing_to_say_has_no_content() -> None:
    assert say.content_html(replace(ARTICLE, body_html="  "), CONTEXT) == ""


def test_rights_in_one_line() -> None:
    assert say.rights(Rights("CC BY", "Somebody")) == "Somebody — CC BY"
    assert say.rights(Rights()) == ""


def test_the_latest_tombstone_of_each_article() -> None:
    early = Tombstone(article_id="a", when="2024-01-01")
    late = Tombstone(article_id="a", when="2024-01-02T00:00:00Z")
    other = Tombstone(article_id="b", when="2024-01-01")
    assert say.latest([late, other, early]) == [late, other]
    assert say.latest([early, other, late]) == [late, other]


def test_numbered_leaves_the_cdata_section_alone() -> None:
    xml = b"<a>x &amp; y &lt;</a><b><![CDATA[&amp; &lt;]]></b><c>&amp;</c>"
    assert say.numbered(xml) == (
        b"<a>x &#x26; y &#x3C;</a><b><![CDATA[&amp; &lt;]]></b><c>&#x26;</c>"
    )


def test_xml_text_is_escaped_by_number() -> None:
    assert say.xml_text('a & b < c > d "e"') == "a &#x26; b &#x3C; c &#x3E; d &#x22;e&#x22;"
