"""The bar of `seealso ingest` on a terminal: it only goes forward, and says what is in so far."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.hub.running import ONE_OUTPUT, SEEALSO, environ, start

ARTICLES = 1500
_PERCENT = re.compile(r"(\d+)%")
_SO_FAR = re.compile(r"(\d+) articles, (\d+) rejected")


def on_a_terminal(*arguments: str, **given: str) -> tuple[int, str]:
    """Run a command whose output is a terminal: its exit code, and all that was drawn."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [SEEALSO, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        env=environ(TERM="xterm-256color", COLUMNS="120", **given),
    )
    os.close(slave)
    drawn = []
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # how Linux says that nobody is at the other end any more
            break
        if not data:
            break
        drawn.append(data)
    os.close(master)
    return process.wait(60), b"".join(drawn).decode()


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_bar_goes_forward_to_the_end_and_leaves_the_counts(
    tmp_path: Path, *, packed: bool
) -> None:
    import gzip

    lines = [
        json.dumps(
            {"external_id": f"n{n}", "title": f"Note {n}", "text": f"Word {n}. " * 60}
        ).encode()
        for n in range(ARTICLES)
    ]
    lines[700] = b"{broken"
    data = b"\n".join(lines)
    file = tmp_path / ("notes.jsonl.gz" if packed else "notes.jsonl")
    file.write_bytes(gzip.compress(data) if packed else data)
    hub = start(tmp_path / "data", **ONE_OUTPUT)
    try:
        code, drawn = on_a_terminal("--data", str(hub.data), "ingest", str(file), **ONE_OUTPUT)
    finally:
        hub.stop()
    assert code == 1
    percents = [int(found) for found in _PERCENT.findall(drawn)]
    assert percents == sorted(percents)
    assert len(set(percents)) >= 3
    assert 80 <= percents[-1] <= 100
    so_far = [(int(n), int(r)) for n, r in _SO_FAR.findall(drawn)]
    assert so_far == sorted(so_far)
    assert so_far[-1][1] == 1
    assert f"{ARTICLES - 1} created, 0 updated, 0 unchanged, 1 rejected" in drawn
    assert "line 701: not JSON" in drawn


def test_without_a_terminal_nothing_is_drawn(tmp_path: Path) -> None:
    file = tmp_path / "note.jsonl"
    file.write_text('{"title": "Note"}\n')
    hub = start(tmp_path / "data", **ONE_OUTPUT)
    try:
        ended = hub.command("ingest", str(file), **ONE_OUTPUT)
    finally:
        hub.stop()
    assert (ended.stderr, ended.stdout) == ("", "1 created, 0 updated, 0 unchanged, 0 rejected\n")
