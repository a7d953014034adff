"""A worker that runs by itself has a port for Prometheus and for whoever watches over it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from seealso_hub.place import free_port
from seealso_store.database import Database

from tests.hub.running import environ
from tests.line.press import until


@pytest.mark.parametrize("service", ["seealso_feeds", "seealso_render"])
def test_a_worker_tells_its_numbers_and_how_it_is(
    tmp_path: Path, database: Database, service: str
) -> None:
    port = free_port("127.0.0.1")
    at = f"http://127.0.0.1:{port}"
    given = environ(
        SEEALSO_DATA=str(tmp_path),
        SEEALSO_DATABASE_URL=str(database.engine.url),
        SEEALSO_METRICS_PORT=str(port),
        SEEALSO_PLUGINS_DISABLED="atom,email,html,jsonfeed,text",
    )
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", service], env=given, stdout=log, stderr=log
        )
    try:
        until(lambda: answers(at) or worker.poll() is not None, 60)
        assert worker.poll() is None, (tmp_path / "log").read_text()
        until(lambda: "is at work" in (tmp_path / "log").read_text(), 60)
        assert requests.get(f"{at}/readyz", timeout=10).json() == {"status": "ready"}
        shown = requests.get(f"{at}/metrics", timeout=10).text
        assert "seealso_ready 1" in shown
        commits = [line for line in shown.splitlines() if "db_commit_seconds_count" in line]
        assert float(commits[0].split()[1]) >= 1  # its heartbeat at least
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0


def answers(at: str) -> bool:
    try:
        return requests.get(f"{at}/livez", timeout=10).ok
    except requests.ConnectionError:
        return False
