"""The ingest service over a real plugin host, a SQLite file of its own, and the API's client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_core.messages import Wake
from seealso_core.settings import load
from seealso_ingest.flow import Ingest
from seealso_ingest.wsgi import make
from seealso_sdk.plugin import OutputMeta
from seealso_store import keys, outputs
from seealso_store.database import Database
from seealso_store.outputs import InstalledOutput

SECOND = 1_000_000
START = 1_760_000_000 * SECOND  # in October 2025


@dataclass
class Clock:
    """A clock that a test turns."""

    at: int = START

    def __call__(self) -> int:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += int(seconds * SECOND)


@dataclass
class Nudges:
    """Keeps what a nudger would send."""

    wakes: list[Wake] = field(default_factory=list)

    def nudge(self, *wakes: Wake) -> None:
        self.wakes += wakes


@pytest.fixture(scope="session")
def host() -> Iterator[PluginHost]:
    """The installed plugins, in children of their own: one host for all tests."""
    made = PluginHost(registry.load())
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def nudges() -> Nudges:
    return Nudges()


def enable(database: Database, *names: str) -> None:
    """Let these outputs be installed."""
    metas = [
        OutputMeta(name=n, title=n, extension=n, media_type="text/plain", version="1")
        for n in names
    ]
    with database.write() as tx:
        outputs.record(tx, [InstalledOutput(m.name, "enabled", "", m) for m in metas], now=1)


@pytest.fixture
def ingest(database: Database, host: PluginHost, clock: Clock, nudges: Nudges) -> Ingest:
    """The service, with two outputs enabled."""
    enable(database, "rss", "text")
    return Ingest(database, host, nudges, now=clock)


@pytest.fixture
def client(database: Database, ingest: Ingest) -> FlaskClient:
    """The API, as a client that has the key."""
    with database.write() as tx:
        key = keys.create(tx, "test", 1)
    client = make(load({}), database, ingest).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client
