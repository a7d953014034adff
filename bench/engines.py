"""What a benchmark runs on: empty engines, and server processes with their log and their CPU time.

engines("embedded" | "postgresql") -> a folder, a database and queues of its own, gone at the end
running(command, ...) -> the process while it answers; its log is shown when it does not
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests
import sqlalchemy as sa
from kombu import Connection
from seealso_core.topology import named

from bench.stages import OUTPUTS

POSTGRES = os.environ.get("SEEALSO_TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/test")
RABBIT = os.environ.get("SEEALSO_TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672//")
START_SECONDS = 120.0  # a busy machine is no reason to give up


@dataclass(frozen=True)
class Engines:
    """What a round runs on. `mark` begins the names of its queues, or is the name of its one."""

    name: str
    folder: Path
    database_url: str
    broker_url: str  # of the hub
    celery_url: str
    mark: str


@contextmanager
def engines(name: str) -> Iterator[Engines]:
    """Empty ones. "embedded": SQLite, memory:// (Celery: files); else PostgreSQL and RabbitMQ."""
    folder = Path(tempfile.mkdtemp(prefix="seealso-bench-"))
    mark = f"bench-{secrets.token_hex(4)}"
    try:
        if name == "embedded":
            url = f"sqlite:///{folder / 'hub.sqlite3'}"
            yield Engines(name, folder, url, "memory://", "filesystem://", mark)
        else:
            with _own_database() as url, _own_queues(mark):
                yield Engines(name, folder, url, RABBIT, RABBIT, mark)
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


@contextmanager
def _own_queues(mark: str) -> Iterator[None]:
    try:
        yield
    finally:
        prefix = named(mark)
        queues = ["feeds", "dispatch", "dead", *(f"render.{output}" for output in OUTPUTS)]
        with Connection(RABBIT) as connection:
            channel = connection.default_channel
            for queue in (mark, *(f"{prefix}.{queue}" for queue in queues)):
                channel.queue_delete(queue)
            for exchange in (mark, prefix, f"{prefix}.dead"):
                channel.exchange_delete(exchange)


# --- processes -----------------------------------------------------------------------------------


@contextmanager
def running(
    command: list[str], environment: dict[str, str], log: Path, ready: Callable[[], bool]
) -> Iterator[psutil.Process]:
    """A server from its first good answer to its end, in a process group of its own.

    Args:
        log: where its output goes; shown when it ends or does not answer.
        ready: whether it answers by now.

    Raises:
        AssertionError: it ended, or did not answer in time.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(process, ready, log)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        ended = process.poll()
        if ended is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-4000:]
            print(f"{process.args!r} said:\n{said}", file=sys.stderr)
            raise AssertionError(
                f"it ended with {ended} at its start" if ended is not None else "it never answered"
            )
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET of this address is answered well."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def cpu_seconds(process: psutil.Process) -> float:
    """What a process and all below it have used so far, those that have ended included."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def clean_environment() -> dict[str, str]:
    """Ours, without settings of a hub: a round decides all of them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SEEALSO_")}
