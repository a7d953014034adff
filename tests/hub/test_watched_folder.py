"""A folder that a running hub watches: from `seealso sources add` to the article."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.running import ONE_OUTPUT, RunningHub, start
from tests.line.press import until

OLD = time.time() - 60


@pytest.fixture
def press(tmp_path: Path) -> Path:
    folder = tmp_path / "press"
    (folder / "news").mkdir(parents=True)
    return folder


@pytest.fixture
def hub(tmp_path: Path, press: Path) -> Iterator[RunningHub]:
    settings = {"SEEALSO_WATCH_FOLDERS": str(press.parent / "press"), "SEEALSO_POLL_SECONDS": "1"}
    running = start(tmp_path / "hub", **ONE_OUTPUT, **settings)
    yield running
    running.stop()


def put(path: Path, title: str) -> None:
    text = "Four sails catch the wind, and a brake wheel takes it down to the stones below them."
    page = f"<html lang=en><title>{title}</title><article><h1>{title}</h1><p>{text}</p></article></html>"
    path.write_text(page, encoding="utf-8")
    os.utime(path, (OLD, OLD))


def titles(hub: RunningHub) -> set[str]:
    listed = json.loads(hub.command("articles", "list", "--json").stdout)
    return {one["title"] for one in listed["articles"]}


def test_what_is_put_into_a_watched_folder_comes_in_by_itself(
    hub: RunningHub, press: Path, tmp_path: Path
) -> None:
    put(press / "wind.html", "How wind turns a mill")
    added = hub.command("sources", "add", "press", os.path.relpath(press))
    assert added.returncode == 0, added.stderr
    until(lambda: titles(hub) == {"How wind turns a mill"}, 60)
    put(press / "news/water.html", "How water turns a mill")
    until(lambda: titles(hub) == {"How wind turns a mill", "How water turns a mill"}, 60)
    refused = hub.command("sources", "add", "other", str(tmp_path))
    assert refused.returncode == 1
    assert "SEEALSO_WATCH_FOLDERS" in refused.stderr
