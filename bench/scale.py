"""Whether the line stays as fast and as small while the archive grows: 100,000 articles.

    ./dev bench scale [--articles N] [--renderers N] [--seconds N]

The services run as in production, a process each, on PostgreSQL and RabbitMQ (a database and queues
of their own, deleted at the end). Articles of 4.5 KB come from a seed.

    few articles: paced ──> ten tenths, as fast as the line settles them ──> all: paced ──> workers
    POST to settled,          rate and memory of each tenth, sizes of                       one more
    POST to served feed       tables and indexes at the end                                 adds

*As fast as it settles*: the client sends the next fifty when fewer than BACKLOG articles are on
their way, so that the rate of intake is the rate of settling. *Paced* is half of the rate that is
reached with an article a POST: evenly in time, an article a POST; the moment of settling is read
from the ledger, that of serving by asking a feed until the article is in it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psutil
import requests
import sqlalchemy as sa
from seealso_hub import migrate
from seealso_hub.place import free_port
from seealso_store.database import Database, open_database
from seealso_store.ledger import FILING
from seealso_store.schema import ledger

from bench.engines import Engines, answers, clean_environment, engines, running
from bench.stages import OUTPUTS, records

WITHIN = 0.2  # of the first tenth's rate, the last one's
SETTLED_MS = 250  # p99 of POST to settled at half of the top rate
BATCH = 50  # articles in one POST
BACKLOG = 600  # articles on their way
CONNECTIONS = 8  # of the client, where it sends single articles
FEW = 1000  # articles in the store at the first paced phase
SURGE = 1500  # articles that wait when the workers' rates are measured
PROBE_SECONDS = 1.0  # between two articles that are looked for in a feed
LOOK_SECONDS = 0.01
VACUUM_SECONDS = 60.0
PATIENCE = 120.0  # seconds without progress
KEY = "sk_" + "b" * 40
ROWS = (*OUTPUTS, FILING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. 1: below a target."""
    parser = argparse.ArgumentParser(prog="./dev bench scale")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--renderers", type=int, default=1, help="render processes")
    parser.add_argument("--seconds", type=int, default=30, help="of each paced phase")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that engines are cleared away
    with (
        engines("postgresql") as used,
        Fleet(used, given.renderers) as fleet,
        _vacuumed(fleet.database),
    ):
        return measure(fleet, given.articles, given.seconds)


@contextmanager
def _vacuumed(database: Database) -> Iterator[None]:
    """What a server does by itself each minute, where this one does not (autovacuum = off)."""
    with database.read() as conn:
        off = conn.exec_driver_sql("SHOW autovacuum").scalar_one() == "off"
    done = threading.Event()

    def vacuum() -> None:
        lone = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        while not done.wait(VACUUM_SECONDS):
            with lone.connect() as conn:
                conn.exec_driver_sql("SET statement_timeout = 0")
                conn.exec_driver_sql("VACUUM (ANALYZE)")

    thread = threading.Thread(target=vacuum)
    if off:
        print("autovacuum is off on this server: vacuumed each minute by the benchmark", flush=True)
        thread.start()
    yield
    done.set()
    if off:
        thread.join()


def measure(fleet: Fleet, articles: int, seconds: int) -> int:
    """All phases, in order."""
    client = Client(fleet)
    client.pour(FEW)
    _at_half(client, seconds)
    tenths = [_tenth(client, fleet, articles // 10, number) for number in range(10)]
    _print_sizes(fleet.database)
    late = _at_half(client, seconds)
    _print_workers(client, fleet)
    return _verdict(tenths, late)


def _at_half(client: Client, seconds: int) -> Paced:
    started = time.perf_counter()
    client.rush(FEW)
    top = FEW / (time.perf_counter() - started)
    taken = paced(client, top / 2, seconds)
    print(f"{client.sent:,} articles; one a POST, {top:.0f}/s; at {top / 2:.0f}/s: {taken}")
    sys.stdout.flush()
    return taken


@dataclass(frozen=True)
class Tenth:
    """A tenth of the articles: a second, and MiB of each process at its end."""

    rate: float
    memory: dict[str, float]


def _tenth(client: Client, fleet: Fleet, articles: int, number: int) -> Tenth:
    started = time.perf_counter()
    client.pour(articles, drain=False)
    rate = articles / (time.perf_counter() - started)
    memory = fleet.memory()
    held = ", ".join(f"{name} {mib:.0f}" for name, mib in memory.items())
    print(f"  tenth {number + 1}: {rate:.0f}/s; MiB: {held}", flush=True)
    return Tenth(rate, memory)


def _verdict(tenths: list[Tenth], late: Paced) -> int:
    first, last = tenths[0], tenths[-1]
    change = last.rate / first.rate - 1
    print(f"rate, last tenth beside the first: {change:+.0%} (at most {WITHIN:.0%} less)")
    for name, mib in last.memory.items():
        print(f"memory of {name}: {mib - tenths[1].memory[name]:+.0f} MiB since the second tenth")
    p99 = late.settled.p99
    print(f"POST to settled, p99: {p99:.0f} ms (under {SETTLED_MS})")
    return 0 if change >= -WITHIN and p99 < SETTLED_MS else 1


# --- the client -----------------------------------------------------------------------------------


class Client:
    """Sends articles, each once, and knows how many are on their way."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.sent = 0
        self.database = fleet.database
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {KEY}"

    def pour(self, articles: int, *, drain: bool = True, wait: bool = True) -> None:
        """Send so many, as fast as they are settled; with `drain` wait for the last one."""
        for _ in range(articles // BATCH):
            if wait:
                self.wait_below(BACKLOG)
            lines = records(BATCH, seed=7, start=self.sent)
            self.post(b"\n".join(lines), "application/x-ndjson")
            self.sent += BATCH
        if drain:
            self.wait_below(1)

    def rush(self, articles: int) -> None:
        """Send so many, one a POST, from several connections, as fast as they are settled."""

        def send(number: int) -> None:
            self.wait_below(BACKLOG)
            self.post(records(1, seed=7, start=number)[0], "application/json")

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(send, range(self.sent, self.sent + articles)))
        self.sent += articles
        self.wait_below(1)

    def post(self, body: bytes, kind: str) -> list[str]:
        """Ids of what was accepted."""
        answer = self._session.post(
            f"{self._fleet.url('ingest')}/api/articles?source=bench",
            data=body,
            headers={"Content-Type": kind},
            timeout=120,
        )
        answer.raise_for_status()
        assert not answer.json()["rejected"], answer.text[:500]
        return [one["id"] for one in answer.json()["accepted"]]

    def wait_below(self, articles: int) -> None:
        """Until fewer than so many are not settled."""
        last, moved = -1, time.monotonic()
        while (now := self.unsettled()) >= articles * len(ROWS):
            assert time.monotonic() - moved < PATIENCE, f"{now} rows do not settle"
            if now != last:
                last, moved = now, time.monotonic()
            time.sleep(LOOK_SECONDS)

    def unsettled(self) -> int:
        """Rows of the ledger that wait or are in work."""
        open_rows = sa.and_(ledger.c.output.in_(ROWS), ledger.c.state.in_(("waiting", "leased")))
        with self.database.read() as conn:
            query = sa.select(sa.func.count()).select_from(ledger).where(open_rows)
            return int(conn.execute(query).scalar_one())

    def in_feed(self, path: str, article: str) -> bool:
        """Whether a feed has it."""
        answer = requests.get(self._fleet.url("feeds-web") + path, timeout=10)
        return answer.ok and article in answer.text


@dataclass(frozen=True)
class Spread:
    """Milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Of at least two values."""
        parts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(parts[49] * 1000, parts[98] * 1000)

    def __str__(self) -> str:
        return f"p50 {self.p50:.0f} ms, p99 {self.p99:.0f} ms"


@dataclass(frozen=True)
class Paced:
    """What an article took, from its POST."""

    settled: Spread
    served: Spread

    def __str__(self) -> str:
        return f"POST to settled {self.settled}; to served feed {self.served}"


def paced(client: Client, rate: float, seconds: int) -> Paced:
    """Send evenly; read from the ledger and the feeds when each was there."""
    client.wait_below(1)
    count = int(rate * seconds)
    first = client.sent
    client.sent += count
    begun = time.time() + 0.2
    posted: dict[str, float] = {}
    served: list[float] = []

    def send(number: int) -> None:
        due = begun + number / rate
        (line,) = records(1, seed=7, start=first + number)
        time.sleep(max(0.0, due - time.time()))
        started = time.time()
        (made,) = client.post(line, "application/json")
        posted[made] = started

    def probe() -> None:
        for number in itertools.count(first):
            started = time.time()
            if started > begun + seconds:
                return
            served.append(_served(client, number) - started)
            time.sleep(max(0.0, started + PROBE_SECONDS - time.time()))

    probing = threading.Thread(target=probe)
    probing.start()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(send, range(count)))
    probing.join()
    client.wait_below(1)
    settled = [at - posted[made] for made, at in _settled_at(client.database, list(posted))]
    return Paced(Spread.of(settled), Spread.of(served))


def _served(client: Client, number: int) -> float:
    """Send an article of a topic of its own; the moment when the topic's feed has it."""
    topic = f"probe {number}"
    article = {"title": f"Article of {topic}", "text": "Seen soon.", "topics": [topic]}
    article |= {"external_id": topic, "url": f"https://garden.example/probes/{number}"}
    (made,) = client.post(json.dumps(article).encode(), "application/json")
    deadline = time.time() + PATIENCE
    while not client.in_feed(f"/topics/probe-{number}/feed.rss", made):
        assert time.time() < deadline, f"{topic} never came"
        time.sleep(LOOK_SECONDS)
    return time.time()


def _settled_at(database: Database, ids: list[str]) -> Iterator[tuple[str, float]]:
    last = sa.func.max(ledger.c.updated)
    for some in _batches(ids):
        with database.read() as conn:
            query = sa.select(ledger.c.article_id, last).where(ledger.c.article_id.in_(some))
            for made, at in conn.execute(query.group_by(ledger.c.article_id)):
                yield made, at / 1_000_000


def _batches(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


# --- the services ---------------------------------------------------------------------------------


class Fleet:
    """Every process of the line, as in production. A context manager."""

    def __init__(self, used: Engines, renderers: int) -> None:
        self._used = used
        self._renderers = renderers
        self._ports = {name: free_port("127.0.0.1") for name in ("ingest", "feeds-web")}
        self._stack = ExitStack()
        self._processes: dict[str, psutil.Process] = {}

    def __enter__(self) -> Fleet:
        os.environ.update(self._environment())
        assert migrate.main([]) == 0
        self.database = open_database(self._used.database_url)
        self._stack.callback(self.database.close)
        self._serve("ingest", ["seealso_ingest"])
        self._serve("feeds-web", ["seealso_feeds", "--web"])
        self._stack.enter_context(self.worker("filing", "seealso_feeds"))
        for number in range(self._renderers):
            self._stack.enter_context(self.worker(f"render-{number + 1}", "seealso_render"))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def url(self, name: str) -> str:
        """Of a service that serves."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def memory(self) -> dict[str, float]:
        """MiB of each process, with its plugins'; what they share is counted once, by USS."""
        return {
            name: sum(
                one.memory_full_info().uss for one in (process, *process.children(recursive=True))
            )
            / 2**20
            for name, process in self._processes.items()
        }

    @contextmanager
    def worker(self, name: str, module: str) -> Iterator[None]:
        """One worker, from when it is at work."""
        log = self._used.folder / f"{name}.log"

        def at_work() -> bool:
            return "is at work" in log.read_text(errors="replace")

        command = [sys.executable, "-m", module]
        with running(command, self._environment(), log, at_work) as process:
            self._processes[name] = process
            try:
                yield
            finally:
                del self._processes[name]

    def without_renderers(self) -> None:
        """End the render workers."""
        for name in [name for name in self._processes if name.startswith("render")]:
            process = self._processes[name]
            process.terminate()
            process.wait(30)

    def _serve(self, name: str, arguments: list[str]) -> None:
        environment = self._environment() | {"SEEALSO_PORT": str(self._ports[name])}
        log = self._used.folder / f"{name}.log"
        process = running(
            [sys.executable, "-m", *arguments],
            environment,
            log,
            lambda: answers(self.url(name) + "/readyz"),
        )
        self._processes[name] = self._stack.enter_context(process)

    def _environment(self) -> dict[str, str]:
        return clean_environment() | {
            "SEEALSO_DATA": str(self._used.folder),
            "SEEALSO_DATABASE_URL": self._used.database_url,
            "SEEALSO_BROKER_URL": self._used.broker_url,
            "SEEALSO_BROKER_PREFIX": self._used.mark,
            "SEEALSO_HUB_URL": "https://hub.example",
            "SEEALSO_KEY": KEY,
        }


def _print_workers(client: Client, fleet: Fleet) -> None:
    """How fast a surge is settled by one render worker, and by two."""
    fleet.without_renderers()
    rates = []
    for count in (1, 2):
        client.pour(SURGE, drain=False, wait=False)
        with ExitStack() as stack:
            for number in range(count):
                stack.enter_context(fleet.worker(f"render-surge-{number}", "seealso_render"))
            started, waiting = time.perf_counter(), client.unsettled()
            client.wait_below(1)
            rates.append(waiting / len(ROWS) / (time.perf_counter() - started))
    more = rates[1] / rates[0] - 1
    print(
        f"a surge of {SURGE}: {rates[0]:.0f}/s by one render worker, {rates[1]:.0f}/s by two"
        f" ({more:+.0%}, on {os.cpu_count()} cores)",
        flush=True,
    )


_SIZES = """
select c.relname, c.reltuples::bigint, pg_table_size(c.oid), pg_indexes_size(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind = 'r' and pg_total_relation_size(c.oid) > 1000000
order by pg_total_relation_size(c.oid) desc
"""


def _print_sizes(database: Database) -> None:
    with database.write() as tx:
        tx.exec_driver_sql("analyze")
    with database.read() as conn:
        print("  table, rows, MiB, MiB of its indexes:")
        for name, rows, table, indexes in conn.exec_driver_sql(_SIZES):
            print(f"    {name:16} {rows:>10,} {table / 2**20:8.1f} {indexes / 2**20:8.1f}")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
