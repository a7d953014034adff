"""P1 to P9: what a correct newsletter message holds, checked on the decoded parts."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import html5lib
import pytest
from lxml import html as lxml_html
from seealso_output_email import HTML_MAX
from seealso_sdk import Entry, Media, Rendition, SeeAlso
from seealso_sdk.samples import PROMO_TEXT, article, sample_articles
from seealso_sdk.testing import channel, entry, hostile_article

from tests.plugins.output_email.mail import (
    CONTEXT,
    EMAIL,
    OPTIONS,
    digest,
    html_of,
    read,
    rendered,
    text_of,
    tree,
)
from tests.plugins.output_html.contrast import inverted, ratio

SAMPLES = sample_articles() | {"hostile": hostile_article()}
ALL = list(sample_articles().values())
MESSAGES = {name: rendered(sample) for name, sample in SAMPLES.items()} | {
    "digest": digest(ALL),
    "rtl-digest": digest(ALL[:3], language="ar", title="سرطان الثدي"),
    "bare-digest": digest([], options={}),
}
each = pytest.mark.parametrize("name", MESSAGES)
WORDS = re.compile(r"\w+", re.UNICODE)


# P1


@each
def test_p1_two_parts_text_first_both_utf8(name: str) -> None:
    parts = list(read(MESSAGES[name]).iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    assert not [part for part in parts if part.get_content_disposition()]


@each
def test_p1_nothing_runs_and_nothing_is_loaded_but_pictures(name: str) -> None:
    root = tree(MESSAGES[name])
    assert not root.xpath("//script|//form|//iframe|//object|//embed|//link|//base|//svg|//video")
    for element in root.iter():
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on")
            assert not re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE)
    assert "url(" not in html_of(MESSAGES[name])
    assert "@import" not in html_of(MESSAGES[name])


# P2


def test_p2_the_digest_s_text_has_all_that_the_html_has() -> None:
    text = text_of(MESSAGES["digest"])
    for sample in ALL:
        assert "".join(sample.title.split()) in "".join(text.split())
        assert f"https://hub.example/articles/{sample.id}" in text.split()
    for needed in (OPTIONS["unsubscribe_url"], OPTIONS["preferences_url"], "Harbourtown"):
        assert needed in text.split()
    assert OPTIONS["why"] in text
    assert "Example Hub" in text


@each
def test_p2_the_text_has_no_tags_no_entities_and_no_preheader(name: str) -> None:
    text = text_of(MESSAGES[name])
    if name not in {"hostile", "punctuation", "digest"}:  # those talk about markup
        assert not re.search(r"</?[a-z]+[ >]|&[a-z]+;|&#\d+;", text)
    assert "\u034f" not in text
    assert "\u200c" not in text


def test_p2_no_two_words_are_glued() -> None:
    table = text_of(MESSAGES["reviewed-page"])
    for word in ("Cells", "Women", "Men", "Anaemia", "Neutropenia"):
        assert word in WORDS.findall(table)


# P3


@each
def test_p3_the_html_parses_and_names_language_title_and_charset(name: str) -> None:
    html = html_of(MESSAGES[name])
    assert html.lower().startswith("<!doctype html>")
    html5lib.HTMLParser(strict=True).parse(html)
    root = tree(MESSAGES[name])
    assert root.get("lang")
    assert root.get("dir") in {"ltr", "rtl"}
    assert root.findtext("head/title").strip()
    assert root.xpath("head/meta[@charset='utf-8']")


def test_p3_right_to_left_is_said_where_mail_programs_keep_it() -> None:
    root = tree(MESSAGES["arabic"])
    assert (root.get("lang"), root.get("dir")) == ("ar", "rtl")
    (inner,) = root.xpath("//div[@role='article']")
    assert (inner.get("lang"), inner.get("dir")) == ("ar", "rtl")
    assert "right" in {cell.get("align") for cell in root.iter("td")}
    item = lxml_html.fragment_fromstring(
        EMAIL.render(SAMPLES["arabic"], CONTEXT).parts["item_html"].decode()
    )
    assert item.xpath("//td/@dir") == ["rtl"]


@each
def test_p3_layout_tables_say_so_and_data_tables_don_t(name: str) -> None:
    for table in tree(MESSAGES[name]).iter("table"):
        is_data = bool(table.xpath("ancestor::div[@class='body']"))
        assert (table.get("role") == "presentation") is not is_data


@each
def test_p3_every_picture_has_alt_width_height_and_https(name: str) -> None:
    for image in tree(MESSAGES[name]).iter("img"):
        assert image.get("alt") is not None
        assert int(image.get("width")) <= 536
        assert int(image.get("height")) > 0
        assert image.get("src").startswith("https://")


def test_p3_a_picture_is_scaled_to_the_column() -> None:
    (image,) = tree(MESSAGES["infographic"]).iter("img")
    assert (image.get("width"), image.get("height")) == ("536", "357")


def test_p3_what_a_mail_can_t_show_is_a_link() -> None:
    given = article(
        body_html=(
            '<p><img src="https://m.example/unsized.png" alt="A chart"></p>'
            '<p><a href="https://l.example/"><img src="http://m.example/a.png" alt="Inside" '
            'width="10" height="10"></a></p>'
            '<p>x<img src="https://m.example/deco.png" alt=""></p>'
        ),
        media=(Media("https://m.example/film.mp4", "video/mp4", "A film"),),
    )
    root = tree(rendered(given))
    assert not list(root.iter("img"))
    links = {a.text_content(): a.get("href") for a in root.iter("a")}
    assert links["Image: A chart"] == "https://m.example/unsized.png"
    assert links["[Image: Inside]"] == "https://l.example/"
    assert links["Video: A film"] == "https://m.example/film.mp4"


@each
def test_p3_headings_are_in_order_and_link_texts_mean_something(name: str) -> None:
    root = tree(MESSAGES[name])
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch("h[1-6]", str(e.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for link in root.iter("a"):
        label = (link.get("aria-label") or link.text_content()).strip().lower()
        assert label
        assert label not in {"click here", "here", "read more", "more", "link"}


@each
def test_p3_every_text_is_readable_also_inverted(name: str) -> None:
    checked = 0
    for element in tree(MESSAGES[name]).xpath("//body//*[text()[normalize-space()]]"):
        if element.get("class") == "preheader" or not isinstance(element.tag, str):
            continue
        colour, ground = _style(element, "color"), _style(element, "background-color")
        assert ratio(colour, ground) >= 4.5
        assert ratio(inverted(colour), inverted(ground)) >= 4.5
        assert float(_style(element, "font-size").removesuffix("px")) >= 14
        checked += 1
    assert checked


def _style(element: Any, name: str) -> str:
    """The value that the element has, its own or inherited."""
    while element is not None:
        own = dict(
            (part.strip() for part in declaration.split(":", 1))
            for declaration in (element.get("style") or "").split(";")
            if ":" in declaration
        )
        if name in own:
            return str(own[name])
        element = element.getparent()
    return {"color": "#000000", "background-color": "#ffffff", "font-size": "16px"}[name]


def test_p3_the_dark_colours_are_readable_too() -> None:
    css = html_of(MESSAGES["digest"]).split("<style>")[1].split("</style>")[0]
    dark = css.split("prefers-color-scheme:dark")[1]
    grounds = re.findall(r"background-color:(#\w+)", dark)[1:]
    texts = re.findall(r"[{;]color:(#\w+)", dark)[:-1]  # the last one is the hidden preheader's
    assert len(grounds) == 2
    assert len(texts) == 4
    for ground in grounds:
        for text in texts:
            assert ratio(text, ground) >= 4.5


# P4


@each
def test_p4_the_preheader_is_there_hidden_and_not_the_subject(name: str) -> None:
    message = read(MESSAGES[name])
    (preheader,) = tree(MESSAGES[name]).xpath("//div[@class='preheader']")
    said = preheader.text_content().split("\u034f")[0].strip()
    assert said
    assert said != message["Subject"]
    assert "display: none" in preheader.get("style")
    assert preheader.text_content().count("\u034f") >= 40
    assert preheader.getparent().index(preheader) == 0


def test_p4_a_summary_that_repeats_the_title_is_no_preheader() -> None:
    raw = rendered(article(summary="WHY a walk after dinner helps!", body_text="The muscles."))
    (preheader,) = tree(raw).xpath("//div[@class='preheader']")
    assert preheader.text_content().startswith("The muscles.")
    raw = rendered(article(summary="", body_text="", body_html=""))
    (preheader,) = tree(raw).xpath("//div[@class='preheader']")
    assert preheader.text_content().startswith("Example Hub · 2024-03-02")


@each
def test_p4_colour_schemes_are_declared_and_media_rules_keep_their_force(name: str) -> None:
    root = tree(MESSAGES[name])
    assert root.xpath("head/meta[@name='color-scheme']/@content") == ["light dark"]
    (style,) = root.xpath("head/style")
    assert style.text.count("@media") == 2
    assert style.text.count("!important") > 10
    assert "data-css-inline" not in html_of(MESSAGES[name])
    assert root.xpath("//td[@class='main' and contains(@style, 'font-size: 16px')]")


# P5


@pytest.mark.parametrize(
    "huge",
    [
        article(title="word " * 50_000),
        article(body_html="<p>A short walk.</p>" * 12_000, body_text="A short walk. " * 12_000),
        article(body_html=f"<p>{'long ' * 50_000}</p>", body_text="long " * 50_000),
        article(body_html=f"<p>{'&amp;' * 50_000}</p>", body_text="&" * 50_000),
        article(see_also=tuple(SeeAlso(f"Topic {n} {'x' * 80}") for n in range(2_000))),
        article(body_html="<p>x</p>" * 6_000, see_also=tuple(SeeAlso(f"T{n}") for n in range(400))),
        article(summary="<" * 100_000, body_html="<h2>&lt;</h2>" * 10_000),
    ],
    ids=["title", "body", "paragraph", "ampersands", "see-also", "both", "summary"],
)
def test_p5_a_huge_article_is_shortened_and_its_footer_stays(huge: Any) -> None:
    html = html_of(rendered(huge))
    assert len(html.encode()) < HTML_MAX
    html5lib.HTMLParser(strict=True).parse(html)
    assert "Original article" in html
    if huge.title == article().title:
        assert "The rest of this article is on the web" in html or "&lt;" in html


def test_p5_an_article_that_fits_is_whole() -> None:
    html = html_of(rendered(article(body_html="<p>A short walk.</p>" * 300)))
    assert html.count("A short walk.") == 300
    assert "The rest of this article" not in html


@pytest.mark.parametrize("count", [40, 200, 1_000])
def test_p5_a_long_digest_keeps_first_items_whole_then_titles_then_a_number(count: int) -> None:
    entries = [_numbered(n) for n in range(count)]
    raw = EMAIL.assemble(channel(options=OPTIONS), entries)
    html = html_of(raw)
    assert len(html.encode()) < HTML_MAX
    assert "Unsubscribe" in html
    assert "Harbourtown" in html
    shown = [n for n in range(count) if f">Article number {n}<" in html]
    assert shown == list(range(len(shown)))  # in order, without a gap
    assert "end 0." in html
    left = count - len(shown)
    assert (f"{left} more on the web" in html) is (left > 0)
    assert len(shown) >= min(count, 40)
    assert f"Article number {count - 1}\n" in text_of(raw)


def _numbered(n: int) -> Entry:
    """The n-th of many articles that differ in their number alone."""
    parts = {name: part.replace(b"NNNN", str(n).encode()) for name, part in _MANY.parts.items()}
    given = article(id=f"a{n:015d}", title=f"Article number {n}")
    return entry(given, Rendition(b"x", parts))


_MANY = EMAIL.render(
    article(title="Article number NNNN", summary=f"{'word ' * 60}end NNNN."), CONTEXT
)


# P6


@each
def test_p6_no_style_is_used_that_large_clients_don_t_know(name: str) -> None:
    inline = " ".join(tree(MESSAGES[name]).xpath("//@style"))
    for unknown in ("display: flex", "display: grid", "position:", "float:", "var(", "calc(", "rem;",
                    "clamp(", "margin-inline", "padding-inline", "gap:", "transform"):  # fmt: skip
        assert unknown not in inline
    properties = {part.split(":")[0].strip() for part in inline.split(";") if ":" in part}
    assert properties <= {
        "margin", "padding", "background-color", "color", "width", "max-width", "height", "max-height",
        "border", "border-top", "border-bottom", "border-left", "border-right", "border-collapse",
        "font", "font-family", "font-size", "font-weight", "line-height", "text-decoration",
        "text-align", "vertical-align", "white-space", "display", "overflow", "opacity",
        "color-scheme",
    }  # fmt: skip


# P7


def test_p7_the_footer_has_all_that_a_reader_may_ask_for() -> None:
    (footer,) = tree(MESSAGES["digest"]).xpath("//td[@class='foot']")
    links = {a.text_content(): a.get("href") for a in footer.iter("a")}
    assert links == {
        "Unsubscribe": OPTIONS["unsubscribe_url"],
        "Change what you receive": OPTIONS["preferences_url"],
        "View in browser": "https://hub.example/topics/breast-cancer",
    }
    text = footer.text_content()
    assert OPTIONS["why"] in text
    assert "1 Quay Street, Harbourtown" in text
    assert "Example Hub" in text


def test_p7_placeholders_come_through_unchanged_and_once_in_each_part() -> None:
    raw = MESSAGES["digest"]
    for placeholder in ("READER-UNSUBSCRIBE-TOKEN", "READER-PREFERENCES-TOKEN"):
        assert text_of(raw).count(placeholder) == 1
        assert html_of(raw).count(placeholder) == 1


def test_p7_without_options_there_is_no_promise_of_any() -> None:
    text = text_of(MESSAGES["bare-digest"]) + html_of(MESSAGES["bare-digest"])
    assert "Unsubscribe" not in text
    assert "View in browser" in text


# P8


@pytest.mark.parametrize("part", ["body", "item_html", "item_text"])
def test_p8_the_source_s_own_sign_up_is_not_carried(part: str) -> None:
    made = EMAIL.render(SAMPLES["question"], CONTEXT)
    texts = (
        [made.parts[part].decode()]
        if part in made.parts
        else [text_of(made.body), html_of(made.body)]
    )
    for text in texts:
        for line in PROMO_TEXT.split("\n"):
            assert line not in " ".join(text.split())


def test_p8_one_unsubscribe_promise_remains() -> None:
    assert html_of(MESSAGES["digest"]).count("Unsubscribe") == 1
    assert text_of(MESSAGES["digest"]).count("Unsubscribe") == 1


# P9


@each
def test_p9_nothing_is_tracked(name: str) -> None:
    html = html_of(MESSAGES[name])
    assert "utm_" not in html
    for link in tree(MESSAGES[name]).xpath("//a/@href"):
        assert re.match(r"https://(hub|harbour)\.example|https://creativecommons\.org|https://media\."
                        r"harbour\.example|mailto:", link), link  # fmt: skip


def test_p9_a_tracking_pixel_in_the_body_is_left_out() -> None:
    pixel = '<img src="https://t.example/p.gif?u=1" alt="x" width="1" height="1">'
    thin = '<img src="https://t.example/q.gif" alt="" width="600" height="2">'
    html = html_of(rendered(article(body_html=f"<p>a</p>{pixel}{thin}")))
    assert "t.example" not in html


def test_p9_two_readers_messages_differ_in_their_links_alone() -> None:
    one, other = (
        digest(ALL[:3], options=OPTIONS | {"unsubscribe_url": f"https://hub.example/u/{who}"})
        for who in ("ANNA", "BERT")
    )
    assert one != other
    assert text_of(one).replace("ANNA", "BERT") == text_of(other)
    assert html_of(one).replace("ANNA", "BERT") == html_of(other)


# the rest of a digest


def test_a_digest_lists_related_topics_with_their_pages() -> None:
    root = tree(MESSAGES["digest"])
    links = {a.text_content(): a.get("href") for a in root.iter("a")}
    assert links["Mammogram"] == "https://hub.example/topics/mammogram"
    assert "- Mammogram: https://hub.example/topics/mammogram" in text_of(MESSAGES["digest"])


def test_a_digest_without_stored_items_falls_back_to_titles() -> None:
    raw = EMAIL.assemble(channel(options=OPTIONS), [entry(article(), Rendition(b"x"))])
    assert "Why a walk after dinner helps" in html_of(raw)
    assert "https://hub.example/articles/a2b3c4d5e6f7g2h3" in text_of(raw)


def test_a_digest_speaks_the_language_of_its_channel() -> None:
    raw = digest(ALL[:2], language="es")
    assert "Darse de baja" in html_of(raw)
    assert "Darse de baja: https://" in " ".join(text_of(raw).split())
    assert tree(raw).get("lang") == "es"


def test_another_set_of_articles_is_another_message_id() -> None:
    ids = {read(digest(ALL[:n]))["Message-ID"] for n in range(4)}
    assert len(ids) == 4
    later = [replace(ALL[0], updated="2025-01-01T00:00:00Z")]
    assert read(digest(later))["Message-ID"] != read(digest(ALL[:1]))["Message-ID"]
    again = [replace(ALL[0], title="Another title")]
    assert read(digest(again))["Message-ID"] == read(digest(ALL[:1]))["Message-ID"]


def test_the_body_is_sanitised_once_more() -> None:
    html = html_of(
        rendered(article(body_html='<p onclick="x()">a</p><script>b()</script><form>c</form>'))
    )
    assert "onclick" not in html
    assert "b()" not in html
    assert "<form" not in html
