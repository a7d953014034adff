"""What a hub stands on gives way: F3, F4, F7, F8.

F3, F4  RabbitMQ is unplugged; its queues are deleted
F7      PostgreSQL is killed, and comes back
F8      somebody else holds the database's lock
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from faults import look
from faults.engines import Engines
from faults.fleet import until
from faults.frame import Hub, Missing, Stage
from faults.press import Press
from tests.conftest import RABBIT_URL
from tests.live.cable import Cable
from tests.live.cluster import Cluster, own_cluster, programs

LINE = ("ingest", "feeds-web", "filing", "render-1", "render-2", "render-web")
SWEEP, WORK_SECONDS = 1.0, 3.0  # of a sweep; an article's way on a busy machine
LOCKED_SECONDS = 10.0
BACK_SECONDS = 30.0


@contextmanager
def loaded(stage: Stage, hub: Hub, pause: float = 0.15) -> Iterator[Press]:
    """The line at work, and a client that sends."""
    hub.fleet.start(*LINE)
    press = stage.press(hub.fleet, pause=pause)
    press.start()
    try:
        until(lambda: len(press.book.confirmed) >= 10, 60, "the first ten articles")
        yield press
    finally:
        press.stop()


# --- RabbitMQ ------------------------------------------------------------------------------------


def broker_gone(stage: Stage) -> None:
    """F3: the broker is not there for half a minute."""
    gone = 8.0 if stage.short else 30.0
    cable = Cable(RABBIT_URL)
    try:
        with stage.hub(engines=stage.engines.behind(broker_url=cable.url)) as hub:
            with loaded(stage, hub) as press:
                cable.cut()
                look.quiet(1)
                cable.unplug()
                known = len(press.book.confirmed)
                look.quiet(gone)
                meanwhile = len(press.book.confirmed) - known
                cable.plug_in()
                back = time.monotonic()
                look.quiet(2)
            took = stage.settle(hub, press.book, seconds=60) + time.monotonic() - back
            bad = {status for status in press.answers if status != 202 and status != 200}
            stage.outcome.require(meanwhile > 0, "nothing was taken in while the broker was gone")
            stage.outcome.require(not bad, f"answers other than 2xx: {dict(press.answers)}")
            stage.outcome.require(took <= 60, f"caught up {took:.0f} s after its return")
            stage.outcome.did = (
                f"broker cut, then unplugged {gone:.0f} s: {meanwhile} confirmed meanwhile, "
                f"all 2xx; at rest {took:.1f} s after its return"
            )
    finally:
        cable.close()


def queues_gone(stage: Stage) -> None:
    """F4: the queues are deleted, again and again; the sweep finds what the wakes would have."""
    with stage.hub() as hub:
        with loaded(stage, hub) as press:
            other = stage.press(hub.fleet, "probe")
            lags = []
            for _ in range(2 if stage.short else 4):
                stage.engines.delete_queues()
                begun = time.monotonic()
                (article,) = other.publish(1)
                page = f"/articles/{article}.rss"
                until(lambda page=page: hub.fleet.ask("GET", page).ok, 30, "settled")  # type: ignore[misc]  # called here
                lags.append(time.monotonic() - begun)
        took = stage.settle(hub, press.book, other.book)
        most = 2 * SWEEP + WORK_SECONDS
        stage.outcome.require(max(lags) <= most, f"a lag of {max(lags):.1f} s, more than {most:g}")
        stage.outcome.did = (
            f"queues deleted {len(lags)} times under load; from POST to served after it "
            f"{max(lags):.1f} s at most; at rest after {took:.1f} s"
        )


# --- PostgreSQL ----------------------------------------------------------------------------------


@contextmanager
def own_server(stage: Stage) -> Iterator[tuple[Cluster, Engines]]:
    """A PostgreSQL of the experiment's own, with a database on it."""
    if programs() is None:
        raise Missing("PostgreSQL's initdb is not on this machine (apt-get install postgresql)")
    with own_cluster() as cluster:
        cluster.sql("CREATE DATABASE hub")
        prefix = f"seealso-faults-{secrets.token_hex(5)}"
        engines = replace(stage.engines, database_url=cluster.url("hub"), prefix=prefix)
        try:
            yield cluster, engines
        finally:
            engines.delete_queues()


def database_killed(stage: Stage) -> None:
    """F7: the server ends without a word, under load, and comes back."""
    with own_server(stage) as (cluster, engines), stage.hub(engines=engines) as hub:
        with loaded(stage, hub) as press:
            recoveries = []
            for _ in range(1 if stage.short else 3):
                hub.database.engine.dispose()
                cluster.kill()
                hub.fleet.kills["postgres"] += 1
                look.quiet(3)
                cluster.start()
                back, known = time.monotonic(), len(press.book.confirmed)
                until(lambda known=known: len(press.book.confirmed) > known, BACK_SECONDS, "2xx")  # type: ignore[misc]  # called here
                recoveries.append(time.monotonic() - back)
                look.quiet(3)
        born = {name: hub.fleet.alive(name) for name in LINE}
        stage.outcome.require(all(born.values()), f"ended by themselves: {born}")
        stage.outcome.require(not press.impolite, f"{press.impolite} times 5xx without Retry-After")
        took = stage.settle(hub, press.book)
        stage.outcome.did = (
            f"PostgreSQL killed {len(recoveries)} times, 3 s down each; 2xx again after "
            f"{max(recoveries):.1f} s at most, no service restarted; at rest after {took:.1f} s"
        )


# --- locks ---------------------------------------------------------------------------------------


def locked(stage: Stage) -> None:
    """F8: another writer holds the lock for ten seconds."""
    hold = _hold_sqlite if stage.embedded else _hold_postgresql
    with stage.hub() as hub:
        with loaded(stage, hub) as press:
            holder = threading.Thread(target=hold, args=(stage.engines.database_url,))
            holder.start()
            holder.join()
            known = len(press.book.confirmed)
            until(lambda: len(press.book.confirmed) > known, 20, "2xx after the lock")
        took = stage.settle(hub, press.book)
        stage.outcome.require(not press.impolite, f"{press.impolite} times 5xx without Retry-After")
        failed = sum(number for status, number in press.answers.items() if status >= 500)
        stage.outcome.did = (
            f"locked {LOCKED_SECONDS:.0f} s: {failed} answers of 5xx, each with Retry-After; the "
            f"slowest piece took {press.slowest:.1f} s; at rest after {took:.1f} s"
        )


def _hold_sqlite(url: str) -> None:
    conn = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
    try:
        conn.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_SECONDS)
        conn.execute("ROLLBACK")
    finally:
        conn.close()


def _hold_postgresql(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("LOCK TABLE article, ledger IN ACCESS EXCLUSIVE MODE")
        time.sleep(LOCKED_SECONDS)
        conn.rollback()
