"""What the command prints: a table or JSON on standard output, everything else on standard error.

Colour, progress bars and links appear on a terminal only; in a pipe every row is one plain line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 240  # columns: no cell of a row is cut for want of a terminal's width


def out() -> Console:
    """Standard output. Made anew each time: tests and pipes exchange the stream."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPE_WIDTH)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(sentence: str) -> None:
    """Tell the person, without disturbing what a program reads."""
    err().print(Text(sentence))


def emit(value: Any) -> None:
    """JSON for programs, one document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def emit_line(value: Any) -> None:
    """JSON on one line: the last word of a command that has said other things before."""
    click.echo(json.dumps(value, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `key` is the row's key; `right` is for numbers."""

    key: str
    title: str
    right: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table to print: rows are JSON objects of an answer."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]


def show(answer: Any, as_json: bool, *listings: Listing) -> None:
    """The answer itself as JSON for programs, or its tables for a person."""
    if as_json:
        emit(answer)
        return
    for listing in listings:
        if listing.rows:
            out().print(_table(listing))
        else:
            say(f"{listing.title}: none.")


def _table(listing: Listing) -> Table:
    table = Table(title=listing.title, title_justify="left", header_style="bold")
    for column in listing.columns:
        side: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(column.title, justify=side, style=column.style or None, overflow="fold")
    for row in listing.rows:
        table.add_row(*(cell(row.get(column.key)) for column in listing.columns))
    return table


def cell(value: Any) -> Text:
    """A value as a cell: text is taken literally, never as markup."""
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, list):
        return Text(", ".join(str(item) for item in value))
    text = str(value)
    if text.startswith(("http://", "https://")):
        return Text(text, style=f"link {text}")
    return Text(text)
