"""A client of the hub under test: sends until it is told 2xx, and keeps a book of that.

    Press.run: new article | changed article | the same again | taken back ──> POST, DELETE
                 └── no answer, 5xx: the very same again, after a pause ──> 2xx ──> book

One thread a press; its keys are its own, so what it sends of one article comes in order.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from faults.fleet import Fleet, NotInTime
from faults.oracle import Book, Confirmed

SOURCE = "press"
A_TOPIC = 25  # articles: fewer than a feed's page holds
PATIENCE = 120.0  # seconds for one piece to be confirmed


def record(key: str, revision: int, topic: str, **given: Any) -> dict[str, Any]:
    """An article's revision in the hub's own JSON. Its title is unlike any other's."""
    return {
        "external_id": key,
        "title": f"{key} revision {revision}",
        "html": f"<p>What {key} says in revision {revision}.</p><p>It wants pruning.</p>",
        "published": "2025-03-01",
        "updated": stamp(revision),
        "topics": [topic],
        **given,
    }


def stamp(revision: int) -> str:
    """A moment that is later for a higher revision."""
    return f"2025-03-02T{revision // 3600:02}:{revision // 60 % 60:02}:{revision % 60:02}Z"


@dataclass
class Press:
    """One client. `answers`: how often it got which status; 0 where there was no answer."""

    fleet: Fleet
    name: str
    chance: random.Random
    book: Book = field(default_factory=Book)
    pause: float = 0.1
    a_topic: int = A_TOPIC
    times: int = 1  # that each request is sent, all at once
    answers: Counter[int] = field(default_factory=Counter)
    impolite: int = 0  # answers of 5xx that did not say when to come again
    last: str = ""  # why there was no answer
    slowest: float = 0.0  # seconds from the first try of a piece to its confirmation
    _revisions: dict[str, int] = field(default_factory=dict)
    living: list[str] = field(default_factory=list)  # keys that are not taken back
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    error: BaseException | None = None

    # --- by itself -----------------------------------------------------------------------------

    def start(self) -> None:
        """Send all sorts of things, in a thread, until `stop`."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """What is in hand is confirmed first. Raises what ended the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(PATIENCE + 10)
            if self._thread.is_alive():
                raise NotInTime(f"{self.name} still waits for an answer")
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.act()
                self._stop.wait(self.pause * self.chance.uniform(0.5, 1.5))
        except BaseException as error:  # noqa: BLE001  # it is raised again by stop()
            self.error = error

    # --- what it does --------------------------------------------------------------------------

    def act(self) -> None:
        """One request: mostly new articles, some changes, repeats and withdrawals."""
        dice = self.chance.random()
        if dice < 0.6 or len(self.living) < 5:
            self.publish(self.chance.randint(1, 5))
        elif dice < 0.8:
            self.change(self.chance.choice(self.living))
        elif dice < 0.9:
            self.repeat(self.chance.choice(self.living))
        else:
            self.withdraw(self.living.pop(self.chance.randrange(len(self.living))))

    def publish(self, count: int) -> list[str]:
        """New articles in one request. Returns their ids."""
        keys = [f"{self.name}-{len(self._revisions) + number}" for number in range(count)]
        for key in keys:
            self._revisions[key] = 1
        confirmed = self._post([self.record(key) for key in keys])
        self.living += keys
        return [one.article_id for one in confirmed]

    def change(self, key: str) -> None:
        """The next revision of one."""
        self._revisions[key] += 1
        self._post([self.record(key)])

    def repeat(self, key: str) -> None:
        """The same again."""
        self._post([self.record(key)])

    def withdraw(self, key: str) -> None:
        """Take one back."""
        article_id = next(one.article_id for one in self.book.confirmed if one.key == key)
        path = f"/api/articles/{article_id}"
        answer = self._until_confirmed("DELETE", path, json={"reason": f"{key} was wrong."})
        version = int(answer["version"])
        self.book.confirmed.append(Confirmed(key, article_id, version, ""))

    def record(self, key: str) -> dict[str, Any]:
        """The present revision of one, under the topic of its number."""
        number = int(key.rpartition("-")[2])
        topic = f"Shelf {self.name} {number // self.a_topic}"  # in no title: else it is found there
        self.book.feeds[f"/topics/{topic.replace(' ', '-').lower()}/feed"].add(key)
        made = record(key, self._revisions[key], topic)
        self.book.sent[key].add(made["title"])
        return made

    def _post(self, records: list[dict[str, Any]]) -> list[Confirmed]:
        receipt = self._until_confirmed("POST", f"/api/articles?source={SOURCE}", json=records)
        if receipt["rejected"]:
            raise NotInTime(f"{self.name}: refused, and should not be: {receipt['rejected'][:2]}")
        confirmed = [
            Confirmed(
                sent["external_id"], one["id"], one["version"], sent["title"], sent["updated"]
            )
            for sent, one in zip(records, receipt["accepted"], strict=True)
        ]
        self.book.confirmed += confirmed
        return confirmed

    def _until_confirmed(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        with ThreadPoolExecutor(self.times) as senders:
            sent = [senders.submit(self._confirm, method, path, **given) for _ in range(self.times)]
            answers = [one.result() for one in sent]
        for other in answers[1:]:
            if _versions(other) != _versions(answers[0]):
                raise NotInTime(f"{method} {path} was answered in two ways: {answers}")
        return answers[0]

    def _confirm(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        begun = time.monotonic()
        while True:
            answer = self._try(method, path, **given)
            if answer is not None and answer.ok:
                self.slowest = max(self.slowest, time.monotonic() - begun)
                found: dict[str, Any] = answer.json()
                return found
            if answer is not None and answer.status_code < 500 and _KILLED not in answer.text:
                raise NotInTime(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            if time.monotonic() - begun > PATIENCE:
                said = (
                    f"{answer.status_code} {answer.text[:200]}" if answer is not None else self.last
                )
                raise NotInTime(f"{method} {path}: not confirmed in {PATIENCE:g} s, last: {said}")
            time.sleep(0.1)

    def _try(self, method: str, path: str, **given: Any) -> requests.Response | None:
        try:
            answer = self.fleet.ask(method, path, **given)
        except requests.RequestException as error:
            self.answers[0] += 1
            self.last = str(error)[:200]
            return None
        self.answers[answer.status_code] += 1
        self.impolite += answer.status_code >= 500 and "Retry-After" not in answer.headers
        return answer


# A source whose process is killed twice over one input is taken for a plugin that dies of it, which
# is right; here the one who kills is the experiment. Nothing was confirmed: it is sent again.
_KILLED = "crashed: killed by SIGKILL"


def _versions(answer: dict[str, Any]) -> list[tuple[str, int]]:
    rows = answer.get("accepted", [answer])
    return [(one["id"], one["version"]) for one in rows]
