"""`seealso plugins`: write one, check one, list what is installed. Needs no running hub."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from seealso_core import registry
from seealso_sdk import scaffold

from seealso_hub import console
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session


@click.group(cls=HubGroup)
def plugins() -> None:
    """Outputs and sources as plugins: new, check, list."""


@plugins.command()
@click.argument("name", metavar="output_NAME|source_NAME")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Existing folder to write into. Default: here.",
)
def new(name: str, folder: Path) -> None:
    """Write a plugin that works, with its packaging and its test."""
    files = scaffold.new(name, folder)
    home = files[0].parent
    for file in files:
        click.echo(file)
    console.say(f"Try it: seealso plugins check {home}")
    console.say(
        f"Use it: pip install {home}, or copy {home} into <data>/plugins; start the hub anew."
    )


@plugins.command()
@click.argument("targets", nargs=-1, metavar="PATH|NAME ...")
@click.option(
    "--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="For each."
)
@json_option
@pass_session
@click.pass_context
def check(
    context: click.Context,
    session: Session,
    targets: tuple[str, ...],
    seconds: float,
    as_json: bool,
) -> None:
    """Hold plugins to the hub's promises: a module, a folder, or an installed one's name.

    Without an argument: every plugin that is installed or dropped in. Exit code 1 when one fails.
    """
    from seealso_hub import conformance  # the kit: only here

    locators = conformance.locate(targets, session.settings())
    verdicts = []
    with console.err().status("Checking", spinner="dots") as working:
        for locator in locators:
            working.update(Text(f"Checking {locator.module}"))
            verdicts += conformance.check(locator, seconds)
    rows = [asdict(verdict) for verdict in verdicts]
    shown = [{**row, "passed": "passed" if row["passed"] else "FAILED"} for row in rows]
    columns = (
        Column("plugin", "Plugin"),
        Column("check", "Check"),
        Column("passed", "Result"),
        Column("found", "Found"),
        Column("remedy", "What to do"),
    )
    console.show({"checks": rows}, as_json, Listing("Conformance", columns, shown))
    if not all(verdict.passed for verdict in verdicts):
        context.exit(1)


@plugins.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """Every plugin that is installed or dropped in, and whether it works."""
    settings = session.settings()
    found = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    rows = [_row(record) for record in found.records]
    columns = (
        Column("kind", "Kind"),
        Column("name", "Name"),
        Column("status", "Status"),
        Column("version", "Version"),
        Column("serves", "Serves or reads"),
        Column("origin", "From"),
        Column("reason", "Reason"),
    )
    console.show({"plugins": rows}, as_json, Listing("Plugins", columns, rows))


def _row(record: registry.PluginRecord) -> dict[str, Any]:
    meta = record.meta
    serves = ""
    if meta is not None:
        is_output = record.kind == "output"
        serves = (
            f".{record.output.extension}" if is_output else ", ".join(record.source.media_types)
        )
    return {
        "kind": record.kind,
        "name": record.name,
        "status": record.status,
        "version": meta.version if meta else "",
        "serves": serves,
        "origin": record.origin,
        "reason": record.reason,
    }
