"""One engine, two databases: SQLite and PostgreSQL differ here, and nowhere else.

SQLite runs in WAL with `synchronous=FULL`: a commit survives power loss. A write transaction takes
the lock at its start (BEGIN IMMEDIATE), so it never fails half-way for want of it.

    read()      a snapshot
    write()     one transaction; one that is not `durable` is over before the disk has it
    transact(f) one transaction, done again where another one was in its way (a deadlock)
    now()       the clock by which leases and tries are timed: PostgreSQL's own, else this machine's
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar
from weakref import finalize

import sqlalchemy as sa
from seealso_core import meters
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url

from seealso_store import clock
from seealso_store.clock import SECOND, ServerClock
from seealso_store.errors import StoreConflict, StoreError
from seealso_store.integrity import Use
from seealso_store.trouble import explained, is_trouble
from seealso_store.turns import Turns

BUSY_TIMEOUT_MS = 20_000
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
IDLE_TIMEOUT_MS = 60_000  # in a transaction: a worker that was paused must not hold locks for ever
IDLE_SECONDS = 1.0  # a connection that lay idle for so long is asked whether it still is one
DEAD_PEER_MS = 15_000  # a server that says nothing for so long is gone
TRIES = 6  # of a transaction that others were in the way of
FIRST_PAUSE_SECONDS = 0.01

_USED = "seealso_used"  # in the pool's note of a connection: when it was given back

T = TypeVar("T")
_FREE: AbstractContextManager[None] = nullcontext()  # PostgreSQL has many writers


class Database:
    """An engine with two doors: `read` and `write`. Safe to share between threads, and to inherit
    by a fork: the child begins with connections of its own.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self._use: Use | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._watching = threading.local()
        self._turns = Turns()
        self._server_clock = ServerClock(self._ask_time)

    def _stay_in_process(self) -> None:
        """A connection must not cross a fork: SQLite's locks don't, PostgreSQL's socket would have
        two who write to it. What the parent opened is left to it, open and untouched."""
        if self._process != os.getpid():
            self.engine.dispose(close=False)
            self._use = None
            self._begin_anew()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: all queries inside see the same state."""
        self._stay_in_process()
        with _translated(self.engine), self.engine.connect() as conn:
            if self.dialect == "postgresql":
                conn.execution_options(isolation_level="REPEATABLE READ")
            yield conn

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction: commits at the end, rolls back when the block raises.

        Args:
            durable: false for what would be done again if it were lost. On PostgreSQL nobody then
                waits for the disk: a server that crashes may lose the last half second of such
                commits, always the newest ones, and none that a durable one came after.
        """
        self._stay_in_process()
        turn = self._turns.take(BUSY_TIMEOUT_MS / 1000) if self.dialect == "sqlite" else _FREE
        with _translated(self.engine), turn, self.engine.connect() as conn:
            if self.dialect == "sqlite":
                conn.exec_driver_sql("ROLLBACK")
                conn.exec_driver_sql("BEGIN IMMEDIATE")
            elif not durable:
                conn.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield conn
            began = time.perf_counter()
            conn.commit()
            meters.COMMIT_SECONDS.observe(time.perf_counter() - began)

    def transact(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """What `work` returns, once what it wrote is committed. `durable`: see `write`.

        Where the server ended the transaction in favour of another one (a deadlock, SQLSTATE 40P01
        or 40001), it is done again, a few times. So `work` may be called more than once, and
        changes nothing but the database.

        Raises:
            StoreConflict: others were in the way each time.
        """
        for left in reversed(range(TRIES)):
            try:
                with self.write(durable=durable) as tx:
                    return work(tx)
            except StoreConflict:
                if not left:
                    raise
                pause = FIRST_PAUSE_SECONDS * 2 ** (TRIES - 1 - left)
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # spreads load
        raise AssertionError("unreachable")

    def now(self) -> int:
        """Microseconds since 1970. On PostgreSQL by the server's clock, so that all machines agree
        whatever their own clocks say: a lease is never too long or too short."""
        self._stay_in_process()
        return clock.now() if self.dialect == "sqlite" else self._server_clock.now()

    def _ask_time(self) -> int:
        with _translated(self.engine), self.engine.connect() as conn:
            epoch = sa.extract("epoch", sa.func.clock_timestamp())
            return int(conn.execute(sa.select(epoch)).scalar_one() * SECOND)

    @property
    def poll_seconds(self) -> float:
        """How often `change_token` may be asked without anybody noticing: a PRAGMA costs
        microseconds, a query to a server half a millisecond (and the queue is quicker there)."""
        return 0.05 if self.dialect == "sqlite" else 1.0

    def change_token(self) -> str:
        """Equal tokens mean that nobody committed anything in between. Costs microseconds.

        Read it before what you cache: then a commit in between only costs one more look.
        """
        self._stay_in_process()
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

    def use(self) -> None:
        """Say that this process works on the file until `close`; before, see that it is whole.

        Raises:
            NotADatabase: it isn't.
        """
        if self.dialect == "sqlite" and self._use is None and self.engine.url.database:
            use = Use(Path(self.engine.url.database))
            use.begin()
            self._use = use

    def close(self) -> None:
        """Close every pooled connection."""
        watcher: sqlite3.Connection | None = getattr(self._watching, "conn", None)
        if watcher is not None:
            watcher.close()
            del self._watching.conn
        self.engine.dispose()
        if self._use is not None:
            self._use.end()
            self._use = None


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
        f" -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
        " -c synchronous_commit=on"
        # Half a second of compiling for queries of some milliseconds, where tables are large.
        " -c jit=off"
    )
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        connect_args={
            "options": options,
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": DEAD_PEER_MS,
        },
    )

    _ping_what_lay_idle(engine)

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


def _ping_what_lay_idle(engine: Engine) -> None:
    """SQLAlchemy's own `pool_pre_ping` asks before each use: a question more for each transaction.
    A server that was restarted is noticed on connections that nobody has used for a moment; who
    meets one that was in use gets its error, as in the middle of a transaction."""

    @event.listens_for(engine, "checkin")
    def _remember(raw: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(raw: Any, record: Any, fairy: object) -> None:
        used = record.info.get(_USED)
        if used is None or time.monotonic() - used < IDLE_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(raw)
        except engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]  # psycopg
            raise sa.exc.DisconnectionError(str(error)) from error
        if not alive:
            raise sa.exc.DisconnectionError("the connection does not answer")


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    """What the engine can't do now becomes an exception of ours, which says what to do."""
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error) as error:
        if is_trouble(error):
            raise explained(engine.url, error) from error
        raise
