"""A module per noun; each gives its click command or group."""

from __future__ import annotations

import click

from seealso_hub.commands.hub import key, up, version
from seealso_hub.commands.ingest import ingest
from seealso_hub.commands.newsletters import newsletters

COMMANDS: list[click.Command] = [up, key, ingest, newsletters, version]
