"""nginx with the project's own configuration, its services elsewhere than in containers."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.contracts import pages
from tests.contracts.pages import ROOT

needs_nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="there is no nginx here")
PATIENCE = 20.0  # seconds


@contextmanager
def running(folder: Path, ports: Mapping[str, int]) -> Iterator[str]:
    """Run it in a folder; its log is ``access.log`` there.

    Args:
        ports: of each service, on this machine.

    Yields:
        Its address.
    """
    port = free_port()
    conf = folder / "nginx.conf"
    conf.write_text(_here(folder, port, ports), encoding="utf-8")
    with serving(conf, f"http://127.0.0.1:{port}"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def serving(conf: Path, url: str) -> Iterator[None]:
    """Run nginx with a configuration that listens at `url`; what it says is beside it."""
    said = conf.with_name("error.log")
    with said.open("ab") as log:
        process = subprocess.Popen(["nginx", "-c", conf, "-e", "/dev/stderr"], stderr=log)
    try:
        _wait(url, process, said)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _here(folder: Path, port: int, ports: Mapping[str, int]) -> str:
    """The configuration, with the places of a container replaced by those of this machine."""
    conf = pages.text(ROOT / "deploy/nginx/nginx.conf")
    changes = {
        f"server {name}:8000;": f"server 127.0.0.1:{there};" for name, there in ports.items()
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
    return conf


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
