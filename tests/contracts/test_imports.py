"""Who may import whom, where import-linter can't see it: plugins are single modules, no packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted((ROOT / "plugins").glob("*/*.py"))
OTHERS = sorted(
    path
    for folder in ("shared", "services", "deploy")
    for path in (ROOT / folder).glob("*/src/**/*.py")
)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_a_plugin_knows_the_sdk_and_nothing_else_of_ours(path: Path) -> None:
    ours = {name.split(".")[0] for name in imported(path) if name.startswith("seealso")}
    own = f"seealso_{path.parent.name}"  # a plugin may be several modules
    assert {name for name in ours if not name.startswith(own)} <= {"seealso_sdk"}


def test_nobody_knows_a_plugin_by_its_module() -> None:
    assert PLUGINS
    assert OTHERS
    for path in OTHERS:
        for name in imported(path):
            assert not name.startswith(("seealso_output_", "seealso_source_")), path


def test_nobody_imports_with_a_star() -> None:
    for path in [*PLUGINS, *OTHERS]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert all(alias.name != "*" for alias in node.names), path
