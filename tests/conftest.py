"""What every test may use: databases on both engines, and the rule of live tests.

The default suite runs on SQLite and `memory://`. A test marked `live` needs PostgreSQL and RabbitMQ
on their standard local ports; without them it skips with a clear line, or fails where
SEEALSO_REQUIRE_LIVE=1 says that they must be there.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare
from xdist.scheduler import LoadFileScheduling

# On CI the same examples each time, so that a change is judged by what it changed; elsewhere
# chance finds new ones.
settings.register_profile("ci", derandomize=True, database=None)
# Whoever waits for the suite is served by fewer; each run has others.
settings.register_profile("quick", max_examples=30)
settings.load_profile("ci" if os.environ.get("CI") else "quick")

POSTGRES_URL = os.environ.get(
    "SEEALSO_TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/test"
)
RABBIT_URL = os.environ.get("SEEALSO_TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where all that a test may need has to be there, one that skips has failed."""
    report = yield
    if report.skipped and os.environ.get("SEEALSO_REQUIRE_LIVE") == "1":
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (SEEALSO_REQUIRE_LIVE=1: nothing may be missing)"
    return report


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def live_engines() -> None:
    """PostgreSQL and RabbitMQ answer, or the test is skipped."""
    missing = [n for n, p in (("PostgreSQL", 5432), ("RabbitMQ", 5672)) if not _listens(p)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not running on the standard local port")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'hub.sqlite3'}"


@pytest.fixture(autouse=True)
def logging_of_its_own() -> Iterator[None]:
    """A test that starts a service in this process sends its logs to a stream that ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@contextmanager
def prepared(url: str) -> Iterator[Database]:
    """A database with this release's schema, open for as long as it is needed."""
    db = open_database(url)
    try:
        prepare(db)
        yield db
    finally:
        db.close()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """A prepared SQLite database in a folder of its own."""
    with prepared(sqlite_url) as db:
        yield db


@contextmanager
def new_postgres() -> Iterator[str]:
    """The URL of an empty database that nobody else uses; it is dropped at the end."""
    name = f"seealso_test_{secrets.token_hex(6)}"
    url = sa.make_url(POSTGRES_URL)
    server = sa.create_engine(
        url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as conn:
            conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


@pytest.fixture
def empty_postgres_url(live_engines: None) -> Iterator[str]:
    """The URL of a new PostgreSQL database."""
    with new_postgres() as url:
        yield url


@pytest.fixture
def postgres(empty_postgres_url: str) -> Iterator[Database]:
    """A prepared PostgreSQL database."""
    with prepared(empty_postgres_url) as db:
        yield db


class _ByFile(LoadFileScheduling):
    """A file of tests to a worker; all files that need the browser to one: it costs more than its
    tests, and so does the hub behind it."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/browser" if file.startswith("tests/browser/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile | None:
    """Of `--dist loadfile`; any other way of sharing out stays as it is."""
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None
