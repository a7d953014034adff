"""``python -m seealso_render``: a render worker of its own, as many as wanted, on any machine.

    settings -> database -> registry -> plugin host -> Render -> Worker, until SIGTERM or SIGINT

With ``--web`` it serves /api/status, /api/outputs and /api/dead-letters instead, under granian.
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
from seealso_core.nudge import Nudger
from seealso_core.server import serve as serve_web
from seealso_core.settings import CONFIG, Settings, load
from seealso_core.topology import named
from seealso_sdk.errors import SeealsoError
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from seealso_render.flow import Render
from seealso_render.settings import RenderSettings
from seealso_render.worker import Worker

log = logs.get("seealso_render")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop. Returns the exit code: 1 where it can't work, 2 for misuse."""
    parser = argparse.ArgumentParser(prog="seealso-render", description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    parser.add_argument("--web", action="store_true", help="serve the operator's API instead")
    given = parser.parse_args(argv)
    try:
        settings = load(os.environ, given.config)
        logs.configure(settings.log_format, settings.log_level)
        return serve(settings, given.config) if given.web else work(settings)
    except SeealsoError as error:
        sys.stderr.write(f"seealso-render: {error}\n")
        return 1


def serve(settings: Settings, config: Path | None) -> int:
    """Serve the operator's API until SIGTERM."""
    if config is not None:
        os.environ[CONFIG] = str(config.absolute())  # granian's worker reads the settings itself
    serve_web("seealso_render.wsgi:application", settings)
    return 0


def work(settings: Settings) -> int:
    """Render until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = open_database(settings.database_url)
    prepare(database)
    plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    host = PluginHost.from_settings(plugins, settings)
    nudger = Nudger(settings.broker_url, prefix=named(settings.broker_prefix))
    render = Render(database, host, RenderSettings.of(settings), nudger)
    worker = Worker(
        render,
        database,
        broker_url=settings.broker_url,
        sweep_seconds=settings.sweep_seconds,
        prefix=named(settings.broker_prefix),
    )
    try:
        worker.start()
        log.info("The render worker is at work", outputs=render.outputs)
        stop.wait()
        worker.stop(settings.lease_seconds / 3)
    finally:
        host.close()
        nudger.close()
        database.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
