"""Events that come in the wrong order, or more than once: F5, F17.

F5   every request and every wake three times
F17  histories of an article (revisions, repeats, a withdrawal), shuffled, from several clients at
     once into two ingest processes; the real store decides
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import requests

from faults import look
from faults.fleet import Fleet, NotInTime
from faults.frame import Stage
from faults.oracle import Book, judge_finals, judge_histories, judge_served, judge_work
from faults.press import A_TOPIC, PATIENCE, record
from faults.process import Plan

IN_A_REQUEST = 50
CLIENTS = 4
ONLY_RSS = "html,atom,jsonfeed,email,text"


@dataclass(frozen=True)
class History:
    """All that a source ever says of an article, in its own order."""

    key: str
    topic: str
    revisions: int
    withdrawn: bool

    def events(self, chance: random.Random) -> list[dict[str, Any]]:
        """Each revision once or twice, and perhaps the withdrawal."""
        made = []
        for revision in range(1, self.revisions + 1):
            one = record(self.key, revision, self.topic)
            made += [one] * chance.choice((1, 1, 2))
        if self.withdrawn:
            made.append(record(self.key, self.revisions + 1, self.topic, status="withdrawn"))
        return made

    @property
    def final(self) -> str:
        """The title that has to stand at the end; empty: it is withdrawn."""
        return "" if self.withdrawn else f"{self.key} revision {self.revisions}"


def histories(chance: random.Random, count: int) -> list[History]:
    """Different ones, from a seed."""
    return [
        History(
            f"history-{number}",
            f"Shelf {number // A_TOPIC}",
            chance.randint(2, 4),
            chance.random() < 0.5,
        )
        for number in range(count)
    ]


def everything_thrice(stage: Stage) -> None:
    """F5: each request comes three times at once, each wake three times and shuffled."""
    with stage.hub(plan=Plan(copies=3)) as hub:
        hub.fleet.start("ingest", "ingest#2", "feeds-web", "filing", "render-1", "render-2")
        press = stage.press(hub.fleet, times=3, pause=0.05)
        for _ in range(40 if stage.short else 120):
            press.act()
        took = stage.settle(hub, press.book)
        stage.outcome.did = (
            f"{sum(press.answers.values())} requests for {len(press.book.confirmed)} pieces, "
            f"each three times at once into two processes"
            + ("" if stage.embedded else ", each wake three times, shuffled")
            + f"; at rest after {took:.1f} s"
        )


def shuffled_histories(stage: Stage) -> None:
    """F17: whatever comes in which order, the newest stands, and withdrawn stays withdrawn."""
    chosen = histories(stage.chance, 300 if stage.short else 3000)
    events = [event for one in chosen for event in one.events(stage.chance)]
    stage.chance.shuffle(events)
    with stage.hub({"SEEALSO_PLUGINS_DISABLED": ONLY_RSS}) as hub:
        hub.fleet.start("ingest", "ingest#2", "feeds-web", "filing", "render-1")
        begun = time.monotonic()
        answers = _send_all(hub.fleet, events)
        took = time.monotonic() - begun
        stage.outcome.confirmed = answers["accepted"]
        look.rest(hub.database, 120)
        book = Book()
        for one in chosen:
            book.feeds[f"/topics/{one.topic.replace(' ', '-').lower()}/feed"].add(one.key)
        state = look.read_state(hub.fleet, hub.database, book)
        finals = {one.key: one.final for one in chosen}
        stage.outcome.add(judge_histories(state.versions))
        stage.outcome.add(judge_finals(finals, state.versions, state.statuses))
        stage.outcome.add(judge_work(state))
        stage.outcome.add(judge_served(book, state))
        stage.outcome.did = (
            f"{len(chosen)} histories, {len(events)} events shuffled, {CLIENTS} clients, 2 ingest "
            f"processes, {len(events) / took:.0f} events/s; dropped as stale {answers['stale']}, "
            f"as withdrawn {answers['withdrawn']}"
        )


def _send_all(fleet: Fleet, events: list[dict[str, Any]]) -> Counter[str]:
    """Several clients at once; each request until it is answered 2xx."""
    requests_ = [events[at : at + IN_A_REQUEST] for at in range(0, len(events), IN_A_REQUEST)]
    guard = threading.Lock()
    told: Counter[str] = Counter()
    errors: list[BaseException] = []

    def send() -> None:
        try:
            while not errors:
                with guard:
                    if not requests_:
                        return
                    mine = requests_.pop()
                receipt = _until_taken(fleet, mine)
                with guard:
                    told["accepted"] += len(receipt["accepted"])
                    told.update(one["code"] for one in receipt["rejected"])
        except BaseException as error:  # noqa: BLE001  # raised again below
            errors.append(error)

    clients = [threading.Thread(target=send, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if errors:
        raise errors[0]
    return told


def _until_taken(fleet: Fleet, records: list[dict[str, Any]]) -> dict[str, Any]:
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        try:
            answer = fleet.ask("POST", "/api/articles?source=press", json=records, timeout=90)
        except requests.RequestException:
            continue
        if answer.status_code == 202:
            found: dict[str, Any] = answer.json()
            return found
        if answer.status_code < 500:
            raise NotInTime(f"POST: {answer.status_code} {answer.text[:300]}")
        time.sleep(0.1)
    raise NotInTime(f"a request was not taken within {PATIENCE:g} s")
