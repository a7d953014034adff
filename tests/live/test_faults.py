"""The short round of the fault suite: what is most telling, and a safeguard taken out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SEED = "20261122"


@pytest.mark.timeout(420)  # three minutes where nobody else works
def test_the_short_round_loses_and_doubles_nothing_and_sees_a_missing_safeguard(
    live_engines: None,
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "faults", "--short", "--seed", SEED],
        cwd=ROOT,
        env=os.environ | {"SEEALSO_REQUIRE_LIVE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "lost 0, doubled 0" in ended.stdout.splitlines()[-1], ended.stdout
    kills = re.search(r"in (\d+) kills", ended.stdout.splitlines()[-1])
    assert kills
    assert int(kills[1]) >= 12
    assert "F6 red, as it must be" in ended.stdout, ended.stdout
