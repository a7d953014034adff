"""Processes that end in the middle of something: F1, F2, F6.

F1  any process is killed, again and again, under load of every kind
F2  a process is killed at each point where it commits, publishes, acknowledges or sends
F6  a worker sleeps past its lease, wakes, and goes on as if nothing had been
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database

from faults import look
from faults.fleet import Fleet, NotInTime, until
from faults.frame import Hub, Stage
from faults.letters import Letters, subscribed
from faults.process import Plan
from tests.live.services import WEB, WORKERS

EVERYONE = (*WEB, *WORKERS)
SLOW = """
import time
from seealso_sdk import OutputMeta, Rendition, hookimpl


class Slow:
    meta = OutputMeta(name="slow", title="Slow", extension="slow",
                      media_type="text/plain; charset=utf-8", version="1")

    def render(self, article, context):
        time.sleep(0.25)
        return Rendition(article.title.encode())


@hookimpl
def register_outputs():
    return [Slow()]
"""
BATCH_DONE = "commit Render._batch:after"
BUNDLED_BUT_RSS = "html,atom,jsonfeed,email,text"


# --- F1 ------------------------------------------------------------------------------------------


def random_kills(stage: Stage) -> None:
    """Kill whatever runs, at random moments, while articles and newsletters go through."""
    with stage.hub(mail=True) as hub:
        fleet = hub.fleet
        fleet.start(*EVERYONE)
        letters = subscribed(stage, hub, 5)
        press = stage.press(fleet, pause=0.25)
        press.start()
        letters.start()
        progress = {
            "dispatch-web": lambda: len(letters.book.issues),
            "ingest": lambda: len(press.book.confirmed),
        }
        try:
            for _ in _kill_all_over(stage, fleet, progress):
                letters.raise_if_ended()
        finally:
            press.stop()
            letters.stop()
        _all_up(fleet)
        took = stage.settle(hub, press.book, letters.book, seconds=60)
        stage.outcome.require(took <= 30, f"at rest only after {took:.1f} s")
        stage.outcome.did = (
            f"{fleet.kills.total()} kills of {len(fleet.kills)} kinds of process, "
            f"{len(letters.book.issues)} issues mailed meanwhile; at rest after {took:.1f} s"
        )


def _all_up(fleet: Fleet) -> None:
    for name in EVERYONE:
        if not fleet.alive(name):
            fleet.spawn(name)
    for name in EVERYONE:
        fleet.wait_ready(name)


def _kill_all_over(
    stage: Stage, fleet: Fleet, progress: dict[str, Callable[[], int]]
) -> Iterator[None]:
    """Each fourth kill is of a plugin's process; a service is started again at once.

    Who takes requests is killed in the middle of one, but lives until one was answered: or else a
    slow machine would start it for ever and show nothing.
    """
    wanted, longest = (24, 40.0) if stage.short else (90, 170.0)
    begun = time.monotonic()
    stood = dict.fromkeys(progress, -1)
    while fleet.kills.total() < wanted and time.monotonic() - begun < longest:
        name = stage.chance.choice(EVERYONE)
        if stage.chance.random() < 0.25:
            fleet.kill_plugin(name, stage.chance.choice)
        elif name in progress and progress[name]() <= stood[name]:
            continue
        elif fleet.alive(name) and fleet.is_ready(name):
            if name in progress:
                stood[name] = progress[name]()
            fleet.kill(name)
            fleet.spawn(name)
        time.sleep(stage.chance.uniform(0.1, 0.5))
        yield
    stage.outcome.require(
        fleet.kills.total() >= wanted / 2, f"only {fleet.kills.total()} kills in {longest:g} s"
    )


# --- F2 ------------------------------------------------------------------------------------------

ALONE = tuple(name for name in EVERYONE if name != "render-2")  # so that each is visited
CALLS = {"dispatch": ("send",)}
NEVER = ("check", "beat")  # /readyz writes nothing, the sweeper's sign of life nothing of ours
FIRST = ("sign_up", "confirm")  # while there still are readers to come


def every_point(stage: Stage) -> None:
    """End a process before and after each commit, publish, acknowledgement and send."""
    with stage.hub(mail=True) as hub:
        fleet = hub.fleet
        book = stage.engines.folder / "points"
        for name in ALONE:
            fleet.start(name, plan=replace(_at(fleet, name), record=f"{book}.{name}"))
        # At a chosen point nobody joins: a mail that asks for consent may come twice, an issue not.
        letters = subscribed(stage, hub, 2, most_readers=2 if stage.points else 25)
        press = stage.press(fleet, pause=0.6)
        press.start()
        letters.start()
        visited = 0
        try:
            points = stage.points or _recorded(stage, hub, letters, book)
            for name, point in points:
                visited += _end_at(stage, hub, name, point)
                letters.raise_if_ended()
        finally:
            press.stop()
            letters.stop()
        took = stage.settle(hub, press.book, letters.book, seconds=45)
        stage.outcome.did = (
            f"{visited} of {len(points)} points visited, each the end of its process; "
            f"{len(letters.book.issues)} issues mailed meanwhile; at rest after {took:.1f} s"
        )


def _at(fleet: Fleet, name: str) -> Plan:
    return replace(fleet.plan, calls=CALLS.get(name, Plan().calls))


def _recorded(stage: Stage, hub: Hub, letters: Letters, book: Path) -> list[tuple[str, str]]:
    """What the processes passed by while everything happened at least once."""
    until(lambda: len(letters.book.issues) >= 3, 60, "three issues")
    look.quiet(3)
    found = []
    for name in ALONE:
        path = Path(f"{book}.{name}")
        found += [(name, line) for line in sorted(set(_lines(path))) if not _is_idle(line)]
    stage.chance.shuffle(found)
    found.sort(key=lambda point: not any(name in point[1] for name in FIRST))
    hub.fleet.stop(*ALONE)
    hub.fleet.start(*ALONE)
    return found


def _lines(book: Path) -> list[str]:
    """The points that a process wrote down so far."""
    return book.read_text(encoding="utf-8").split("\n")[:-1] if book.exists() else []


def _is_idle(point: str) -> bool:
    return any(f" {name}:" in point for name in NEVER)


def _end_at(stage: Stage, hub: Hub, name: str, point: str) -> bool:
    """Have a process end itself at a point, and start it again. False: it never came there."""
    fleet = hub.fleet
    visited = stage.engines.folder / "visited"
    visited.unlink(missing_ok=True)
    fleet.kill(name)
    fleet.spawn(name, replace(_at(fleet, name), kill=point, visited=str(visited)))
    try:
        until(visited.exists, 30, f"{name} passes {point!r}")
    except NotInTime as error:
        stage.outcome.red.append(str(error))
    fleet.kill(name)
    fleet.start(name)
    return visited.exists()


# --- F6 ------------------------------------------------------------------------------------------


def zombie(stage: Stage) -> None:
    """A render worker is frozen with a batch in hand; another one does its work; it wakes."""
    settings = {
        "SEEALSO_PLUGINS_DISABLED": BUNDLED_BUT_RSS,
        "SEEALSO_PLUGIN_DEADLINE_SECONDS": "1",
        "SEEALSO_LEASE_SECONDS": "3",
    }
    with stage.hub(settings) as hub:
        fleet, database = hub.fleet, hub.database
        plugin(fleet, "slow", SLOW)
        fleet.start("ingest", "feeds-web", "filing")
        book = stage.engines.folder / "points"
        fleet.start("render-1", plan=replace(fleet.plan, record=str(book)))
        press = stage.press(fleet)
        press.publish(12)
        until(lambda: _rows(database, "slow", "leased") > 0, 30, "a batch in hand")
        until(lambda: _rows(database, "rss", "settled") == 12, 30, "the other output's work")
        fleet.signal("render-1", signal.SIGSTOP)
        fleet.start("render-2")
        try:
            slept = look.rest(database, 20)
        except NotInTime as error:
            slept = 20
            stage.outcome.red.append(f"what the frozen worker held was not taken over: {error}")
        done = _lines(book).count(BATCH_DONE)
        fleet.signal("render-1", signal.SIGCONT)
        until(lambda: _lines(book).count(BATCH_DONE) > done, 20, "the woken worker's commit")
        stage.judge(hub, press.book)
        stage.outcome.did = f"a worker slept {slept:.0f} s on a lease of 3 s, woke and committed"


def _rows(database: Database, output: str, state: str) -> int:
    ledger = schema.ledger
    query = sa.select(sa.func.count()).where(ledger.c.output == output, ledger.c.state == state)
    with database.read() as conn:
        return int(conn.execute(query).scalar_one())


def plugin(fleet: Fleet, name: str, text: str) -> None:
    """A drop-in plugin, for processes that start from here on."""
    folder = Path(fleet.engines.folder) / "plugins"
    folder.mkdir(exist_ok=True)
    (folder / f"output_{name}.py").write_text(text, encoding="utf-8")
