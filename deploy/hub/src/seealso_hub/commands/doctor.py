"""`seealso doctor`: looks at everything a hub stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text
from seealso_core.settings import TABLE, Settings

from seealso_hub import console
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubCommand, Session, json_option, pass_session

if TYPE_CHECKING:
    from seealso_hub.checks.finding import Finding

_MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "fail": ("FAIL", "bold red")}
_SETTINGS = (
    Column("name", "Setting"),
    Column("value", "Value"),
    Column("default", "Default"),
    Column("help", "What it is"),
)


@click.command(cls=HubCommand)
@click.option("--settings", "with_settings", is_flag=True, help="List every setting, too.")
@json_option
@pass_session
@click.pass_context
def doctor(context: click.Context, session: Session, with_settings: bool, as_json: bool) -> None:
    """Check settings, disk, database, clock, broker, SMTP, port and plugins; say what to do."""
    from seealso_hub.doctor import examine  # the database and the queue: only here

    settings, findings = examine(session.environ())
    found = list(findings)
    listed = _settings(settings) if with_settings or _unusable(found) else []
    if as_json:
        console.emit({"findings": [asdict(finding) for finding in found], "settings": listed})
    else:
        screen = console.out()
        screen.print(_table(found, plain=not screen.is_terminal))
        if listed:
            console.show(None, False, Listing("Settings", _SETTINGS, listed))
    if any(finding.state == "fail" for finding in found):
        context.exit(1)


def _unusable(found: Sequence[Finding]) -> bool:
    """Whether the list of all settings helps: one of them is not known, or not understood."""
    return any(one.check == "Settings" and "SEEALSO_" in one.found for one in found)


def _table(found: Sequence[Finding], *, plain: bool) -> Table:
    table = console.new_table(plain=plain)
    for title in ("", "Check", "Found", "What to do"):
        table.add_column(title, overflow="fold")
    for finding in found:
        mark, style = _MARKS[finding.state]
        row = (finding.check, finding.found, finding.remedy)
        table.add_row(Text(mark, style), *(Text(text) for text in row))
    return table


def _settings(settings: Settings | None) -> list[dict[str, Any]]:
    return [
        {
            "name": row.environment,
            "value": _shown(getattr(settings, row.name), row.secret) if settings else "",
            "default": row.default,
            "help": row.help,
        }
        for row in TABLE
    ]


def _shown(value: Any, secret: bool) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if secret and value:
        return "(set)"
    return str(value)
