"""A PostgreSQL database of the test's own, empty."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from tests.conftest import POSTGRES_URL


@pytest.fixture
def empty_postgres_url(live_engines: None) -> Iterator[str]:
    """The URL of a new database; dropped after the test."""
    name = f"seealso_test_{secrets.token_hex(6)}"
    server = sa.create_engine(
        sa.make_url(POSTGRES_URL).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sa.make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
    with server.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def postgres(empty_postgres_url: str) -> Iterator[Database]:
    """A prepared PostgreSQL database."""
    db = open_database(empty_postgres_url)
    prepare(db)
    yield db
    db.close()
