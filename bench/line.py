"""How fast the line is: articles a second from POST to settled in six outputs.

    ./dev bench line [--articles N] [--rounds N] [--engine embedded|postgresql|both] [--no-celery]

Three figures of one run, since machines are noisy and only ratios count:

* the line: `seealso up` on an empty store, articles of 4.5 KB sent as NDJSON by one client,
  until every row of the ledger is settled;
* the pure costs: the same code, stage by stage, in one process without store, queue or pipes. Their
  sum is the processor time that an article needs if nothing else cost anything;
* Celery: the same stages as tasks on the same engines (bench/celery_tasks.py says how).

Rounds alternate; the medians of the rounds' ratios are printed last. The line and Celery are
measured on the clock on the wall, so neighbours slow them down; the pure costs in processor time,
so neighbours don't make them look dear: on a busy machine the first ratio is too low, never too
high. Beside each rate stands the processor time that its processes used for an article, and how
many cores everybody else used meanwhile (with the database's and the broker's own servers). On
PostgreSQL and RabbitMQ it makes a database and queues of its own on the local servers, and deletes
them.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests
import sqlalchemy as sa
from seealso_hub.place import free_port, read_key
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare
from seealso_store.schema import rendition

from bench.engines import Engines, answers, clean_environment, cpu_seconds, engines, running
from bench.stages import OUTPUTS, Costs, pure_costs, records

OF_PURE, OF_CELERY = 0.5, 1.5  # what we want at least
BATCH = 50  # articles in one POST
WARM = 60  # articles before the clock starts: children start, caches fill
SAMPLE = 200  # articles that the pure costs are timed on
CELERY_SHARE = 3  # Celery gets a third of the articles: a rate needs no more, and it takes long
PATIENCE = 900  # seconds
STUCK = 30  # seconds without progress, after which messages must have been lost
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Measured:
    """A rate, the processor time of our own processes, and how many cores all others used
    meanwhile (the servers of the engines among them). `lost`: what never came."""

    per_second: float
    cpu_ms: float  # of an article
    others: float
    lost: int = 0

    def __str__(self) -> str:
        said = f"{self.per_second:.0f}/s ({self.cpu_ms:.1f} ms CPU, others {self.others:.1f} cores)"
        return f"{said}, {self.lost} renditions lost" if self.lost else said


class Meter:
    """Wall and processor time from now on."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._begun = time.perf_counter()
        self._own, self._all = cpu_seconds(process), _busy_seconds()

    def measured(self, articles: float, ended: float | None = None, lost: int = 0) -> Measured:
        """What `articles` have taken until now, or until a moment of time.perf_counter."""
        now = time.perf_counter()
        own = cpu_seconds(self._process) - self._own
        others = (_busy_seconds() - self._all - own) / (now - self._begun)
        seconds = (ended or now) - self._begun
        return Measured(articles / seconds, own / articles * 1000, others, lost)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. 1: below the target."""
    parser = argparse.ArgumentParser(prog="./dev bench line")
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=("embedded", "postgresql", "both"), default="both")
    parser.add_argument("--no-celery", action="store_true")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that engines are cleared away
    names = ("embedded", "postgresql") if given.engine == "both" else (given.engine,)
    good = [_compare(name, given.articles, given.rounds, not given.no_celery) for name in names]
    return 0 if all(good) else 1


def _compare(name: str, articles: int, rounds: int, celery: bool) -> bool:
    of_pure, of_celery = [], []
    print(f"\n{name}: {articles} articles of 4.5 KB, six outputs, on {os.cpu_count()} cores")
    for number in range(rounds):
        costs = pure_costs(records(SAMPLE, seed=number))
        if number == 0:
            _print_costs(costs)
        line = line_rate(name, articles)
        of_pure.append(line.per_second * costs.total)
        said = f"  round {number + 1}: line {line}, pure {1 / costs.total:.0f}/s a core"
        if celery:
            reference = celery_rate(name, max(articles // CELERY_SHARE, 1))
            of_celery.append(line.per_second / reference.per_second)
            said += f", Celery {reference}"
        print(said, flush=True)
    good = _verdict(f"{name}: line / pure costs of one core", of_pure, OF_PURE)
    if celery:
        good &= _verdict(f"{name}: line / Celery", of_celery, OF_CELERY)
    return good


def _print_costs(costs: Costs) -> None:
    stages = ", ".join(f"{stage} {each * 1000:.2f}" for stage, each in costs.by_stage.items())
    print(f"  pure, ms an article: {stages}; sum {costs.total * 1000:.2f}", flush=True)


def _verdict(what: str, ratios: list[float], wanted: float) -> bool:
    median = statistics.median(ratios)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(
        f"{what}: {median:.2f} (median of {len(ratios)}, {spread}; at least {wanted})", flush=True
    )
    return median >= wanted


# --- the line ------------------------------------------------------------------------------------


def line_rate(name: str, articles: int) -> Measured:
    """From the first POST until all is settled."""
    with engines(name) as used, hub(used) as (process, url, key):
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {key}"
        _send(session, url, records(WARM, seed=99))
        _settled(session, url, WARM)
        lines = records(articles, seed=7)
        meter = Meter(process)
        _send(session, url, lines)
        _settled(session, url, WARM + articles)
        return meter.measured(articles)


def _send(session: requests.Session, url: str, lines: list[bytes]) -> None:
    for start in range(0, len(lines), BATCH):
        answer = session.post(
            f"{url}/api/articles?source=bench",
            data=b"\n".join(lines[start : start + BATCH]),
            headers={"Content-Type": "application/x-ndjson"},
            timeout=120,
        )
        answer.raise_for_status()
        assert not answer.json()["rejected"], answer.text[:500]


def _settled(session: requests.Session, url: str, articles: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = session.get(f"{url}/api/status", timeout=60).json()
        rows = [*(state["outputs"][name] for name in OUTPUTS), state["filing"]]
        if all(row["settled"] == articles for row in rows):
            return
        assert not any(row["dead"] for row in rows), state
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"the line did not settle: {state}")


@contextmanager
def hub(used: Engines) -> Iterator[tuple[psutil.Process, str, str]]:
    """A one-machine hub on these engines: its process, its URL and its key."""
    port = free_port("127.0.0.1")
    url = f"http://127.0.0.1:{port}"
    environment = clean_environment() | {
        "SEEALSO_DATA": str(used.folder),
        "SEEALSO_DATABASE_URL": used.database_url,
        "SEEALSO_BROKER_URL": used.broker_url,
        "SEEALSO_BROKER_PREFIX": used.mark,
        "SEEALSO_LOG_LEVEL": "warning",
        "SEEALSO_PORT": str(port),
    }
    command = [str(Path(sys.executable).with_name("seealso")), "up"]
    announced = used.folder / "hub.json"  # the web answers a little earlier than the workers work

    def ready() -> bool:
        return announced.exists() and answers(url + "/readyz")

    with running(command, environment, used.folder / "hub.log", ready) as process:
        key = read_key(used.folder)
        assert key is not None
        yield process, url, key


# --- Celery --------------------------------------------------------------------------------------


def celery_rate(name: str, articles: int) -> Measured:
    """From the first task sent until all renditions are stored, or none come any more."""
    with engines(name) as used:
        environment = clean_environment() | {
            "BENCH_DATABASE_URL": used.database_url,
            "BENCH_BROKER_URL": used.celery_url,
            "BENCH_QUEUE": used.mark,
        }
        if used.celery_url.startswith("filesystem"):
            environment["BENCH_FOLDER"] = str(used.folder)
        database = open_database(used.database_url)
        prepare(database)
        command = [
            *(sys.executable, "-m", "celery", "-A", "bench.celery_tasks", "worker"),
            *("--loglevel=error", "--concurrency", str(os.cpu_count() or 2)),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
        send = _sender(environment)
        with running(command, environment, used.folder / "celery.log", lambda: True) as process:
            send(WARM, 99).wait()
            assert _stored(database, WARM * len(OUTPUTS))[0] == WARM * len(OUTPUTS)
            meter = Meter(process)
            feeding = send(articles, 7)
            wanted = (WARM + articles) * len(OUTPUTS)
            found, ended = _stored(database, wanted)
            done = articles - (wanted - found) / len(OUTPUTS)
            measured = meter.measured(done, ended, wanted - found)
            assert feeding.wait() == 0
        database.close()
        return measured


def _sender(environment: dict[str, str]) -> Callable[[int, int], subprocess.Popen[bytes]]:
    def send(count: int, seed: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "bench.celery_send", str(count), str(seed)]
        return subprocess.Popen(command, env=environment)

    return send


def _stored(database: Database, wanted: int) -> tuple[int, float]:
    """Renditions in the store and when the last one was seen to come (time.perf_counter)."""
    found, came = -1, time.perf_counter()
    while time.perf_counter() - came < STUCK:
        with database.read() as conn:
            count = conn.execute(sa.select(sa.func.count()).select_from(rendition)).scalar_one()
        if count != found:
            found, came = count, time.perf_counter()
        if found >= wanted:
            break
        time.sleep(LOOK_SECONDS)
    return found, came


if __name__ == "__main__":
    sys.exit(main())
