"""The whole line on PostgreSQL and RabbitMQ: what it promises on SQLite, it keeps here.

The tests up to the withdrawal share one hub; each waits until all is settled.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from seealso_store import schema

from tests.hub.running import RunningHub, start
from tests.line.press import OUTPUTS, Api, record, until
from tests.line.test_kill import survive
from tests.line.test_line import CHECKS, hostile_harms_no_other, withdrawal_overtakes
from tests.live.engines import Engines

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def hub(shared_engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = start(tmp_path_factory.mktemp("live") / "data", **shared_engines.settings)
    yield running
    assert running.stop() == 0


def test_the_samples_go_in_and_come_out_in_every_format(
    hub: RunningHub, shared_engines: Engines
) -> None:
    came = hub.feed_samples()
    assert {one["name"] for one in came.outputs if one["status"] == "enabled"} == OUTPUTS
    with Api(hub) as api:
        for one in came.articles:
            for output in came.outputs:
                answer = api.get(f"/articles/{one['id']}.{output['extension']}")
                assert answer.status_code == 200, answer.text
        filled = [topic for topic in came.topics if topic["articles"]]
        assert len(filled) >= 3
        for topic in filled:
            for kind, check in CHECKS.items():
                assert check(api.get(f"/topics/{topic['slug']}/feed.{kind}").content) == []
        rows = api.status()
    assert all(row["dead"] == 0 for row in rows["outputs"].values())
    with shared_engines.open() as database, database.read() as conn:
        assert conn.dialect.name == "postgresql"
        assert conn.execute(schema.rendition.select()).rowcount == len(came.articles) * len(OUTPUTS)


def test_a_hostile_article_harms_no_other(hub: RunningHub) -> None:
    hostile_harms_no_other(hub)


def test_every_wake_is_taken_from_its_queue(hub: RunningHub, shared_engines: Engines) -> None:
    with Api(hub) as api:
        api.post([record(number) for number in range(5)])
    settle(hub)
    own = f"{shared_engines.prefix}.v1"
    used = {f"{own}.render.{output}" for output in OUTPUTS} | {f"{own}.feeds"}
    until(lambda: used <= shared_engines.queues().keys(), 5)
    until(lambda: not any(shared_engines.queues().values()), 5)  # nothing waits, nothing is dead


def test_queues_deleted_in_mid_run_lose_nothing_and_come_back(
    hub: RunningHub, shared_engines: Engines
) -> None:
    before = shared_engines.queues()
    with Api(hub) as api:
        for begin in range(100, 300, 50):
            api.post([record(number) for number in range(begin, begin + 50)])
            if begin == 150:
                assert shared_engines.delete_queues() == len(before)
        settle(hub)
        assert api.get("/api/articles?limit=1").status_code == 200
        # The workers come back to the queues by themselves, and are woken by them again.
        until(lambda: shared_engines.queues().keys() == before.keys(), 20)
        api.post([record(1000)])
        settle(hub)
    until(lambda: not any(shared_engines.queues().values()), 5)


def test_a_withdrawal_overtakes_a_thousand_waiting_articles(hub: RunningHub) -> None:
    withdrawal_overtakes(hub, first=5000)


@pytest.mark.timeout(300)  # six starts, and leases that have to run out
def test_five_kills_in_the_middle_of_an_ingest_lose_and_repeat_nothing(
    tmp_path: Path, engines: Engines
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with engines.open() as database:
        survive(data, database, seed=20260202, **engines.settings)


def test_without_an_answer_from_the_broker_articles_are_taken_and_settled(
    tmp_path: Path, engines: Engines
) -> None:
    with socket.socket() as silent:  # takes the connection and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        broker = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}//"
        hub = start(tmp_path / "data", **(engines.settings | {"SEEALSO_BROKER_URL": broker}))
        try:
            with Api(hub) as api:
                begun = time.monotonic()
                receipt = api.post([record(number) for number in range(20)])
                assert time.monotonic() - begun < 2
                assert len(receipt["accepted"]) == 20
                settle(hub)
                assert api.get("/topics/orchard/feed.rss").text.count("<item>") == 20
            until(lambda: "work is found by polling meanwhile" in hub.log, 20)
        finally:
            assert hub.stop() == 0


def settle(hub: RunningHub, seconds: int = 60) -> None:
    """Wait until nothing is due."""
    waited = hub.command("status", "--wait", str(seconds))
    assert waited.returncode == 0, waited.stdout + hub.log
