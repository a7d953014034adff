"""Nudger and consumer: on memory://, and (live) on RabbitMQ with each trap that was met there."""

from __future__ import annotations

import queue
import socket
import threading
import time
import uuid
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from seealso_core import messages, topology
from seealso_core.consumer import Consumer
from seealso_core.messages import Wake
from seealso_core.nudge import Nudger
from seealso_core.topology import Topology

from tests.conftest import RABBIT_URL
from tests.live.cable import Cable

live = pytest.mark.live


def prefix() -> str:
    return f"seealso-test-{uuid.uuid4().hex[:10]}"


class Broker:
    """A broker with names of the test's own, cleaned up at the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = prefix()
        self.topology = Topology(memory=topology.is_memory(url), prefix=self.prefix)
        self.seen: queue.Queue[Wake] = queue.Queue()
        self._open: list[Any] = []

    def nudger(self) -> Nudger:
        made = Nudger(self.url, prefix=self.prefix)
        self._open.append(made.close)
        return made

    def consumer(self, on_wake: Any = None, *queues: Any) -> Consumer:
        made = Consumer(
            self.url, on_wake or self.seen.put, queues or [("render", "rss")], prefix=self.prefix
        )
        self._open.append(made.stop)
        made.start()
        assert made.wait_until_connected(10)
        return made

    def publish(self, body: bytes, **properties: Any) -> None:
        """Straight to the render queue, as a stranger would."""
        with topology.connect(self.url) as connection:
            channel = connection.channel()
            self.topology.declare(channel, "render", "rss")
            connection.Producer(channel).publish(
                body,
                exchange=self.topology.exchange,
                routing_key=self.topology.queue_name("render", "rss"),
                **{"content_type": "application/json", "content_encoding": "utf-8", **properties},
            )

    def count(self, name: str) -> int:
        with topology.connect(self.url) as connection:
            return int(connection.channel().queue_declare(name, passive=True).message_count)

    def dead(self, at_least: int) -> int:
        """Messages in the dead-letter queue, once there are so many (or 10 s have passed)."""
        name = f"{self.prefix}.dead"
        deadline = time.monotonic() + 10
        while (found := self.count(name)) < at_least and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def close(self) -> None:
        for end in self._open:
            end()
        if self.topology.memory:
            return
        with topology.connect(self.url) as connection:
            channel = connection.channel()
            for name in ("render.rss", "render.html", "feeds", "dead"):
                channel.queue_delete(f"{self.prefix}.{name}")
            channel.exchange_delete(self.prefix)
            channel.exchange_delete(f"{self.prefix}.dead")


@pytest.fixture(params=["memory", pytest.param("rabbitmq", marks=live)])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    if request.param == "rabbitmq":
        request.getfixturevalue("live_engines")
    made = Broker("memory://" if request.param == "memory" else RABBIT_URL)
    yield made
    made.close()


@pytest.fixture
def rabbit(live_engines: None) -> Iterator[Broker]:
    made = Broker(RABBIT_URL)
    yield made
    made.close()


def test_a_wake_arrives_at_the_consumer_of_its_queue(broker: Broker) -> None:
    broker.consumer(None, ("render", "rss"), ("feeds", ""))
    nudger = broker.nudger()
    sent = [Wake("render", "rss", ("a1",), "corr-1234"), Wake("feeds", "", ("a2",))]
    for wake in sent:
        nudger.nudge(wake)
        assert nudger.flush(5)  # what is pending together goes as one
    found = [broker.seen.get(timeout=5) for _ in sent]
    assert sorted(found, key=lambda w: w.stage) == sorted(sent, key=lambda w: w.stage)


def test_a_wake_sent_before_any_worker_started_is_not_lost(broker: Broker) -> None:
    nudger = broker.nudger()
    nudger.nudge(Wake("render", "rss", ("early",)))
    assert nudger.flush(5)
    broker.consumer()
    assert broker.seen.get(timeout=5).ids == ("early",)


def test_a_nudge_returns_at_once_and_wakes_of_a_kind_are_sent_as_one() -> None:
    with socket.socket() as black_hole:  # accepts, and never says a word
        black_hole.bind(("127.0.0.1", 0))
        black_hole.listen()
        nudger = Nudger(f"amqp://guest:guest@127.0.0.1:{black_hole.getsockname()[1]}//")
        started = time.monotonic()
        for number in range(1000):
            nudger.nudge(Wake("render", "rss", (f"a{number}",)))
        assert time.monotonic() - started < 0.5
        assert not nudger.flush(0.1)
        assert len(nudger._pending) <= 1
        nudger.close(0.1)
        nudger.nudge(Wake("render", "rss"))  # after its end: nothing, and no error
    assert nudger._thread is not None
    nudger._thread.join(10)  # the connection breaks with the black hole
    assert not nudger._thread.is_alive()


def test_a_queue_in_memory_that_nobody_empties_stays_small() -> None:
    broker = Broker("memory://")
    nudger = broker.nudger()
    for number in range(topology.MAX_IN_MEMORY + 50):
        nudger.nudge(Wake("render", "rss", (f"a{number}",)))
        assert nudger.flush(5)
    assert broker.count(broker.topology.queue_name("render", "rss")) == topology.MAX_IN_MEMORY
    broker.close()


def test_a_callback_that_raises_is_contained_and_the_next_wake_arrives(broker: Broker) -> None:
    # An OSError out of a callback is taken for a broken connection: redelivered for ever.
    calls: list[str] = []

    def on_wake(wake: Wake) -> None:
        calls.append(wake.ids[0])
        if wake.ids == ("bad",):
            raise FileNotFoundError("disk")
        broker.seen.put(wake)

    broker.consumer(on_wake)
    nudger = broker.nudger()
    for name in ("bad", "good"):
        nudger.nudge(Wake("render", "rss", (name,)))
        assert nudger.flush(5)
    assert broker.seen.get(timeout=5).ids == ("good",)
    assert calls == ["bad", "good"], "not delivered again"


def test_stopping_is_quick(broker: Broker) -> None:
    consumer = broker.consumer()
    started = time.monotonic()
    consumer.stop()
    assert time.monotonic() - started < 1.5


def test_a_consumer_without_a_broker_keeps_trying_and_stops_when_told() -> None:
    with socket.socket() as reserved:  # bound, not listening: connections are refused
        reserved.bind(("127.0.0.1", 0))
        url = f"amqp://guest:guest@127.0.0.1:{reserved.getsockname()[1]}//"
        consumer = Consumer(url, lambda wake: None, [("render", "rss")])
        consumer.start()
        assert not consumer.wait_until_connected(0.3)
        started = time.monotonic()
        consumer.stop()
        assert time.monotonic() - started < 1.5


# --- what only RabbitMQ does ----------------------------------------------------------------------


def test_queues_are_declared_so_that_nothing_can_get_lost_or_loop() -> None:
    declared = Topology(memory=False).queue("render", "rss")
    assert declared.durable
    assert declared.queue_arguments == {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-max-length": topology.MAX_WAITING,
        "x-delivery-limit": 5,
        "x-dead-letter-exchange": "seealso.v1.dead",
        "x-dead-letter-strategy": "at-least-once",
    }
    assert declared.name == "seealso.v1.render.rss"
    assert Topology(memory=True).queue("feeds", "rss").name == "seealso.v1.feeds"


@live
def test_what_can_not_be_read_becomes_a_dead_letter_and_is_never_acknowledged(
    rabbit: Broker,
) -> None:
    # kombu's ConsumerMixin acknowledges such messages: gone, with a line in the log.
    rabbit.consumer()
    rabbit.publish(b"not json")
    rabbit.publish(b'{"__type__": "uuid", "__value__": 1}')
    rabbit.publish(
        messages.encode(Wake("render", "rss")), content_type="application/x-python-serialize"
    )
    rabbit.publish(b"x" * (messages.MAX_BYTES + 1))
    assert rabbit.dead(4) == 4
    assert rabbit.seen.empty()


@live
def test_a_compressed_message_is_refused_without_being_inflated(rabbit: Broker) -> None:
    # kombu inflates before anybody can look: 177 bytes became 196 MB.
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    rabbit.consumer()
    inflated: list[int] = []
    real = zlib.decompress

    def noticed(data: bytes, *args: Any, **kwargs: Any) -> bytes:
        inflated.append(len(data))
        return real(data, *args, **kwargs)

    from kombu import compression

    decoders = compression._decoders
    before = decoders["application/x-gzip"]
    decoders["application/x-gzip"] = noticed
    try:
        rabbit.publish(bomb, headers={"compression": "application/x-gzip"})
        assert rabbit.dead(1) == 1
    finally:
        decoders["application/x-gzip"] = before
    assert inflated == []
    assert rabbit.seen.empty()


@live
def test_a_wake_is_acknowledged_only_after_the_callback_returned(rabbit: Broker) -> None:
    entered, leave = threading.Event(), threading.Event()

    def on_wake(wake: Wake) -> None:
        entered.set()
        leave.wait(10)

    first = rabbit.consumer(on_wake)
    nudger = rabbit.nudger()
    nudger.nudge(Wake("render", "rss", ("a1",)))
    assert entered.wait(5)
    name = rabbit.topology.queue_name("render", "rss")
    with topology.connect(rabbit.url) as connection:
        unready = connection.channel().queue_declare(name, passive=True).message_count
    assert unready == 0, "in hand, neither ready nor gone"
    first._stopping.set()
    leave.set()
    first.stop()
    assert rabbit.count(name) == 0


@live
def test_what_was_prefetched_goes_back_when_the_consumer_ends(rabbit: Broker) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(wake: Wake) -> None:
        entered.set()
        leave.wait(10)

    consumer = rabbit.consumer(slow)
    for number in range(5):
        rabbit.publish(messages.encode(Wake("render", "rss", (f"a{number}",))))
    assert entered.wait(5)
    consumer._stopping.set()
    leave.set()
    consumer.stop()
    rabbit.consumer()
    back = {rabbit.seen.get(timeout=5).ids[0] for _ in range(4)}
    assert back >= {"a1", "a2", "a3", "a4"}


@live
def test_a_full_queue_refuses_further_wakes_and_the_nudger_goes_on(
    rabbit: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "MAX_WAITING", 3)
    nudger = rabbit.nudger()
    for number in range(8):
        nudger.nudge(Wake("render", "rss", (f"a{number}",)))
        assert nudger.flush(10)
    assert rabbit.count(rabbit.topology.queue_name("render", "rss")) <= 5
    nudger.nudge(Wake("feeds", "", ("other",)))
    assert nudger.flush(10)
    assert rabbit.count(rabbit.topology.queue_name("feeds")) == 1


@live
def test_a_cut_connection_is_mended_on_both_sides(rabbit: Broker) -> None:
    cable = Cable(RABBIT_URL)
    seen: queue.Queue[Wake] = queue.Queue()
    consumer = Consumer(cable.url, seen.put, [("render", "rss")], prefix=rabbit.prefix)
    consumer.start()
    assert consumer.wait_until_connected(10)
    nudger = Nudger(cable.url, prefix=rabbit.prefix)
    try:
        for number in range(3):
            nudger.nudge(Wake("render", "rss", (f"a{number}",)))
            ids: tuple[str, ...] = ()
            while f"a{number}" not in ids:  # one that was in hand at the cut may come again
                ids = seen.get(timeout=10).ids
            cable.cut()
    finally:
        nudger.close(0.1)
        consumer.stop()
        cable.close()


@live
def test_the_broker_may_be_wiped_and_both_sides_come_back(rabbit: Broker) -> None:
    consumer = rabbit.consumer()
    nudger = rabbit.nudger()
    nudger.nudge(Wake("render", "rss", ("before",)))
    assert rabbit.seen.get(timeout=5).ids == ("before",)
    with topology.connect(rabbit.url) as connection:
        channel = connection.channel()
        channel.queue_delete(rabbit.topology.queue_name("render", "rss"))
        channel.exchange_delete(rabbit.prefix)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        nudger.nudge(Wake("render", "rss", ("after",)))
        try:
            assert rabbit.seen.get(timeout=0.5).ids == ("after",)
            break
        except queue.Empty:
            continue
    else:
        pytest.fail("no wake arrived after the broker was wiped")
    consumer.stop()
