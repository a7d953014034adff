"""RabbitMQ goes away under load, and its queues with it: intake goes on, everything settles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RABBIT_URL
from tests.hub.running import start
from tests.line.press import Api, record, until
from tests.live.cable import Cable
from tests.live.engines import Engines
from tests.live.load import Load
from tests.live.services import Services
from tests.live.test_services import is_settled

pytestmark = [pytest.mark.live, pytest.mark.slow]

SETTLED_SECONDS = 60.0  # the promise, from the broker's return
GONE_SECONDS = 8.0


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable(RABBIT_URL)
    yield made
    made.close()


def test_without_the_broker_and_its_queues_intake_goes_on_and_all_settles(
    cable: Cable, engines: Engines, tmp_path: Path
) -> None:
    settings = engines.settings | {
        "SEEALSO_BROKER_URL": cable.url,
        "SEEALSO_SMTP_URL": "smtp://127.0.0.1:9",  # nothing is mailed here
    }
    with Services(tmp_path, settings) as services:
        with Load(services.ask) as load:
            until(lambda: len(load.confirmed) >= 30, 30)
            before = engines.queues().keys()
            cable.cut()  # connections die, and are made again
            _goes_on(load)
            cable.unplug()  # nobody is there
            assert engines.delete_queues() == len(before)
            _goes_on(load, GONE_SECONDS)
            cable.plug_in()
            back = time.monotonic()
            _goes_on(load)
        assert set(load.answers) == {202}, load.answers
        until(lambda: is_settled(services), SETTLED_SECONDS - (time.monotonic() - back))
        # The queues are made anew, and carry wakes again.
        until(lambda: engines.queues().keys() == before, SETTLED_SECONDS)
        until(lambda: not any(engines.queues().values()), 10)
        with engines.open() as database:
            load.kept(database)
        for name in ("ingest", "render-1", "filing"):
            assert "out of reach" in services.log(name) or "can't be reached" in services.log(name)


def test_a_virtual_host_that_is_not_there_is_named_and_delays_nobody(
    engines: Engines, tmp_path: Path
) -> None:
    url = f"{RABBIT_URL.rstrip('/')}/nonesuch"
    hub = start(tmp_path / "data", **(engines.settings | {"SEEALSO_BROKER_URL": url}))
    try:
        with Api(hub) as api:
            assert len(api.post([record(number) for number in range(5)])["accepted"]) == 5
            waited = hub.command("status", "--wait", "60")
            assert waited.returncode == 0, waited.stdout + hub.log
        until(lambda: "has no virtual host nonesuch. Make it (rabbitmqctl add_vhost" in hub.log, 20)
        assert "guest:guest" not in hub.log
    finally:
        assert hub.stop() == 0


def _goes_on(load: Load, seconds: float = 0.0) -> None:
    """Articles are confirmed, and at least for so long."""
    known, ends = len(load.confirmed), time.monotonic() + seconds
    until(lambda: len(load.confirmed) >= known + 30 and time.monotonic() >= ends, 60)
