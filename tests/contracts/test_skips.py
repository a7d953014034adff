"""Where everything must be there, a test that skips has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.pages import ROOT

SKIPS = "import pytest\n\n\ndef test_it() -> None:\n    pytest.skip('no such program')\n"


@pytest.mark.parametrize(("must", "code"), [("1", 1), ("", 0)])
def test_a_skip_is_a_failure_where_nothing_may_be_missing(
    tmp_path: Path, must: str, code: int
) -> None:
    (tmp_path / "test_it.py").write_text(SKIPS)
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        env=os.environ | {"SEEALSO_REQUIRE_LIVE": must},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stdout
    assert "no such program" in ran.stdout
