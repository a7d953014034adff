"""Filing as a transaction: ghosts come, resolve and return, whatever the order of arrival."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from seealso_feeds.flow import Filing
from seealso_feeds.relate import related_articles, related_topics
from seealso_feeds.vocabulary import parse
from seealso_related.filing import ABOUT as PURE_ABOUT
from seealso_sdk.model import SeeAlso
from seealso_store import articles, ledger, topics
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare
from seealso_store.schema import article_version, metadata, placement, see_also

from tests.conftest import new_postgres, prepared
from tests.services.feeds.press import HUB, Press, filed, origins, state


@pytest.fixture(scope="module")
def postgres(live_engines: None) -> Iterator[Database]:
    with new_postgres() as url, prepared(url) as db:
        yield db


def emptied(db: Database) -> Database:
    with db.write() as tx:
        for table in metadata.sorted_tables:
            tx.execute(sa.delete(table))
    return db


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def store(request: pytest.FixtureRequest) -> Database:
    """A store on each engine."""
    if request.param == "sqlite":
        db: Database = request.getfixturevalue("database")
        return db
    return emptied(request.getfixturevalue("postgres"))


@pytest.fixture
def press(store: Database) -> Press:
    return Press(store)


def links(store: Database, article_id: str) -> list[tuple[str, str]]:
    query = sa.select(placement.c.related).where(placement.c.article_id == article_id)
    with store.read() as conn:
        return [(one["title"], one["url"]) for one in json.loads(conn.execute(query).scalar_one())]


def categories(store: Database, article_id: str) -> list[str]:
    query = sa.select(placement.c.categories).where(placement.c.article_id == article_id)
    with store.read() as conn:
        return [one["slug"] for one in json.loads(conn.execute(query).scalar_one())]


def test_a_title_that_nobody_has_written_yet_becomes_a_ghost(press: Press, store: Database) -> None:
    press.publish("a1", "What to expect at screening", see_also=["Mammogram", "Bone scan"])
    press.file()
    assert origins(store) == {"mammogram": "ghost", "bone-scan": "ghost"}
    assert filed(store, "a1")["mammogram"] == (
        "see-also",
        0.3,
        "Its See also list names “Mammogram”",
    )
    with store.read() as conn:
        assert [(g.slug, g.asked) for g in topics.ghosts(conn)] == [
            ("bone-scan", 1),
            ("mammogram", 1),
        ]


@pytest.mark.parametrize("first", ["asker", "answer"])
def test_a_ghost_resolves_in_either_order(press: Press, store: Database, first: str) -> None:
    steps = [
        lambda: press.publish("a1", "Screening", see_also=["Mammogram"]),
        lambda: press.publish("b1", "Mammogram", body_text="A mammogram is an X-ray picture."),
    ]
    for step in steps if first == "asker" else reversed(steps):
        step()
        press.file()
    assert origins(store) == {"mammogram": "article"}
    assert filed(store, "b1") == {"mammogram": ("derived", 0.95, "Its title is the topic's name")}
    assert links(store, "a1") == [("Mammogram", f"{HUB}/articles/b1")]
    assert categories(store, "b1") == ["mammogram"]
    assert categories(store, "a1") == []


def test_a_withdrawn_answer_leaves_the_ghost_that_it_found(press: Press, store: Database) -> None:
    press.publish("a1", "Screening", see_also=[SeeAlso("Mammogram", url="https://x.test/mammo")])
    press.file()
    before = state(store)
    press.publish("b1", "Mammogram")
    press.file()
    assert links(store, "a1") == [("Mammogram", f"{HUB}/articles/b1")]
    press.withdraw("b1")
    press.file()
    after = state(store)
    assert filed(store, "b1") == {"mammogram": ("withdrawn", 0.95, "Its title is the topic's name")}
    after["filing"] = [row for row in after["filing"] if row[1] != "b1"]
    assert after == before
    assert links(store, "a1") == [("Mammogram", "https://x.test/mammo")]


def test_a_ghost_that_nobody_asks_for_any_more_is_gone(press: Press, store: Database) -> None:
    press.publish("a1", "Screening", see_also=["Mammogram", "MRI"])
    press.file()
    press.publish("a1", "Screening", see_also=["MRI"])
    press.file()
    assert origins(store) == {"mri": "ghost"}
    press.withdraw("a1")
    press.file()
    assert origins(store) == {}


def test_filing_twice_writes_nothing(press: Press, store: Database) -> None:
    press.publish("a1", "Screening", see_also=["Mammogram"], topics=["Cancer"])
    press.publish("b1", "Mammogram", keywords=("cancer",))
    press.file()
    before = state(store)
    with store.read() as conn:
        stamps = conn.execute(sa.select(placement.c.article_id, placement.c.updated)).all()
    with store.write() as tx:
        assert ledger.reopen(tx, ledger.FILING, None, now=press.clock) == 2
    press.file()
    assert state(store) == before
    with store.read() as conn:
        assert conn.execute(sa.select(placement.c.article_id, placement.c.updated)).all() == stamps


def test_the_editors_topics_come_first_and_are_found_in_titles(
    press: Press, store: Database
) -> None:
    press.publish("a1", "Living with diabetes in summer", summary="Heat and insulin.")
    press.file()
    assert filed(store, "a1") == {}
    press.publish("b1", "Checking feet", topics=["Diabetes", "Foot care"])
    press.file()
    assert filed(store, "b1")["diabetes"][:2] == ("editorial", 1.0)
    assert filed(store, "a1") == {"diabetes": ("derived", 0.7, "Its title says “Diabetes”")}
    press.publish("b1", "Checking feet", topics=["Foot care"])
    press.file()
    assert filed(store, "a1") == {}
    assert origins(store) == {"foot-care": "article"}


def test_a_reference_by_id_resolves_when_its_article_comes(press: Press, store: Database) -> None:
    press.publish("a1", "Anaemia", source="lib", see_also=[SeeAlso("", ref="t-7")])
    press.file()
    assert origins(store) == {}
    press.publish("b1", "Iron", source="lib", external_id="t-7")
    press.file()
    assert links(store, "a1") == [("Iron", f"{HUB}/articles/b1")]
    press.publish("b1", "Iron in food", source="lib", external_id="t-7")
    press.file()
    assert links(store, "a1") == [("Iron in food", f"{HUB}/articles/b1")]


def test_an_address_resolves_however_it_is_spelt(press: Press, store: Database) -> None:
    press.publish("a1", "Screening", see_also=[
        SeeAlso("", url="HTTPS://Example.org:443/mammo?utm_source=x#top"),
    ])  # fmt: skip
    press.publish("a2", "Mammogram", canonical_url="https://example.org/mammo")
    with store.write() as tx:
        articles.remember_names(tx, {"url:https://example.org/mammo": "a2"})
    press.file()
    assert links(store, "a1") == [("Mammogram", f"{HUB}/articles/a2")]


def test_a_title_resolves_to_its_own_language_first(press: Press, store: Database) -> None:
    press.publish("a1", "Screening", see_also=["MRI"])
    press.publish("b1", "MRI", language="es")
    press.file()
    assert links(store, "a1") == [("MRI", f"{HUB}/articles/b1")]
    press.publish("c1", "MRI", language="en-GB")
    press.file()
    assert links(store, "a1") == [("MRI", f"{HUB}/articles/c1")]


def import_topics(store: Database, *given: dict[str, object]) -> object:
    return Filing(store, hub_url=HUB).import_topics(
        parse(json.dumps(given).encode(), "application/json")
    )


def test_an_import_turns_ghosts_into_topics_and_files_what_names_them(
    press: Press, store: Database
) -> None:
    press.publish("a1", "Screening", see_also=["Mammogram", "Mammography"])
    press.publish("b1", "Preparing for mammograms", body_text="Wear no cream.")
    press.file()
    assert origins(store) == {"mammogram": "ghost", "mammography": "ghost"}
    given = {
        "label": "Mammogram",
        "synonyms": ["Mammography", "Breast X-ray"],
        "description": "A picture of the breast.",
        "related": ["Breast cancer"],
    }
    other = {"label": "Breast cancer"}
    import_topics(store, given, other)
    press.file()
    assert origins(store) == {"mammogram": "import", "breast-cancer": "import"}
    assert filed(store, "a1") == {
        "mammogram": ("see-also", 0.3, "Its See also list names “Mammogram”")
    }
    assert filed(store, "b1") == {"mammogram": ("derived", 0.7, "Its title says “Mammogram”")}
    before = state(store)
    again = import_topics(store, given, other)
    assert (again.created, again.changed, again.unchanged, again.refiled) == (0, 0, 2, 0)  # type: ignore[attr-defined]
    assert again.relations == 0  # type: ignore[attr-defined]
    assert state(store) == before
    with store.read() as conn:
        assert not ledger.due(conn, ledger.FILING, press.clock * 2)
        related = related_topics(conn, "mammogram")
    assert related[0].slug == "breast-cancer"
    assert "vocabulary" in related[0].reason


def test_an_operator_gives_a_ghost_another_name(press: Press, store: Database) -> None:
    press.publish("a1", "Screening", see_also=["MRI"])
    press.publish("b1", "Scans", see_also=["Magnetic resonance imaging"])
    press.file()
    desk = Filing(store, hub_url=HUB)
    done = desk.alias("mri", "Magnetic resonance imaging")
    press.file()
    assert done.merged == "magnetic-resonance-imaging"
    assert origins(store) == {"mri": "ghost"}
    assert set(filed(store, "a1")) == set(filed(store, "b1")) == {"mri"}
    with store.read() as conn:
        assert topics.ghosts(conn)[0].asked == 2
        topic = topics.get(conn, "magnetic-resonance-imaging")
    assert topic is not None
    assert (topic.slug, topic.synonyms) == ("mri", ("Magnetic resonance imaging",))


def test_one_broken_article_is_set_back_and_the_others_are_filed(
    press: Press, store: Database
) -> None:
    press.publish("a1", "Screening", see_also=["MRI"])
    press.publish("b1", "Scans", see_also=["MRI"])
    with store.write() as tx:
        tx.execute(
            sa.update(article_version)
            .where(article_version.c.article_id == "b1")
            .values(body=b'{"id": "b1", "version": 1, "title": 7}')
        )
    press.file()
    with store.read() as conn:
        assert ledger.counts(conn)[ledger.FILING] == ledger.Counts(waiting=1, settled=1)
        row = next(r for r in ledger.rows(conn, "b1") if r.output == ledger.FILING)
    assert row.error is not None
    assert "title" in row.error
    assert set(filed(store, "a1")) == {"mri"}


def test_an_article_that_never_can_be_filed_becomes_a_dead_letter(
    press: Press, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seealso_feeds.filing.RETRIES", (0, 0))
    press.publish("b1", "Scans")
    with store.write() as tx:
        tx.execute(sa.update(article_version).values(body=b"not JSON"))
    press.file()
    with store.read() as conn:
        dead = ledger.dead(conn)
    assert [(one.article_id, one.output, one.attempts) for one in dead] == [
        ("b1", ledger.FILING, 3)
    ]


def test_related_articles_say_why_and_end_with_the_ghosts(press: Press, store: Database) -> None:
    press.publish("a1", "Screening", see_also=["Mammogram", "Bone scan"], topics=["Cancer"])
    press.publish("b1", "Mammogram", body_text="An X-ray picture of the breast.")
    press.publish("c1", "Cancer in the family", topics=["Cancer"])
    press.file()
    with store.read() as conn:
        with_ghosts = related_articles(conn, "a1", ghosts=True)
        without = related_articles(conn, "a1")
        back = related_articles(conn, "b1")
    assert [(one.id, one.title) for one in with_ghosts] == [
        ("b1", "Mammogram"),
        ("c1", "Cancer in the family"),
        (None, "Bone scan"),
    ]
    assert with_ghosts[:2] == without
    assert without[0].reason == "Named in this article's See also list"
    assert without[1].reason == "Both are filed under Cancer"
    assert back[0].id == "a1"
    assert back[0].reason == "Its See also list names this article"


def test_the_two_ideas_of_being_about_a_topic_are_one() -> None:
    assert topics.ABOUT == PURE_ABOUT


TITLES = ["Mammogram", "MRI", "Bone scan", "Breast MRI", "mri", "The MRI of the breast"]
STEP = st.tuples(
    st.sampled_from(["a1", "b1", "c1", "d1"]),
    st.sampled_from(["publish", "publish", "withdraw", "file"]),
    st.sampled_from(TITLES),
    st.lists(st.sampled_from(TITLES), max_size=3),
    st.lists(st.sampled_from(["Breast MRI", "Scans", "Bone scan"]), max_size=2),
    st.sampled_from(["en", "es"]),
)


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes minutes of commits
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEP, max_size=12))
def test_the_final_state_does_not_depend_on_the_order(
    steps: list[tuple[str, str, str, list[str], list[str], str]],
    pair: tuple[Database, Database],
) -> None:
    walked, straight = (Press(emptied(db)) for db in pair)
    for article_id, what, title, listed, labels, language in steps:
        if what == "publish":
            walked.publish(article_id, title, see_also=listed, topics=labels, language=language)
        elif what == "file":
            walked.file(batch=1)
        elif article_id in walked.versions:
            walked.withdraw(article_id)
    walked.file(batch=2)
    for article in sorted(walked.versions.values(), key=lambda one: one.id, reverse=True):
        if article.status == "published":
            straight.publish(
                article.id,
                article.title,
                see_also=article.see_also,
                topics=[one.label for one in article.topics],
                language=article.language,
            )
    straight.file()
    owed = {row[0] for row in state(walked.database)["filing"] if row[2] == "withdrawn"}
    assert comparable(walked.database, owed) == comparable(straight.database, owed)


def comparable(database: Database, but: set[str]) -> object:
    """The state without how names are spelt, and without what is kept of the past: topics that owe
    somebody a tombstone, and where articles have been."""
    said = state(database)
    return {
        "topic": {(row[0], row[3]) for row in said["topic"] if row[0] not in but},
        "filing": [row[:4] for row in said["filing"] if row[0] not in but and row[2] != "left"],
        "see_also": said["see_also"],
        "term": said["term"],
    }


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Database]]:
    """Two SQLite stores, to be emptied by who uses them."""
    found = []
    for _ in range(2):
        db = open_database(f"sqlite:///{tmp_path_factory.mktemp('hub') / 'hub.sqlite3'}")
        prepare(db)
        found.append(db)
    yield found[0], found[1]
    for db in found:
        db.close()


def test_no_see_also_row_points_at_what_is_not_there(press: Press, store: Database) -> None:
    press.publish("a1", "One", see_also=["Two"])
    press.publish("b1", "Two", see_also=["One"])
    press.file()
    press.withdraw("a1")
    press.file()
    with store.read() as conn:
        rows = conn.execute(sa.select(see_also.c.article_id, see_also.c.target_id)).all()
    assert [tuple(row) for row in rows] == [("b1", None)]
