"""A back-up is whole, made while others write, and puts everything back; or it is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from seealso_store import backup, hub, migrate
from seealso_store.database import Database
from seealso_store.errors import BackupFailed, NotADatabase, SchemaNewer
from seealso_store.schema import hub as table

from tests.conftest import prepared


def pair(db: Database, number: int) -> None:
    """Two rows of one commit."""
    with db.write() as tx:
        hub.remember(tx, f"left{number}", "x" * 500)
        hub.remember(tx, f"right{number}", "x" * 500)


def names(url: str) -> set[str]:
    with prepared(url) as db, db.read() as conn:
        return set(conn.execute(sa.select(table.c.name)).scalars())


def test_made_under_load_it_holds_every_commit_before_it_and_no_half_of_one(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    _under_load(database, sqlite_url, f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}", tmp_path)


@pytest.mark.live
def test_made_under_load_on_postgresql_too(
    postgres: Database, empty_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not on this machine")
    _under_load(postgres, empty_postgres_url, "", tmp_path)


def _under_load(db: Database, url: str, elsewhere: str, folder: Path) -> None:
    ending, written = threading.Event(), [0]

    def write() -> None:
        while not ending.is_set():
            pair(db, written[0])
            written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    while written[0] < 20:
        ending.wait(0.01)
    before = written[0]
    saved = backup.save(url, folder / "hub.backup")
    ending.set()
    writer.join()
    assert stat.S_IMODE(saved.file.stat().st_mode) == 0o600
    assert saved.bytes == saved.file.stat().st_size
    assert [p.name for p in folder.glob(".hub.backup*")] == []
    pair(db, 10**6)  # of after the back-up
    db.close()
    backup.restore(elsewhere or url, saved.file)
    found = names(elsewhere or url)
    left = {name.removeprefix("left") for name in found if name.startswith("left")}
    right = {name.removeprefix("right") for name in found if name.startswith("right")}
    assert left == right
    assert left >= {str(number) for number in range(before)}
    assert str(10**6) not in left


def test_an_older_back_up_stays_when_a_new_one_fails(tmp_path: Path, database: Database) -> None:
    file = tmp_path / "hub.backup"
    file.write_bytes(b"the one of yesterday")
    missing = f"sqlite:///{tmp_path / 'nothing.sqlite3'}"
    with pytest.raises(BackupFailed, match="nothing to back up"):
        backup.save(missing, file)
    assert file.read_bytes() == b"the one of yesterday"
    assert sorted(p.name for p in tmp_path.glob(".*")) == []


def test_a_damaged_database_is_not_backed_up(database: Database, tmp_path: Path) -> None:
    for number in range(50):
        pair(database, number)
    database.close()
    path = tmp_path / "hub.sqlite3"
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises((BackupFailed, NotADatabase), match="damaged"):
        backup.save(f"sqlite:///{path}", tmp_path / "hub.backup")
    assert not (tmp_path / "hub.backup").exists()


def test_the_database_itself_and_a_folder_are_no_names_for_a_back_up(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    with pytest.raises(BackupFailed, match="the database itself"):
        backup.save(sqlite_url, tmp_path / "hub.sqlite3")
    for place in (tmp_path, tmp_path / "nowhere" / "file"):
        with pytest.raises(BackupFailed, match="name of a file in a folder that is there"):
            backup.save(sqlite_url, place)


def test_what_was_there_before_is_kept_with_its_log(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    pair(database, 1)
    saved = backup.save(sqlite_url, tmp_path / "hub.backup")
    pair(database, 2)
    database.close()
    restored = backup.restore(sqlite_url, saved.file)
    assert restored.kept is not None
    assert "left2" not in names(sqlite_url)
    assert "left2" in names(f"sqlite:///{restored.kept}")


def test_nothing_is_restored_under_a_hub_at_work(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    saved = backup.save(sqlite_url, tmp_path / "hub.backup")
    with pytest.raises(BackupFailed, match=r"at work on .*Stop it first"):
        backup.restore(sqlite_url, saved.file)


def test_what_is_no_back_up_damaged_or_newer_is_refused(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    for number in range(50):
        pair(database, number)
    good = backup.save(sqlite_url, tmp_path / "good").file
    database.close()
    text, cut, newer, empty = (tmp_path / name for name in ("text", "cut", "newer", "empty"))
    text.write_text("not a back-up")
    shutil.copy(good, cut)
    os.truncate(cut, cut.stat().st_size // 2)
    shutil.copy(good, newer)
    with sqlite3.connect(newer) as conn:
        conn.execute(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")
    conn.close()
    with sqlite3.connect(empty) as conn:
        conn.execute("CREATE TABLE something (name TEXT)")
    conn.close()
    for file, kind, words in (
        (text, BackupFailed, "no back-up of an SQLite hub"),
        (cut, NotADatabase, "damaged"),
        (newer, SchemaNewer, "Upgrade seealso, then restore"),
        (empty, BackupFailed, "none of a hub's tables"),
        (tmp_path / "missing", BackupFailed, "can't be read"),
    ):
        with pytest.raises(kind, match=words):
            backup.restore(sqlite_url, file)
    assert "left49" in names(sqlite_url)


@pytest.mark.live
def test_on_postgresql_services_have_to_be_stopped_first(
    postgres: Database, empty_postgres_url: str, tmp_path: Path
) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not on this machine")
    saved = backup.save(empty_postgres_url, tmp_path / "hub.backup")
    with postgres.read() as conn:
        conn.execute(sa.select(table.c.name))
        with pytest.raises(BackupFailed, match=r"1 connections are at work.*Stop the services"):
            backup.restore(empty_postgres_url, saved.file)


@pytest.mark.live
def test_without_pg_dump_it_says_what_to_run_and_where(
    empty_postgres_url: str, postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        BackupFailed, match=r"pg_dump --format=custom --file=.* --dbname postgresql"
    ):
        backup.save(empty_postgres_url, tmp_path / "hub.backup")
