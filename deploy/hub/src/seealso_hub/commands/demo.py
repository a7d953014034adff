"""`seealso demo`: see it work, with nothing at hand."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from seealso_core import log as logs

from seealso_hub import console, place
from seealso_hub.errors import CannotStart
from seealso_hub.frame import HubCommand, Session, pass_session

PORT = 8080


@click.command(cls=HubCommand)
@click.option("--exit", "leave", is_flag=True, help="End after the table instead of serving.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port. Default: 8080 if it is free.")
@pass_session
def demo(session: Session, leave: bool, port: int | None) -> None:
    """Start a hub in a temporary folder with sample articles; print URLs; serve until Ctrl-C."""
    from seealso_hub.demo import feed, show  # the services and all they need: only here
    from seealso_hub.up import started

    with ExitStack() as stack:
        if session.data is None:
            made = stack.enter_context(tempfile.TemporaryDirectory(prefix="seealso-demo-"))
            session.data = Path(made)
        settings = session.settings(port=str(_port(port)), log_level="warning")
        logs.configure(settings.log_format, settings.log_level)
        with started(settings) as hub:
            came = feed(session.client(), settings)
            show(came, hub.url)
            if not leave:
                console.say("Serving; Ctrl-C ends the demo and removes its folder.")
                hub.serve()


def _port(given: int | None) -> int:
    if given:
        return given
    try:
        place.check_port("127.0.0.1", PORT)
    except CannotStart:
        return place.free_port("127.0.0.1")
    return place.free_port("127.0.0.1") if given == 0 else PORT
