"""Readers and a newsletter under test: sign-ups, confirmations, issues; and what came by mail.

begin: an article ─> topic ─> readers sign up and confirm, by the real forms and mails
run:   issue after issue of what is new ─> book
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlsplit

import requests

from faults.fleet import NotInTime, until
from faults.frame import Hub, Stage
from faults.oracle import Book
from faults.press import PATIENCE, Press
from tests.line.reader import link_in

SLUG = "shelf-letters-0"  # the press named "letters" files its articles there


def subscribed(stage: Stage, hub: Hub, readers: int, **given: Any) -> Letters:
    """A newsletter with so many readers, on a hub whose processes all run."""
    press = stage.press(hub.fleet, "letters", a_topic=150)
    made = Letters(hub, press, stage.chance, **given)
    made.begin(readers)
    return made


@dataclass
class Letters:
    """The newsletter of one topic, with its readers."""

    hub: Hub
    press: Press
    chance: random.Random
    most_readers: int = 15
    error: BaseException | None = None
    _readers: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def book(self) -> Book:
        """The press's, with the issues that were confirmed."""
        return self.press.book

    def begin(self, readers: int) -> None:
        """A topic, and readers who have confirmed."""
        self.press.publish(1)
        until(lambda: self._ask("GET", f"/newsletters/{SLUG}").ok, 30, "the newsletter's page")
        for number in range(readers):
            self.sign_up(f"reader{number}@reader.example")
        for number in range(readers):
            self.confirm(f"reader{number}@reader.example")

    def sign_up(self, address: str) -> bool:
        """By the form. False: there were too many within an hour."""
        form = {"email": address, "page": "https://press.example/"}
        return self._post(f"/newsletters/{SLUG}", form, 202, 429).status_code == 202

    def confirm(self, address: str) -> None:
        """By the link in the mail."""
        until(lambda: bool(self._links(address)), 60, f"a mail for {address}")
        self._post(urlsplit(self._links(address)[0]).path, {}, 200)
        self._readers.add(address)

    def issue(self) -> str:
        """A new article, and an issue of what is new. Returns its id; empty where nothing is."""
        self.press.publish(1)
        readers = frozenset(self._readers)
        made = self._post(f"/api/newsletters/{SLUG}/issues", None, 200, 202).json()["issue"]
        if made is None:
            return ""
        self.book.issues[made["id"]] = readers
        return str(made["id"])

    def start(self) -> None:
        """Issue after issue, in a thread, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="letters", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """What is in hand is finished first. Raises what ended the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(PATIENCE + 10)
        self.raise_if_ended()

    def raise_if_ended(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                address = f"reader{len(self._readers)}@reader.example"
                if len(self._readers) < self.most_readers and self.sign_up(address):
                    self.confirm(address)
                self.issue()
                self._stop.wait(self.chance.uniform(1.0, 3.0))
        except BaseException as error:  # noqa: BLE001  # it is raised again by stop()
            self.error = error

    def _post(self, path: str, form: dict[str, str] | None, *good: int) -> requests.Response:
        begun, last = time.monotonic(), "no answer"
        while time.monotonic() - begun < PATIENCE:
            try:
                answer = self._ask("POST", path, data=form)
            except requests.RequestException:
                time.sleep(0.1)
                continue
            if answer.status_code in good:
                return answer
            if answer.status_code < 500:
                raise NotInTime(f"POST {path}: {answer.status_code} {answer.text[:300]}")
            last = f"{answer.status_code} {answer.text[:200]}"
            time.sleep(0.1)
        raise NotInTime(f"POST {path} was not answered well within {PATIENCE:g} s: {last}")

    def _links(self, address: str) -> list[str]:
        assert self.hub.sink is not None
        found = []
        for envelope in list(self.hub.sink.messages):
            if address in envelope.rcpt_tos and isinstance(envelope.content, bytes):
                mail = message_from_bytes(envelope.content, policy=policy.default)
                if "confirm" in mail["Subject"]:
                    found.append(link_in(mail, "confirm"))
        return found

    def _ask(self, method: str, path: str, **given: Any) -> requests.Response:
        return self.hub.fleet.ask(method, path, **given)
