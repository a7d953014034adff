"""What a source said into what the hub can trust, or a refusal that names the field."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_ingest.drafting import drafted, line
from seealso_ingest.errors import Refused
from seealso_sdk.model import (
    Article,
    Correction,
    Media,
    Person,
    Promo,
    Publisher,
    RawArticle,
    Rights,
    SeeAlso,
    Series,
)
from seealso_sdk.text import clean


def read(**fields: object) -> Article:
    given = {"title": "A title", **fields}
    return drafted(RawArticle(**given), source="desk").article  # type: ignore[arg-type]


def refusal(**fields: object) -> Refused:
    with pytest.raises(Refused) as caught:
        read(**fields)
    assert str(caught.value).startswith(caught.value.found)
    return caught.value


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("  Two\n words ", "Two words"),
        ("R&amp;D &ldquo;now&rdquo;", "R&D “now”"),
        ("H<sub>2</sub>O is <em>wet</em>", "H2O is wet"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("AT&T", "AT&T"),
        ("&lt;b&gt; in HTML", "<b> in HTML"),
        ("a\x0bb\x00c\ud800d", "abcd"),
        ("a]]>b", "a]]>b"),
    ],
)
def test_a_title_is_one_line_of_plain_text(title: str, expected: str) -> None:
    assert read(title=title).title == expected


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=100))
def test_a_line_is_clean_and_has_no_doubled_spaces(text: str) -> None:
    found = line(text)
    assert clean(found) == found
    assert "  " not in found
    assert found == found.strip()


@pytest.mark.parametrize(
    ("fields", "title", "body"),
    [
        ({"html": "<h1>From a heading</h1><p>Text."}, "From a heading", "<p>Text.</p>"),
        ({"text": "The first sentence. And more."}, "The first sentence.", None),
        ({"text": "w " * 200}, "w " * 44 + "w…", None),
        ({"summary": "Only a summary"}, "Only a summary", ""),
    ],
)
def test_a_post_without_a_title_is_called_by_how_it_begins(
    fields: dict[str, str], title: str, body: str | None
) -> None:
    article = read(title="", **fields)
    assert article.title == title
    assert body is None or article.body_html == body


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"title": " "}, "title-missing", "title"),
        ({"title": "x" * 1001}, "title-too-long", "title"),
        ({"title": "x" * 1_000_000}, "title-too-long", "title"),
        ({"kind": "rumour"}, "kind-unknown", "kind"),
        ({"language": "in English"}, "language-invalid", "language"),
        ({"published": "yesterday"}, "date-invalid", "published"),
        ({"embargo_until": "0001-01-01"}, "date-invalid", "embargo_until"),
        ({"corrections": (Correction("soon", "x"),)}, "date-invalid", "corrections"),
        ({"canonical_url": "javascript:alert(1)"}, "url-invalid", "canonical_url"),
        ({"url": "/relative"}, "url-invalid", "url"),
        ({"external_id": "x" * 2000}, "id-too-long", "external_id"),
        ({"topics": ("x",) * 501}, "list-too-long", "topics"),
        ({"html": "<div>" * 300}, "body-too-deep", "body_html"),
        ({"html": "x" * 2_100_000}, "body-too-large", "body_html"),
    ],
)
def test_what_cant_be_repaired_is_refused_by_name(
    fields: dict[str, object], code: str, field: str
) -> None:
    refused = refusal(**fields)
    assert (refused.code, refused.field) == (code, field)
    assert refused.remedy.endswith(".")
    assert len(str(refused)) < 400


@pytest.mark.parametrize(
    ("given_date", "expected"),
    [
        ("2024-04-09", "2024-04-09"),
        ("2024-04-09T10:00:00+02:00", "2024-04-09T10:00:00+02:00"),
        ("2024-04-09 10:00:00Z", "2024-04-09T10:00:00+00:00"),
        (" ", None),
    ],
)
def test_a_date_keeps_its_precision(given_date: str, expected: str | None) -> None:
    assert read(published=given_date).published == expected


@pytest.mark.parametrize(
    ("given_tag", "expected"),
    [(None, "en"), ("", "en"), ("ES", "es"), ("pt_br", "pt-BR"), ("ZH-hant-tw", "zh-Hant-TW")],
)
def test_a_language_tag_in_its_usual_case(given_tag: str | None, expected: str) -> None:
    assert read(language=given_tag).language == expected


def test_addresses_are_absolute_or_left_out() -> None:
    article = read(
        url="https://example.org/a/b",
        html='<a href="c">x</a>',
        authors=(Person("Ann", "/ann"), Person("Bob", "javascript:x")),
        publisher=Publisher("P", "//p.example/"),
        series=Series("S", "ftp://x"),
        see_also=(SeeAlso("One", "/one"),),
        media=(Media("/m.png", "Image/PNG; q=1", width=-1), Media("data:x")),
        rights=Rights(license="CC0", url="https://c.example/0"),
    )
    assert article.canonical_url == "https://example.org/a/b"
    assert article.body_html == '<p><a href="https://example.org/a/c">x</a></p>'
    assert [p.url for p in article.authors] == ["https://example.org/ann", None]
    assert article.publisher == Publisher("P", "https://p.example/")
    assert article.series == Series("S")
    assert article.see_also[0].url == "https://example.org/one"
    assert article.media == (Media("https://example.org/m.png", "image/png"),)
    assert article.rights == Rights("CC0", url="https://c.example/0")


def test_where_the_input_came_from_is_the_address_of_its_one_article() -> None:
    raw = RawArticle(title="x", html="<a href=/y>y</a>")
    alone = drafted(raw, source="s", base="https://example.org/x", own=True).article
    one_of_many = drafted(raw, source="s", base="https://example.org/x", own=False).article
    assert alone.canonical_url == "https://example.org/x"
    assert one_of_many.canonical_url is None
    assert (
        alone.body_html == one_of_many.body_html == '<p><a href="https://example.org/y">y</a></p>'
    )


def test_a_relative_address_starts_where_the_input_came_from() -> None:
    raw = RawArticle(title="x", url="/y")
    found = drafted(raw, source="s", base="https://example.org/feed", own=False).article
    assert found.canonical_url == "https://example.org/y"


def test_lists_name_each_thing_once_and_leave_nothings_out() -> None:
    article = read(
        topics=("Breast cancer", "breast  CANCER", "", "Ärzte"),
        keywords=("a", "A", "b"),
        authors=(Person("Ann"), Person("ANN"), Person(" ")),
        see_also=(
            SeeAlso("Bone scan"),
            SeeAlso("bone scan", "https://e.org/"),
            SeeAlso(""),
            SeeAlso("", ref="9"),
        ),
        promos=(Promo("Newsletter Signup", "glass ", " a \n\n b "),),
        corrections=(Correction("2024-04-09", "x"), Correction("2024-04-09", "x")),
    )
    assert [(t.slug, t.label, t.origin) for t in article.topics] == [
        ("breast-cancer", "Breast cancer", "editorial"),
        ("arzte", "Ärzte", "editorial"),
    ]
    assert article.keywords == ("a", "b")
    assert article.authors == (Person("Ann"),)
    assert article.see_also == (SeeAlso("Bone scan"), SeeAlso("", ref="9"))
    assert article.promos == (Promo("newsletter-signup", "glass", "a\nb"),)
    assert len(article.corrections) == 1


def test_a_summary_is_text_and_not_endless() -> None:
    article = read(summary='See <a href="x">this</a> &amp; that. ' + "word " * 2000)
    assert article.summary.startswith("See this & that. word")
    assert article.summary.endswith("word…")
    assert len(article.summary) <= 5001


def test_a_withdrawal_needs_no_more_than_a_name() -> None:
    draft = drafted(
        RawArticle(external_id="7", withdrawn=True, withdrawn_reason="Wrong <b>dose</b>"),
        source="desk",
    )
    assert (draft.withdrawn, draft.reason, draft.keys) == (True, "Wrong dose", ("id:desk:7",))


def test_the_articles_own_source_rules() -> None:
    assert read(source="gard", external_id="7").source == "gard"
    assert read(external_id="7").source == "desk"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=120))
def test_any_article_is_normalised_the_same_twice_or_refused(
    title: str, label: str, html: str
) -> None:
    raw = RawArticle(title=title, topics=(label,), keywords=(label,), html=html, summary=label)
    try:
        once = drafted(raw, source="s")
    except Refused:
        return
    assert drafted(raw, source="s") == once
    json_text = once.article.to_json().decode()
    assert clean(json_text) == json_text
