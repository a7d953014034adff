"""What LISTEN and NOTIFY would give a hub whose broker is away, and what they would cost.

    ./dev bench notify [--seconds N] [--writers N]

    a commit ──> NOTIFY ──────────> a listening worker          the alternative
             ──> token each second ─> the hub's own Watch        what the hub does without a broker
    commits a second, with and without NOTIFY, by several writers at once
    an idle render worker's polls: how many, and what one costs

On a database of its own on the local server, deleted at the end.
"""

from __future__ import annotations

import argparse
import queue
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
from seealso_core.loops import Watch, stop_all
from seealso_store import ledger
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from bench.engines import engines
from bench.stages import OUTPUTS

CHANNEL = "wake"
SAMPLES = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench notify", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--writers", type=int, default=4)
    given = parser.parse_args(arguments)
    with engines("postgresql") as made:
        database = open_database(made.database_url)
        prepare(database)
        try:
            _latencies(database, made.database_url)
            _commits(database, given.seconds, given.writers)
            _polls(database)
        finally:
            database.close()
    return 0


def _latencies(database: Database, url: str) -> None:
    seen: queue.Queue[float] = queue.Queue()
    with _listening(url, seen.put):
        _latency("NOTIFY to a listener", database, seen, pause=0.02)
    watch = Watch(database.change_token, lambda: seen.put(time.monotonic()), database.poll_seconds)
    watch.start()
    seen.get(timeout=10)  # the first look
    _latency("the token, looked at each second", database, seen, pause=1.37)
    stop_all([watch], 5)


def _latency(name: str, database: Database, seen: queue.Queue[float], pause: float) -> None:
    waits = []
    for number in range(SAMPLES):
        time.sleep(pause * (0.5 + number % 7 / 7))  # at any moment of the second
        while not seen.empty():
            seen.get()
        _commit(database, number, notify=True)
        committed = time.monotonic()
        waits.append(max(0.0, seen.get(timeout=10) - committed) * 1e3)
    waits.sort()
    print(f"{name:36} p50 {statistics.median(waits):7.1f} ms   worst {waits[-1]:7.1f} ms")


def _commit(database: Database, number: int, *, notify: bool) -> None:
    with database.write() as tx:
        ledger.open_rows(tx, f"a{number}", 1, ["rss"], now=database.now())
        if notify:
            tx.exec_driver_sql(f"NOTIFY {CHANNEL}")


@contextmanager
def _listening(url: str, heard: Callable[[float], None]) -> Iterator[None]:
    ending = threading.Event()
    conn = psycopg.connect(url, autocommit=True)
    conn.execute(f"LISTEN {CHANNEL}")

    def listen() -> None:
        while not ending.is_set():
            for _ in conn.notifies(timeout=0.2):
                heard(time.monotonic())

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        conn.close()


def _commits(database: Database, seconds: float, writers: int) -> None:
    """Alternately with and without, so that what else the machine does falls on both."""
    rates: dict[bool, list[float]] = {True: [], False: []}
    for number in range(6):
        notify = bool(number % 2)
        rates[notify].append(_rate(database, seconds / 3, writers, notify=notify))
    for notify, found in rates.items():
        words = "with" if notify else "without"
        rate = statistics.median(found)
        print(f"{writers} writers, {words:7} NOTIFY             {rate:7.0f} commits/s")


def _rate(database: Database, seconds: float, writers: int, *, notify: bool) -> float:
    done, ends = [0] * writers, time.monotonic() + seconds

    def write(mine: int) -> None:
        while time.monotonic() < ends:
            _commit(database, 10_000_000 * (mine + 1) + done[mine], notify=notify)
            done[mine] += 1

    threads = [threading.Thread(target=write, args=(mine,)) for mine in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def _polls(database: Database) -> None:
    """A render worker looks for each output each second, and at the token."""
    begun = time.perf_counter()
    for number in range(200):
        with database.read() as conn:
            ledger.due(conn, OUTPUTS[number % len(OUTPUTS)], 0)
    look = (time.perf_counter() - begun) / 200
    begun = time.perf_counter()
    for _ in range(200):
        database.change_token()
    token = (time.perf_counter() - begun) / 200
    each = len(OUTPUTS) * look + token
    print(
        f"an idle render worker: {len(OUTPUTS) + 1} questions a second, {each * 1e3:.1f} ms of it"
    )
    print(f"  looking for due rows {look * 1e3:.2f} ms, the token {token * 1e3:.2f} ms")


if __name__ == "__main__":
    raise SystemExit(main())
