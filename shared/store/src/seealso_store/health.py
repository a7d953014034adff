"""Whether the store can do its work, and its numbers for Prometheus."""

from __future__ import annotations

from dataclasses import asdict

from seealso_core.metrics import Metric

from seealso_store import articles, ledger, migrate
from seealso_store.clock import now
from seealso_store.database import Database
from seealso_store.errors import SchemaNewer, StoreError, StoreNotWritable


def check(db: Database) -> None:
    """Return when the database can be written and has this release's schema.

    Raises:
        SchemaNewer: a newer release has written it.
        StoreError: it can't be reached, can't be written, or `prepare` has not run.
    """
    with db.write() as tx:  # takes the write lock on SQLite, and writes nothing
        found = migrate.revision(tx)
        if db.dialect == "postgresql":
            read_only = tx.exec_driver_sql("SHOW transaction_read_only").scalar_one()
            if read_only == "on":
                raise StoreNotWritable("postgresql: this server is read-only (a standby?)")
    if found == migrate.HEAD:
        return
    if found is not None and found not in migrate.KNOWN:
        raise SchemaNewer(f"the database has schema {found}, this release knows {migrate.HEAD}")
    raise StoreError(f"the database has schema {found}, not {migrate.HEAD}: start the hub once")


def metrics(db: Database) -> list[Metric]:
    """The ledger's and the articles' numbers, as they stand now."""
    with db.read() as conn:
        counts = ledger.counts(conn)
        oldest = ledger.oldest_due(conn, now())
        statuses = articles.counts(conn)
    rows = tuple(
        ({"output": output, "state": state}, float(number))
        for output, count in counts.items()
        for state, number in asdict(count).items()
    )
    ages = tuple(({"lane": str(lane)}, oldest.get(lane, 0.0)) for lane in (0, 1, 2))
    dead = float(sum(count.dead for count in counts.values()))
    return [
        Metric("seealso_ledger_rows", "Rows of the ledger, by output and state.", "gauge", rows),
        Metric(
            "seealso_oldest_waiting_seconds",
            "Age of the oldest due work. Lanes: 0 withdrawals, 1 new, 2 back-fill.",
            "gauge",
            ages,
        ),
        Metric("seealso_dead_letters", "Work that was given up.", "gauge", (({}, dead),)),
        Metric(
            "seealso_articles",
            "Articles, by status.",
            "gauge",
            tuple(({"status": s}, float(n)) for s, n in sorted(statuses.items())),
        ),
    ]
