"""The hub on one machine: what keeps it from starting, in one sentence; and its whole life."""

from __future__ import annotations

import json
import socket
import sqlite3
import stat
import time
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest
import requests
from seealso_core.settings import load
from seealso_hub import place
from seealso_hub.up import ensure_key
from seealso_store import keys
from seealso_store.clock import now
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from tests.hub.running import ONE_OUTPUT, RunningHub, seealso, start
from tests.line.press import Api, record

ATOM = "{http://www.w3.org/2005/Atom}"


# --- what it starts with ---------------------------------------------------------------------------


def test_a_folder_whose_key_was_revoked_gets_a_new_one(database: Database, tmp_path: Path) -> None:
    settings = load({"SEEALSO_DATA": str(tmp_path)})
    leaked = ensure_key(database, settings)
    assert ensure_key(database, settings) == leaked
    with database.write() as tx:
        keys.revoke(tx, keys.id_of(leaked), now())
    new = ensure_key(database, settings)
    assert new != leaked
    assert place.read_key(tmp_path) == new
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    with database.read() as conn:
        assert keys.check(conn, new)
        assert not keys.check(conn, leaked)


# --- what keeps it from starting ------------------------------------------------------------------


def refused(data: Path, *arguments: str, **given: str) -> str:
    """What `seealso up` says when it can't start: one sentence, exit code 1, no trace."""
    ended = seealso(data, "up", *arguments, **given)
    assert ended.returncode == 1, ended.stderr
    said = [line for line in ended.stderr.splitlines() if line.startswith("Error: ")]
    assert len(said) == 1
    assert "Traceback" not in ended.stderr
    return said[0]


def test_a_port_in_use_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(tmp_path / "data", "--port", str(port))
    assert f"Can't listen on 127.0.0.1:{port} (Address already in use)" in said
    assert "--port" in said


@pytest.mark.parametrize("place", ["/proc/seealso-data", "file/below"])
def test_a_folder_that_can_not_be_written_is_named_with_the_remedy(
    tmp_path: Path, place: str
) -> None:
    # Root may write everywhere but where the kernel says no: /proc takes no folder, a file none.
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / place
    said = refused(folder, "--port", "0")
    assert f"The data folder {folder} can't be written" in said
    assert "--data" in said


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    database = open_database(f"sqlite:///{data / 'seealso.sqlite3'}")
    prepare(database)
    database.close()
    with sqlite3.connect(data / "seealso.sqlite3") as db:
        db.execute("UPDATE seealso_schema SET version_num = '9999'")
    db.close()
    said = refused(data, "--port", "0")
    assert "newer seealso" in said
    assert "9999" in said


def test_a_damaged_database_is_told_from_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "seealso.sqlite3").write_bytes(b"This is not a database at all. " * 200)
    assert "not an SQLite database, or is damaged" in refused(tmp_path, "--port", "0")


# --- its whole life -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub with the samples in it, settled."""
    running = start(tmp_path_factory.mktemp("hub") / "data")
    with as_file(files("seealso_hub") / "samples") as samples:
        imported = running.command("topics", "import", str(samples / "topics.csv"))
        assert imported.returncode == 0, imported.stderr
        ingested = running.command("ingest", str(samples), "--json")
        assert ingested.returncode == 0, ingested.stderr + running.log
    assert json.loads(ingested.stdout.splitlines()[-1]) == {
        "created": 16,
        "updated": 1,
        "unchanged": 0,
        "rejected": 0,
    }
    settled = running.command("status", "--wait", "60", "--json")
    assert settled.returncode == 0, settled.stdout + settled.stderr
    yield running
    code = running.stop()
    assert code == 0, running.log
    assert "Traceback" not in running.log, running.log


def get(hub: RunningHub, path: str, **headers: str) -> requests.Response:
    return requests.get(hub.url + path, headers=headers, timeout=20)


def listed(hub: RunningHub) -> dict[str, Any]:
    found = json.loads(hub.command("articles", "list", "--json").stdout)
    return {article["title"]: article for article in found["articles"]}


def test_every_sample_is_settled_in_all_six_outputs(hub: RunningHub) -> None:
    found = json.loads(hub.command("status", "--json").stdout)
    assert set(found["outputs"]) == {"html", "rss", "atom", "jsonfeed", "email", "text"}
    for counts in (*found["outputs"].values(), found["filing"]):
        assert counts == {"waiting": 0, "leased": 0, "settled": 16, "dead": 0}


def test_the_same_samples_again_are_unchanged(hub: RunningHub) -> None:
    with as_file(files("seealso_hub") / "samples") as samples:
        # Without the first version of the corrected article, which would be a change again.
        names = [str(p) for p in sorted(samples.iterdir()) if p.suffix != ".csv"]
        names = [name for name in names if "06-" not in name]
        again = hub.command("ingest", *names, "--json")
    assert again.returncode == 0, again.stderr
    counts = json.loads(again.stdout.splitlines()[-1])
    assert counts == {"created": 0, "updated": 0, "unchanged": 16, "rejected": 0}


def test_the_correction_is_the_second_version_and_says_so(hub: RunningHub) -> None:
    article = listed(hub)["The reading room opens on Sundays"]
    assert article["version"] == 2
    shown = json.loads(hub.command("articles", "show", article["id"], "--json").stdout)
    assert "from ten" in shown["body_text"]
    assert shown["corrections"][0]["text"].startswith("An earlier version said")
    assert {row["state"] for row in shown["outputs"]} == {"settled"}


def test_pages_and_feeds_answer(hub: RunningHub) -> None:
    article = listed(hub)["Composting at home"]["id"]
    for extension in ("html", "rss", "atom", "json", "eml", "txt"):
        assert get(hub, f"/articles/{article}.{extension}").status_code == 200, extension
    for path in (
        "/",
        "/topics",
        "/topics.opml",
        "/topics/composting",
        "/topics/composting.json",
        "/topics/composting/related.json",
        f"/articles/{article}",
        f"/articles/{article}/related.json",
        "/series/ask-the-gardener",
        "/series/ask-the-gardener/feed.rss",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/newsletters/composting",
    ):
        assert get(hub, path).status_code == 200, path


def test_a_feed_answers_304_to_its_own_validator(hub: RunningHub) -> None:
    first = get(hub, "/topics/composting/feed.atom")
    assert first.headers["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(first.content).findall(f"{ATOM}entry")
    assert "Composting at home" in {entry.findtext(f"{ATOM}title") for entry in entries}
    again = get(hub, "/topics/composting/feed.atom", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_promo_of_a_source_page_is_in_no_output(hub: RunningHub) -> None:
    titles = listed(hub)
    article = titles["My compost heap smells sour. Can you tell me what I am doing wrong?"]["id"]
    shown = json.loads(hub.command("articles", "show", article, "--json").stdout)
    assert [promo["kind"] for promo in shown["promos"]] == ["newsletter-signup"]
    for extension in ("html", "rss", "atom", "json", "eml", "txt"):
        assert (
            b"unsubscribe link in each" not in get(hub, f"/articles/{article}.{extension}").content
        )


def test_see_also_titles_resolve_or_stay_ghosts(hub: RunningHub) -> None:
    ghosts = json.loads(hub.command("topics", "ghosts", "--json").stdout)["ghosts"]
    labels = {ghost["label"] for ghost in ghosts}
    assert "Leaf mould" in labels
    assert "Earthworms" not in labels
    assert get(hub, "/topics/leaf-mould/feed.json").json()["items"]


def test_a_withdrawn_article_is_gone_within_a_second(hub: RunningHub) -> None:
    article = listed(hub)["Coffee in the evening"]["id"]
    feed = "/topics/nutrition/feed.json"
    assert any(article in json.dumps(item) for item in get(hub, feed).json()["items"])
    taken_back = hub.command("withdraw", article, "--reason", "A test of the tests.")
    assert taken_back.returncode == 0, taken_back.stderr
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        page, items = get(hub, f"/articles/{article}"), get(hub, feed).json()["items"]
        if page.status_code == 410 and not any(article in json.dumps(item) for item in items):
            break
        time.sleep(0.05)
    assert page.status_code == 410
    assert not any(article in json.dumps(item) for item in items)


def test_a_wrong_key_an_unknown_topic_and_broken_lines_are_told(
    hub: RunningHub, tmp_path: Path
) -> None:
    wrong = hub.command("status", SEEALSO_KEY="sk_wrong")
    assert wrong.returncode == 1
    assert "key" in wrong.stderr
    for asked, says in (
        (
            ("topics", "show", "compostin"),
            ("'compostin'", "Did you mean Composting", "`seealso topics list`"),
        ),
        (("topics", "show", "no-such-thing"), ("'no-such-thing'", "`seealso topics list`")),
        (("newsletters", "send", "compostin"), ("mean composting", "`seealso topics list`")),
        (("articles", "show", "a0"), ("'a0'", "`seealso articles list`")),
        (("withdraw", "a0"), ("'a0'", "`seealso articles list`")),
        (("channels", "add", "Nobody", "composting"), ("'Nobody'", "`seealso partners list`")),
        (("channels", "revoke", "c0"), ("'c0'", "`seealso channels list`")),
        (("newsletters", "forget", "a@b.example"), ("a@b.example", "newsletters subscribers")),
    ):
        unknown = hub.command(*asked)
        assert unknown.returncode == 1
        assert all(words in unknown.stderr for words in says), unknown.stderr
    path = tmp_path / "lines.jsonl"
    rows = [
        json.dumps({"external_id": f"line-{n}", "title": f"Line {n}", "body_html": f"<p>{n}</p>"})
        for n in range(1, 11)
    ]
    rows[6] = '{"title": "broken'
    path.write_text("\n".join(rows))
    ended = hub.command(
        "ingest", str(path), str(tmp_path / "missing"), "--source", "lines", "--json"
    )
    assert ended.returncode == 1
    assert json.loads(ended.stdout.splitlines()[-1])["created"] == 9
    assert f"{path}, line 7" in ended.stderr
    assert "missing: There is no such file" in ended.stderr


def test_a_second_hub_on_the_same_folder_is_refused(hub: RunningHub) -> None:
    said = refused(hub.data, "--port", "0")
    assert f"Another hub is running on {hub.data}" in said
    assert hub.url in said


def test_only_the_owner_can_read_the_key(hub: RunningHub) -> None:
    assert stat.S_IMODE((hub.data / "key").stat().st_mode) == 0o600
    key = hub.command("key").stdout.strip()
    assert key.startswith("sk_")
    with sqlite3.connect(f"file:{hub.data / 'seealso.sqlite3'}?mode=ro", uri=True) as db:
        dump = "\n".join(str(row) for row in db.execute("SELECT * FROM api_key"))
    db.close()
    assert key not in dump


def test_keys_are_made_listed_and_revoked(hub: RunningHub) -> None:
    made = hub.command("key", "create", "The desk")
    key = made.stdout.strip()
    assert key.startswith("sk_")
    assert hub.command("status", SEEALSO_KEY=key).returncode == 0
    listed_keys = json.loads(hub.command("key", "list", "--json", SEEALSO_KEY=key).stdout)["keys"]
    assert [(one["label"], one["asking"]) for one in listed_keys] == [
        ("hub", False), ("The desk", True),
    ]  # fmt: skip
    assert key not in json.dumps(listed_keys)
    desk = listed_keys[1]["id"]
    itself = hub.command("key", "revoke", desk, SEEALSO_KEY=key)
    assert itself.returncode == 1
    assert "is the key that asks" in itself.stderr
    gone = hub.command("key", "revoke", desk)
    assert gone.returncode == 0, gone.stderr
    assert hub.command("status", SEEALSO_KEY=key).returncode == 1
    unknown = hub.command("key", "revoke", "nothing")
    assert unknown.returncode == 1
    assert "`seealso key list`" in unknown.stderr


def test_the_web_process_is_started_again_when_it_dies(hub: RunningHub) -> None:
    def web() -> psutil.Process:
        children = psutil.Process(hub.process.pid).children()
        return next(child for child in children if "seealso_hub.web" in child.cmdline())

    first = web()
    family = [first, *first.children(recursive=True)]
    first.kill()
    _, left = psutil.wait_procs(family, timeout=5)
    assert not left, "what the web process had started ended with it"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if get(hub, "/livez").ok:
                break
        except requests.ConnectionError:
            time.sleep(0.1)
    assert get(hub, "/livez").ok
    assert web().pid != first.pid


def test_a_killed_hub_leaves_no_orphan_and_starts_again_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    hub = start(data, **ONE_OUTPUT)
    port = int(hub.url.rsplit(":", 1)[1])
    article = {"title": "Kept", "body_html": "<p>Through a kill.</p>", "external_id": "kept"}
    (tmp_path / "kept.json").write_text(json.dumps(article))
    assert hub.command("ingest", str(tmp_path / "kept.json")).returncode == 0
    family = psutil.Process(hub.process.pid).children(recursive=True)
    assert len(family) >= 2
    hub.kill()
    _, left = psutil.wait_procs(family, timeout=5)
    assert not left
    hub = start(data, port, **ONE_OUTPUT)
    try:
        settled = hub.command("status", "--wait", "10")
        assert settled.returncode == 0, settled.stdout
        assert [article["title"] for article in listed(hub).values()] == ["Kept"]
    finally:
        assert hub.stop() == 0
    assert not (data / "hub.json").exists()
    assert "Traceback" not in hub.log


@pytest.mark.deep
def test_all_cores_work_where_the_settings_say_so(tmp_path: Path) -> None:
    counts = {"SEEALSO_WEB_WORKERS": "2", "SEEALSO_RENDER_PROCESSES": "3"}
    several = start(tmp_path / "data", **counts, **ONE_OUTPUT)

    def of(module: str) -> list[psutil.Process]:
        family = psutil.Process(several.process.pid).children(recursive=True)
        return [one for one in family if module in one.cmdline()]

    try:
        assert len(of("seealso_core.server")) == 2
        renderers = of("seealso_hub.renderer")
        assert len(renderers) == 2  # and one in the hub's own process
        renderers[0].kill()
        with Api(several) as api:
            api.post([record(number) for number in range(20)])
        assert several.command("status", "--wait", "60").returncode == 0
        deadline = time.monotonic() + 20
        while len(of("seealso_hub.renderer")) < 2:
            assert time.monotonic() < deadline, several.log
            time.sleep(0.05)
        family = psutil.Process(several.process.pid).children(recursive=True)
    finally:
        assert several.stop() == 0
    _, left = psutil.wait_procs(family, timeout=5)
    assert not left
