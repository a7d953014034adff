"""A worker's loops: woken at once, never ended by an error, ended in time when asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from seealso_core.loops import Loop, Watch, stop_all


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_wake_is_answered_without_waiting_for_the_sweep() -> None:
    looked = threading.Semaphore(0)
    loop = Loop("test", lambda stopping: (looked.release(), 0)[1], sweep_seconds=60)
    loop.start()
    assert looked.acquire(timeout=5)
    loop.wake()
    assert looked.acquire(timeout=5)
    assert stop_all([loop], 5)


def test_a_step_that_finds_work_is_repeated_at_once() -> None:
    left = [3, 2, 1, 0]
    loop = Loop("test", lambda stopping: left.pop(0) if left else 0, sweep_seconds=60)
    loop.start()
    until(lambda: not left)
    assert stop_all([loop], 5)


def test_an_error_pauses_a_loop_and_does_not_end_it() -> None:
    calls: list[float] = []

    def step(stopping: Callable[[], bool]) -> int:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise RuntimeError("not yet")
        return 0

    loop = Loop("test", step, sweep_seconds=0.01)
    loop.start()
    until(lambda: len(calls) >= 4)
    assert calls[1] - calls[0] >= 0.4  # half a second,
    assert calls[2] - calls[1] >= 0.9  # then twice that
    assert stop_all([loop], 5)


def test_what_is_fatal_ends_the_loop() -> None:
    calls: list[int] = []

    def step(stopping: Callable[[], bool]) -> int:
        calls.append(1)
        raise LookupError("gone")

    loop = Loop("test", step, sweep_seconds=0.01, fatal=(LookupError,))
    loop.start()
    assert loop.join(5)
    assert len(calls) == 1


def test_a_step_in_the_middle_is_asked_to_stop() -> None:
    entered = threading.Event()

    def step(stopping: Callable[[], bool]) -> int:
        entered.set()
        while not stopping():
            time.sleep(0.005)
        return 1

    loop = Loop("test", step)
    loop.start()
    assert entered.wait(5)
    assert stop_all([loop], 5)


def test_one_that_does_not_end_is_reported() -> None:
    release = threading.Event()
    loop = Loop("test", lambda stopping: int(release.wait(10)))
    loop.start()
    assert not stop_all([loop], 0.05)
    release.set()
    assert loop.join(5)


def test_what_a_loop_waits_for_is_cut_short_when_it_takes_too_long() -> None:
    entered, answer, hurried = threading.Event(), threading.Event(), []

    def step(stopping: Callable[[], bool]) -> int:
        entered.set()
        return int(answer.wait(10))

    def hurry() -> None:
        hurried.append(True)
        answer.set()

    loop = Loop("test", step)
    loop.start()
    assert entered.wait(5)
    assert stop_all([loop], 0.5, hurry=hurry)
    assert hurried == [True]
    assert stop_all([loop], 0.5, hurry=hurry)  # it has ended: nobody needs to hurry
    assert hurried == [True]


def test_the_watch_calls_when_the_token_moves_and_only_then() -> None:
    token = ["a"]
    calls: list[str] = []
    watch = Watch(lambda: token[0], lambda: calls.append(token[0]), 0.005)
    watch.start()
    until(lambda: calls == ["a"])
    time.sleep(0.05)
    assert calls == ["a"]
    token[0] = "b"
    until(lambda: calls == ["a", "b"])
    assert stop_all([watch], 5)


def test_a_loop_that_was_never_started_ends_too() -> None:
    assert stop_all([Loop("test", lambda stopping: 0)], 1)
