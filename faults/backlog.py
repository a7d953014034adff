"""Taking back what is everywhere, while everything else is in the way: F18, F19, F20.

F18  a thousand renders wait and workers are killed: each withdrawal is effective within a second
F19  what has left a partner's list still tells that partner that it was taken back
F20  a tombstone is kept for ninety days for the partner who never asks, and no longer
"""

from __future__ import annotations

import signal
import statistics
import threading
import time

import requests
from seealso_feeds import reach

from faults import look
from faults.fleet import until
from faults.frame import Hub, Stage
from faults.press import Press
from faults.process import Clock, Plan

WORKERS = ("render-1", "render-2", "filing")
LINE = ("ingest", "feeds-web", *WORKERS)
BACKLOG = 1000  # renders that wait, at least
WITHIN = 1.0  # seconds
DAY = 86_400.0


# --- F18 -----------------------------------------------------------------------------------------


def overtaking(stage: Stage) -> None:
    """Withdrawals one after the other; each is measured from its request to the last address."""
    count = 12 if stage.short else 60
    with stage.hub() as hub:
        fleet = hub.fleet
        fleet.start(*LINE)
        targets = stage.press(fleet, "target")
        for _ in range(count // 4):
            targets.publish(4)
        look.rest(hub.database, 60)
        crowd = stage.press(fleet, "crowd")
        for name in WORKERS:
            fleet.signal(name, signal.SIGSTOP)
        _fill(hub, crowd)
        for name in WORKERS:
            fleet.signal(name, signal.SIGCONT)
        stopping = threading.Event()
        killer = threading.Thread(target=_kill_workers, args=(stage, hub, stopping), daemon=True)
        killer.start()
        took: list[tuple[float, float]] = []
        least = 10**9
        try:
            for number in range(count):
                if (left := look.waiting(hub.database)) < BACKLOG:
                    _fill(hub, crowd)
                    left = look.waiting(hub.database)
                least = min(least, left)
                took.append(_take_back(hub, targets, f"target-{number}"))
        finally:
            stopping.set()
            killer.join()
        for name in WORKERS:
            fleet.wait_ready(name)
        asked, confirmed = (sorted(each) for each in zip(*took, strict=True))
        p95 = _p95(confirmed)
        stage.outcome.require(p95 < WITHIN, f"p95 is {p95:.2f} s, not under {WITHIN:g} s")
        stage.outcome.require(least >= BACKLOG, f"only {least} renders waited")
        rest = stage.settle(hub, targets.book, crowd.book, seconds=180)
        stage.outcome.did = (
            f"{count} withdrawals with {least} renders waiting at least and {fleet.kills.total()} "
            f"kills of workers: page 410 and gone from RSS, Atom and JSON {_spread(confirmed)} "
            f"after its 2xx, {_spread(asked)} after the request; at rest {rest:.0f} s later"
        )


def _p95(times: list[float]) -> float:
    return times[round(0.95 * len(times)) - 1]


def _spread(times: list[float]) -> str:
    return f"p50 {statistics.median(times):.2f} s, p95 {_p95(times):.2f} s, worst {times[-1]:.2f} s"


def _fill(hub: Hub, crowd: Press) -> None:
    while look.waiting(hub.database) < 2 * BACKLOG:
        crowd.publish(50)


def _kill_workers(stage: Stage, hub: Hub, stopping: threading.Event) -> None:
    while not stopping.wait(stage.chance.uniform(0.2, 0.6)):
        name = stage.chance.choice(WORKERS)
        if "is at work" in hub.fleet.log(name):
            hub.fleet.kill(name)
            hub.fleet.spawn(name)


def _take_back(hub: Hub, targets: Press, key: str) -> tuple[float, float]:
    """Seconds from the request, and from its confirmation, until neither its page nor any feed of
    its topic has it."""
    one = next(one for one in targets.book.confirmed if one.key == key)
    feeds = [path for path, keys in targets.book.feeds.items() if key in keys]
    begun = time.monotonic()
    targets.withdraw(key)
    confirmed = time.monotonic()

    def gone() -> bool:
        if hub.fleet.ask("GET", f"/articles/{one.article_id}").status_code != 410:
            return False
        served = (look.feed_titles(hub.fleet, f"{p}.{k}") for p in feeds for k in KINDS)
        return not any(one.title in titles for titles in served)

    until(gone, 30, f"{key} is gone")
    return time.monotonic() - begun, time.monotonic() - confirmed


KINDS = ("rss", "atom", "json")


# --- F19, F20 ------------------------------------------------------------------------------------


def out_of_sight(stage: Stage) -> None:
    """F19: a channel shows five articles; the one that it no longer shows is taken back."""
    with stage.hub() as hub:
        fleet = hub.fleet
        fleet.start(*LINE)
        press = stage.press(fleet)
        (taken,) = press.publish(1)
        look.rest(hub.database, 60)
        channel = _channel(hub, "shelf-press-0", limit=5)
        stage.outcome.require(taken in _text(hub, channel), "the channel never had the article")
        press.publish(10)
        look.rest(hub.database, 60)
        stage.outcome.require(taken not in _text(hub, channel), "it did not leave the channel")
        press.withdraw("press-0")
        for kind in ("atom", "json"):
            path = f"{channel}.{kind}"
            if not _says_deleted(hub.fleet.ask("GET", path), taken):
                stage.outcome.lost.append(f"the channel's {kind} feed has no tombstone")
        stage.settle(hub, press.book)
        stage.outcome.did = (
            "an article left a channel of 5 behind 10 newer ones, then was withdrawn"
        )


def never_asked(stage: Stage) -> None:
    """F20: tombstones stand for 90 days, counted by the hub's clock."""
    clock = Clock(stage.engines.folder / "clock")
    with stage.hub(plan=Plan(clock=str(clock.path))) as hub:
        hub.fleet.start(*LINE)
        press = stage.press(hub.fleet)
        (taken, _) = press.publish(2)
        look.rest(hub.database, 60)
        channel = _channel(hub, "shelf-press-0", limit=5)
        hub.fleet.ask("GET", f"{channel}.atom").raise_for_status()
        press.withdraw("press-0")
        _told_until_asked(stage, hub, clock, channel)
        for days, kept in ((1, True), (89, True), (92, False)):
            clock.turn(days * DAY)
            press.publish(1)  # a change: what is cached is looked at again
            look.rest(hub.database, 60)
            for kind in ("atom", "json"):
                answer = hub.fleet.ask("GET", f"/topics/shelf-press-0/feed.{kind}")
                found = _says_deleted(answer, taken)
                stage.outcome.require(
                    found == kept, f"after {days} days the {kind} tombstone is there: {found}"
                )
        clock.turn(0)
        stage.settle(hub, press.book)
        stage.outcome.did = "the clock went on 16 minutes, 1, 89 and 92 days after a withdrawal"


def _told_until_asked(stage: Stage, hub: Hub, clock: Clock, channel: str) -> None:
    """A partner who had the article is unreached after a quarter of an hour, until it asks."""
    look.quiet(2 * reach.EVERY_SECONDS)  # what was read is written down
    stage.outcome.require(not _unreached(hub), "told as unreached at once")
    clock.turn(16 * 60)
    stage.outcome.require(len(_unreached(hub)) == 1, "nobody is told as unreached")
    hub.fleet.ask("GET", f"{channel}.atom").raise_for_status()
    until(lambda: not _unreached(hub), 3 * reach.EVERY_SECONDS, "who asked is reached")


def _unreached(hub: Hub) -> list[object]:
    answer = hub.fleet.ask("GET", "/api/partners/unreached")
    answer.raise_for_status()
    found: list[object] = answer.json()["unreached"]
    return found


def _channel(hub: Hub, topic: str, limit: int) -> str:
    partner = hub.fleet.ask("POST", "/api/partners", json={"name": "Weekly"})
    partner.raise_for_status()
    wanted = {"partner": partner.json()["id"], "topics": [topic], "limit": limit, "title": "C"}
    made = hub.fleet.ask("POST", "/api/channels", json=wanted)
    made.raise_for_status()
    url: str = made.json()["feeds"]["atom"]
    return "/" + url.split("/", 3)[3].rpartition(".")[0]


def _text(hub: Hub, channel: str) -> str:
    return hub.fleet.ask("GET", f"{channel}.json").text


def _says_deleted(answer: requests.Response, article_id: str) -> bool:
    """Whether a feed has a tombstone of an article."""
    answer.raise_for_status()
    if "json" in answer.headers["Content-Type"]:
        return bool(answer.json().get("_seealso", {}).get("deleted"))
    return "deleted-entry" in answer.text
