"""nginx with the project's own configuration, its services elsewhere than in containers."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.contracts import pages
from tests.contracts.pages import ROOT

needs_nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="there is no nginx here")
PATIENCE = 20.0  # seconds


Ports = Mapping[str, int | Sequence[int]]  # of each service; several where it runs several times


class Front:
    """nginx in a folder; its log is ``access.log`` there, and what it keeps stays there too."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.folder = folder
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._conf = folder / "nginx.conf"
        self._conf.write_text(_here(folder, port, ports), encoding="utf-8")

    def start(self) -> None:
        """Run it; returns when it answers."""
        self._process = _start(self._conf, self.url)

    def stop(self) -> None:
        """As it is told to in production."""
        _stop(self._process)

    def kill(self) -> None:
        """As a machine dies that it runs on."""
        self._process.kill()
        self._process.wait(10)


@contextmanager
def running(folder: Path, ports: Ports) -> Iterator[str]:
    """Run it in a folder. Yields its address."""
    front = Front(folder, ports)
    front.start()
    try:
        yield front.url
    finally:
        front.stop()


@contextmanager
def serving(conf: Path, url: str) -> Iterator[None]:
    """Run nginx with a configuration that listens at `url`; what it says is beside it."""
    process = _start(conf, url)
    try:
        yield
    finally:
        _stop(process)


def _start(conf: Path, url: str) -> subprocess.Popen[bytes]:
    said = conf.with_name("error.log")
    with said.open("ab") as log:
        process = subprocess.Popen(["nginx", "-c", conf, "-e", "/dev/stderr"], stderr=log)
    try:
        _wait(url, process, said)
    except BaseException:
        _stop(process)
        raise
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)


def _here(folder: Path, port: int, ports: Ports) -> str:
    """The configuration, with the places of a container replaced by those of this machine."""
    conf = pages.text(ROOT / "deploy/nginx/nginx.conf")
    changes = {
        f"server {name}:8000 max_fails=0;": " ".join(
            f"server 127.0.0.1:{one} max_fails=0;"
            for one in ([there] if isinstance(there, int) else there)
        )
        for name, there in ports.items()
    }
    changes |= {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "pid /tmp/nginx.pid;": f"pid {folder}/nginx.pid; daemon off; master_process off;",
        "/var/cache/nginx": str(folder),
        "/dev/stdout": f"{folder}/access.log",
        "/etc/nginx/seealso": str(ROOT / "deploy/nginx"),
        "http {\n": "http {\n" + "".join(
            f"    {kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    }  # fmt: skip
    for old, new in changes.items():
        assert old in conf, old
        conf = conf.replace(old, new)
    return re.sub(r"server [\w-]+:8000", "server 127.0.0.1:9", conf)  # not there: refused


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, pages.text(log)
        try:
            requests.get(f"{url}/openapi.json", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nginx does not answer: {pages.text(log)}")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
