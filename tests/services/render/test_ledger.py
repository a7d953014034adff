"""The ledger's promises, on both engines: leases, fences, lanes, back-fill, dead letters."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from seealso_sdk.model import Rendition
from seealso_sdk.plugin import OutputMeta
from seealso_store import ledger, outputs, renditions, schema
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.ledger import FILING, LANE_WITHDRAW, Counts, Opening
from seealso_store.outputs import InstalledOutput
from seealso_store.renditions import NewRendition

from tests.services.render.conftest import AddArticle

T0 = 1_700_000_000 * SECOND


def open_rows(
    db: Database, article_id: str, version: int = 1, *outs: str, lane: int = 1, now: int = T0
) -> None:
    with db.write() as tx:
        ledger.open_rows(tx, article_id, version, outs or ("text",), lane=lane, now=now)


def claim(
    db: Database, output: str = "text", *, limit: int = 10, now: int = T0, lease: float = 60
) -> list[ledger.Claim]:
    with db.write() as tx:
        return ledger.claim(tx, output, limit=limit, lease_seconds=lease, now=now)


def settle(db: Database, claims: list[ledger.Claim], now: int = T0) -> set[str]:
    with db.write() as tx:
        return ledger.settle(tx, claims, now=now)


def row(db: Database, article_id: str, output: str = "text") -> ledger.Row:
    with db.read() as conn:
        return next(r for r in ledger.rows(conn, article_id) if r.output == output)


def test_a_row_goes_from_waiting_to_leased_to_settled(db: Database) -> None:
    open_rows(db, "a1", 3)
    assert (row(db, "a1").state, row(db, "a1").wanted, row(db, "a1").settled) == ("waiting", 3, 0)
    claims = claim(db)
    assert [(c.article_id, c.version, c.attempts) for c in claims] == [("a1", 3, 1)]
    assert row(db, "a1").state == "leased"
    assert claim(db) == []
    assert settle(db, claims) == {"a1"}
    assert (row(db, "a1").state, row(db, "a1").settled, row(db, "a1").attempts) == ("settled", 3, 0)


def test_withdrawals_overtake_new_articles_and_those_the_back_fill(db: Database) -> None:
    open_rows(db, "a1", lane=2, now=T0 - 9)
    open_rows(db, "a2", lane=1, now=T0 - 5)
    open_rows(db, "a3", lane=1, now=T0 - 7)
    open_rows(db, "a4", lane=0, now=T0)
    assert [c.article_id for c in claim(db, limit=3)] == ["a4", "a3", "a2"]


def test_a_row_is_not_due_before_its_time(db: Database) -> None:
    open_rows(db, "a1", now=T0)
    with db.read() as conn:
        assert not ledger.due(conn, "text", T0 - 1)
        assert ledger.due(conn, "text", T0)
        assert not ledger.due(conn, "html", T0)
    assert claim(db, now=T0 - 1) == []


def test_an_expired_lease_is_taken_by_another_worker_and_the_zombie_is_refused(
    db: Database,
) -> None:
    open_rows(db, "a1")
    zombie = claim(db, lease=60)
    assert claim(db, now=T0 + 59 * SECOND) == []
    with db.read() as conn:
        assert ledger.due(conn, "text", T0 + 60 * SECOND)
    heir = claim(db, now=T0 + 60 * SECOND)
    assert heir[0].token > zombie[0].token
    assert heir[0].attempts == 2
    assert settle(db, zombie) == set()
    assert row(db, "a1").state == "leased"
    with db.write() as tx:
        assert not ledger.fail(tx, zombie[0], error="late", run_at=None, now=T0)
        assert ledger.release(tx, zombie, T0) == 0
    assert settle(db, heir) == {"a1"}
    assert settle(db, heir) == set(), "settling twice is settling once"


def test_a_claim_that_a_crash_took_back_is_not_given_out_again(db: Database) -> None:
    open_rows(db, "a1")
    lost = claim(db)
    with db.write() as tx:  # the server came back as it was before that claim
        same = sa.update(schema.ledger).where(schema.ledger.c.article_id == "a1")
        tx.execute(same.values(state="waiting", token=0, lease_until=0, attempts=0))
    heir = claim(db)
    assert heir[0].token != lost[0].token
    assert settle(db, lost) == set()
    assert settle(db, heir) == {"a1"}


def test_a_newer_version_wanted_while_leased_sends_the_row_back_to_waiting(db: Database) -> None:
    open_rows(db, "a1", 1)
    claims = claim(db)
    open_rows(db, "a1", 2)
    assert row(db, "a1").state == "leased"
    assert settle(db, claims) == {"a1"}
    after = row(db, "a1")
    assert (after.state, after.wanted, after.settled) == ("waiting", 2, 1)
    assert [c.version for c in claim(db)] == [2]


def test_a_failure_of_an_old_version_gives_the_new_one_its_own_attempts(db: Database) -> None:
    open_rows(db, "a1", 1)
    claims = claim(db)
    open_rows(db, "a1", 2)
    with db.write() as tx:
        assert ledger.fail(tx, claims[0], error="boom", run_at=None, now=T0)
    after = row(db, "a1")
    assert (after.state, after.attempts, after.error) == ("waiting", 0, None)


def test_an_older_version_never_replaces_what_is_wanted(db: Database) -> None:
    open_rows(db, "a1", 5)
    open_rows(db, "a1", 4)
    assert row(db, "a1").wanted == 5


def test_a_withdrawal_while_leased_voids_the_lease(db: Database) -> None:
    open_rows(db, "a1", 1, "text", "html")
    claims = claim(db)
    with db.write() as tx:
        ledger.withdraw(tx, "a1", 2, T0)
        ledger.open_rows(tx, "a1", 2, [FILING], lane=LANE_WITHDRAW, now=T0)
    assert settle(db, claims) == set()
    with db.read() as conn:
        states = {r.output: (r.state, r.wanted, r.settled) for r in ledger.rows(conn, "a1")}
    assert states == {
        "text": ("settled", 2, 2),
        "html": ("settled", 2, 2),
        "filing": ("waiting", 2, 0),
    }


def test_a_filing_row_that_was_settled_is_wanted_again_by_the_withdrawal(db: Database) -> None:
    open_rows(db, "a1", 1, FILING)
    settle(db, claim(db, FILING))
    with db.write() as tx:
        ledger.withdraw(tx, "a1", 2, T0)
        ledger.open_rows(tx, "a1", 2, [FILING], lane=LANE_WITHDRAW, now=T0)
    assert [(c.version, c.lane) for c in claim(db, FILING)] == [(2, 0)]


def test_what_was_not_tried_is_given_back_without_an_attempt(db: Database) -> None:
    open_rows(db, "a1")
    claims = claim(db)
    with db.write() as tx:
        assert ledger.release(tx, claims, T0) == 1
    assert (row(db, "a1").state, row(db, "a1").attempts) == ("waiting", 0)
    assert settle(db, claims) == set()
    assert len(claim(db)) == 1


def test_reopened_rows_are_worked_on_again_even_while_leased(db: Database) -> None:
    for name in ("a1", "a2", "a3"):
        open_rows(db, name)
    held = claim(db, limit=1)
    with db.write() as tx:
        assert ledger.reopen(tx, "text", ["a1", "a2"], now=T0) == 2
        assert ledger.reopen(tx, "text", [], now=T0) == 0
    assert settle(db, held) == set()
    assert sorted(c.article_id for c in claim(db)) == ["a1", "a2", "a3"]
    with db.write() as tx:
        assert ledger.reopen(tx, "text", now=T0) == 3


def test_a_failure_waits_for_its_time_and_a_last_one_is_a_dead_letter(
    db: Database, add_article: AddArticle
) -> None:
    add_article("a1", title="A title")
    open_rows(db, "a1")
    first = claim(db)[0]
    with db.write() as tx:
        ledger.fail(tx, first, error="e" * 9000, run_at=T0 + SECOND, now=T0)
    assert claim(db, now=T0) == []
    assert len(row(db, "a1").error or "") == ledger.ERROR_MAX
    second = claim(db, now=T0 + SECOND)[0]
    assert second.attempts == 2
    with db.write() as tx:
        ledger.fail(tx, second, error="no hope", run_at=None, now=T0 + SECOND)
    with db.read() as conn:
        assert ledger.dead(conn) == [
            ledger.DeadLetter("a1", "text", "A title", 1, 2, "no hope", T0 + SECOND)
        ]
        assert ledger.dead(conn, output="html") == []
        assert ledger.counts(conn) == {"text": Counts(dead=1)}
    assert claim(db, now=T0 + 10**15) == []


def test_dead_letters_are_replayed_or_dropped_by_output_and_article(db: Database) -> None:
    for name in ("a1", "a2", "a3"):
        open_rows(db, name, 1, "text", "html")
    for output in ("text", "html"):
        for c in claim(db, output):
            with db.write() as tx:
                ledger.fail(tx, c, error="boom", run_at=None, now=T0)
    with db.write() as tx:
        assert ledger.replay(tx, output="text", article_id="a1", now=T0) == 1
        assert ledger.drop(tx, output="html", now=T0) == 3
        assert ledger.replay(tx, output="html", now=T0) == 0
        assert ledger.replay(tx, now=T0) == 2
    assert row(db, "a2", "html").error == "dropped by an operator: boom"
    with db.read() as conn:
        assert ledger.counts(conn) == {"html": Counts(settled=3), "text": Counts(waiting=3)}


def test_the_oldest_due_row_of_each_lane_is_known(db: Database) -> None:
    open_rows(db, "a1", lane=0, now=T0)
    open_rows(db, "a2", lane=1, now=T0 + 5 * SECOND)
    with db.read() as conn:
        assert ledger.oldest_due(conn, T0 + 7 * SECOND) == {0: 7.0, 1: 2.0}


def test_a_batch_of_articles_is_opened_in_one_call(db: Database) -> None:
    with db.write() as tx:
        ledger.open_many(
            tx,
            [Opening(f"a{i}", 1, correlation_id="c") for i in range(50)],
            ["text", "rss", "text"],
            now=T0,
        )
        ledger.open_many(tx, [], ["text"], now=T0)
    with db.read() as conn:
        assert ledger.counts(conn) == {"rss": Counts(waiting=50), "text": Counts(waiting=50)}
    assert {c.correlation_id for c in claim(db, limit=7)} == {"c"}


META = OutputMeta(
    name="md", title="Markdown", extension="md", media_type="text/markdown", version="1"
)


def installed(status: str = "enabled", version: str = "1") -> InstalledOutput:
    meta = OutputMeta.from_dict(META.to_dict() | {"version": version})
    return InstalledOutput("md", status, "" if status == "enabled" else "why", meta)


def record(db: Database, *found: InstalledOutput) -> list[str]:
    with db.write() as tx:
        return outputs.record(tx, found, now=T0)


def test_a_new_output_back_fills_the_archive_behind_new_articles(
    db: Database, add_article: AddArticle
) -> None:
    for i in range(3):
        add_article(f"a{i}", version=i + 1)
    add_article("gone", status="withdrawn")
    assert record(db, installed()) == ["md"]
    with db.read() as conn:
        assert outputs.enabled(conn) == ["md"]
    with db.write() as tx:
        assert ledger.backfill(tx, "md", T0, "1") == 3
    open_rows(db, "new", 1, "md")
    assert [(c.article_id, c.version, c.lane) for c in claim(db, "md")] == [
        ("new", 1, 1),
        ("a0", 1, 2),
        ("a1", 2, 2),
        ("a2", 3, 2),
    ]


def test_a_back_fill_leaves_out_what_the_same_plugin_version_has_rendered(
    db: Database, add_article: AddArticle
) -> None:
    add_article("a1")
    add_article("a2")
    open_rows(db, "a1", 1, "md")
    claims = claim(db, "md")
    with db.write() as tx:
        done = ledger.settle(tx, claims, now=T0)
        renditions.store_many(
            tx, [NewRendition("a1", "md", 1, "1", Rendition(b"x"))], done, output="md", now=T0
        )
    with db.write() as tx:
        assert ledger.backfill(tx, "md", T0, "1") == 1
        assert ledger.backfill(tx, "md", T0, "2") == 2


def test_what_is_installed_is_written_down_once_and_changes_are_noticed(db: Database) -> None:
    assert record(db, installed()) == ["md"]
    assert record(db, installed()) == []
    assert record(db, installed(version="2")) == ["md"]
    assert record(db, installed("failed", "2")) == []
    with db.read() as conn:
        assert outputs.enabled(conn) == []
        assert outputs.listing(conn)[0].reason == "why"
    assert record(db, installed(version="2")) == ["md"], (
        "back again: what came meanwhile is missing"
    )
    assert record(db) == []
    with db.read() as conn:
        assert [(o.name, o.status, o.version) for o in outputs.listing(conn)] == [
            ("md", "missing", "2")
        ]


def test_rows_of_a_removed_output_do_not_wait_for_ever(db: Database) -> None:
    record(db, installed())
    open_rows(db, "a1", 1, "md")
    record(db)
    with db.read() as conn:
        assert ledger.counts(conn) == {}


def test_a_rendition_is_stored_only_where_the_lease_held(db: Database) -> None:
    made = [
        NewRendition(f"a{i}", "text", 1, "1", Rendition(b"body", {"part": b"\xff"})) for i in (1, 2)
    ]
    with db.write() as tx:
        assert renditions.store_many(tx, made, {"a1"}, output="text", now=T0) == 1
    with db.read() as conn:
        stored = renditions.get(conn, "a1", "text")
        assert stored is not None
        assert stored.rendition == Rendition(b"body", {"part": b"\xff"})
        assert renditions.get(conn, "a2", "text") is None
        assert renditions.hashes(conn, ["a1", "a2"], "text") == {"a1": stored.hash}
        assert list(renditions.get_many(conn, ["a1", "a2"], "text")) == ["a1"]


def test_equal_bytes_keep_their_hash_and_date_and_older_versions_do_not_overwrite(
    db: Database,
) -> None:
    def store(version: int, body: bytes, now: int) -> renditions.StoredRendition:
        with db.write() as tx:
            new = NewRendition("a1", "text", version, "1", Rendition(body))
            renditions.store_many(tx, [new], {"a1"}, output="text", now=now)
        with db.read() as conn:
            stored = renditions.get(conn, "a1", "text")
        assert stored is not None
        return stored

    first = store(2, b"same", T0)
    again = store(3, b"same", T0 + 5)
    assert (again.hash, again.created, again.version) == (first.hash, T0, 3)
    assert store(1, b"older", T0 + 9) == again
    assert store(4, b"other", T0 + 9).created == T0 + 9


def test_the_hash_tells_parts_from_body() -> None:
    one = renditions.rendition_hash(Rendition(b"a", {"p": b"b"}))
    assert one != renditions.rendition_hash(Rendition(b"ab"))
    assert one != renditions.rendition_hash(Rendition(b"a", {"q": b"b"}))
    assert one == renditions.rendition_hash(Rendition(b"a", {"p": b"b"}))


@pytest.mark.parametrize("workers", [4])
def test_two_claimers_never_share_a_row(db: Database, workers: int) -> None:
    with db.write() as tx:
        ledger.open_many(tx, [Opening(f"a{i:03}", 1) for i in range(200)], ["text"], now=T0)
    taken: list[str] = []
    settled: list[str] = []
    start = threading.Barrier(workers)

    def work() -> None:
        start.wait()
        while claims := claim(db, limit=7):
            taken.extend(c.article_id for c in claims)
            settled.extend(settle(db, claims))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"a{i:03}" for i in range(200)]
    assert sorted(settled) == sorted(taken)
