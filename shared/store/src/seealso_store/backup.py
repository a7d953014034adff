"""A copy of the whole store in one file, made while the hub runs, and put back again.

    save     SQLite: one read snapshot ──> draft ──integrity_check──> FILE, in one step
             PostgreSQL: pg_dump ──> draft ──pg_restore --list──> FILE
    restore  FILE ── whole? of this release or older? nobody at work? ──> draft ──> in place;
             what was there is kept beside it (PostgreSQL: one transaction)

FILE is there whole or not at all. It holds readers' addresses and the hub's secret: its owner only.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from seealso_store import integrity, migrate
from seealso_store.database import open_database
from seealso_store.errors import BackupFailed, SchemaNewer
from seealso_store.trouble import explained

_SQLITE = b"SQLite format 3\x00"
_DUMP = b"PGDMP"
_SIDES = ("-wal", "-shm")  # SQLite's files beside the one


@dataclass(frozen=True, slots=True)
class Saved:
    """A back-up that is made and was read again."""

    file: Path
    bytes: int
    seconds: float
    articles: int


@dataclass(frozen=True, slots=True)
class Restored:
    """`kept` is where the store of before is now; None where there was none, or on a server."""

    kept: Path | None
    articles: int


def save(database_url: str, file: Path) -> Saved:
    """Write the whole store into a file, while others work on it.

    Raises:
        BackupFailed: it can't be done; an older back-up of this name is as it was.
    """
    url, begun = make_url(database_url), time.monotonic()
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise BackupFailed(f"{file}: give the name of a file in a folder that is there.")
    with _draft(file) as draft:
        if url.get_backend_name() == "sqlite":
            articles = _save_sqlite(Path(str(url.database)), file, draft)
        else:
            articles = _save_postgresql(url, draft)
        size = draft.stat().st_size
    return Saved(file, size, time.monotonic() - begun, articles)


def restore(database_url: str, file: Path) -> Restored:
    """Put a back-up in the store's place. Nobody may be at work on the store.

    Raises:
        BackupFailed: it is no back-up, it is damaged, or somebody is at work.
        SchemaNewer: a newer seealso has made it.
    """
    url = make_url(database_url)
    sqlite = url.get_backend_name() == "sqlite"
    _require_kind(file, _SQLITE if sqlite else _DUMP, "an SQLite" if sqlite else "a PostgreSQL")
    if sqlite:
        return _restore_sqlite(Path(str(url.database)), file)
    return _restore_postgresql(url, file)


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """A file beside the one that is meant: takes its place when all went well, and lasts."""
    draft = file.absolute().with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(file)
        _sync_folder(file.absolute().parent)
    except OSError as error:
        raise BackupFailed(f"{file} can't be written: {error.strerror or error}.") from error
    finally:
        for side in ("", *_SIDES, "-journal"):
            draft.with_name(draft.name + side).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _require_kind(file: Path, mark: bytes, kind: str) -> None:
    try:
        with file.open("rb") as opened:
            found = opened.read(len(mark))
    except OSError as error:
        raise BackupFailed(f"{file} can't be read: {error.strerror}.") from error
    if found != mark:
        raise BackupFailed(
            f"{file} is no back-up of {kind} hub. Give a file that `seealso backup` made there, or"
            " name the right database in SEEALSO_DATABASE_URL."
        )


# --- SQLite --------------------------------------------------------------------------------------


def _save_sqlite(path: Path, file: Path, draft: Path) -> int:
    if not path.is_file():
        raise BackupFailed(f"There is no database at {path} yet: nothing to back up.")
    if file.exists() and file.samefile(path):
        raise BackupFailed(f"{file} is the database itself. Give another name.")
    try:
        _copy(path, draft)
        integrity.require_whole(draft)
        return _articles(draft)
    except sqlite3.Error as error:
        raise BackupFailed(str(explained(make_url(f"sqlite:///{path}"), error))) from error


def _copy(path: Path, draft: Path) -> None:
    with (
        closing(sqlite3.connect(_reading(path), uri=True, timeout=20)) as source,
        closing(sqlite3.connect(draft)) as copy,
    ):
        source.backup(copy)  # all pages in one step: one snapshot, and writers go on
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it


def _reading(path: Path) -> str:
    return path.absolute().as_uri() + "?mode=ro"


def _articles(path: Path) -> int:
    with closing(sqlite3.connect(_reading(path), uri=True)) as conn:
        return int(conn.execute("SELECT count(*) FROM article").fetchone()[0])


def _restore_sqlite(path: Path, file: Path) -> Restored:
    if integrity.in_use(path):
        raise BackupFailed(f"A hub is at work on {path}. Stop it first.")
    try:
        integrity.require_whole(file)
        _require_known(f"sqlite:///{file.absolute()}", file)
        with _draft(path) as draft:
            shutil.copyfile(file, draft)
            kept = _put_aside(path)
        return Restored(kept, _articles(path))
    except sqlite3.Error as error:
        raise BackupFailed(f"{file}: {error}.") from error


def _put_aside(path: Path) -> Path | None:
    """Rename the store, and what lies beside it: the log belongs to its file."""
    if not path.exists():
        return None
    kept = path.with_name(f"{path.name}.replaced-{time.strftime('%Y%m%dT%H%M%S')}")
    for side in (*_SIDES, ""):
        beside = path.with_name(path.name + side)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + side))
    return kept


def _require_known(database_url: str, file: Path) -> None:
    database = open_database(database_url)
    try:
        with database.read() as conn:
            found = migrate.revision(conn)
    finally:
        database.close()
    if found is None:
        raise BackupFailed(f"{file} is no back-up of a hub: it has none of a hub's tables.")
    if found not in migrate.KNOWN:
        raise SchemaNewer(
            f"{file} was made by a newer seealso (schema {found}, this one knows up to"
            f" {migrate.HEAD}). Upgrade seealso, then restore it."
        )


# --- PostgreSQL ----------------------------------------------------------------------------------


def _save_postgresql(url: URL, draft: Path) -> int:
    database = open_database(url.render_as_string(hide_password=False))
    try:
        with database.read() as conn:
            articles = int(conn.execute(sa.text("SELECT count(*) FROM article")).scalar_one())
    finally:
        database.close()
    _run(url, "pg_dump", "--format=custom", f"--file={draft}", "--dbname", _plain(url))
    _run(url, "pg_restore", "--list", f"--file={os.devnull}", draft)
    return articles


def _restore_postgresql(url: URL, file: Path) -> Restored:
    _run(url, "pg_restore", "--list", f"--file={os.devnull}", file)
    database = open_database(url.render_as_string(hide_password=False))
    try:
        with database.read() as conn:
            others = conn.execute(sa.text(_OTHERS)).scalar_one()
        if others:
            raise BackupFailed(
                f"{others} connections are at work on {url.database}. Stop the services first."
            )
        database.close()
        _run(
            url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error",
            "--single-transaction", "--dbname", _plain(url), file,
        )  # fmt: skip
        with database.read() as conn:
            return Restored(
                None, conn.execute(sa.text("SELECT count(*) FROM article")).scalar_one()
            )
    finally:
        database.close()


_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def _plain(url: URL) -> str:
    """For libpq, without the password: everybody can read a command's arguments."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def _run(url: URL, program: str, *arguments: object) -> None:
    command: Sequence[str] = [program, *(str(one) for one in arguments)]
    environ = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    try:
        ended = subprocess.run(  # noqa: S603  # our own words, and a URL of the operator's
            command,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise BackupFailed(
            f"There is no {program} here. Install PostgreSQL's client programs, or run this where"
            f" they are: {' '.join(command)}"
        ) from error
    if ended.returncode:
        said = ended.stderr.strip().splitlines()
        raise BackupFailed(f"{program}: {said[0] if said else f'exit code {ended.returncode}'}")
