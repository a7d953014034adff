"""Pages in: what a page declares, what its text says, and what stands around its article.

A sample is `samples/NAME.html` beside `samples/NAME.json`. To write the JSON anew after a rule has
changed, run with UPDATE_GOLDEN=1, and read every line of the difference.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import Lead, Media, Person, Problem, RawArticle, RawInput, SeeAlso, SourceContext
from seealso_source_page import PageSource, register_sources

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.html"))
URL = "https://mere.example/a/page"
TODAY = "2024-06-01"


def read(data: bytes | str, charset: str | None = None) -> RawArticle | Problem:
    given_bytes = data.encode() if isinstance(data, str) else data
    raw = RawInput(data=given_bytes, media_type="text/html", charset=charset, url=URL)
    found, *_ = PageSource().read(raw, SourceContext(today=TODAY))
    assert not isinstance(found, Lead)
    return found


def article(data: bytes | str, charset: str | None = None) -> RawArticle:
    found = read(data, charset)
    assert isinstance(found, RawArticle), found
    return found


def problem(data: bytes | str) -> Problem:
    found = read(data)
    assert isinstance(found, Problem), found
    return found


LONG = "The lake lies behind the wood, and nobody has ever measured how deep it is. " * 4


def page(body: str, head: str = "", title: str = "Deep water in the lake") -> str:
    return (
        f"<!DOCTYPE html><html lang=en><head><title>{title}</title>{head}</head><body><main>"
        f"<h1>{title}</h1><p>{LONG}</p>{body}<p>{LONG}</p></main></body></html>"
    )


def ld(value: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def test_the_hook_gives_the_source() -> None:
    assert [source.meta.name for source in register_sources()] == ["page"]


# --- samples ---------------------------------------------------------------------------------


def _said(found: RawArticle) -> dict[str, Any]:
    plain = {
        key: value
        for key, value in found.to_dict().items()
        if value not in (None, [], {}, False) and key != "provenance"
    }
    plain["html"] = [line.strip() for line in plain.get("html", "").split("\n")]
    return plain


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_read_as_an_editor_reads_it(name: str) -> None:
    found = _said(article((SAMPLES / f"{name}.html").read_bytes()))
    golden = SAMPLES / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert found == json.loads(golden.read_text("utf-8"))


# --- title -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "headings", "expected"),
    [
        (
            "<title>How deep is it? | Lake news</title>",
            "<h1>How deep is it?</h1>",
            "How deep is it?",
        ),
        (
            '<title>x</title><meta property="og:title" content="Lake: How deep is it?">',
            "<h1>Lake news today</h1><h2>How deep is it?</h2>",
            "How deep is it?",
        ),
        (
            '<meta property="og:title" content="A lake without a ground | Mere">',
            "",
            "A lake without a ground",
        ),
        ('<meta property="og:title" content="Lake | Mere">', "", "Lake"),
        ("<title>Mere › A lake without a ground</title>", "", "A lake without a ground"),
        ("<title>Lake news</title>", "<h1>A lake without a ground</h1>", "A lake without a ground"),
        ("", "<h1>Lake</h1>", "Lake"),
    ],
    ids=range(7),
)
def test_the_title_is_the_heading_that_the_page_declares(
    head: str, headings: str, expected: str
) -> None:
    assert (
        article(f"<html><head>{head}</head><body>{headings}<p>{LONG}</p></body>").title == expected
    )


# --- what is declared ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("NewsArticle", "news"),
        ("https://schema.org/QAPage", "qa"),
        (["MedicalWebPage", "FAQPage"], "qa"),
        ("MedicalWebPage", "article"),
        ("VideoObject", "video"),
        ("AboutPage", "page"),
        ("WebSite", "article"),
    ],
)
def test_the_declared_type_gives_the_kind(kind: Any, expected: str) -> None:
    assert article(page("", ld({"@type": kind}))).kind == expected


def test_a_medical_page_names_its_reviewer_and_the_day() -> None:
    found = article(
        page(
            "",
            ld(
                {
                    "@graph": [
                        {"@type": "Organization", "name": "Mere Clinic"},
                        {
                            "@type": "MedicalWebPage",
                            "lastReviewed": "2023-02-03",
                            "reviewedBy": {"@type": "Person", "name": "Dr. Pia Lund"},
                            "author": [{"name": "By Al Roe", "url": "/al"}, "Bea Sol"],
                            "about": {"@type": "MedicalCondition", "name": "Swimmer's itch"},
                            "inLanguage": "en",
                        },
                    ]
                }
            ),
        )
    )
    assert (found.reviewed, found.reviewers) == ("2023-02-03", (Person("Dr. Pia Lund"),))
    assert found.authors == (Person("Al Roe", "https://mere.example/al"), Person("Bea Sol"))
    assert found.topics == ("Swimmer's itch",)


def test_dublin_core_and_microdata_are_read_where_nothing_better_is() -> None:
    head = '<meta name="DC.creator" content="Cy Dell"><meta name="DCTERMS.issued" content="2020-01-02">'
    found = article(
        page('<p><time itemprop="dateModified" datetime="2020-02-03">then</time></p>', head)
    )
    assert (found.authors, found.published, found.updated) == (
        (Person("Cy Dell"),),
        "2020-01-02",
        "2020-02-03",
    )


@pytest.mark.parametrize(
    "value",
    [
        *(None, 3, [], "x", {"@type": 3, "author": 7, "image": [[]]}),
        {"@type": "Article", "author": {"name": []}},
        {"@type": "Article", "datePublished": "soon", "image": {"url": {}}, "publisher": []},
        {"@type": "FAQPage", "mainEntity": [3, {"name": 1}, {"acceptedAnswer": [3]}]},
    ],
    ids=range(8),
)
def test_nonsense_in_json_ld_is_passed_over(value: Any) -> None:
    assert article(page("", ld(value))).title == "Deep water in the lake"


def test_broken_json_ld_is_passed_over() -> None:
    broken = '<script type="application/ld+json">{"@type": "NewsArticle", </script>'
    deep = f'<script type="application/ld+json">{"[" * 100_000}</script>'
    assert article(page("", broken + deep)).kind == "article"


def test_an_answer_that_shows_only_on_a_click_is_in_the_body() -> None:
    answer = {"@type": "Answer", "text": "<p>Forty metres, says a diver.</p>"}
    entity = {"@type": "Question", "name": "How deep is it?", "acceptedAnswer": answer}
    found = article(
        page("", ld({"@type": "QAPage", "mainEntity": entity}), title="How deep is it?")
    )
    assert "Forty metres, says a diver." in (found.html or "")


# --- dates -----------------------------------------------------------------------------------


def test_a_date_that_only_the_text_has_is_found() -> None:
    assert article(page("<p>Published on 9 April 2019</p>")).published == "2019-04-09"


def test_a_bare_year_is_no_day() -> None:
    assert article(page("<footer>© 2019 Mere</footer>")).published is None


# --- what stands around ----------------------------------------------------------------------


def test_a_related_list_is_lifted_out_with_its_links() -> None:
    found = article(
        page(
            "<div><h3>Related topics</h3></div><ul><li><a href='/b'>Wood</a> (2019)</li>"
            "<li><a href='c'>Infographic: Fish</a></li><li><a href='/b'>Wood</a></li></ul>"
        )
    )
    assert found.see_also == (
        SeeAlso("Wood", url="https://mere.example/b"),
        SeeAlso("Infographic: Fish", url="https://mere.example/a/c", kind="infographic"),
    )
    assert "Related topics" not in (found.html or "")


def test_links_in_the_frame_of_the_site_are_not_related() -> None:
    frame = "</main><footer><h4>Related links</h4><ul><li><a href=/imprint>Imprint</a></li></ul></footer>"
    assert article(page(frame)).see_also == ()


def test_a_heading_over_text_is_no_related_list() -> None:
    found = article(page(f"<h2>More information</h2><p>{LONG}</p>"))
    assert found.see_also == ()
    assert "More information" in (found.html or "")


def test_a_sign_up_form_is_a_promo_about_its_subject() -> None:
    found = article(
        page(
            "<section><h3>Our lake letter</h3><form><p>Subscribe to our newsletter for the latest news on "
            "mountain lakes.</p><label>Email</label><input type=email><button>Sign up</button></form></section>"
        )
    )
    assert [(promo.kind, promo.about) for promo in found.promos] == [
        ("newsletter-signup", "mountain lakes")
    ]
    for gone in ("Subscribe", "Our lake letter", "Email"):
        assert gone not in (found.html or "")


def test_media_are_those_of_the_article() -> None:
    head = '<meta property="og:image" content="/lake.jpg"><meta property="og:image:alt" content="Lake">'
    found = article(page('<p><img src="/fish.jpg" alt="A fish" width="30"></p>', head))
    assert found.media == (
        Media("https://mere.example/lake.jpg", alt="Lake"),
        Media("https://mere.example/fish.jpg", alt="A fish", width=30),
    )


def test_code_within_a_sentence_stays_there() -> None:
    assert "type <code>ls</code> and" in (
        article(page("<p>Now type <code>ls</code> and wait.</p>")).html or ""
    )


def test_links_go_by_the_base_element() -> None:
    found = article(
        '<base href="/other/"><h1>Bridge closed</h1><p>See the <a href="map">map</a>.</p>'
    )
    assert "https://mere.example/other/map" in (found.html or "")


# --- encodings and hostile input -------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "meta", "charset"),
    [
        ("utf-8", "", None),
        ("cp1251", '<meta charset="windows-1251">', None),
        ("cp1251", "", "windows-1251"),
        ("utf-8", '<meta charset="windows-1252">', "utf-8"),
        ("utf-16", "", None),
        (
            "shift_jis",
            '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">',
            None,
        ),
    ],
)
def test_a_charset_is_found(encoding: str, meta: str, charset: str | None) -> None:
    data = page("", meta, title="Мост закрыт").encode(encoding)
    assert article(data, charset).title == "Мост закрыт"


def test_an_xml_declaration_is_no_trouble() -> None:
    assert (
        article(f'<?xml version="1.0" encoding="utf-8"?>{page("")}').title
        == "Deep water in the lake"
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<html></html>", "empty"),
        (b"<!-- only this", "empty"),
        (b"\x89PNG\x00\x00", "binary"),
        (b"<div>" * 5000, "too-deep"),
        (b"<b>" * 100_001, "too-complex"),
        (b"x" * (10 * 1024 * 1024 + 1), "too-large"),
        ("Мост закрыт, а дорога открыта".encode("cp1251"), "charset-unknown"),
    ],
    ids=range(9),
)
def test_what_is_no_page_is_a_problem_with_a_remedy(data: bytes, code: str) -> None:
    found = problem(data)
    assert found.code == code
    assert found.remedy


def test_characters_that_xml_forbids_are_left_out() -> None:
    found = article(page("<p>A&#1;B\x02C&#xD800;D&#99999999;E</p>"))
    assert "ABCDE" in (found.html or "")


@pytest.mark.parametrize(
    "piece", ["<p>word ", "<h2>See also</h2>", "<p>Sign up for our newsletter</p>", "<a href=x>By "]
)
def test_a_long_page_takes_no_long_time(piece: str) -> None:
    started = time.perf_counter()
    read("<body>" + piece * 4000)
    assert time.perf_counter() - started < 10


_SAMPLE = (SAMPLES / "question.html").read_bytes()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(_SAMPLE)),
            st.binary(max_size=6)
            | st.sampled_from([b"<div>", b"</p>", b"<!--", b"&#0;", b"<table>", b'"']),
            st.integers(0, 40),
        ),
        max_size=8,
    )
)
def test_any_bytes_give_an_article_or_a_problem(patches: list[tuple[int, bytes, int]]) -> None:
    data = bytearray(_SAMPLE)
    for place, patch, cut in patches:
        data[place : place + cut] = patch
    assert read(bytes(data)).to_json()
