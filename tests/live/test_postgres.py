"""What only PostgreSQL does: claims that never wait, conflicts that are solved inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_core.messages import Wake
from seealso_feeds.flow import Filing
from seealso_ingest.flow import Ingest
from seealso_render.flow import Render
from seealso_render.settings import RenderSettings
from seealso_sdk.model import RawInput
from seealso_store import database as databases
from seealso_store import ledger
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.errors import StoreUnavailable

pytestmark = pytest.mark.live

# The first two times that a row is touched, the server ends the transaction as if in a deadlock:
# a sequence counts on through a rollback.
QUARREL = """
CREATE SEQUENCE quarrels;
CREATE FUNCTION quarrel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('quarrels') <= 2 THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER quarrel BEFORE INSERT OR UPDATE ON ledger FOR EACH STATEMENT
    EXECUTE FUNCTION quarrel();
"""


class Quiet:
    """Wakes nobody."""

    def nudge(self, *wakes: Wake) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[PluginHost]:
    made = PluginHost(registry.load())
    yield made
    made.close()


def posted(*numbers: int) -> RawInput:
    lines = "\n".join(
        f'{{"external_id": "n{n}", "title": "Note {n}", "text": "Some words.", "topics": ["Notes"]}}'
        for n in numbers
    )
    return RawInput(data=lines.encode(), media_type="application/x-ndjson", source="test")


def quarrels(db: Database, sql: str) -> None:
    with db.write() as tx:
        tx.exec_driver_sql(sql)


def test_a_conflict_is_solved_inside_at_every_step_of_the_line(
    postgres: Database, host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "FIRST_PAUSE_SECONDS", 0.001)
    ingest = Ingest(postgres, host, Quiet())
    render = Render(postgres, host, RenderSettings())
    filing = Filing(postgres, hub_url="https://press.example")
    render.register()
    quarrels(postgres, QUARREL)

    def again() -> None:
        quarrels(postgres, "ALTER SEQUENCE quarrels RESTART")

    receipt = ingest.accept(posted(1, 2, 3))
    assert [one.change for one in receipt.accepted] == ["created"] * 3
    assert receipt.rejected == ()
    again()
    assert render.run_once("rss") == 3
    again()
    assert filing.run_once() == 3
    again()
    ingest.withdraw(receipt.accepted[0].id, "Wrong.")
    with postgres.read() as conn:
        counts = ledger.counts(conn)
    assert counts["rss"] == ledger.Counts(settled=3)
    assert counts[ledger.FILING] == ledger.Counts(waiting=1, settled=2)


def test_two_who_claim_at_once_get_different_rows_and_neither_waits(
    postgres: Database, host: PluginHost
) -> None:
    Render(postgres, host, RenderSettings()).register()
    Ingest(postgres, host, Quiet()).accept(posted(*range(10)))
    soon = postgres.now() + SECOND
    with postgres.write() as one, postgres.write() as other:
        other.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")  # a wait would raise
        first = ledger.claim(one, "rss", limit=6, lease_seconds=60, now=soon)
        second = ledger.claim(other, "rss", limit=6, lease_seconds=60, now=soon)
    assert (len(first), len(second)) == (6, 4)
    assert {c.article_id for c in first}.isdisjoint(c.article_id for c in second)


def test_a_worker_that_sleeps_in_a_transaction_holds_its_locks_no_longer_than_the_timeout(
    postgres: Database,
) -> None:
    with postgres.write() as tx:
        tx.exec_driver_sql("INSERT INTO hub VALUES ('row', 'here')")

    def lock(tx: sa.Connection) -> None:
        tx.exec_driver_sql("SELECT 1 FROM hub WHERE name = 'row' FOR UPDATE")

    def sleep_on_it() -> None:
        with postgres.write() as sleeper:
            sleeper.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
            lock(sleeper)
            postgres.transact(lock)  # waits for the sleeper, whom the server ends
            lock(sleeper)

    with pytest.raises(StoreUnavailable):
        sleep_on_it()
