"""The API of articles as an app of its own: the factory that the server calls."""

from __future__ import annotations

import os

from flask import Flask
from seealso_core import log as logs
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_core.nudge import Nudger
from seealso_core.settings import Settings, load
from seealso_core.topology import named
from seealso_core.web import Guard, create_app
from seealso_store import health, keys
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from seealso_ingest.flow import Ingest
from seealso_ingest.settings import IngestSettings
from seealso_ingest.web import blueprint
from seealso_ingest.websub import WebSub
from seealso_ingest.worker import Worker


def application() -> Flask:
    """Made from the environment, with the thread that turns the clock."""
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    database = open_database(settings.database_url)
    prepare(database)
    plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    host = PluginHost.from_settings(plugins, settings)
    own = IngestSettings.of(settings)
    ingest = Ingest(
        database, host, Nudger(settings.broker_url, prefix=named(settings.broker_prefix)), own
    )
    websub = WebSub.of(settings, database, ingest)
    Worker(ingest, websub, sweep_seconds=own.sweep_seconds).start()
    return make(settings, database, ingest, websub)


def make(
    settings: Settings, database: Database, ingest: Ingest, websub: WebSub | None = None
) -> Flask:
    """The app, of parts that are given."""

    guard = Guard(keys.checker(database))
    websub = websub or WebSub.of(settings, database, ingest)
    return create_app(
        "seealso-ingest",
        [blueprint(database, ingest, guard, websub)],
        ready=lambda: health.check(database, disk_floor_mb=settings.disk_floor_mb),
        collect=[lambda: health.metrics(database)],
        hub_url=settings.hub_url,
        max_body=settings.max_body_mb * 2**20,
        proxies=settings.proxies,
    )
