"""Numbers in Prometheus' text format (version 0.0.4), without a library.

Counters live in the process that counts; what the database knows is asked at the scrape. No title,
URL or address is ever a label.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """One family: name, help, and a value for each set of labels."""

    name: str
    help: str
    type: Literal["counter", "gauge"]
    samples: tuple[tuple[Mapping[str, str], float], ...]


Collect = Callable[[], Iterable[Metric]]


class Counter:
    """A number that only grows, by labels. Safe to call from any thread."""

    def __init__(self, name: str, help: str, labels: tuple[str, ...] = ()) -> None:  # noqa: A002  # Prometheus' word
        self._name, self._help, self._labels = name, help, labels
        self._lock = threading.Lock()
        self._values: dict[tuple[str, ...], float] = {}

    def add(self, *values: str, by: float = 1) -> None:
        """Count, with a value for each label."""
        if len(values) != len(self._labels):
            raise ValueError(f"{self._name}: give {', '.join(self._labels) or 'no labels'}")
        with self._lock:
            self._values[values] = self._values.get(values, 0) + by

    def metric(self) -> Metric:
        """As it stands."""
        with self._lock:
            values = sorted(self._values.items())
        samples = tuple((dict(zip(self._labels, v, strict=True)), n) for v, n in values)
        return Metric(self._name, self._help, "counter", samples)


def render(metrics: Iterable[Metric]) -> bytes:
    """The body of ``GET /metrics``."""
    lines: list[str] = []
    for metric in metrics:
        lines.append(f"# HELP {metric.name} {_escape(metric.help)}")
        lines.append(f"# TYPE {metric.name} {metric.type}")
        for labels, value in metric.samples:
            inside = ",".join(f'{name}="{_label(text)}"' for name, text in labels.items())
            braces = f"{{{inside}}}" if inside else ""
            lines.append(f"{metric.name}{braces} {value:g}" if value < 1e6 else
                         f"{metric.name}{braces} {value!r}")  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _label(text: str) -> str:
    return _escape(text).replace('"', '\\"')
