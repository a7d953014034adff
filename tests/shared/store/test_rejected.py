"""`seealso_store.rejected`: the same piece is one row, and the list stays within its bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from seealso_sdk.model import RawInput
from seealso_store import rejected
from seealso_store.database import Database
from seealso_store.rejected import Bounds, Choice, Piece, Trimmed

SECOND = 1_000_000
DAY = 86_400 * SECOND
NOON = 20_000 * DAY
BOUNDS = Bounds(rows=5, bytes=1000, days=30, largest=400)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.live)])
def db(request: pytest.FixtureRequest) -> Database:
    """Both engines."""
    found: Database = request.getfixturevalue(
        "database" if request.param == "sqlite" else "postgres"
    )
    return found


def piece(data: bytes = b'{"title": 7}', code: str = "field-invalid", **fields: object) -> Piece:
    source = str(fields.pop("source", "desk"))
    raw = RawInput(data=data, media_type="application/x-ndjson", source=source, url="https://e.org")
    given = {"detail": "title: found int. Give a string.", "field": "title", "line": 3, **fields}
    return Piece(raw=raw, code=code, **given)  # type: ignore[arg-type]


def keep(db: Database, *pieces: Piece, now: int = NOON, bounds: Bounds = BOUNDS) -> Trimmed:
    with db.write() as tx:
        return rejected.keep(tx, pieces, bounds, now=now)


def listed(db: Database, choice: Choice = rejected.ALL) -> list[str]:
    with db.read() as conn:
        return [row.id for row in rejected.page(conn, choice, limit=500).rows]


def test_a_piece_is_kept_as_it_came_with_its_reason(db: Database) -> None:
    one = piece(b"\xff\x00 bytes", remedy="Give a string.", correlation_id="c1")
    keep(db, one)
    with db.read() as conn:
        row = rejected.get(conn, one.id)
        assert row is not None
        assert rejected.data(conn, one.id) == b"\xff\x00 bytes"
        assert rejected.totals(conn) == (1, 8)
    assert (row.code, row.field, row.line, row.remedy) == (
        "field-invalid",
        "title",
        3,
        "Give a string.",
    )
    assert (row.since, row.at, row.times, row.tries, row.size) == (NOON, NOON, 1, 0, 8)


def test_the_same_piece_twice_is_one_row_counted_with_the_reason_of_now(db: Database) -> None:
    keep(db, piece())
    keep(db, replace(piece(), code="title-missing", detail="No title.", line=9), now=NOON + SECOND)
    with db.read() as conn:
        (row,) = rejected.page(conn).rows
    assert (row.times, row.since, row.at) == (2, NOON, NOON + SECOND)
    assert (row.code, row.detail, row.line) == ("title-missing", "No title.", 9)


@pytest.mark.parametrize(
    "other",
    [piece(b"other"), piece(source="web"), piece(part=1), piece(part=2)],
    ids=["data", "source", "part", "another part"],
)
def test_other_pieces_are_rows_of_their_own(database: Database, other: Piece) -> None:
    keep(database, piece(), other)
    assert len(listed(database)) == 2


def test_of_what_is_too_large_only_the_reason_is_kept(db: Database) -> None:
    large = piece(b"x" * 401)
    keep(db, large)
    with db.read() as conn:
        row = rejected.get(conn, large.id)
        assert row is not None
        assert (row.size, row.held) == (401, 0)
        assert rejected.data(conn, large.id) is None


def test_the_oldest_go_first_when_there_are_too_many(db: Database) -> None:
    made = [piece(b"%d" % n) for n in range(7)]
    gone = [keep(db, one, now=NOON + n * SECOND) for n, one in enumerate(made)]
    assert gone == [Trimmed()] * 5 + [Trimmed(full=1)] * 2
    assert listed(db) == [one.id for one in reversed(made[2:])]


def test_the_oldest_go_first_when_they_take_too_much_room(db: Database) -> None:
    made = [piece(b"%d" % n * 390) for n in range(4)]
    for n, one in enumerate(made):
        keep(db, one, now=NOON + n * SECOND)
    assert listed(db) == [made[3].id, made[2].id]
    with db.read() as conn:
        assert rejected.totals(conn) == (2, 780)


def test_what_is_too_old_goes(db: Database) -> None:
    old, new = piece(b"old"), piece(b"new")
    keep(db, old)
    keep(db, new, now=NOON + 29 * DAY)
    with db.write() as tx:
        assert not rejected.expired(tx, BOUNDS, now=NOON + 30 * DAY)
        assert rejected.expired(tx, BOUNDS, now=NOON + 31 * DAY)
        assert rejected.trim(tx, BOUNDS, now=NOON + 31 * DAY) == Trimmed(old=1)
    assert listed(db) == [new.id]


def test_pages_both_ways_hold_everything_once(db: Database) -> None:
    wide = Bounds()
    made = [piece(b"%d" % n) for n in range(25)]
    for n, one in enumerate(made):
        keep(db, one, now=NOON + n // 3, bounds=wide)
    for walk in (rejected.page, rejected.oldest):
        found: list[str] = []
        cursor = None
        with db.read() as conn:
            while True:
                page = walk(conn, cursor=cursor, limit=4)
                found += [row.id for row in page.rows]
                cursor = page.next_cursor
                if cursor is None:
                    break
        assert sorted(found) == sorted(one.id for one in made)
    with db.read() as conn, pytest.raises(ValueError, match="cursor"):
        rejected.page(conn, cursor="not one")


def test_a_choice_counts_lists_and_drops_what_it_says(db: Database) -> None:
    keep(db, piece(b"1"), piece(b"2", "stale"), piece(b"3", "stale", source="web"))
    choice = Choice("stale", "web")
    with db.write() as tx:
        assert rejected.counts(tx) == {"field-invalid": 1, "stale": 2}
        assert rejected.counts(tx, choice) == {"stale": 1}
        assert rejected.drop_chosen(tx, choice) == 1
        assert rejected.drop(tx, [piece(b"1").id, "r-none"]) == 1
    assert listed(db) == [piece(b"2").id]


def test_another_try_that_fails_is_counted_and_does_not_move_the_row(db: Database) -> None:
    one = piece()
    keep(db, one)
    with db.write() as tx:
        rejected.failed_again(tx, one.id, replace(one, code="title-missing", field=None))
    with db.read() as conn:
        row = rejected.get(conn, one.id)
    assert row is not None
    assert (row.tries, row.times, row.at, row.code, row.field) == (
        1,
        1,
        NOON,
        "title-missing",
        None,
    )


def test_the_numbers_are_read_from_an_index_alone(database: Database) -> None:
    with database.read() as conn:
        plan = conn.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT count(at), sum(held) FROM rejected"
        ).all()
    assert "COVERING INDEX ix_rejected_at" in str(plan)
