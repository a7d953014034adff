"""`seealso partners`: the sites and organisations that pull."""

from __future__ import annotations

import click

from seealso_hub import console
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

COLUMNS = (
    Column("id", "Partner"),
    Column("name", "Name"),
    Column("url", "Site"),
    Column("channels", "Channels", right=True),
    Column("created", "Since"),
)

UNREACHED = (
    Column("partner", "Partner"),
    Column("channel_id", "Channel"),
    Column("output", "Feed"),
    Column("title", "Withdrawn article"),
    Column("withdrawn_at", "Withdrawn"),
    Column("last_read", "Last asked"),
)


@click.group(cls=HubGroup)
def partners() -> None:
    """Partner sites and organisations."""


@partners.command()
@click.argument("name")
@click.option("--url", help="The partner's site.")
@json_option
@pass_session
def add(session: Session, name: str, url: str | None, as_json: bool) -> None:
    """Add a partner. One that is there already stays as it is."""
    added = session.client().post("/api/partners", {"name": name, "url": url})
    console.show(added, as_json, Listing("Partner", COLUMNS, [added]))


@partners.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """All partners."""
    found = session.client().get("/api/partners")
    console.show(found, as_json, Listing("Partners", COLUMNS, found["partners"]))


@partners.command()
@json_option
@pass_session
def unreached(session: Session, as_json: bool) -> None:
    """Partners who had an article that was withdrawn, and have not asked for their feed since.

    Told after a quarter of an hour, for 90 days. Call them: they may still show it.
    """
    found = session.client().get("/api/partners/unreached")
    console.show(found, as_json, Listing("Unreached", UNREACHED, found["unreached"]))
