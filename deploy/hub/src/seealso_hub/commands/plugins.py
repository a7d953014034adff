"""`seealso plugins`: write one, check one, list what is installed. Needs no running hub."""

from __future__ import annotations

from typing import Any

import click
from seealso_core import registry

from seealso_hub import console
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session


@click.group(cls=HubGroup)
def plugins() -> None:
    """Outputs and sources as plugins: new, check, list."""


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
