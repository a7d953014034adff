"""``python -m seealso_dispatch``: sends newsletters until SIGTERM; ``--web`` serves their pages.

settings -> database -> plugin host -> Sender -> Worker
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from seealso_core import log as logs
from seealso_core import registry, service
from seealso_core.door import opened_for
from seealso_core.host import PluginHost
from seealso_core.settings import Settings
from seealso_store import health, hub
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from seealso_dispatch.errors import DispatchError
from seealso_dispatch.sending import Sender
from seealso_dispatch.settings import DispatchSettings
from seealso_dispatch.worker import Worker

log = logs.get("seealso_dispatch")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop. Returns the exit code."""
    return service.main(
        argv,
        name="seealso-dispatch",
        about=__doc__,
        web="seealso_dispatch.wsgi:application",
        work=work,
    )


def work(settings: Settings, stop: threading.Event) -> None:
    """Send until SIGTERM or SIGINT.

    Raises:
        DispatchError: no relay is set.
    """
    if not settings.smtp_url:
        raise DispatchError("SEEALSO_SMTP_URL is empty: give the relay, smtp://host:port")
    database = open_database(settings.database_url)
    prepare(database)
    with database.write() as tx:
        secret = hub.ensure(tx, database.now()).secret
    plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    host = PluginHost.from_settings(plugins, settings)
    sender = Sender(database, host, DispatchSettings.of(settings), secret=secret, now=database.now)
    worker = Worker(sender)
    try:
        with opened_for(settings, lambda: health.check(database)):
            worker.start()
            log.info("The dispatch worker is at work")
            stop.wait()
            worker.stop()
    finally:
        host.close()
        database.close()


if __name__ == "__main__":
    raise SystemExit(main())
