"""``python -m seealso_store``: is the database there, writable, and of this release's schema?

For health checks of processes that have no port. Exit code 0: yes; 1: no, and why.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from seealso_core.settings import load
from seealso_sdk.errors import SeealsoError

from seealso_store.database import open_database
from seealso_store.health import check


def main(argv: Sequence[str] | None = None) -> int:
    """Look, change nothing, and tell."""
    parser = argparse.ArgumentParser(prog="seealso-store", description="Is the database ready?")
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    given = parser.parse_args(argv)
    try:
        database = open_database(load(os.environ, given.config).database_url)
        try:
            check(database)
        finally:
            database.close()
    except SeealsoError as error:
        sys.stderr.write(f"seealso-store: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
