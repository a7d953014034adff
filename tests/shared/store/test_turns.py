"""Writers of one process take turns: first come, first served."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from seealso_store.database import open_database
from seealso_store.errors import StoreUnavailable
from seealso_store.turns import Turns


def queue_up(turns: Turns, names: str, order: list[str]) -> list[threading.Thread]:
    """Threads that wait for their turn, one after the other."""

    def work(name: str) -> None:
        with turns.take(10):
            order.append(name)

    threads = []
    for name in names:
        threads.append(threading.Thread(target=work, args=(name,)))
        waiting = len(turns)
        threads[-1].start()
        while len(turns) == waiting:
            time.sleep(0.001)
    return threads


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), list[str]()
    with turns.take(1):
        threads = queue_up(turns, "abcdef", order)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == list("abcdef")
    assert len(turns) == 0


def test_who_waits_too_long_gives_up_and_the_next_one_still_comes() -> None:
    turns, order = Turns(), list[str]()
    with turns.take(1):
        with pytest.raises(StoreUnavailable, match="no turn to write"), turns.take(0.01):
            order.append("never")
        threads = queue_up(turns, "a", order)
    threads[0].join(10)
    assert order == ["a"]


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.take(1):
        raise ZeroDivisionError
    with turns.take(0.01):
        assert len(turns) == 1


def test_under_a_storm_of_turns_only_one_has_it_at_a_time() -> None:
    turns, inside, most, done = Turns(), 0, 0, 0

    def storm() -> None:
        nonlocal inside, most, done
        for _ in range(200):
            try:
                with turns.take(0.005):
                    inside += 1
                    most = max(most, inside)
                    time.sleep(0)
                    inside -= 1
                    done += 1
            except StoreUnavailable:
                continue

    threads = [threading.Thread(target=storm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 1
    assert done > 0
    assert len(turns) == 0


def test_a_writer_that_waits_is_not_overtaken_by_those_who_come_later(tmp_path: Path) -> None:
    """SQLite alone lets whoever asks at the right moment win."""
    database = open_database(f"sqlite:///{tmp_path / 'one.sqlite3'}")
    order: list[str] = []
    begun = threading.Event()

    def busy() -> None:
        for _ in range(20):
            with database.write():
                begun.set()
                order.append("busy")
                time.sleep(0.02)

    thread = threading.Thread(target=busy)
    thread.start()
    begun.wait(5)
    with database.write():
        order.append("patient")
    thread.join(10)
    assert order.index("patient") <= 2
    database.close()
