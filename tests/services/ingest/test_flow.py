"""Ingest end to end over real plugins and a real database: one commit says it all."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from typing import Any

import pytest
from seealso_core.host import PluginHost
from seealso_core.log import is_correlation_id
from seealso_core.messages import Wake
from seealso_ingest.errors import ArticleUnknown, InputRefused, NotWithdrawn
from seealso_ingest.flow import Ingest
from seealso_ingest.receipts import Receipt
from seealso_ingest.websub import WebSub
from seealso_ingest.worker import Worker
from seealso_sdk.model import Article, RawInput, Rendition
from seealso_store import articles, ledger, renditions
from seealso_store.database import Database
from seealso_store.renditions import NewRendition

from tests.services.ingest.conftest import START, Clock, Nudges, enable

NDJSON = "application/x-ndjson"


def record(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "external_id": str(number),
        "title": f"How a lens is ground, part {number}",
        "html": f"<p>Part {number} of the story.</p>",
        **fields,
    }


def posted(*records: dict[str, Any] | bytes) -> RawInput:
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
    return RawInput(data=b"\n".join(lines), media_type=NDJSON)


def changes(receipt: Receipt) -> list[str]:
    return [one.change for one in receipt.accepted]


def get(database: Database, article_id: str) -> Article:
    with database.read() as conn:
        found = articles.current(conn, article_id)
    assert found is not None
    return found


def states(database: Database, article_id: str) -> dict[str, tuple[str, int, int]]:
    with database.read() as conn:
        return {r.output: (r.state, r.wanted, r.lane) for r in ledger.rows(conn, article_id)}


def test_what_is_accepted_is_stored_with_the_work_that_it_causes(
    database: Database, ingest: Ingest, nudges: Nudges
) -> None:
    receipt = ingest.accept(posted(record()), "c1")
    (one,) = receipt.accepted
    assert (one.version, one.change, receipt.rejected) == (1, "created", ())
    assert get(database, one.id).body_html == "<p>Part 1 of the story.</p>"
    assert states(database, one.id) == {
        "filing": ("waiting", 1, 1),
        "rss": ("waiting", 1, 1),
        "text": ("waiting", 1, 1),
    }
    assert nudges.wakes == [
        Wake("render", "rss", (one.id,), "c1"),
        Wake("render", "text", (one.id,), "c1"),
        Wake("feeds", "filing", (one.id,), "c1"),
    ]


def test_the_same_again_causes_nothing(
    database: Database, ingest: Ingest, nudges: Nudges, clock: Clock
) -> None:
    first = ingest.accept(posted(record()))
    nudges.wakes.clear()
    clock.forward(60)
    before = states(database, first.accepted[0].id)
    again = ingest.accept(posted(record()))
    assert changes(again) == ["unchanged"]
    assert again.accepted[0].id == first.accepted[0].id
    assert nudges.wakes == []
    assert states(database, first.accepted[0].id) == before
    with database.read() as conn:
        assert len(articles.versions(conn, first.accepted[0].id)) == 1


def test_a_batch_with_poison_in_it_loses_only_the_poison(
    database: Database, ingest: Ingest
) -> None:
    poison: list[dict[str, Any] | bytes] = [
        b'{"broken": ',
        record(2, title="x" * 1_000_000),
        record(3, html="<div>" * 5000),
        record(4, published="the day before yesterday"),
        b"\xff\xfe\x00",
        b'"a string"',
        record(5, title=7),
        record(6, embargo_until="2025-13-45"),
        record(7, see_also="not a list"),
        b"[" * 100_000,
        b'{"title": NaN}',
    ]
    good = [
        record(20, title="a\x0bb ]]> \ud800 c"),
        record(21, html="<script>alert(1)</script><p onclick=x>fine"),
        record(22),
    ]
    receipt = ingest.accept(posted(good[0], *poison, *good[1:]))
    assert changes(receipt) == ["created"] * 3
    assert [one.index for one in receipt.rejected] == list(range(1, len(poison) + 1))
    for one in receipt.rejected:
        assert one.code
        assert len(one.detail) < 600
    titles = [get(database, one.id).title for one in receipt.accepted]
    assert titles[0] == "ab ]]> c"
    assert get(database, receipt.accepted[1].id).body_html == "<p>fine</p>"


def test_line_seven_is_told_as_line_seven_however_long_the_file(ingest: Ingest) -> None:
    lines = [record(n) for n in range(1, 251)]
    broken = [*lines[:6], b"{oops", *lines[6:229], b"", b"{again", *lines[229:]]
    receipt = ingest.accept(posted(*broken))  # type: ignore[arg-type]
    assert [(one.index, one.line) for one in receipt.rejected] == [(6, 7), (230, 232)]
    assert len(receipt.accepted) == 250
    assert [one.index for one in receipt.accepted][-1] == 251


def test_two_versions_of_one_article_in_one_batch(database: Database, ingest: Ingest) -> None:
    receipt = ingest.accept(posted(record(), record(html="<p>Better."), record(html="<p>Better.")))
    assert changes(receipt) == ["created", "updated", "unchanged"]
    assert len({one.id for one in receipt.accepted}) == 1
    assert get(database, receipt.accepted[0].id).body_html == "<p>Better.</p>"
    assert states(database, receipt.accepted[0].id)["rss"] == ("waiting", 2, 1)


def test_a_correction_overtakes(database: Database, ingest: Ingest) -> None:
    ingest.accept(posted(record()))
    fixed = record(html="<p>Right.", corrections=[{"at": "2025-10-09", "text": "It was wrong."}])
    (one,) = ingest.accept(posted(fixed)).accepted
    assert states(database, one.id)["rss"] == ("waiting", 2, ledger.LANE_WITHDRAW)
    with database.read() as conn:
        assert [v.op for v in articles.versions(conn, one.id)] == ["create", "correct"]


def rendered(database: Database, article_id: str, now: int = START) -> None:
    """As if the render service had been there."""
    with database.write() as tx:
        for output in ("rss", "text"):
            claims = ledger.claim(tx, output, limit=10, lease_seconds=60, now=now)
            settled = ledger.settle(tx, claims, now=START)
            assert article_id in settled
            items = [
                NewRendition(c.article_id, output, c.version, "1", Rendition(b"x")) for c in claims
            ]
            renditions.store_many(tx, items, settled, output=output, now=START)


def kept(database: Database, article_id: str) -> int:
    with database.read() as conn:
        return sum(
            renditions.get(conn, article_id, output) is not None for output in ("rss", "text")
        )


def test_a_withdrawal_takes_all_in_one_commit(
    database: Database, ingest: Ingest, nudges: Nudges
) -> None:
    (one,) = ingest.accept(posted(record())).accepted
    rendered(database, one.id)
    assert kept(database, one.id) == 2
    row = ingest.withdraw(one.id, "Wrong dose", "c2")
    assert (row.status, row.version, row.withdrawn_reason) == ("withdrawn", 2, "Wrong dose")
    assert kept(database, one.id) == 0
    assert states(database, one.id) == {
        "filing": ("waiting", 2, 0),
        "rss": ("settled", 2, 1),
        "text": ("settled", 2, 1),
    }
    assert Wake("feeds", "filing", (one.id,), "c2") in nudges.wakes
    assert ingest.withdraw(one.id, "Again").version == 2


def test_a_worker_that_was_paused_cant_bring_it_back(database: Database, ingest: Ingest) -> None:
    (one,) = ingest.accept(posted(record())).accepted
    with database.write() as tx:
        claims = ledger.claim(tx, "rss", limit=1, lease_seconds=60, now=START)
    ingest.withdraw(one.id, "")
    with database.write() as tx:
        assert ledger.settle(tx, claims, now=START) == set()


def test_what_was_withdrawn_comes_back_only_when_asked_to(
    database: Database, ingest: Ingest
) -> None:
    (one,) = ingest.accept(posted(record())).accepted
    ingest.withdraw(one.id, "")
    assert changes(ingest.accept(posted(record()))) == ["unchanged"]
    (refused,) = ingest.accept(posted(record(html="<p>New."))).rejected
    assert refused.code == "withdrawn"
    receipt = ingest.accept(posted(record(html="<p>New.")), reinstate=True)
    assert (changes(receipt), receipt.accepted[0].version) == (["updated"], 3)
    assert states(database, one.id)["rss"] == ("waiting", 3, 1)
    ingest.withdraw(one.id, "")
    assert ingest.reinstate(one.id).version == 5
    assert get(database, one.id).body_html == "<p>New.</p>"
    with pytest.raises(NotWithdrawn):
        ingest.reinstate(one.id)
    with database.read() as conn:
        assert [v.op for v in articles.versions(conn, one.id)] == [
            "create", "withdraw", "reinstate", "withdraw", "reinstate",
        ]  # fmt: skip


def test_a_source_can_withdraw_even_before_the_article_came(
    database: Database, ingest: Ingest
) -> None:
    gone = {"external_id": "1", "withdrawn": True, "withdrawn_reason": "A mistake"}
    (one,) = ingest.accept(posted(gone)).accepted
    assert get(database, one.id).status == "withdrawn"
    (refused,) = ingest.accept(posted(record())).rejected
    assert refused.code == "withdrawn"


def test_an_unknown_article_cant_be_withdrawn(ingest: Ingest) -> None:
    for change in (lambda: ingest.withdraw("a-none", ""), lambda: ingest.reinstate("a-none")):
        with pytest.raises(ArticleUnknown):
            change()


def test_an_embargo_hides_until_it_ends_and_an_expiry_hides_from_then_on(
    database: Database, ingest: Ingest, clock: Clock, nudges: Nudges
) -> None:
    day = "2025-10-%02dT08:53:20Z"
    (one,) = ingest.accept(posted(record(embargo_until=day % 10, expires=day % 11))).accepted
    assert get(database, one.id).status == "embargoed"
    assert states(database, one.id) == {"filing": ("waiting", 1, 1)}
    assert ingest.turn() == 0
    clock.forward(86_400)
    nudges.wakes.clear()
    assert ingest.turn() == 1
    assert ingest.turn() == 0
    assert get(database, one.id).status == "published"
    assert states(database, one.id)["rss"] == ("waiting", 2, 0)
    (wake,) = [wake for wake in nudges.wakes if wake.output == "rss"]
    assert (wake.stage, wake.ids) == ("render", (one.id,))
    assert is_correlation_id(wake.correlation_id)  # the clock's turn has one of its own
    rendered(database, one.id, clock())
    clock.forward(86_400)
    assert ingest.turn() == 1
    assert get(database, one.id).status == "expired"
    assert kept(database, one.id) == 0
    with database.read() as conn:
        assert [v.op for v in articles.versions(conn, one.id)] == ["create", "publish", "expire"]


def test_an_embargo_that_comes_late_takes_the_article_out(
    database: Database, ingest: Ingest
) -> None:
    (one,) = ingest.accept(posted(record())).accepted
    rendered(database, one.id)
    ingest.accept(posted(record(embargo_until="2030-01-01")))
    assert get(database, one.id).status == "embargoed"
    assert kept(database, one.id) == 0


def test_the_worker_ends_an_embargo_by_itself(
    database: Database, ingest: Ingest, clock: Clock
) -> None:
    (one,) = ingest.accept(posted(record(embargo_until="2025-10-10"))).accepted
    worker = Worker(ingest, WebSub(ingest.database, ingest, ""), sweep_seconds=0.02)
    worker.start()
    try:
        clock.forward(2 * 86_400)
        worker.wake()
        for _ in range(500):
            if get(database, one.id).status == "published":
                break
            threading.Event().wait(0.01)
        assert get(database, one.id).status == "published"
    finally:
        assert worker.stop(5)


def test_a_page_and_then_its_record_are_one_article(ingest: Ingest) -> None:
    page = RawInput(
        data=b"<html><head><title>On glass</title></head><body><article><h1>On glass</h1>"
        b"<p>Glass is made of sand, soda and lime, melted at fifteen hundred degrees.</p>"
        b"<p>It is then cooled slowly, so that it does not crack.</p></article></body></html>",
        media_type="text/html",
        url="https://example.org/glass?utm_source=x",
        source="web",
    )
    (first,) = ingest.accept(page).accepted
    again = record(7, url="https://example.org/glass")
    (second,) = ingest.accept(posted(again)).accepted
    assert (second.id, second.change) == (first.id, "updated")
    other = record(8, url="https://example.org/glass")
    (third,) = ingest.accept(posted(other)).accepted
    assert (third.id != first.id, third.change) == (True, "created")
    assert changes(ingest.accept(posted(again, other))) == ["unchanged"] * 2


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (RawInput(data=b"\x89PNG", media_type="image/png"), "media-type"),
        (RawInput(data=b"", media_type="application/json"), "input-empty"),
        (RawInput(data=b"{nope", media_type="application/json"), "json-syntax"),
        (RawInput(data=b"[]", media_type="application/json"), "input-empty"),
        (RawInput(data=b"\0\0\0", media_type="application/octet-stream"), "input-binary"),
    ],
)
def test_an_input_that_holds_nothing_is_refused_as_a_whole(
    ingest: Ingest, raw: RawInput, code: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        ingest.accept(raw)
    assert caught.value.code == code


def test_shuffled_histories_against_the_database(
    database: Database, ingest: Ingest, clock: Clock
) -> None:
    """Forty articles, their events out of order and repeated, in batches of any size."""
    rng = random.Random(7)
    events = []
    for number in range(40):
        for hour in range(5):
            at = f"2025-10-08T{hour:02d}:00:00Z"
            events.append(record(number, html=f"<p>Hour {hour}.", updated=at))
        if number % 4 == 0:
            events.append({"external_id": str(number), "withdrawn": True})
    events += rng.choices(events, k=100)
    rng.shuffle(events)
    seen_withdrawn: set[str] = set()
    while events:
        size = rng.randint(1, 30)
        batch, events = events[:size], events[size:]
        clock.forward(1)
        ingest.accept(posted(*batch))
        with database.read() as conn:
            now_withdrawn = {
                row.id for row in articles.search(conn, status="withdrawn", limit=500).rows
            }
        assert seen_withdrawn <= now_withdrawn, "0 resurrections"
        seen_withdrawn = now_withdrawn
    with database.read() as conn:
        rows = articles.search(conn, limit=500).rows
        current = [articles.current(conn, row.id) for row in rows]
        for row in rows:
            assert [v.version for v in articles.versions(conn, row.id)] == list(
                range(1, row.version + 1)
            )
    assert Counter(row.status for row in rows) == {"withdrawn": 10, "published": 30}
    newest = {a.updated for a in current if a is not None and a.status == "published"}
    assert newest == {"2025-10-08T04:00:00+00:00"}, "0 older over newer"


# --- on PostgreSQL -------------------------------------------------------------------------------


@pytest.mark.live
def test_two_machines_take_in_the_same_feed_at_once(
    postgres: Database, host: PluginHost, clock: Clock
) -> None:
    enable(postgres, "rss")
    batches = [posted(*(record(n) for n in range(start, start + 60))) for start in (0, 30, 15, 45)]
    receipts: list[Receipt] = []

    def take_in(raw: RawInput) -> None:
        receipts.append(Ingest(postgres, host, Nudges(), now=clock).accept(raw))

    threads = [threading.Thread(target=take_in, args=(raw,)) for raw in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    counted = Counter(change for receipt in receipts for change in changes(receipt))
    assert counted == {"created": 105, "unchanged": 135}
    with postgres.read() as conn:
        assert articles.counts(conn) == {"published": 105}
        assert ledger.counts(conn)["rss"].waiting == 105


@pytest.mark.live
def test_the_life_of_an_article_on_postgresql(
    postgres: Database, host: PluginHost, clock: Clock
) -> None:
    enable(postgres, "rss")
    ingest = Ingest(postgres, host, Nudges(), now=clock)
    (one,) = ingest.accept(posted(record(embargo_until="2025-10-10"))).accepted
    clock.forward(2 * 86_400)
    assert ingest.turn() == 1
    assert changes(ingest.accept(posted(record(html="<p>New.")))) == ["updated"]
    ingest.withdraw(one.id, "x")
    assert ingest.accept(posted(record(html="<p>Newer."))).rejected[0].code == "withdrawn"
    ingest.reinstate(one.id)
    with postgres.read() as conn:
        assert [v.op for v in articles.versions(conn, one.id)] == [
            "create", "publish", "update", "withdraw", "reinstate",
        ]  # fmt: skip
    assert states(postgres, one.id)["rss"] == ("waiting", 5, 1)
