"""One engine, two databases: SQLite and PostgreSQL differ here, and nowhere else.

SQLite runs in WAL with `synchronous=FULL`: a commit survives power loss. A write transaction takes
the lock at its start (BEGIN IMMEDIATE), so it never fails half-way for want of it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from weakref import finalize

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url

from seealso_store.errors import StoreError, StoreUnavailable
from seealso_store.turns import Turns

BUSY_TIMEOUT_MS = 20_000
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
_FREE: AbstractContextManager[None] = nullcontext()  # PostgreSQL has many writers


class Database:
    """An engine with two doors: `read` and `write`. Safe to share between threads.

    Not across a fork: open it in the process that uses it.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self._watching = threading.local()
        self._turns = Turns()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: all queries inside see the same state."""
        with _translated(self.engine), self.engine.connect() as conn:
            if self.dialect == "postgresql":
                conn.execution_options(isolation_level="REPEATABLE READ")
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: commits at the end, rolls back when the block raises."""
        turn = self._turns.take(BUSY_TIMEOUT_MS / 1000) if self.dialect == "sqlite" else _FREE
        with _translated(self.engine), turn, self.engine.connect() as conn:
            if self.dialect == "sqlite":
                conn.exec_driver_sql("ROLLBACK")
                conn.exec_driver_sql("BEGIN IMMEDIATE")
            yield conn
            conn.commit()

    @property
    def poll_seconds(self) -> float:
        """How often `change_token` may be asked without anybody noticing: a PRAGMA costs
        microseconds, a query to a server half a millisecond (and the queue is quicker there)."""
        return 0.05 if self.dialect == "sqlite" else 1.0

    def change_token(self) -> str:
        """Equal tokens mean that nobody committed anything in between. Costs microseconds.

        Read it before what you cache: then a commit in between only costs one more look.
        """
        with _translated(self.engine):
            if self.dialect == "sqlite":
                return str(self._watcher().execute("PRAGMA data_version").fetchone()[0])
            with self.engine.connect() as conn:
                return str(conn.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one())

    def _watcher(self) -> sqlite3.Connection:
        # data_version counts the commits of *other* connections, so it needs one that never writes.
        conn: sqlite3.Connection | None = getattr(self._watching, "conn", None)
        if conn is None:
            conn = sqlite3.connect(str(self.engine.url.database), check_same_thread=False)
            self._watching.conn = conn
            finalize(self, conn.close)
        return conn

    def close(self) -> None:
        """Close every pooled connection."""
        watcher: sqlite3.Connection | None = getattr(self._watching, "conn", None)
        if watcher is not None:
            watcher.close()
            del self._watching.conn
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open ``sqlite:////absolute/path`` or ``postgresql://user:password@host/name``.

    Raises:
        StoreError: the URL names neither engine.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return Database(_sqlite(parsed))
    if backend in ("postgresql", "postgres"):
        return Database(_postgresql(parsed))
    raise StoreError(f"SEEALSO_DATABASE_URL names {backend!r}: give sqlite:// or postgresql://")


def upsert(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the words of the connection's engine."""
    if conn.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_rows(
    tx: Connection,
    statement: sqlite.Insert | postgresql.Insert,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Execute an INSERT (see `upsert`) for many rows of texts and numbers, each key once.

    PostgreSQL reads them out of one JSON value: row by row, each costs it a parse, a plan and two
    messages, which was the dearest thing about filing an article.
    """
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(statement, rows)
        return
    table = statement.table
    columns = [sa.column(name, table.c[name].type) for name in rows[0]]
    given = sa.cast(sa.bindparam(None, json.dumps(rows), sa.Text), postgresql.JSON)
    listed = (
        sa.func.json_to_recordset(given)
        .table_valued(*columns, name="listed")
        .render_derived(with_types=True)
    )
    tx.execute(statement.from_select(list(rows[0]), sa.select(listed)))


def _sqlite(url: URL) -> Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=20,
        max_overflow=20,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _settings(raw: Any, record: object) -> None:
        raw.isolation_level = None  # the driver must not begin or commit by itself
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "cache_size=-8192",  # KiB, each of some twenty connections
            "temp_store=MEMORY",
        ):
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    options = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=60000"
    )
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 5},
    )

    @event.listens_for(engine, "connect")
    def _compress_quickly(raw: Any, record: object) -> None:
        # A third of what the server did for an article was pglz. Where it has no LZ4 (built
        # without, or older than 14) all is as before.
        try:
            raw.execute("SET default_toast_compression = lz4")
            raw.commit()
        except engine.dialect.dbapi.Error:  # type: ignore[union-attr]  # psycopg, by the URL
            raw.rollback()

    return engine


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    """What the engine can't do now becomes StoreUnavailable: callers wait and try again."""
    try:
        yield
    except sa.exc.OperationalError as error:
        raise StoreUnavailable(f"{engine.dialect.name}: {error.orig}") from error
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"sqlite: {error}") from error
