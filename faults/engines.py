"""The two pairs of engines, empty, an experiment's own, and gone at its end.

embedded    SQLite in the experiment's folder, memory://
production  PostgreSQL and RabbitMQ on their standard local ports: a database and queues of its own
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from seealso_core import topology
from seealso_store.database import Database, open_database

from tests.conftest import RABBIT_URL, new_postgres
from tests.line.press import OUTPUTS

EMBEDDED, PRODUCTION = "embedded", "production"
EXTRA_OUTPUTS = ("slow", "actor", "witness")  # of the experiments' own plugins


@dataclass(frozen=True)
class Engines:
    """Where a hub of an experiment keeps its state, and what wakes it."""

    name: str
    folder: Path
    database_url: str
    broker_url: str
    prefix: str

    @property
    def settings(self) -> dict[str, str]:
        """For the environment of every process."""
        return {
            "SEEALSO_DATABASE_URL": self.database_url,
            "SEEALSO_BROKER_URL": self.broker_url,
            "SEEALSO_BROKER_PREFIX": self.prefix,
        }

    @contextmanager
    def open(self) -> Iterator[Database]:
        """The database, to look into."""
        database = open_database(self.database_url)
        try:
            yield database
        finally:
            database.close()

    def behind(self, *, database_url: str = "", broker_url: str = "") -> Engines:
        """The same, reached by other addresses: through a proxy."""
        return replace(
            self,
            database_url=database_url or self.database_url,
            broker_url=broker_url or self.broker_url,
        )

    def delete_queues(self) -> None:
        """As an operator does by mistake, whoever uses them."""
        named = topology.Topology(memory=False, prefix=topology.named(self.prefix))
        names = [named.queue_name("render", output) for output in (*OUTPUTS, *EXTRA_OUTPUTS)]
        names += [named.queue_name(stage) for stage in ("render", "feeds", "dispatch")]
        with topology.connect(RABBIT_URL) as connection:
            channel = connection.channel()
            for name in (*names, named.dead_queue().name):
                channel.queue_delete(name)
            for exchange in (named.exchange, named.dead_exchange):
                channel.exchange_delete(exchange.name)


@contextmanager
def lent(name: str) -> Iterator[Engines]:
    """A pair of engines for one experiment."""
    folder = Path(tempfile.mkdtemp(prefix="seealso-faults-"))
    try:
        if name == EMBEDDED:
            url = f"sqlite:///{folder / 'hub.sqlite3'}"
            yield Engines(name, folder, url, "memory://", "seealso")
            return
        with new_postgres() as url:
            made = Engines(name, folder, url, RABBIT_URL, f"seealso-faults-{secrets.token_hex(5)}")
            try:
                yield made
            finally:
                made.delete_queues()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
