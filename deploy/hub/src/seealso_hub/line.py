"""The workers of the one-machine hub: render, filing, dispatch, and ingest's clock, as threads.

    database, plugin host, nudger ──> render Worker, filing Worker, dispatch Worker, clock Worker

They share nothing but the database; the plugins are in child processes of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from seealso_core import log as logs
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_core.nudge import Nudger
from seealso_core.settings import Settings
from seealso_core.topology import named
from seealso_dispatch.sending import Sender
from seealso_dispatch.settings import DispatchSettings
from seealso_dispatch.worker import Worker as DispatchWorker
from seealso_feeds.flow import Filing
from seealso_feeds.worker import Worker as FilingWorker
from seealso_ingest.flow import Ingest
from seealso_ingest.settings import IngestSettings
from seealso_ingest.websub import WebSub
from seealso_ingest.worker import Worker as ClockWorker
from seealso_render.flow import Render
from seealso_render.settings import RenderSettings
from seealso_render.worker import Worker as RenderWorker
from seealso_store import hub as hubs
from seealso_store.database import Database

log = logs.get(__name__)


class _Worker(Protocol):
    def start(self) -> None: ...

    def stop(self, timeout: float = ...) -> object: ...


class Line:
    """Every worker of the line, in this process."""

    def __init__(self, settings: Settings, database: Database) -> None:
        plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
        self._host = PluginHost.from_settings(plugins, settings)
        self._nudger = Nudger(settings.broker_url, prefix=named(settings.broker_prefix))
        self._workers: list[_Worker] = [
            _render(settings, database, self._host, self._nudger),
            _filing(settings, database),
            _dispatch(settings, database, self._host),
            _clock(settings, database, self._host, self._nudger),
        ]

    def start(self) -> None:
        """Register the outputs (a new one back-fills the archive), then begin to work.

        Raises:
            StoreError: the database can't be written.
        """
        for worker in self._workers:
            worker.start()

    def stop(self, timeout: float) -> None:
        """Finish what is in hand, give the leases back, end the plugins' processes."""
        stopping = [_in_thread(worker.stop, timeout) for worker in self._workers]
        for thread in stopping:
            thread.join(timeout)
        if any(thread.is_alive() for thread in stopping):
            log.warning("A worker did not end in time; its lease runs out by itself")
        self._host.close()
        self._nudger.close(1.0)


def _render(
    settings: Settings, database: Database, host: PluginHost, nudger: Nudger
) -> RenderWorker:
    return RenderWorker(
        Render(database, host, RenderSettings.of(settings)),
        database,
        broker_url=settings.broker_url,
        sweep_seconds=settings.sweep_seconds,
        prefix=named(settings.broker_prefix),
    )


def _filing(settings: Settings, database: Database) -> FilingWorker:
    flow = Filing(database, hub_url=settings.hub_url, lease_seconds=settings.lease_seconds)
    return FilingWorker(
        flow,
        database,
        broker_url=settings.broker_url,
        sweep_seconds=settings.sweep_seconds,
        prefix=named(settings.broker_prefix),
    )


def _dispatch(settings: Settings, database: Database, host: PluginHost) -> DispatchWorker:
    if not settings.smtp_url:
        return DispatchWorker(None)  # mail waits in its rows until there is a relay
    with database.write() as tx:
        secret = hubs.ensure(tx, database.now()).secret
    sender = Sender(database, host, DispatchSettings.of(settings), secret=secret, now=database.now)
    return DispatchWorker(sender)


def _clock(settings: Settings, database: Database, host: PluginHost, nudger: Nudger) -> ClockWorker:
    own = IngestSettings.of(settings)
    ingest = Ingest(database, host, nudger, own)
    websub = WebSub.of(settings, database, ingest)
    return ClockWorker(ingest, websub, sweep_seconds=own.sweep_seconds)


def _in_thread(stop: Callable[[float], object], timeout: float) -> threading.Thread:
    thread = threading.Thread(target=stop, args=(timeout,), name="seealso-stop", daemon=True)
    thread.start()
    return thread
