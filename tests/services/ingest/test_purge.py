"""Taking back and correcting make every cache in front old, in the very commit; nothing else does."""

from __future__ import annotations

from seealso_ingest.flow import Ingest
from seealso_store import purges
from seealso_store.database import Database

from tests.services.ingest.conftest import Clock
from tests.services.ingest.test_flow import posted, record


def mark(database: Database) -> str:
    with database.read() as conn:
        return purges.mark(conn)


def test_new_and_changed_articles_leave_the_mark(database: Database, ingest: Ingest) -> None:
    before = mark(database)
    ingest.accept(posted(record(1), record(2)))
    ingest.accept(posted(record(1, html="<p>Another text.")))
    ingest.accept(posted(record(1, html="<p>Another text.")))
    assert mark(database) == before


def test_a_withdrawal_a_correction_and_an_expiry_renew_it(
    database: Database, ingest: Ingest, clock: Clock
) -> None:
    receipt = ingest.accept(posted(record(1), record(2), record(3, expires="2025-10-12T00:00:00Z")))
    seen = [mark(database)]
    ingest.withdraw(receipt.accepted[0].id, "Wrong.")
    seen.append(mark(database))
    ingest.withdraw(receipt.accepted[0].id, "Wrong.")  # twice is once
    assert mark(database) == seen[-1]
    fixed = record(2, corrections=[{"at": "2025-10-09", "text": "It was wrong."}])
    ingest.accept(posted(fixed))
    seen.append(mark(database))
    clock.forward(30 * 86_400)
    assert ingest.turn() == 1
    seen.append(mark(database))
    assert len(set(seen)) == 4
