"""The body profile: whatever comes in, what goes out is safe, valid, absolute and stable."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_ingest.body import from_html, from_text, text_of
from seealso_ingest.errors import Refused
from seealso_sdk.profile import BODY_ATTRIBUTES, BODY_TAGS
from seealso_sdk.text import clean

BASE = "https://example.org/news/1"

_TAGS = [
    "p", "div", "h1", "h2", "h3", "h5", "ul", "ol", "li",
    "dl", "dt", "dd", "blockquote", "pre", "table", "thead", "tbody", "tfoot",
    "tr", "td", "th", "caption", "figure", "figcaption", "img", "br", "hr",
    "a", "b", "i", "strong", "em", "span", "q", "time", "ruby",
    "rt", "bdo", "section", "form", "iframe", "nobr", "font", "script", "style",
    "svg", "math", "template", "select", "option", "textarea", "title", "details", "summary",
    "x-y", "abbr", "del", "center", "address", "button", "noscript", "object", "body",
    "html", "head", "base", "link", "meta", "frameset", "plaintext",
]  # fmt: skip
_ATTRIBUTES = [
    "",
    " href=/x",
    ' href="#a"',
    ' href="javascript:alert(1)"',
    ' href="java&#10;script:alert(1)"',
    " src=a.png",
    ' src="data:text/html,x"',
    " dir=rtl",
    " lang=ar",
    " datetime=2024-01-01",
    " onclick=alert(1)",
    " onerror=alert(1) src=x",
    " style=color:red",
    ' title="a&quot;b&lt;"',
    " colspan=3",
    " start=4",
    " value=7",
    " width=1",
    " cite=/q",
    ' rel="nofollow evil"',
    " reversed",
    " target=_blank",
]
_piece = st.one_of(
    st.builds(lambda t, a: f"<{t}{a}>", st.sampled_from(_TAGS), st.sampled_from(_ATTRIBUTES)),
    st.sampled_from(_TAGS).map(lambda tag: f"</{tag}>"),
    st.sampled_from(
        [" ", "x", "two words", "\n", "&nbsp;", "&amp;", "&lt;script&gt;", "<", "<!--", "-->", "]]>",
         "\x0b", "&#11;", "&#xFFFE;", "\ud800", "\u05d0", "T", "<![CDATA[", "&#xFDD0;"]
    ),
)  # fmt: skip
soup = st.lists(_piece, max_size=40).map("".join)


class Watch(HTMLParser):
    """Reads a body and notes what must not be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.levels: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in BODY_TAGS:
            self.wrong.append(tag)
        if tag[0] == "h" and tag[1:].isdecimal():
            self.levels.append(int(tag[1:]))
        for name, value in attrs:
            if name not in BODY_ATTRIBUTES.get(tag, set()) | BODY_ATTRIBUTES["*"]:
                self.wrong.append(f"{tag}.{name}")
            schemes = ("http://", "https://", "mailto:", "tel:")
            if name in ("href", "src", "cite") and not (value or "").startswith(schemes):
                self.wrong.append(f"{tag}.{name}={value}")
        if tag == "img" and "alt" not in dict(attrs):
            self.wrong.append("img without alt")


def judge(body_html: str) -> None:
    watch = Watch()
    watch.feed(body_html)
    assert watch.wrong == []
    before = 1
    for level in watch.levels:
        assert 2 <= level <= before + 1
        before = level
    assert clean(body_html) == body_html
    parser = html5lib.HTMLParser()
    parser.parseFragment(body_html)
    assert parser.errors == []


@settings(max_examples=200, deadline=None)
@given(soup)
def test_any_soup_becomes_a_body_in_the_profile(html: str) -> None:
    judge(from_html(html, base=BASE, title="T").html)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_becomes_a_body_in_the_profile(text: str) -> None:
    for body in (from_html(text, base=BASE), from_text(text)):
        judge(body.html)


@settings(max_examples=200, deadline=None)
@given(soup)
def test_to_clean_a_body_again_changes_nothing(html: str) -> None:
    once = from_html(html, base=BASE, title="T")
    assert from_html(once.html, base=BASE, title="T") == once
    assert from_html(once.html, title="T") == once, "nothing is relative any more"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_plain_text_says_the_same_as_a_body(text: str) -> None:
    shown = "".join(from_text(text).text.split())
    said = "".join(clean(text).split())
    if not any(mark in text for mark in "-*•‣·–.)"):
        assert shown == said


@pytest.mark.parametrize(
    ("given_html", "expected"),
    [
        ("loose text<p>a paragraph", "<p>loose text</p><p>a paragraph</p>"),
        ("<div>a<div>b</div>c</div>", "<p>a</p><p>b</p><p>c</p>"),
        ("a<br><br>b<br>c<br>", "<p>a</p><p>b<br>c</p>"),
        ("foo <b>bar </b>baz<i> q</i>", "<p>foo <b>bar</b> baz <i>q</i></p>"),
        ("<strong>a<strong>b</strong></strong>", "<p><strong>ab</strong></p>"),
        ("<p> </p><p><b></b></p><ul><li></li></ul>", ""),
        ("<h1>a</h1><h3>b</h3><h4>c</h4><h2>d</h2>", "<h2>a</h2><h3>b</h3><h4>c</h4><h3>d</h3>"),
        ("<h4>a</h4><h4>b</h4>", "<h2>a</h2><h2>b</h2>"),
        ("<h1>The title</h1><p>x", "<p>x</p>"),
        ("<p>x<h1>The title</h1>", "<p>x</p><h2>The title</h2>"),
        ("<li>a<li>b", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul>x<li>y</li><p>z</ul>", "<ul><li>x</li><li>y</li><li><p>z</p></li></ul>"),
        ("<dl><dt>a<dd>b</dl>", "<dl><dt>a</dt><dd>b</dd></dl>"),
        ("<dl><dt>a</dt><dt>b</dt></dl>", "<ul><li>a</li><li>b</li></ul>"),
        (
            "<table><tr><td>1<td></table>",
            "<table><tbody><tr><td>1</td><td></td></tr></tbody></table>",
        ),
        ("<tr><td>no table</td></tr>", "<p>no table</p>"),
        (
            "<a href=/z><div>x</div><h2>y</h2></a>",
            '<p><a href="https://example.org/z">x</a></p><h2><a href="https://example.org/z">y</a></h2>',
        ),
        ("<a href='javascript:alert(1)'>x</a>", "<p>x</p>"),
        ("<a href='#part'>x</a>", "<p>x</p>"),
        ("<a href='mailto:a@b.example'>x</a>", '<p><a href="mailto:a@b.example">x</a></p>'),
        (
            "<a rel='nofollow noopener' target=_blank href=//e.org/>x</a>",
            '<p><a href="https://e.org/" rel="nofollow">x</a></p>',
        ),
        (
            "<p><img src=a.png onerror=x alt='An  egg'>",
            '<p><img src="https://example.org/news/a.png" alt="An egg"></p>',
        ),
        ("<img src=https://t.example/p.gif width=1 height=1>", ""),
        ("<img src='data:image/png;base64,AA' data-src=/r.png>",
         '<p><img src="https://example.org/r.png" alt=""></p>'),
        ("<iframe src=//youtu.be/x title='A film'></iframe>",
         '<p><a href="https://youtu.be/x">A film</a></p>'),
        ("<video><source src=/v.mp4></video>",
         '<p><a href="https://example.org/v.mp4">https://example.org/v.mp4</a></p>'),
        ("<div dir=rtl lang=ar><p>x<ul><li>y</ul></div>",
         '<p lang="ar" dir="rtl">x</p><ul lang="ar" dir="rtl"><li>y</li></ul>'),
        ("<pre>\n\n  a\n b</pre>", "<pre>  a\n b</pre>"),
        ("<figure><figcaption>c</figcaption><img src=/a.png><p>t</figure>",
         '<figure><figcaption>c</figcaption><img src="https://example.org/a.png" alt=""><p>t</p></figure>'),
        ("<figure><p>a</p><figcaption>c</figcaption><p>t</figure>",
         "<figure><p>a</p><p>c</p><p>t</p></figure>"),
        ("<form><p>Your name <input name=n> <button>Go</button></form>", "<p>Your name</p>"),
        ("<svg><script>alert(1)</script></svg>x &lt;script&gt;", "<p>x &lt;script&gt;</p>"),
        ("<p>a</p></body></html><p>b", "<p>a</p><p>b</p>"),
        ("a&nbsp;&nbsp;b", "<p>a\xa0\xa0b</p>"),
        ("a&#xFDD0;b\x0bc\ud800", "<p>abc</p>"),
        ("<ol start=3 type=a><li value=9>x<li>y</ol>",
         '<ol start="3" type="a"><li value="9">x</li><li>y</li></ol>'),
        ("<time datetime=2024-04-09>9 April</time><time datetime=soon>x</time>",
         '<p><time datetime="2024-04-09">9 April</time>x</p>'),
        ("<ul><li>one<div>two</div></li></ul>", "<ul><li>one<br>two</li></ul>"),
        (
            "<table><tr><td><div>one</div><div>two</div></td></tr></table>",
            "<table><tbody><tr><td>one<br>two</td></tr></tbody></table>",
        ),
    ],
)  # fmt: skip
def test_what_an_editor_would_do(given_html: str, expected: str) -> None:
    body = from_html(given_html, base=BASE, title="The title")
    assert body.html == expected
    judge(body.html)


def test_a_relative_link_without_a_base_is_left_as_its_text() -> None:
    assert from_html("<a href='/x'>more</a>").html == "<p>more</p>"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<p>b", "a\n\nb"),
        ("<p>a<br>b", "a\nb"),
        ("<h2>a</h2><p>b", "a\n\nb"),
        ("<p>x<ul><li>a<li>b<ul><li>c</ul></ul><p>y", "x\n\n- a\n- b\n  - c\n\ny"),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        ("<ol reversed><li>a<li>b</ol>", "2. a\n1. b"),
        ("<ol><li>a<li value=7>b<li>c</ol>", "1. a\n7. b\n8. c"),
        ("<table><tr><th>a<th>b<tr><td>c<td>d</table>", "a\tb\nc\td"),
        ("<dl><dt>a<dd>b</dl>", "a\nb"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>1 &lt; 2 &amp; 3", "1 < 2 & 3"),
    ],
)
def test_the_text_of_a_body(html: str, text: str) -> None:
    body = from_html(html)
    assert body.text == text
    assert text_of(body.html) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\n\nc", "<p>a b</p><p>c</p>"),
        ("a\r\n\r\nb", "<p>a</p><p>b</p>"),
        ("1 < 2 & <b>", "<p>1 &lt; 2 &amp; &lt;b&gt;</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("- a dash in front of one line", "<p>- a dash in front of one line</p>"),
        ("", ""),
        (" \n\n ", ""),
    ],
)
def test_plain_text(text: str, html: str) -> None:
    assert from_text(text).html == html


def nested(depth: int) -> str:
    return "<blockquote>" * depth + "x" + "</blockquote>" * depth


def test_two_hundred_levels_go_in_and_more_are_refused() -> None:
    judge(from_html(nested(190)).html)
    for html in (nested(250), "<div>" * 300_000, "<b>" * 100_000, "<table><tr><td>" * 400):
        with pytest.raises(Refused) as caught:
            from_html(html)
        assert caught.value.code == "body-too-deep"


def test_a_body_beyond_two_megabytes_is_refused_in_bytes() -> None:
    from_html("x" * 1_999_000)
    for html in ("x" * 2_000_001, "é" * 1_000_001):
        with pytest.raises(Refused) as caught:
            from_html(html)
        assert caught.value.code == "body-too-large"
        assert "2,000,000" in caught.value.remedy


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("&" * 1_000_000, None),
        ("&lt;" * 400_000, None),
        ("&nbsp;" * 300_000, None),
        ("x " * 900_000, None),
        ("<a href='" * 100_000, "body-too-large"),
        ("<![CDATA[" * 100_000, None),
        ("<p>x" * 80_000, None),
        ("<p>x" * 150_000, "body-too-large"),
        ("<p " + " ".join(f"a{i}=1" for i in range(150_000)) + ">x", "body-too-large"),
        ("<p " + "a='>' " * 100_000 + ">x", "body-too-large"),
        ("<p " + "a/" * 100_000 + ">x", "body-too-large"),
        ("".join(f'<abbr title="{i}">' for i in range(150)) + "<p>x" * 100_000, "body-too-large"),
    ],
    ids=["amp", "lt", "nbsp", "text", "quotes", "cdata", "many", "too many", "attributes",
         "quoted attributes", "bare attributes", "reopened"],
)  # fmt: skip
def test_nothing_of_the_allowed_size_takes_long(html: str, code: str | None) -> None:
    started = time.process_time()
    refused = None
    try:
        from_html(html, base=BASE)
    except Refused as error:
        refused = error.code
    assert refused == code
    assert time.process_time() - started < 8


def test_many_attributes_are_no_reason_to_refuse() -> None:
    assert from_html("<p " + " ".join(f"data-{i}=1" for i in range(240)) + ">x").html == "<p>x</p>"
    assert from_html("<p>" + "a = b " * 5000).text.startswith("a = b a")
