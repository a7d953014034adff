"""``python -m seealso_render``: a render worker of its own, as many as wanted, on any machine.

    settings -> database -> registry -> plugin host -> Render -> Worker, until SIGTERM or SIGINT

With ``--web`` it serves /api/status, /api/outputs and /api/dead-letters instead.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from seealso_core import log as logs
from seealso_core import registry, service
from seealso_core.door import opened_for
from seealso_core.host import PluginHost
from seealso_core.settings import Settings
from seealso_core.topology import named
from seealso_store import health
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from seealso_render.flow import Render
from seealso_render.settings import RenderSettings
from seealso_render.worker import Worker

log = logs.get("seealso_render")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop. Returns the exit code."""
    return service.main(
        argv,
        name="seealso-render",
        about=__doc__,
        web="seealso_render.wsgi:application",
        work=work,
    )


def work(settings: Settings, stop: threading.Event) -> None:
    """Render until SIGTERM or SIGINT."""
    database = open_database(settings.database_url)
    prepare(database)
    plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    host = PluginHost.from_settings(plugins, settings)
    render = Render(database, host, RenderSettings.of(settings))
    worker = Worker(
        render,
        database,
        broker_url=settings.broker_url,
        sweep_seconds=settings.sweep_seconds,
        prefix=named(settings.broker_prefix),
    )
    try:
        with opened_for(settings, lambda: health.check(database)):
            worker.start()
            log.info("The render worker is at work", outputs=render.outputs)
            stop.wait()
            worker.stop()
    finally:
        host.close()
        database.close()


if __name__ == "__main__":
    raise SystemExit(main())
