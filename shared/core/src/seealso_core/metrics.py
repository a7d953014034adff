"""Numbers in Prometheus' text format (version 0.0.4), right for any number of processes.

    add, observe ──> this process's book ──mapped──> <folder>/<pid>.numbers     where shared
    /metrics of any process ──> all books of the folder, summed ──> text
                            └─> what the database knows, asked at the scrape

All that a process counts is a sum, so the books of several processes are added up, and those of
dead ones stay in: a total never falls. The file is mapped into memory, so that a number lies in it
as soon as it is counted, and outlives a process that is killed. What can be asked (rows of the
ledger, ages, room on the disk) is never counted. No title, URL or address is ever a label.

`seealso_core.meters` is the table of everything that is counted.
"""

from __future__ import annotations

import json
import mmap
import os
import secrets
import shutil
import struct
import tempfile
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from seealso_sdk.errors import SeealsoError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "SEEALSO_METRICS_DIR"  # set for a process whose siblings share their numbers

_MAGIC = b"seealso1"
# As this machine has them: eight bytes at once, so that nobody reads half a number.
_HEAD = struct.Struct("8sq")  # magic, bytes in use
_VALUE = struct.Struct("d")
_LENGTH = struct.Struct("q")
_BOOK_BYTES = 128 * 1024  # some thousand series; taken at once, so that a full disk changes nothing
_SUFFIX = ".numbers"

Labels = tuple[str, ...]
Key = tuple[str, ...]  # name, then the values of its labels


@dataclass(frozen=True, slots=True)
class Metric:
    """One family: name, help, and a value for each set of labels.

    `parts` are a histogram's: (suffix of the name, labels, value).
    """

    name: str
    help: str
    type: Literal["counter", "gauge", "histogram"]
    samples: tuple[tuple[Mapping[str, str], float], ...]
    parts: tuple[tuple[str, Mapping[str, str], float], ...] = ()


Collect = Callable[[], Iterable[Metric]]


# --- what a process counts ------------------------------------------------------------------------


class Book:
    """The sums of one process; in a file too, where a folder is given. Safe between threads."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._sums: dict[Key, float] = {}
        self._places: dict[Key, int] = {}
        self.folder = folder
        self.path: Path | None = None
        self._used = _HEAD.size
        self._map: mmap.mmap | None = None
        if folder is not None:
            self._open(folder)

    def _open(self, folder: Path) -> None:
        path = folder / f"{os.getpid()}.{secrets.token_hex(4)}{_SUFFIX}"
        with suppress(OSError):  # no room, or no folder: the sums are this process's own
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                # Room for all of it, now: a page that finds none later would end the process.
                os.posix_fallocate(file, 0, _BOOK_BYTES)
                self._map = mmap.mmap(file, _BOOK_BYTES)
            except OSError:
                path.unlink()
                raise
            finally:
                os.close(file)
            _HEAD.pack_into(self._map, 0, _MAGIC, _HEAD.size)
            self.path = path

    def add(self, key: Key, by: float) -> None:
        """Count."""
        with self._lock:
            total = self._sums.get(key, 0.0) + by
            self._sums[key] = total
            if self._map is not None and (place := self._place(self._map, key)):
                _VALUE.pack_into(self._map, place, total)

    def _place(self, book: mmap.mmap, key: Key) -> int:
        """Where a sum lies in the file; 0 where the book is full. A new one is complete before the
        head says that it is there, so a reader never sees half of it."""
        known = self._places.get(key)
        if known is not None:
            return known
        name = json.dumps(key).encode()
        name += b" " * (-len(name) % 8)
        place = self._used
        end = place + _VALUE.size + _LENGTH.size + len(name)
        if end > _BOOK_BYTES:
            return 0
        book[place:end] = _VALUE.pack(0.0) + _LENGTH.pack(len(name)) + name
        _HEAD.pack_into(book, 0, _MAGIC, end)
        self._used = end
        self._places[key] = place
        return place

    def sums(self) -> dict[Key, float]:
        """As they stand in this process."""
        with self._lock:
            return dict(self._sums)

    def everyones(self) -> dict[Key, float]:
        """This process's and its siblings', dead ones included."""
        found = self.sums()
        if self.folder is None:
            return found
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            if path != self.path:
                for key, value in _read(path):
                    found[key] = found.get(key, 0.0) + value
        return found

    def close(self) -> None:
        """Write no more to the file."""
        with self._lock:
            if self._map is not None:
                self._map.close()
            self._map = None


def _read(path: Path) -> Iterator[tuple[Key, float]]:
    try:
        data = path.read_bytes()
        magic, used = _HEAD.unpack_from(data)
    except (OSError, struct.error):
        return
    place = _HEAD.size
    while magic == _MAGIC and place < min(used, len(data)):
        (value,) = _VALUE.unpack_from(data, place)
        (length,) = _LENGTH.unpack_from(data, place + _VALUE.size)
        start = place + _VALUE.size + _LENGTH.size
        yield tuple(json.loads(data[start : start + length])), value
        place = start + length


class _Own:
    """The book of this process, opened when something is first counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._book: Book | None = None

    def book(self) -> Book:
        book = self._book
        if book is None:
            with self._lock:
                if self._book is None:
                    folder = os.environ.get(FOLDER)
                    self._book = Book(Path(folder) if folder else None)
                book = self._book
        return book

    def move(self, folder: Path | None) -> None:
        """Go on in another folder, with what was counted so far."""
        with self._lock:
            before, self._book = self._book, Book(folder)
            if before is not None:
                before.close()
                for key, value in before.sums().items():
                    self._book.add(key, value)

    def begin_anew(self) -> None:
        """In a process that was forked: what was counted before is its parent's."""
        self.__init__()  # type: ignore[misc]  # the same object, for whoever holds it


_own = _Own()
os.register_at_fork(after_in_child=_own.begin_anew)


@contextmanager
def shared(folder: Path | None = None) -> Iterator[None]:
    """This process and those that it starts share their numbers, as long as the block lasts.

    Args:
        folder: emptied first, removed at the end; it must be this process's alone. None: a new one,
            unless whoever started this process shares already.
    """
    if folder is None and os.environ.get(FOLDER):
        yield
        return
    made = folder or Path(tempfile.mkdtemp(prefix="seealso-numbers-"))
    shutil.rmtree(made, ignore_errors=True)
    with suppress(OSError):
        made.mkdir(mode=0o700, parents=True)
    os.environ[FOLDER] = str(made)
    _own.move(made)
    try:
        yield
    finally:
        del os.environ[FOLDER]
        _own.move(None)
        shutil.rmtree(made, ignore_errors=True)


class _Meter:
    """What a counter and a histogram have in common."""

    kind: Literal["counter", "histogram"]

    def __init__(self, name: str, help: str, labels: Labels, known: Sequence[Labels]) -> None:  # noqa: A002  # Prometheus' word
        self.name, self.help, self.labels = name, help, labels
        self._known = tuple(known) or (() if labels else ((),))

    def _checked(self, values: Labels) -> Labels:
        if len(values) != len(self.labels):
            raise ValueError(f"{self.name}: give {', '.join(self.labels) or 'no labels'}")
        return values

    def _named(self, values: Labels) -> dict[str, str]:
        return dict(zip(self.labels, values, strict=True))


class Counter(_Meter):
    """A number that only grows, by labels. Safe to call from any thread.

    Args:
        known: values of the labels that are shown as 0 before they are first counted, so that the
            first one is seen as a change.
    """

    kind = "counter"

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002  # Prometheus' word
        labels: Labels = (),
        known: Sequence[Labels] = (),
    ) -> None:
        super().__init__(name, help, labels, known)

    def add(self, *values: str, by: float = 1) -> None:
        """Count, with a value for each label."""
        _own.book().add((self.name, *self._checked(values)), by)

    def metric(self, sums: Mapping[Key, float] | None = None) -> Metric:
        """As it stands: in this process, or in these sums."""
        found = dict.fromkeys(self._known, 0.0)
        for (name, *values), total in (_own.book().sums() if sums is None else sums).items():
            if name == self.name:
                found[tuple(values)] = total
        samples = tuple((self._named(values), total) for values, total in sorted(found.items()))
        return Metric(self.name, self.help, self.kind, samples)


class Histogram(_Meter):
    """How often something took how long (or was how large), by labels.

    Args:
        bounds: upper ends of the buckets, rising; one without end follows.
    """

    kind = "histogram"

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002  # Prometheus' word
        bounds: Sequence[float],
        labels: Labels = (),
        known: Sequence[Labels] = (),
    ) -> None:
        super().__init__(name, help, labels, known)
        self._bounds = tuple(bounds)
        self._ends = (*(f"{bound:g}" for bound in bounds), "+Inf")

    def observe(self, value: float, *values: str) -> None:
        """Count one that took so long."""
        labels = self._checked(values)
        book = _own.book()
        book.add((self.name, *labels, self._ends[bisect_left(self._bounds, value)]), 1)
        book.add((self.name, *labels, "sum"), value)

    def metric(self, sums: Mapping[Key, float] | None = None) -> Metric:
        """As it stands: in this process, or in these sums."""
        found: dict[Labels, dict[str, float]] = {values: {} for values in self._known}
        for (name, *values), total in (_own.book().sums() if sums is None else sums).items():
            if name == self.name:
                found.setdefault(tuple(values[:-1]), {})[values[-1]] = total
        parts: list[tuple[str, Mapping[str, str], float]] = []
        for labels, counted in sorted(found.items()):
            named, below = self._named(labels), 0.0
            for end in self._ends:
                below += counted.get(end, 0.0)
                parts.append(("_bucket", {**named, "le": end}, below))
            parts.append(("_sum", named, counted.get("sum", 0.0)))
            parts.append(("_count", named, below))
        return Metric(self.name, self.help, self.kind, (), tuple(parts))


def collected(meters: Iterable[Counter | Histogram]) -> list[Metric]:
    """These, over all processes that share their numbers."""
    sums = _own.book().everyones()
    return [meter.metric(sums) for meter in meters]


def readiness(ready: Callable[[], None] | None) -> Metric:
    """/readyz as a number."""
    value = 1.0
    try:
        if ready is not None:
            ready()
    except SeealsoError:
        value = 0.0
    told = "1: /readyz says that this process can do its work; 0: it can't."
    return Metric("seealso_ready", told, "gauge", (({}, value),))


# --- as text --------------------------------------------------------------------------------------


def render(metrics: Iterable[Metric]) -> bytes:
    """The body of ``GET /metrics``. What several say of one family stands together."""
    families: dict[str, Metric] = {}
    for one in metrics:
        known = families.get(one.name)
        families[one.name] = (
            one if known is None else replace(known, samples=known.samples + one.samples)
        )
    lines: list[str] = []
    for metric in families.values():
        lines.append(f"# HELP {metric.name} {_escape(metric.help)}")
        lines.append(f"# TYPE {metric.name} {metric.type}")
        lines += [_line(metric.name, labels, value) for labels, value in metric.samples]
        lines += [_line(metric.name + end, labels, value) for end, labels, value in metric.parts]
    return ("\n".join(lines) + "\n").encode()


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{label}="{_label(text)}"' for label, text in labels.items())
    number = f"{value:g}" if value < 1e6 else repr(value)
    return f"{name}{{{inside}}} {number}" if inside else f"{name} {number}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _label(text: str) -> str:
    return _escape(text).replace('"', '\\"')
