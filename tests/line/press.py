"""Articles for the whole line: small, many, each its own."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from seealso_hub.place import read_key

from tests.hub.running import RunningHub

OUTPUTS = {"html", "rss", "atom", "jsonfeed", "email", "text"}


def record(number: int, **given: Any) -> dict[str, Any]:
    """One article in the hub's own JSON."""
    return {
        "external_id": f"note-{number}",
        "title": f"Note {number} on the orchard",
        "html": f"<p>Tree {number} stands in row {number % 7}.</p><p>It wants pruning.</p>",
        "published": "2025-03-01",
        "topics": ["Orchard", f"Row {number % 7}"],
        "see_also": [{"title": f"Note {number + 1} on the orchard"}],
        **given,
    }


def write_lines(path: Path, count: int) -> Path:
    """A file of JSON lines, compressed."""
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for number in range(count):
            lines.write(json.dumps(record(number)) + "\n")
    return path


def until(true: Callable[[], bool], seconds: float) -> float:
    """Seconds until it is true; fails after the given ones."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - begun


class Api:
    """The hub's HTTP interface, with its key."""

    def __init__(self, hub: RunningHub) -> None:
        self.url = hub.url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {read_key(hub.data)}"

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=30)

    def post(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """Send articles; the receipt."""
        answer = self.session.post(f"{self.url}/api/articles?source=test", json=records, timeout=60)
        assert answer.status_code == 202, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    def withdraw(self, article_id: str, reason: str) -> None:
        path = f"{self.url}/api/articles/{article_id}"
        answer = self.session.delete(path, json={"reason": reason}, timeout=30)
        assert answer.ok, answer.text

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/status").json()
        return found
