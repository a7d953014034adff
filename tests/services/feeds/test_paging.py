"""Paging: whatever arrives meanwhile, a walk meets each article that stays exactly once."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from lxml import etree
from seealso_store import feeds, schema, topics
from seealso_store.database import Database
from seealso_store.feeds import ByRank, BySeries, ByTopics, Cursor, Everything, Selection
from sqlalchemy import Connection

from tests.services.feeds.house import House

FEED = "/topics/compost/feed.json"


def add(tx: Connection, article_id: str, sort_at: int, *origins: str, language: str = "en") -> None:
    """An article with a rendition, filed under topics t0, t1, ... with these origins."""
    tx.execute(
        schema.article.insert().values(
            id=article_id, version=1, status="published", kind="article", title=article_id,
            folded=article_id, language=language, source="t", series_slug="s", series_title="S",
            content_hash=article_id, sort_at=sort_at, first_seen=0, changed=7,
        )
    )  # fmt: skip
    tx.execute(
        schema.rendition.insert().values(
            article_id=article_id, output="rss", version=1, plugin_version="1",
            hash=f"h-{article_id}", body=b"", size=0, created=5,
        )
    )  # fmt: skip
    for number, origin in enumerate(origins):
        if origin:
            tx.execute(
                schema.filing.insert().values(
                    slug=f"t{number}", article_id=article_id, origin=origin, score=1.0,
                    reason="", sort_at=sort_at,
                )
            )  # fmt: skip


def topic(slug: str, origin: str = "import") -> topics.Topic:
    return topics.Topic(slug, slug, "", (), origin, None, "", 0, 0)


def walk(
    conn: Connection, selection: Selection, limit: int, before: Cursor | None = None
) -> list[str]:
    met: list[str] = []
    while True:
        page = feeds.listing(conn, selection, "rss", limit=limit, before=before)
        if not page:
            return met
        met += [line.article_id for line in page]
        before = page[-1].cursor


def fill(database: Database) -> None:
    """90 articles, many at the same instant, filed in all ways."""
    dice = random.Random(20240409)
    ways = ("editorial", "derived", "see-also", "withdrawn", "")
    with database.write() as tx:
        for number in dice.sample(range(90), 90):
            filed = [dice.choice(ways) for _ in range(3)]
            language = dice.choice(("en", "es", "es-MX", "ES-es", "est"))
            add(tx, f"a{number:03d}", number // 7 * 1000, *filed, language=language)


SELECTIONS: tuple[Selection, ...] = (
    Everything(),
    BySeries("s"),
    ByTopics((topic("t0"),)),
    ByTopics((topic("t0", "ghost"),)),
    ByTopics((topic("t0"), topic("t1", "ghost"), topic("t2"))),
    ByTopics((topic("t0"), topic("t1"), topic("t2")), "es"),
    ByTopics((topic("unknown"),)),
    ByTopics(()),
)


def expected(conn: Connection, selection: Selection) -> list[str]:
    """The whole list by the plainest means: read everything, sort in Python."""
    rows = conn.execute(sa.select(schema.article)).all()
    kept = {row.id: (row.sort_at, row.id) for row in rows}
    if isinstance(selection, ByTopics):
        wanted = {(t.slug, o) for t in selection.topics for o in feeds.in_feed(t)}
        filed = conn.execute(sa.select(schema.filing)).all()
        there = {row.article_id for row in filed if (row.slug, row.origin) in wanted}
        spoken = {
            row.id
            for row in rows
            if not selection.language or row.language.lower() in ("es", "es-mx", "es-es")
        }
        kept = {i: key for i, key in kept.items() if i in there and i in spoken}
    return sorted(kept, key=lambda i: kept[i], reverse=True)


def check_walks(database: Database) -> None:
    with database.read() as conn:
        for selection in SELECTIONS:
            whole = expected(conn, selection)
            for limit in (3, 7, 200):
                assert walk(conn, selection, limit) == whole, (selection, limit)
        assert len(expected(conn, SELECTIONS[2])) > 15


def test_a_walk_meets_every_article_once_in_order(database: Database) -> None:
    fill(database)
    check_walks(database)


@pytest.mark.live
def test_a_walk_meets_every_article_once_in_order_on_postgresql(postgres: Database) -> None:
    fill(postgres)
    check_walks(postgres)


@pytest.mark.parametrize("seed", range(3))
def test_articles_that_stay_are_met_once_while_others_come_and_go(
    database: Database, seed: int
) -> None:
    dice = random.Random(seed)
    fill(database)
    selection = SELECTIONS[4]
    with database.read() as conn:
        stay = expected(conn, selection)
    leaving = set(dice.sample(stay, 10))
    met: list[str] = []
    before = None
    new = 0
    while True:
        with database.read() as conn:
            page = feeds.listing(conn, selection, "rss", limit=5, before=before)
        if not page:
            break
        met += [line.article_id for line in page]
        before = page[-1].cursor
        with database.write() as tx:
            add(tx, f"n{new}", dice.randrange(20_000), "editorial")
            if leaving:
                gone = leaving.pop()
                where = schema.article.c.id == gone
                tx.execute(schema.article.update().where(where).values(status="withdrawn"))
                stay.remove(gone)
        new += 1
    assert len(met) == len(set(met))
    assert [one for one in met if one in set(stay)] == stay


def test_the_page_before_ends_where_this_one_begins(database: Database) -> None:
    fill(database)
    with database.read() as conn:
        for selection in SELECTIONS[:6]:
            whole = expected(conn, selection)
            first = feeds.listing(conn, selection, "rss", limit=5)
            second = feeds.listing(conn, selection, "rss", limit=5, before=first[-1].cursor)
            third = feeds.listing(conn, selection, "rss", limit=5, before=second[-1].cursor)
            for page, newer in ((second, first), (third, second)):
                start = whole[whole.index(page[0].article_id) - 1]
                at = next(one.cursor for one in newer if one.article_id == start)
                before = feeds.page_before(conn, selection, "rss", limit=5, before=at)
                back = feeds.listing(conn, selection, "rss", limit=5, before=before)
                assert back == newer


def test_a_ranking_keeps_its_order_and_is_one_page(database: Database) -> None:
    fill(database)
    with database.read() as conn:
        ranked = ByRank(("a007", "a080", "a003", "nobody"))
        listed = feeds.listing(conn, ranked, "rss", limit=10)
        assert [one.article_id for one in listed] == ["a007", "a080", "a003"]
        assert feeds.page_before(conn, ranked, "rss", limit=1, before=Cursor(1, "a")) is None


def test_lists_walk_an_index_and_sort_nothing_large(database: Database) -> None:
    fill(database)
    statements: list[tuple[str, object]] = []
    sa.event.listen(
        database.engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, parameters, context, many: statements.append(
            (statement, parameters)
        ),
    )
    with database.read() as conn:
        for selection, index in (
            (SELECTIONS[2], "ix_filing_feed"),
            (BySeries("s"), "ix_article_series"),
            (Everything(), "ix_article_newest"),
        ):
            feeds.listing(conn, selection, "rss", limit=5, before=Cursor(9000, "a"))
            statement, parameters = statements[-1]
            plan = [
                row[3]
                for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            ]
            assert any(index in line for line in plan), plan
            assert not any(line.startswith("SCAN article") for line in plan), plan


def test_the_links_of_a_feed_lead_through_all_of_it_and_back(house: House) -> None:
    for number in range(7):
        house.publish(f"a{number}", f"Heap {number}", topics=("Compost",), day=number, file=False)
    house.file()
    met, url, back = [], f"{FEED}?limit=3", ""
    while url:
        document = house.json_feed(url)
        met += [one["url"].rpartition("/")[2] for one in document["items"]]
        assert document["feed_url"] == f"http://hub.test{url}"
        last, url = (
            url,
            urlsplit(document.get("next_url", ""))._replace(scheme="", netloc="").geturl(),
        )
    assert met == [f"a{number}" for number in reversed(range(7))]
    atom = etree.fromstring(house.get(last.replace(".json", ".atom")).data)
    links = {link.get("rel"): link.get("href") for link in atom.findall("{*}link")}
    assert links["first"] == "http://hub.test/topics/compost/feed.atom?limit=3"
    back = links["previous"].replace(".atom", ".json")
    assert house.ids(back.removeprefix("http://hub.test")) == ["a3", "a2", "a1"]


def test_an_id_is_the_same_in_every_feed_and_format(own_garden: House) -> None:
    items = own_garden.json_feed("/topics/compost/feed.json")["items"]
    alone = own_garden.json_feed("/topics/garden/feed.json")["items"]
    assert alone[0]["id"] == items[1]["id"]
    rss = etree.fromstring(own_garden.get("/topics/compost/feed.rss").data)
    assert [g.text for g in rss.iter("guid")] == [one["id"] for one in items]
    atom = etree.fromstring(own_garden.get("/topics/compost/feed.atom").data)
    assert [e.findtext("{*}id") for e in atom.iter("{*}entry")] == [one["id"] for one in items]
