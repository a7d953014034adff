"""`seealso key`: the key of this machine's hub, and all the keys that its API takes."""

from __future__ import annotations

import click

from seealso_hub import console, place
from seealso_hub.client import segment
from seealso_hub.console import Column, Listing
from seealso_hub.errors import CannotStart
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

COLUMNS = (
    Column("id", "Key"),
    Column("label", "Label"),
    Column("created", "Since"),
    Column("revoked", "Revoked"),
    Column("asking", "In use here"),
)


@click.group(cls=HubGroup, invoke_without_command=True)
@click.pass_context
def key(context: click.Context) -> None:
    """Print the bearer key that this command uses; or list, create and revoke keys."""
    if context.invoked_subcommand is not None:
        return
    settings = context.ensure_object(Session).settings()
    found = settings.key or place.read_key(settings.data)
    if not found:
        raise CannotStart(
            f"There is no key in {settings.data} yet: `seealso up` makes one at its first start,"
            " or set SEEALSO_KEY."
        )
    click.echo(found)


@key.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """All keys of the API: whose they are, since when; never the keys themselves."""
    found = session.client().get("/api/keys")
    console.show(found, as_json, Listing("Keys", COLUMNS, found["keys"]))


@key.command()
@click.argument("label")
@json_option
@pass_session
def create(session: Session, label: str, as_json: bool) -> None:
    """Make a key for LABEL (whose it is, or what for). It is printed now and never again."""
    made = session.client().post("/api/keys", {"label": label})
    if as_json:
        console.emit(made)
        return
    click.echo(made["key"])
    console.say(f"This is key {made['id']} for {made['label']}. Keep it: nobody can show it again.")


@key.command()
@click.argument("id")
@json_option
@pass_session
def revoke(session: Session, id: str, as_json: bool) -> None:  # noqa: A002  # the argument's name in the help
    """Shut a key out at once, by its ID in the list. Not the one that this command uses."""
    gone = session.client().delete(f"/api/keys/{segment(id)}")
    if as_json:
        console.emit(gone)
    else:
        console.say(f"Key {gone['id']} ({gone['label']}) opens nothing any more.")
