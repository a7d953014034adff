"""``python -m seealso_dispatch``: sends newsletters until SIGTERM; ``--web`` serves their pages.

settings -> database -> plugin host -> Sender -> Worker
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
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_core.server import serve as serve_web
from seealso_core.settings import CONFIG, Settings, load
from seealso_sdk.errors import SeealsoError
from seealso_store import hub
from seealso_store.clock import now
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from seealso_dispatch.errors import DispatchError
from seealso_dispatch.sending import Sender
from seealso_dispatch.settings import DispatchSettings
from seealso_dispatch.worker import Worker

log = logs.get("seealso_dispatch")

STOP_SECONDS = 10.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop. Returns the exit code: 1 where it can't work, 2 for misuse."""
    parser = argparse.ArgumentParser(prog="seealso-dispatch", description="Newsletters.")
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    parser.add_argument("--web", action="store_true", help="serve the pages and the API instead")
    given = parser.parse_args(argv)
    try:
        settings = load(os.environ, given.config)
        logs.configure(settings.log_format, settings.log_level)
        if given.web:
            if given.config is not None:
                os.environ[CONFIG] = str(given.config.absolute())
            serve_web("seealso_dispatch.wsgi:application", settings)
            return 0
        return work(settings)
    except SeealsoError as error:
        sys.stderr.write(f"seealso-dispatch: {error}\n")
        return 1


def work(settings: Settings) -> int:
    """Send until SIGTERM or SIGINT.

    Raises:
        DispatchError: no relay is set.
    """
    if not settings.smtp_url:
        raise DispatchError("SEEALSO_SMTP_URL is empty: give the relay, smtp://host:port")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = open_database(settings.database_url)
    prepare(database)
    with database.write() as tx:
        secret = hub.ensure(tx, now()).secret
    plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    host = PluginHost.from_settings(plugins, settings)
    sender = Sender(database, host, DispatchSettings.of(settings), secret=secret, now=now)
    worker = Worker(sender)
    try:
        worker.start()
        log.info("The dispatch worker is at work")
        stop.wait()
        worker.stop(STOP_SECONDS)
    finally:
        host.close()
        database.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
