"""`seealso outputs`: what formats there are, and which of them work."""

from __future__ import annotations

import click

from seealso_hub import console
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubCommand, Session, json_option, pass_session

COLUMNS = (
    Column("name", "Output"),
    Column("status", "Status"),
    Column("extension", "Serves"),
    Column("version", "Version"),
    Column("title", "What it is"),
    Column("reason", "Reason"),
)


@click.command(cls=HubCommand)
@json_option
@pass_session
def outputs(session: Session, as_json: bool) -> None:
    """Every output plugin with its state, and why it is not enabled where it isn't."""
    found = session.client().get("/api/outputs")
    console.show(found, as_json, Listing("Outputs", COLUMNS, found["outputs"]))
