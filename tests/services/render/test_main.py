"""A render worker as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from seealso_core import log as logs
from seealso_render.__main__ import main
from seealso_store.database import open_database
from seealso_store.migrate import prepare


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the tester's settings, and the log of the tests stays as it is."""
    for name in [name for name in os.environ if name.startswith("SEEALSO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SEEALSO_DATA", str(tmp_path))
    monkeypatch.setattr(logs, "configure", lambda *given: None)


def test_it_works_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "seealso_render"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "The render worker is at work" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_bad_setting_ends_it_with_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEEALSO_LEASE_SECOND", "9")
    assert main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("seealso-render: SEEALSO_LEASE_SECOND: ")
    assert "Did you mean SEEALSO_LEASE_SECONDS?" in said
    assert said.count("\n") == 1


def test_misuse_is_told_from_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--wombat"])
    assert ended.value.code == 2
    assert "--wombat" in capsys.readouterr().err


def test_a_newer_database_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'seealso.sqlite3'}")
    prepare(db)
    with db.write() as tx:
        tx.exec_driver_sql("UPDATE seealso_schema SET version_num = '9999'")
    db.close()
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        assert main([]) == 1
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert "9999" in capsys.readouterr().err
