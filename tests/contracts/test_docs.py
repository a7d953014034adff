"""What the documents say is so: links lead somewhere, commands and settings exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest
from seealso_core.settings import TABLE
from seealso_hub.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)|!\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|`|bin/)seealso ((?:[a-z][a-z-]+ ?){1,2})", re.MULTILINE)
# Read where the hub's settings are not: by the tests, and where a plugin's own options are named.
NOT_SETTINGS = re.compile(r"SEEALSO_(TEST_|REQUIRE_LIVE|CONFIG|OUTPUT_|SOURCE_)")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_link_inside_the_project_leads_somewhere(page: Path) -> None:
    for match in LINK.finditer(text(page)):
        target = match.group(1) or match.group(2)
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_command_that_is_named_exists(page: Path) -> None:
    for match in COMMAND.finditer(text(page)):
        first, *rest = match.group(1).split()
        command: click.Command | None = cli.commands.get(first)
        assert command is not None, match.group()
        if isinstance(command, click.Group) and rest:
            assert rest[0] in command.commands, match.group()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_setting_that_is_named_exists(page: Path) -> None:
    known = {row.environment for row in TABLE}
    known |= {f"{row.environment}_FILE" for row in TABLE if row.secret}
    for name in re.findall(r"\bSEEALSO_[A-Z_]+\b", text(page)):
        assert name in known or NOT_SETTINGS.match(name), name


def test_the_days_commands_are_all_in_contributing() -> None:
    listed = subprocess.run(
        [ROOT / "dev"], check=True, capture_output=True, text=True, timeout=30
    ).stdout
    commands = set(re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)) - {"help"}
    assert {"setup", "demo", "test", "check", "bench", "live"} <= commands
    for command in commands:
        assert f"`./dev {command}`" in text(ROOT / "CONTRIBUTING.md")


def test_the_two_commands_stand_at_the_top_of_the_readme() -> None:
    first = next(BLOCK.finditer(text(ROOT / "README.md"))).group(2)
    assert [line.split("#")[0].strip() for line in first.splitlines()] == [
        "./dev demo",
        "./dev test",
    ]
