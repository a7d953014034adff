"""A server's clock is asked now and then; in between, and while it is away, it is counted on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from seealso_store import clock
from seealso_store.clock import SECOND, ServerClock
from seealso_store.errors import StoreUnavailable

THERE = 1_760_000_000 * SECOND


class Steady:
    """This machine's monotonic clock, turned by the test."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def monotonic_ns(self) -> int:
        return round(self.seconds * 1e9)


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Steady:
    made = Steady()
    monkeypatch.setattr(clock, "time", made)
    return made


def answers(*given: int | Exception) -> tuple[Callable[[], int], list[int]]:
    asked: list[int] = []

    def ask() -> int:
        answer = given[min(len(asked), len(given) - 1)]
        asked.append(1)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask, asked


def test_it_is_asked_once_a_minute_and_counted_on_in_between(steady: Steady) -> None:
    ask, asked = answers(THERE, THERE + 100 * SECOND)
    server = ServerClock(ask)
    assert server.now() == THERE
    steady.seconds += 59
    assert server.now() == THERE + 59 * SECOND
    assert len(asked) == 1
    steady.seconds += 2
    assert server.now() == THERE + 100 * SECOND, "where the server was set, we follow"
    assert len(asked) == 2


def test_while_the_server_is_away_it_counts_on_and_does_not_ask_at_every_call(
    steady: Steady,
) -> None:
    ask, asked = answers(THERE, StoreUnavailable("away"))
    server = ServerClock(ask)
    server.now()
    steady.seconds += 61
    for _ in range(10):
        assert server.now() == THERE + 61 * SECOND
    assert len(asked) == 2


def test_a_server_that_never_answered_has_no_time(steady: Steady) -> None:
    ask, _ = answers(StoreUnavailable("away"), THERE)
    server = ServerClock(ask)
    with pytest.raises(StoreUnavailable):
        server.now()
    assert server.now() == THERE


def test_one_thread_asks_and_the_others_do_not_wait_for_it(steady: Steady) -> None:
    slow, asking = threading.Event(), threading.Event()
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        if len(asked) > 1:
            asking.set()
            slow.wait(10)
        return THERE

    server = ServerClock(ask)
    server.now()
    steady.seconds += 61
    late = threading.Thread(target=server.now)
    late.start()
    assert asking.wait(5)
    assert server.now() == THERE + 61 * SECOND
    slow.set()
    late.join()
