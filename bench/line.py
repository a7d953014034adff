"""How fast the line is: articles a second from POST to settled in six outputs.

    ./dev bench line [--articles N] [--rounds N] [--engine embedded|postgresql|both] [--no-celery]

Three figures of one run, since machines are noisy and only ratios count:

* the line: `seealso up` on an empty store, articles of 4.5 KB sent as NDJSON by one client,
  until every row of the ledger is settled;
* the pure costs: the same code, stage by stage, in one process without store, queue or pipes. Their
  sum is what one core needs for an article if nothing else cost anything;
* Celery: the same stages as tasks on the same engines (bench/celery_tasks.py says how).

Rounds alternate; the medians of the rounds' ratios are printed last. On PostgreSQL it makes a
database of its own on the local server, and drops it.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import sqlalchemy as sa
from seealso_hub.place import read_key
from seealso_store.database import open_database
from seealso_store.migrate import prepare
from seealso_store.schema import rendition

from bench.feeds import free_port, running
from bench.stages import OUTPUTS, Costs, pure_costs, records

POSTGRES = os.environ.get("SEEALSO_TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/test")
RABBIT = os.environ.get("SEEALSO_TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")
OF_PURE, OF_CELERY = 0.5, 1.5  # what we want at least
BATCH = 50  # articles in one POST
WARM = 60  # articles before the clock starts: children start, caches fill
SAMPLE = 200  # articles that the pure costs are timed on
PATIENCE = 600  # seconds


@dataclass(frozen=True)
class Engines:
    """What a round runs on."""

    name: str
    database_url: str
    broker_url: str  # of the hub
    celery_url: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. 1: below the target."""
    parser = argparse.ArgumentParser(prog="./dev bench line")
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=("embedded", "postgresql", "both"), default="both")
    parser.add_argument("--no-celery", action="store_true")
    given = parser.parse_args(arguments)
    names = ("embedded", "postgresql") if given.engine == "both" else (given.engine,)
    good = [_engine(name, given.articles, given.rounds, not given.no_celery) for name in names]
    return 0 if all(good) else 1


def _engine(name: str, articles: int, rounds: int, celery: bool) -> bool:
    of_pure, of_celery = [], []
    print(f"\n{name}: {articles} articles of 4.5 KB, six outputs")
    for number in range(rounds):
        costs = pure_costs(records(SAMPLE, seed=number))
        if number == 0:
            _print_costs(costs)
        line = line_rate(name, articles)
        of_pure.append(line * costs.total)
        said = f"  round {number + 1}: line {line:.0f}/s, pure {1 / costs.total:.0f}/s a core"
        if celery:
            reference = celery_rate(name, articles)
            of_celery.append(line / reference)
            said += f", Celery {reference:.0f}/s"
        print(said, flush=True)
    good = _verdict(f"{name}: line / pure costs of one core", of_pure, OF_PURE)
    if celery:
        good &= _verdict(f"{name}: line / Celery", of_celery, OF_CELERY)
    return good


def _print_costs(costs: Costs) -> None:
    stages = ", ".join(f"{stage} {each * 1000:.2f}" for stage, each in costs.by_stage.items())
    print(f"  pure, ms an article: {stages}; sum {costs.total * 1000:.2f}")


def _verdict(what: str, ratios: list[float], wanted: float) -> bool:
    median = statistics.median(ratios)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"{what}: {median:.2f} (median of {len(ratios)}, {spread}; at least {wanted})")
    return median >= wanted


# --- the line ------------------------------------------------------------------------------------


def line_rate(name: str, articles: int) -> float:
    """Articles a second, from the first POST until all is settled."""
    with engines(name) as (folder, used), hub(folder, used) as (url, key):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {key}"
        _send(session, url, records(WARM, seed=99))
        _settled(session, url, WARM)
        lines = records(articles, seed=7)
        begun = time.perf_counter()
        _send(session, url, lines)
        _settled(session, url, WARM + articles)
        return articles / (time.perf_counter() - begun)


def _send(session: requests.Session, url: str, lines: list[bytes]) -> None:
    for start in range(0, len(lines), BATCH):
        answer = session.post(
            f"{url}/api/articles?source=bench",
            data=b"\n".join(lines[start : start + BATCH]),
            headers={"Content-Type": "application/x-ndjson"},
            timeout=60,
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
        time.sleep(0.1)
    raise AssertionError("the line did not settle")


@contextmanager
def hub(folder: Path, used: Engines) -> Iterator[tuple[str, str]]:
    """A one-machine hub on these engines: its URL and its key."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = _clean_environment() | {
        "SEEALSO_DATA": str(folder),
        "SEEALSO_DATABASE_URL": used.database_url,
        "SEEALSO_BROKER_URL": used.broker_url,
        "SEEALSO_LOG_LEVEL": "error",
        "SEEALSO_PORT": str(port),
    }
    command = [sys.executable, "-m", "seealso_hub", "up", "--port", str(port)]
    with running(command, url + "/readyz", environment):
        key = read_key(folder)
        assert key is not None
        yield url, key


# --- Celery --------------------------------------------------------------------------------------


def celery_rate(name: str, articles: int) -> float:
    """Articles a second, from the first task sent until all renditions are stored."""
    with engines(name) as (folder, used):
        queue = f"bench-{secrets.token_hex(4)}"
        os.environ["BENCH_QUEUE"] = queue
        environment = _clean_environment() | {
            "BENCH_DATABASE_URL": used.database_url,
            "BENCH_BROKER_URL": used.celery_url,
            "BENCH_QUEUE": queue,
        }
        if used.celery_url.startswith("filesystem"):
            environment["BENCH_FOLDER"] = str(folder)
        database = open_database(used.database_url)
        prepare(database)
        command = [
            *(sys.executable, "-m", "celery", "-A", "bench.celery_tasks", "worker"),
            *("--loglevel=error", "--concurrency", str(os.cpu_count() or 2)),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
        sender = [sys.executable, "-m", "bench.celery_send"]
        with ExitStack() as stack:
            worker = subprocess.Popen(command, env=environment, start_new_session=True)
            stack.callback(_stop, worker)

            def send(count: int, seed: int) -> None:
                subprocess.run([*sender, str(count), str(seed)], env=environment, check=True)

            send(WARM, 99)
            _stored(database, WARM)
            begun = time.perf_counter()
            feeding = subprocess.Popen([*sender, str(articles), "7"], env=environment)
            stack.callback(feeding.wait)
            _stored(database, WARM + articles)
            rate = articles / (time.perf_counter() - begun)
        database.close()
        return rate


def _stored(database: object, articles: int) -> None:
    from seealso_store.database import Database

    assert isinstance(database, Database)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with database.read() as conn:
            count = conn.execute(sa.select(sa.func.count()).select_from(rendition)).scalar_one()
        if count >= articles * len(OUTPUTS):
            return
        time.sleep(0.1)
    raise AssertionError("Celery did not finish")


def _stop(worker: subprocess.Popen[bytes]) -> None:
    os.killpg(worker.pid, signal.SIGTERM)
    try:
        worker.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


# --- engines -------------------------------------------------------------------------------------


@contextmanager
def engines(name: str) -> Iterator[tuple[Path, Engines]]:
    """A folder and empty engines."""
    folder = Path(tempfile.mkdtemp(prefix="seealso-bench-"))
    try:
        if name == "embedded":
            url = f"sqlite:///{folder / 'hub.sqlite3'}"
            yield folder, Engines(name, url, "memory://", "filesystem://")
        else:
            with _own_database() as url:
                yield folder, Engines(name, url, RABBIT, RABBIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_database() -> Iterator[str]:
    name = f"seealso_bench_{secrets.token_hex(4)}"
    url = sa.make_url(POSTGRES).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql(f'CREATE DATABASE "{name}"')
    try:
        yield url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    finally:
        with admin.connect() as conn:
            conn.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.dispose()


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SEEALSO_")}


if __name__ == "__main__":
    sys.exit(main())
