"""One article from two sources: two origins, and a copy never lies over the original."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from seealso_ingest.drafting import drafted
from seealso_ingest.flow import Ingest
from seealso_ingest.receipts import Receipt
from seealso_ingest.speaking import is_copy
from seealso_sdk.model import Article, RawArticle, RawInput
from seealso_store import articles, origins
from seealso_store.database import Database
from seealso_store.origins import Origin

from tests.services.ingest.conftest import Clock

HERE = "https://www.press.example/dew"


def item(source: str, text: str = "Water from the air.", **fields: Any) -> RawInput:
    """An item of a feed that is at home on its source's own site, or at an aggregator."""
    place = "https://feeds.press.example/all" if source == "press" else "https://mirror.example/f"
    known = {"external_id": f"{source}-1", "title": "Dew", "url": HERE, "text": text, **fields}
    article = RawArticle.from_dict(known)
    data = json.dumps({k: v for k, v in article.to_dict().items() if v}).encode()
    return RawInput(data=data, media_type="application/json", source=source, url=place)


def sent(ingest: Ingest, *inputs: RawInput) -> list[Receipt]:
    return [ingest.accept(one) for one in inputs]


def now_is(database: Database) -> Article:
    with database.read() as conn:
        (article_id,) = set(
            articles.names(conn, [f"url:{HERE}", "url:https://press.example/dew"]).values()
        )
        found = articles.current(conn, article_id)
    assert found is not None
    return found


def sources_of(database: Database) -> list[str]:
    found = now_is(database)
    with database.read() as conn:
        return [one.source for one in origins.of(conn, [found.id]).get(found.id, [])]


def count(database: Database) -> int:
    with database.read() as conn:
        return sum(articles.counts(conn).values())


def changes(receipts: list[Receipt]) -> list[str]:
    return [one.change for receipt in receipts for one in receipt.accepted]


def test_the_same_article_from_two_sources_is_one_with_two_origins(
    database: Database, ingest: Ingest, client: FlaskClient, clock: Clock
) -> None:
    receipts = sent(ingest, item("press"))
    clock.forward(60)
    receipts += sent(ingest, item("mirror", "Water. Read on at the Press."))
    assert changes(receipts) == ["created", "unchanged"]
    assert count(database) == 1
    found = now_is(database)
    assert (found.body_text, found.source) == ("Water from the air.", "press")
    shown = client.get(f"/api/articles/{found.id}").get_json()["origins"]
    assert [(one["source"], one["external_id"], one["url"]) for one in shown] == [
        ("press", "press-1", HERE),
        ("mirror", "mirror-1", HERE),
    ]


def test_the_original_takes_over_from_a_copy_that_came_first(
    database: Database, ingest: Ingest
) -> None:
    receipts = sent(
        ingest, item("mirror", "Half of it."), item("press", "All of it."), item("mirror", "Half.")
    )
    assert changes(receipts) == ["created", "updated", "unchanged"]
    found = now_is(database)
    assert (found.body_text, found.source, found.external_id) == ("All of it.", "press", "press-1")


def test_a_copy_taken_back_leaves_the_article_and_its_own_source_takes_it_out(
    database: Database, ingest: Ingest
) -> None:
    sent(ingest, item("press"), item("mirror"))
    gone = {"withdrawn": True, "title": ""}
    sent(ingest, item("mirror", "", **gone))
    assert (now_is(database).status, sources_of(database)) == ("published", ["press"])
    sent(ingest, item("press", "", **gone))
    assert now_is(database).status == "withdrawn"
    (refused,) = ingest.accept(item("mirror", "Still here.")).rejected
    assert refused.code == "withdrawn"
    assert now_is(database).status == "withdrawn"


def test_two_ids_of_one_source_stay_two_whatever_address_they_share(
    database: Database, ingest: Ingest
) -> None:
    receipts = sent(
        ingest, item("press"), item("mirror"), item("mirror", "Other.", external_id="mirror-2")
    )
    assert changes(receipts) == ["created", "unchanged", "created"]
    assert count(database) == 2


def test_the_address_of_a_whole_site_makes_no_two_articles_one(
    database: Database, ingest: Ingest
) -> None:
    front = "https://press.example/"
    sent(ingest, item("press", url=front), item("mirror", url=front, title="MRI"))
    assert count(database) == 2


def test_what_is_seen_again_within_the_hour_writes_nothing(
    database: Database, ingest: Ingest, clock: Clock
) -> None:
    sent(ingest, item("press"), item("mirror"))
    writes: list[str] = []

    def noted(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE"):
            writes.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", noted)
    clock.forward(60)
    sent(ingest, item("press"), item("mirror"))
    assert writes == []
    clock.forward(3600)
    sent(ingest, item("press"))
    assert len(writes) == 1
    sa.event.remove(database.engine, "before_cursor_execute", noted)
    assert sorted(sources_of(database)) == ["mirror", "press"]


@dataclass
class _Told:
    """What the original said, by the hour, for the check of a history."""

    last: int = 0
    texts: set[str] = field(default_factory=set)


@pytest.mark.parametrize("seed", range(12))
def test_shuffled_histories_of_two_sources_end_as_the_original_says(
    database: Database, ingest: Ingest, clock: Clock, seed: int
) -> None:
    rng = random.Random(seed)
    events = [("press", hour) for hour in range(5)] + [("mirror", hour) for hour in range(5)]
    events += rng.choices(events, k=4)
    rng.shuffle(events)
    ends_withdrawn = bool(seed % 2)
    if ends_withdrawn:
        events.insert(rng.randrange(3, len(events)), ("press", -1))
    told, withdrawn = _Told(), False
    for source, hour in events:
        clock.forward(1)
        if hour < 0:
            ingest.accept(item(source, "", title="", withdrawn=True))
            withdrawn = True
            continue
        at = f"2025-10-01T{hour:02d}:00:00+00:00"
        ingest.accept(item(source, f"{source} says {hour}", updated=at))
        if source == "press" and not withdrawn:
            told.last = max(told.last, hour)
            told.texts.add(f"press says {told.last}")
        found = now_is(database)
        assert count(database) == 1
        if withdrawn:
            assert found.status == "withdrawn"
        elif told.texts and found.source == "press":
            assert found.body_text == f"press says {told.last}"
    assert now_is(database).status == ("withdrawn" if ends_withdrawn else "published")


sources = st.sampled_from(["press", "mirror", "wire"])
ids = st.sampled_from([None, "1"])


@given(sources, ids, sources, ids, st.booleans(), st.booleans())
def test_of_two_sources_exactly_one_speaks(
    one: str, one_id: str | None, two: str, two_id: str | None, one_home: bool, two_home: bool
) -> None:
    there = [
        Origin(article_id="a", source=one, external_id=one_id, url=None, home=int(one_home),
               first_seen=1, last_seen=1)
    ]  # fmt: skip
    place = "https://press.example/f" if two_home else "https://mirror.example/f"
    raw = RawArticle(title="Dew", external_id=two_id, canonical_url="https://press.example/dew")
    draft = drafted(raw, source=two, base=place, own=False)
    assert draft.home is two_home
    copy = is_copy(draft, one, one_id, there)
    if one == two or not (one_id and two_id):
        assert not copy
    else:
        assert copy is (one_home or not two_home)
