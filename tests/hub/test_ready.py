"""/readyz is about what the hub needs to work: database, room, workers; never the broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from seealso_hub.place import free_port
from seealso_store.clock import SECOND, now
from seealso_store.database import open_database
from seealso_store.schema import heartbeat

from tests.hub.running import RunningHub, start
from tests.line.press import Api, record, until


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub whose broker is not there."""
    running = start(
        tmp_path_factory.mktemp("ready") / "data",
        SEEALSO_BROKER_URL=f"amqp://guest:guest@127.0.0.1:{free_port('127.0.0.1')}//",
    )
    yield running
    running.stop()


def ready(hub: RunningHub) -> tuple[int, str]:
    answer = requests.get(f"{hub.url}/readyz", headers={"Accept": "application/json"}, timeout=10)
    told: dict[str, Any] = answer.json()
    return answer.status_code, str(told.get("detail", told.get("status")))


def test_a_hub_without_its_broker_is_ready_and_works(hub: RunningHub) -> None:
    assert ready(hub) == (200, "ready")
    with Api(hub) as api:
        api.post([record(1)])
    assert hub.command("status", "--wait", "30").returncode == 0


@pytest.mark.deep
def test_a_hub_whose_workers_are_silent_says_so(hub: RunningHub) -> None:
    with hub.workers_paused():
        database = open_database(f"sqlite:///{hub.data / 'seealso.sqlite3'}")
        with database.write() as tx:  # as if a minute and a half had gone by
            tx.execute(heartbeat.update().values(at=now() - 90 * SECOND))
        database.close()
        status, detail = ready(hub)
        assert status == 503
        assert "worker has not been heard of for" in detail
        assert requests.get(f"{hub.url}/livez", timeout=10).status_code == 200
        shown = requests.get(f"{hub.url}/metrics", timeout=10).text
        assert "\nseealso_ready 0\n" in shown
        told = hub.command("status")
        assert "No render worker has been heard of for" in told.stdout + told.stderr
        found = json.loads(hub.command("status", "--json").stdout)
        assert set(found["silent"]) == {"clock", "filing", "render"}
        assert found["disk_free_bytes"] > 0
        diagnosis = hub.command("doctor", "--json")
        assert diagnosis.returncode == 1
        workers = [f for f in json.loads(diagnosis.stdout)["findings"] if f["check"] == "Workers"]
        assert "render for" in workers[0]["found"]
        # Intake goes on all the same.
        with Api(hub) as api:
            assert api.post([record(2)])["accepted"]
    until(lambda: ready(hub) == (200, "ready"), 40)
    assert hub.command("status", "--wait", "30").returncode == 0
