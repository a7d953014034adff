"""`seealso channels`: a partner's own feeds, under secret URLs."""

from __future__ import annotations

import click

from seealso_hub import console
from seealso_hub.client import segment
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

COLUMNS = (
    Column("id", "Channel"),
    Column("partner", "Partner"),
    Column("title", "Title"),
    Column("topics", "Topics"),
    Column("related", "Related too"),
    Column("language", "Language"),
    Column("outputs", "Outputs"),
    Column("limit", "Articles", right=True),
    Column("revoked", "Revoked"),
)


@click.group(cls=HubGroup)
def channels() -> None:
    """Feeds of a partner's own, under secret URLs."""


@channels.command()
@click.argument("partner")
@click.argument("topics", nargs=-1, required=True, metavar="TOPIC...")
@click.option("--title", default="", help="Of the feed.")
@click.option("--related", is_flag=True, help="Also the articles of related topics.")
@click.option("--language", help="Only articles in this language (BCP 47).")
@click.option("--output", "outputs", multiple=True, help="rss, atom, json; repeat. Default: all.")
@click.option("--limit", type=click.IntRange(1, 200), help="Articles in the feed.")
@json_option
@pass_session
def add(
    session: Session,
    partner: str,
    topics: tuple[str, ...],
    title: str,
    related: bool,
    language: str | None,
    outputs: tuple[str, ...],
    limit: int | None,
    as_json: bool,
) -> None:
    """Open a channel with the articles of one or more TOPICs for PARTNER (id or name).

    Prints its secret URLs: the only time that they can be read.
    """
    wanted = {
        "partner": partner,
        "title": title,
        "topics": list(topics),
        "related": related,
        "language": language,
        "outputs": list(outputs),
        "limit": limit,
    }
    opened = session.client().post("/api/channels", wanted)
    feeds = [{"output": output, "url": url} for output, url in opened["feeds"].items()]
    columns = (Column("output", "Output"), Column("url", "Secret URL: keep it, it is shown once"))
    console.show(
        opened,
        as_json,
        Listing("Channel", COLUMNS, [opened]),
        Listing("Feeds", columns, feeds),
    )


@channels.command("list")
@click.option("--partner", help="Id or name.")
@json_option
@pass_session
def list_(session: Session, partner: str | None, as_json: bool) -> None:
    """Channels, without their secrets."""
    found = session.client().get("/api/channels", partner=partner)
    console.show(found, as_json, Listing("Channels", COLUMNS, found["channels"]))


@channels.command()
@click.argument("channel")
@json_option
@pass_session
def revoke(session: Session, channel: str, as_json: bool) -> None:
    """Close a channel for ever: its URLs answer 410 from now on."""
    closed = session.client().delete(f"/api/channels/{segment(channel)}")
    console.show(closed, as_json, Listing("Revoked", COLUMNS, [closed]))
