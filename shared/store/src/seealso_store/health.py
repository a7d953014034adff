"""Whether the store can do its work, and its numbers for Prometheus."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from weakref import WeakKeyDictionary

from seealso_core import log as logs
from seealso_core.metrics import Metric

from seealso_store import (
    articles,
    deliveries,
    findings,
    heartbeats,
    ledger,
    migrate,
    rejected,
    reviews,
    sources,
)
from seealso_store.database import Database
from seealso_store.errors import (
    SchemaNewer,
    StoreError,
    StoreFull,
    StoreNotWritable,
    StoreUnavailable,
)

WORTH = 20  # an answer is kept this many times as long as it took
LONGEST_KEPT_SECONDS = 60.0
_ROWS = "Rows of the ledger, by output and state."

log = logs.get(__name__)


def check(db: Database, *, disk_floor_mb: int = 0, steps: Collection[str] = ()) -> None:
    """Return when the database can be written and has this release's schema.

    Args:
        disk_floor_mb: less room where an SQLite file lies is too little, MiB.
        steps: whose workers must have been heard of lately. One that never had any is not missed.

    Raises:
        SchemaNewer: a newer release has written it.
        StoreFull: there is too little room.
        StoreError: it can't be reached, can't be written, or `prepare` has not run.
        StoreUnavailable: the workers of a step are silent.
    """
    with db.write() as tx:  # takes the write lock on SQLite, and writes nothing
        found = migrate.revision(tx)
        fits = migrate.fits(tx, found)
        if db.dialect == "postgresql":
            read_only = tx.exec_driver_sql("SHOW transaction_read_only").scalar_one()
            if read_only == "on":
                raise StoreNotWritable("postgresql: this server is read-only (a standby?)")
    if fits:
        _require_room(db, disk_floor_mb)
        _require_life(db, steps)
        return
    if found is not None and found not in migrate.KNOWN:
        raise SchemaNewer(f"the database has schema {found}, this release knows {migrate.HEAD}")
    raise StoreError(f"the database has schema {found}, not {migrate.HEAD}: start the hub once")


def _require_room(db: Database, floor_mb: int) -> None:
    free = free_bytes(db)
    if free is not None and free < floor_mb * 2**20:
        raise StoreFull(
            f"{free // 2**20} MiB are free where the database lies, and SEEALSO_DISK_FLOOR_MB"
            f" wants {floor_mb}: make room."
        )


def _require_life(db: Database, steps: Collection[str]) -> None:
    if not steps:
        return
    with db.read() as conn:
        silent = heartbeats.silent(conn, db.now())
    for step in sorted(silent.keys() & set(steps)):
        raise StoreUnavailable(
            f"the {step} worker has not been heard of for {silent[step]:.0f} seconds:"
            " what comes in waits. Look at its log, start it again."
        )


class _Kept:
    """The last answer, for as long as asking again would cost more than it is worth."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._found: list[Metric] = []

    def get(self, ask: Callable[[], list[Metric]]) -> list[Metric]:
        with self._lock:  # who comes meanwhile waits for the same answer
            began = time.monotonic()
            if began >= self._until:
                self._found = ask()
                ended = time.monotonic()
                self._until = ended + min((ended - began) * WORTH, LONGEST_KEPT_SECONDS)
            return self._found


_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()


def metrics(db: Database) -> list[Metric]:
    """What the database knows, for Prometheus. Whatever an alert looks at is as it stands now; what
    takes long to count in a large archive is counted a twentieth of the time at most."""
    return [*_now(db), *_kept.setdefault(db, _Kept()).get(lambda: _counted(db)), *_disk(db)]


def _now(db: Database) -> list[Metric]:
    now = db.now()
    with db.read() as conn:
        counts = ledger.unsettled(conn)
        oldest = ledger.oldest_due(conn, now)
        pending = ledger.pending_withdrawals(conn)
        oldest_mail = deliveries.oldest_due(conn, now)
        ages = heartbeats.ages(conn, now)
        watched = sources.standing(conn, now)
        wrong = findings.counts(conn)
        refused, held = rejected.totals(conn)
    dead = sum(count.dead for count in counts.values())
    return [
        _gauge(
            "seealso_oldest_waiting_seconds",
            "Age of the oldest due work. Lanes: 0 withdrawals, 1 new, 2 back-fill.",
            (({"lane": str(lane)}, oldest.get(lane, 0.0)) for lane in (0, 1, 2)),
        ),
        _gauge(
            "seealso_ledger_rows",
            _ROWS,
            (
                ({"output": output, "state": state}, float(number))
                for output, count in counts.items()
                for state, number in asdict(count).items()
                if state != "settled"
            ),
        ),
        _gauge(
            "seealso_dead_letters", "Rows of the ledger that were given up.", [({}, float(dead))]
        ),
        _gauge(
            "seealso_pending_withdrawals",
            "Withdrawn articles that still have to be taken out of topics and links.",
            [({}, float(pending))],
        ),
        _gauge(
            "seealso_oldest_delivery_seconds",
            "Age of the oldest message to a reader that is due.",
            [({}, oldest_mail)],
        ),
        _gauge(
            "seealso_rejected_rows",
            "Pieces of input that could not go in and are kept for another try.",
            [({}, float(refused))],
        ),
        _gauge("seealso_rejected_bytes", "Room that these pieces take.", [({}, float(held))]),
        _gauge(
            "seealso_heartbeat_age_seconds",
            "Since a worker of this step was last heard of.",
            (({"step": step}, age) for step, age in ages.items()),
        ),
        *_watching(watched, wrong),
    ]


def _watching(watched: sources.Standing, wrong: Mapping[str, int]) -> list[Metric]:
    states = {"active": watched.active, "failing": watched.failing, "paused": watched.paused}
    return [
        _gauge(
            "seealso_sources",
            "Watched sources, by state; failing: active, and the last look went wrong.",
            (({"state": state}, float(number)) for state, number in states.items()),
        ),
        _gauge(
            "seealso_source_poll_lag_seconds",
            "How long the source that has waited longest has been due for a look.",
            [({}, watched.lag_seconds)],
        ),
        _gauge(
            "seealso_findings",
            "What is wrong with sources, by code, without what is ignored.",
            (({"code": code}, float(number)) for code, number in sorted(wrong.items())),
        ),
    ]


def _counted(db: Database) -> list[Metric]:
    """Empty where the database takes longer than a statement may."""
    try:
        with db.read() as conn:
            settled = ledger.settled(conn)
            statuses = articles.counts(conn)
            mails = deliveries.states(conn)
            overdue = reviews.count(conn, db.now())
    except StoreUnavailable as error:
        log.warning("The archive could not be counted for the metrics", error=str(error))
        return []
    return [
        _gauge(
            "seealso_ledger_rows",
            _ROWS,
            (({"output": o, "state": "settled"}, float(n)) for o, n in settled.items()),
        ),
        _gauge(
            "seealso_deliveries",
            "Messages to readers, by state.",
            (({"state": state}, float(mails.get(state, 0))) for state in deliveries.STATES),
        ),
        _gauge(
            "seealso_articles",
            "Articles, by status.",
            (({"status": status}, float(n)) for status, n in sorted(statuses.items())),
        ),
        _gauge(
            "seealso_reviews_due",
            "Published articles whose review (review_by) is due.",
            [({}, float(overdue))],
        ),
    ]


def _gauge(name: str, help: str, samples: Iterable[tuple[dict[str, str], float]]) -> Metric:  # noqa: A002  # Prometheus' word
    return Metric(name, help, "gauge", tuple(samples))


def _disk(db: Database) -> list[Metric]:
    free = free_bytes(db)
    if free is None:
        return []
    told = "Room where the SQLite file lies (a PostgreSQL server's disk is the server's to tell)."
    return [_gauge("seealso_disk_free_bytes", told, [({}, float(free))])]


def free_bytes(db: Database) -> int | None:
    """Room on the disk that the database's file lies on; None where it is a server's."""
    if db.dialect != "sqlite":
        return None
    try:
        return shutil.disk_usage(Path(str(db.engine.url.database)).absolute().parent).free
    except OSError:
        return None
