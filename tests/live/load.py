"""Articles that are posted one after the other while something breaks; what was confirmed counts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database

from tests.line.press import OUTPUTS, record

FIRST = 100_000  # of the numbers: far from those of other tests


@dataclass
class Load:
    """Posts until it is left. Use as a context manager.

    Args:
        ask: sends a request to the hub's API: method, path, and requests' own arguments.
        pause: seconds between two posts of a thread.
    """

    ask: Callable[..., requests.Response]
    threads: int = 2
    pause: float = 0.02
    confirmed: dict[str, str] = field(default_factory=dict)  # external id: article id
    answers: Counter[int] = field(default_factory=Counter)
    retry_after: set[str | None] = field(default_factory=set)  # of answers that are not 2xx
    slowest: float = 0.0
    last_good: float = 0.0  # time.monotonic()

    def __enter__(self) -> Load:
        self._ending = threading.Event()
        self._guard = threading.Lock()
        self._threads = [
            threading.Thread(target=self._post, args=(FIRST + n * FIRST,))
            for n in range(self.threads)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(90)

    def _post(self, number: int) -> None:
        while not self._ending.wait(self.pause):
            number += 1
            one = record(number)
            begun = time.monotonic()
            try:
                answer = self.ask("POST", "/api/articles?source=test", json=one)
            except requests.RequestException:
                self._count(0, begun)
                continue
            self._count(answer.status_code, begun)
            with self._guard:
                if answer.status_code == 202:
                    (taken,) = answer.json()["accepted"]
                    self.confirmed[one["external_id"]] = taken["id"]
                    self.last_good = time.monotonic()
                else:
                    self.retry_after.add(answer.headers.get("Retry-After"))

    def _count(self, status: int, begun: float) -> None:
        with self._guard:
            self.answers[status] += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)

    def kept(self, database: Database, outputs: set[str] = OUTPUTS) -> None:
        """Every confirmed article is there, once, settled in every output, and rendered."""
        with database.read() as conn:
            rows = conn.execute(sa.select(schema.article.c.external_id, schema.article.c.id)).all()
            names = Counter(row.external_id for row in rows)
            assert self.confirmed.items() <= {row.external_id: row.id for row in rows}.items()
            assert max(names.values()) == 1, "an article came to be twice"
            behind = sa.select(sa.func.count()).where(
                sa.or_(
                    schema.ledger.c.state != "settled",
                    schema.ledger.c.settled != schema.ledger.c.wanted,
                )
            )
            assert conn.execute(behind).scalar_one() == 0
            counted = sa.select(sa.func.count()).select_from(schema.rendition)
            assert conn.execute(counted).scalar_one() == len(rows) * len(outputs)
            versions = sa.select(sa.func.count()).select_from(schema.article_version)
            assert conn.execute(versions).scalar_one() == len(rows), "a version came to be twice"
