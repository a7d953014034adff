"""A render worker as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from seealso_store.database import open_database
from seealso_store.migrate import prepare


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SEEALSO_")}
    return subprocess.Popen(
        [sys.executable, "-m", "seealso_render", *arguments],
        env=clean | {"SEEALSO_DATA": str(folder)} | environ,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_works_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with run(tmp_path, SEEALSO_LOG_FORMAT="json") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "The render worker is at work" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_a_bad_setting_ends_it_with_one_clear_line(tmp_path: Path) -> None:
    with run(tmp_path, SEEALSO_LEASE_SECOND="9") as process:
        _, said = process.communicate(timeout=15)
    assert process.returncode == 1
    assert said.startswith("seealso-render: SEEALSO_LEASE_SECOND: ")
    assert "Did you mean SEEALSO_LEASE_SECONDS?" in said
    assert said.count("\n") == 1


def test_misuse_is_told_from_failure(tmp_path: Path) -> None:
    with run(tmp_path, "--wombat") as process:
        process.communicate(timeout=15)
    assert process.returncode == 2


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'seealso.sqlite3'}")
    prepare(db)
    with db.write() as tx:
        tx.exec_driver_sql("UPDATE seealso_schema SET version_num = '9999'")
    db.close()
    with run(tmp_path) as process:
        _, said = process.communicate(timeout=15)
    assert process.returncode == 1
    assert "9999" in said
    assert "Traceback" not in said
