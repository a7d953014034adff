"""Brings a database to the schema of this release, or says clearly why it can't.

    prepare ── stored revision = HEAD? ── yes ──> done (one query, alembic is not imported)
                      │ no
                      ├── unknown here ──> does it say that we may work on it? else SchemaNewer
                      └── none or older ──> lock, look again, run the revisions, commit

On PostgreSQL that goes on under load: it waits a second for a table that somebody uses, and else
lets everybody pass and tries again, so that nobody queues behind it for long.

Any number of processes may prepare one database at once: SQLite's write lock, or an advisory lock
on PostgreSQL, lets one of them work while the others wait and then find it done.

A revision that has landed stays as it is. A new one only adds, and only what may be empty (a
table, a nullable column, an index), so that the workers of the release before go on beside it; what
is no longer used is dropped a release later. `WORKS_FROM` says so in the database: workers of that
release stay ready beside the new schema, and may be started again.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store import hub
from seealso_store.database import Database
from seealso_store.errors import (
    SchemaForeign,
    SchemaNewer,
    StoreBusy,
    StoreConflict,
    StoreError,
    StoreFolderMissing,
)
from seealso_store.trouble import explained, is_busy

HEAD = "0003"  # the newest revision under migrations/versions
KNOWN = ("0001", "0002", "0003")  # every revision, oldest first
WORKS_FROM = "0001"  # the oldest revision whose release may work on HEAD's schema
VERSION_TABLE = "seealso_schema"

_ADVISORY_LOCK = 0x7365_6561_6C73_6F  # "seealso" in ASCII
_ONE_THREAD = threading.Lock()
_PATIENCE = 20.0  # seconds to wait for another process that prepares the same file
_PATIENCE_UNDER_LOAD = 120.0  # seconds to try for the tables of a database that is in use
_LOCK_SECONDS = 1
_PROMISE = "schema"  # in the table of the hub: "<revision> <the oldest that may work on it>"


def prepare(db: Database) -> None:
    """Create or upgrade the schema. Does nothing, quickly, when it is up to date.

    Raises:
        SchemaNewer: a newer release has written the database.
        StoreFolderMissing, StoreNotWritable, NotADatabase, SchemaForeign: as they say.
        StoreUnavailable: the database does not answer.
    """
    _check_folder(db)
    db.use()
    begun = time.monotonic()
    while True:
        try:
            return _prepare(db)
        except (StoreError, sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
            # Two processes that switch one new file to WAL can be told "locked" without a wait.
            pause = _pause_after(error, time.monotonic() - begun)
            if pause is None:
                raise _explained(db, error) from (error.__cause__ or error)
            time.sleep(pause)


def _pause_after(error: Exception, waited: float) -> float | None:
    """Seconds until the next try; None where there is to be none."""
    if is_busy(error) and waited < _PATIENCE:
        return 0.05
    if isinstance(error, StoreBusy | StoreConflict) and waited < _PATIENCE_UNDER_LOAD:
        return random.uniform(0.2, 1.0)  # noqa: S311  # who queued behind us goes first
    return None


def revision(conn: Connection) -> str | None:
    """The stored revision, None in a database that has none yet."""
    if not sa.inspect(conn).has_table(VERSION_TABLE):
        return None
    found = conn.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 -- a constant
    return None if found is None else str(found)


def _prepare(db: Database) -> None:
    with db.read() as conn:
        if _is_current(db, conn):
            return
    with db.write() as tx:
        if db.dialect == "postgresql":
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
            tx.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        if not _is_current(db, tx):
            _upgrade(tx)
            hub.remember(tx, _PROMISE, f"{HEAD} {WORKS_FROM}")


def fits(conn: Connection, found: str | None) -> bool:
    """Whether this release may work on a database of the revision that was found: its own, or a
    newer one that says so."""
    if found is None or found in KNOWN:
        return found == HEAD
    at, _, works_from = (hub.recall(conn, _PROMISE) or "").partition(" ")
    return at == found and works_from in KNOWN


def _is_current(db: Database, conn: Connection) -> bool:
    found = revision(conn)
    if fits(conn, found):
        return True
    if found is not None and found not in KNOWN:
        raise SchemaNewer(
            f"{_place(db)} was written by a newer seealso (schema {found}, this one knows up to "
            f"{HEAD}). Upgrade seealso, or name another database."
        )
    return False


def _upgrade(tx: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "seealso_store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = tx
    with _ONE_THREAD:  # alembic keeps what it works on in its module
        command.upgrade(config, "head")


# --- what went wrong, in words -----------------------------------------------------------------


def _place(db: Database) -> str:
    if db.dialect == "sqlite":
        return str(db.engine.url.database)
    return db.engine.url.render_as_string(hide_password=True)


def _check_folder(db: Database) -> None:
    if db.dialect != "sqlite":
        return
    folder = Path(str(db.engine.url.database)).absolute().parent
    if not folder.is_dir():
        raise StoreFolderMissing(f"There is no folder {folder}. Make it, or set SEEALSO_DATA.")


def _explained(db: Database, error: Exception) -> StoreError:
    if "already exists" in str(error):
        return SchemaForeign(
            f"{_place(db)} holds tables that seealso did not make ({_first_line(error)}). Give "
            "seealso a database of its own in SEEALSO_DATABASE_URL."
        )
    return explained(db.engine.url, error)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
