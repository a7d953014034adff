"""The newsletter pages and their API as an app of its own: what the server calls."""

from __future__ import annotations

import os

from flask import Flask
from seealso_core import log as logs
from seealso_core.settings import load
from seealso_core.web import Guard, create_app
from seealso_store import health, hub, keys
from seealso_store.database import open_database
from seealso_store.migrate import prepare

from seealso_dispatch.flow import Dispatch
from seealso_dispatch.settings import DispatchSettings
from seealso_dispatch.web import blueprint


def application() -> Flask:
    """Made from the environment."""
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    database = open_database(settings.database_url)
    prepare(database)
    with database.write() as tx:
        secret = hub.ensure(tx, database.now()).secret
    dispatch = Dispatch(database, DispatchSettings.of(settings), secret=secret, now=database.now)

    return create_app(
        "seealso-dispatch",
        [blueprint(dispatch, Guard(keys.checker(database)), settings.hub_name)],
        ready=lambda: health.check(database),
        collect=[lambda: health.metrics(database)],
        hub_url=settings.hub_url,
        max_body=settings.max_body_mb * 2**20,
        proxies=settings.proxies,
    )
