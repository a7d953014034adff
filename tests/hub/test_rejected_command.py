"""`seealso rejected` on a running hub: seen, explained, corrected, tried again, dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub.planted import doctor
from tests.hub.running import ONE_OUTPUT, RunningHub, start

BAD = '{"external_id": "1", "title": "Dew", "published": "the day before"}\n'


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = start(tmp_path_factory.mktemp("rejected") / "data", **ONE_OUTPUT)
    yield running
    running.stop()


def listed(hub: RunningHub, *options: str) -> list[dict[str, Any]]:
    ended = hub.command("rejected", "list", "--json", *options)
    assert ended.returncode == 0
    found: list[dict[str, Any]] = json.loads(ended.stdout)["rejected"]
    return found


def test_the_life_of_a_rejected_piece(hub: RunningHub, tmp_path: Path) -> None:
    lines = tmp_path / "notes.ndjson"
    lines.write_text('{"title": "Frost", "text": "Ice."}\n' + BAD)
    assert hub.command("ingest", str(lines), "--source", "desk").returncode == 1
    (row,) = listed(hub, "--code", "date-invalid")
    shown = hub.command("rejected", "show", row["id"])
    assert "RFC 3339" in shown.stdout
    data = hub.command("rejected", "show", row["id"], "--data")
    assert data.stdout == BAD.strip()

    dry = hub.command("rejected", "retry", "--source", "desk", "--dry-run", "--json")
    assert json.loads(dry.stdout)["matching"] == 1
    again = hub.command("rejected", "retry", row["id"])
    assert again.returncode == 1
    assert "refused still" in again.stderr
    assert "RFC 3339" in again.stderr
    told = {one.check: one for one in doctor(hub.data)[1]}["Rejected input"]
    assert (told.state, told.found) == ("note", "1 kept: date-invalid 1")

    fixed = tmp_path / "fixed.ndjson"
    fixed.write_text(data.stdout.replace("the day before", "2024-05-02"))
    assert hub.command("ingest", str(fixed), "--source", "desk").returncode == 0
    dropped = hub.command("rejected", "drop", "--code", "date-invalid", "--yes", "--json")
    assert json.loads(dropped.stdout) == {"dropped": 1}
    assert listed(hub) == []
    (quiet,) = [one for one in doctor(hub.data)[1] if one.check == "Rejected input"]
    assert quiet.state == "ok"


@pytest.mark.parametrize("verb", ["retry", "drop"])
def test_misuse_is_one_sentence(hub: RunningHub, verb: str) -> None:
    for options in ((), ("r123", "--all"), ("r123", "--code", "stale")):
        ended = hub.command("rejected", verb, *options)
        assert ended.returncode == 2, options
    unknown = hub.command("rejected", verb, "r123", *(["--yes"] if verb == "drop" else []))
    assert unknown.returncode == 1
    assert "seealso rejected list" in unknown.stderr


def test_what_is_due_and_where_a_field_came_from(hub: RunningHub, tmp_path: Path) -> None:
    note = tmp_path / "note.json"
    note.write_text('{"external_id": "r", "title": "Rime", "review_by": "2020-01-01"}')
    assert hub.command("ingest", str(note)).returncode == 0
    due = json.loads(hub.command("articles", "due", "--within", "6w", "--json").stdout)
    (one,) = due["articles"]
    assert one["external_id"] == "r"
    assert "Rime" in hub.command("articles", "due").stdout
    shown = hub.command("articles", "show", one["id"], "--provenance").stdout
    assert "JSON key 'title'" in shown
    assert hub.command("articles", "due", "--within", "soon").returncode == 2
