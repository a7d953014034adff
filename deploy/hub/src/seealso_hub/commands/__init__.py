"""A module per noun; each gives its click command or group."""

from __future__ import annotations

import click

from seealso_hub.commands.channels import channels
from seealso_hub.commands.doctor import doctor
from seealso_hub.commands.hub import key, up, version
from seealso_hub.commands.ingest import ingest
from seealso_hub.commands.newsletters import newsletters
from seealso_hub.commands.partners import partners
from seealso_hub.commands.plugins import plugins

COMMANDS: list[click.Command] = [
    up,
    key,
    ingest,
    partners,
    channels,
    newsletters,
    plugins,
    doctor,
    version,
]
