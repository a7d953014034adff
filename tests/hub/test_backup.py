"""`seealso backup` and `restore`: a hub whose database is cut short comes back from its back-up."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.hub.running import ONE_OUTPUT, seealso, start
from tests.line.press import Api, record


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "a folder, 100 % #1"


@pytest.mark.deep
def test_a_hub_is_backed_up_while_it_runs_and_restored_after_its_file_was_cut_short(
    data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hub.backup"
    hub = start(data, **ONE_OUTPUT)
    with Api(hub) as api:
        taken = api.post([record(number) for number in range(30)])["accepted"]
    saved = hub.command("backup", str(file), "--json")
    assert saved.returncode == 0, saved.stderr
    assert json.loads(saved.stdout)["articles"] == 30
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    refused = hub.command("restore", str(file), "--yes")
    assert refused.returncode == 1
    assert "Another hub is running" in refused.stderr
    assert hub.stop() == 0

    database = data / "seealso.sqlite3"
    assert not database.with_name("seealso.sqlite3-wal").exists(), "a clean end leaves one file"
    os.truncate(database, database.stat().st_size // 2)
    refused = seealso(data, "up", "--port", "0")
    assert refused.returncode == 1
    (said,) = [line for line in refused.stderr.splitlines() if line.startswith("Error: ")]
    assert "damaged" in said
    assert "`seealso restore FILE`" in said

    restored = seealso(data, "restore", str(file), "--yes", "--json")
    assert restored.returncode == 0, restored.stderr
    told = json.loads(restored.stdout)
    assert told["articles"] == 30
    hub = start(data, **ONE_OUTPUT)
    try:
        waited = hub.command("status", "--wait", "60")
        assert waited.returncode == 0, waited.stdout
        with Api(hub) as api:  # the key of before is good
            for one in taken:
                assert api.get(f"/articles/{one['id']}").status_code == 200
    finally:
        assert hub.stop() == 0


def test_a_restore_asks_first_and_a_stopped_hub_can_be_backed_up(
    data: Path, tmp_path: Path
) -> None:
    hub = start(data, **ONE_OUTPUT)
    assert hub.stop() == 0
    saved = seealso(data, "backup", str(tmp_path / "hub.backup"))
    assert saved.returncode == 0, saved.stderr
    assert "Backed up: 0 articles" in saved.stderr
    unasked = seealso(data, "restore", str(tmp_path / "hub.backup"))
    assert unasked.returncode in (1, 130)
    assert not list(data.glob("*.replaced-*"))
