"""A file is looked at after an end that was not clean, and only then; a damaged one is refused."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from seealso_store import hub, integrity
from seealso_store.database import Database, open_database
from seealso_store.errors import NotADatabase
from seealso_store.migrate import prepare

LOOKED = "it is whole"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hub.sqlite3"


@pytest.fixture
def looks(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def opened(path: Path) -> Database:
    made = open_database(f"sqlite:///{path}")
    try:
        prepare(made)
    except BaseException:
        made.close()
        raise
    return made


def filled(path: Path) -> None:
    db = opened(path)
    for number in range(50):
        with db.write() as tx:
            hub.remember(tx, f"name{number}", "x" * 4000)
    db.close()


def killed(path: Path) -> None:
    """A process that works on the file ends as by kill -9, with a commit in the log."""
    code = (
        "import os, signal\n"
        "from seealso_store.database import open_database\n"
        "from seealso_store.migrate import prepare\n"
        "from seealso_store import hub\n"
        f"db = open_database('sqlite:///{path}')\n"
        "prepare(db)\n"
        "with db.write() as tx: hub.remember(tx, 'last', 'word')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert path.with_name(path.name + "-wal").stat().st_size


def test_after_a_clean_end_nothing_is_looked_at(
    path: Path, looks: pytest.LogCaptureFixture
) -> None:
    filled(path)
    opened(path).close()
    assert LOOKED not in looks.text


def test_after_a_kill_it_is_looked_at_once_and_the_last_commit_is_there(
    path: Path, looks: pytest.LogCaptureFixture
) -> None:
    filled(path)
    killed(path)
    db = opened(path)
    assert looks.text.count(LOOKED) == 1
    with db.read() as conn:
        assert hub.recall(conn, "last") == "word"
    second = opened(path)  # while somebody works on it, it has been looked at
    second.close()
    db.close()
    opened(path).close()
    assert looks.text.count(LOOKED) == 1


def test_a_file_cut_short_while_nobody_worked_is_refused_by_name_and_with_the_remedy(
    path: Path,
) -> None:
    filled(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(NotADatabase, match=r"hub\.sqlite3 .* damaged \(.*seealso restore FILE"):
        opened(path)
    # It is refused again, and left as it was.
    with pytest.raises(NotADatabase):
        opened(path)


def test_a_damaged_file_that_was_copied_in_is_refused(path: Path, tmp_path: Path) -> None:
    filled(path)
    other = tmp_path / "other.sqlite3"
    filled(other)
    with other.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 8 * 4096)
    shutil.copy(other, path)
    with pytest.raises(NotADatabase, match="damaged"):
        opened(path)


def test_a_whole_file_that_was_copied_in_is_looked_at_and_taken(
    path: Path, tmp_path: Path, looks: pytest.LogCaptureFixture
) -> None:
    other = tmp_path / "other.sqlite3"
    filled(other)
    filled(path)
    looks.clear()
    shutil.copy(other, path)
    opened(path).close()
    assert looks.text.count(LOOKED) == 1


def test_a_log_cut_short_opens_at_the_last_whole_commit(path: Path) -> None:
    filled(path)
    killed(path)
    log = path.with_name(path.name + "-wal")
    os.truncate(log, log.stat().st_size - 100)
    db = opened(path)
    with db.read() as conn:
        assert hub.recall(conn, "name49") == "x" * 4000
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    db.close()


def test_somebody_at_work_is_known(path: Path) -> None:
    filled(path)
    assert not integrity.in_use(path)
    db = opened(path)
    assert integrity.in_use(path)
    db.close()
    assert not integrity.in_use(path)


def test_a_file_that_is_not_there_is_in_nobodys_use(path: Path) -> None:
    assert not integrity.in_use(path)
    with pytest.raises(sqlite3.OperationalError):
        integrity.require_whole(path.parent / "nowhere" / "hub.sqlite3")
