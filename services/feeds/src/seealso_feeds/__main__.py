"""``python -m seealso_feeds``: the filing worker, as many as wanted, on any machine.

    settings -> database -> Filing -> Worker, until SIGTERM or SIGINT

With ``--web`` it serves the public pages and feeds instead, under granian.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from seealso_core import log as logs
from seealso_core.server import serve as serve_web
from seealso_core.settings import CONFIG, Settings, load
from seealso_core.topology import named
from seealso_sdk.errors import SeealsoError
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from seealso_feeds.flow import Filing
from seealso_feeds.worker import Worker

log = logs.get(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop. Returns the exit code: 1 where it can't work, 2 for misuse."""
    parser = argparse.ArgumentParser(prog="seealso-feeds", description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    parser.add_argument("--web", action="store_true", help="serve pages and feeds instead")
    given = parser.parse_args(argv)
    try:
        settings = load(os.environ, given.config)
        logs.configure(settings.log_format, settings.log_level)
        return serve(settings, given.config) if given.web else work(settings)
    except SeealsoError as error:
        sys.stderr.write(f"seealso-feeds: {error}\n")
        return 1


def serve(settings: Settings, config: Path | None) -> int:
    """Serve pages and feeds until SIGTERM."""
    if config is not None:
        os.environ[CONFIG] = str(config.absolute())  # granian's worker reads the settings itself
    serve_web("seealso_feeds.wsgi:application", settings)
    return 0


def work(settings: Settings) -> int:
    """File until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = open_database(settings.database_url)
    try:
        prepare(database)
        filing = Filing(database, hub_url=settings.hub_url, lease_seconds=settings.lease_seconds)
        worker = Worker(
            filing,
            database,
            broker_url=settings.broker_url,
            sweep_seconds=settings.sweep_seconds,
            prefix=named(settings.broker_prefix),
        )
        worker.start()
        log.info("The filing worker is at work")
        stop.wait()
        worker.stop(settings.lease_seconds / 3)
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
