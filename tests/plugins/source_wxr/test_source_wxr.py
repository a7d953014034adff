"""WordPress exports in: what a reader of the site sees comes in, and what is left out is told."""

from __future__ import annotations

import json
import re
import time
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import Media, Person, Problem, RawArticle, RawInput, Reject, SourceContext
from seealso_source_wxr import MEDIA_TYPE, WxrSource, register_sources
from seealso_source_wxr_blocks import html_of
from seealso_source_wxr_shortcodes import expand

from tests.plugins.goldenfile import same_as_golden

SAMPLES = Path(__file__).parent / "samples"
GARDEN = (SAMPLES / "garden.wxr").read_bytes()
HEAD = GARDEN[: GARDEN.index(b"\t<item>")]


def read(data: bytes | str, **options: str) -> list[RawArticle | Problem]:
    given_bytes = data.encode() if isinstance(data, str) else data
    raw = RawInput(data=given_bytes, media_type=MEDIA_TYPE)
    return list(WxrSource().read(raw, SourceContext(options=options)))


def item(inner: str) -> RawArticle:
    [found] = read(HEAD + f"<item><title>T</title>{inner}</item></channel></rss>".encode())
    assert isinstance(found, RawArticle), found
    return found


def shown(text: str) -> str:
    """The HTML of a stored text, white space between blocks aside."""
    html = html_of(expand(text, lambda ids: f"<hr>{','.join(ids)}<hr>"))
    return re.sub(r">\s+<", "><", html).strip()


def test_the_hook_gives_the_source() -> None:
    assert [source.meta.name for source in register_sources()] == ["wxr"]


def test_an_export_gives_its_posts_and_pages_with_all_that_they_have() -> None:
    pieces = [piece.to_dict() for piece in read(GARDEN)]
    made = [{k: v for k, v in piece.items() if v not in (None, [], {}, "")} for piece in pieces]
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    same_as_golden(SAMPLES / "garden.json", text.encode())


def test_a_featured_image_is_first_with_its_size_credit_and_alternative() -> None:
    first = read(GARDEN)[0]
    assert isinstance(first, RawArticle)
    assert first.media[0] == Media(
        "https://allotment.example/wp-content/uploads/beans.jpg",
        type="image/jpeg",
        alt="Runner beans in flower",
        width=1600,
        height=900,
        credit="Nell Reyner",
    )
    assert not any("unused" in medium.url for medium in first.media)


def test_comments_passwords_and_mail_addresses_come_in_nowhere() -> None:
    said = b"".join(piece.to_json() for piece in read(GARDEN))
    for secret in (b"nobody syndicates", b"Passer-by", b"1234", b"gate code", b"rosa@"):
        assert secret not in said


def test_what_is_unpublished_is_withdrawn_when_asked() -> None:
    found = [p for p in read(GARDEN, unpublished="withdraw") if isinstance(p, RawArticle)]
    withdrawn = {one.external_id: one for one in found if one.withdrawn}
    assert set(withdrawn) == {
        "https://allotment.example/?p=104",
        "https://allotment.example/?p=105",
    }
    assert all(not one.html and not one.text for one in withdrawn.values())


def test_other_types_and_fields_are_named_by_the_operator() -> None:
    found = read(GARDEN, types="recipe", series="category")
    assert [p.title for p in found if isinstance(p, RawArticle)] == ["Bean soup"]
    [trench] = [p for p in read(GARDEN, series="category") if getattr(p, "title", "")[:3] == "How"]
    assert isinstance(trench, RawArticle)
    assert trench.series is not None
    assert trench.series.title == "Soil & water"


def test_every_field_says_where_it_was_found() -> None:
    for piece in read(GARDEN):
        if isinstance(piece, RawArticle):
            given_fields = {
                k for k, v in piece.to_dict().items() if v not in (None, [], {}, "", False)
            }
            assert given_fields - {"provenance"} == set(piece.provenance)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<wp:post_date_gmt>2020-02-03 04:05:06</wp:post_date_gmt>", "2020-02-03T04:05:06+00:00"),
        (
            (
                "<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>"
                "<pubDate>Mon, 03 Feb 2020 04:05:06 +0000</pubDate>"
            ),
            "2020-02-03T04:05:06+00:00",
        ),
        (
            (
                "<pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>"
                "<wp:post_date>2020-02-03 23:05:06</wp:post_date>"
            ),
            "2020-02-03",
        ),
        ("<pubDate>soon</pubDate><wp:post_date>2020-99-03</wp:post_date>", None),
    ],
)
def test_gmt_comes_first_and_a_local_time_keeps_only_its_day(
    inner: str, expected: str | None
) -> None:
    assert item(inner).published == expected


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_any_version_of_the_export_is_read(version: str) -> None:
    data = GARDEN.replace(b"/export/1.2/", f"/export/{version}/".encode())
    assert [p.to_dict() for p in read(data)] == [p.to_dict() for p in read(GARDEN)]


def test_an_author_without_a_name_is_known_by_the_login_but_never_by_an_address() -> None:
    assert item("<dc:creator>nell</dc:creator>").authors == (Person("nell"),)
    assert item("<dc:creator>nell@allotment.example</dc:creator>").authors == ()


# --- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("One.\n\nTwo\nlines.", "<p>One.</p><p>Two<br>\nlines.</p>"),
        ("One.\r\n\r\nTwo.", "<p>One.</p><p>Two.</p>"),
        ("<p>Own</p>\n\nText", "<p>Own</p><p>Text</p>"),
        ("<div>a\n\nb</div>", "<div><p>a</p><p>b</p></div>"),
        ("<ul>\n<li>a\nb</li>\n</ul>", "<ul><li>a<br>\nb</li></ul>"),
        ("<blockquote>Said.</blockquote>", "<blockquote><p>Said.</p></blockquote>"),
        ("<pre>a\n\nb</pre>", "<pre>a\n\nb</pre>"),
        ("<h2>Head</h2>\nText", "<h2>Head</h2><p>Text</p>"),
        ("a <em\nclass='x'>b</em>", "<p>a <em class='x'>b</em></p>"),
        ("a<!--more-->b<!--nextpage-->", "<p>ab</p>"),
        ("a <!-- never closed", "<p>a</p>"),
        (
            "https://x.example/v\n\nt",
            '<p><a href="https://x.example/v">https://x.example/v</a></p><p>t</p>',
        ),
        ("<table><tr><td>a\n\nb</td></tr></table>", "<table><tr><td>a<br><br>b</td></tr></table>"),
        ("<pre>a <b>\n\nnever closed", "<pre><p>a <b></p><p>never closed</p>"),
    ],
)
def test_blank_lines_are_paragraphs_where_wordpress_makes_some(stored: str, expected: str) -> None:
    assert shown(stored) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ('[caption id="a"]<img src="x.jpg"> Words[/caption]',
         '<figure><img src="x.jpg"><figcaption>Words</figcaption></figure>'),
        ('[caption caption="Old &amp; used"]<img src="x.jpg">[/caption]',
         '<figure><img src="x.jpg"><figcaption>Old & used</figcaption></figure>'),
        ("[gallery ids='1, 2']", "<hr><p>1,2</p><hr>"),
        ("[embed width=5]https://v.example/1[/embed]",
         '<p><a href="https://v.example/1">https://v.example/1</a></p>'),
        ("[youtube https://v.example/2&amp;t=1]",
         '<p><a href="https://v.example/2&amp;t=1">https://v.example/2&amp;t=1</a></p>'),
        ('[audio mp3="https://v.example/a.mp3"][/audio]',
         '<p><a href="https://v.example/a.mp3">https://v.example/a.mp3</a></p>'),
        ("[embed]javascript:alert(1)[/embed]", ""),
        ("[su_box]In [b]bold[/b][/su_box] out", "<p>In bold out</p>"),
        ("[su_row][su_column size=\"1/2\"]a[/su_column][su_column]b[/su_column][/su_row]", "<p>ab</p>"),
        ("[acme_form id=3] after", "<p>after</p>"),
        ("a [sic] b [1] c [see below] [/nothing]", "<p>a [sic] b [1] c [see below] [/nothing]</p>"),
        ("[[caption]]", "<p>[caption]</p>"),
        ("<code>[acme x=1]</code>", "<p><code>[acme x=1]</code></p>"),
        ("[caption]never closed", "<p>never closed</p>"),
        ("list[index](x) and a[i]=b", "<p>list[index](x) and a[i]=b</p>"),
    ],
)  # fmt: skip
def test_shortcodes_go_and_their_words_stay(stored: str, expected: str) -> None:
    assert shown(stored) == expected


_PIECES = st.sampled_from(
    ["word", " ", "\n", "\n\n", "<p>", "</p>", "<div>", "</div>", "<li>", "</li>", "<br>", "<em>",
     "</em>", "<pre>", "</pre>", "[box]", "[/box]", "[a_b c=1]", "[sic]", "[[x]]", "ü", "İ",
     "<!-- wp:p -->", "<!-- /wp:p -->", "<blockquote>", "</blockquote>", "<td>", "'", '"', "]", "["]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=40))
def test_no_word_of_a_text_is_lost_or_said_twice(pieces: list[str]) -> None:
    stored = "".join(pieces)
    words = lambda text: re.findall(r"word|ü|İ", unescape(text))  # noqa: E731
    assert words(html_of(expand(stored, lambda ids: ""))) == words(stored)


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 200_000,
        "[a " * 70_000,
        "[a b='" * 40_000,
        "[caption]" * 30_000,
        "[box]" * 20_000 + "[/box]" * 20_000,
        "<pre>" * 50_000,
        "<!-- wp:a -->" * 30_000,
        "<!--" * 60_000,
        "<div>" * 50_000 + "</div>" * 50_000,
        "<li>" * 50_000,
        "\n" * 300_000,
        "<code" * 60_000,
        "<img " * 60_000 + "[caption]" + "<a <img " * 20_000 + "[/caption]",
    ],
    ids=lambda text: text[:9].strip() or "lines",
)
def test_a_hostile_text_takes_a_moment(hostile: str) -> None:
    started = time.process_time()
    html_of(expand(hostile, lambda ids: ""))
    assert time.process_time() - started < 3


# --- broken and hostile exports --------------------------------------------------------------


def test_a_broken_item_costs_no_other() -> None:
    broken = GARDEN.replace(b"<title><![CDATA[Blocks]]></title>", b"<title>Bl<b>ocks</title>")
    found = read(broken)
    problems = [p for p in found if isinstance(p, Problem) and p.code == "xml-syntax"]
    assert len(problems) == 1
    assert "post_id 102 " in problems[0].detail
    assert len(found) == len(read(GARDEN))


def test_an_export_that_breaks_off_gives_what_is_whole() -> None:
    cut = GARDEN[: GARDEN.index(b"Between blocks.")]
    first, last = read(cut)
    assert isinstance(first, RawArticle)
    assert isinstance(last, Problem)
    assert (last.code, last.index) == ("xml-syntax", 1)


def test_characters_that_xml_forbids_are_left_out() -> None:
    found = item("<content:encoded><![CDATA[a\x0bb\x00]]></content:encoded>".replace("\x00", ""))
    assert found.html == "<p>ab</p>"
    assert item("<content:encoded>x&#11;y&nbsp;z</content:encoded>").html == "<p>xy\xa0z</p>"


def test_items_inside_a_text_are_text() -> None:
    text = "<content:encoded><![CDATA[<pre></item><item></pre>]]></content:encoded>"
    assert item(text).html == "<pre></item><item></pre>"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<rss><channel/></rss>", None),
        (b"<html><p>no export", "wxr-unknown"),
        (b"<item><title>x</title></item>", "wxr-unknown"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]>" + GARDEN[38:], "xml-dtd"),
        (b"\x00\x01" * 50, "binary"),
    ],
)
def test_what_is_no_export_is_told(data: bytes, code: str | None) -> None:
    found = read(data)
    assert [getattr(p, "code", None) for p in found] == ([code] if code else [])


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_damage_is_answered_not_raised(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GARDEN)))
    length = data.draw(st.integers(0, 400))
    filler = data.draw(st.binary(max_size=40))
    for piece in read(GARDEN[:at] + filler + GARDEN[at + length :]):
        assert isinstance(piece, RawArticle | Problem)


def mapped(inner: str, **fields: str) -> RawArticle | Problem:
    data = HEAD + f"<item><title>T</title>{inner}</item></channel></rss>".encode()
    context = SourceContext(fields=fields)
    [found] = WxrSource().read(RawInput(data=data, media_type=MEDIA_TYPE), context)
    return found


def test_an_operators_own_fields_come_first_and_say_so() -> None:
    inner = (
        "<wp:postmeta><wp:meta_key>checked</wp:meta_key><wp:meta_value>2024-05-06</wp:meta_value>"
        '</wp:postmeta><category domain="desk" nicename="x">Soil</category><wp:post_name>t</wp:post_name>'
    )
    found = mapped(inner, reviewed="checked", topics="desk", summary="wp:post_name", series="none")
    assert isinstance(found, RawArticle)
    assert (found.reviewed, found.topics, found.summary) == ("2024-05-06", ("Soil",), "t")
    assert found.provenance["topics"] == "field mapping desk"
    assert found.provenance["series"] == "nothing (none matched nothing)"


def test_a_title_that_is_not_where_it_should_be_is_told() -> None:
    found = mapped("<link>https://x.example/</link>", title="headline")
    assert isinstance(found, Problem)
    assert (found.code, found.field) == ("place-empty", "title")
    with pytest.raises(Reject, match="did you mean 'title'"):
        mapped("", titel="headline")
