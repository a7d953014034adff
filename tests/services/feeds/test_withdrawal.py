"""A withdrawn article is gone at the next request, says so, and leaves its tombstones."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.services.feeds.house import House

FEEDS = (
    "/topics/compost/feed.rss",
    "/topics/compost/feed.atom",
    "/topics/compost/feed.json",
    "/topics/garden/feed.json",
    "/topics/worm-farms/related.json",
    "/articles/feed.json",
    "/articles/a2/related.json",
    "/series/garden-answers/feed.json",
    "/topics/leaf-mould/feed.json",
    "/topics/compost",
    "/topics/compost.json",
    "/articles",
    "/series/garden-answers",
    "/",
)
OWN = ("/articles/a1", "/articles/a1.rss", "/articles/a1.html", "/articles/a1.txt",
       "/articles/a1.json", "/articles/a1/fragment.html", "/articles/a1/related.json", "/articles/a1.whatever")  # fmt: skip


def test_it_is_gone_from_every_document_before_filing_has_even_looked(own_garden: House) -> None:
    for path in (*FEEDS, *OWN[:-1]):
        assert own_garden.get(path).status_code == 200, path
    own_garden.withdraw("a1", "It named the wrong plant")
    for path in FEEDS:
        answer = own_garden.get(path)
        assert answer.status_code == 200, path
        assert b"Turn it, and give it air" not in answer.data, path
        assert b"Compost that smells" not in answer.data, path
    for path in OWN:
        assert own_garden.get(path).status_code == 410, path
    own_garden.file()
    for path in FEEDS:
        answer = own_garden.get(path)
        assert answer.status_code in (200, 404), path  # a ghost that nobody names is no topic
        assert b"Compost that smells" not in answer.data, path


def test_the_410_has_a_body_that_gives_the_reason(own_garden: House) -> None:
    own_garden.withdraw("a1", "It named the wrong plant")
    page = own_garden.get("/articles/a1", Accept="text/html")
    assert page.mimetype == "text/html"
    assert "Compost that smells" in page.text
    assert "It named the wrong plant" in page.text
    assert "Turn it, and give it air" not in page.text
    problem = own_garden.get("/articles/a1.rss")
    assert problem.content_type == "application/problem+json"
    assert problem.json is not None
    assert problem.json["code"] == "withdrawn"
    assert problem.json["reason"] == "It named the wrong plant"
    head = own_garden.get("/articles/a1", method="HEAD")
    assert (head.status_code, head.data) == (410, b"")


@pytest.mark.parametrize("filed", [False, True])
def test_its_feeds_carry_a_tombstone(own_garden: House, filed: bool) -> None:
    (_, item) = own_garden.json_feed("/topics/compost/feed.json")["items"]
    own_garden.publish("a3", "Tyres", topics=("Cars",))
    own_garden.withdraw("a1", "It named the wrong plant")
    if filed:
        own_garden.file()
    for topic in ("compost", "garden"):
        root = etree.fromstring(own_garden.get(f"/topics/{topic}/feed.atom").data)
        (stone,) = root.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
        assert stone.get("ref") == item["id"]
        assert stone.get("when")
    series = etree.fromstring(own_garden.get("/series/garden-answers/feed.atom").data)
    assert len(series.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")) == 1
    other = etree.fromstring(own_garden.get("/topics/cars/feed.atom").data)
    assert not other.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")


@pytest.mark.parametrize("filed", [False, True])
def test_a_feed_that_an_edit_took_it_out_of_carries_its_tombstone_too(
    own_garden: House, filed: bool
) -> None:
    name = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"

    def stones() -> int:
        return len(etree.fromstring(own_garden.get("/topics/compost/feed.atom").data).findall(name))

    own_garden.publish("a5", "Heaps", topics=("Compost", "Garden"))
    own_garden.publish("a5", "Heaps", topics=("Garden",), body_html="<p>Not of compost.</p>")
    assert "a5" not in own_garden.ids("/topics/compost/feed.json")
    assert stones() == 0  # it has moved, and is not gone
    own_garden.publish("a5", "Heaps", topics=("Garden",), body_html="<p>Another edit.</p>")
    own_garden.withdraw("a5")
    if filed:
        own_garden.file()
    assert stones() == 1


def test_an_article_that_comes_back_under_a_topic_is_in_its_feed_again(own_garden: House) -> None:
    for topics in (("Compost",), ("Garden",), ("Compost",)):
        own_garden.publish("a5", "Heaps", topics=topics)
    assert "a5" in own_garden.ids("/topics/compost/feed.json")
    assert "a5" not in own_garden.ids("/topics/garden/feed.json")


def test_who_has_the_old_feed_gets_the_new_one(own_garden: House) -> None:
    before = own_garden.get("/topics/compost/feed.rss")
    own_garden.withdraw("a1")
    after = own_garden.get(
        "/topics/compost/feed.rss", If_Modified_Since=before.headers["Last-Modified"]
    )
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
