"""The command's surface: misuse is 2, failure is 1 with one sentence, and nobody sees a trace."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from seealso_hub.cli import cli


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No hub of the person who runs the tests is found."""
    for name in [n for n in os.environ if n.startswith("SEEALSO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SEEALSO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SEEALSO_PORT", str(closed_port()))


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin, catch_exceptions=False)


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += [(*path, name)] if command.invoke_without_command else []
            found += every_command(command, (*path, name))
        else:
            found.append((*path, name))
    return found


COMMANDS = every_command(cli)
# As the project's surface fixes them; more may be added.
FIXED: dict[str, list[str]] = {
    "up": [],
    "key": [],
    "ingest": [],
    "status": [],
    "withdraw": [],
    "outputs": [],
    "doctor": [],
    "version": [],
    "articles": ["list", "show"],
    "topics": ["list", "show", "import", "related", "ghosts"],
    "partners": ["add", "list"],
    "channels": ["add", "list", "revoke"],
    "newsletters": ["list", "subscribers", "send"],
    "plugins": ["new", "check", "list"],
    "dead-letters": ["list", "replay", "drop"],
}


def test_every_command_of_the_surface_is_there() -> None:
    fixed = {(noun, verb) for noun, verbs in FIXED.items() for verb in verbs}
    fixed_alone = {(noun,) for noun, verbs in FIXED.items() if not verbs}
    assert fixed | fixed_alone <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_explains_itself(command: tuple[str, ...]) -> None:
    shown = run(*command, "--help")
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: cli {' '.join(command)}")
    assert len(shown.output.splitlines()) > 4


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_misuse_ends_with_2_and_says_how_to_use_it(command: tuple[str, ...]) -> None:
    wrong = run(*command, "--no-such-option")
    assert wrong.exit_code == 2
    assert "No such option" in wrong.stderr
    assert "Usage:" in wrong.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("ingest",),
        ("up", "--port", "70000"),
        ("ingest", "-", "--type", "nonsense"),
        ("partners", "add"),
        ("channels", "add", "partner-without-topic"),
        ("topics", "show"),
        ("key", "revoke"),
    ],
    ids=" ".join,
)
def test_a_wrong_or_missing_argument_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments, stdin=b"x").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("articles", "list"),
        ("topics", "list"),
        ("outputs",),
        ("dead-letters", "list"),
        ("newsletters", "list"),
        ("key", "list"),
        ("ingest", "-"),
    ],
    ids=" ".join,
)
def test_without_a_hub_a_command_says_how_to_start_one(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments, stdin=b"Why?\n\nBecause.\n")
    assert ended.exit_code == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("Error: No hub answers at http://127.0.0.1:")
    assert "`seealso up`" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_mistyped_setting_is_named_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEALSO_PROT", "80")
    ended = run("status")
    assert ended.exit_code == 1
    assert "SEEALSO_PROT" in ended.stderr
    assert "Did you mean SEEALSO_PORT?" in ended.stderr


def test_the_key_is_read_from_the_data_folder_or_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no key" in run("key").stderr
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "key").write_text("sk_from-the-folder\n")
    assert run("key").stdout == "sk_from-the-folder\n"
    monkeypatch.setenv("SEEALSO_KEY", "sk_given")
    assert run("key").stdout == "sk_given\n"


def test_options_of_all_commands_may_stand_before_or_after(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "key").write_text("sk_other\n")
    for arguments in (
        ("--data", str(tmp_path / "other"), "key"),
        ("key", "--data", str(tmp_path / "other")),
    ):
        assert run(*arguments).stdout == "sk_other\n"


def test_a_dead_hubs_file_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "data").mkdir()
    stale = {"url": "http://127.0.0.1:9", "pid": ended.pid}
    (tmp_path / "data" / "hub.json").write_text(json.dumps(stale))
    assert "127.0.0.1:9 " not in run("status").stderr


def test_the_doctor_finds_what_is_off_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEALSO_BROKER_URL", f"amqp://guest:secret@127.0.0.1:{closed_port()}//")
    monkeypatch.setenv("SEEALSO_SMTP_URL", f"smtp://127.0.0.1:{closed_port()}")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("SEEALSO_PORT", str(taken.getsockname()[1]))
        ended = run("doctor", "--json")
    found = {f["check"]: f for f in json.loads(ended.stdout)["findings"]}
    assert ended.exit_code == 1
    for check in ("Broker", "SMTP", "Hub and port"):
        assert found[check]["state"] == "fail"
    assert "Connection refused" in found["SMTP"]["found"]
    assert found["Database"]["remedy"] == "`seealso up` makes it at its start."
    assert "secret" not in ended.stdout


def test_the_doctor_lists_every_setting_when_one_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEALSO_PORT", "many")
    ended = run("doctor")
    assert ended.exit_code == 1
    assert "Give a whole number" in ended.stdout
    assert "SEEALSO_DATABASE_URL" in ended.stdout


def test_debug_shows_the_trace_and_nothing_else_does(tmp_path: Path) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SEEALSO_")}
    environ |= {"SEEALSO_DATA": str(tmp_path), "SEEALSO_PORT": str(closed_port())}
    command = [str(Path(sys.executable).with_name("seealso")), "status"]
    plain, traced = (
        subprocess.run(
            [*command, *more], check=False, capture_output=True, text=True, env=environ, timeout=60
        )
        for more in ([], ["--debug"])
    )
    assert (plain.returncode, traced.returncode) == (1, 1)
    assert "Traceback" not in plain.stderr
    assert "Traceback" in traced.stderr
