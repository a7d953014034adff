"""The public side as an app of its own: the factory that the server calls.

fast lane (kept documents) ──> Flask: pages, feeds, partners, topics
"""

from __future__ import annotations

import os

from seealso_core import log as logs
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_core.settings import Settings, load
from seealso_core.web import Guard, create_app
from seealso_store import health, keys
from seealso_store import hub as hubs
from seealso_store.clock import now
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from seealso_feeds import reach
from seealso_feeds.channels import Channels
from seealso_feeds.documents import Hub
from seealso_feeds.fast import FastLane, Watch
from seealso_feeds.flow import Filing
from seealso_feeds.serve import Serve
from seealso_feeds.web import blueprint
from seealso_feeds.web_topics import blueprint as topics_blueprint


def application() -> FastLane:
    """Made from the environment."""
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    database = open_database(settings.database_url)
    prepare(database)
    plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    return make(settings, database, PluginHost.from_settings(plugins, settings))


def make(settings: Settings, database: Database, host: PluginHost) -> FastLane:
    """The app, of parts that are given."""
    guard = Guard(keys.checker(database))
    with database.write() as tx:
        this = hubs.ensure(tx, now())
    public = blueprint(
        Serve(database),
        host,
        Hub(url=settings.hub_url, name=settings.hub_name, id=this.hub_id),
        guard=guard,
        channels=Channels(database),
    )
    filing = Filing(database, hub_url=settings.hub_url, lease_seconds=settings.lease_seconds)
    lane: list[FastLane] = []  # in front of the app, and asked by it for /metrics
    app = create_app(
        "seealso-feeds",
        [topics_blueprint(filing, database, guard), public],
        ready=lambda: health.check(database),
        collect=[
            lambda: health.metrics(database),
            lambda: reach.metrics(database),
            lambda: [m for one in lane for m in one.metrics()],
        ],
        hub_url=settings.hub_url,
        max_body=settings.max_body_mb * 2**20,
        proxies=settings.proxies,
    )
    lane.append(FastLane(app, Watch(database)))
    return lane[0]
