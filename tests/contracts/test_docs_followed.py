"""partners, operations, newsletters and sources: their commands are run, their tables are so."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
import requests
from seealso_core import topology
from seealso_core.settings import Settings
from seealso_dispatch import flow, limits, message, relay, schedule
from seealso_feeds import documents, drafts
from seealso_hub import up
from seealso_hub.commands.status import COLUMNS
from seealso_ingest import fetch
from seealso_ingest.limits import LIMITS
from seealso_render import schedule as render_schedule
from seealso_sdk import samples
from seealso_sdk.model import Filing, Link, RawArticle
from seealso_sdk.plugin import Context
from seealso_sdk.testing import channel, entry
from seealso_source_json_mappings import CONVERTERS, read_mapping
from seealso_store import deliveries
from seealso_store.clock import SECOND

from tests.contracts import front, pages
from tests.contracts.pages import DOCS, ROOT
from tests.contracts.reader import Reader
from tests.hub.running import environ

PARTNERS = DOCS / "partners.md"
OPERATIONS = DOCS / "operations.md"
NEWSLETTERS = DOCS / "newsletters.md"
SOURCES = DOCS / "sources.md"


# --- the commands ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader with the demo's articles in a hub, in a folder that has the project's scripts."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "deploy").symlink_to(ROOT / "deploy")
    mappings = folder / "mappings.json"
    mappings.write_text(pages.file_block(SOURCES, "mappings.json"), encoding="utf-8")
    made = Reader(
        folder, SEEALSO_DATA=str(folder / "data"), SEEALSO_SOURCE_JSON_MAPPINGS=str(mappings)
    )
    made.start()
    try:
        with as_file(files("seealso_hub") / "samples") as demo:
            made.give(
                f"seealso status --wait 60; seealso topics import {demo}/topics.csv;"
                f" seealso ingest {demo} --source millbrook; seealso status --wait 60"
            )
        yield made
    finally:
        made.stop()


NGINX = """
pid {folder}/nginx.pid; daemon off; master_process off;
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/1; proxy_temp_path {folder}/2;
    fastcgi_temp_path {folder}/3; uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    types {{ text/html html; }}
    server {{ listen 127.0.0.1:{port}; root {folder}; {rules} }}
}}
"""  # the server that a partner has already


needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="the pages' reader needs curl")


def followed(reader: Reader, page: Path) -> str:
    """What the page's commands print."""
    before = len(reader.said)
    reader.follow(page)
    return reader.said[before:]


@needs_curl
@pytest.mark.slow
def test_a_partner_who_follows_the_page_gets_what_it_says(reader: Reader) -> None:
    said = followed(reader, PARTNERS)
    assert "<rss " in said
    assert "<feed " in said
    assert "<opml " in said
    assert "\n304\n" in said
    assert re.search(r'^link: .*before=.*rel="next"', said, re.MULTILINE | re.IGNORECASE)
    assert re.search(r"/channels/[\w-]{40,}/feed\.rss", said)


@needs_curl
@pytest.mark.deep
def test_an_operator_who_follows_the_page_gets_what_it_says(reader: Reader) -> None:
    said = followed(reader, OPERATIONS)
    assert "smoke: this hub works" in said
    assert "\n410\n" in said
    copy = reader.folder / "hub.backup"
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*) FROM article").fetchone()[0] >= 16
    checked = subprocess.run(
        [sys.executable, "-m", "seealso_store"], check=False, capture_output=True, text=True,
        env=environ(SEEALSO_DATABASE_URL=f"sqlite:///{copy}"), timeout=60,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


@pytest.mark.slow
def test_the_newsletter_commands_run(reader: Reader) -> None:
    followed(reader, NEWSLETTERS)


@pytest.mark.slow
def test_what_the_page_of_sources_shows_goes_in(reader: Reader) -> None:
    said = followed(reader, SOURCES)
    assert said.count("1 created, 0 updated, 0 unchanged, 0 rejected") == 2
    assert "2 created, 0 updated, 0 unchanged, 0 rejected" in said
    museum = {"objectNumber": "7", "label": {"nl": "Vaas"}, "created": 0, "description": "<p>x</p>"}
    (reader.folder / "vase.json").write_text(json.dumps(museum))
    reader.give("seealso ingest vase.json --json; seealso articles list --search Vaas")
    assert "Vaas" in reader.said


# --- partners -------------------------------------------------------------------------------------


def test_the_members_of_the_extension_are_all_explained() -> None:
    item, feed = _extension_members()
    assert set(_first_column("Of an item:")) == item
    assert set(_first_column("Of the feed:")) == feed


def _extension_members() -> tuple[set[str], set[str]]:
    """Every member of ``_seealso`` that the output writes, of an item and of a feed."""
    from seealso_output_jsonfeed import JsonFeedOutput

    output, items = JsonFeedOutput(), set[str]()
    for given in samples.sample_articles().values():
        document = _feed(output, given)
        for item in document["items"]:
            items |= set(item["_seealso"])
    return items, set(document["_seealso"])


def _feed(output: Any, given: Any) -> dict[str, Any]:
    made = output.render(given, Context())
    one = entry(
        given,
        made,
        categories=(Filing("a", "A"),),
        related=(Link("https://hub.example/", "x"),),
        reason="Because.",
    )
    head = channel(previous_url="https://hub.example/topics/breast-cancer/feed?limit=1")
    document: dict[str, Any] = json.loads(output.assemble(head, [one]))
    return document


def _first_column(heading: str) -> list[str]:
    below = pages.text(PARTNERS).partition(f"\n{heading}\n\n")[2]
    rows = below.partition("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1].strip().strip("`") for row in rows]


def test_the_numbers_of_the_page_for_partners_are_in_force() -> None:
    said = pages.text(PARTNERS)
    assert f"A feed has {documents.DEFAULT_LIMIT} articles" in said
    assert f"takes 1 to {documents.MAX_LIMIT}" in said
    assert f"For {drafts.TOMBSTONES_FOR // (86_400 * SECOND)} days" in said
    assert "max-age=60" in documents.FEED_CACHING
    assert "once a minute for feeds" in said


@pytest.mark.slow
@front.needs_nginx
def test_a_page_includes_an_article_as_the_page_for_partners_says(
    reader: Reader, tmp_path: Path
) -> None:
    port = front.free_port()
    rules = pages.file_block(PARTNERS, "hub.conf").replace(":8080", f":{reader.port}")
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(folder=tmp_path, port=port, rules=rules), encoding="utf-8")
    page = pages.file_block(PARTNERS, "page.html")
    (article,) = re.findall(r"/articles/(\w+)/fragment.html", page)
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    (tmp_path / "gone.html").write_text(page.replace(article, "agone"), encoding="utf-8")
    with front.serving(conf, f"http://127.0.0.1:{port}"):
        shown = requests.get(f"http://127.0.0.1:{port}/page.html", timeout=10).text
        assert shown.count("<article") == shown.count("</article>") == 1
        assert 'class="seealso-body"' in shown
        gone = requests.get(f"http://127.0.0.1:{port}/gone.html", timeout=10).text
        assert gone.split() == ["<main>", "</main>"]


# --- newsletters ----------------------------------------------------------------------------------


def test_the_numbers_of_the_page_of_newsletters_are_in_force() -> None:
    said = pages.text(NEWSLETTERS)
    assert f"works for {limits.CONFIRM_WITHIN // 3600} hours" in said
    assert f"{limits.PER_ADDRESS_A_DAY} confirmation mails" in said
    assert f"{limits.PER_HOUR} sign-ups" in said
    assert f"At most {flow.ISSUE_ARTICLES} articles" in said
    assert f"not once in {len(schedule.DELAYS) + 1} tries" in said
    assert _spoken(schedule.DELAYS) == "1 min, 5 min, 30 min, 2 h, 6 h, 12 h, 24 h"
    assert "1 min, 5 min, 30 min, 2 h, 6 h, 12 h and 24 h" in said


def _spoken(delays: tuple[int, ...]) -> str:
    return ", ".join(f"{s // 3600} h" if s >= 3600 else f"{s // 60} min" for s in delays)


def test_every_header_of_a_digest_is_explained() -> None:
    digest = message.Digest(
        subject="s", text="t", html="<p>h</p>", sender="n@hub.example", list_name="n",
        date="Tue, 09 Apr 2024 00:00:00 +0000", list_id="x.hub.example", archive="https://hub.example/",
    )  # fmt: skip
    reader = message.Reader(
        email="r@example.org", message_id="<m@hub.example>", unsubscribe_token="t",
        preferences_token="p", unsubscribe_url="https://hub.example/u",
    )  # fmt: skip
    head = message.build(digest, reader).partition(b"\r\n\r\n")[0].decode()
    written = set(re.findall(r"^([A-Za-z-]+):", head, re.MULTILINE))
    usual = {"From", "To", "Subject", "Date", "MIME-Version", "Content-Type"}
    assert set(pages.column(NEWSLETTERS, "Each message is", 0)) | usual == written


def test_every_state_of_a_delivery_is_explained() -> None:
    drawn = (deliveries.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0]
    states = set(re.findall(r"[a-z]+", re.sub(r"\(.*?\)", "", drawn)))
    assert set(pages.column(NEWSLETTERS, "## Deliveries")) == states


# --- operations -----------------------------------------------------------------------------------


def test_the_numbers_of_the_page_of_operations_are_in_force() -> None:
    rows = {
        row[0].strip(): row[1].strip()
        for row in re.findall(r"^\|([^|]+)\|([^|]+)\|", pages.text(OPERATIONS), re.MULTILINE)
    }
    defaults = Settings()
    assert rows["lease of a batch"] == f"{defaults.lease_seconds} s"
    assert rows["rows of a batch"] == str(defaults.batch)
    assert rows["look for work without being woken"] == f"{defaults.sweep_seconds:g} s"
    assert rows["outbound fetch of a source"] == (
        f"{fetch.MAX_SECONDS:g} s and {fetch.MAX_BODY // 2**20} MB"
    )
    assert rows["mail that the relay did not take"].startswith(_spoken(schedule.DELAYS))
    assert render_schedule.STEPS == (1, 10, 60, 600, 3600)
    assert rows["tries after a failure"].startswith("1 s, 10 s, 1 min, 10 min, 1 h")
    steps = rows["tries after a deadline, a crash or want of memory"]
    assert steps.count(" s") + 1 == render_schedule.CRASH_LIMIT
    assert render_schedule.LONGEST_WAIT == 86_400
    assert rows["tries that a plugin asks for"].endswith(f"{render_schedule.RETRY_LIMIT} of them")
    assert (up.STOP_SECONDS, relay.TIMEOUT) == (9, 30)
    assert "after nine seconds" in pages.text(OPERATIONS)
    dead = topology.Topology(
        memory=False, prefix=topology.named(defaults.broker_prefix)
    ).dead_queue()
    assert f"`{dead.name}`" in pages.text(OPERATIONS)


def test_the_columns_of_status_are_explained() -> None:
    below = pages.text(OPERATIONS).partition("**`seealso status`**")[2].partition("`--wait")[0]
    shown = [column.title for column in COLUMNS[1:]]
    assert re.findall(r"^\| ([A-Z][a-z ]+?) \|", below, re.MULTILINE) == shown


def test_every_process_of_compose_is_in_the_table() -> None:
    import yaml

    compose = yaml.safe_load(pages.text(ROOT / "docker-compose.yml"))
    commands = {
        "python -m " + " ".join(s["command"]) for s in compose["services"].values() if "build" in s
    }
    assert commands <= set(pages.column(OPERATIONS, "## PostgreSQL and RabbitMQ", 1))


# --- sources --------------------------------------------------------------------------------------


def test_every_key_of_an_article_in_json_is_explained() -> None:
    below = pages.text(SOURCES).partition("| key | what to give |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+)`", below, re.MULTILINE)
    assert sorted(named) == sorted(f.name for f in fields(RawArticle))


def test_every_reader_of_a_mapping_is_explained() -> None:
    below = pages.text(SOURCES).partition("| reader | what")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", below, re.MULTILINE)) == set(CONVERTERS)
    for name, spec in json.loads(pages.file_block(SOURCES, "mappings.json")).items():
        assert read_mapping(name, spec).rules


def test_the_limits_are_the_ones_in_force() -> None:
    rows = [(_LIMITS[f.name], f"{getattr(LIMITS, f.name):,}") for f in fields(LIMITS)]
    made = pages.table(("What", "At most"), rows)
    pages.assert_made(SOURCES, "limits", made)


_LIMITS = {
    "request_bytes": "bytes of a request, by default (`SEEALSO_MAX_BODY_MB`)",
    "request_articles": "articles in a request; the first ones go in",
    "batch": "articles in one commit",
    "body_bytes": "bytes of a body",
    "body_depth": "elements within elements of a body",
    "body_pieces": "tags and texts of a body",
    "title": "characters of a title",
    "summary": "characters of a summary; a longer one is cut at a word",
    "line": "characters of any other line; a longer one is cut or left out",
    "url": "characters of an address; a longer one is left out",
    "attributes": "attributes of one tag of a body",
    "list_items": "entries of a list",
}
