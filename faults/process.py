"""What an experiment changes inside a service's process, from outside: the product has no hooks.

FAULTS_PLAN (JSON) ──inject/sitecustomize──> apply: each part patches one name, then the
                                             command runs as it always does

kill      end the process by SIGKILL at a named point: before or after a commit or a call
record    write down every point that is passed
mutants   take out one safeguard (faults.mutants says which)
clock     read the time's shift from a file that the experiment turns
mail      the lease of a mail, in seconds: the product's two minutes are long to wait for
copies    send every wake so often, in a shuffled order
"""

from __future__ import annotations

import importlib
import mmap
import os
import random
import signal
import struct
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from functools import wraps
from json import dumps, loads
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

# Calls that leave the process: (module, name in it, point).
CALLS = (
    ("seealso_core.nudge", "Nudger._publish", "publish"),
    ("seealso_core.consumer", "Consumer._on_message", "acknowledge"),
    ("seealso_dispatch.relay", "Relay.send", "send"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be changed in one process. `kill`: a point; `visited`: a file that says it was."""

    kill: str = ""
    visited: str = ""
    record: str = ""
    mutants: tuple[str, ...] = ()
    clock: str = ""
    mail: float = 0.0
    copies: int = 0
    calls: tuple[str, ...] = field(default=("publish", "acknowledge"))

    def to_json(self) -> str:
        """As it stands in the environment; empty when nothing is to be changed."""
        return "" if self == Plan() else dumps(asdict(self))


def apply(text: str) -> None:
    """Patch this process as a plan says."""
    given = loads(text)
    plan = Plan(**given | {"mutants": tuple(given["mutants"]), "calls": tuple(given["calls"])})
    if plan.clock:
        _turn_the_clock(Path(plan.clock))
    if plan.mail:
        _module("seealso_dispatch.sending").LEASE = int(plan.mail * 1_000_000)
    if plan.copies:
        _copy_wakes(plan.copies)
    for name in plan.mutants:
        importlib.import_module("faults.mutants").MUTANTS[name].apply()
    if plan.kill:
        _watch_points(plan, _Killer(plan.kill, Path(plan.visited)).passed)
    elif plan.record:
        _watch_points(plan, _Recorder(Path(plan.record)).passed)


def _module(name: str) -> Any:
    return importlib.import_module(name)


# --- points --------------------------------------------------------------------------------------

Passed = Callable[[str], None]


class _Killer:
    """Ends the process at a point, and says so in a file first."""

    def __init__(self, point: str, visited: Path) -> None:
        self._point = point
        self._visited = visited

    def passed(self, point: str) -> None:
        if point == self._point:
            self._visited.write_text(point, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)  # a signal to oneself may take a moment to come


class _Recorder:
    """Writes each point down whenever it is passed."""

    def __init__(self, book: Path) -> None:
        self._book = book

    def passed(self, point: str) -> None:
        with self._book.open("a", encoding="utf-8") as book:
            book.write(point + "\n")


def _watch_points(plan: Plan, passed: Passed) -> None:
    database = importlib.import_module("seealso_store.database")
    write = database.Database.write

    def watched(self: Any, **given: Any) -> _Watched:
        return _Watched(write(self, **given), _committer(sys._getframe(1)), passed)

    database.Database.write = watched
    for module, name, point in CALLS:
        if point in plan.calls:
            owner, _, attribute = name.partition(".")
            _watch_call(getattr(importlib.import_module(module), owner), attribute, point, passed)


def _watch_call(owner: Any, attribute: str, point: str, passed: Passed) -> None:
    original = getattr(owner, attribute)

    @wraps(original)
    def called(*args: Any, **kwargs: Any) -> Any:
        passed(f"{point}:before")
        result = original(*args, **kwargs)
        passed(f"{point}:after")
        return result

    setattr(owner, attribute, called)


def _committer(frame: FrameType | None) -> str:
    """The function of a service that opened the transaction: the store's own ones are passed by."""
    while frame is not None:
        name = frame.f_code.co_qualname
        store = frame.f_globals.get("__name__", "").startswith("seealso_store.database")
        if not store and not name.startswith("_GeneratorContextManager"):
            return name.replace(".<locals>", "").replace(".<lambda>", "")
        frame = frame.f_back
    return "?"


class _Watched(AbstractContextManager[Any]):
    """A write transaction with a point before and after its commit."""

    def __init__(self, inner: AbstractContextManager[Any], name: str, passed: Passed) -> None:
        self._inner = inner
        self._name = name
        self._passed = passed

    def __enter__(self) -> Any:
        return self._inner.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if kind is None:
            self._passed(f"commit {self._name}:before")
        result = self._inner.__exit__(kind, error, trace)
        if kind is None:
            self._passed(f"commit {self._name}:after")
        return result


# --- the clock -----------------------------------------------------------------------------------


class Clock:
    """A shift of the time, in seconds, that processes share through a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(struct.pack("d", 0.0))
        with path.open("r+b") as file:
            self._shift = mmap.mmap(file.fileno(), 8)

    @property
    def shift(self) -> float:
        """Seconds that the processes' clocks run ahead."""
        (seconds,) = struct.unpack("d", self._shift[:8])
        return float(seconds)

    def turn(self, seconds: float) -> None:
        """Set it."""
        self._shift[:8] = struct.pack("d", seconds)


def _turn_the_clock(path: Path) -> None:
    shared = Clock(path)
    clock = _module("seealso_store.clock")

    class Shifted:
        """The module `time` as the store's clock sees it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(time, name)

        def time_ns(self) -> int:
            return time.time_ns() + int(shared.shift * 1e9)

    clock.time = Shifted()


# --- wakes ---------------------------------------------------------------------------------------


def _copy_wakes(copies: int) -> None:
    """Each wake is sent so often; some copies are kept back and sent after later ones."""
    nudge = importlib.import_module("seealso_core.nudge")
    publish = nudge.Nudger._publish
    chance = random.Random(os.getpid())
    kept: list[Any] = []

    def often(self: Any, producer: Any, declared: set[str], wake: Any) -> None:
        kept.extend([wake] * copies)
        chance.shuffle(kept)
        for _ in range(min(len(kept), copies)):
            publish(self, producer, declared, kept.pop())

    nudge.Nudger._publish = often
