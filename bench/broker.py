"""What a wake-up costs on RabbitMQ, by how its queue is declared and how it is sent.

    ./dev bench broker [--wakes N] [--rounds N]

    Nudger ──> RabbitMQ ──> Consumer, both in this process, over the loopback: the hub's own code,
    with only the queue's arguments and the confirms changed

Each variant sends the wakes one by one, each when the one before has left (so that none is merged),
then some slowly, for the time from `nudge` to `on_wake`. The rounds take the variants in turn, so
that what else the machine does falls on all of them; the middle round counts.
"""

from __future__ import annotations

import argparse
import queue
import secrets
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import kombu as typed_kombu
import psutil
from seealso_core import topology
from seealso_core.consumer import Consumer
from seealso_core.messages import Wake
from seealso_core.nudge import Nudger
from seealso_core.topology import Topology

from bench.engines import RABBIT

kombu: Any = typed_kombu  # it says that it is typed, and most of it isn't
SLOWLY = 200
PAUSE_SECONDS = 0.005


@dataclass(frozen=True)
class Variant:
    """How the queue is declared, and how a wake is sent."""

    queue: str  # quorum, classic
    confirm: bool
    mandatory: bool
    persistent: bool = True

    @property
    def name(self) -> str:
        sent = ["confirmed" if self.confirm else "not confirmed"]
        sent += ["mandatory"] if self.mandatory else []
        sent += [] if self.persistent else ["not persistent"]
        return f"{self.queue}, {', '.join(sent)}"


VARIANTS = (
    Variant("quorum", confirm=True, mandatory=True),
    Variant("quorum", confirm=True, mandatory=False),
    Variant("quorum", confirm=False, mandatory=False),
    Variant("classic", confirm=True, mandatory=True),
    Variant("classic", confirm=False, mandatory=False),
    Variant("classic", confirm=False, mandatory=False, persistent=False),
)


@dataclass(frozen=True)
class Cost:
    """Of one round: wakes a second, milliseconds, CPU of the broker."""

    rate: float
    middle: float
    slowest: float  # the 99th of a hundred
    broker_cpu_us: float  # a wake
    declared: float  # milliseconds for one queue, its dead letters' included


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench broker", description=__doc__)
    parser.add_argument("--wakes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(arguments)
    found: dict[Variant, list[Cost]] = {variant: [] for variant in VARIANTS}
    for number in range(given.rounds):
        for variant in VARIANTS:
            found[variant].append(_round(variant, given.wakes))
            print(f"{number + 1}/{given.rounds} {variant.name}", file=sys.stderr)
    print(f"{'queue, sending':42} {'wakes/s':>8} {'p50 ms':>8} {'p99 ms':>8} "
          f"{'broker us':>10} {'declare ms':>11}")  # fmt: skip
    for variant, costs in found.items():
        one = sorted(costs, key=lambda cost: cost.rate)[len(costs) // 2]
        print(f"{variant.name:42} {one.rate:8.0f} {one.middle:8.2f} {one.slowest:8.2f} "
              f"{one.broker_cpu_us:10.0f} {one.declared:11.1f}")  # fmt: skip
    return 0


def _round(variant: Variant, wakes: int) -> Cost:
    prefix = f"bench-{secrets.token_hex(4)}"
    seen: queue.Queue[float] = queue.Queue()
    with _declared(variant), _own(prefix):
        begun = time.monotonic()
        with topology.connect(RABBIT) as connection:
            Topology(memory=False, prefix=prefix).declare(connection.channel(), "feeds")
        declared = time.monotonic() - begun
        nudger = Nudger(RABBIT, prefix=prefix)
        consumer = Consumer(RABBIT, lambda _: seen.put(time.monotonic()), [("feeds", "")],
                            prefix=prefix)  # fmt: skip
        consumer.start()
        assert consumer.wait_until_connected(10)
        try:
            _send(nudger, seen)  # connects
            before, begun = _broker_cpu(), time.monotonic()
            for number in range(wakes):
                nudger.nudge(Wake("feeds", "", (f"a{number}",)))
                assert nudger.flush(10)
            for _ in range(wakes):
                seen.get(timeout=10)
            took, used = time.monotonic() - begun, _broker_cpu() - before
            slowly = sorted(_send(nudger, seen) for _ in range(SLOWLY))
        finally:
            consumer.stop()
            nudger.close()
    return Cost(
        rate=wakes / took,
        middle=statistics.median(slowly) * 1e3,
        slowest=slowly[int(len(slowly) * 0.99)] * 1e3,
        broker_cpu_us=used / wakes * 1e6,
        declared=declared * 1e3,
    )


def _send(nudger: Nudger, seen: queue.Queue[float]) -> float:
    time.sleep(PAUSE_SECONDS)
    begun = time.monotonic()
    nudger.nudge(Wake("feeds", "", ("a",)))
    return seen.get(timeout=10) - begun


@contextmanager
def _declared(variant: Variant) -> Iterator[None]:
    """The hub's code, but for what the variant changes."""
    ours = Topology._quorum  # noqa: SLF001  # what a variant is about
    publish, connection = kombu.Producer.publish, kombu.Connection

    def arguments(self: Topology, *, dead_letters: bool) -> dict[str, Any]:
        made = ours(self, dead_letters=dead_letters)
        if variant.queue == "classic":
            only_quorum = ("x-queue-type", "x-delivery-limit", "x-dead-letter-strategy")
            made = {name: value for name, value in made.items() if name not in only_quorum}
        return made

    def sent(self: Any, *given: Any, **named: Any) -> Any:
        named |= {"mandatory": variant.mandatory, "delivery_mode": 2 if variant.persistent else 1}
        return publish(self, *given, **named)

    def connected(*given: Any, **named: Any) -> Any:
        named.setdefault("transport_options", {})["confirm_publish"] = variant.confirm
        return connection(*given, **named)

    with (
        patch.object(Topology, "_quorum", arguments),
        patch.object(kombu.Producer, "publish", sent),
        patch.object(kombu, "Connection", connected),
    ):
        yield


@contextmanager
def _own(prefix: str) -> Iterator[None]:
    try:
        yield
    finally:
        with kombu.Connection(RABBIT) as connection:
            channel = connection.default_channel
            for name in ("feeds", "dead"):
                channel.queue_delete(f"{prefix}.{name}")
            for name in (prefix, f"{prefix}.dead"):
                channel.exchange_delete(name)


def _broker_cpu() -> float:
    """Seconds that RabbitMQ on this machine has used; 0 where it is elsewhere."""
    total = 0.0
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "beam.smp":
            with suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
    return total


if __name__ == "__main__":
    raise SystemExit(main())
