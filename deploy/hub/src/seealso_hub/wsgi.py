"""Every service's pages and API as one application: the factory that the server calls.

fast lane (cached documents) ──> Flask: ingest, render, topics, feeds, dispatch
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flask import Blueprint
from seealso_core import log as logs
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_core.nudge import Nudger
from seealso_core.settings import Settings, load
from seealso_core.topology import named
from seealso_core.web import Guard, create_app
from seealso_dispatch.flow import Dispatch
from seealso_dispatch.settings import DispatchSettings
from seealso_dispatch.web import blueprint as dispatch_blueprint
from seealso_feeds import reach
from seealso_feeds.channels import Channels
from seealso_feeds.documents import Hub
from seealso_feeds.fast import FastLane, Watch
from seealso_feeds.flow import Filing
from seealso_feeds.serve import Serve
from seealso_feeds.web import blueprint as feeds_blueprint
from seealso_feeds.web_topics import blueprint as topics_blueprint
from seealso_ingest.flow import Ingest
from seealso_ingest.settings import IngestSettings
from seealso_ingest.web import blueprint as ingest_blueprint
from seealso_ingest.websub import WebSub
from seealso_render.web import blueprint as render_blueprint
from seealso_store import health, keys
from seealso_store import hub as hubs
from seealso_store.database import Database, open_database

from seealso_hub import __version__

if TYPE_CHECKING:
    from seealso_feeds.fast import App


def application() -> App:
    """Made from the environment."""
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    return make(settings, open_database(settings.database_url))


def make(settings: Settings, database: Database) -> App:
    """The application, on a database that is prepared."""
    plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    host = PluginHost.from_settings(plugins, settings)
    lane: list[FastLane] = []  # in front of the app, and asked by it for /metrics
    app = create_app(
        "seealso",
        _blueprints(settings, database, host),
        # The hub is one thing here: without its workers it is not ready.
        ready=lambda: health.check(
            database, disk_floor_mb=settings.disk_floor_mb, steps=("render", "filing", "clock")
        ),
        collect=[
            lambda: health.metrics(database),
            lambda: reach.metrics(database),
            lambda: [m for one in lane for m in one.metrics()],
        ],
        hub_url=settings.hub_url,
        version=__version__,
        max_body=settings.max_body_mb * 2**20,
        proxies=settings.proxies,
    )
    lane.append(FastLane(app, Watch(database)))
    return lane[0]


def _blueprints(settings: Settings, database: Database, host: PluginHost) -> list[Blueprint]:
    with database.write() as tx:
        this = hubs.ensure(tx, database.now())

    guard = Guard(keys.checker(database))
    nudger = Nudger(settings.broker_url, prefix=named(settings.broker_prefix))
    dispatch = Dispatch(
        database, DispatchSettings.of(settings), secret=this.secret, now=database.now
    )
    ingest = Ingest(database, host, nudger, IngestSettings.of(settings))
    return [
        ingest_blueprint(database, ingest, guard, WebSub.of(settings, database, ingest)),
        render_blueprint(database, guard, nudger),
        topics_blueprint(Filing(database, hub_url=settings.hub_url), database, guard),
        feeds_blueprint(
            Serve(database),
            host,
            Hub(url=settings.hub_url, name=settings.hub_name, id=this.hub_id),
            guard=guard,
            channels=Channels(database),
        ),
        dispatch_blueprint(dispatch, guard, settings.hub_name),
    ]
