"""What an engine complains about is said in one sentence with the place and the remedy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from seealso_core.outage import Outage
from seealso_store import database as databases
from seealso_store import hub
from seealso_store.database import Database, open_database
from seealso_store.errors import (
    NotADatabase,
    SchemaMissing,
    StoreConflict,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
)
from seealso_store.trouble import explained
from sqlalchemy.engine import make_url

from tests.conftest import POSTGRES_URL


def write(db: Database, name: str, size: int = 10) -> None:
    with db.write() as tx:
        hub.remember(tx, name, "x" * size)


def read(db: Database, name: str) -> str | None:
    with db.read() as conn:
        return hub.recall(conn, name)


# --- SQLite ---------------------------------------------------------------------------------------


def test_a_connection_has_the_settings_that_make_a_commit_last(database: Database) -> None:
    with database.read() as conn:
        found = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 20_000}


def test_a_write_has_the_lock_from_its_first_moment(database: Database, sqlite_url: str) -> None:
    with database.write(), sqlite3.connect(sqlite_url[10:], timeout=0) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_full_disk_is_told_and_what_was_confirmed_is_there(database: Database) -> None:
    write(database, "before")
    with database.read() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()

    def fill(raw: sqlite3.Connection, record: object) -> None:
        raw.execute(f"PRAGMA max_page_count={pages}").close()

    sa.event.listen(database.engine, "connect", fill)
    database.engine.dispose()
    with pytest.raises(StoreFull, match=r"No room left on the disk of .*hub\.sqlite3\. Make some"):
        write(database, "too-much", 1_000_000)
    assert (read(database, "before"), read(database, "too-much")) == ("x" * 10, None)
    sa.event.remove(database.engine, "connect", fill)
    database.engine.dispose()
    write(database, "too-much", 1_000_000)  # there is room again, and nothing was started anew


def test_a_locked_file_is_waited_for_and_then_named(
    database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_MS", 200)
    hurried = open_database(sqlite_url)
    holder = sqlite3.connect(sqlite_url[10:], isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(
        StoreUnavailable, match=r"hub\.sqlite3 is locked by another program.*End it"
    ):
        write(hurried, "late")
    hurried.close()
    freed = threading.Timer(0.3, holder.rollback)
    freed.start()
    write(database, "patient")  # waits for it
    freed.join()
    assert read(database, "patient")
    holder.close()


def test_a_file_cut_short_under_a_running_hub_is_called_damaged(
    database: Database, sqlite_url: str
) -> None:
    for number in range(50):
        write(database, f"name{number}", 4000)
    path = Path(sqlite_url[10:])
    with sqlite3.connect(path) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    database.engine.dispose()
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)
    with pytest.raises(
        NotADatabase, match=r"hub\.sqlite3 .* damaged.*seealso restore FILE"
    ) as told:
        list(map(partial(read, database), (f"name{number}" for number in range(50))))
    assert isinstance(told.value, Outage)


def test_a_child_of_a_fork_has_connections_of_its_own(database: Database) -> None:
    write(database, "before")
    parents = database.engine.pool
    child = os.fork()
    if not child:
        try:
            write(database, "child")
            os._exit(0 if database.engine.pool is not parents else 3)
        except BaseException:  # noqa: BLE001  # a child must never return into pytest
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    write(database, "parent")
    assert read(database, "child")
    with database.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            'password authentication failed for user "ann"',
            r"at db:5432 refuses the password of role ann\. Mend SEEALSO_DATABASE_URL",
        ),
        (
            "sorry, too many clients already",
            r"has no connection left \(max_connections\)\. Start it",
        ),
        (
            "the database system is starting up",
            r"at db:5432 is starting\.",
        ),
    ],
)
def test_the_words_of_a_server_that_lets_nobody_in(said: str, expected: str) -> None:
    url = make_url("postgresql://ann:hunter2@db/seealso")
    whole = f'connection failed: connection to server at "db", port 5432 failed: FATAL:  {said}'
    error = explained(url, sa.exc.OperationalError("", None, Exception(whole)))
    assert error.temporary
    with pytest.raises(StoreUnavailable, match=expected):
        raise error
    assert "hunter2" not in str(error)


@pytest.mark.live
@pytest.mark.parametrize(
    ("change", "kind", "expected"),
    [
        ({"port": 9}, StoreUnavailable, r"127\.0\.0\.1:9 does not answer \(connection refused\)"),
        ({"database": "nonesuch"}, StoreRefused, "has no database nonesuch"),
        ({"username": "nobody"}, StoreRefused, "has no role nobody"),
        ({"host": "nohost.invalid"}, StoreUnavailable, r"can't be found \(no such host\)"),
    ],
)
def test_a_server_that_is_not_there_or_lets_nobody_in(
    live_engines: None, change: dict[str, object], kind: type[Exception], expected: str
) -> None:
    url = make_url(POSTGRES_URL).set(**change)  # type: ignore[arg-type]
    db = open_database(url.render_as_string(hide_password=False))
    with pytest.raises(kind, match=expected), db.read():
        pass
    db.close()


@pytest.mark.live
def test_a_database_without_the_schema_is_told_what_to_run(empty_postgres_url: str) -> None:
    db = open_database(empty_postgres_url)
    with pytest.raises(SchemaMissing, match=r"python -m seealso_hub\.migrate"):
        write(db, "early")
    db.close()


@pytest.mark.live
def test_of_two_that_wait_for_each_other_both_get_done(postgres: Database) -> None:
    for name in ("one", "two"):
        write(postgres, name)
    both_hold = threading.Barrier(2)
    tries: list[str] = []

    def cross(first: str, second: str) -> None:
        def work(tx: sa.Connection) -> None:
            tries.append(first)
            hub.remember(tx, first, f"{first} first")
            if tries.count(first) == 1:
                both_hold.wait(10)
            hub.remember(tx, second, f"{first} first")

        postgres.transact(work)

    threads = [threading.Thread(target=cross, args=a) for a in (("one", "two"), ("two", "one"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(tries) >= 3, "one of them was ended by the server, and did it again"
    assert read(postgres, "one") == read(postgres, "two")


def test_it_is_not_tried_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "FIRST_PAUSE_SECONDS", 0.0)
    tries: list[int] = []

    def work(tx: sa.Connection) -> None:
        tries.append(1)
        raise StoreConflict("again")

    with pytest.raises(StoreConflict):
        database.transact(work)
    assert len(tries) == databases.TRIES


@pytest.mark.live
def test_the_clock_is_the_servers_whatever_this_machine_says(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = postgres.now()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert 0 <= postgres.now() - before < 60_000_000
    again = open_database(postgres.engine.url.render_as_string(hide_password=False))
    assert 0 <= again.now() - before < 60_000_000
    again.close()


@pytest.mark.live
def test_the_servers_timeouts_are_set(postgres: Database) -> None:
    with postgres.read() as conn:
        found = {
            name: conn.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in (
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "synchronous_commit",
            )
        }
    assert list(found.values()) == ["30s", "10s", "1min", "on"]


def test_a_folder_without_room_makes_any_write_error_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = sqlite3.OperationalError("disk I/O error")
    inner.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"  # type: ignore[misc]
    error = sa.exc.OperationalError("", None, inner)
    url = make_url(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    assert "The disk of" in str(explained(url, error))
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert isinstance(explained(url, error), StoreFull)
