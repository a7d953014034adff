"""The services as production runs them: a process each, several of what may be several."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.hub.running import environ
from tests.line.press import until

KEY = "sk_" + "k" * 40
HUB_URL = "https://press.example"
# What nginx does in production: the first that fits.
ROUTES = (
    ("/api/articles", "ingest"),
    ("/api/keys", "ingest"),
    ("/api/status", "render-web"),
    ("/api/outputs", "render-web"),
    ("/api/dead-letters", "render-web"),
    ("/api/newsletters", "dispatch-web"),
    ("/api/consents", "dispatch-web"),
    ("/newsletters/", "dispatch-web"),
    ("/", "feeds-web"),
)
WEB = {
    "ingest": ["seealso_ingest"],
    "render-web": ["seealso_render", "--web"],
    "feeds-web": ["seealso_feeds", "--web"],
    "dispatch-web": ["seealso_dispatch", "--web"],
}
WORKERS = {
    "render-1": ["seealso_render"],
    "render-2": ["seealso_render"],
    "filing": ["seealso_feeds"],
    "dispatch": ["seealso_dispatch"],
}


@dataclass
class Services:
    """All processes of a hub that runs apart. Use as a context manager."""

    folder: Path
    settings: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Services:
        ready = [sys.executable, "-m", "seealso_hub.migrate"]
        subprocess.run(ready, env=self._environ("migrate"), check=True, timeout=60)
        try:
            for name, arguments in (WEB | WORKERS).items():
                self._start(name, arguments)
            for name in WEB:
                until(lambda name=name: self._is_ready(name), 60)
            for name in WORKERS:
                until(lambda name=name: "is at work" in self.log(name), 60)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        ended = self.stop()
        assert set(ended.values()) == {0}, ended

    def route(self, path: str) -> str:
        """The address of the service that serves a path."""
        name = next(service for start, service in ROUTES if path.startswith(start))
        return f"http://127.0.0.1:{self.ports[name]}"

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        """A request with the key, to the service that serves the path."""
        headers = {"Authorization": f"Bearer {KEY}"}
        return requests.request(
            method, self.route(path) + path, headers=headers, timeout=60, **given
        )

    def log(self, name: str) -> str:
        """What a process said so far."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def stop(self) -> dict[str, int]:
        """SIGTERM to all, and how each ended."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        ended = {}
        for name, process in self.processes.items():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            ended[name] = process.wait()
        return ended

    def _start(self, name: str, arguments: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=self._environ(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environ(self, name: str) -> dict[str, str]:
        own = {"SEEALSO_DATA": str(self.folder), "SEEALSO_KEY": KEY, "SEEALSO_HUB_URL": HUB_URL}
        if name in WEB:
            self.ports[name] = _free_port()
            own["SEEALSO_PORT"] = str(self.ports[name])
        return environ(**(self.settings | own))

    def _is_ready(self, name: str) -> bool:
        process = self.processes[name]
        assert process.poll() is None, self.log(name)
        try:
            return requests.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5).ok
        except requests.RequestException:  # not up, or slow on a machine that is busy
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
