"""Send wake-ups without ever making anybody wait.

    nudge(wake) -> [pending, one per stage and output] -> own thread -> broker, confirmed

What is pending together (an article wakes six outputs and the filing) is one message, which
RabbitMQ puts into each of their queues (the header CC): a seventh of the publishing and confirming.
Who takes it from a queue goes by the queue's name, not by what the message says.

The caller has already committed what matters; the wake only makes it quick. So `nudge` takes a
lock, merges and returns. The thread connects, declares, publishes with confirms, and after any
error throws the connection away (after a confirm timeout a channel takes one message's late
confirmation for another's) and comes back with a growing pause.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Sequence
from functools import reduce
from typing import Any

from amqp.exceptions import MessageNacked  # type: ignore[import-untyped]  # publishes none

from seealso_core import log as logs
from seealso_core import messages, meters, topology
from seealso_core.messages import Stage, Wake

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0

log = logs.get(__name__)


class Nudger:
    """A sender of wakes with a thread of its own. Safe to call from any thread.

    The thread starts at the first nudge, so an object made before a fork may be used after it.
    """

    def __init__(self, broker_url: str, *, prefix: str = topology.PREFIX) -> None:
        self._url = broker_url
        self._topology = topology.Topology(memory=topology.is_memory(broker_url), prefix=prefix)
        self._changed = threading.Condition()
        self._pending: dict[tuple[Stage, str], Wake] = {}
        self._busy = False
        self._closing = False
        self._thread: threading.Thread | None = None

    def nudge(self, *wakes: Wake) -> None:
        """Ask for wakes to be sent. Never blocks, never raises; after `close` it does nothing."""
        with self._changed:
            if self._closing:
                return
            for wake in wakes:
                at = (wake.stage, wake.output)
                waiting = self._pending.get(at)
                self._pending[at] = messages.merge(waiting, wake) if waiting else wake
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="seealso-nudge", daemon=True)
                self._thread.start()
            self._changed.notify()

    def flush(self, timeout: float) -> bool:
        """Wait until all is sent. False: it was not, within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._busy, timeout)

    def close(self, timeout: float = 2.0) -> None:
        """Send what is pending, if that can be done in time, and end the thread."""
        self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while self._wait_for_work():
            try:
                self._send_until_closed()
            except Exception as error:  # noqa: BLE001  # whatever the broker does, the line goes on
                log.warning(
                    "The broker can't be reached; wakes wait, the work goes on by polling",
                    error=topology.explained(self._url, error),
                    pause_seconds=round(pause, 1),
                )
                self._sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311  # spreads load
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                pause = FIRST_PAUSE_SECONDS

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._closing)
            return not self._closing

    def _sleep(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, seconds)

    def _send_until_closed(self) -> None:
        """Hold one connection as long as it works. An exception means: it doesn't."""
        with topology.connect(self._url) as connection:
            producer = connection.Producer()
            declared: set[str] = set()
            while wakes := self._take(connection):
                try:
                    self._publish(producer, declared, wakes)
                    meters.WAKES.add("sent")
                except MessageNacked:
                    # The queue is full of wakes that say the same. Nothing is lost.
                    meters.WAKES.add("refused")
                    log.debug("The broker refused a wake", of=[w.output for w in wakes])
                except BaseException:
                    meters.WAKES.add("failed")
                    self._put_back(wakes)
                    raise
                finally:
                    self._done()

    def _take(self, connection: Any) -> list[Wake]:
        """The wakes to send now; empty at the end. Keeps the idle connection alive meanwhile."""
        while True:
            with self._changed:
                if self._closing:
                    return []
                if self._pending:
                    self._busy = True
                    found = list(self._pending.values())
                    self._pending.clear()
                    return found
                self._changed.wait(topology.HEARTBEAT_SECONDS / 3)
                idle = not self._pending and not self._closing
            if idle and connection.supports_heartbeats:
                # Raises where the broker has gone: better now than at the next wake.
                connection.heartbeat_check()
                _drain_quietly(connection)

    def _publish(self, producer: Any, declared: set[str], wakes: Sequence[Wake]) -> None:
        names = [self._topology.queue_name(wake.stage, wake.output) for wake in wakes]
        for name, wake in zip(names, wakes, strict=True):
            if name not in declared:
                self._topology.declare(producer.channel, wake.stage, wake.output)
                declared.add(name)
        if self._topology.memory:
            for name, wake in zip(names, wakes, strict=True):
                if not self._is_crowded(producer.channel, name):
                    self._send(producer, wake, [name])
            return
        self._send(producer, reduce(messages.merge, wakes), names)

    def _send(self, producer: Any, wake: Wake, queues: Sequence[str]) -> None:
        first, *others = queues
        memory = self._topology.memory
        producer.publish(
            messages.encode(wake),
            exchange=self._topology.exchange,
            routing_key=first,
            headers={"CC": others} if others else {},
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            mandatory=True,
            retry=False,
            timeout=topology.CONFIRM_SECONDS,
            **({} if memory else {"confirm_timeout": topology.CONFIRM_SECONDS}),
        )

    def _is_crowded(self, channel: Any, name: str) -> bool:
        """In memory nobody else bounds a queue that no worker of this process empties."""
        waiting: int = channel.queue_declare(name, passive=True).message_count
        return waiting >= topology.MAX_IN_MEMORY

    def _put_back(self, wakes: Sequence[Wake]) -> None:
        with self._changed:
            for wake in wakes:
                at = (wake.stage, wake.output)
                newer = self._pending.get(at)
                self._pending[at] = messages.merge(wake, newer) if newer else wake

    def _done(self) -> None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()


def _drain_quietly(connection: Any) -> None:
    """Read what the broker sent by itself: unread heartbeats make a connection look dead."""
    with contextlib.suppress(TimeoutError):
        connection.drain_events(timeout=0.001)
