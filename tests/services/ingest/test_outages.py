"""While the store can't be written, intake says so, with when to come again; then it goes on."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from seealso_ingest.flow import Ingest
from seealso_store import database as databases
from seealso_store import ledger
from seealso_store.database import Database
from seealso_store.schema import article
from werkzeug.test import TestResponse

from tests.services.ingest.conftest import Clock
from tests.services.ingest.test_flow import record

Post = Callable[[int], TestResponse]


@pytest.fixture
def post(client: FlaskClient) -> Post:
    return lambda number: client.post(
        "/api/articles", json=record(external_id=f"n{number}", title=f"Note {number}")
    )


def titles(database: Database) -> set[str]:
    with database.read() as conn:
        return set(conn.execute(sa.select(article.c.title)).scalars())


def refused(answer: TestResponse, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json["code"] == code
    assert int(answer.headers["Retry-After"]) > 0
    assert "/" not in answer.json["detail"], "no path is told outside"


def test_a_full_disk_is_507_and_intake_goes_on_when_there_is_room(
    post: Post, database: Database
) -> None:
    assert post(1).status_code == 202
    with database.read() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()

    def fill(raw: sqlite3.Connection, record: object) -> None:
        raw.execute(f"PRAGMA max_page_count={pages}").close()

    sa.event.listen(database.engine, "connect", fill)
    database.engine.dispose()
    number, confirmed = 2, {"Note 1"}
    while (answer := post(number)).status_code == 202:  # until the free pages are used up
        confirmed.add(f"Note {number}")
        number += 1
    refused(answer, 507, "storage-full")
    assert titles(database) == confirmed
    sa.event.remove(database.engine, "connect", fill)
    database.engine.dispose()
    assert post(number).status_code == 202


def test_a_locked_database_is_503_once_patience_ends(
    post: Post, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurried(raw: sqlite3.Connection, record: object) -> None:
        raw.execute("PRAGMA busy_timeout=100").close()

    monkeypatch.setattr(databases, "BUSY_TIMEOUT_MS", 100)
    sa.event.listen(database.engine, "connect", hurried)
    database.engine.dispose()
    assert post(1).status_code == 202
    holder = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    refused(post(2), 503, "unavailable")
    holder.rollback()
    holder.close()
    assert post(3).status_code == 202
    assert titles(database) == {"Note 1", "Note 3"}


def test_a_damaged_file_is_503_and_never_2xx(post: Post, database: Database) -> None:
    for number in range(40):
        assert post(number).status_code == 202
    path = Path(str(database.engine.url.database))
    database.engine.dispose()  # the last connection writes the log back
    os.truncate(path, 8 * 4096)
    refused(post(99), 503, "storage-damaged")


def test_what_came_in_while_the_clock_was_days_ahead_is_due_when_it_is_right_again(
    post: Post, ingest: Ingest, clock: Clock, database: Database
) -> None:
    clock.forward(3 * 86_400)
    assert post(1).status_code == 202
    clock.forward(-3 * 86_400)
    with database.read() as conn:
        assert not ledger.due(conn, "rss", clock.at)
    ingest.turn()
    with database.read() as conn:
        assert ledger.due(conn, "rss", clock.at)
        assert ledger.due(conn, ledger.FILING, clock.at)
    again = post(1)  # the same again is unchanged, and a change goes in: nothing is frozen
    assert again.json["accepted"][0]["change"] == "unchanged"
