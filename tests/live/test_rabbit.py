"""kombu's traps on RabbitMQ, one by one: docs/decisions/0014 names the test of each."""

from __future__ import annotations

import logging
import queue
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from seealso_core import messages, topology
from seealso_core.consumer import Consumer
from seealso_core.errors import SettingsError
from seealso_core.messages import Wake
from seealso_core.nudge import Nudger
from seealso_core.topology import DELIVERY_LIMIT, Topology

from tests.conftest import RABBIT_URL
from tests.line.press import until
from tests.live.cable import Cable

pytestmark = pytest.mark.live


class Rabbit:
    """Names of a test's own on the machine's RabbitMQ, reached by a cable."""

    def __init__(self) -> None:
        self.prefix = f"seealso-test-{secrets.token_hex(5)}"
        self.topology = Topology(memory=False, prefix=self.prefix)
        self.name = self.topology.queue_name("render", "rss")
        self.cable = Cable(RABBIT_URL)
        self.seen: queue.Queue[Wake] = queue.Queue()
        self._ends: list[Any] = []

    def nudger(self) -> Nudger:
        made = Nudger(self.cable.url, prefix=self.prefix)
        self._ends.append(lambda: made.close(0.5))
        return made

    def consumer(self) -> Consumer:
        made = Consumer(self.cable.url, self.seen.put, [("render", "rss")], prefix=self.prefix)
        self._ends.append(made.stop)
        made.start()
        assert made.wait_until_connected(10)
        return made

    def waiting(self, name: str = "") -> int:
        """Messages of a queue; -1 where there is none."""
        with topology.connect(RABBIT_URL) as connection:
            with suppress(connection.channel_errors):
                declared = connection.channel().queue_declare(name or self.name, passive=True)
                return int(declared.message_count)
        return -1

    def close(self) -> None:
        for end in self._ends:
            end()
        self.cable.close()
        with topology.connect(RABBIT_URL) as connection:
            channel = connection.channel()
            for queue_name in (self.name, f"{self.prefix}.dead"):
                channel.queue_delete(queue_name)
            for exchange in (self.prefix, f"{self.prefix}.dead"):
                channel.exchange_delete(exchange)


@pytest.fixture
def rabbit(live_engines: None) -> Iterator[Rabbit]:
    made = Rabbit()
    yield made
    made.close()


class Warnings:
    """What was logged, sentences and attributes."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def text(self) -> str:
        return "\n".join(f"{r.getMessage()} {vars(r)}" for r in list(self._caplog.records))


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Warnings:
    caplog.set_level(logging.WARNING)
    return Warnings(caplog)


def wake(name: str = "a") -> Wake:
    return Wake("render", "rss", (name,))


def test_a_wake_that_has_no_queue_any_more_makes_it_anew(rabbit: Rabbit) -> None:
    nudger = rabbit.nudger()
    nudger.nudge(wake())
    assert nudger.flush(10)
    with topology.connect(RABBIT_URL) as connection:
        connection.channel().queue_delete(rabbit.name)
    nudger.nudge(wake("b"))  # on the same connection: mandatory, so the broker gives it back
    assert nudger.flush(10)
    assert rabbit.waiting() == 1


def test_without_a_confirm_the_channel_is_thrown_away_and_the_wake_sent_on_a_new_one(
    rabbit: Rabbit, monkeypatch: pytest.MonkeyPatch, warnings: Warnings
) -> None:
    # A late confirm of one message would be taken for that of the next.
    nudger = rabbit.nudger()
    nudger.nudge(wake())
    assert nudger.flush(10)
    monkeypatch.setattr(topology, "CONFIRM_SECONDS", 0.3)
    rabbit.cable.hush()  # the broker neither confirms nor goes: as with a memory alarm
    begun = time.monotonic()
    nudger.nudge(wake("b"))
    assert time.monotonic() - begun < 0.1, "whoever nudges waits for nothing"
    until(lambda: "wakes wait" in warnings.text, 5)
    assert rabbit.waiting() == 1
    rabbit.cable.speak()
    until(lambda: rabbit.waiting() == 2, 15)


def test_a_wake_that_nobody_acknowledges_is_a_dead_letter_after_the_limit(rabbit: Rabbit) -> None:
    # Without the limit it came again 4,917 times in three seconds.
    nudger = rabbit.nudger()
    nudger.nudge(wake())
    assert nudger.flush(10)
    deliveries = 0
    dead_letters = f"{rabbit.prefix}.dead"
    while rabbit.waiting(dead_letters) < 1 and deliveries < 20:
        # It is on its way back to its queue, or to the dead.
        until(lambda: rabbit.waiting() > 0 or rabbit.waiting(dead_letters) > 0, 10)
        with topology.connect(RABBIT_URL) as connection:
            got = rabbit.topology.queue("render", "rss")(connection.channel()).get()
            deliveries += got is not None  # and the connection ends, as of a consumer that crashed
    assert deliveries == DELIVERY_LIMIT + 1
    until(lambda: rabbit.waiting(f"{rabbit.prefix}.dead") == 1, 10)
    with topology.connect(RABBIT_URL) as connection:
        dead = rabbit.topology.dead_queue()(connection.channel()).get(no_ack=True)
    assert dead.headers["x-death"][0]["reason"] == "delivery_limit"
    assert messages.decode(dead.body) == wake()


def test_a_broker_that_says_nothing_any_more_is_noticed_by_heartbeats(
    rabbit: Rabbit, monkeypatch: pytest.MonkeyPatch, warnings: Warnings
) -> None:
    with topology.connect(RABBIT_URL) as connection:
        assert connection.heartbeat == topology.HEARTBEAT_SECONDS
        assert connection.get_heartbeat_interval() > 0, "kombu has none unless asked"
    monkeypatch.setattr(topology, "HEARTBEAT_SECONDS", 1)
    rabbit.consumer()
    rabbit.cable.hush()  # no reset: the connection looks open for ever
    until(lambda: "out of reach" in warnings.text, 10)
    rabbit.cable.speak()
    nudger = rabbit.nudger()
    nudger.nudge(wake())
    assert rabbit.seen.get(timeout=20) == wake()


def test_wakes_that_are_given_together_are_one_message_for_all_their_queues(
    rabbit: Rabbit,
) -> None:
    nudger = rabbit.nudger()
    seen: queue.Queue[Wake] = queue.Queue()
    queues: list[tuple[messages.Stage, str]] = [
        ("render", "rss"),
        ("render", "html"),
        ("feeds", ""),
    ]
    consumer = Consumer(rabbit.cable.url, seen.put, queues, prefix=rabbit.prefix)
    consumer.start()
    assert consumer.wait_until_connected(10)
    try:
        with _counting(nudger) as published:
            given = [Wake(stage, output, ("a",), "corr-1") for stage, output in queues]
            nudger.nudge(*given)
            assert nudger.flush(10)
            assert {seen.get(timeout=10) for _ in queues} == set(given)
        assert published == [3]  # queues of each message
        assert seen.empty()
    finally:
        consumer.stop()
        with topology.connect(RABBIT_URL) as connection:
            for name in ("render.html", "feeds"):
                connection.channel().queue_delete(f"{rabbit.prefix}.{name}")


@contextmanager
def _counting(nudger: Nudger) -> Iterator[list[int]]:
    sent, counted = nudger._send, []

    def counting(producer: Any, wake: Wake, queues: Any) -> None:
        counted.append(len(queues))
        sent(producer, wake, queues)

    nudger._send = counting  # type: ignore[method-assign]
    yield counted


def test_wakes_of_many_threads_arrive_over_one_connection(rabbit: Rabbit) -> None:
    rabbit.consumer()
    nudger = rabbit.nudger()
    threads = [threading.Thread(target=nudger.nudge, args=(wake(f"a{n}"),)) for n in range(40)]
    for thread in threads:
        thread.start()
    seen: set[str] = set()
    while len(seen) < 40:
        seen |= set(rabbit.seen.get(timeout=10).ids)
    assert seen == {f"a{n}" for n in range(40)}


def test_prefetch_bounds_what_a_consumer_holds(rabbit: Rabbit) -> None:
    # Quorum queues refuse the global form (540): it is set for each consumer.
    nudger = rabbit.nudger()
    for number in range(30):
        nudger.nudge(wake(f"a{number}"))
        assert nudger.flush(10)
    hold = threading.Event()
    consumer = Consumer(
        RABBIT_URL, lambda _: hold.wait(20) and None, [("render", "rss")], prefix=rabbit.prefix
    )
    consumer.start()
    until(lambda: rabbit.waiting() == 20, 10)
    hold.set()
    until(lambda: rabbit.waiting() == 0, 10)
    consumer.stop()


@pytest.mark.parametrize("url", ["redis://localhost", "filesystem://", "sqla+sqlite:///q.db", "x"])
def test_transports_that_lose_messages_are_refused_at_the_start(url: str) -> None:
    with pytest.raises(
        SettingsError, match=r"SEEALSO_BROKER_URL: found .*Give memory:// .*amqp://"
    ):
        Nudger(url)
    with pytest.raises(SettingsError):
        Consumer(url, lambda _: None, [("feeds", "")])


def _without(url: str, **change: str) -> str:
    parts = urlsplit(url)
    user = change.get("user", parts.username or "guest")
    password = change.get("password", parts.password or "guest")
    port = change.get("port", str(parts.port or 5672))
    return f"amqp://{user}:{password}@127.0.0.1:{port}/{change.get('vhost', '/')}"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"vhost": "nonesuch"}, r"has no virtual host nonesuch\. Make it \(rabbitmqctl add_vhost"),
        ({"password": "hunter2"}, r"refuses user guest or the password\. Mend SEEALSO_BROKER_URL"),
        ({"port": "9"}, r"127\.0\.0\.1:9 can't be reached .*refused.*Start it, or mend"),
    ],
)
def test_who_is_not_let_in_is_told_why_and_what_to_do_and_nothing_ends(
    live_engines: None, change: dict[str, str], sentence: str, warnings: Warnings
) -> None:
    url = _without(RABBIT_URL, **change)
    nudger = Nudger(url)
    consumer = Consumer(url, lambda _: None, [("feeds", "")])
    consumer.start()
    nudger.nudge(Wake("feeds"))
    until(lambda: warnings.text.count("SEEALSO_BROKER_URL") >= 2, 15)
    nudger.close(0.1)
    consumer.stop()
    assert "hunter2" not in warnings.text
    assert re.search(sentence, warnings.text)


def test_a_queue_that_another_release_declared_otherwise_is_named(
    rabbit: Rabbit, warnings: Warnings
) -> None:
    with topology.connect(RABBIT_URL) as connection:
        connection.channel().queue_declare(rabbit.name, durable=True, auto_delete=False)
    consumer = Consumer(RABBIT_URL, rabbit.seen.put, [("render", "rss")], prefix=rabbit.prefix)
    consumer.start()
    until(lambda: bool(re.search(r"declared otherwise .*Delete it", warnings.text)), 10)
    with topology.connect(RABBIT_URL) as connection:
        connection.channel().queue_delete(rabbit.name)
    assert consumer.wait_until_connected(20), "mended without a start"
    consumer.stop()
