"""What docker-compose.yml starts does a hub's work, on PostgreSQL and RabbitMQ behind nginx.

Each container's own command runs here as a process, with its own environment but for the places:
this machine's engines instead of the containers', and a free port for each. The tests share one
hub; at the end every process is stopped as a container is.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contracts import pages
from tests.contracts.compose import KEY, OURS, PATIENCE, Processes, is_web
from tests.contracts.front import Front, needs_nginx
from tests.contracts.pages import ROOT
from tests.line.press import record, until
from tests.live.engines import Engines, lent
from tests.services.dispatch.sink import Sink

pytestmark = [pytest.mark.live, pytest.mark.slow, needs_nginx]


@pytest.fixture(scope="module")
def engines(live_engines: None) -> Iterator[Engines]:
    """A database and queues of its own on the local servers."""
    with lent() as made:
        yield made


@pytest.fixture(scope="module")
def hub(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """All of compose but the engines and nginx, stopped at the end."""
    with Sink() as sink, ExitStack() as stack:
        made = Processes(tmp_path_factory.mktemp("compose"), engines.settings, sink.url)
        made.once("migrate")
        at_work = [name for name in OURS if name != "migrate"]
        for name in at_work:
            stack.enter_context(made.up(name))
        made.wait_until_well(*at_work)
        yield made
    assert "Traceback" not in "".join(made.log(name) for name in at_work)


@pytest.fixture
def front(hub: Processes, tmp_path: Path) -> Iterator[Front]:
    """nginx in front of it."""
    made = Front(tmp_path, {name: hub.ports[name] for name in OURS if is_web(name)})
    made.start()
    yield made
    made.stop()


def test_the_processes_of_compose_do_the_work_of_a_hub(hub: Processes, front: Front) -> None:
    smoke = subprocess.run(
        [ROOT / "deploy/smoke.sh", front.url, KEY], check=False, capture_output=True, text=True,
        env=os.environ | {"PATIENCE": "60"}, timeout=120,
    )  # fmt: skip
    logs = "\n".join(f"--- {name}\n{hub.log(name)}" for name in hub.processes)
    assert smoke.returncode == 0, f"{smoke.stdout}{smoke.stderr}{logs}"
    assert "smoke: this hub works" in smoke.stdout


def test_a_health_check_tells_who_is_not_well(hub: Processes) -> None:
    for name in ("feeds-web", "render"):
        assert hub.is_well(name)
    hub.stop("render-web")
    assert not hub.is_well("render-web")
    hub.start("render-web")
    hub.wait_until_well("render-web")


# --- what nginx keeps -----------------------------------------------------------------------------


class Articles:
    """Articles of the hub, through nginx."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {KEY}"

    def post(self, number: int, **given: Any) -> str:
        """One more; its id, once all of it can be read."""
        answer = self._session.post(
            f"{self.front.url}/api/articles?source=test", json=record(number, **given), timeout=20
        )
        assert answer.status_code == 202, answer.text
        article_id: str = answer.json()["accepted"][0]["id"]
        until(lambda: self._is_settled(article_id), PATIENCE)
        return article_id

    def _is_settled(self, article_id: str) -> bool:
        status = f"{self.front.url}/api/articles/{article_id}/status"
        rows = self._session.get(status, timeout=20).json()["outputs"]
        return all(row["state"] == "settled" for row in rows)

    def withdraw(self, article_id: str) -> None:
        """Returns when the hub has said that it is done."""
        answer = self._session.delete(
            f"{self.front.url}/api/articles/{article_id}", json={"reason": "Wrong."}, timeout=20
        )
        assert answer.status_code == 200, answer.text

    def get(self, path: str) -> requests.Response:
        """As a reader."""
        return requests.get(f"{self.front.url}{path}", timeout=20)


class Rush:
    """Readers who ask for the same documents again and again; what each was told, and when."""

    def __init__(self, articles: Articles, paths: list[str], readers: int = 4) -> None:
        self.answers: list[tuple[float, str, int, str]] = []  # asked at, path, status, text
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(articles, paths)) for _ in range(readers)
        ]

    def _read(self, articles: Articles, paths: list[str]) -> None:
        while not self._stop.is_set():
            for path in paths:
                asked = time.monotonic()
                answer = articles.get(path)
                self.answers.append((asked, path, answer.status_code, answer.text))

    def __enter__(self) -> Rush:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_in_a_rush_the_hub_is_hardly_asked_and_what_is_taken_back_is_gone_within_a_second(
    hub: Processes, front: Front
) -> None:
    articles = Articles(front)
    gone, stays = articles.post(1, title="Soon gone"), articles.post(2)
    pages_of = [f"/articles/{gone}", f"/articles/{gone}.txt", "/topics/orchard/feed.rss"]
    steady = f"/articles/{stays}"
    until(lambda: _keeps(articles, steady), PATIENCE)  # the mark has settled
    with Rush(articles, [*pages_of, steady]) as rush:
        until(lambda: len(rush.answers) > 200, PATIENCE)
        articles.withdraw(gone)
        withdrawn = time.monotonic()
        until(lambda: time.monotonic() - withdrawn > 4, PATIENCE)
    late = [one for one in rush.answers if one[0] > withdrawn + 1]
    assert len(late) > 100
    assert {status for _, path, status, _ in late if gone in path} == {410}
    assert not any("Soon gone" in text for _, path, _, text in late if "feed" in path)
    assert {status for _, path, status, _ in rush.answers if path == steady} == {200}
    came = _told_by(front)["HIT"]
    asked = len(rush.answers) - came
    dead = sum(1 for _, _, status, _ in rush.answers if status == 410)  # never kept
    assert asked - dead < len(rush.answers) / 10, _told_by(front)


def _keeps(articles: Articles, path: str) -> bool:
    """Whether nginx answers from what it keeps, a second on."""
    before = _told_by(articles.front)["HIT"]
    articles.get(path)
    time.sleep(0.6)  # longer than anything is kept without a mark
    articles.get(path)
    return _told_by(articles.front)["HIT"] > before


def _told_by(front: Front) -> Counter[str]:
    """nginx's log: how many answers came from where."""
    lines = pages.text(front.folder / "access.log").splitlines()
    return Counter(json.loads(line)["cache"] for line in lines if line.endswith("}"))


def test_a_withdrawal_outlives_the_death_of_everybody_who_could_tell_the_cache(
    hub: Processes, front: Front
) -> None:
    articles = Articles(front)
    gone = articles.post(3)
    paths = [f"/articles/{gone}", f"/articles/{gone}.txt"]
    until(lambda: _keeps(articles, paths[0]), PATIENCE)
    assert [articles.get(path).status_code for path in paths] == [200, 200]
    articles.withdraw(gone)
    for name in ("feeds-web", "ingest"):
        hub.kill(name)
    front.kill()
    front.start()  # what it kept is still in its folder
    hub.start_and_wait("feeds-web", "ingest")
    assert [articles.get(path).status_code for path in paths] == [410, 410]


def test_a_correction_is_there_as_soon_as_it_is_rendered(hub: Processes, front: Front) -> None:
    articles = Articles(front)
    page = f"/articles/{articles.post(4)}.txt"
    until(lambda: _keeps(articles, page), PATIENCE)
    fixed = {"at": "2025-03-02", "text": "Row five it is."}
    articles.post(4, html="<p>Tree 4 stands in row five.</p>", corrections=[fixed])
    assert until(lambda: "row five" in articles.get(page).text, 5) < 1
