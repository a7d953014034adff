"""The project's documents, cut into what tests run and compare.

A fenced block is run, or written to a file, where the line above its fence says so:

    <!-- run -->              the commands of a ```sh block
    <!-- file: name.py -->    the content of a file

and a table that is made from code stands between two marks: ``<!-- made: name -->`` and
``<!-- /made -->``. ``UPDATE_DOCS=1`` writes such tables anew; without it a test compares them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^<!-- (run|file: (\S+)) -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A block that a reader acts on. `file` is empty where it is commands."""

    file: str
    language: str
    text: str


def text(page: Path) -> str:
    """The page as it stands."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    """The blocks with a mark, in their order."""
    return [Block(m[2] or "", m[3], m[4]) for m in _BLOCK.finditer(text(page))]


def file_block(page: Path, name: str) -> str:
    """The content of the file that the page has the reader write."""
    (found,) = [block.text for block in blocks(page) if block.file == name]
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. A bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    assert len({len(line) for line in lines}) == 1, "a row has another number of cells"
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(content: str) -> str:
    parts = content.replace("|", "\\|").split("`")  # every second one is code
    parts[::2] = [re.sub(r"<(?!br>)", "&lt;", part) for part in parts[::2]]
    return "`".join(parts)


def assert_made(page: Path, name: str, expected: str) -> None:
    """The page's part `name` is what the code says now; or it becomes so with UPDATE_DOCS=1."""
    mark = re.compile(rf"(<!-- made: {name} -->\n)(.*?)(<!-- /made -->)", re.DOTALL)
    found = mark.search(text(page))
    assert found, f"{page.name} has no part <!-- made: {name} -->"
    if os.environ.get("UPDATE_DOCS") == "1":
        whole = mark.sub(lambda m: f"{m[1]}\n{expected}\n{m[3]}", text(page))
        page.write_text(whole, encoding="utf-8")
        return
    assert found[2].strip() == expected.strip(), (
        f"{page.relative_to(ROOT)}: the part {name!r} is out of date."
        " UPDATE_DOCS=1 ./dev test tests/contracts writes it anew; read the difference."
    )


def column(page: Path, heading: str, position: int = 0) -> list[str]:
    """The code words in one column of the first table below the line that begins so."""
    _, _, below = text(page).partition(f"\n{heading}")
    assert below, f"{page.name} has no line that begins with {heading!r}"
    rows = re.search(r"^\|.*?(?=^[^|])", below + "\n.", re.MULTILINE | re.DOTALL)
    assert rows, f"no table under {heading!r}"
    cells = [line.strip().strip("|").split(" | ") for line in rows[0].splitlines()[2:]]
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell[position])]
