"""What both engines do alike, and one of them in its own way."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database, insert_rows, upsert
from seealso_store.schema import filing, topic_name

ROWS = [
    {"slug": "rain", "article_id": f"a{number}", "origin": "editorial", "score": 0.1 + number / 3,
     "reason": 'Named “so” by a \\ "quoted" \t title: 雨 🌧', "sort_at": 2**53 + number}
    for number in range(300)
]  # fmt: skip


def test_many_rows_come_back_as_they_went_in(database: Database) -> None:
    _come_back(database)


@pytest.mark.live
def test_many_rows_come_back_from_postgresql_too(postgres: Database) -> None:
    _come_back(postgres)


def _come_back(db: Database) -> None:
    with db.write() as tx:
        insert_rows(tx, upsert(tx, filing), ROWS)
        insert_rows(tx, upsert(tx, filing), [])
    with db.read() as conn:
        found = conn.execute(sa.select(filing).order_by(filing.c.sort_at)).mappings()
        assert [dict(row) for row in found] == ROWS


def test_a_row_that_is_there_stays_or_changes_as_the_statement_says(database: Database) -> None:
    _conflict(database)


@pytest.mark.live
def test_a_row_that_is_there_on_postgresql_too(postgres: Database) -> None:
    _conflict(postgres)


def _conflict(db: Database) -> None:
    rows = [{"name": "rain", "slug": "rain"}, {"name": "showers", "slug": "rain"}]
    with db.write() as tx:
        insert_rows(tx, upsert(tx, topic_name), rows[:1])
        insert = upsert(tx, topic_name)
        changing = insert.on_conflict_do_update(
            index_elements=["name"], set_={"slug": insert.excluded.slug}
        )
        insert_rows(tx, changing, [{"name": "rain", "slug": "weather"}])
        insert_rows(tx, upsert(tx, topic_name).on_conflict_do_nothing(), rows)
    with db.read() as conn:
        found = {row.name: row.slug for row in conn.execute(sa.select(topic_name))}
    assert found == {"rain": "weather", "showers": "rain"}


@pytest.mark.parametrize(("durable", "waits"), [(True, "on"), (False, "off")])
@pytest.mark.live
def test_only_what_is_derived_commits_without_waiting_for_the_disk(
    postgres: Database, durable: bool, waits: str
) -> None:
    with postgres.write(durable=durable) as tx:
        assert tx.exec_driver_sql("SHOW synchronous_commit").scalar_one() == waits
    with postgres.write() as tx:  # on the same connection
        assert tx.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_what_is_not_durable_is_committed_like_anything_else(database: Database) -> None:
    with database.write(durable=False) as tx:
        tx.execute(schema.hub.insert().values(name="a", value="b"))
    with database.read() as conn:
        found = conn.execute(sa.select(schema.hub.c.value).where(schema.hub.c.name == "a"))
        assert found.scalar_one() == "b"
