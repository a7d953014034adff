"""Misconfigurations to plant, and how `seealso doctor` is asked about them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from click.testing import CliRunner
from seealso_hub.checks.finding import Finding
from seealso_hub.cli import cli
from seealso_hub.place import free_port


def doctor(data: Path, *, plugins: Path | None = None, **given: str) -> tuple[int, list[Finding]]:
    """The exit code and the findings of `seealso doctor`, with these settings and no others."""
    clean: dict[str, str | None] = {n: None for n in os.environ if n.startswith("SEEALSO_")}
    own = {"SEEALSO_DATA": str(data), "SEEALSO_PORT": str(free_port("127.0.0.1"))}
    if plugins is not None:
        own["SEEALSO_PLUGINS_DIR"] = str(plugins)
    ended = CliRunner().invoke(
        cli, ["doctor", "--json"], env={**clean, **own, **given}, catch_exceptions=False
    )
    told = json.loads(ended.stdout)["findings"]
    return ended.exit_code, [Finding(**one) for one in told]


def failed(found: list[Finding]) -> list[Finding]:
    """What is off."""
    return [one for one in found if one.state == "fail"]


def only_failure(code: int, found: list[Finding]) -> Finding:
    """The one thing that is off: nothing else is blamed, and the exit code says so."""
    bad = failed(found)
    assert code == 1
    assert len(bad) == 1, bad
    assert bad[0].remedy
    return bad[0]
