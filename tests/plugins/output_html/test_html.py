"""The html output: a valid page, a fragment that fits in anywhere, and safe bodies."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest
from lxml import html as lxml_html
from seealso_output_html import HtmlOutput, register_outputs, safe_body
from seealso_sdk import Context, Media, Output, Person, Rights, SeeAlso, Series
from seealso_sdk.samples import article, sample_articles
from seealso_sdk.testing import hostile_article

from tests.plugins.goldenfile import same_as_golden
from tests.plugins.output_html.contrast import ratio

HTML = HtmlOutput()
CONTEXT = Context(hub_url="https://hub.example", hub_name="Example Hub")
GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sample_articles() | {"hostile": hostile_article()}


def page(**changes: Any) -> Any:
    return lxml_html.document_fromstring(HTML.render(article(**changes), CONTEXT).body)


def fragment(**changes: Any) -> str:
    return HTML.render(article(**changes), CONTEXT).parts["fragment"].decode()


def test_the_plugin_registers_one_output() -> None:
    (output,) = register_outputs()
    assert isinstance(output, Output)
    assert (output.meta.name, output.meta.extension) == ("html", "html")


@pytest.mark.parametrize("name", sample_articles())
def test_the_page_is_as_agreed(name: str) -> None:
    same_as_golden(GOLDEN / f"{name}.html", HTML.render(SAMPLES[name], CONTEXT).body)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_parses_without_an_error(name: str) -> None:
    html5lib.HTMLParser(strict=True).parse(HTML.render(SAMPLES[name], CONTEXT).body.decode())


@pytest.mark.parametrize("name", SAMPLES)
def test_the_fragment_parses_without_an_error(name: str) -> None:
    made = HTML.render(SAMPLES[name], CONTEXT).parts["fragment"].decode()
    html5lib.HTMLParser(strict=True).parseFragment(made)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_fragment_brings_no_script_style_or_id(name: str) -> None:
    made = HTML.render(SAMPLES[name], CONTEXT).parts["fragment"].decode()
    root = lxml_html.fragment_fromstring(made)
    assert root.tag == "article"
    assert root.get("class") == "seealso-article"
    assert not root.xpath(
        ".//script | .//style | .//@id | .//@style | .//link | .//iframe | .//form"
    )
    assert not [n for n in root.xpath(".//@*") if str(n).lower().startswith("javascript:")]
    assert not [e for e in root.iter() if any(name.startswith("on") for name in e.attrib)]


@pytest.mark.parametrize("name", SAMPLES)
def test_headings_begin_with_the_title_and_skip_no_level(name: str) -> None:
    root = lxml_html.document_fromstring(HTML.render(SAMPLES[name], CONTEXT).body)
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch("h[1-6]", str(e.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_the_head_says_what_the_page_is() -> None:
    head = page(summary="Ten minutes.").find("head")
    assert head.findtext("title") == "Why a walk after dinner helps"
    meta = {m.get("name") or m.get("property"): m.get("content") for m in head.findall("meta")}
    assert meta["description"] == meta["og:description"] == "Ten minutes."
    assert meta["viewport"] == "width=device-width, initial-scale=1"
    assert meta["og:title"] == "Why a walk after dinner helps"
    assert meta["og:site_name"] == "Harbour Health"
    assert meta["color-scheme"] == "light dark"
    (canonical,) = head.xpath("link[@rel='canonical']/@href")
    assert canonical == meta["og:url"] == "https://harbour.example/walk-after-dinner"


def test_an_article_without_an_address_has_its_page_on_the_hub_as_canonical() -> None:
    (canonical,) = page(canonical_url=None).xpath("//link[@rel='canonical']/@href")
    assert canonical == "https://hub.example/articles/a2b3c4d5e6f7g2h3"
    (canonical,) = page(canonical_url="javascript:alert(1)").xpath("//link[@rel='canonical']/@href")
    assert canonical == "https://hub.example/articles/a2b3c4d5e6f7g2h3"


def test_a_long_description_is_cut_between_words() -> None:
    (description,) = page(summary="word " * 100).xpath("//meta[@name='description']/@content")
    assert len(description) <= 200
    assert description.endswith("word…")


def test_language_and_direction_follow_the_article() -> None:
    root = lxml_html.document_fromstring(HTML.render(SAMPLES["arabic"], CONTEXT).body)
    assert (root.get("lang"), root.get("dir")) == ("ar", "rtl")
    (made,) = root.xpath("//article")
    assert (made.get("lang"), made.get("dir")) == ("ar", "rtl")
    assert "انظر أيضًا" in made.text_content()
    assert page(language="no tag at all").get("lang") == "und"


def test_dates_are_as_precise_as_they_were_given() -> None:
    made = fragment(published="2024-04-09", updated="2024-05-07T17:40:00+02:00")
    assert '<time datetime="2024-04-09">9 April 2024</time>' in made
    assert '<time datetime="2024-05-07T17:40:00+02:00">7 May 2024, 17:40 UTC+02:00</time>' in made
    assert "<time" not in fragment(published="soon", updated=None)


def test_reviewers_and_review_dates_are_shown() -> None:
    text = lxml_html.fragment_fromstring(
        fragment(
            reviewers=(Person("Dr A"), Person("Dr B")),
            reviewed="2024-02-01",
            review_by="2026-02-01",
        )
    ).text_content()
    assert "Reviewed by Dr A and Dr B Reviewed 1 February 2024" in text
    assert "Next review due 1 February 2026" in text


def test_corrections_stand_before_the_body_with_their_date() -> None:
    made = HTML.render(SAMPLES["corrected-news"], CONTEXT).parts["fragment"].decode()
    assert made.index("4,000 volunteers, not 400") < made.index('class="seealso-body"')
    assert 'Correction, <time datetime="2024-05-06">6 May 2024</time>:' in made


def test_see_also_titles_lead_to_their_own_address_or_to_their_topic() -> None:
    root = lxml_html.fragment_fromstring(
        fragment(
            see_also=(
                SeeAlso("3D mammogram"),
                SeeAlso("Own", url="https://o.example/?a=1&b=2"),
                SeeAlso("Bad", url="javascript:alert(1)"),
            )
        )
    )
    links = root.xpath(".//section[@class='seealso-see-also']//a")
    assert [(a.text, a.get("href")) for a in links] == [
        ("3D mammogram", "https://hub.example/topics/3d-mammogram"),
        ("Own", "https://o.example/?a=1&b=2"),
        ("Bad", "https://hub.example/topics/bad"),
    ]


def test_the_series_rights_and_origin_are_linked() -> None:
    root = lxml_html.fragment_fromstring(
        fragment(
            series=Series("Expert Answers"),
            rights=Rights("CC-BY-4.0", "© Harbour", "https://c.example/by"),
        )
    )
    links = {a.text: a.get("href") for a in root.iter("a")}
    assert links["Expert Answers"] == "https://hub.example/series/expert-answers"
    assert links["CC-BY-4.0"] == "https://c.example/by"
    assert links["Original article"] == "https://harbour.example/walk-after-dinner"
    assert "© Harbour" in root.text_content()


def test_media_are_figures_with_alternative_text_size_and_credit() -> None:
    root = lxml_html.fragment_fromstring(
        HTML.render(SAMPLES["infographic"], CONTEXT).parts["fragment"].decode()
    )
    (image,) = root.iter("img")
    assert image.get("alt").startswith("Five spoons")
    assert (image.get("width"), image.get("height")) == ("1200", "800")
    assert root.findtext(".//figcaption") == "Credit: Lena Fried"


def test_films_don_t_load_by_themselves_and_files_are_links() -> None:
    made = fragment(
        media=(
            Media("https://m.example/a.mp4", "video/mp4", "A film"),
            Media("https://m.example/a.pdf", "application/pdf", "A leaflet"),
            Media("data:image/png;base64,xx", "image/png"),
        )
    )
    assert (
        '<video controls preload="none" src="https://m.example/a.mp4" aria-label="A film">' in made
    )
    assert '<a href="https://m.example/a.pdf">A leaflet</a>' in made
    assert "data:" not in made


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<p onclick="x()">a</p>',
        '<a href="javascript:x()">a</a>',
        '<img src="data:image/svg+xml,<svg onload=x()>" alt="">',
        "<style>body{display:none}</style>",
        '<iframe src="https://e.example/"></iframe>',
        '<form action="https://e.example/"><input name="q"></form>',
        '<p style="position:fixed">a</p>',
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=x()></style></mtext></math>",
        '<p id="main">a</p>',
    ],
)
def test_the_body_is_sanitised_once_more(evil: str) -> None:
    made = safe_body(f"<p>before</p>{evil}<p>after</p>")
    assert "<p>before</p>" in made
    assert "<p>after</p>" in made
    for word in ("script", "onclick", "onerror", "onload", "data:", "<style", "iframe", "<form",
                 "<svg", "style=", "id="):  # fmt: skip
        assert word not in made


def test_a_picture_without_an_address_is_left_out() -> None:
    assert safe_body('<p>a<img src="data:,x" alt="b > c">d</p>') == "<p>ad</p>"


def test_every_picture_has_an_alternative_text() -> None:
    assert safe_body('<img src="https://e.example/x.png">') == (
        '<img alt="" src="https://e.example/x.png">'
    )
    assert safe_body('<img src="https://e.example/x.png" alt="A">').count("alt=") == 1


class _Resources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag in {"script", "link", "iframe", "img"} and given.get("rel") != "canonical":
            self.found.extend(filter(None, (given.get("src"), given.get("href"))))


@pytest.mark.parametrize("name", sample_articles())
def test_opening_the_page_fetches_nothing_but_the_article_s_pictures(name: str) -> None:
    sample = SAMPLES[name]
    parser = _Resources()
    parser.feed(HTML.render(sample, CONTEXT).body.decode())
    own = [media.url for media in sample.media]
    assert [url for url in parser.found if url not in own and url not in sample.body_html] == []
    assert "url(" not in HTML.render(sample, CONTEXT).body.decode()


def test_every_text_colour_has_contrast_on_its_ground() -> None:
    css = HTML.render(article(), CONTEXT).body.decode().split("<style>")[1].split("</style>")[0]
    light = dict(re.findall(r"--([\w-]+):(#\w+)", css.split("@media")[0]))
    dark = light | dict(re.findall(r"--([\w-]+):(#\w+)", css.split("@media")[1]))
    for colours in (light, dark):
        for text in ("ink", "quiet", "link"):
            assert ratio(colours[text], colours["paper"]) >= 4.5
        assert ratio(colours["ink"], colours["note"]) >= 4.5
        assert ratio(colours["ink"], colours["soft"]) >= 4.5
    assert "focus-visible" in css
    assert "@media print" in css
