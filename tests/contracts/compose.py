"""docker-compose.yml without containers: its commands as processes of this machine."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.contracts import pages
from tests.contracts.front import free_port
from tests.contracts.pages import ROOT
from tests.hub.running import environ
from tests.line.press import until

COMPOSE: dict[str, Any] = yaml.safe_load(pages.text(ROOT / "docker-compose.yml"))
OURS = {name: s for name, s in COMPOSE["services"].items() if "build" in s}
KEY = "sk_" + secrets.token_urlsafe(32)
PATIENCE = 60.0  # seconds
STOP_SECONDS = 10.0


def service(name: str) -> dict[str, Any]:
    """What the file says of one of its containers."""
    found: dict[str, Any] = OURS[name.partition("@")[0]]
    return found


def _busy() -> float:
    """How much longer everything takes here just now, since others want the processors too."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1) / 2)


def is_web(name: str) -> bool:
    """Whether nginx has it behind it."""
    command = service(name)["command"]
    return command == ["seealso_ingest"] or "--web" in command


class Processes:
    """The containers' commands as processes of this machine.

    A name is a service of the file; ``ingest@2`` is one more of its containers.
    """

    def __init__(self, folder: Path, settings: dict[str, str], relay: str = "") -> None:
        self.folder = folder
        self.ports: dict[str, int] = {}
        self._starts: Counter[str] = Counter()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._places = {
            **settings,
            "SEEALSO_PLUGINS_DIR": str(folder / "drop-ins"),
            "SEEALSO_HOST": "127.0.0.1",
            "SEEALSO_KEY": KEY,
            "SEEALSO_SMTP_URL": relay,
            "SEEALSO_DATA": str(folder / "data"),
        }

    def log(self, name: str) -> str:
        """What a process said."""
        return pages.text(self.folder / f"{name}.log")

    def once(self, name: str) -> None:
        """Run one to its end, which has to be a good one."""
        self.start(name)
        assert self.processes.pop(name).wait(PATIENCE) == 0, self.log(name)

    @contextmanager
    def up(self, name: str) -> Iterator[None]:
        """Run one; at the end it stops when it is told to, as a container is told."""
        self.start(name)
        try:
            yield
        finally:
            self.stop(name)

    def start(self, name: str) -> None:
        """Run one. It has the same port each time."""
        self.ports.setdefault(name, free_port())
        self._starts[name] += 1
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *service(name)["command"]], cwd=self.folder, stdout=log,
                stderr=log, env=self._environ(name),
            )  # fmt: skip

    def stop(self, name: str) -> float:
        """SIGTERM: it is gone in time, and without a complaint. Returns the seconds that it took."""
        process, begun = self.processes.pop(name), time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(3 * STOP_SECONDS) == 0, self.log(name)
        finally:
            process.kill()
            process.wait()
        took = time.monotonic() - begun
        assert took < STOP_SECONDS * _busy(), f"{name} took {took:.1f} s to stop"
        return took

    def stop_all(self) -> None:
        """All that still run, side by side; for the end of a test that may have failed."""
        running, self.processes = self.processes, {}
        for process in running.values():
            process.terminate()
        for process in running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()

    def kill(self, name: str) -> None:
        """As a machine dies that it runs on."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)

    def start_and_wait(self, *names: str) -> None:
        """Run some, side by side; returns when each is at work."""
        for name in names:
            self.start(name)
        for name in names:
            until(partial(self._is_at_work, name), PATIENCE)

    def _is_at_work(self, name: str) -> bool:
        """What a supervisor looks at before it goes on; cheaper than a health check."""
        assert self.processes[name].poll() is None, self.log(name)
        if not is_web(name):
            return self.log(name).count("is at work") == self._starts[name]
        try:
            return requests.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def wait_until_well(self, *names: str) -> None:
        """By their own health checks."""
        for name in names:
            until(partial(self.is_well, name), PATIENCE)

    def is_well(self, name: str) -> bool:
        """What the container's own health check says."""
        kind, python, *check = service(name)["healthcheck"]["test"]
        assert (kind, python) == ("CMD", "python")
        port = service(name)["environment"]["SEEALSO_PORT"]
        command = [one.replace(f":{port}/", f":{self.ports[name]}/") for one in check]
        done = subprocess.run(
            [sys.executable, *command], check=False, env=self._environ(name),
            capture_output=True, timeout=PATIENCE,
        )  # fmt: skip
        return done.returncode == 0

    def _environ(self, name: str) -> dict[str, str]:
        given = dict(service(name)["environment"]) | self._places
        return environ(**given | {"SEEALSO_PORT": str(self.ports[name])})
