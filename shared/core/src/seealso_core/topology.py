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
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import kombu
from amqp.exceptions import (  # type: ignore[import-untyped]  # publishes none
    AccessRefused,
    NotAllowed,
    PreconditionFailed,
)

from seealso_core.errors import SettingsError
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


_SERVED = ("memory", "amqp", "amqps")


def is_memory(broker_url: str) -> bool:
    """Whether the queue lives inside this process.

    Raises:
        SettingsError: it is none that can carry wakes: kombu's file, SQL and Redis transports lose
            messages, or restore what a consumer held after an hour.
    """
    scheme = broker_url.partition(":")[0]
    if scheme not in _SERVED:
        raise SettingsError(
            "SEEALSO_BROKER_URL",
            f"found {scheme}://. Give memory:// (one machine) or amqp://… (RabbitMQ).",
        )
    return scheme == "memory"


@contextmanager
def connect(broker_url: str) -> Iterator[Any]:
    """An open kombu connection, closed at the end. One per thread: they are not to be shared."""
    if is_memory(broker_url):
        with _kombu.Connection(
            broker_url, transport_options={"polling_interval": MEMORY_POLL_SECONDS}
        ) as connection:
            yield connection
        return
    connection = _kombu.Connection(
        broker_url,
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=CONNECT_SECONDS,
        transport_options={
            "confirm_publish": True,
            "read_timeout": CONNECT_SECONDS,
            "write_timeout": CONNECT_SECONDS,
        },
    )
    try:
        # Left to itself kombu sleeps two seconds in between, deaf to anybody who wants to stop.
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        yield connection
    except BaseException:
        _abandon(connection)
        raise
    connection.release()


def _abandon(connection: Any) -> None:
    """After an error nothing more is said: who does not answer would be waited for, and a channel
    whose confirm was late takes it for the next message's."""
    with suppress(Exception):
        if connection.connected:
            connection.connection.collect()  # the socket
    with suppress(Exception):
        connection.release()


def explained(broker_url: str, error: BaseException) -> str:
    """What keeps us from the broker, in one sentence with the remedy. No password is in it."""
    parts = urlsplit(broker_url)
    server = (
        f"RabbitMQ at {parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}"
    )
    user, vhost = unquote(parts.username or "guest"), unquote(parts.path[1:]) or "/"
    said = " ".join(str(error.__cause__ or error).split()) or type(error).__name__
    if isinstance(error, NotAllowed) and "not found" in said:
        return (
            f"{server} has no virtual host {vhost}. Make it (rabbitmqctl add_vhost {vhost}), or"
            " mend the end of SEEALSO_BROKER_URL."
        )
    if isinstance(error, AccessRefused) and "Login was refused" in said:
        return (
            f"{server} refuses user {user} or the password. Mend SEEALSO_BROKER_URL; guest is let"
            " in from the broker's own machine only."
        )
    if isinstance(error, NotAllowed | AccessRefused):
        rights = f"rabbitmqctl set_permissions -p {vhost} {user} '.*' '.*' '.*'"
        return f"{server} does not allow this to user {user} ({said}). Give the rights: {rights}"
    if isinstance(error, PreconditionFailed):
        return (
            f"{server} has a queue of ours that was declared otherwise ({said}). Delete it: it"
            " holds wake-ups only, and is declared anew."
        )
    return f"{server} can't be reached ({said}). Start it, or mend SEEALSO_BROKER_URL."


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
