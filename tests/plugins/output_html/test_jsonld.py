"""schema.org data: the right type with what search engines require of it, and safe in a script."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import html as lxml_html
from seealso_output_html import HtmlOutput
from seealso_sdk import Article, Context, Media, Person
from seealso_sdk.samples import article, sample_articles
from seealso_sdk.testing import hostile_article

HTML = HtmlOutput()
CONTEXT = Context(hub_url="https://hub.example", hub_name="Example Hub")
SAMPLES = sample_articles()


def node(given: Article) -> Any:
    return json.loads(HTML.render(given, CONTEXT).parts["jsonld"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("question", "QAPage"),
        ("questions", "FAQPage"),
        ("corrected-news", "NewsArticle"),
        ("reviewed-page", "MedicalWebPage"),
        ("plain", "Article"),
        ("video", "VideoObject"),
        ("infographic", "WebPage"),
    ],
)
def test_the_type_follows_the_kind(name: str, kind: str) -> None:
    made = node(SAMPLES[name])
    assert made["@context"] == "https://schema.org"
    assert made["@type"] == kind


def test_an_article_with_a_reviewer_is_a_medical_page_and_a_page_without_one_is_not() -> None:
    assert node(article(reviewers=(Person("Dr A"),)))["@type"] == "MedicalWebPage"
    assert node(article(kind="page"))["@type"] == "WebPage"


def test_the_page_carries_the_same_data_as_the_part() -> None:
    made = HTML.render(SAMPLES["question"], CONTEXT)
    (script,) = lxml_html.document_fromstring(made.body).xpath("//script")
    assert script.get("type") == "application/ld+json"
    assert script.text == made.parts["jsonld"].decode()


def test_a_question_has_what_search_engines_require() -> None:
    question = node(SAMPLES["question"])["mainEntity"]
    assert question["@type"] == "Question"
    assert question["name"] == SAMPLES["question"].title
    assert question["answerCount"] == 1
    assert question["datePublished"] == "2024-04-09"
    assert question["author"] == {
        "@type": "Organization", "name": "Harbour Health", "url": "https://harbour.example/"
    }  # fmt: skip
    answer = question["acceptedAnswer"]
    assert answer["text"] == SAMPLES["question"].body_text
    assert answer["url"] == "https://harbour.example/walk-after-dinner"
    assert answer["author"] == [
        {"@type": "Person", "name": "Ines Calder", "url": "https://harbour.example/people/calder"}
    ]
    assert answer["datePublished"] == "2024-04-09"


def test_several_questions_each_have_their_answer() -> None:
    entities = node(SAMPLES["questions"])["mainEntity"]
    assert [(q["name"], q["acceptedAnswer"]["text"]) for q in entities] == [
        ("May I drink water?", "Yes. Water changes nothing that is measured."),
        (
            "What about my morning pills?",
            "Take them, unless you were told not to.\nBring a list of them.\nSay so at the desk.",
        ),
        ("How long is long enough?", "Eight hours for sugar, twelve for fats."),
    ]


def test_a_single_question_among_the_headings_is_still_one_page_of_one_question() -> None:
    given = article(kind="qa", body_html="<p>a</p><h2>Why?</h2><p>b</p><h2>Sources</h2><p>c</p>")
    assert node(given)["@type"] == "QAPage"


def test_a_reviewed_page_says_when_and_by_whom() -> None:
    made = node(SAMPLES["reviewed-page"])
    assert made["lastReviewed"] == "2024-02-01"
    assert [person["name"] for person in made["reviewedBy"]] == ["Dr Amara Osei", "Dr Jun Mori"]
    assert made["license"] == "https://creativecommons.org/licenses/by/4.0/"


def test_news_has_dates_at_their_precision_authors_and_corrections() -> None:
    made = node(SAMPLES["corrected-news"])
    assert made["datePublished"] == "2024-05-06T06:15:00+00:00"
    assert made["dateModified"] == "2024-05-07T17:40:00+02:00"
    assert [person["name"] for person in made["author"]] == ["Ines Calder", "Tom Achterberg"]
    assert made["correction"][0] == {
        "@type": "CorrectionComment",
        "text": "The trial has 4,000 volunteers, not 400.",
        "datePublished": "2024-05-06",
    }
    assert "reviewedBy" not in made  # no property of a NewsArticle


def test_a_film_has_its_address_its_date_and_its_still() -> None:
    made = node(SAMPLES["video"])
    assert made["contentUrl"] == "https://media.harbour.example/spacer.mp4"
    assert made["thumbnailUrl"] == ["https://media.harbour.example/spacer.jpg"]
    assert made["uploadDate"] == "2024-03-02T00:00:00Z"
    assert node(article(kind="video"))["@type"] == "Article"  # no film, no VideoObject


def test_an_infographic_is_about_its_picture() -> None:
    picture = node(SAMPLES["infographic"])["mainEntity"]
    assert picture["@type"] == "ImageObject"
    assert picture["contentUrl"] == "https://media.harbour.example/salt.png?size=large&v=2"
    assert (picture["width"], picture["height"]) == (1200, 800)


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_empty_is_said(name: str) -> None:
    assert "" not in node(SAMPLES[name]).values()
    assert None not in node(SAMPLES[name]).values()


def test_nothing_in_it_can_end_the_script_element() -> None:
    made = HTML.render(hostile_article(), CONTEXT)
    assert not set("<>&\u2028\u2029") & set(made.parts["jsonld"].decode())
    assert "<script>alert(1)" in json.loads(made.parts["jsonld"])["name"]
    scripts = lxml_html.document_fromstring(made.body).xpath("//script")
    assert [s.get("type") for s in scripts] == ["application/ld+json"]


def test_addresses_that_are_none_of_the_web_are_left_out() -> None:
    given = article(
        authors=(Person("A", "javascript:x()"),),
        media=(Media("file:///etc/passwd", "image/png"),),
        canonical_url="ftp://x.example/",
    )
    text = HTML.render(given, CONTEXT).parts["jsonld"].decode()
    assert not [bad for bad in ("javascript:", "file:", "ftp:") if bad in text]
