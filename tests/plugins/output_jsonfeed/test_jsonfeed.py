"""JSON Feed 1.1: what the item, the feed and the extension ``_seealso`` say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from seealso_output_jsonfeed import JsonFeedOutput, register_outputs
from seealso_sdk.model import Article, Link
from seealso_sdk.plugin import Assembler, Output

from tests.plugins.feedcheck import check_jsonfeed
from tests.plugins.feedsamples import (
    ARABIC,
    CONTEXT,
    CORRECTED,
    HUB,
    NEWS,
    QA,
    SAMPLES,
    TOMBSTONES,
    channel,
    entry,
    feed,
)
from tests.plugins.goldenfile import same_as_golden

JSON = JsonFeedOutput()
GOLDEN = Path(__file__).parent / "golden"


def read(*articles: Any, **changes: Any) -> Any:
    return json.loads(feed(JSON, *articles, **changes))


def item(*articles: Any, **changes: Any) -> Any:
    return read(*articles, **changes)["items"][0]


def test_the_plugin_registers_one_output_that_assembles() -> None:
    (output,) = register_outputs()
    assert isinstance(output, Output)
    assert isinstance(output, Assembler)
    assert (output.meta.fragment, output.meta.feed, output.meta.extension) == (True, True, "json")


@pytest.mark.parametrize("name", list(SAMPLES))
def test_the_item_is_as_agreed(name: str) -> None:
    same_as_golden(GOLDEN / f"{name}.json", JSON.render(SAMPLES[name], CONTEXT).body)


def test_the_feed_is_as_agreed() -> None:
    same_as_golden(GOLDEN / "feed.json", feed(JSON, tombstones=TOMBSTONES))


def test_the_rendition_is_an_object_whose_extension_comes_last() -> None:
    body = json.loads(JSON.render(QA, CONTEXT).body)
    assert list(body)[-1] == "_seealso"
    assert body["_seealso"]["kind"] == "qa"


def test_the_head() -> None:
    head = read(QA)
    assert head["version"] == "https://jsonfeed.org/version/1.1"
    assert head["title"] == "Oral health & teeth"
    assert head["home_page_url"] == f"{HUB}/topics/oral-health"
    assert head["feed_url"] == f"{HUB}/topics/oral-health/feed.json"
    assert head["next_url"].endswith("?before=42&limit=5")
    assert head["authors"] == [{"name": "Example Clinic"}]
    assert head["hubs"] == [{"type": "WebSub", "url": "https://push.example/hub"}]
    assert head["language"] == "en"


def test_next_url_is_never_the_feed_itself() -> None:
    assert "next_url" not in read(QA, next_url=channel("json").feed_url)


def test_every_field_of_the_item() -> None:
    made = item(NEWS)
    assert made["id"] == NEWS.guid
    assert made["url"] == CONTEXT.article_url(NEWS.id)
    assert made["external_url"] == NEWS.canonical_url
    assert made["title"] == NEWS.title
    assert made["summary"] == NEWS.summary
    assert "opened on Monday" in made["content_html"]
    assert made["date_published"] == "2024-05-06T03:30:00Z"
    assert made["date_modified"] == "2024-05-06T07:00:00Z"
    assert made["image"] == "https://paper.example/bridge.jpg"
    assert [a["name"] for a in made["authors"]] == ["Lee Ferry", "Jo Ann O'Dell"]
    assert [a["mime_type"] for a in made["attachments"]] == [
        "image/jpeg",
        "video/mp4",
        "application/pdf",
    ]
    assert not any("size_in_bytes" in a for a in made["attachments"])


def test_an_article_without_a_date_has_the_time_the_hub_saw_it() -> None:
    assert item(ARABIC)["date_published"] == "2024-06-01T00:00:00Z"
    assert item(ARABIC)["language"] == "ar"


def test_an_article_without_content_has_text() -> None:
    bare = Article(id="abare", version=1, title="Bare", first_seen="2024-01-01")
    assert item(bare)["content_text"] == "Bare"
    assert "content_html" not in item(bare)


def test_categories_are_tags_and_say_why() -> None:
    made = item(QA)
    assert made["tags"] == ["Oral health", 'R&D "lab" <new>']
    assert made["_seealso"]["categories"][1] == {
        "slug": "r-and-d",
        "label": 'R&D "lab" <new>',
        "origin": "derived",
        "score": 0.61,
        "reason": "Its title names it.",
    }


def test_related_links_say_why() -> None:
    assert item(QA)["_seealso"]["related"][0] == {
        "url": f"{HUB}/articles/aother?x=1&y=2",
        "title": "Sensitive teeth & gums",
        "rel": "related",
        "reason": "Both: enamel.",
    }


def test_an_unfiled_entry_is_the_rendition_itself() -> None:
    bare = entry(JSON, QA, categories=(), related=())
    made = json.loads(JSON.assemble(channel("json"), [bare]))["items"]
    assert made == [json.loads(bare.rendition.body)]


def test_why_an_article_is_in_this_feed() -> None:
    asked = entry(JSON, QA, reason="It asks for this topic.", related=(Link("no address", "X"),))
    made = json.loads(JSON.assemble(channel("json"), [asked]))["items"][0]
    assert made["_seealso"]["reason"] == "It asks for this topic."
    assert "related" not in made["_seealso"]


def test_corrections_reviewers_series_and_rights_are_in_the_extension() -> None:
    assert item(CORRECTED)["_seealso"]["corrections"][0] == {
        "at": "2024-01-11",
        "text": "An earlier version said 17,000 steps.",
    }
    ours = item(QA)["_seealso"]
    assert ours["reviewers"] == [{"name": "Dr. Noor Hale"}, {"name": "Sam Pike"}]
    assert ours["reviewed"] == "2024-02-28"
    assert ours["series"] == {"title": "Ask a Dentist", "url": f"{HUB}/series/ask-a-dentist"}
    assert ours["rights"]["license"] == "CC BY 4.0"
    assert ours["publisher"]["url"] == "https://clinic.example/"


def test_related_topics_and_paging_are_in_the_feeds_extension() -> None:
    ours = read(QA, previous_url=f"{HUB}/p")["_seealso"]
    assert [topic["url"] for topic in ours["topics"]] == [
        f"{HUB}/topics/gums",
        f"{HUB}/topics/%D9%82%D9%88%D8%B3",
    ]
    assert ours["topics"][0]["reason"] == "Often asked together."
    assert ours["first_url"] == f"{HUB}/topics/oral-health/feed.json"
    assert ours["previous_url"] == f"{HUB}/p"


def test_a_withdrawn_article_is_listed_as_deleted() -> None:
    document = feed(JSON, QA, tombstones=TOMBSTONES)
    assert json.loads(document)["_seealso"]["deleted"] == [
        {"id": TOMBSTONES[0].guid, "when": "2024-06-02T10:00:00Z", "reason": "Wrong & unsafe"},
        {"id": TOMBSTONES[1].guid, "when": "2024-06-01T00:00:00Z"},
    ]
    assert check_jsonfeed(document) == []


def test_text_that_looks_like_json_stays_text() -> None:
    sly = replace(QA, title='x"}}]},"items":[{', summary="\\u0000\\")
    assert item(sly)["title"] == sly.title
    assert item(sly)["summary"] == sly.summary
