"""A clock that ran three days ahead, or back, freezes nothing once it is right again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from seealso_sdk.plugin import OutputMeta
from seealso_store import deliveries, future, ledger, outputs
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.outputs import InstalledOutput
from seealso_store.schema import delivery
from seealso_store.schema import ledger as table

NOW = 1_760_000_000 * SECOND
DAY = 86_400 * SECOND
LEASE = 60


@pytest.fixture
def hub(database: Database) -> Database:
    meta = OutputMeta(name="rss", title="RSS", extension="rss", media_type="text/xml", version="1")
    with database.write() as tx:
        outputs.record(tx, [InstalledOutput("rss", "enabled", "", meta)], now=NOW)
    return database


def opened(db: Database, at: int, *names: str) -> None:
    with db.write() as tx:
        for name in names:
            ledger.open_rows(tx, name, 1, ["rss", ledger.FILING], now=at)


def claimed(db: Database, at: int, limit: int = 100) -> list[ledger.Claim]:
    with db.write() as tx:
        return ledger.claim(tx, "rss", limit=limit, lease_seconds=LEASE, now=at)


def brought_back(db: Database, at: int) -> int:
    with db.read() as conn:
        found = future.found(conn, at)
    with db.write() as tx:
        rows = future.bring_back(tx, at)
    assert found == bool(rows)
    return rows


def test_what_came_in_while_the_clock_was_ahead_is_due_at_once(hub: Database) -> None:
    opened(hub, NOW + 3 * DAY, "a", "b")
    assert claimed(hub, NOW) == []
    assert brought_back(hub, NOW) == 4
    assert {c.article_id for c in claimed(hub, NOW)} == {"a", "b"}


def test_a_lease_of_then_runs_out_within_its_own_length(hub: Database) -> None:
    opened(hub, NOW, "a")
    assert claimed(hub, NOW + 3 * DAY)
    assert claimed(hub, NOW + 2 * LEASE * SECOND) == [], "for three days"
    assert brought_back(hub, NOW) == 1
    assert claimed(hub, NOW + LEASE * SECOND - 1) == []
    assert claimed(hub, NOW + LEASE * SECOND)


def test_a_try_keeps_its_distance(hub: Database) -> None:
    opened(hub, NOW, "a")
    ahead = NOW + 3 * DAY
    (claim,) = claimed(hub, ahead)
    with hub.write() as tx:
        ledger.fail(tx, claim, error="e", run_at=ahead + 600 * SECOND, now=ahead)
    assert brought_back(hub, NOW) == 1
    assert claimed(hub, NOW + 599 * SECOND) == []
    assert claimed(hub, NOW + 600 * SECOND)


def test_what_waits_for_its_next_try_by_a_clock_that_is_right_is_left_alone(hub: Database) -> None:
    opened(hub, NOW, "a", "b")
    for number, claim in enumerate(claimed(hub, NOW)):
        with hub.write() as tx:
            ledger.fail(tx, claim, error="e", run_at=NOW + (number + 1) * DAY, now=NOW)
    assert brought_back(hub, NOW) == 0
    assert brought_back(hub, NOW - 20 * SECOND) == 0, "clocks are set by seconds all the time"


def test_a_clock_that_was_behind_only_makes_things_due(hub: Database) -> None:
    opened(hub, NOW - 3 * DAY, "a")
    (claim,) = claimed(hub, NOW - 3 * DAY)
    assert brought_back(hub, NOW) == 0
    (again,) = claimed(hub, NOW)
    assert again.token > claim.token, "whoever held it can't write"


def test_mail_of_then_goes_out_and_what_was_being_sent_is_not_sent_again(hub: Database) -> None:
    ahead = NOW + 3 * DAY
    with hub.write() as tx:
        deliveries.open_rows(tx, "i1", [("r1", "<1@x>"), ("r2", "<2@x>")], now=ahead)
        sending = delivery.c.subscriber_id == "r2"
        tx.execute(
            delivery.update()
            .where(sending)
            .values(state="sending", lease_until=ahead + 120 * SECOND, updated=ahead)
        )
    assert brought_back(hub, NOW) == 2
    with hub.write() as tx:
        assert deliveries.give_up_lost(tx, now=NOW + 121 * SECOND) == 1
        states = dict(map(tuple, tx.execute(sa.select(delivery.c.subscriber_id, delivery.c.state))))
        (run_at,) = tx.execute(sa.select(delivery.c.run_at).where(~sending)).scalars()
    assert states == {"r1": "waiting", "r2": "uncertain"}
    assert run_at == NOW


def test_the_look_each_second_goes_through_an_index(hub: Database) -> None:
    with hub.read() as conn:
        for where_table, where in future._dated(conn, NOW):
            query = sa.select(sa.literal(1)).select_from(where_table).where(where).limit(1)
            text = str(query.compile(conn, compile_kwargs={"literal_binds": True}))
            plan = " ".join(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
            assert "SEARCH" in plan, plan
            assert "SCAN ledger" not in plan
    assert table.c.run_at in {c for i in table.indexes for c in i.columns}
