"""`seealso_store.reviews`: what is to be looked over, and the dates of articles of before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from seealso_sdk.model import Article
from seealso_store import articles, reviews
from seealso_store.articles import Change, review_moment
from seealso_store.database import Database
from seealso_store.schema import article

SECOND = 1_000_000
DAY = 86_400 * SECOND
NOON = 20_000 * DAY + DAY // 2  # 2024-10-04


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.live)])
def db(request: pytest.FixtureRequest) -> Database:
    """Both engines."""
    found: Database = request.getfixturevalue(
        "database" if request.param == "sqlite" else "postgres"
    )
    return found


def change(number: int, review_by: str | None, **fields: object) -> Change:
    made = Article(
        id=f"a{number:015d}",
        version=1,
        title=f"Note {number}",
        content_hash=str(number),
        review_by=review_by,
    )
    return Change(
        article=replace(made, **fields),  # type: ignore[arg-type]
        op="create",
        at=NOON,
        first_seen=NOON,
        sort_at=NOON,
    )


def test_what_is_due_comes_the_longest_due_first_and_only_what_readers_see(db: Database) -> None:
    with db.write() as tx:
        articles.apply(
            tx,
            [
                change(1, "2024-10-05"),
                change(2, "2024-10-04"),
                change(3, "2024-09-01T10:00:00+02:00"),
                change(4, None),
                change(5, "2024-01-01", status="withdrawn"),
                change(6, "2024-10-03", source="desk"),
            ],
        )
    with db.read() as conn:
        assert [row.id[-1] for row in reviews.due(conn, NOON).rows] == ["3", "6", "2"]
        assert [row.id[-1] for row in reviews.due(conn, NOON + DAY).rows] == ["3", "6", "2", "1"]
        assert [row.id[-1] for row in reviews.due(conn, NOON, source="desk").rows] == ["6"]
        assert reviews.count(conn, NOON) == 3
        first = reviews.due(conn, NOON, limit=2)
        rest = reviews.due(conn, NOON, limit=2, cursor=first.next_cursor)
        assert [row.id[-1] for row in first.rows + rest.rows] == ["3", "6", "2"]
        assert rest.next_cursor is None
        with pytest.raises(ValueError, match="cursor"):
            reviews.due(conn, NOON, cursor="x")


def test_a_new_version_moves_the_date(database: Database) -> None:
    first = change(1, "2024-10-01")
    later = replace(first, article=replace(first.article, version=2, review_by="2025-10-01"))
    with database.write() as tx:
        articles.apply(tx, [first])
        articles.apply(tx, [later])
        assert reviews.count(tx, NOON) == 0
        assert reviews.count(tx, NOON + 400 * DAY) == 1


def test_articles_of_before_get_their_dates_in_small_steps(db: Database) -> None:
    made = [change(n, f"2024-10-{n:02d}" if n % 2 else None) for n in range(1, 8)]
    with db.write() as tx:
        articles.apply(tx, made)
        tx.execute(article.update().values(review_at=None))  # as the release before left them
    steps = 0
    done = False
    while not done:
        steps += 1
        with db.write() as tx:
            done = reviews.fill(tx, limit=3)
    assert steps == 3
    with db.read() as conn:
        assert reviews.filled(conn)
        found = {row.id: row.review_at for row in reviews.due(conn, NOON + 99 * DAY).rows}
    assert found == {
        one.article.id: review_moment(one.article.review_by)
        for one in made
        if one.article.review_by
    }
    with db.write() as tx:
        assert reviews.fill(tx)
