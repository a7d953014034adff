"""Every process is stopped and replaced while work comes in: nothing is lost, doubled or refused."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session
from seealso_store import schema
from seealso_store.clock import now

from tests.contracts.compose import KEY, Processes
from tests.contracts.front import Front, needs_nginx
from tests.line.press import record, until
from tests.live.engines import WITNESS, Engines
from tests.live.load import Load
from tests.live.test_services import PLUGIN
from tests.services.dispatch.sink import Sink

pytestmark = [pytest.mark.live, pytest.mark.slow]

SETTLE_SECONDS = 60
READERS = 30


class SlowSink(Sink):
    """A relay that takes its time over each message."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(0.15)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def sink() -> Iterator[SlowSink]:
    with SlowSink() as running:
        yield running


@pytest.fixture
def processes(engines: Engines, sink: SlowSink, tmp_path: Path) -> Iterator[Processes]:
    """A hub's processes, not one of them started; the database is ready."""
    made = Processes(tmp_path, engines.settings | {"SEEALSO_BATCH": "16"}, sink.url)
    made.once("migrate")
    yield made
    made.stop_all()


def asking(url: str) -> Callable[..., requests.Response]:
    """Requests with the key to one address, each over a connection of its own."""

    def ask(method: str, path: str, **given: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {KEY}"}
        return requests.request(method, url + path, headers=headers, timeout=60, **given)

    return ask


def count(engines: Engines, query: sa.Select[tuple[int]]) -> int:
    with engines.open() as database, database.read() as conn:
        return conn.execute(query).scalar_one()


def rows(engines: Engines, state: str, *, filing: bool) -> int:
    """How many rows of the ledger are in this state: of filing, or of the outputs."""
    query = sa.select(sa.func.count()).where(
        schema.ledger.c.state == state, (schema.ledger.c.output == "filing") == filing
    )
    return count(engines, query)


def is_settled(engines: Engines) -> bool:
    states = ("waiting", "leased")
    return not any(rows(engines, s, filing=f) for s in states for f in (True, False))


# --- stopped under load ---------------------------------------------------------------------------


def test_a_worker_that_is_stopped_at_work_is_gone_in_time_and_holds_nothing_any_more(
    processes: Processes, engines: Engines, tmp_path: Path
) -> None:
    slow = PLUGIN.replace("with open", "__import__('time').sleep(0.3)\n        with open")
    (tmp_path / "drop-ins").mkdir()
    (tmp_path / "drop-ins" / "output_witness.py").write_text(
        slow.format(name=WITNESS, notes=str(tmp_path / "notes"))
    )
    processes.start_and_wait("ingest")
    ask = asking(f"http://127.0.0.1:{processes.ports['ingest']}")
    processes.start_and_wait("render", "filing")
    for begin in range(0, 1500, 100):
        posted = [record(number) for number in range(begin, begin + 100)]
        assert ask("POST", "/api/articles?source=test", json=posted).status_code == 202
    for name, filing in (("filing", True), ("render", False)):
        until(lambda filing=filing: rows(engines, "leased", filing=filing) > 0, 30)
        processes.stop(name)
        assert rows(engines, "leased", filing=filing) == 0
    assert rows(engines, "waiting", filing=False) > 0, "it was at work"
    blamed = sa.select(sa.func.count()).where(
        schema.ledger.c.state == "waiting", schema.ledger.c.attempts > 0
    )
    assert count(engines, blamed) == 0
    assert "Traceback" not in processes.log("render") + processes.log("filing")


def test_an_intake_that_is_stopped_answers_what_it_has_taken(
    processes: Processes, engines: Engines
) -> None:
    processes.start_and_wait("ingest")
    with Load(asking(f"http://127.0.0.1:{processes.ports['ingest']}"), threads=4) as load:
        until(lambda: load.answers[202] > 50, 30)
        processes.stop("ingest")
        until(lambda: load.answers[0] > 3, 30)  # nobody listens any more
    assert load.answers.keys() == {202, 0}
    names = sa.select(sa.func.count()).select_from(schema.article)
    assert count(engines, names) == len(load.confirmed), "what was not confirmed is not in"


def test_a_sender_that_is_stopped_sends_nothing_twice_and_its_heir_sends_the_rest(
    processes: Processes, engines: Engines, sink: SlowSink
) -> None:
    processes.start_and_wait("ingest", "render", "filing", "dispatch-web")
    ask = asking(f"http://127.0.0.1:{processes.ports['ingest']}")
    assert ask("POST", "/api/articles?source=test", json=record(1)).status_code == 202
    until(lambda: is_settled(engines), SETTLE_SECONDS)
    sign_up(engines, READERS)
    operator = asking(f"http://127.0.0.1:{processes.ports['dispatch-web']}")
    assert operator("POST", "/api/newsletters/orchard/issues").ok
    messages = sink.messages
    processes.start("dispatch")
    until(lambda: len(messages) > 3, 30)
    processes.stop("dispatch")
    with engines.open() as database, database.read() as conn:
        states = Counter(conn.execute(sa.select(schema.delivery.c.state)).scalars())
    assert states == {"sent": len(messages), "waiting": READERS - len(messages)}
    processes.start("dispatch")
    until(lambda: len(messages) >= READERS, 60)
    processes.stop("dispatch")
    assert Counter(to for one in messages for to in one.rcpt_tos) == {
        f"reader-{number}@reader.example": 1 for number in range(READERS)
    }


def sign_up(engines: Engines, readers: int) -> None:
    """Readers who have confirmed."""
    at = now()
    with engines.open() as database, database.write() as tx:
        for number in range(readers):
            reader = {"id": f"r{number}", "email": f"reader-{number}@reader.example"}
            tx.execute(schema.subscriber.insert().values(**reader, created=at))
            tx.execute(
                schema.subscription.insert().values(
                    subscriber_id=reader["id"], slug="orchard", state="confirmed",
                    frequency="digest", asked=at, confirmed=at,
                )
            )  # fmt: skip


# --- replaced one by one --------------------------------------------------------------------------

# Two of those that somebody waits for; of a worker one is enough, its work waits.
FLEET = ("ingest@1", "ingest@2", "feeds-web@1", "feeds-web@2", "render", "filing")


class Reading:
    """Somebody who reads without a pause; what the answers were."""

    def __init__(self, url: str, paths: list[str]) -> None:
        self.answers: Counter[int | str] = Counter()
        self._url, self._paths = url, paths
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        with requests.Session() as session:
            while not self._ending.wait(0.01):
                for path in self._paths:
                    try:
                        # Never from what nginx keeps: each reading gets as far as the hub.
                        got = session.get(f"{self._url}{path}?limit={1 + self._seen() % 200}")
                        self.answers[got.status_code] += 1
                    except requests.RequestException as error:
                        self.answers[type(error).__name__] += 1

    def _seen(self) -> int:
        return sum(self.answers.values())

    def __enter__(self) -> Reading:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(60)


@needs_nginx
@pytest.mark.timeout(600)  # twelve starts, and a machine may be busy
def test_a_rolling_restart_under_load_loses_doubles_and_refuses_nothing(
    processes: Processes, engines: Engines, tmp_path: Path
) -> None:
    processes.start_and_wait(*FLEET)
    ports = {
        name: [processes.ports[f"{name}@{number}"] for number in (1, 2)]
        for name in ("ingest", "feeds-web")
    }
    front = Front(tmp_path, ports)
    front.start()
    try:
        paths = ["/articles", "/articles/feed.rss", "/topics"]
        with Load(asking(front.url), pause=0.05) as load, Reading(front.url, paths) as reading:
            until(lambda: load.answers[202] > 20, 60)
            for name in FLEET:
                processes.stop(name)
                processes.start_and_wait(name)
            more = load.answers[202] + 20
            until(lambda: load.answers[202] > more, 60)
        assert set(load.answers) == {202}, load.answers
        assert set(reading.answers) == {200}, reading.answers
        until(lambda: is_settled(engines), SETTLE_SECONDS)
    finally:
        front.stop()
    with engines.open() as database:
        load.kept(database)
    tried_again = sa.select(sa.func.count()).where(schema.ledger.c.error.is_not(None))
    assert count(engines, tried_again) == 0
    assert "Traceback" not in "".join(processes.log(name) for name in FLEET)
