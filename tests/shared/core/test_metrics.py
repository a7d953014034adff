"""Numbers are right for any number of processes, also for those that were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from seealso_core import door, metrics
from seealso_core.errors import CannotListen, CoreError
from seealso_core.meters import ALL
from seealso_core.metrics import FOLDER, Counter, Histogram, Metric
from seealso_core.settings import load

# Counts as told, says so, and waits to be killed.
CHILD = """
import sys, time
from seealso_core.metrics import Counter, Histogram
counter = Counter("test_shared_total", "Shared.", ("who",))
seconds = Histogram("test_shared_seconds", "Shared.", (0.1, 1))
for _ in range(int(sys.argv[1])):
    counter.add("child")
    seconds.observe(0.5)
print("counted", flush=True)
time.sleep(600)
"""
SHARED = Counter("test_shared_total", "Shared.", ("who",))
SECONDS = Histogram("test_shared_seconds", "Shared.", (0.1, 1))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """This process and its children share their numbers."""
    with metrics.shared(tmp_path / "numbers"):
        yield tmp_path / "numbers"


def counting(times: int) -> subprocess.Popen[str]:
    """A process that has counted."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(times)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "counted\n"
    return child


def shown(name: str) -> dict[str, float]:
    """Each series of a family, over all processes."""
    text = metrics.render(metrics.collected([SHARED, SECONDS])).decode()
    rows = [line for line in text.splitlines() if line.startswith(name)]
    return {row.rpartition(" ")[0]: float(row.rpartition(" ")[2]) for row in rows}


def test_the_numbers_of_several_processes_are_added_up(folder: Path) -> None:
    before = SHARED.metric().samples
    own = sum(number for labels, number in before if labels == {"who": "parent"})
    children = [counting(3), counting(4)]
    SHARED.add("parent", by=2)
    try:
        assert shown("test_shared_total") == {
            'test_shared_total{who="child"}': 7,
            'test_shared_total{who="parent"}': own + 2,
        }
        found = shown("test_shared_seconds")
        assert found['test_shared_seconds_bucket{le="0.1"}'] == 0
        assert found['test_shared_seconds_bucket{le="1"}'] == 7
        assert found['test_shared_seconds_bucket{le="+Inf"}'] == 7
        assert (found["test_shared_seconds_sum"], found["test_shared_seconds_count"]) == (3.5, 7)
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_what_a_killed_process_counted_stays(folder: Path) -> None:
    child = counting(5)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert shown("test_shared_total")['test_shared_total{who="child"}'] == 5


def test_two_threads_lose_nothing(folder: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    before = shown("test_shared_total").get('test_shared_total{who="threads"}', 0)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: SHARED.add("threads"), range(2000)))
    assert shown("test_shared_total")['test_shared_total{who="threads"}'] == before + 2000


def test_the_folder_is_removed_and_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "1.dead.numbers").write_bytes(b"of a hub before")
    with metrics.shared(folder):
        assert os.environ[FOLDER] == str(folder)
        SHARED.add("once")
        assert [path.name.split(".")[0] for path in folder.iterdir()] == [str(os.getpid())]
        with metrics.shared():  # somebody shares already
            assert os.environ[FOLDER] == str(folder)
    assert not folder.exists()
    assert FOLDER not in os.environ


def test_where_there_is_no_room_a_process_counts_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with metrics.shared(tmp_path / "file" / "numbers"):
        SHARED.add("alone")
        assert shown("test_shared_total")['test_shared_total{who="alone"}'] >= 1


def test_half_written_and_foreign_files_are_passed_over(folder: Path) -> None:
    (folder / "9.cut.numbers").write_bytes(b"seeal")
    (folder / "9.else.numbers").write_bytes(b"x" * 64)
    SHARED.add("parent")
    assert 'test_shared_total{who="parent"}' in shown("test_shared_total")


def test_a_book_that_is_full_loses_no_number_of_its_own(folder: Path) -> None:
    book = metrics.Book(folder)
    for number in range(3000):
        book.add(("test_many", f"{number:060}"), 1)
    assert len(book.sums()) == 3000
    book.close()


# --- a worker's own port ----------------------------------------------------------------------


def test_a_worker_has_a_port_where_it_is_given_one() -> None:
    trouble: list[str] = []

    def ready() -> None:
        if trouble:
            raise CoreError(trouble[0])

    with door.opened("127.0.0.1", 0, ready) as port:
        at = f"http://127.0.0.1:{port}"
        told = requests.get(f"{at}/metrics", timeout=5)
        assert told.headers["Content-Type"] == metrics.CONTENT_TYPE
        assert {f"# TYPE {meter.name} {meter.kind}" for meter in ALL} <= set(told.text.splitlines())
        assert "seealso_ready 1" in told.text
        assert requests.get(f"{at}/livez", timeout=5).json() == {"status": "ok"}
        assert requests.get(f"{at}/readyz", timeout=5).status_code == 200
        trouble.append("the database has gone")
        unready = requests.get(f"{at}/readyz", timeout=5)
        assert (unready.status_code, unready.json()["detail"]) == (503, "the database has gone")
        assert "seealso_ready 0" in requests.get(f"{at}/metrics", timeout=5).text
        assert requests.get(f"{at}/livez", timeout=5).status_code == 200
        assert requests.get(f"{at}/api/articles", timeout=5).status_code == 404
        with pytest.raises(CannotListen, match=str(port)), door.opened("127.0.0.1", port):
            pass


def test_a_worker_that_shares_its_numbers_needs_no_port(folder: Path) -> None:
    settings = load({"SEEALSO_METRICS_PORT": "1"})
    with door.opened_for(settings, lambda: None) as port:
        assert port is None


# --- as text ----------------------------------------------------------------------------------


def test_what_two_say_of_one_family_stands_together() -> None:
    one = Metric("seealso_x", "X.", "gauge", (({"of": "a"}, 1.0),))
    two = Metric("seealso_x", "X.", "gauge", (({"of": "b"}, 2.0),))
    text = metrics.render([one, two]).decode()
    assert text.count("# TYPE seealso_x") == 1
    assert text.endswith('seealso_x{of="a"} 1\nseealso_x{of="b"} 2\n')


def test_every_meter_has_a_name_a_sentence_and_labels_of_few_values() -> None:
    for meter in ALL:
        assert meter.name.startswith("seealso_")
        assert meter.help.endswith(".")
        assert set(meter.labels) <= {
            "method", "status", "result", "output", "plugin", "kind", "outcome", "reason",
        }  # fmt: skip
    assert len({meter.name for meter in ALL}) == len(ALL)
