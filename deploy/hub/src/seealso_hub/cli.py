"""The `seealso` command.

Exit codes: 0 done, 1 failed (one sentence on standard error says what and the remedy), 2 misuse.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from seealso_hub import __version__
from seealso_hub.commands import COMMANDS
from seealso_hub.frame import HubGroup

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=HubGroup, root=True, context_settings=CONTEXT, commands=COMMANDS)
@click.version_option(__version__, prog_name="seealso", message="%(prog)s %(version)s")
def cli() -> None:
    """A content syndication hub: articles in once; partners, readers and feeds have them.

    Start one with `seealso up`, then `seealso ingest` files, folders or URLs.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script. Ends the process."""
    try:
        code = cli.main(arguments, prog_name="seealso", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        code = 130
    except BrokenPipeError:
        # Whoever read our output has gone (`seealso topics list | head`): nothing to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
