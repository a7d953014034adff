"""Every exchange and queue there is, and how each is declared.

    exchange <prefix>  --(routing key = queue name)-->  <prefix>.render.<output>   one per output
                                                        <prefix>.feeds
                                                        <prefix>.dispatch
    exchange <prefix>.dead --------------------------->  <prefix>.dead      should stay empty

RabbitMQ refuses to redeclare a queue with other arguments (406), so the prefix carries a version:
whoever changes an argument raises it. Producers declare too: a wake must not fall on the floor
because no worker has started yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kombu

from seealso_core.messages import Stage

# kombu says that it is typed, and most of it isn't: one door for the checker.
_kombu: Any = kombu

VERSION = "v1"


def named(hub: str) -> str:
    """The prefix of all names of a hub: `Settings.broker_prefix` and the version."""
    return f"{hub}.{VERSION}"


PREFIX = named("seealso")
DELIVERY_LIMIT = 5
# A queue that nobody empties refuses further wakes (the nudger then drops them: the ledger knows).
MAX_WAITING = 10_000
MAX_IN_MEMORY = 100

HEARTBEAT_SECONDS = 30
CONNECT_SECONDS = 5
CONFIRM_SECONDS = 5.0
MEMORY_POLL_SECONDS = 0.02


def is_memory(broker_url: str) -> bool:
    """Whether the queue lives inside this process."""
    return broker_url.startswith("memory:")


@contextmanager
def connect(broker_url: str) -> Iterator[Any]:
    """An open kombu connection, closed at the end. One per thread: they are not to be shared."""
    if is_memory(broker_url):
        with _kombu.Connection(
            broker_url, transport_options={"polling_interval": MEMORY_POLL_SECONDS}
        ) as connection:
            yield connection
        return
    with _kombu.Connection(
        broker_url,
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=CONNECT_SECONDS,
        transport_options={"confirm_publish": True, "write_timeout": CONNECT_SECONDS},
    ) as connection:
        # Left to itself kombu sleeps two seconds in between, deaf to anybody who wants to stop.
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        yield connection


class Topology:
    """Names and arguments of what is declared on one kind of broker.

    Args:
        memory: plain queues, without what only RabbitMQ knows.
        prefix: of every name; tests use one of their own.
    """

    def __init__(self, *, memory: bool, prefix: str = PREFIX) -> None:
        self.prefix = prefix
        self.memory = memory
        self.exchange = _kombu.Exchange(prefix, type="direct", durable=True)
        self.dead_exchange = _kombu.Exchange(f"{prefix}.dead", type="fanout", durable=True)

    def queue_name(self, stage: Stage, output: str = "") -> str:
        """Render has a queue per output, the other stages have one each."""
        if stage == "render" and output:
            return f"{self.prefix}.render.{output}"
        return f"{self.prefix}.{stage}"

    def queue(self, stage: Stage, output: str = "") -> Any:
        """The queue of a stage, as kombu declares it."""
        name = self.queue_name(stage, output)
        arguments = None if self.memory else self._quorum(dead_letters=True)
        return _kombu.Queue(
            name, self.exchange, routing_key=name, durable=True, queue_arguments=arguments
        )

    def dead_queue(self) -> Any:
        """Where RabbitMQ puts what nobody could read. Anything in it is worth an alarm."""
        return _kombu.Queue(
            f"{self.prefix}.dead",
            self.dead_exchange,
            routing_key="",
            durable=True,
            queue_arguments=self._quorum(dead_letters=False),
        )

    def declare(self, channel: Any, stage: Stage, output: str = "") -> Any:
        """Declare the stage's queue, and the dead letters', on a channel; return it, bound."""
        if not self.memory:
            self.dead_queue()(channel).declare()
        bound = self.queue(stage, output)(channel)
        bound.declare()
        return bound

    def _quorum(self, *, dead_letters: bool) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-overflow": "reject-publish",
            "x-max-length": MAX_WAITING,
        }
        if dead_letters:
            arguments |= {
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": self.dead_exchange.name,
                "x-dead-letter-strategy": "at-least-once",
            }
        return arguments
