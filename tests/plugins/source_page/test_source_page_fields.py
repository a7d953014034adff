"""An operator's selectors, broken JSON-LD, witnesses of a date, names, withdrawals and leads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from seealso_sdk import Lead, Person, Problem, RawArticle, RawInput, SourceContext
from seealso_sdk.model import Piece
from seealso_sdk.names import names_in
from seealso_source_page import PageSource
from seealso_source_page_ld import values_of

URL = "https://mere.example/2021/05/17/deep-water"
LONG = "The lake lies behind the wood, and nobody has ever measured how deep it is. " * 4


def read(
    head: str = "", top: str = "", fields: Mapping[str, str] | None = None, url: str = URL
) -> list[Piece]:
    page = (
        f"<html lang=en><head><title>Deep water in the lake</title>{head}</head><body><main>"
        f"<h1>Deep water in the lake</h1>{top}<div class=text><p>{LONG}</p><p>{LONG}</p></div>"
        f"</main></body></html>"
    )
    raw = RawInput(data=page.encode(), media_type="text/html", url=url)
    return list(PageSource().read(raw, SourceContext(today="2024-06-01", fields=fields or {})))


def article(**given: Any) -> RawArticle:
    found = read(**given)[0]
    assert isinstance(found, RawArticle), found
    return found


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_an_operators_selectors_come_first() -> None:
    found = article(
        top='<p class=by><a href="/ann">Ann Reef</a></p><b class=t>Own title</b><i d="2020-02-03">x</i>',
        fields={"title": ".t", "published": "i@d", "authors": ".by a", "html": ".text"},
    )
    assert (found.title, found.published) == ("Own title", "2020-02-03")
    assert found.authors == (Person("Ann Reef", "https://mere.example/ann"),)
    assert (found.html or "").count("<p>") == 2
    assert found.provenance["title"] == "selector .t"


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({"title": "h1.gone"}, "selector-empty", "h1.gone"),
        ({"html": "#nowhere"}, "selector-empty", "div.text"),
        ({"title": "h1[["}, "selector-invalid", "h1[["),
        ({"title": "a " * 200}, "selector-invalid", "longer"),
        ({"colour": "h1"}, "field-unknown", "colour"),
    ],
)
def test_a_wrong_selector_is_told_with_what_is_there(
    fields: Mapping[str, str], code: str, said: str
) -> None:
    (found,) = read(fields=fields)
    assert isinstance(found, Problem)
    assert (found.code, found.field) == (code, next(iter(fields)))
    assert said in found.detail
    assert found.remedy


def test_a_selector_of_a_lesser_field_that_finds_nothing_is_noted_in_its_provenance() -> None:
    found = article(fields={"series": ".none"})
    assert found.title == "Deep water in the lake"
    assert found.provenance["series"] == "nothing (the selector .none matched nothing)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,}', [{"a": 1}]),
        ('/* x */ {"a": "//no, comment",} // y', [{"a": "//no, comment"}]),
        ('<!-- {"a": [1, 2,]} -->', [{"a": [1, 2]}]),
        ('{"a": 1}\n{"b": 2};', [{"a": 1}, {"b": 2}]),
        ('{"a": "it\\\'s"}', [{"a": "it's"}]),
        ('{"a": "b\tc\n"}', [{"a": "b\tc\n"}]),
        ("{&quot;a&quot;: 1}", [{"a": 1}]),
        ('{"a": ', []),
    ],
)
def test_json_ld_is_repaired_as_far_as_it_can_be(text: str, expected: list[Any]) -> None:
    assert values_of(text) == expected


def test_an_author_that_is_only_a_reference_is_found() -> None:
    graph = [
        {"@type": "Article", "author": {"@id": "#ann"}, "headline": "Deep water in the lake"},
        {"@type": "Person", "@id": "#ann", "name": "Ann Reef"},
    ]
    assert article(head=ld(json.dumps({"@graph": graph}))).authors == (Person("Ann Reef"),)


def test_the_site_itself_is_no_author_where_the_page_shows_one() -> None:
    found = article(
        head='<meta property="og:site_name" content="Mere"><meta name=author content="Mere">',
        top="<p>By Ann Reef</p>",
    )
    assert [who.name for who in found.authors] == ["Ann Reef"]
    assert found.provenance["authors"] == "byline in the text"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("By Ann Reef, M.D., and Bo van der Tide", ["Ann Reef, M.D.", "Bo van der Tide"]),
        ("Ann Reef, Political Editor | The Gazette", ["Ann Reef"]),
        ("José Ortega y Gasset", ["José Ortega y Gasset"]),
        ("Von Anna Meer und Bo Tide", ["Anna Meer", "Bo Tide"]),
        ("Ann Reef <ann@mere.example>", ["Ann Reef"]),
        ("Al Roe, Jr.", ["Al Roe, Jr."]),
        ("Staff", []),
        ("admin", []),
    ],
)
def test_names_are_split_and_posts_left_out(line: str, expected: list[str]) -> None:
    assert list(names_in(line)) == expected


def test_a_catalogue_writes_the_last_name_first() -> None:
    assert names_in("Reef, Ann", inverted=True) == ("Ann Reef",)


def test_witnesses_that_agree_outweigh_the_one_that_is_trusted_most() -> None:
    found = article(
        head=ld('{"@type": "Article", "datePublished": "2023-01-09"}'),
        top='<time datetime="2021-05-17">17 May 2021</time>',
    )
    assert found.published == "2021-05-17"


def test_a_date_of_a_change_is_no_publication() -> None:
    found = article(
        top='<p>Updated <time datetime="2022-03-04">4 March 2022</time></p>',
        url="https://mere.example/deep",
    )
    assert found.published != "2022-03-04"


def test_an_article_that_its_page_takes_back_is_withdrawn_with_the_reason() -> None:
    notice = "This article has been retracted because its measurements were made up."
    found = article(top=f"<p>{notice}</p>")
    assert (found.withdrawn, found.withdrawn_reason) == (True, notice)


def test_an_article_about_a_retraction_is_not_withdrawn() -> None:
    assert not article(top="<p>The 1998 paper was retracted in 2010.</p>").withdrawn


def test_feeds_that_a_page_announces_are_leads() -> None:
    feed = '<link rel=alternate type="application/rss+xml" href="/feed" title="All">'
    assert read(head=feed)[1:] == [
        Lead(
            url="https://mere.example/feed",
            rel="alternate",
            title="All",
            media_type="application/rss+xml",
        )
    ]


@pytest.mark.parametrize("href", ["/", "http://localhost:3000/x", "http://10.0.0.7/x"])
def test_an_absurd_canonical_address_is_not_taken(href: str) -> None:
    assert article(head=f'<link rel=canonical href="{href}">').canonical_url is None


def test_a_text_that_is_plainly_of_another_language_wins() -> None:
    text = "Der See liegt hinter dem Wald, und niemand weiß, wie tief er ist und was auf dem Grund ist. "
    page = f"<html lang=en><title>Der tiefe See</title><h1>Der tiefe See</h1><p>{text * 4}</p><p>{text * 4}</p>"
    raw = RawInput(data=page.encode(), media_type="text/html", url=URL)
    found = PageSource().read(raw, SourceContext())[0]
    assert isinstance(found, RawArticle)
    assert found.language == "de"
