"""Whom a withdrawal has reached: who had the article and has not asked since."""

from __future__ import annotations

from typing import Any

import pytest
from seealso_feeds import reach
from seealso_feeds.reach import MARGIN_SECONDS, PATIENCE_SECONDS, Reads, Unreached
from seealso_store.clock import SECOND, now
from seealso_store.database import Database

from tests.services.feeds.house import House
from tests.services.feeds.test_channels import ask, opened, path_of

LATER = (PATIENCE_SECONDS + 1) * SECOND


@pytest.fixture
def shop(own_garden: House) -> House:
    assert ask(own_garden, "POST", "/api/partners", {"name": "Green Paper"}).status_code == 201
    return own_garden


def unreached(house: House, at: int) -> tuple[Unreached, ...]:
    with house.database.read() as conn:
        return reach.unreached(conn, at)


def read(house: House, channel: Any, output: str = "atom", *, ago: float = 0) -> None:
    """The partner asked for its feed, so many seconds ago; the note is written down.

    What is withdrawn in the next seconds may not have been in what it got (MARGIN_SECONDS).
    """
    noted = Reads(house.database)
    noted.note(channel["secret"], output, now() - int(ago * SECOND))
    noted.write_down()


def test_who_had_an_article_and_has_not_asked_since_is_told_after_a_quarter_of_an_hour(
    shop: House,
) -> None:
    channel = opened(shop)
    read(shop, channel)
    shop.withdraw("a1", "It named the wrong plant")
    assert unreached(shop, now()) == ()
    (one,) = unreached(shop, now() + LATER)
    assert (one.partner, one.channel_id) == ("green-paper", channel["id"])
    assert (one.output, one.article_id) == ("atom", "a1")
    assert one.last_read <= one.withdrawn_at
    shop.file()  # its filings are tombstones from here on
    assert unreached(shop, now() + LATER) == (one,)
    assert len(unreached(shop, now() + 89 * 86_400 * SECOND)) == 1
    assert unreached(shop, now() + 91 * 86_400 * SECOND) == ()  # nor has its feed the tombstone


def test_who_asks_again_is_reached_and_each_output_asks_for_itself(shop: House) -> None:
    channel = opened(shop)
    read(shop, channel, "atom")
    read(shop, channel, "rss")
    shop.withdraw("a1")
    assert {one.output for one in unreached(shop, now() + LATER)} == {"atom", "rss"}
    read(shop, channel, "atom", ago=-MARGIN_SECONDS - 1)
    assert {one.output for one in unreached(shop, now() + LATER)} == {"rss"}


def test_who_never_had_it_is_not_told(shop: House) -> None:
    channel, other = opened(shop), opened(shop, topics=["garden"])
    opened(shop)  # never read
    read(shop, other)
    shop.publish("a9", "Bark mulch", topics=("Compost",), day=9)
    shop.withdraw("a9")
    assert unreached(shop, now() + LATER) == ()  # not of its topics
    read(shop, channel, ago=86_400 * 365 * 30)  # before there was such an article
    assert unreached(shop, now() + LATER) == ()


def test_a_channel_that_was_closed_is_not_called(shop: House) -> None:
    channel = opened(shop)
    read(shop, channel)
    shop.withdraw("a1")
    assert ask(shop, "DELETE", f"/api/channels/{channel['id']}").status_code == 200
    assert unreached(shop, now() + LATER) == ()


def test_a_poll_is_noted_and_the_api_and_the_metric_tell(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    monkeypatch.setattr(
        Reads, "_write", lambda self, stopping: written.append(self.write_down()) or 0
    )
    monkeypatch.setattr(reach, "_MARGIN", 0)
    monkeypatch.setattr(reach, "_PATIENCE", 0)
    channel = opened(shop)
    assert shop.get(path_of(channel, "json")).status_code == 200
    _until(lambda: sum(written) == 1)
    shop.withdraw("a1")
    answer = ask(shop, "GET", "/api/partners/unreached")
    (told,) = answer.json["unreached"]  # type: ignore[index]
    assert (told["partner"], told["output"], told["article_id"]) == ("green-paper", "json", "a1")
    assert told["last_read"] <= told["withdrawn_at"]  # whole seconds
    (metric,) = reach.metrics(shop.database)
    assert metric.samples == (({}, 1.0),)


def test_what_could_not_be_written_is_written_the_next_time(
    shop: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seealso_store.errors import StoreUnavailable

    channel = opened(shop)
    noted = Reads(shop.database)
    monkeypatch.setattr(reach, "Loop", _Idle)
    noted.note(channel["secret"], "atom", now())

    def away(self: Database, work: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "transact", away)
        with pytest.raises(StoreUnavailable):
            noted.write_down()
    assert noted.write_down() == 1


class _Idle:
    """A loop that never turns."""

    is_alive = True

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def start(self) -> None:
        pass


def _until(true: Any) -> None:
    import time

    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
