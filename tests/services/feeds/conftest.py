"""Fixtures of the public side: one plugin host for all, a store for each test or each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

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
