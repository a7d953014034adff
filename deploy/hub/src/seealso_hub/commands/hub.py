"""`seealso up`, `version`: the hub of this machine itself."""

from __future__ import annotations

import platform
from importlib.metadata import distributions

import click
from seealso_core import log as logs

from seealso_hub import __version__, console, place
from seealso_hub.frame import HubCommand, Session, json_option, pass_session


@click.command(cls=HubCommand)
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--host", help="Address to listen on. Default: this machine only.")
@pass_session
def up(session: Session, port: int | None, host: str | None) -> None:
    """Run the whole hub on this machine: database, workers, web. Ctrl-C stops it."""
    from seealso_hub.up import started  # the services and all they need: only here

    given = {}
    if host is not None:
        given["host"] = host
    if port is not None:
        given["port"] = str(port)
    settings = session.settings(**given)
    if settings.port == 0:
        settings = session.settings(**given | {"port": str(place.free_port(settings.host))})
    logs.configure(settings.log_format, settings.log_level)
    with started(settings) as hub:
        console.say(f"Seealso is up: {hub.url} (data in {settings.data})")
        console.say("Put articles in with `seealso ingest`; Ctrl-C stops the hub.")
        hub.serve()


@click.command(cls=HubCommand)
@json_option
def version(as_json: bool) -> None:
    """Print the versions of the command, its parts and Python."""
    parts = {
        found.name: found.version
        for found in distributions()
        if found.name == "seealso" or found.name.startswith("seealso-")
    }
    if as_json:
        answer = {"seealso": __version__, "python": platform.python_version(), "parts": parts}
        console.emit(answer)
        return
    click.echo(f"seealso {__version__} (Python {platform.python_version()})")
    for name, number in sorted(parts.items()):
        click.echo(f"  {name} {number}")
