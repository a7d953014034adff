"""From a ledger row to a stored rendition, once, whatever happens on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from seealso_core import registry
from seealso_core.errors import PluginMissing
from seealso_core.host import PluginHost
from seealso_core.messages import Wake
from seealso_render.flow import Render
from seealso_render.settings import RenderSettings
from seealso_render.worker import Worker
from seealso_sdk import Context, Rendition
from seealso_store import ledger, outputs, purges, renditions
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.ledger import Counts

from tests.line.press import until
from tests.services.render.conftest import AddArticle
from tests.shared.core.naughty import ACTOR, output, write

Check = Callable[[], bool]


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> registry.Registry:
    """`actor` does as the title says, `calm` always works, `broken` can't be loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_installed", list)
        folder = write(
            tmp_path_factory.mktemp("plugins"),
            actor=ACTOR, calm=output("calm", "calm"), broken="1/0",
        )  # fmt: skip
        return registry.load(folder)


@pytest.fixture(scope="module")
def host(plugins: registry.Registry) -> Iterator[PluginHost]:
    made = PluginHost(plugins, deadline=0.5, output_mb=1)
    yield made
    made.close()


class Clock:
    """Time that only passes when told."""

    def __init__(self) -> None:
        self.at = 1_700_000_000 * SECOND

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def render(db: Database, host: PluginHost, clock: Clock) -> Render:
    made = Render(db, host, RenderSettings(hub_name="Testhub", lease_seconds=6, batch=8), clock)  # type: ignore[arg-type]
    made.register()
    return made


@pytest.fixture
def ingest(db: Database, add_article: AddArticle, clock: Clock) -> Callable[..., None]:
    """An article version and its ledger rows, as ingest commits them."""

    def add(article_id: str, title: str = "", version: int = 1, **more: object) -> None:
        add_article(article_id, version, title=title, **more)
        with db.write() as tx:
            ledger.open_rows(
                tx, article_id, version, ["actor", "calm"], now=clock(), correlation_id="corr-1234"
            )

    return add


def row(db: Database, article_id: str, name: str = "actor") -> ledger.Row:
    with db.read() as conn:
        return next(r for r in ledger.rows(conn, article_id) if r.output == name)


def body(db: Database, article_id: str, name: str = "actor") -> bytes | None:
    with db.read() as conn:
        stored = renditions.get(conn, article_id, name)
    return stored.rendition.body if stored else None


def test_what_is_due_is_rendered_settled_and_stored(
    db: Database, render: Render, ingest: Callable[..., None]
) -> None:
    for number in range(20):
        ingest(f"a{number:02}", f"number {number}")
    assert render.drain("actor") == 20
    assert body(db, "a07") == b"number 7 for Testhub"
    with db.read() as conn:
        assert ledger.counts(conn) == {"actor": Counts(settled=20), "calm": Counts(waiting=20)}
        stored = renditions.get(conn, "a07", "actor")
    assert stored is not None
    assert (stored.version, stored.rendition.parts) == (1, {"part": b"\xff\x00"})
    assert stored.plugin_version.startswith("1+")  # and a mark of the context
    assert render.drain("actor") == 0


def test_one_batch_is_one_batch(render: Render, ingest: Callable[..., None]) -> None:
    for number in range(10):
        ingest(f"a{number}")
    assert render.run_once("actor") == 8
    assert render.run_once("actor") == 2
    assert render.run_once("actor") == 0


def test_a_bad_article_harms_no_other_and_is_tried_again_then_listed(
    db: Database, render: Render, ingest: Callable[..., None], clock: Clock
) -> None:
    for article_id, title in (
        ("a1", "fine"),
        ("a2", "raises"),
        ("a3", "segfault"),
        ("a4", "reject"),
        ("a5", "retry"),
        ("a6", "also fine"),
    ):
        ingest(article_id, title)
    render.drain("actor")
    assert body(db, "a1") == b"fine for Testhub"
    assert body(db, "a6") == b"also fine for Testhub"
    assert (row(db, "a2").state, row(db, "a2").run_at) == ("waiting", clock() + SECOND)
    line = _line_of("raise ValueError")
    assert row(db, "a2").error == f"raised: ValueError: a bug in line one (actor.py:{line})"
    assert (row(db, "a4").state, row(db, "a4").error) == (
        "dead",
        "rejected by the plugin: too long for this format",
    )
    assert row(db, "a5").run_at == clock() + 30 * SECOND
    for _ in range(2):
        clock.at += 10 * SECOND
        render.drain("actor")
    assert row(db, "a3").state == "dead"
    assert row(db, "a3").error == "crashed: killed by SIGSEGV (given up after 3 attempts)"
    with db.read() as conn:
        assert {letter.article_id for letter in ledger.dead(conn, output="actor")} == {"a3", "a4"}


def _line_of(text: str) -> int:
    return next(n for n, line in enumerate(ACTOR.splitlines(), 1) if text in line)


def test_a_withdrawal_while_rendering_wins(
    db: Database, render: Render, ingest: Callable[..., None], clock: Clock, host: PluginHost
) -> None:
    ingest("a1", "about to go")
    original = host.render_many

    def withdrawn_meanwhile(name: str, jobs: object) -> Iterator[Rendition | Exception]:
        results = list(original(name, jobs))  # type: ignore[arg-type]
        with db.write() as tx:
            ledger.withdraw(tx, "a1", 2, clock())
            renditions.delete(tx, "a1")
        return iter(results)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "render_many", withdrawn_meanwhile)
        render.run_once("actor")
    assert body(db, "a1") is None
    assert (row(db, "a1").state, row(db, "a1").settled) == ("settled", 2)


def test_an_article_that_was_withdrawn_before_is_settled_without_a_rendition(
    db: Database, render: Render, ingest: Callable[..., None]
) -> None:
    ingest("a1", status="withdrawn")
    render.drain("actor")
    assert body(db, "a1") is None
    assert row(db, "a1").state == "settled"


def test_a_zombie_writes_nothing_and_the_heir_does(
    db: Database, render: Render, ingest: Callable[..., None], clock: Clock, host: PluginHost
) -> None:
    ingest("a1", "lazarus")
    original = host.render_many

    def paused_past_the_lease(name: str, jobs: object) -> Iterator[Rendition | Exception]:
        results = list(original(name, jobs))  # type: ignore[arg-type]
        clock.at += 7 * SECOND
        patch.setattr(host, "render_many", original)
        assert render.run_once("actor") == 1, "the heir takes it up"
        return iter([Rendition(b"of the zombie") for _ in results])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "render_many", paused_past_the_lease)
        render.run_once("actor")
    assert body(db, "a1") == b"lazarus for Testhub"
    assert (row(db, "a1").state, row(db, "a1").attempts) == ("settled", 0)


def test_a_newer_version_that_came_while_rendering_is_rendered_next(
    db: Database, render: Render, ingest: Callable[..., None], host: PluginHost
) -> None:
    ingest("a1", "first")
    original = host.render_many

    def overtaken(name: str, jobs: object) -> Iterator[Rendition | Exception]:
        results = list(original(name, jobs))  # type: ignore[arg-type]
        ingest("a1", "second", 2)
        return iter(results)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "render_many", overtaken)
        render.run_once("actor")
    assert row(db, "a1").state == "waiting"
    render.drain("actor")
    assert body(db, "a1") == b"second for Testhub"
    assert row(db, "a1").settled == 2


def test_a_correction_that_is_rendered_makes_what_caches_kept_old(
    db: Database, render: Render, add_article: AddArticle, clock: Clock
) -> None:
    def mark() -> str:
        with db.read() as conn:
            return purges.mark(conn)

    before = mark()
    for version, lane in ((1, ledger.LANE_NEW), (2, ledger.LANE_WITHDRAW)):
        assert mark() == before
        add_article("a1", version)
        with db.write() as tx:
            ledger.open_rows(tx, "a1", version, ["actor"], lane=lane, now=clock())
        render.run_once("actor")
    assert mark() != before


def test_stopping_gives_back_what_was_not_tried(
    db: Database, render: Render, ingest: Callable[..., None]
) -> None:
    for number in range(8):
        ingest(f"a{number}")
    asked = iter([False, False, True])
    assert render.drain("actor", lambda: next(asked, True)) == 8
    with db.read() as conn:
        counts = ledger.counts(conn)["actor"]
    assert counts.leased == 0
    assert counts.waiting >= 5
    assert counts.waiting + counts.settled == 8
    waiting = next(r for r in (row(db, f"a{n}") for n in range(8)) if r.state == "waiting")
    assert waiting.attempts == 0


def test_a_worker_that_stops_ends_a_plugin_that_hangs_and_gives_the_article_back_without_blame(
    db: Database, plugins: registry.Registry, ingest: Callable[..., None], clock: Clock
) -> None:
    for number in range(3):
        ingest(f"a{number}", "sleep")
    patient = PluginHost(plugins, deadline=60)
    worker = Worker(Render(db, patient, RenderSettings(), clock=clock), db)
    worker.start()
    until(lambda: row(db, "a0").state == "leased", 10)
    begun = time.monotonic()
    assert worker.stop(4)
    assert time.monotonic() - begun < 4
    for number in range(3):
        left = row(db, f"a{number}")
        assert (left.state, left.attempts, left.error) == ("waiting", 0, None)
    patient.close()


def test_a_plugin_that_hangs_holds_no_row_beyond_its_lease(
    db: Database, host: PluginHost, clock: Clock, ingest: Callable[..., None]
) -> None:
    for number in range(8):
        ingest(f"a{number}", "sleep")
    render = Render(db, host, RenderSettings(lease_seconds=3), clock=clock)
    started = time.monotonic()
    render.run_once("actor")
    assert time.monotonic() - started < 3, "the lease"
    with db.read() as conn:
        counts = ledger.counts(conn)["actor"]
    assert counts.leased == 0
    assert counts.waiting == 8


def test_a_row_that_ends_its_workers_is_put_on_the_list(
    db: Database, render: Render, ingest: Callable[..., None], clock: Clock
) -> None:
    ingest("a1", "fine")
    for _ in range(20):
        with db.write() as tx:
            assert ledger.claim(tx, "actor", limit=1, lease_seconds=1, now=clock())
        clock.at += 2 * SECOND
    render.run_once("actor")
    assert row(db, "a1").state == "dead"
    assert "never heard of again" in (row(db, "a1").error or "")


def test_what_is_installed_is_registered_with_its_reason(db: Database, render: Render) -> None:
    with db.read() as conn:
        found = {o.name: (o.status, o.reason) for o in outputs.listing(conn)}
        assert outputs.enabled(conn) == ["actor", "calm"]
    assert found["broken"] == ("failed", "ZeroDivisionError while it was loaded: division by zero")
    assert render.register() == {}, "nothing has changed"


def test_another_public_address_renders_the_archive_anew(
    db: Database, render: Render, host: PluginHost, ingest: Callable[..., None], clock: Clock
) -> None:
    ingest("a1", "moved")
    render.drain("actor")
    assert render.register() == {}
    moved = Render(db, host, RenderSettings(hub_name="Another name"), clock=clock)
    assert moved.register()["actor"] == 1
    assert moved.register() == {}, "twice is once"
    moved.drain("actor")
    assert body(db, "a1") == b"moved for Another name"


def test_an_output_that_is_not_here_can_not_be_rendered(render: Render) -> None:
    with pytest.raises(PluginMissing):
        render.run_once("wombat")


def test_an_article_that_slipped_past_the_registration_is_adopted(
    db: Database, render: Render, add_article: AddArticle
) -> None:
    add_article("a1", title="slipped")
    add_article("a2", status="withdrawn")
    assert render.adopt() == 2, "one article in two outputs"
    assert render.adopt() == 0
    render.drain("actor")
    assert body(db, "a1") == b"slipped for Testhub"


def test_options_of_an_operator_reach_the_plugin(db: Database, host: PluginHost) -> None:
    settings = RenderSettings(options_of=lambda meta: {"width": "72"}, hub_url="https://h")
    made = Render(db, host, settings)
    assert made._context("actor") == Context(hub_url="https://h", options={"width": "72"})


# --- the worker -----------------------------------------------------------------------------------


def wait_for(check: Check, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def worker(db: Database, host: PluginHost) -> Iterator[Worker]:
    made = Worker(Render(db, host, RenderSettings(lease_seconds=6)), db, sweep_seconds=0.2)
    yield made
    assert made.stop(10)


def settled(db: Database, name: str, number: int) -> Check:
    def check() -> bool:
        with db.read() as conn:
            return ledger.counts(conn).get(name, Counts()) == Counts(settled=number)

    return check


def test_a_worker_back_fills_at_its_start_and_then_finds_new_articles_by_itself(
    db: Database, worker: Worker, add_article: AddArticle
) -> None:
    add_article("old", title="old")
    worker.start()
    wait_for(settled(db, "actor", 1))
    add_article("new", title="new")
    with db.write() as tx:
        ledger.open_rows(tx, "new", 1, ["actor", "calm"], now=int(time.time() * SECOND))
    wait_for(settled(db, "actor", 2))
    wait_for(settled(db, "calm", 2))


def test_an_output_that_hangs_does_not_delay_another(
    db: Database, worker: Worker, add_article: AddArticle
) -> None:
    for number in range(6):
        add_article(f"a{number}", title="sleep")
    started = time.monotonic()
    worker.start()
    wait_for(settled(db, "calm", 6))
    assert time.monotonic() - started < 2.5
    with db.read() as conn:
        assert ledger.counts(conn)["actor"].settled == 0


def test_a_worker_stops_quickly_and_leaves_nothing_leased(
    db: Database, host: PluginHost, add_article: AddArticle
) -> None:
    for number in range(30):
        add_article(f"a{number}", title="sleep")
    worker = Worker(Render(db, host, RenderSettings(lease_seconds=6)), db)
    worker.start()
    time.sleep(0.3)
    started = time.monotonic()
    assert worker.stop(10)
    assert time.monotonic() - started < 3
    with db.read() as conn:
        assert ledger.counts(conn)["actor"].leased == 0
    assert not [t for t in threading.enumerate() if t.name.startswith("render-")]


@pytest.mark.live
def test_a_worker_is_woken_by_the_queue(
    postgres_url: str, live_engines: None, host: PluginHost, plugins: registry.Registry
) -> None:
    import uuid

    from seealso_core import topology
    from seealso_core.nudge import Nudger
    from seealso_core.topology import Topology
    from seealso_store.database import open_database

    from tests.conftest import RABBIT_URL

    prefix = f"seealso-test-{uuid.uuid4().hex[:10]}"
    db = open_database(postgres_url)
    looked = threading.Event()

    class Noticing(Render):
        def drain(self, output: str, stopping: Check = lambda: False) -> int:
            looked.set()
            return 0

    nudger = Nudger(RABBIT_URL, prefix=prefix)
    worker = Worker(
        Noticing(db, host, RenderSettings()),
        db,
        broker_url=RABBIT_URL,
        sweep_seconds=600,
        prefix=prefix,
    )
    worker.start()
    try:
        assert worker._consumer is not None
        assert worker._consumer.wait_until_connected(10)
        time.sleep(1.3)  # the first polls of the database are over
        looked.clear()
        nudger.nudge(Wake("render", "actor", ("a1",)))
        assert looked.wait(2)
    finally:
        worker.stop()
        nudger.close()
        names = Topology(memory=False, prefix=prefix)
        with topology.connect(RABBIT_URL) as connection:
            channel = connection.channel()
            for name in plugins.enabled_outputs():
                channel.queue_delete(names.queue_name("render", name))
            channel.queue_delete(f"{prefix}.dead")
            channel.exchange_delete(prefix)
            channel.exchange_delete(f"{prefix}.dead")
        db.close()
