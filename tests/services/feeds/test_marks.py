"""A cache in front learns from the purge mark what of it is still good."""

from __future__ import annotations

from seealso_feeds.fast import STALE_SECONDS
from seealso_feeds.flow import Filing
from seealso_feeds.marks import SETTLING_SECONDS, Marks
from seealso_store import ledger, purges
from seealso_store.clock import now
from seealso_store.database import Database

from tests.services.feeds.house import HUB, House


class Time:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def renew(database: Database) -> None:
    with database.write() as tx:
        purges.renew(tx)


def test_a_mark_is_told_once_every_process_must_have_seen_what_it_stands_for(
    database: Database,
) -> None:
    assert SETTLING_SECONDS > STALE_SECONDS
    time = Time()
    marks = Marks(database, time)
    assert marks.settled() == ""
    time.at += SETTLING_SECONDS
    first = marks.settled()
    assert first
    renew(database)
    assert marks.settled() == ""
    time.at += SETTLING_SECONDS - 0.01
    assert marks.settled() == ""
    time.at += 0.01
    assert marks.settled() not in ("", first)


def test_a_process_that_was_not_asked_meanwhile_counts_from_when_it_looks(
    database: Database,
) -> None:
    time = Time()
    marks = Marks(database, time)
    marks.settled()
    renew(database)
    time.at += 10 * SETTLING_SECONDS
    assert marks.settled() == ""


def test_the_mark_is_the_same_for_every_process_and_never_comes_back(database: Database) -> None:
    seen = []
    for _ in range(50):
        renew(database)
        with database.read() as conn:
            seen.append(purges.mark(conn))
            assert purges.mark(conn) == seen[-1]
    assert len(set(seen)) == 50


def test_the_mark_is_asked_for_over_http(house: House) -> None:
    answer = house.get("/purge-mark")
    assert answer.status_code == 200
    assert answer.headers["Purge-Mark"] == ""  # this process has just begun
    assert answer.headers["Cache-Control"] == "no-store"


def test_filing_what_is_urgent_renews_the_mark_and_nothing_else_does(
    own_garden: House,
) -> None:
    def mark() -> str:
        with own_garden.database.read() as conn:
            return purges.mark(conn)

    before = mark()
    own_garden.publish("a3", "Worms in winter", topics=("Compost",), day=3)
    assert mark() == before
    with own_garden.database.write() as tx:
        ledger.open_rows(tx, "a3", 1, [ledger.FILING], lane=ledger.LANE_WITHDRAW, now=now())
    Filing(own_garden.database, hub_url=HUB).drain()
    assert mark() != before
