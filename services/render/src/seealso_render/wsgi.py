"""The operator's API as an app of its own: the factory that the server calls."""

from __future__ import annotations

import os

from flask import Flask
from seealso_core import log as logs
from seealso_core.nudge import Nudger
from seealso_core.settings import Settings, load
from seealso_core.topology import named
from seealso_core.web import Guard, create_app
from seealso_store import health, keys
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from seealso_render.web import blueprint


def application() -> Flask:
    """Made from the environment."""
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    database = open_database(settings.database_url)
    prepare(database)
    return make(
        settings, database, Nudger(settings.broker_url, prefix=named(settings.broker_prefix))
    )


def make(settings: Settings, database: Database, nudger: Nudger) -> Flask:
    """The app, of parts that are given."""

    return create_app(
        "seealso-render",
        [blueprint(database, Guard(keys.checker(database)), nudger)],
        ready=lambda: health.check(database),
        collect=[lambda: health.metrics(database)],
        hub_url=settings.hub_url,
        max_body=settings.max_body_mb * 2**20,
        proxies=settings.proxies,
    )
