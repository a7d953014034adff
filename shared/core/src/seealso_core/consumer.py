"""Receive wake-ups: an own loop, since kombu's ConsumerMixin acknowledges what it can't decode.

    broker -> refuse what is compressed or not JSON -> decode -> on_wake(wake) -> acknowledge
                     |                                   |           |
                     +-------- dead letter <-------------+-----------+ (it raised: a bug)

The loop holds one connection with heartbeats, and after any error begins anew with a growing
pause. Work is not done here: `on_wake` only tells a worker to look, so the loop never outlasts a
heartbeat.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kombu.transport.pyamqp import Message as AmqpMessage

from seealso_core import log as logs
from seealso_core import messages, topology
from seealso_core.errors import MessageError
from seealso_core.messages import Stage, Wake

PREFETCH = 10
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
TICK_SECONDS = 0.25  # how soon stop() is noticed

log = logs.get(__name__)


class Consumer:
    """A thread that calls `on_wake` for every wake of some queues.

    Args:
        broker_url: memory:// or amqp://.
        on_wake: called in the consumer's thread. It should only set a flag; what it raises is
            contained, and the message becomes a dead letter.
        queues: (stage, output) each; output is empty where the stage has one queue.
        prefix: of the names; see `topology`.
    """

    def __init__(
        self,
        broker_url: str,
        on_wake: Callable[[Wake], None],
        queues: Sequence[tuple[Stage, str]],
        *,
        prefix: str = topology.PREFIX,
    ) -> None:
        self._url = broker_url
        self._on_wake = on_wake
        self._queues = tuple(queues)
        self._topology = topology.Topology(memory=topology.is_memory(broker_url), prefix=prefix)
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seealso-consumer", daemon=True)

    def start(self) -> None:
        """Begin. Returns at once; the broker need not be there yet."""
        self._thread.start()

    def wait_until_connected(self, timeout: float) -> bool:
        """Whether the queues are being consumed, within so many seconds."""
        return self._connected.wait(timeout)

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread. A wake in hand is finished, what was prefetched goes back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                self._consume()
            except Exception as error:  # noqa: BLE001  # whatever the broker does, we come back
                if self._connected.is_set():
                    pause = FIRST_PAUSE_SECONDS
                self._connected.clear()
                log.warning(
                    "The queue is out of reach; work is found by polling meanwhile",
                    error=topology.explained(self._url, error),
                    pause_seconds=round(pause, 1),
                )
                self._stopping.wait(pause * random.uniform(0.8, 1.2))  # noqa: S311  # spreads load
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        self._connected.clear()

    def _consume(self) -> None:
        with topology.connect(self._url) as connection:
            channel = connection.channel()
            if not self._topology.memory:
                channel.Message = _Uninflated
            # Each queue has a consumer of its own, which knows what a message out of it is for.
            for stage, output in self._queues:
                self._consume_from(connection, channel, stage, output)
            self._connected.set()
            beats = bool(connection.supports_heartbeats)
            while not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    connection.drain_events(timeout=TICK_SECONDS)
                if beats:
                    connection.heartbeat_check(rate=2)

    def _consume_from(self, connection: Any, channel: Any, stage: Stage, output: str) -> None:
        consumer = connection.Consumer(
            [self._topology.declare(channel, stage, output)],
            channel=channel,
            on_message=lambda message: self._on_message(message, stage, output),
            accept=["json"],
            auto_declare=False,
        )
        # prefetch per consumer: the global form is refused by quorum queues (540).
        consumer.qos(prefetch_count=PREFETCH, apply_global=False)
        consumer.consume()

    def _on_message(self, message: Any, stage: Stage, output: str) -> None:
        """Handle one message out of a queue. Raises only what the broker's own connection raises.

        What it says of stage and output may be of another queue that it was put into as well.
        """
        try:
            wake = replace(_read(message), stage=stage, output=output)
        except MessageError as error:
            log.warning("A queue message is not ours and becomes a dead letter", error=str(error))
            message.reject(requeue=False)
            return
        try:
            # No span: a wake is no work. The ledger's rows have the traces of what is worked on.
            with logs.bind(wake.correlation_id):
                log.debug("Woken", stage=wake.stage, output=wake.output, trace=wake.traceparent)
                self._on_wake(wake)
        except Exception:  # an OSError let through would look like a lost broker
            log.exception("A wake could not be handled and becomes a dead letter", stage=wake.stage)
            message.reject(requeue=False)
            return
        message.ack()


def _read(message: Any) -> Wake:
    if "compression" in (message.headers or {}):
        raise MessageError("compressed: nothing that the hub sends is")
    if message.content_type != "application/json":
        raise MessageError(f"content type {message.content_type!r:.80}")
    return messages.decode(message.body)


class _Uninflated(AmqpMessage):
    """kombu inflates a message that says it is compressed before anybody can look at it: 177 bytes
    became 196 MB. Here the header is hidden from it, and shown to `_read`, which refuses."""

    def __init__(self, msg: Any, channel: Any = None, **kwargs: Any) -> None:
        headers = msg.properties.get("application_headers") or {}
        hidden = {k: v for k, v in headers.items() if k != "compression"}
        msg.properties["application_headers"] = hidden
        super().__init__(msg, channel=channel, **kwargs)  # type: ignore[no-untyped-call]  # kombu's
        self.headers = headers
