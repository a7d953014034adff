"""`seealso_store.articles`: the current state only goes forward, the history only grows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from seealso_sdk.model import Article, Series
from seealso_store import articles
from seealso_store.articles import Change
from seealso_store.database import Database

SECOND = 1_000_000


def make(number: int = 1, version: int = 1, **fields: object) -> Change:
    article = Article(
        id=f"a{number:015d}",
        version=version,
        title=fields.pop("title", f"How a lens is ground, part {number}"),  # type: ignore[arg-type]
        content_hash=f"hash-{number}-{version}",
        **{k: fields.pop(k) for k in list(fields) if k in Article.__dataclass_fields__},  # type: ignore[arg-type]
    )
    at = (number + version) * SECOND
    given = {"op": "create", "at": at, "first_seen": SECOND, "sort_at": at, **fields}
    return Change(article=article, **given)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.live)])
def db(request: pytest.FixtureRequest) -> Database:
    """Both engines."""
    found: Database = request.getfixturevalue(
        "database" if request.param == "sqlite" else "postgres"
    )
    return found


def test_a_version_is_kept_and_found_by_every_name(db: Database) -> None:
    change = make(keys=("id:api:7", "url:https://example.org/7"), series=Series("On Glass"))
    with db.write() as tx:
        articles.apply(tx, [change])
    with db.read() as conn:
        assert articles.names(conn, ["id:api:7", "url:https://example.org/7", "id:api:8"]) == {
            "id:api:7": change.article.id,
            "url:https://example.org/7": change.article.id,
        }
        row = articles.find(conn, change.article.id)
        assert row is not None
        assert (row.version, row.status, row.series_slug) == (1, "published", "on-glass")
        assert articles.current(conn, change.article.id) == change.article
        assert articles.keys_of(conn, change.article.id) == list(change.keys)


def test_a_name_that_is_taken_stays_taken(db: Database) -> None:
    with db.write() as tx:
        articles.apply(tx, [make(1, keys=("url:https://example.org/x",))])
        articles.apply(tx, [make(2, keys=("url:https://example.org/x", "id:api:2"))])
    with db.read() as conn:
        assert articles.keys_of(conn, make(1).article.id) == ["url:https://example.org/x"]
        assert articles.keys_of(conn, make(2).article.id) == ["id:api:2"]


def test_the_newest_of_several_versions_in_one_batch_is_current(db: Database) -> None:
    with db.write() as tx:
        articles.apply(tx, [make(1, 1), make(1, 2, title="Better"), make(2, 1)])
    with db.read() as conn:
        found = articles.current(conn, make(1).article.id)
        assert found is not None
        assert (found.version, found.title) == (2, "Better")
        assert [v.version for v in articles.versions(conn, make(1).article.id)] == [1, 2]


def test_nothing_older_lies_over_something_newer(db: Database) -> None:
    with db.write() as tx:
        articles.apply(tx, [make(1, 3, title="New")])
        articles.apply(tx, [make(1, 2, title="Old")])
    with db.read() as conn:
        row = articles.find(conn, make(1).article.id)
        assert row is not None
        assert (row.version, row.title) == (3, "New")


def test_bodies_are_read_by_version(db: Database) -> None:
    with db.write() as tx:
        articles.apply(tx, [make(1, 1), make(1, 2)])
    key = make(1).article.id
    with db.read() as conn:
        found = articles.version_bodies(conn, [(key, 1), (key, 9)])
        assert {k: Article.from_json(v).version for k, v in found.items()} == {(key, 1): 1}
        assert articles.current_bodies(conn, [key, "a-none"]) == {key: make(1, 2).article.to_json()}


def test_the_first_seen_time_is_for_life(db: Database) -> None:
    with db.write() as tx:
        articles.apply(tx, [replace(make(1, 1), first_seen=5)])
        articles.apply(tx, [replace(make(1, 2), first_seen=9)])
    with db.read() as conn:
        row = articles.find(conn, make(1).article.id)
        assert row is not None
        assert row.first_seen == 5


def test_a_withdrawal_keeps_its_time_and_reason_and_a_reinstatement_clears_them(
    db: Database,
) -> None:
    gone = make(1, 2, op="withdraw", status="withdrawn", reason="Wrong dose", withdrawn_at=77)
    back = make(1, 3, op="reinstate")
    key = gone.article.id
    with db.write() as tx:
        articles.apply(tx, [make(1, 1), gone])
        row = articles.find(tx, key)
        assert row is not None
        assert (row.withdrawn_at, row.withdrawn_reason) == (77, "Wrong dose")
        articles.apply(tx, [back])
        row = articles.find(tx, key)
        assert row is not None
        assert (row.withdrawn_at, row.withdrawn_reason) == (None, None)


def test_pages_of_the_list_hold_every_article_once_newest_changed_first(db: Database) -> None:
    with db.write() as tx:
        articles.apply(tx, [replace(make(n), at=SECOND * (n // 3)) for n in range(1, 24)])
    seen: list[str] = []
    cursor = None
    with db.read() as conn:
        while True:
            page = articles.search(conn, limit=5, cursor=cursor)
            seen += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == [make(n).article.id for n in range(23, 0, -1)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"status": "withdrawn"}, {2}),
        ({"source": "desk"}, {3}),
        ({"query": "LENS is"}, {1, 2}),
        ({"query": "café"}, {3}),
        ({"query": "cafe"}, {3}),
        ({"query": "https://example.org/3"}, {3}),
        ({"query": "a000000000000001"}, {1}),
        ({"query": "100%"}, set()),
        ({"query": "_"}, set()),
        ({"query": "lens", "status": "published"}, {1}),
    ],
)
def test_the_list_is_searched(database: Database, wanted: dict[str, str], found: set[int]) -> None:
    with database.write() as tx:
        articles.apply(
            tx,
            [
                make(1),
                make(2, status="withdrawn"),
                make(3, title="Café tables", source="desk", canonical_url="https://example.org/3"),
            ],
        )
    with database.read() as conn:
        page = articles.search(conn, **wanted)  # type: ignore[arg-type]
        assert {row.id for row in page.rows} == {make(n).article.id for n in found}
        assert articles.counts(conn) == {"published": 2, "withdrawn": 1}


@pytest.mark.parametrize("cursor", ["", "7", "x.a1", "-1.a1", "9" * 30 + ".a1", "٣.a1"])
def test_a_cursor_from_elsewhere_is_refused(database: Database, cursor: str) -> None:
    with database.read() as conn:
        if cursor == "":
            assert articles.search(conn, cursor=cursor).rows == ()
        else:
            with pytest.raises(ValueError, match="earlier page"):
                articles.search(conn, cursor=cursor)


def test_what_is_due_is_found_the_longest_due_first(db: Database) -> None:
    with db.write() as tx:
        articles.apply(tx, [make(1, due=300), make(2, due=100), make(3, due=900), make(4)])
    with db.read() as conn:
        assert [row.due for row in articles.due(conn, 300, limit=10)] == [100, 300]
        assert [row.due for row in articles.due(conn, 300, limit=1)] == [100]


def test_no_renditions_are_left_after_they_are_deleted(database: Database) -> None:
    row = {
        "output": "rss",
        "version": 1,
        "plugin_version": "1",
        "hash": "h",
        "body": b"x",
        "size": 1,
        "created": 1,
    }
    with database.write() as tx:
        tx.execute(articles.rendition.insert(), [{"article_id": n, **row} for n in ("a1", "a2")])
        articles.delete_renditions(tx, ["a1"])
    with database.read() as conn:
        left = conn.execute(articles.select(articles.rendition.c.article_id)).scalars().all()
    assert left == ["a2"]


@pytest.mark.live
def test_two_deciders_about_one_new_name_wait_for_each_other(postgres: Database) -> None:
    import threading

    entered, seen = threading.Event(), []

    def second() -> None:
        with postgres.write() as tx:
            entered.set()
            articles.lock_names(tx, ["id:api:1", "id:api:0"])
            seen.append(articles.names(tx, ["id:api:1"]))

    thread = threading.Thread(target=second)
    with postgres.write() as tx:
        articles.lock_names(tx, ["id:api:1"])
        thread.start()
        assert entered.wait(10)
        articles.apply(tx, [make(1, keys=("id:api:1",))])
    thread.join(20)
    assert seen == [{"id:api:1": make(1).article.id}]
