"""`seealso findings`: what is wrong with the sources that the hub watches."""

from __future__ import annotations

import click

from seealso_hub import console
from seealso_hub.client import segment
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

COLUMNS = (
    Column("source", "Source"),
    Column("code", "Finding"),
    Column("since", "Since"),
    Column("ignored", "Ignored"),
    Column("detail", "What, and what to do"),
)


@click.group(cls=HubGroup)
def findings() -> None:
    """What is wrong with the sources that the hub watches."""


@findings.command("list")
@click.option("--source", help="Only of this source.")
@click.option("--all", "ignored", is_flag=True, help="Those that are ignored, too.")
@json_option
@pass_session
def list_(session: Session, source: str | None, ignored: bool, as_json: bool) -> None:
    """Findings, by source."""
    found = session.client().get("/api/findings", source=source, ignored=1 if ignored else None)
    console.show(found, as_json, Listing("Findings", COLUMNS, found["findings"]))


@findings.command()
@click.argument("source")
@click.argument("finding")
@json_option
@pass_session
def ignore(session: Session, source: str, finding: str, as_json: bool) -> None:
    """Ignore a FINDING of a SOURCE (its code) for as long as it lasts."""
    _mark(session, source, finding, "ignore", as_json)


@findings.command()
@click.argument("source")
@click.argument("finding")
@json_option
@pass_session
def heed(session: Session, source: str, finding: str, as_json: bool) -> None:
    """Heed a FINDING of a SOURCE again."""
    _mark(session, source, finding, "heed", as_json)


def _mark(session: Session, source: str, code: str, what: str, as_json: bool) -> None:
    path = f"/api/findings/{segment(source)}/{segment(code)}/{what}"
    found = session.client().post(path)
    console.show(found, as_json, Listing("Finding", COLUMNS, [found]))
