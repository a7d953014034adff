"""PostgreSQL is killed under load, twice: no confirmed write is lost, the services come back alone."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.line.press import until
from tests.live.cluster import Cluster, own_cluster, own_engines
from tests.live.engines import Engines
from tests.live.load import Load
from tests.live.services import Services
from tests.live.test_services import is_settled

pytestmark = [pytest.mark.live, pytest.mark.slow]

BACK_SECONDS = 30.0  # the promise
DOWN_SECONDS = 3.0


@pytest.fixture
def cluster(live_engines: None) -> Iterator[Cluster]:
    with own_cluster() as made:
        yield made


@pytest.fixture
def engines(cluster: Cluster) -> Iterator[Engines]:
    with own_engines(cluster, f"seealso-test-{secrets.token_hex(5)}") as made:
        yield made


def test_no_confirmed_write_is_lost_and_the_services_come_back_by_themselves(
    cluster: Cluster, engines: Engines, tmp_path: Path
) -> None:
    nobody = {"SEEALSO_SMTP_URL": "smtp://127.0.0.1:9"}  # nothing is mailed here
    with Services(tmp_path, engines.settings | nobody) as services:
        born = {name: process.pid for name, process in services.processes.items()}
        with Load(services.ask) as load:
            until(lambda: len(load.confirmed) >= 30, 30)
            for _ in range(2):
                cluster.kill()
                gone = load.answers[503]
                until(lambda gone=gone: load.answers[503] > gone, 15)
                time.sleep(DOWN_SECONDS)  # so long it is down; nothing is waited for
                cluster.start()
                back = time.monotonic()
                until(lambda back=back: load.last_good > back, BACK_SECONDS)
                known = len(load.confirmed)
                until(lambda known=known: len(load.confirmed) >= known + 30, 30)
        assert set(load.answers) <= {202, 503}, load.answers
        assert None not in load.retry_after
        until(lambda: is_settled(services), BACK_SECONDS)
        assert {name: process.pid for name, process in services.processes.items()} == born
        assert all(process.poll() is None for process in services.processes.values())
        with engines.open() as database:
            load.kept(database)
        _every_worker_is_at_work(services)


def _every_worker_is_at_work(services: Services) -> None:
    """One article goes all the way, and leaves again within a second."""
    answer = services.ask("POST", "/api/articles?source=test", json={"title": "Last", "text": "A."})
    article = answer.json()["accepted"][0]["id"]
    until(lambda: services.ask("GET", f"/articles/{article}.rss").status_code == 200, 10)
    assert services.ask("DELETE", f"/api/articles/{article}", json={"reason": "Test."}).ok
    until(lambda: services.ask("GET", f"/articles/{article}").status_code == 410, 1)
