"""Fixtures of the public side: one plugin host for all, a store for each test or each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from tests.conftest import POSTGRES_URL
from tests.services.feeds.house import House


@pytest.fixture(scope="session")
def plugin_host() -> Iterator[PluginHost]:
    """The real plugins in their children."""
    host = PluginHost(registry.load())
    yield host
    host.close()


@pytest.fixture
def house(database: Database, plugin_host: PluginHost) -> House:
    """An empty hub."""
    return House(database, plugin_host)


@pytest.fixture(scope="module")
def garden(plugin_host: PluginHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A small hub that is only read."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('garden') / 'hub.sqlite3'}")
    prepare(database)
    yield plant(House(database, plugin_host))
    database.close()


@pytest.fixture
def own_garden(house: House) -> House:
    """The same, for tests that change it."""
    return plant(house)


@pytest.fixture
def postgresql(live_engines: None) -> Iterator[Database]:
    """A prepared database of its own on the local PostgreSQL server."""
    server, _, _ = POSTGRES_URL.rpartition("/")
    admin = sa.create_engine(
        POSTGRES_URL.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as conn:
        conn.exec_driver_sql("DROP DATABASE IF EXISTS seealso_serving")
        conn.exec_driver_sql("CREATE DATABASE seealso_serving")
    database = open_database(f"{server}/seealso_serving")
    prepare(database)
    yield database
    database.close()
    with admin.connect() as conn:
        conn.exec_driver_sql("DROP DATABASE seealso_serving")
    admin.dispose()


def plant(house: House) -> House:
    """Two articles, a ghost, a series."""
    house.publish(
        "a1",
        "Compost that smells",
        topics=("Compost", "Garden"),
        see_also=("Worm farms", "Leaf mould"),
        series="Garden Answers",
        signup="Compost",
        kind="qa",
        day=1,
        body_html="<p>" + "Turn it, and give it air. " * 80 + "</p>",
        file=False,
    )
    house.publish("a2", "Worm farms", topics=("Compost",), day=2)
    return house
