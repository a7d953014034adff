"""Every feed and the list of feeds, as they are served, judged by the checkers of the formats."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seealso_store.schema import topic
from sqlalchemy import select

from tests.plugins.feedcheck import check_atom, check_jsonfeed, check_opml, check_rss
from tests.services.feeds.house import House

CHECKS: dict[str, Callable[[bytes], list[str]]] = {
    "rss": check_rss,
    "atom": check_atom,
    "json": check_jsonfeed,
}
HOSTILE_LABEL = 'R&D <b>"lab"</b> &amp; \x01co \ufffe'


@pytest.fixture
def town(house: House) -> House:
    """Topics with friendly, foreign and hostile labels, a ghost, a series, a withdrawn article."""
    house.publish(
        "a1",
        "What does <b>bold</b> mean, R&D?",
        topics=("Compost", HOSTILE_LABEL, "أمراض القلب"),
        see_also=("Worm farms", "Leaf & <mould>"),
        series="Garden Answers",
        day=1,
        body_html="<p>It stands out &amp; is read.</p>",
    )
    house.publish("a2", "Worm farms", topics=("Compost",), day=2)
    house.publish("a3", "ما هو القلب؟", topics=("أمراض القلب", "Compost"), language="ar", day=3)
    house.publish("a4", "Wrong", topics=("Compost",), day=4)
    house.withdraw("a4", "It was wrong & unsafe")
    return house


def slugs(house: House) -> list[str]:
    with house.database.read() as conn:
        return [row.slug for row in conn.execute(select(topic.c.slug))]


def test_the_feeds_of_every_topic_are_valid(town: House) -> None:
    assert len(slugs(town)) >= 5
    for slug in slugs(town):
        for extension, check in CHECKS.items():
            for name in ("feed", "related"):
                answer = town.get(f"/topics/{slug}/{name}.{extension}")
                assert answer.status_code == 200, slug
                assert check(answer.data) == [], f"{slug}/{name}.{extension}"


OTHERS = (
    "/articles/feed.{}",
    "/articles/a1.{}",
    "/articles/a1/related.{}",
    "/series/garden-answers/feed.{}",
    "/topics/compost/feed.{}?limit=1",
    "/topics/compost/feed.{}?limit=2",
)


def test_every_other_feed_is_valid(town: House) -> None:
    for extension, check in CHECKS.items():
        for path in OTHERS:
            answer = town.get(path.format(extension))
            assert answer.status_code == 200, path
            assert check(answer.data) == [], path.format(extension)


def test_the_feeds_of_an_empty_hub_are_valid(house: House) -> None:
    for extension, check in CHECKS.items():
        assert check(house.get(f"/articles/feed.{extension}").data) == []
    assert check_opml(house.get("/topics.opml").data) == []


def test_the_list_of_feeds_is_valid(town: House) -> None:
    document = town.get("/topics.opml").data
    assert check_opml(document) == []
    assert b"R & D" in document.replace(b"&amp;", b"&")
