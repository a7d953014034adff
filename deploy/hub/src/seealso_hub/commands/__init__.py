"""A module per noun; each gives its click command or group."""

from __future__ import annotations

import click

from seealso_hub.commands.articles import articles, withdraw
from seealso_hub.commands.backup import backup, restore
from seealso_hub.commands.channels import channels
from seealso_hub.commands.dead_letters import dead_letters
from seealso_hub.commands.demo import demo
from seealso_hub.commands.doctor import doctor
from seealso_hub.commands.findings import findings
from seealso_hub.commands.hub import up, version
from seealso_hub.commands.ingest import ingest
from seealso_hub.commands.key import key
from seealso_hub.commands.newsletters import newsletters
from seealso_hub.commands.outputs import outputs
from seealso_hub.commands.partners import partners
from seealso_hub.commands.plugins import plugins
from seealso_hub.commands.rejected import rejected
from seealso_hub.commands.sources import sources
from seealso_hub.commands.status import status
from seealso_hub.commands.topics import topics

COMMANDS: list[click.Command] = [
    up,
    demo,
    key,
    ingest,
    sources,
    findings,
    status,
    articles,
    withdraw,
    topics,
    partners,
    channels,
    newsletters,
    outputs,
    plugins,
    dead_letters,
    rejected,
    backup,
    restore,
    doctor,
    version,
]
