"""Somebody who follows the project's documents to the letter, on a hub of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.contracts import pages
from tests.hub.running import START_SECONDS, environ

SEEALSO = str(Path(sys.executable).with_name("seealso"))


class Reader:
    """Somebody who follows a page: writes its files, gives its commands, in an empty folder.

    A block that is nothing but ``seealso up`` starts the hub, after a Ctrl-C for one that runs.
    The port is a free one here. What the commands print is kept in `said`.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.said = ""
        self._hub: subprocess.Popen[bytes] | None = None
        self._environ = environ(
            SEEALSO_PORT=str(self.port), SEEALSO_LOG_LEVEL="warning", **settings
        )
        bin_folder = str(Path(sys.executable).parent)
        self._environ["PATH"] = os.pathsep.join([bin_folder, self._environ["PATH"]])

    def follow(self, page: Path) -> None:
        """Do what the page says, up to the end of its last command."""
        for block in pages.blocks(page):
            if block.file:
                (self.folder / block.file).write_text(block.text, encoding="utf-8")
            elif block.text.strip() == "seealso up":
                self.stop()
                self.start()
            else:
                self.give(block.text.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}"))

    def stop(self) -> None:
        """Ctrl-C."""
        if self._hub is not None:
            self._hub.send_signal(signal.SIGINT)
            assert self._hub.wait(20) == 0
            self._hub = None

    def start(self) -> None:
        """`seealso up`, in the other terminal; until it says that it is up."""
        log = self.folder / "hub.log"
        with log.open("wb") as said:
            self._hub = subprocess.Popen(
                [SEEALSO, "up"], cwd=self.folder, env=self._environ, stdout=said, stderr=said,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while "Seealso is up" not in pages.text(log):
            assert self._hub.poll() is None, pages.text(log)
            assert time.monotonic() < deadline, pages.text(log)
            time.sleep(0.05)

    def give(self, commands: str) -> None:
        """Commands, which have to end well."""
        kept = self.folder / ".environment"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{commands}\nenv -0 >'{kept}'"],
            cwd=self.folder, env=self._environ, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        self.said += done.stdout
        log = (self.folder / "hub.log").read_text() if self._hub else ""
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}{log}"
        pairs = kept.read_bytes().decode().split("\0")
        self._environ = dict(pair.split("=", 1) for pair in pairs if pair)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
