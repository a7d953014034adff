"""The table of what is held, in docs/architecture.md: each row names tests that are there."""

from __future__ import annotations

import re

import pytest

from tests.contracts.pages import ROOT

TABLE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("### What is held")[2]
NAMED = re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", TABLE)


def test_every_requirement_names_a_test() -> None:
    rows = re.findall(r"^\| (S[0-9]+) \|.*$", TABLE, re.MULTILINE)
    assert rows == ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S17", "S18", "S20", "S27"]
    for row in re.findall(r"^\| S[0-9]+ \|.*$", TABLE, re.MULTILINE):
        assert "::test_" in row, row[:60]


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_the_table_names_is_there(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
