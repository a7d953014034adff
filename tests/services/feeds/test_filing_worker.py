"""The filing worker: woken by a commit, and hard to stop by a failure."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from seealso_feeds.flow import Filing
from seealso_feeds.worker import Worker
from seealso_store.database import Database
from seealso_store.errors import StoreUnavailable

from tests.services.feeds.press import HUB, Press, filed


def until(holds: Callable[[], object], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return False


def test_a_commit_wakes_the_worker_long_before_the_sweep(database: Database) -> None:
    worker = Worker(Filing(database, hub_url=HUB), database, sweep_seconds=600)
    worker.start()
    try:
        time.sleep(0.2)  # it has looked once and waits
        Press(database).publish("a1", "Screening", see_also=["MRI"])
        assert until(lambda: filed(database, "a1"))
    finally:
        assert worker.stop(5)


def test_a_failing_store_pauses_the_worker_and_does_not_end_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Filing(database, hub_url=HUB)
    drain, failures = desk.drain, [StoreUnavailable("away"), RuntimeError("a bug")]

    def failing(stopping: Callable[[], bool]) -> int:
        if failures:
            raise failures.pop()
        return drain(stopping)

    monkeypatch.setattr(desk, "drain", failing)
    worker = Worker(desk, database, sweep_seconds=0.05)
    Press(database).publish("a1", "Screening", see_also=["MRI"])
    worker.start()
    try:
        assert until(lambda: filed(database, "a1"))
        assert not failures
    finally:
        assert worker.stop(5)
