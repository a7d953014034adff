"""A real `seealso up` in a folder of its own, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from seealso_core.settings import load
from seealso_hub import demo
from seealso_hub.cli import cli
from seealso_hub.client import HubClient
from seealso_hub.demo import Came

SEEALSO = str(Path(sys.executable).with_name("seealso"))
START_SECONDS = 60.0
# For a hub whose test is about something else: five processes fewer to start.
ONE_OUTPUT = {"SEEALSO_PLUGINS_DISABLED": "atom,email,html,jsonfeed,text"}


def environ(**given: str) -> dict[str, str]:
    """The environment without the settings of the person who runs the tests."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("SEEALSO_")}
    return clean | {"COLUMNS": "200"} | given


def seealso(data: Path, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run a command against the hub of a folder."""
    return subprocess.run(
        [SEEALSO, "--data", str(data), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environ(**given),
        timeout=90,
    )


@dataclass
class RunningHub:
    """A hub process. `log` is what it said so far."""

    data: Path
    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        return str(json.loads((self.data / "hub.json").read_text(encoding="utf-8"))["url"])

    def command(self, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
        """Run a command against it, in this process: a start of Python each would take long."""
        env: dict[str, str | None] = {n: None for n in os.environ if n.startswith("SEEALSO_")}
        line = ["--data", str(self.data), *arguments]
        ended = CliRunner().invoke(cli, line, env={**env, **given}, catch_exceptions=False)
        return subprocess.CompletedProcess(line, ended.exit_code, ended.stdout, ended.stderr)

    def feed_samples(self) -> Came:
        """Put the project's sample articles in, as `seealso demo` does, and wait for them."""
        settings = load({"SEEALSO_DATA": str(self.data)})
        return demo.feed(HubClient(settings), settings)

    def stop(self) -> int:
        """SIGTERM, and the exit code; a hub that does not end in 15 seconds fails the test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    @contextmanager
    def workers_paused(self) -> Iterator[None]:
        """Freeze the process that has the workers; the web process goes on."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As the kernel does it when memory runs out."""
        self.process.kill()
        self.process.wait(15)


def start(data: Path, port: int = 0, **given: str) -> RunningHub:
    """Start a hub and wait until it can be found."""
    data.mkdir(parents=True, exist_ok=True)
    log_path = data / "up.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [SEEALSO, "up", "--data", str(data), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environ(**given),
            start_new_session=True,
        )
    hub = RunningHub(data, process, log_path)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the hub ended with {process.returncode}:\n{hub.log}")
        try:
            found = json.loads((data / "hub.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = {}
        if found.get("pid") == process.pid:
            return hub
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the hub did not come up:\n{hub.log}")
