"""Guests that misbehave: F21, F22, F23. Plugins and articles, each as bad as it can be.

F21  plugins that spin, eat memory, crash, flood, fork, do not listen
F22  plugins that return what is no rendition
F23  articles that are poison, among good ones in one feed
"""

from __future__ import annotations

import signal
import statistics
import time
from dataclasses import replace

import psutil  # type: ignore[import-untyped]  # it has no types
import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database

from faults import look
from faults.fleet import until
from faults.frame import Hub, Stage
from faults.kills import plugin
from faults.oracle import judge
from faults.press import Press, record
from tests.plugins.feedcheck import check_atom, check_jsonfeed, check_rss
from tests.shared.core.naughty import ACTOR

LINE = ("ingest", "feeds-web", "filing", "render-1")
DEADLINE = 1.0
GOOD = 20
WORST = ("spin", "memory", "segfault", "leave", "flood", "family", "deaf", "deep")
NONSENSE = ("wrong_type", "wrong_body", "wrong_parts", "nothing", "huge")
LIMITS = {
    "SEEALSO_PLUGIN_DEADLINE_SECONDS": f"{DEADLINE:g}",
    "SEEALSO_PLUGIN_MEMORY_MB": "256",
    "SEEALSO_PLUGIN_OUTPUT_MB": "2",
    "SEEALSO_LEASE_SECONDS": "6",
}
MIB = 1024 * 1024
CHECKS = {"rss": check_rss, "atom": check_atom, "json": check_jsonfeed}


# --- plugins -------------------------------------------------------------------------------------


def hostile_plugins(stage: Stage) -> None:
    """F21: one output does its worst with some articles; the others see nothing of it."""
    with stage.hub(LIMITS) as hub:
        press = _played(hub, stage, WORST)
        worker = psutil.Process(hub.fleet.processes["render-1"].pid)
        before = worker.memory_info().rss
        begun = time.monotonic()
        hub.fleet.signal("render-1", signal.SIGCONT)
        took = statistics.median(_take_back(hub, press, f"press-{i}") for i in range(5))
        tried = until(lambda: len(_errors(hub.database)) == len(WORST), 90, "a word of each")
        others = until(lambda: _at_rest_but_actor(hub.database), 60, "the other outputs at rest")
        grown = (worker.memory_info().rss - before) / MIB
        most = len(WORST) * (DEADLINE + 0.5) + 25  # retries of a second and ten come in between
        stage.outcome.require(time.monotonic() - begun < most + others, "it took too long")
        stage.outcome.require(grown < 50, f"the worker grew by {grown:.0f} MB")
        stage.outcome.require(took < 1, f"a withdrawal took {took:.2f} s meanwhile")
        _judge_but_actor(stage, hub, press)
        stage.outcome.did = (
            f"{len(WORST)} ways to break ({', '.join(WORST)}): each named after {tried:.0f} s, "
            f"{GOOD} good ones settled, worker {grown:+.0f} MB, "
            f"withdrawals {took:.2f} s meanwhile (median of 5)"
        )


def nonsense(stage: Stage) -> None:
    """F22: what is no rendition is refused, with the reason; other outputs have the article."""
    with stage.hub(LIMITS) as hub:
        press = _played(hub, stage, NONSENSE)
        hub.fleet.signal("render-1", signal.SIGCONT)
        until(lambda: len(_errors(hub.database)) == len(NONSENSE), 60, "a word of each")
        until(lambda: _at_rest_but_actor(hub.database), 60, "the other outputs at rest")
        log = hub.fleet.log("render-1")
        errors = _errors(hub.database)
        for title, error in errors.items():
            stage.outcome.require(bool(error), f"{title} failed without a reason")
        stage.outcome.require("could not be rendered" in log, "the log says nothing of it")
        stored = _stored_by_actor(hub.database)
        stage.outcome.require(stored == GOOD, f"actor stored {stored}, not {GOOD}")
        _judge_but_actor(stage, hub, press)
        stage.outcome.did = "; ".join(f"{title}: {error[:50]}" for title, error in errors.items())


def _played(hub: Hub, stage: Stage, plays: tuple[str, ...]) -> Press:
    """Articles whose title says what the plugin does, among good ones; the worker is frozen."""
    plugin(hub.fleet, "actor", ACTOR)
    hub.fleet.start(*LINE)
    hub.fleet.signal("render-1", signal.SIGSTOP)
    press = stage.press(hub.fleet)
    press.publish(GOOD)
    bad = [record(f"bad-{title}", 1, "Shelf bad", title=title) for title in plays]
    answer = hub.fleet.ask("POST", "/api/articles?source=press", json=bad)
    answer.raise_for_status()
    return press


def _take_back(hub: Hub, press: Press, key: str) -> float:
    begun = time.monotonic()
    press.withdraw(key)
    gone = next(one.article_id for one in press.book.confirmed if one.key == key)
    until(lambda: hub.fleet.ask("GET", f"/articles/{gone}").status_code == 410, 10, "410")
    return time.monotonic() - begun


def _errors(database: Database) -> dict[str, str]:
    """{title: reason} of what the actor failed at so far."""
    ledger, article = schema.ledger.c, schema.article.c
    query = (
        sa.select(article.title, ledger.error)
        .join(schema.article, article.id == ledger.article_id)
        .where(ledger.output == "actor", ledger.error.is_not(None))
    )
    with database.read() as conn:
        return {row.title: row.error for row in conn.execute(query)}


def _at_rest_but_actor(database: Database) -> bool:
    ledger = schema.ledger.c
    query = sa.select(sa.func.count()).where(
        ledger.output != "actor", ledger.state.in_(("waiting", "leased"))
    )
    with database.read() as conn:
        return int(conn.execute(query).scalar_one()) == 0


def _stored_by_actor(database: Database) -> int:
    query = sa.select(sa.func.count()).where(schema.rendition.c.output == "actor")
    with database.read() as conn:
        return int(conn.execute(query).scalar_one())


def _judge_but_actor(stage: Stage, hub: Hub, press: Press) -> None:
    state = look.read_state(hub.fleet, hub.database, press.book)
    stage.outcome.confirmed = len(press.book.confirmed)
    stage.outcome.add(judge(press.book, replace(state, outputs=state.outputs - {"actor"})))


# --- articles ------------------------------------------------------------------------------------


def poison(stage: Stage) -> None:
    """F23: the worst that an article can hold, in a feed of a hundred."""
    worst = [
        {"title": "Bell \x07 and NUL \x00 in a title"},
        {"title": "Ends early ]]> here", "html": "<p>]]></p><script>alert(1)</script>"},
        {"title": "A lone \ud800 surrogate", "html": "<p>\udfff\ufffe\uffff</p>"},
        {"title": "M" * 1_000_000},
        {"title": "<img src=x onerror=alert(1)> & <b>bold</b>"},
        {"title": "&lt;entity&gt; &#0; &bogus;"},
        {"html": '<p onclick="x()">a</p><a href="javascript:alert(1)">b</a><svg/onload=x>'},
        {"html": "<div>" * 5_000 + "deep" + "</div>" * 5_000},
        {"html": "<table><tr><td><p><form><input><math><mi//xlink:href='data:x'>"},
        {"title": "\u202e right to left \u2066 and \u200b zero", "language": "x-nonsense"},
    ]
    with stage.hub() as hub:
        hub.fleet.start(*LINE)
        press = stage.press(hub.fleet, a_topic=200)
        for _ in range(10):
            press.publish(10)
        bad = [record(f"poison-{i}", 1, "Shelf press 0", **one) for i, one in enumerate(worst)]
        refused = 0
        for one in bad:
            answer = hub.fleet.ask("POST", "/api/articles?source=press", json=[one])
            stage.outcome.require(answer.status_code < 500, f"{answer.status_code} for a poison")
            refused += not answer.ok or bool(answer.json()["rejected"])
        look.rest(hub.database, 60)
        good = {one.title for one in press.book.confirmed}
        for kind, check in CHECKS.items():
            answer = hub.fleet.ask("GET", f"/topics/shelf-press-0/feed.{kind}?limit=200")
            missing = good - look.titles_in(answer)
            stage.outcome.lost += [f"the {kind} feed is without {one}" for one in sorted(missing)]
            wrong = [one for one in check(answer.content) if one.startswith("error")]
            stage.outcome.red += [f"the {kind} feed: {one}" for one in wrong]
            evil = [
                e for e in ("<script>alert", "onclick=", "javascript:alert") if e in answer.text
            ]
            stage.outcome.require(not evil, f"the {kind} feed has {evil}")
        stage.outcome.confirmed = len(press.book.confirmed)
        stage.outcome.did = (
            f"{len(worst)} poisons among 100: {refused} refused, the others cleaned; "
            "100 good ones in each feed, all three valid"
        )
