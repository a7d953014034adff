"""Each step of the line says that it lives; readiness misses who was there and is silent."""

from __future__ import annotations

import pytest
from seealso_core.loops import Loop
from seealso_store import health, heartbeats
from seealso_store.clock import SECOND, now
from seealso_store.database import Database
from seealso_store.errors import StoreFull, StoreUnavailable
from seealso_store.pulse import Pulse
from seealso_store.schema import heartbeat

STEPS = ("render", "filing")


def age(database: Database) -> dict[str, float]:
    with database.read() as conn:
        return heartbeats.ages(conn, database.now())


def silence(database: Database, seconds: float) -> None:
    with database.write() as tx:
        tx.execute(heartbeat.update().values(at=now() - int(seconds * SECOND)))


def test_of_several_workers_of_a_step_one_beat_is_enough(database: Database) -> None:
    assert heartbeats.beat(database, "render")
    assert not heartbeats.beat(database, "render")
    assert heartbeats.beat(database, "filing")
    silence(database, heartbeats.EVERY_SECONDS)
    assert heartbeats.beat(database, "render")


def test_a_beat_of_tomorrow_silences_nobody(database: Database) -> None:
    """Somebody's clock was wrong for a while."""
    heartbeats.beat(database, "render")
    silence(database, -86_400)
    assert heartbeats.beat(database, "render")
    assert age(database)["render"] < 5


def test_readiness_misses_a_step_that_was_there(database: Database) -> None:
    health.check(database, steps=STEPS)  # nobody was ever there: nobody is missed
    heartbeats.beat(database, "render")
    health.check(database, steps=STEPS)
    silence(database, heartbeats.SILENT_SECONDS + 5)
    with pytest.raises(StoreUnavailable, match="the render worker has not been heard of for 6"):
        health.check(database, steps=STEPS)
    health.check(database, steps=("filing",))
    health.check(database)


def test_readiness_wants_room(database: Database) -> None:
    health.check(database, disk_floor_mb=1)
    with pytest.raises(StoreFull, match=r"SEEALSO_DISK_FLOOR_MB.*make room"):
        health.check(database, disk_floor_mb=1 << 30)


def test_a_worker_that_starts_is_seen_at_once(database: Database) -> None:
    """Heartbeats of a run that ended yesterday keep no hub from being ready today."""
    heartbeats.beat(database, "render")
    silence(database, 86_400)
    pulse = Pulse(database, "render", list)
    pulse.start()
    health.check(database, steps=STEPS)
    pulse.end()
    assert pulse.join(5)


def test_a_worker_whose_loops_have_ended_is_silent(database: Database) -> None:
    idle = Loop("idle", lambda stopping: 0)
    pulse = Pulse(database, "render", lambda: [idle])
    silence(database, 0)
    pulse._beat(None)
    assert age(database) == {}
    idle.start()
    pulse._beat(None)
    assert set(age(database)) == {"render"}
    idle.end()
    assert idle.join(5)


@pytest.mark.live
def test_the_same_on_postgresql(postgres: Database) -> None:
    assert heartbeats.beat(postgres, "render")
    assert not heartbeats.beat(postgres, "render")
    health.check(postgres, disk_floor_mb=1 << 30, steps=STEPS)  # the server's disk is the server's
    silence(postgres, 90)
    with pytest.raises(StoreUnavailable, match="render worker"):
        health.check(postgres, steps=STEPS)
    assert {one.name for one in health.metrics(postgres)} >= {
        "seealso_oldest_waiting_seconds",
        "seealso_heartbeat_age_seconds",
    }
