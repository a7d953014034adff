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

PIPE_WIDTH = 10_000  # columns: in a pipe no row is wrapped


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
            screen = out()
            screen.print(_table(listing, plain=not screen.is_terminal))
        else:
            say(f"{listing.title}: none.")


def new_table(title: str = "", *, plain: bool = False) -> Table:
    """An empty table in the house's style; `plain` is for pipes: no lines, no title."""
    if plain:
        return Table(box=None, pad_edge=False, header_style="bold")
    return Table(title=title or None, title_justify="left", header_style="bold")


def _table(listing: Listing, *, plain: bool) -> Table:
    table = new_table(listing.title, plain=plain)
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
