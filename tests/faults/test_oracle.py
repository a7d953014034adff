"""The oracle of the fault suite sees each kind of loss and doubling, and nothing where all is well."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from faults.mutants import MUTANTS
from faults.oracle import (
    Book,
    Confirmed,
    Mail,
    Received,
    State,
    Version,
    Work,
    judge,
    judge_finals,
    judge_histories,
    merged,
)
from faults.order import histories
from faults.process import Plan
from faults.table import EXPERIMENTS

FEED = "/topics/shelf/feed"
READER = "ana@reader.example"


def book() -> Book:
    """Two articles were confirmed, one of them changed, the other taken back; one issue mailed."""
    made = Book()
    made.confirmed = [
        Confirmed("k-0", "a0", 1, "k-0 revision 1"),
        Confirmed("k-0", "a0", 2, "k-0 revision 2"),
        Confirmed("k-1", "a1", 1, "k-1 revision 1"),
        Confirmed("k-1", "a1", 2, ""),
    ]
    made.feeds[FEED] = {"k-0", "k-1"}
    made.issues = {"shelf.1": frozenset({READER})}
    return made


def state() -> State:
    """A hub that kept all of it."""
    return State(
        outputs=frozenset({"rss"}),
        versions=[
            Version("a0", 1, "create", "k-0 revision 1", "", "k-0"),
            Version("a0", 2, "update", "k-0 revision 2", "", "k-0"),
            Version("a1", 1, "create", "k-1 revision 1", "", "k-1"),
            Version("a1", 2, "withdraw", "k-1 revision 1", "", "k-1"),
        ],
        statuses={"a0": "published", "a1": "withdrawn"},
        work=[
            Work(article, output, 2, 2, "settled")
            for article in ("a0", "a1")
            for output in ("rss", "filing")
        ],
        renditions={("a0", "rss"): 2},
        effects={("a0", "rss", 1): 1, ("a0", "rss", 2): 1, ("a1", "rss", 1): 1},
        feeds={f"{FEED}.rss": frozenset({"k-0 revision 2"})},
        pages={"a0": 200, "a1": 410},
        mails=[Mail("shelf.1", READER, "sent", "<1@hub>")],
        received=[Received(READER, "<1@hub>")],
    )


def test_where_all_is_well_nothing_is_said() -> None:
    judged = judge(book(), state())
    assert judged.lost == ()
    assert judged.doubled == ()


LOST = {
    "a version is missing": {"versions": state().versions[1:]},
    "another content stands in its place": {
        "versions": [replace(state().versions[0], title="else"), *state().versions[1:]]
    },
    "a withdrawal had no effect": {"statuses": {"a0": "published", "a1": "published"}},
    "work is not settled": {"work": [replace(state().work[0], state="leased"), *state().work[1:]]},
    "work is settled at an older version": {
        "work": [replace(state().work[0], settled=1), *state().work[1:]]
    },
    "there is no row of work": {"work": state().work[1:]},
    "a rendition is missing": {"renditions": {}},
    "a withdrawn article has renditions": {"renditions": {("a0", "rss"): 2, ("a1", "rss"): 1}},
    "a feed is without the article": {"feeds": {f"{FEED}.rss": frozenset()}},
    "a feed has an older revision": {"feeds": {f"{FEED}.rss": frozenset({"k-0 revision 1"})}},
    "a feed has what was taken back": {
        "feeds": {f"{FEED}.rss": frozenset({"k-0 revision 2", "k-1 revision 1"})}
    },
    "a page answers wrongly": {"pages": {"a1": 200}},
    "a mail counts as sent and never came": {"received": []},
    "a mail still waits": {"mails": [replace(state().mails[0], state="waiting")]},
    "a reader got no delivery": {"mails": [], "received": []},
    "the database is damaged": {"damage": "integrity_check: row 7 missing"},
}


@pytest.mark.parametrize("what", LOST)
def test_a_loss_is_seen(what: str) -> None:
    assert judge(book(), replace(state(), **LOST[what])).lost  # type: ignore[arg-type]


DOUBLED = {
    "an article is there twice": {
        "versions": [*state().versions, Version("a9", 1, "create", "k-0 revision 9", "", "k-0")]
    },
    "a content is two versions": {
        "versions": [*state().versions, Version("a0", 3, "update", "k-0 revision 2", "", "k-0")]
    },
    "a rendition was stored twice": {"effects": {("a0", "rss", 2): 2}},
    "a mail came twice": {"received": [Received(READER, "<1@hub>")] * 2},
    "a mail came that no row knows": {
        "received": [Received(READER, "<1@hub>"), Received(READER, "<2@hub>")]
    },
}


@pytest.mark.parametrize("what", DOUBLED)
def test_a_doubling_is_seen(what: str) -> None:
    assert judge(book(), replace(state(), **DOUBLED[what])).doubled  # type: ignore[arg-type]


def test_an_uncertain_mail_is_neither_lost_nor_doubled_whether_it_came_or_not() -> None:
    unsure = [replace(state().mails[0], state="uncertain")]
    for received in ([], [Received(READER, "<1@hub>")]):
        judged = judge(book(), replace(state(), mails=unsure, received=received))
        assert judged.lost == judged.doubled == ()


def test_a_confirmation_may_come_again_with_its_own_id_but_not_three_times() -> None:
    asking = [*state().mails, Mail("confirm:1", READER, "sent", "<c@hub>")]
    for times, fine in ((1, True), (2, True), (3, False)):
        received = [Received(READER, "<1@hub>"), *[Received(READER, "<c@hub>")] * times]
        judged = judge(book(), replace(state(), mails=asking, received=received))
        assert (judged.doubled == ()) is fine


def test_the_books_of_two_clients_are_judged_as_one() -> None:
    other = Book()
    other.confirmed = [Confirmed("m-0", "a7", 1, "m-0 revision 1")]
    assert judge(merged([book()]), state()).lost == ()
    (lost,) = judge(merged([book(), other]), state()).lost
    assert "m-0" in lost


def version(number: int, op: str, updated: str) -> Version:
    return Version("a0", number, op, f"k-0 at {updated}", updated, "k-0")


def test_a_history_may_only_go_forward() -> None:
    good = [version(1, "create", "1"), version(2, "update", "3"), version(3, "withdraw", "3")]
    assert judge_histories(good).lost == ()
    back = [version(1, "create", "3"), version(2, "update", "1")]
    assert "1 over 3" in judge_histories(back).lost[0]
    again = [*good, version(4, "reinstate", "4")]
    assert "after its withdrawal" in judge_histories(again).lost[0]


def test_the_last_word_of_a_history_is_the_one_that_stands() -> None:
    rows = [version(1, "create", "1"), version(2, "update", "2")]
    published = {"a0": "published"}
    assert judge_finals({"k-0": "k-0 at 2"}, rows, published).lost == ()
    assert judge_finals({"k-0": "k-0 at 1"}, rows, published).lost
    assert judge_finals({"k-0": ""}, rows, published).lost
    assert judge_finals({"k-9": "anything"}, rows, published).lost


def test_the_same_seed_makes_the_same_histories() -> None:
    one, two = (histories(random.Random("7 F17 embedded"), 50) for _ in range(2))
    assert one == two
    assert one != histories(random.Random("8 F17 embedded"), 50)


def test_a_plan_that_changes_nothing_is_not_even_read() -> None:
    assert Plan().to_json() == ""
    assert '"kill": "send:before"' in Plan(kill="send:before").to_json()


def test_every_mutant_names_an_experiment_that_there_is() -> None:
    names = [one.name for one in EXPERIMENTS]
    assert len(names) == len(set(names))
    assert {mutant.experiment for mutant in MUTANTS.values()} <= set(names)
    for about in ("lease", "versions", "sweeper", "commit"):
        assert any(about in mutant.about for mutant in MUTANTS.values())
