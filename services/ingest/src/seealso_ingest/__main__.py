"""``python -m seealso_ingest``: the API of articles by itself, under granian, until SIGTERM."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from seealso_core import log as logs
from seealso_core.server import serve
from seealso_core.settings import CONFIG, load
from seealso_sdk.errors import SeealsoError


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop. Returns the exit code: 1 where it can't work, 2 for misuse."""
    parser = argparse.ArgumentParser(prog="seealso-ingest", description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    given = parser.parse_args(argv)
    try:
        settings = load(os.environ, given.config)
        logs.configure(settings.log_format, settings.log_level)
        if given.config is not None:
            os.environ[CONFIG] = str(given.config.absolute())  # granian's worker reads it itself
        serve("seealso_ingest.wsgi:application", settings)
    except SeealsoError as error:
        sys.stderr.write(f"seealso-ingest: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
