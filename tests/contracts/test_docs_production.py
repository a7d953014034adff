"""What docker-compose.yml starts does a hub's work, on PostgreSQL and RabbitMQ behind nginx.

Each container's own command runs here as a process, with its own environment but for the places:
this machine's engines instead of the containers', and a free port for each.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.contracts import pages
from tests.contracts.front import free_port, needs_nginx, running
from tests.contracts.pages import ROOT
from tests.hub.running import environ
from tests.live.engines import Engines, lent

pytestmark = [pytest.mark.live, pytest.mark.slow, needs_nginx]

COMPOSE: dict[str, Any] = yaml.safe_load(pages.text(ROOT / "docker-compose.yml"))
OURS = {name: s for name, s in COMPOSE["services"].items() if "build" in s}
KEY = "sk_" + secrets.token_urlsafe(32)
PATIENCE = 60.0  # seconds


@pytest.fixture
def engines(live_engines: None) -> Iterator[Engines]:
    """A database and queues of its own on the local servers."""
    with lent() as made:
        yield made


class Processes:
    """The containers' commands as processes of this machine."""

    def __init__(self, folder: Path, engines: Engines) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in OURS}
        self._places = {
            **engines.settings,
            "SEEALSO_PLUGINS_DIR": str(folder / "drop-ins"),
            "SEEALSO_HOST": "127.0.0.1",
            "SEEALSO_KEY": KEY,
        }

    def log(self, name: str) -> str:
        """What a process said."""
        return pages.text(self.folder / f"{name}.log")

    def once(self, name: str) -> None:
        """Run one to its end, which has to be a good one."""
        assert self._start(name).wait(PATIENCE) == 0, self.log(name)

    @contextmanager
    def up(self, name: str) -> Iterator[None]:
        """Run one; at the end it stops when it is told to, as a container is told."""
        process = self._start(name)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, self.log(name)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        service = OURS[name]
        given = dict(service["environment"]) | self._places
        given["SEEALSO_PORT"] = str(self.ports[name])
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *service["command"]], cwd=self.folder, stdout=log,
                stderr=log, env=environ(**given, SEEALSO_DATA=str(self.folder / "data")),
            )  # fmt: skip


def test_the_processes_of_compose_do_the_work_of_a_hub(tmp_path: Path, engines: Engines) -> None:
    hub = Processes(tmp_path, engines)
    hub.once("migrate")
    with ExitStack() as stack:
        at_work = [name for name in OURS if name not in ("migrate", "dispatch")]  # no relay here
        for name in at_work:
            stack.enter_context(hub.up(name))
        for name in at_work:
            if hub.ports[name] and _is_web(name):
                _wait_until_ready(hub, name)
        ports = {name: port for name, port in hub.ports.items() if _is_web(name)}
        url = stack.enter_context(running(tmp_path, ports))
        smoke = subprocess.run(
            [ROOT / "deploy/smoke.sh", url, KEY], check=False, capture_output=True, text=True,
            env=os.environ | {"PATIENCE": "60"}, timeout=120,
        )  # fmt: skip
        logs = "\n".join(f"--- {name}\n{hub.log(name)}" for name in at_work)
        assert smoke.returncode == 0, f"{smoke.stdout}{smoke.stderr}{logs}"
        assert "smoke: this hub works" in smoke.stdout
        _gone_within_a_second(url)
    assert "Traceback" not in "".join(hub.log(name) for name in at_work)


def _is_web(name: str) -> bool:
    return name == "ingest" or "--web" in OURS[name]["command"]


def _wait_until_ready(hub: Processes, name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{hub.ports[name]}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"{name} is not ready: {hub.log(name)}")


def _gone_within_a_second(url: str) -> None:
    """An article that readers keep asking for through nginx is gone a second after its withdrawal."""
    key = {"Authorization": f"Bearer {KEY}"}
    body = {"title": "Soon gone", "text": "It is.", "external_id": "gone"}
    taken = requests.post(f"{url}/api/articles", json=body, headers=key, timeout=20).json()
    page = f"{url}/articles/{taken['accepted'][0]['id']}"
    deadline = time.monotonic() + PATIENCE
    while requests.get(f"{page}.txt", timeout=20).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    api = re.sub("/articles/", "/api/articles/", page)
    assert requests.delete(api, headers=key, timeout=20).status_code == 200
    withdrawn = time.monotonic()
    while requests.get(f"{page}.txt", timeout=20).status_code == 200:
        time.sleep(0.02)
    assert time.monotonic() - withdrawn < 1.0
    assert requests.get(page, timeout=20).status_code == 410
