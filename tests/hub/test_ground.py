"""A hub on bad ground: a full disk, a locked file. It says so, loses nothing, and goes on by itself."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.hub.running import RunningHub, seealso, start
from tests.line.press import Api, record, until

pytestmark = pytest.mark.deep

SIZE_MB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can't be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


def ask(hub: RunningHub, number: int) -> requests.Response:
    with Api(hub) as api:
        url = f"{api.url}/api/articles?source=test"
        return api.session.post(url, json=record(number, text="word " * 2000), timeout=60)


def test_a_full_disk_is_507_and_the_same_hub_goes_on_when_there_is_room(small_disk: Path) -> None:
    hub = start(small_disk / "data", SEEALSO_DISK_FLOOR_MB="1")
    try:
        confirmed = {ask(hub, 1).json()["accepted"][0]["id"]}
        ballast = fill(small_disk)
        number = 2
        while (answer := ask(hub, number)).status_code == 202:  # in the room that the file has
            confirmed.add(answer.json()["accepted"][0]["id"])
            number += 1
            assert number < 200
        assert answer.status_code == 507, answer.text
        assert answer.json()["code"] == "storage-full"
        assert int(answer.headers["Retry-After"]) > 0
        assert requests.get(f"{hub.url}/readyz", timeout=20).status_code == 503
        until(lambda: "No room left on the disk" in hub.log, 20)
        ballast.unlink()
        until(lambda: ask(hub, number).status_code == 202, 30)
        waited = hub.command("status", "--wait", "60")
        assert waited.returncode == 0, waited.stdout + hub.log
        with Api(hub) as api:
            for one in confirmed:
                assert api.get(f"/articles/{one}").status_code == 200
    finally:
        assert hub.stop() == 0
    with sqlite3.connect(small_disk / "data/seealso.sqlite3") as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    conn.close()


def test_a_hub_does_not_start_on_a_full_disk_and_says_so(small_disk: Path) -> None:
    (small_disk / "data").mkdir()
    fill(small_disk)
    ended = seealso(small_disk / "data", "up", "--port", "0")
    assert ended.returncode == 1
    (said,) = [line for line in ended.stderr.splitlines() if line.startswith("Error: ")]
    assert "room" in said.lower() or "space" in said.lower(), said
    assert "Traceback" not in ended.stderr


def test_a_file_that_another_program_locks_is_waited_for(tmp_path: Path) -> None:
    hub = start(tmp_path / "data")
    try:
        file = tmp_path / "data/seealso.sqlite3"
        holder = sqlite3.connect(file, isolation_level=None, timeout=20, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        release = threading.Timer(3, holder.rollback)
        release.start()
        begun = time.monotonic()
        assert ask(hub, 1).status_code == 202
        assert time.monotonic() - begun > 2, "it waited for the lock"
        release.join()
        holder.close()
    finally:
        assert hub.stop() == 0
