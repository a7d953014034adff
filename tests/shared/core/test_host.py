"""A plugin may do its worst: one article gets the blame, the next is rendered, nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from seealso_core import registry
from seealso_core.errors import PluginFailed, PluginMissing
from seealso_core.host import PluginHost
from seealso_sdk import (
    Article,
    Channel,
    Context,
    Entry,
    Filing,
    Link,
    Problem,
    RawArticle,
    RawInput,
    Reject,
    Rendition,
    Retry,
    SeeAlso,
    SourceContext,
)

from tests.shared.core.naughty import ACTOR, output, write

CONTEXT = Context(hub_name="Testhub")
DEADLINE = 0.6


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> registry.Registry:
    patch = pytest.MonkeyPatch()
    patch.setattr(registry, "_installed", list)
    folder = write(tmp_path_factory.mktemp("plugins"), actor=ACTOR, calm=output("calm", "calm"))
    loaded = registry.load(folder)
    patch.undo()
    return loaded


@pytest.fixture(scope="module")
def host(found: registry.Registry) -> Iterator[PluginHost]:
    made = PluginHost(found, deadline=DEADLINE, memory_mb=256, output_mb=2)
    yield made
    made.close()


def article(title: str, text: str = "") -> bytes:
    return Article(id="a1", version=1, title=title, body_text=text).to_json()


def play(host: PluginHost, *titles: str) -> list[Rendition | Exception]:
    return list(host.render_many("actor", [(article(t), CONTEXT) for t in titles]))


def processes() -> set[int]:
    return {p.pid for p in psutil.Process().children(recursive=True) if p.status() != "zombie"}


def test_articles_are_rendered_in_order_with_context_body_and_parts(host: PluginHost) -> None:
    made = play(host, *(f"number {i}" for i in range(100)))
    assert made == [
        Rendition(f"number {i} for Testhub".encode(), {"part": b"\xff\x00"}) for i in range(100)
    ]


def test_the_context_may_change_from_job_to_job(host: PluginHost) -> None:
    jobs = [(article("x"), Context(hub_name=name)) for name in ("A", "A", "B", "A")]
    made = [r.body for r in host.render_many("actor", jobs) if isinstance(r, Rendition)]
    assert made == [b"x for A", b"x for A", b"x for B", b"x for A"]


BAD = {
    "spin": ("deadline", "no answer within 0.6"),
    "sleep": ("deadline", "no answer within 0.6"),
    "deaf": ("deadline", "no answer within 0.6"),
    "family": ("deadline", "no answer within 0.6"),
    "memory": ("memory", "plugin_memory_mb"),
    "segfault": ("crashed", "killed by SIGSEGV"),
    "leave": ("crashed", "ended itself with status 7"),
    "closes_everything": ("crashed", ""),
    "flood": ("output-too-large", "printed more than"),
    "huge": ("output-too-large", "at most"),
    "raises": ("raised", "ValueError: a bug in line one (actor.py:"),
    "unprintable": ("raised", "Nasty"),
    "exit_politely": ("raised", "SystemExit"),
    "deep": ("raised", "RecursionError"),
    "file": ("raised", "OSError"),
    "wrong_type": ("nonsense", "returned str"),
    "wrong_body": ("nonsense", "Rendition.body is str"),
    "wrong_parts": ("nonsense", "Rendition.parts"),
    "empty": ("nonsense", "is empty"),
    "nothing": ("nonsense", "returned NoneType"),
}


@pytest.mark.parametrize("bad", BAD)
def test_one_bad_call_costs_that_article_and_no_other(host: PluginHost, bad: str) -> None:
    kind, detail = BAD[bad]
    started = time.monotonic()
    before, failed, *after = play(host, "before", bad, "after", "and after")
    assert isinstance(failed, PluginFailed)
    assert (failed.kind, detail in failed.detail) == (kind, True), str(failed)
    assert [r.body for r in (before, *after) if isinstance(r, Rendition)] == [
        b"before for Testhub", b"after for Testhub", b"and after for Testhub",
    ]  # fmt: skip
    assert time.monotonic() - started < DEADLINE + 8  # with two cold starts, on a busy machine


def test_nothing_of_a_plugin_survives_its_call(host: PluginHost) -> None:
    before = processes()
    play(host, "family", "deaf")
    time.sleep(0.05)
    assert len(processes() - before) <= 1, "at most the new warm child"


def test_the_verbs_of_the_sdk_reach_the_caller_as_they_are(host: PluginHost) -> None:
    retry, odd, reject = play(host, "retry", "retry_oddly", "reject")
    assert isinstance(retry, Retry)
    assert (retry.after, retry.reason) == (30, "the moon is wrong")
    assert isinstance(odd, Retry)
    assert odd.after == 0
    assert isinstance(reject, Reject)
    assert reject.reason == "too long for this format"


def test_prints_and_forged_answers_do_not_reach_the_protocol(host: PluginHost) -> None:
    printed, forged, after = play(host, "prints", "forges", "after")
    assert (printed, forged) == (Rendition(b"printed"), Rendition(b"honest"))
    assert isinstance(after, Rendition)


def test_a_plugin_sees_nothing_of_the_hubs_environment(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEALSO_KEY", "s3cret")
    (made,) = play(host, "environment")
    assert isinstance(made, Rendition)
    names, folder, stdin = eval(made.body)
    assert set(names) <= {"LC_CTYPE"}
    assert (folder, stdin) == ("/", "")


def test_a_thread_that_a_plugin_leaves_does_not_keep_its_process(found: registry.Registry) -> None:
    before = processes()
    host = PluginHost(found)
    assert play(host, "thread") == [Rendition(b"left a thread")]
    host.close()
    assert processes() <= before


def test_the_host_stays_small_while_a_plugin_does_not(host: PluginHost) -> None:
    me = psutil.Process()
    before = me.memory_info().rss
    play(host, "memory", "flood", "huge")
    assert me.memory_info().rss - before < 50 * 1024 * 1024


def test_other_plugins_are_not_delayed_by_one_that_hangs(found: registry.Registry) -> None:
    host = PluginHost(found, deadline=60)
    results: list[Rendition | Exception] = []
    hanging = threading.Thread(target=lambda: results.extend(play(host, "sleep")))
    hanging.start()
    assert list(host.render_many("calm", [(article("x"), CONTEXT)])) == [Rendition(b"x")]
    assert hanging.is_alive()
    host.close()  # ends a call that is under way, too
    hanging.join(10)
    assert [getattr(r, "kind", "") for r in results] == ["crashed"]


def test_two_callers_of_one_plugin_work_side_by_side(host: PluginHost) -> None:
    results: dict[int, list[Rendition | Exception]] = {}

    def work(number: int) -> None:
        results[number] = play(host, *(f"{number}-{i}" for i in range(50)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, made in results.items():
        assert [r.body for r in made if isinstance(r, Rendition)] == [
            f"{number}-{i} for Testhub".encode() for i in range(50)
        ]


def test_leaving_early_leaves_no_answer_behind_for_the_next_caller(host: PluginHost) -> None:
    results = host.render_many("actor", [(article(f"old {i}"), CONTEXT) for i in range(30)])
    assert isinstance(next(results), Rendition)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    (made,) = play(host, "new")
    assert made == Rendition(b"new for Testhub", {"part": b"\xff\x00"})


def test_articles_larger_than_the_pipes_go_through(host: PluginHost) -> None:
    jobs = [(article(f"large {i}", "x" * 1_500_000), CONTEXT) for i in range(6)]
    made = [r.body for r in host.render_many("actor", jobs) if isinstance(r, Rendition)]
    assert made == [f"large {i} for Testhub".encode() for i in range(6)]


def test_an_article_that_is_not_one_is_contained(host: PluginHost) -> None:
    bad, good = host.render_many("actor", [(b'{"id": 3}', CONTEXT), (article("x"), CONTEXT)])
    assert isinstance(bad, PluginFailed)
    assert isinstance(good, Rendition)


def test_a_plugin_that_stops_loading_fails_its_articles_at_once(tmp_path: Path) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(registry, "_installed", list)
    folder = write(tmp_path / "p", fades=output("fades", "f"))
    loaded = registry.load(folder)
    patch.undo()
    write(folder, fades="raise RuntimeError('gone')")
    host = PluginHost(loaded)
    made = list(host.render_many("fades", [(article("x"), CONTEXT)] * 40))
    host.close()
    assert len(made) == 40
    assert all(isinstance(r, PluginFailed) and "RuntimeError: gone" in r.detail for r in made)


def test_an_unknown_output_is_said_at_once(host: PluginHost) -> None:
    with pytest.raises(PluginMissing, match="there is no output 'wombat'"):
        host.render_many("wombat", [])


def channel(title: str) -> Channel:
    return Channel(
        id="urn:x", title=title, description="", url="http://h/t", feed_url="http://h/f",
        updated="2024-04-09T00:00:00Z",
    )  # fmt: skip


def entry(title: str) -> Entry:
    return Entry(
        article_id="a1", title=title, url="http://h/a1", dated="2024-04-09", revised="2024-04-09",
        rendition=Rendition(b"body", {"p": b"part"}), categories=(Filing("s", "Label"),),
        related=(Link("http://h/x", "X"),),
    )  # fmt: skip


def test_documents_are_assembled_of_all_that_an_entry_has(host: PluginHost) -> None:
    made = host.assemble("actor", channel("Head"), [entry("One"), entry("Two")]).decode()
    assert made.splitlines()[0] == "Head"
    assert "One: body (Filing(slug='s', label='Label'" in made
    assert "Link(url='http://h/x', title='X'" in made


@pytest.mark.parametrize(
    ("title", "kind"), [("sleep", "deadline"), ("nothing", "nonsense"), ("leave", "crashed")]
)
def test_an_assembly_that_fails_says_how_and_the_next_one_works(
    host: PluginHost, title: str, kind: str
) -> None:
    with pytest.raises(PluginFailed) as raised:
        host.assemble("actor", channel(title), [])
    assert raised.value.kind == kind
    assert host.assemble("actor", channel("Fine"), []) == b"Fine"


def test_sources_are_read_and_their_problems_come_in_place(host: PluginHost) -> None:
    raw = RawInput(data="Tïtle".encode(), media_type="text/x-test", url="http://x/", source="api")
    assert host.read("reader", raw, SourceContext(today="2024-04-09")) == [
        RawArticle(title="Tïtle", url="http://x/", source="api"),
        Problem(code="c", detail="2024-04-09"),
    ]


@pytest.mark.parametrize("play", ["not_articles", "bad_article", "nothing"])
def test_a_source_that_returns_nonsense_is_contained(host: PluginHost, play: str) -> None:
    with pytest.raises(PluginFailed):
        host.read("reader", RawInput(data=play.encode()), SourceContext())
    assert host.read("reader", RawInput(data=b"x"), SourceContext())


def test_a_child_that_somebody_else_killed_costs_no_input(found: registry.Registry) -> None:
    host = PluginHost(found)
    assert host.read("reader", RawInput(data=b"x"), SourceContext())
    os.kill(host._pools["source", "reader"]._idle[0].pid, signal.SIGKILL)
    assert host.read("reader", RawInput(data=b"y"), SourceContext())
    host.close()


def test_a_source_may_reject_an_input(host: PluginHost) -> None:
    with pytest.raises(Reject, match="too long for this format"):
        host.read("reader", RawInput(data=b"reject"), SourceContext())


@pytest.mark.parametrize("busy", ["sleep", "spin"])
def test_children_end_when_the_hub_is_killed(tmp_path: Path, busy: str) -> None:
    write(tmp_path / "plugins", actor=ACTOR)
    program = f"""
import sys
from pathlib import Path
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_sdk import Article, Context
registry._installed = list
host = PluginHost(registry.load(Path({str(tmp_path / "plugins")!r})), deadline=60)
def jobs():
    yield Article(id="a", version=1, title="x").to_json(), Context()
    print("ready", flush=True)
    yield Article(id="a", version=1, title={busy!r}).to_json(), Context()
list(host.render_many("actor", jobs()))
"""
    hub = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert hub.stdout is not None
    assert hub.stdout.readline() == "ready\n"
    time.sleep(0.3)
    family = psutil.Process(hub.pid).children(recursive=True)
    assert family
    hub.kill()
    hub.wait()
    hub.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=3)
    assert alive == []


def test_a_child_outlives_the_thread_that_first_asked_for_it(found: registry.Registry) -> None:
    # The kernel kills a child when the thread that started it ends; web servers' threads do end.
    host = PluginHost(found)
    thread = threading.Thread(target=play, args=(host, "x"))
    thread.start()
    thread.join()
    time.sleep(0.1)
    pool = host._pools["output", "actor"]
    pid = pool._idle[0].pid
    assert isinstance(play(host, "y")[0], Rendition)
    assert pool._idle[0].pid == pid
    host.close()


def test_the_hosts_own_share_of_a_rendition_is_small(host: PluginHost) -> None:
    jobs = [(article("x", "word " * 600), CONTEXT)] * 500
    list(host.render_many("calm", jobs[:20]))
    before = time.process_time(), os.times().elapsed
    assert len(list(host.render_many("calm", jobs))) == 500
    cpu = time.process_time() - before[0]
    assert cpu / 500 < 0.0008, "about 0.05 ms on a quiet machine"


def test_a_closed_host_says_so(found: registry.Registry) -> None:
    host = PluginHost(found)
    host.close()
    with pytest.raises(PluginMissing, match="closed"):
        play(host, "x")


def test_what_is_named_by_an_id_alone_does_not_reach_an_output(host: PluginHost) -> None:
    listed = (SeeAlso("", ref="t-7"), SeeAlso("Sleep", ref="t-8"), SeeAlso(" ", url="https://a.b/"))
    given = Article(id="a1", version=1, title="lists", see_also=listed)
    (made,) = host.render_many("actor", [(given.to_json(), CONTEXT)])
    assert isinstance(made, Rendition)
    assert made.body == b"Sleep"
