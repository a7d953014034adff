"""The one place that decides about versions: nothing older over newer, nothing back from the dead."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from seealso_ingest import identity
from seealso_ingest.decide import Standing, Unchanged, decide, is_urgent, on_time, status_at
from seealso_ingest.drafting import Draft
from seealso_ingest.errors import Refused
from seealso_sdk.model import Article, Correction
from seealso_store.articles import Change

SECOND = 1_000_000
NOON = 1_760_011_200 * SECOND  # 2025-10-09T12:00:00Z


def draft(title: str = "A", *, withdrawn: bool = False, **fields: object) -> Draft:
    article = Article(id="", version=0, title=title, external_id="7", **fields)  # type: ignore[arg-type]
    keys = identity.keys(article)
    article = replace(
        article, id=identity.article_id(keys[0]), content_hash=identity.content_hash(article)
    )
    return Draft(article, keys, withdrawn, "Wrong" if withdrawn else "")


def standing(change: Change) -> Standing:
    return Standing(
        id=change.article.id,
        version=change.article.version,
        status=change.article.status,
        content_hash=change.article.content_hash,
        changed=change.at,
        first_seen=change.first_seen,
        article=change.article,
    )


def made(result: Change | Unchanged) -> Change:
    assert isinstance(result, Change)
    return result


def known(title: str = "A", *, now: int = NOON, **fields: object) -> Standing:
    return standing(made(decide(None, draft(title, **fields), now=now)))


def test_the_first_time_it_is_created() -> None:
    change = made(decide(None, draft(published="2024-04-09"), now=NOON, correlation_id="c"))
    assert (change.op, change.article.version, change.article.status) == ("create", 1, "published")
    assert change.article.first_seen == change.article.changed == "2025-10-09T12:00:00Z"
    assert change.sort_at == 1_712_620_800 * SECOND
    assert change.correlation_id == "c"
    assert not is_urgent(change)


def test_the_same_content_again_is_unchanged() -> None:
    assert decide(known(), draft(), now=NOON + 1) == Unchanged(known().id, 1)


def test_other_content_is_a_new_version_of_the_same_article() -> None:
    before = known()
    change = made(decide(before, draft("B"), now=NOON + SECOND))
    assert (change.op, change.article.id, change.article.version) == ("update", before.id, 2)
    assert change.article.first_seen == "2025-10-09T12:00:00Z"
    assert change.article.changed == "2025-10-09T12:00:01Z"


def test_a_change_with_a_new_correction_is_a_correction_and_urgent() -> None:
    first = Correction("2025-10-09", "It was sand.")
    before = known(corrections=(first,))
    change = made(decide(before, draft("B", corrections=(first,)), now=NOON))
    assert change.op == "update"
    more = (first, Correction("2025-10-10", "And soda."))
    change = made(decide(before, draft("B", corrections=more), now=NOON))
    assert change.op == "correct"
    assert is_urgent(change)


def test_what_the_source_dates_earlier_is_stale() -> None:
    before = known("B", updated="2025-10-08T10:00:00+00:00")
    with pytest.raises(Refused) as caught:
        decide(before, draft("A", updated="2025-10-08T09:00:00+00:00"), now=NOON)
    assert caught.value.code == "stale"
    assert "2025-10-08T10:00:00+00:00" in str(caught.value)


@pytest.mark.parametrize("updated", [None, "2025-10-08", "2025-10-08T10:00:00Z", "2025-10-09"])
def test_what_may_be_as_new_counts_as_newer(updated: str | None) -> None:
    before = known("B", updated="2025-10-08T10:00:00+00:00")
    assert made(decide(before, draft("C", updated=updated), now=NOON)).op == "update"


def test_a_clock_that_runs_ahead_freezes_nothing() -> None:
    before = known("B", updated="2035-01-01T00:00:00Z")
    with pytest.raises(Refused):
        decide(before, draft("C", updated="2025-10-09T12:00:00Z"), now=NOON + 60 * SECOND)
    later = draft("C", updated="2025-10-09T12:10:00Z")
    assert made(decide(before, later, now=NOON + 660 * SECOND)).op == "update"


def test_a_withdrawal_keeps_the_content_on_record_and_is_urgent() -> None:
    before = known("A", updated="2025-10-08")
    change = made(decide(before, draft("", withdrawn=True, updated="2020-01-01"), now=NOON))
    assert (change.op, change.article.status, change.article.version) == (
        "withdraw",
        "withdrawn",
        2,
    )
    assert (change.article.title, change.reason, change.withdrawn_at) == ("A", "Wrong", NOON)
    assert is_urgent(change)


def test_a_withdrawal_of_what_never_came_keeps_it_away() -> None:
    change = made(decide(None, draft("", withdrawn=True), now=NOON))
    assert (change.op, change.article.status) == ("withdraw", "withdrawn")
    with pytest.raises(Refused, match="reinstate"):
        decide(standing(change), draft("A"), now=NOON)


def test_what_was_withdrawn_comes_back_only_when_asked_to() -> None:
    gone = standing(made(decide(known(), draft(withdrawn=True), now=NOON)))
    assert isinstance(decide(gone, draft(), now=NOON), Unchanged)
    assert isinstance(decide(gone, draft(withdrawn=True), now=NOON), Unchanged)
    with pytest.raises(Refused) as caught:
        decide(gone, draft("B"), now=NOON)
    assert caught.value.code == "withdrawn"
    for title in ("A", "B"):
        back = made(decide(gone, draft(title), now=NOON, reinstate=True))
        assert (back.op, back.article.status, back.article.version) == ("reinstate", "published", 3)
        assert back.withdrawn_at is None


def test_a_page_read_by_its_address_does_not_take_the_identity() -> None:
    before = known(source="desk")
    page = Draft(
        replace(draft("B").article, external_id=None, source="web"), ("url:https://e.org/",)
    )
    change = made(decide(before, page, now=NOON))
    assert (change.article.external_id, change.article.source) == ("7", "desk")


@pytest.mark.parametrize(
    ("fields", "status", "due"),
    [
        ({}, "published", None),
        ({"embargo_until": "2025-10-10"}, "embargoed", "2025-10-10T00:00:00"),
        ({"embargo_until": "2025-10-09T11:00:00Z"}, "published", None),
        ({"expires": "2025-10-08"}, "expired", None),
        ({"expires": "2025-10-09"}, "published", "2025-10-10T00:00:00"),
        ({"expires": "2025-10-09T12:00:00Z"}, "expired", None),
        ({"embargo_until": "2025-10-11", "expires": "2025-10-10"}, "embargoed", "2025-10-11"),
    ],
)
def test_embargo_and_expiry(fields: dict[str, str], status: str, due: str | None) -> None:
    from datetime import UTC, datetime

    found, when = status_at(draft(**fields).article, NOON)
    assert found == status
    expected = due and int(datetime.fromisoformat(due).replace(tzinfo=UTC).timestamp()) * SECOND
    assert when == expected


def test_the_clock_publishes_and_expires() -> None:
    before = known(embargo_until="2025-10-10", expires="2025-10-11")
    assert before.status == "embargoed"
    assert on_time(before, NOON) is None
    published = on_time(before, NOON + 86_400 * SECOND)
    assert published is not None
    assert (published.op, published.article.status) == ("publish", "published")
    assert published.sort_at == 1_760_054_400 * SECOND, "new when it could be seen first"
    assert is_urgent(published)
    gone = on_time(standing(published), NOON + 3 * 86_400 * SECOND)
    assert gone is not None
    assert (gone.op, gone.article.status, gone.due) == ("expire", "expired", None)
    assert on_time(standing(gone), NOON + 9 * 86_400 * SECOND) is None


def test_a_date_in_the_future_does_not_stay_on_top_for_ever() -> None:
    assert made(decide(None, draft(published="2099-01-01"), now=NOON)).sort_at == NOON


def history(seed: int) -> list[Draft]:
    """The events of one article as its source saw them, and then as a bad network brings them."""
    rng = random.Random(seed)
    events = []
    for hour in range(rng.randint(2, 8)):
        at = f"2025-10-{1 + hour // 3:02d}T{6 + hour:02d}:00:00+00:00"
        kind = rng.choice(["update", "update", "update", "withdraw", "undated"])
        title = f"Version {hour}"
        if kind == "withdraw":
            events.append(draft("", withdrawn=True))
        else:
            events.append(draft(title, updated=at if kind == "update" else None))
    delivered = events + rng.choices(events, k=rng.randint(0, 6))
    rng.shuffle(delivered)
    return delivered


def test_3000_shuffled_histories_bring_nothing_back_and_nothing_older_over_newer() -> None:
    resurrected = older_over_newer = gaps = withdrawn = stale = 0
    for seed in range(3000):
        state: Standing | None = None
        for step, event in enumerate(history(seed)):
            before = state
            try:
                result = decide(before, event, now=NOON + step * SECOND)
            except Refused as refused:
                stale += refused.code == "stale"
                continue
            if isinstance(result, Unchanged):
                continue
            state = standing(result)
            if before is None:
                continue
            gaps += state.version != before.version + 1 or state.id != before.id
            resurrected += before.status == "withdrawn" and state.status != "withdrawn"
            assert before.article is not None
            assert state.article is not None
            was, is_ = before.article.updated, state.article.updated
            older_over_newer += bool(was and is_ and is_ < was)
        withdrawn += state is not None and state.status == "withdrawn"
    assert (resurrected, older_over_newer, gaps) == (0, 0, 0)
    assert withdrawn > 500, "the histories do withdraw"
    assert stale > 500, "the histories do come out of order"
