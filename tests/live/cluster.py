"""A PostgreSQL server of a test's own, that it may kill, starve and lock people out of."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.contracts.front import free_port
from tests.live.engines import Engines

USER = "postgres"
# A killed server must find all that it confirmed; the rest is for a small machine.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
}


def programs() -> Path | None:
    """Where initdb and postgres are."""
    found = shutil.which("initdb")
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return Path(found).resolve().parent if found else newest[-1].parent if newest else None


def _version(path: Path) -> float:
    return float(path.parts[-3])


@dataclass
class Cluster:
    """Start, kill, start again. `folder` is the server's own."""

    folder: Path
    bin: Path
    port: int
    auth: str = "trust"
    password: str = "right"
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres", user: str = USER, password: str = "") -> str:
        who = f"{user}:{password or self.password}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    def init(self) -> None:
        """Make the cluster's files."""
        secret = self.folder / "password"
        secret.write_text(self.password)
        self._own()
        _run(
            self.bin / "initdb",
            *("--pgdata", self.data, "--username", USER, "--encoding", "UTF8", "--locale", "C"),
            *("--auth", self.auth, "--pwfile", secret, "--no-sync"),
        )

    def start(self) -> None:
        """Start it and wait until it lets somebody in."""
        given = [f"--{name}={value}" for name, value in self.settings.items()]
        sockets = f"--unix_socket_directories={self.folder}"
        deadline = time.monotonic() + 30
        while True:
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    [self.bin / "postgres", "-D", self.data, f"-p{self.port}", sockets, *given],
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **_as_server(),
                )
            if self._lets_in(deadline):
                return
            # Of a server that was killed, the last children may still hold the memory.
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.1)

    def _lets_in(self, deadline: float) -> bool:
        assert self.process is not None
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), psycopg.connect(self.url(), connect_timeout=2):
                return True
            time.sleep(0.05)
        return False

    def kill(self) -> None:
        """kill -9 of the postmaster: no goodbye, no checkpoint; its children see it and end."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """At the end of the test."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # a fast shutdown
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            self.kill()

    def sql(self, *statements: str, database: str = "postgres") -> None:
        """As the superuser, each statement by itself."""
        with psycopg.connect(self.url(database), autocommit=True) as conn:
            for statement in statements:
                conn.execute(statement.encode())

    def _own(self) -> None:
        if os.geteuid() == 0:
            them = pwd.getpwnam(USER)
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, them.pw_uid, them.pw_gid)


def _run(*command: object) -> None:
    ended = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        **_as_server(),
    )
    assert ended.returncode == 0, ended.stderr


def _as_server() -> dict[str, str]:
    """PostgreSQL refuses to run as root."""
    return {"user": USER, "group": USER, "cwd": "/"} if os.geteuid() == 0 else {}


@contextmanager
def own_cluster(auth: str = "trust") -> Iterator[Cluster]:
    """A running server with an empty cluster; skips where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL's programs are not on this machine")
    folder = Path(tempfile.mkdtemp(prefix="seealso-pg-"))  # pytest's own keep others out
    folder.chmod(0o755)
    cluster = Cluster(folder, found, free_port(), auth)
    try:
        cluster.init()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_engines(cluster: Cluster, prefix: str) -> Iterator[Engines]:
    """A database on a server of one's own, queues on the machine's RabbitMQ."""
    cluster.sql("CREATE DATABASE hub")
    made = Engines(cluster.url("hub"), prefix)
    try:
        yield made
    finally:
        made.delete_queues()
