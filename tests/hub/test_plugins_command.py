"""`seealso plugins`: an author starts from green, and no plugin can hold the command up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub.running import seealso


def test_a_new_plugin_passes_the_check_and_is_listed_once_dropped_in(tmp_path: Path) -> None:
    plugins = tmp_path / "data" / "plugins"
    plugins.mkdir(parents=True)
    data = tmp_path / "data"
    made = seealso(data, "plugins", "new", "output_markdown", "--in", str(plugins))
    assert made.returncode == 0, made.stderr
    assert [Path(line).name for line in made.stdout.splitlines()] == [
        "seealso_output_markdown.py",
        "pyproject.toml",
        "test_output_markdown.py",
    ]
    checked = seealso(data, "plugins", "check", str(plugins / "output_markdown"), "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    checks = json.loads(checked.stdout)["checks"]
    assert len(checks) > 10
    assert {check["plugin"] for check in checks} == {"output markdown"}
    listed = json.loads(seealso(data, "plugins", "list", "--json").stdout)["plugins"]
    ours = [plugin for plugin in listed if plugin["name"] == "markdown"]
    assert [(plugin["status"], plugin["serves"]) for plugin in ours] == [("enabled", ".md")]
    assert {"html", "rss", "atom", "jsonfeed", "email"} <= {plugin["name"] for plugin in listed}


BROKEN = {
    "sleeps": ("import time\ntime.sleep(100)\n", "not through within 2 seconds"),
    "crashes": ("import os\nos.abort()\n", "process ended with -6"),
    "raises": ("raise RuntimeError('no licence')\n", "no licence"),
    "empty": ("", "registers nothing"),
    "loud": ("print('{}' * 100_000)\nimport sys\nsys.exit(3)\n", "process ended with 3"),
}


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_plugin_is_told_and_never_holds_the_command_up(way: str, tmp_path: Path) -> None:
    code, said = BROKEN[way]
    path = tmp_path / f"seealso_output_{way}.py"
    path.write_text(code)
    ended = seealso(tmp_path, "plugins", "check", str(path), "--seconds", "2", "--json")
    assert ended.returncode == 1, ended.stderr
    (verdict,) = json.loads(ended.stdout)["checks"]
    assert said in verdict["found"]
    assert not verdict["passed"]


def test_a_name_that_is_none_and_a_place_that_is_taken_are_told(tmp_path: Path) -> None:
    wrong = seealso(tmp_path, "plugins", "new", "Markdown", "--in", str(tmp_path))
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "for example output_markdown" in wrong.stderr
    seealso(tmp_path, "plugins", "new", "source_notes", "--in", str(tmp_path))
    taken = seealso(tmp_path, "plugins", "new", "source_notes", "--in", str(tmp_path))
    assert taken.returncode == 1
    assert "exists already" in taken.stderr
    missing = seealso(tmp_path, "plugins", "check", "no-such-plugin")
    assert missing.returncode == 1
    assert "`seealso plugins list`" in missing.stderr
