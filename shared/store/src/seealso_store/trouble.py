"""What an engine complains about, as an exception of ours: one sentence with place and remedy.

    sqlite3's error name, PostgreSQL's SQLSTATE, libpq's words ──explained──> StoreError

Pure, but for a look at the disk where SQLite only knows that a write went wrong.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from seealso_store.errors import (
    NotADatabase,
    SchemaMissing,
    StoreBusy,
    StoreConflict,
    StoreError,
    StoreForbidden,
    StoreFull,
    StoreNotWritable,
    StoreRefused,
    StoreUnavailable,
)

NO_ROOM = 64 * 1024  # bytes: SQLite can't even grow its shared memory file

_CONFLICTS = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_SCHEMA = frozenset({"42P01", "42703"})  # undefined_table, undefined_column
# libpq has no codes for what fails before there is a connection: its words, in the order asked.
_CONNECTING = ("connection failed", "failed to resolve", "connection timeout")
_AT_THE_DOOR = (
    ("password authentication failed", "refuses the password of role {user}", True),
    ("no password supplied", "wants a password for role {user}", True),
    ("no pg_hba.conf entry", "does not let role {user} in from here (pg_hba.conf)", True),
    ('role "', "has no role {user}", True),
    ('database "', "has no database {name}", True),
    ("permission denied for database", "does not let role {user} into database {name}", True),
    ("too many", "has no connection left (max_connections)", False),
    ("remaining connection slots", "has no connection left (max_connections)", False),
    ("starting up", "is starting", False),
    ("shutting down", "is stopping", False),
    ("recovery", "is starting", False),
    ("refused", "does not answer (connection refused)", False),
    ("No such file", "does not answer (no socket)", False),
    ("resolve", "can't be found (no such host)", False),
    ("timeout", "does not answer (timed out)", False),
)


def explained(url: URL, error: BaseException) -> StoreError:
    """The exception to raise instead of an engine's. No password is in its message."""
    if isinstance(error, StoreError):
        return error
    if url.get_backend_name() == "sqlite":
        return _of_sqlite(Path(str(url.database)), error)
    return _of_postgresql(url, error)


def is_trouble(error: BaseException) -> bool:
    """Whether an error is of the engine or of its place; else it is a bug of ours."""
    if isinstance(error, sa.exc.TimeoutError | sa.exc.OperationalError | sqlite3.OperationalError):
        return True
    if code := sqlite_code(error):
        return code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True
    state = str(getattr(_inner(error), "sqlstate", None) or "")
    return state in _SCHEMA | {"42501", "25P03", "25006"}


def is_busy(error: BaseException) -> bool:
    """Whether SQLite only found the file locked."""
    return sqlite_code(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def sqlite_code(error: BaseException | None) -> str:
    """SQLite's name of an error, of whatever it was wrapped in; empty for others."""
    while error is not None:
        for one in (error, getattr(error, "orig", None)):
            if name := getattr(one, "sqlite_errorname", None):
                return str(name)
        error = error.__cause__
    return ""


def _of_sqlite(path: Path, error: BaseException) -> StoreError:
    code, said = sqlite_code(error), _first_line(error)
    if code == "SQLITE_FULL" or (code.startswith("SQLITE_IOERR") and _no_room(path)):
        return StoreFull(
            f"No room left on the disk of {path}. Make some: the hub goes on by itself then, and"
            " nothing that was confirmed is lost."
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreUnavailable(
            f"{path} is locked by another program (a tool, a back-up, a second hub). End it: the"
            " hub goes on by itself then."
        )
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return damaged(path)
    if code.startswith("SQLITE_IOERR"):
        return StoreUnavailable(
            f"The disk of {path} fails ({code}). Look at the system's log, and move the data"
            " folder to a sound disk."
        )
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreNotWritable(
            f"{path} can't be written by user {_user()}. Give that user the folder "
            "(chown, chmod), or set SEEALSO_DATA to another one."
        )
    if isinstance(_inner(error), sqlite3.OperationalError | sqlite3.InterfaceError):
        return StoreUnavailable(f"{path}: {said}")
    return StoreError(f"{path}: {said}")


def damaged(path: Path, how: str = "") -> NotADatabase:
    """The file can't be trusted; `how` says what was found."""
    found = f" ({how})" if how else ""
    return NotADatabase(
        f"{path} is not an SQLite database, or is damaged{found}. Put a back-up in its place with"
        " `seealso restore FILE`, or move it away to begin anew."
    )


def _of_postgresql(url: URL, error: BaseException) -> StoreError:
    inner = _inner(error)
    code = str(getattr(inner, "sqlstate", None) or "")
    server, said = f"PostgreSQL at {_server(url)}", _first_line(error)
    if isinstance(inner, sa.exc.TimeoutError):
        return StoreUnavailable(f"{server}: all connections of this process are in use. {said}")
    if code in _CONFLICTS:
        return StoreConflict(f"{server}: {said}")
    if code == "53100" or "No space left on device" in str(inner):
        return StoreFull(f"{server} has no room left on its disk. Make some: the hub goes on then.")
    if code == "55P03":
        return StoreBusy(f"{server}: a lock was not to be had in time. {said}")
    if code in ("57014", "25P03"):
        return StoreUnavailable(f"{server} ended a statement that took too long. {said}")
    if code == "25006":
        return StoreUnavailable(
            f"{server} is read-only (a standby?). Name the primary in SEEALSO_DATABASE_URL."
        )
    if code == "42501":
        return StoreForbidden(
            f"{server} does not allow this to {url.username}: {said}. Grant it, or run"
            " deploy/postgres/roles.sql again; only the owner's role changes the schema."
        )
    if code in _SCHEMA:
        return SchemaMissing(
            f"{server}: {said}. The database has not this release's schema: run"
            " `python -m seealso_hub.migrate` as its owner."
        )
    return _at_the_door(url, str(inner)) or StoreUnavailable(f"{server}: {said}")


def _at_the_door(url: URL, said: str) -> StoreError | None:
    if not any(words in said for words in _CONNECTING):
        return None
    for words, what, refused in _AT_THE_DOOR:
        if words not in said:
            continue
        names = {"user": url.username, "name": url.database}
        sentence = f"PostgreSQL at {_server(url)} {what.format(**names)}."
        if refused:
            return StoreRefused(f"{sentence} Mend SEEALSO_DATABASE_URL, or the server.")
        return StoreUnavailable(f"{sentence} Start it, or mend SEEALSO_DATABASE_URL.")
    return None


def _server(url: URL) -> str:
    return f"{url.host or 'its socket'}:{url.port or 5432}"


def _inner(error: BaseException) -> BaseException:
    inner = getattr(error, "orig", None)
    return inner if isinstance(inner, BaseException) else error


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.absolute().parent).free < NO_ROOM
    except OSError:
        return False


def _user() -> str:
    return str(os.geteuid()) if hasattr(os, "geteuid") else os.environ.get("USERNAME", "this")


def _first_line(error: BaseException) -> str:
    lines = str(_inner(error)).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
