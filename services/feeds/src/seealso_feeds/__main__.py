"""``python -m seealso_feeds``: the filing worker, as many as wanted, on any machine.

    settings -> database -> Filing -> Worker, until SIGTERM or SIGINT

With ``--web`` it serves the public pages and feeds instead.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from seealso_core import log as logs
from seealso_core import service
from seealso_core.door import opened_for
from seealso_core.settings import Settings
from seealso_core.topology import named
from seealso_store import health
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from seealso_feeds.flow import Filing
from seealso_feeds.worker import Worker

log = logs.get(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop. Returns the exit code."""
    return service.main(
        argv, name="seealso-feeds", about=__doc__, web="seealso_feeds.wsgi:application", work=work
    )


def work(settings: Settings, stop: threading.Event) -> None:
    """File until told to stop."""
    database = open_database(settings.database_url)
    try:
        prepare(database)
        worker = Worker(
            Filing(database, hub_url=settings.hub_url, lease_seconds=settings.lease_seconds),
            database,
            broker_url=settings.broker_url,
            sweep_seconds=settings.sweep_seconds,
            prefix=named(settings.broker_prefix),
        )
        with opened_for(settings, lambda: health.check(database)):
            worker.start()
            log.info("The filing worker is at work")
            stop.wait()
            worker.stop()
    finally:
        database.close()


if __name__ == "__main__":
    raise SystemExit(main())
