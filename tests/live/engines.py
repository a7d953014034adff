"""PostgreSQL and RabbitMQ for one hub: an own database, an own prefix of queues."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from seealso_core import topology
from seealso_store.database import Database, open_database

from tests.conftest import RABBIT_URL, new_postgres
from tests.line.press import OUTPUTS

WITNESS = "witness"  # the output of tests/live/test_services.py


@dataclass(frozen=True)
class Engines:
    """Where a hub keeps its state, and what wakes it."""

    database_url: str
    prefix: str

    @property
    def settings(self) -> dict[str, str]:
        """For a hub's environment. Leases are short: a killed hub's work is soon anybody's."""
        return {
            "SEEALSO_DATABASE_URL": self.database_url,
            "SEEALSO_BROKER_URL": RABBIT_URL,
            "SEEALSO_BROKER_PREFIX": self.prefix,
            "SEEALSO_PLUGIN_DEADLINE_SECONDS": "2",
            "SEEALSO_LEASE_SECONDS": "6",
        }

    @contextmanager
    def open(self) -> Iterator[Database]:
        """The database, to look into."""
        database = open_database(self.database_url)
        try:
            yield database
        finally:
            database.close()

    def queues(self) -> dict[str, int]:
        """The wakes that wait in each queue there is."""
        with topology.connect(RABBIT_URL) as connection:
            return {
                name: waiting
                for name in self._names()
                if (waiting := _waiting(connection, name)) is not None
            }

    def delete_queues(self) -> int:
        """As an operator does by mistake, whoever uses them. How many there were."""
        found = self.queues()
        with topology.connect(RABBIT_URL) as connection:
            channel = connection.channel()
            for name in found:
                channel.queue_delete(name)
            for exchange in (self._topology.exchange, self._topology.dead_exchange):
                channel.exchange_delete(exchange.name)
        return len(found)

    @property
    def _topology(self) -> topology.Topology:
        return topology.Topology(memory=False, prefix=topology.named(self.prefix))

    def _names(self) -> list[str]:
        outputs = sorted(OUTPUTS | {WITNESS})
        names = [self._topology.queue_name("render", output) for output in outputs]
        names += [self._topology.queue_name(stage) for stage in ("render", "feeds", "dispatch")]
        return [*names, self._topology.dead_queue().name]


def _waiting(connection: Any, name: str) -> int | None:
    channel = connection.channel()  # a queue that is not there costs the channel
    try:
        declared = channel.queue_declare(name, passive=True)
    except connection.channel_errors:
        return None
    count: int = declared.message_count
    channel.close()
    return count


@contextmanager
def lent() -> Iterator[Engines]:
    """Engines that nobody else uses; database and queues are removed at the end."""
    with new_postgres() as url:
        made = Engines(url, f"seealso-test-{secrets.token_hex(5)}")
        try:
            yield made
        finally:
            made.delete_queues()
