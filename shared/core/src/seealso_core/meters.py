"""Everything that the processes of a hub count: the one table, as `/metrics` shows it.

What the database knows (rows, ages, heartbeats) is in `seealso_store.health`. A label has few
values, all of the hub's own making: the name of an output, a kind of failure, a state. Never an
id, a title, a URL or an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from seealso_core.errors import FailureKind
from seealso_core.metrics import Counter, Histogram, Labels

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds


def _each(*values: str) -> Sequence[Labels]:
    return [(value,) for value in values]


HTTP = Counter("seealso_http_requests_total", "Requests answered.", ("method", "status"))
HTTP_SECONDS = Histogram(
    "seealso_http_seconds", "Time from a request's headers to its answer, in the application.",
    _QUICK,
)  # fmt: skip
INTAKE = Counter(
    "seealso_intake_total",
    "Articles that came in, by what became of them.",
    ("result",),
    _each("created", "updated", "unchanged", "rejected"),
)
REJECTED_DROPPED = Counter(
    "seealso_rejected_dropped_total",
    "Rejected pieces that are not kept (any more): too old, no room, or too many in one input.",
    ("reason",),
    _each("old", "full", "flood"),
)
LOOKS = Counter(
    "seealso_source_looks_total",
    "Looks at watched sources, by what became of them.",
    ("result",),
    _each("renewed", "unchanged", "failed"),
)
SETTLED = Counter(
    "seealso_settled_total", "Rows of the ledger that were settled, by output.", ("output",)
)
LEASES_EXPIRED = Counter(
    "seealso_lease_expired_total",
    "Rows taken up again because whoever had them was not heard of any more.",
    ("output",),
)
PLUGIN_FAILURES = Counter(
    "seealso_plugin_failures_total",
    f"Calls of a plugin that failed. Kinds: {', '.join(get_args(FailureKind))}; rejected, retry.",
    ("plugin", "kind"),
)
DELIVERIES = Counter(
    "seealso_delivery_attempts_total",
    "Messages to readers that were tried, by what became of them.",
    ("result",),
    _each("sent", "waiting", "dead", "uncertain", "dropped"),
)
COMMIT_SECONDS = Histogram("seealso_db_commit_seconds", "Time that a commit took.", _QUICK)
WAKES = Counter(
    "seealso_wakes_total",
    "Wake-ups for the queue. One that fails costs latency: the sweep finds the work.",
    ("result",),
    _each("sent", "refused", "failed"),
)

FAST_LANE = Counter(
    "seealso_fast_lane_total",
    "Requests of public documents, by how they were answered.",
    ("outcome",),
    _each("hit", "checked", "made", "passed"),
)

ALL: tuple[Counter | Histogram, ...] = (
    INTAKE, REJECTED_DROPPED, SETTLED, LEASES_EXPIRED, PLUGIN_FAILURES, DELIVERIES, COMMIT_SECONDS,
    WAKES, HTTP, HTTP_SECONDS, FAST_LANE,
)  # fmt: skip
