"""The lists that name the workspace's members agree with the tree and with each other."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("shared", "services", "plugins", "deploy")
MEMBERS = sorted(
    manifest.parent.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for manifest in (ROOT / folder).glob("*/pyproject.toml")
)


def toml(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def module_of(member: str) -> Path:
    """The module (a plugin) or the package's __init__ (everything else) of a member."""
    folder = ROOT / member
    plugin = folder / f"seealso_{folder.name}.py"
    return plugin if plugin.exists() else next(folder.glob("src/*/__init__.py"))


def test_the_root_names_every_member_that_is_in_the_tree() -> None:
    named = toml("pyproject.toml")["tool"]["uv"]["workspace"]["members"]
    found = sorted(
        path.relative_to(ROOT).as_posix()
        for pattern in named
        for path in ROOT.glob(pattern)
        if (path / "pyproject.toml").exists()
    )
    assert found == MEMBERS


def test_every_member_is_a_workspace_source() -> None:
    sources = toml("pyproject.toml")["tool"]["uv"]["sources"]
    names = {toml(f"{member}/pyproject.toml")["project"]["name"] for member in MEMBERS}
    assert set(sources) == names


def test_the_list_for_pip_has_every_member_once() -> None:
    lines = (ROOT / "requirements-members.txt").read_text(encoding="utf-8").splitlines()
    listed = [re.sub(r"\[.*\]", "", line[3:]) for line in lines if line.startswith("-e ")]
    assert sorted(listed) == MEMBERS


def test_the_plain_pip_list_pins_what_the_lock_pins() -> None:
    pin = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
    locked = pin.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    plain = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert len(locked) > 50
    assert pin.findall(plain) == locked
    assert "-r requirements-members.txt" in plain


def test_the_lock_has_every_dependency_that_a_member_names() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))
    wanted = set()
    for member in MEMBERS:
        project = toml(f"{member}/pyproject.toml")["project"]
        extras = project.get("optional-dependencies", {}).values()
        for requirement in [*project["dependencies"], *(r for extra in extras for r in extra)]:
            name = re.match(r"[A-Za-z0-9._-]+", requirement)
            assert name
            wanted.add(name.group().lower().replace("_", "-"))
    ours = {toml(f"{member}/pyproject.toml")["project"]["name"] for member in MEMBERS}
    assert wanted - ours <= locked, "run ./dev lock"


def test_the_lock_names_hashes_and_neither_an_index_nor_a_machines_path() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            assert re.match(
                r"^([a-z0-9._-]+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)$", line
            ), line


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_says_what_it_is_for(member: str) -> None:
    assert toml(f"{member}/pyproject.toml")["project"]["description"].endswith(".")
    tree = ast.parse(module_of(member).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{module_of(member)} has no docstring"


@pytest.mark.parametrize("member", [m for m in MEMBERS if not m.startswith("plugins/")])
def test_a_package_ships_its_types(member: str) -> None:
    assert module_of(member).with_name("py.typed").exists()


@pytest.mark.parametrize("member", [m for m in MEMBERS if m.startswith("plugins/")])
def test_a_bundled_plugin_comes_in_by_the_entry_point_of_strangers(member: str) -> None:
    project = toml(f"{member}/pyproject.toml")["project"]
    folder = Path(member).name
    assert project["entry-points"]["seealso"] == {folder: f"seealso_{folder}"}
    modules = sorted(path.name for path in (ROOT / member).glob("*.py"))
    wheel = toml(f"{member}/pyproject.toml")["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(wheel["include"]) == modules, "the wheel has every module"
    hub = toml("deploy/hub/pyproject.toml")["project"]["dependencies"]
    assert project["name"] in hub, "the one-machine hub brings every bundled plugin"
