"""When a source is looked at next: never too often, never given up, as it asks for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from seealso_ingest import findings, pace
from seealso_ingest.pace import DAY, FIRST, LEAST

FAILURES = st.integers(0, 10_000)
CHANCE = st.floats(0, 1)
SECONDS = st.floats(0, 10 * DAY)


@given(SECONDS, FAILURES, CHANCE, st.none() | st.floats(0, 1e9))
def test_a_look_is_never_sooner_than_the_least_and_never_later_than_a_day(
    before: float, failures: int, chance: float, retry_after: float | None
) -> None:
    found = pace.wait(before, failures, chance=lambda: chance, least=LEAST, retry_after=retry_after)
    assert LEAST <= found <= DAY
    assert found >= min(retry_after or 0, DAY)


@given(SECONDS, FAILURES)
def test_each_failure_waits_at_least_as_long_as_the_one_before(
    before: float, failures: int
) -> None:
    first, second = (
        pace.wait(before, number, chance=lambda: 0.5, least=LEAST)
        for number in (failures, failures + 1)
    )
    assert second >= first


@given(st.floats(LEAST, DAY / 2), CHANCE)
def test_jitter_is_a_tenth(before: float, chance: float) -> None:
    found = pace.wait(before, 0, chance=lambda: chance, least=LEAST)
    assert 0.9 * before - 1e-6 <= found <= 1.1 * before + 1e-6 or found == LEAST


@given(SECONDS, st.booleans(), st.none() | st.floats(0, 1e9))
def test_a_hint_is_a_lower_bound_of_the_pace(
    before: float, renewed: bool, hint: float | None
) -> None:
    found = pace.adapted(before, renewed=renewed, hint=hint, least=LEAST)
    assert LEAST <= found <= DAY
    assert found >= min(hint or 0, DAY)


def test_a_source_that_changes_always_is_looked_at_often_and_a_still_one_once_a_day() -> None:
    busy = still = 0.0
    for _ in range(40):
        busy = pace.adapted(busy, renewed=True, least=LEAST)
        still = pace.adapted(still, renewed=False, least=LEAST)
    assert (busy, still) == (LEAST, DAY)
    assert pace.adapted(0, renewed=True, least=LEAST) == FIRST


def test_the_pace_finds_how_often_a_source_changes() -> None:
    """Something new every three hours: it is looked at a few times in between, not more."""
    at = changed = 0.0
    looks, now = 0, 0.0
    while at < 30 * DAY:
        is_news = at - changed >= 3 * 3600
        if is_news:
            changed = at
        now = pace.adapted(now, renewed=is_news, least=LEAST)
        at += now
        looks += 1
    assert 30 * 8 < looks < 30 * 8 * 6


def test_a_feeds_own_hints_are_read_before_its_items() -> None:
    assert pace.hinted(b"<rss><channel><ttl> 60 </ttl><item/></channel></rss>") == 3600
    twice = b"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
    assert pace.hinted(twice) == DAY / 2
    assert pace.hinted(b"<rss><channel><item><ttl>60</ttl></item></channel></rss>") is None
    zero = b"<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>"
    assert pace.hinted(zero) == 3600


@given(st.binary(max_size=2000))
def test_whatever_the_bytes_a_hint_is_a_time_or_nothing(data: bytes) -> None:
    found = pace.hinted(b"<ttl>" + data + b"</ttl>" + data)
    assert found is None or found >= 0


@given(st.none() | st.integers(100, 599), st.integers(1, 50), st.text(max_size=20))
def test_what_a_failure_finds_is_what_it_judges(
    status: int | None, failures: int, detail: str
) -> None:
    verdict = findings.of_failure(status, detail, failures)
    assert set(verdict.found) <= verdict.judged <= set(findings.CODES)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_what_a_reading_finds_is_what_it_judges_and_no_more_than_it_can(
    before: int, now: int, bodiless: int
) -> None:
    verdict = findings.of_reading(before=before, now=now, bodiless=bodiless)
    assert set(verdict.found) <= verdict.judged <= set(findings.CODES)
    assert ("empty" in verdict.found) == (now == 0)
    assert not ("shrinking" in verdict.found and now * 2 >= before)
