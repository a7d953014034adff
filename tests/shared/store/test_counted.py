"""What the store counts while it works: leases that ran out, and how long commits take."""

from __future__ import annotations

import pytest
from seealso_core import meters, metrics
from seealso_store import ledger
from seealso_store.clock import SECOND, now
from seealso_store.database import Database
from seealso_store.ledger import Claim, Opening


def expired(output: str) -> float:
    (shown,) = metrics.collected([meters.LEASES_EXPIRED])
    return sum(number for labels, number in shown.samples if labels["output"] == output)


def claim(database: Database, output: str, at: int) -> list[Claim]:
    with database.write() as tx:
        return ledger.claim(tx, output, limit=10, lease_seconds=10, now=at)


def test_a_lease_that_ran_out_is_counted_and_nothing_else_is(database: Database) -> None:
    at = now()
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    with database.write() as tx:
        ledger.open_many(
            tx, [Opening("a1", 1, correlation_id="request-1", traceparent=trace)], ["one"], now=at
        )
    (first,) = claim(database, "one", at)
    assert (first.correlation_id, first.traceparent) == ("request-1", trace)
    assert claim(database, "one", at + 5 * SECOND) == []
    assert expired("one") == 0
    (second,) = claim(database, "one", at + 11 * SECOND)
    assert (second.attempts, expired("one")) == (2, 1)

    with database.write() as tx:  # what fails and is tried again has not vanished
        ledger.fail(tx, second, error="raised", run_at=at + 20 * SECOND, now=at + 12 * SECOND)
    (third,) = claim(database, "one", at + 21 * SECOND)
    with database.write() as tx:
        ledger.release(tx, [third], at + 22 * SECOND)
    (fourth,) = claim(database, "one", at + 23 * SECOND)
    with database.write() as tx:
        ledger.settle(tx, [fourth], now=at + 24 * SECOND)
    assert expired("one") == 1


def test_each_commit_is_timed(database: Database) -> None:
    def count() -> float:
        (shown,) = metrics.collected([meters.COMMIT_SECONDS])
        return next(number for suffix, _, number in shown.parts if suffix == "_count")

    before = count()
    with database.write():
        pass
    with database.write():
        pass
    assert count() == before + 2


def rows(database: Database) -> dict[str, tuple[int, int]]:
    """(waiting, settled) by output, as /metrics has them."""
    with database.read() as conn:
        waiting = {output: count.waiting for output, count in ledger.unsettled(conn).items()}
        settled = ledger.settled(conn)
        whole = ledger.counts(conn)
    for output, count in whole.items():
        assert (count.waiting, count.settled) == (waiting[output], settled.get(output, 0))
    assert set(whole) == set(waiting)
    return {output: (waiting[output], settled.get(output, 0)) for output in waiting}


def work_of_three_outputs(database: Database) -> None:
    at = now()
    with database.write() as tx:
        ledger.open_many(tx, [Opening(f"a{n}", 1) for n in range(5)], ["b", "a", "c"], now=at)
    claims = claim(database, "b", at)
    with database.write() as tx:
        ledger.settle(tx, claims[:3], now=at)
        ledger.release(tx, claims[3:], at)


def test_what_the_index_tells_is_what_counting_tells(database: Database) -> None:
    assert rows(database) == {}
    work_of_three_outputs(database)
    assert rows(database) == {"a": (5, 0), "b": (2, 3), "c": (5, 0)}


@pytest.mark.live
def test_the_same_on_postgresql(postgres: Database) -> None:
    assert rows(postgres) == {}
    work_of_three_outputs(postgres)
    assert rows(postgres) == {"a": (5, 0), "b": (2, 3), "c": (5, 0)}
