"""What an experiment is, what it is given, and what it says.

Experiment ──run(Stage)──> Outcome ──> one line, and the reasons where it is red
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from seealso_store.database import Database

from faults import look
from faults.engines import EMBEDDED, PRODUCTION, Engines
from faults.fleet import Fleet
from faults.oracle import Book, Judgement, judge, merged
from faults.press import Press
from faults.process import Plan
from tests.services.dispatch.sink import Sink

BOTH = (EMBEDDED, PRODUCTION)
DRAIN_SECONDS = 30.0


@dataclass(frozen=True)
class Hub:
    """A hub under test. `sink`: where its mail goes, if it sends any."""

    fleet: Fleet
    database: Database
    sink: Sink | None


class Missing(Exception):
    """A tool that an experiment needs is not here; the message says which."""


@dataclass
class Outcome:
    """What an experiment found. `red`: each reason, a sentence; none: it is green."""

    did: str = ""
    confirmed: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    red: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ""

    @property
    def green(self) -> bool:
        """Whether all that it asked for came about."""
        return not (self.lost or self.doubled or self.red)

    @property
    def verdict(self) -> str:
        """One word."""
        return "skipped" if self.skipped else "green" if self.green else "RED"

    def add(self, judged: Judgement) -> None:
        """What the oracle says."""
        self.lost += judged.lost
        self.doubled += judged.doubled

    def require(self, true: bool, otherwise: str) -> None:
        """A pass criterion; `otherwise` says what is wrong."""
        if not true:
            self.red.append(otherwise)


@dataclass
class Stage:
    """What an experiment is given. `mutants`: safeguards that are taken out."""

    engines: Engines
    chance: random.Random
    short: bool = False
    mutants: tuple[str, ...] = ()
    points: tuple[tuple[str, str], ...] = ()  # of F2: (process, point); none: all there are
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def embedded(self) -> bool:
        """Whether it runs on SQLite and memory://."""
        return self.engines.name == EMBEDDED

    @contextmanager
    def hub(
        self,
        settings: dict[str, str] | None = None,
        plan: Plan | None = None,
        *,
        mail: bool = False,
        engines: Engines | None = None,
    ) -> Iterator[Hub]:
        """A hub with its schema, audited, and none of its processes started yet.

        Args:
            engines: in place of the stage's: behind a cable, on a server of one's own.
        """
        used = engines or self.engines
        given = dict(settings or {})
        plan = replace(plan or Plan(), mutants=self.mutants)
        with ExitStack() as stack:
            sink = stack.enter_context(Sink()) if mail else None
            if sink is not None:
                given |= {"SEEALSO_SMTP_URL": sink.url, "SEEALSO_POSTAL_ADDRESS": "1 Apple Lane"}
            fleet = stack.enter_context(Fleet(used, given, plan))
            database = stack.enter_context(used.open())
            look.audit(database)
            try:
                yield Hub(fleet, database, sink)
            finally:
                self.outcome.kills += fleet.kills

    def press(self, fleet: Fleet, name: str = "press", **given: Any) -> Press:
        """A client with a chance of its own."""
        return Press(fleet, name, random.Random(self.chance.random()), **given)

    def settle(self, hub: Hub, *books: Book, seconds: float = DRAIN_SECONDS) -> float:
        """Wait for rest, then have the oracle judge. Returns how long the rest took to come.

        Raises:
            NotInTime: it did not come.
        """
        took = look.rest(hub.database, seconds)
        if number := look.replayed(hub.fleet, hub.database):
            self.outcome.notes.append(f"{number} dead letters replayed")
            look.rest(hub.database, seconds)
        self.judge(hub, *books)
        return took

    def judge(self, hub: Hub, *books: Book) -> None:
        """Have the oracle compare what was confirmed with what there is."""
        whole = merged(books)
        self.outcome.confirmed += len(whole.confirmed) + len(whole.issues)
        self.outcome.add(judge(whole, look.read_state(hub.fleet, hub.database, whole, hub.sink)))


@dataclass(frozen=True)
class Experiment:
    """A way to break the hub. `engines`: the pairs where it makes sense; `short`: those of the
    short round."""

    name: str
    about: str
    run: Callable[[Stage], None]
    engines: tuple[str, ...] = BOTH
    short: tuple[str, ...] = ()


@contextmanager
def timed(outcome: Outcome) -> Iterator[None]:
    """Fills in the seconds."""
    begun = time.monotonic()
    try:
        yield
    finally:
        outcome.seconds = time.monotonic() - begun
