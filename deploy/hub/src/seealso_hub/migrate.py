"""``python -m seealso_hub.migrate``: readies the database of a hub that runs as several processes.

    settings -> database -> schema of this release -> the hub's identity -> SEEALSO_KEY is good

Run once before the services of a new release start; `seealso up` does the same by itself. Running
it again changes nothing. A key that is given here is added to those that are good already; with
``--revoke-others`` it is the only one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from seealso_core import log as logs
from seealso_core.settings import Settings, load
from seealso_sdk.errors import SeealsoError
from seealso_store import hub, keys, migrate
from seealso_store.clock import now
from seealso_store.database import open_database
from sqlalchemy import Connection

from seealso_hub.errors import CannotStart

log = logs.get(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Do it. Returns the exit code: 1 where it can't be done, 2 for misuse."""
    parser = argparse.ArgumentParser(
        prog="seealso-migrate", description="Ready the database: schema, identity, key."
    )
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    parser.add_argument(
        "--revoke-others", action="store_true", help="from now on SEEALSO_KEY is the only good key"
    )
    given = parser.parse_args(argv)
    try:
        settings = load(os.environ, given.config)
        logs.configure(settings.log_format, settings.log_level)
        ready(settings, revoke_others=given.revoke_others)
    except SeealsoError as error:
        sys.stderr.write(f"seealso-migrate: {error}\n")
        return 1
    return 0


def ready(settings: Settings, *, revoke_others: bool = False) -> None:
    """Bring the database to this release.

    Raises:
        CannotStart: there is no key to let anybody in with.
        StoreError: the database can't be reached or written, or is newer than this release.
    """
    if not settings.key:
        raise CannotStart("SEEALSO_KEY is not set: give the API's key, or its file in _FILE.")
    database = open_database(settings.database_url)
    try:
        migrate.prepare(database)
        with database.write() as tx:
            hub.ensure(tx, now())
            keys.add(tx, settings.key, "hub", now())
            if revoke_others:
                _revoke_others(tx, settings.key)
    finally:
        database.close()
    log.info("The database is ready", schema=migrate.HEAD, engine=database.dialect)


def _revoke_others(tx: Connection, key: str) -> None:
    for known in keys.everyone(tx):
        if known.revoked is None and not keys.digest(key).startswith(known.id):
            keys.revoke(tx, known.id, now())
            log.info("A key is shut out", id=known.id, label=known.label)


if __name__ == "__main__":
    raise SystemExit(main())
