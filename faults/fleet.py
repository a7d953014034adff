"""A hub as production runs it: the real commands, a process each, that can be broken and mended.

start ──> ready ──> kill | pause | go on | start again, on the same port ──> stop
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it has no types
import requests

from faults.engines import Engines
from faults.process import Plan
from tests.hub.running import environ
from tests.live.services import HUB_URL, KEY, ROUTES, WEB, WORKERS

ROOT = Path(__file__).parents[1]
INJECT = Path(__file__).with_name("inject")
START_SECONDS = 90.0  # a busy machine is no reason to give up
DEADLINE, LEASE = 4, 12  # seconds, of a plugin's call and of a batch
MAIL_LEASE = 6.0  # the product's two minutes are long to wait for
COMMANDS = {name: tuple(arguments) for name, arguments in (WEB | WORKERS).items()}


class NotInTime(Exception):
    """Something did not come about in the time that it was given."""


def until(true: Callable[[], bool], seconds: float, what: str = "it") -> float:
    """Seconds until it is true.

    Raises:
        NotInTime: it never was; the message says what.
    """
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > seconds:
            raise NotInTime(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)
    return time.monotonic() - begun


@dataclass
class Fleet:
    """The processes of a hub. Use as a context manager; `with` migrates and starts nothing yet.

    Args:
        plan: what is patched in every process.
        pythons: by process: the interpreter of another release.
        prefixes: by process: a command that the process is started under.
    """

    engines: Engines
    settings: dict[str, str] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    pythons: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, list[str]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Fleet:
        command = [sys.executable, "-m", "seealso_hub.migrate"]
        done = subprocess.run(
            command,
            check=False,
            env=self._environ("migrate", Plan()),
            capture_output=True,
            timeout=90,
        )
        if done.returncode:
            raise NotInTime(f"the database could not be readied: {done.stderr.decode()[-500:]}")
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.processes):
            self._kill_group(name)

    # --- one process ---------------------------------------------------------------------------

    def start(self, *names: str, plan: Plan | None = None) -> None:
        """Start processes and wait until they work."""
        for name in names:
            self.spawn(name, plan)
        for name in names:
            self.wait_ready(name)

    def spawn(self, name: str, plan: Plan | None = None) -> None:
        """Start a process. `plan` comes in place of the fleet's."""
        python = self.pythons.get(name, sys.executable)
        command = [python, "-m", *COMMANDS[name.partition("#")[0]]]
        command = [*self.prefixes.get(name, []), *command]
        with self.log_path(name).open("wb") as log:
            self.processes[name] = subprocess.Popen(
                command,
                env=self._environ(name, self.plan if plan is None else plan),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self, name: str) -> None:
        """Until a process answers, or works."""
        until(lambda: self.is_ready(name), START_SECONDS, f"{name} is ready")

    def is_ready(self, name: str) -> bool:
        """Whether a process answers, or works. One that has ended is shown with its last words."""
        if self.processes[name].poll() is not None:
            raise NotInTime(f"{name} ended: {self.log(name)[-600:]}")
        if name.partition("#")[0] not in WEB:
            return "is at work" in self.log(name)
        with suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5).ok
        return False

    def alive(self, name: str) -> bool:
        """Whether the process that was started still is there."""
        return name in self.processes and self.processes[name].poll() is None

    def kill(self, name: str) -> None:
        """SIGKILL to a service and whatever it is made of; it counts."""
        self._kill_group(name)
        self.kills[name.partition("#")[0]] += 1

    def kill_plugin(self, name: str, choose: Callable[[list[psutil.Process]], Any]) -> bool:
        """SIGKILL to one of the plugin processes of a service. False: it has none just now."""
        with suppress(psutil.NoSuchProcess):
            below = psutil.Process(self.processes[name].pid).children(recursive=True)
            children = [one for one in below if "seealso_core.child" in one.cmdline()]
            if children:
                choose(children).kill()
                self.kills["plugin child"] += 1
                return True
        return False

    def signal(self, name: str, number: signal.Signals) -> None:
        """Any other signal, to a service's own process group (its plugins have theirs)."""
        os.killpg(self.processes[name].pid, number)

    def stop(self, *names: str) -> dict[str, int]:
        """SIGTERM, and how each ended."""
        for name in names:
            if self.alive(name):
                self.processes[name].terminate()
        ended = {}
        for name in names:
            with suppress(subprocess.TimeoutExpired):
                self.processes[name].wait(20)
            self._kill_group(name)
            ended[name] = self.processes[name].returncode
        return ended

    def _kill_group(self, name: str) -> None:
        process = self.processes[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    # --- what it says --------------------------------------------------------------------------

    def ask(self, method: str, path: str, timeout: float = 30, **given: Any) -> requests.Response:
        """A request with the key, to the service that serves the path."""
        url = self.route(path) + path
        given.setdefault("headers", {}).setdefault("Authorization", f"Bearer {KEY}")
        return requests.request(method, url, timeout=timeout, **given)

    def route(self, path: str) -> str:
        """The address of the service that serves a path; of several, the one whose turn it is."""
        kind = next(service for start, service in ROUTES if path.startswith(start))
        names = [name for name in self.ports if name.partition("#")[0] == kind]
        self._turn += 1
        return f"http://127.0.0.1:{self.ports[names[self._turn % len(names)]]}"

    _turn = 0

    def log(self, name: str) -> str:
        """What a process said since it was started."""
        return self.log_path(name).read_text(encoding="utf-8", errors="replace")

    def log_path(self, name: str) -> Path:
        return self.engines.folder / f"{name}.log"

    # --- how -----------------------------------------------------------------------------------

    def _environ(self, name: str, plan: Plan) -> dict[str, str]:
        own = {
            "SEEALSO_DATA": str(self.engines.folder),
            "SEEALSO_KEY": KEY,
            "SEEALSO_HUB_URL": HUB_URL,
            "SEEALSO_PLUGIN_DEADLINE_SECONDS": str(DEADLINE),
            "SEEALSO_LEASE_SECONDS": str(LEASE),
            **self.engines.settings,
            **self.settings,
        }
        if name.partition("#")[0] in WEB:
            own["SEEALSO_PORT"] = str(self.ports.setdefault(name, _free_port()))
        if name.partition("#")[0] == "dispatch":
            plan = replace(plan, mail=MAIL_LEASE)
        given = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
        if name not in self.pythons:
            own["PYTHONPATH"] = os.pathsep.join([str(INJECT), str(ROOT), *given])
        own["FAULTS_PLAN"] = plan.to_json()
        return environ(**own)


_taken: set[int] = set()


def _free_port() -> int:
    """A port that nobody listens on, and that this run has not given away before."""
    import socket

    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _taken:
            _taken.add(port)
            return port
