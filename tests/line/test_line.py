"""Promises of the whole line, on a running hub: withdrawal, hostile input, a plugin that hangs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from tests.hub.running import RunningHub, start
from tests.line.press import OUTPUTS, Api, record, until
from tests.plugins.feedcheck import check_atom, check_jsonfeed, check_rss

CHECKS = {"rss": check_rss, "atom": check_atom, "json": check_jsonfeed}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    running = start(tmp_path / "data")
    yield running
    assert running.stop() == 0


def settled(hub: RunningHub, seconds: int = 60) -> None:
    waited = hub.command("status", "--wait", str(seconds))
    assert waited.returncode == 0, waited.stdout + hub.log


def test_a_withdrawal_overtakes_a_thousand_waiting_articles(hub: RunningHub) -> None:
    withdrawal_overtakes(hub)


def test_a_hostile_article_harms_no_other(hub: RunningHub) -> None:
    hostile_harms_no_other(hub)


def withdrawal_overtakes(hub: RunningHub, first: int = 0) -> None:
    """Take an article back while a thousand others wait: it is gone within a second.

    Args:
        first: the articles are numbered from here on.
    """
    with Api(hub) as api:
        newest = record(first, title="To be taken back", published="2025-03-02")
        taken = api.post([newest])["accepted"][0]["id"]
        settled(hub)
        feeds = [f"/topics/orchard/feed.{kind}" for kind in CHECKS]
        assert all("To be taken back" in api.get(path).text for path in feeds)
        with hub.workers_paused():  # else a quick machine has few waiting when all are in
            for start_at in range(first + 1, first + 1001, 250):
                api.post([record(number) for number in range(start_at, start_at + 250)])
            assert {row["waiting"] for row in api.status()["outputs"].values()} == {1000}
        api.withdraw(taken, "The editor was wrong.")
        begun = time.monotonic()
        until(lambda: api.get(f"/articles/{taken}").status_code == 410, 1)
        for path in feeds:
            until(lambda path=path: "To be taken back" not in api.get(path).text, 1)
        assert time.monotonic() - begun < 1
        for extension in ("html", "rss", "atom", "json", "eml", "txt"):
            assert api.get(f"/articles/{taken}.{extension}").status_code == 410
        assert sum(row["waiting"] for row in api.status()["outputs"].values()) > 0


def hostile_harms_no_other(hub: RunningHub) -> None:
    """Send the worst among the good: the good come out, and what comes out is valid."""
    hostile = [
        record(1, title="Bell \x07 and NUL \x00 in a title"),
        record(2, title="Ends early ]]> here", html="<p>]]></p><script>alert(1)</script>"),
        record(3, title="A lone \ud800 surrogate", html="<p>\udfff\ufffe\uffff</p>"),
        record(4, title="M" * 1_000_000),
        record(5, title="<img src=x onerror=alert(1)> & <b>bold</b>"),
        record(6, html='<p onclick="x()">a</p><a href="javascript:alert(1)">b</a><svg/onload=x>'),
        record(7, title="\u200fעץ 🍎 \u202eشجرة"),
    ]
    with Api(hub) as api:
        receipt = api.post([record(0), *hostile, record(8)])
        refused = {one["index"]: one["code"] for one in receipt["rejected"]}
        assert refused == {4: "title-too-long"}
        settled(hub)
        for kind, check in CHECKS.items():
            answer = api.get(f"/topics/orchard/feed.{kind}")
            assert check(answer.content) == []
            for told in ("Note 0 on", "Note 8 on", "Ends early"):
                assert told in answer.text
        for one in receipt["accepted"]:
            page = api.get(f"/articles/{one['id']}")
            assert page.status_code == 200
            for evil in ("<script>alert", "onerror=alert(1)>", "onclick=", "javascript:"):
                assert evil not in page.text
        assert all(row["dead"] == 0 for row in api.status()["outputs"].values())


SLEEPER = """
import time
from seealso_sdk import OutputMeta, Rendition, hookimpl


class Sleeper:
    meta = OutputMeta(name="sleeper", title="Sleeps", extension="zzz",
                      media_type="text/plain; charset=utf-8", version="1")

    def render(self, article, context):
        time.sleep(3600)
        return Rendition(b"never")


@hookimpl
def register_outputs():
    return [Sleeper()]
"""


def test_a_plugin_that_sleeps_for_ever_delays_no_other(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "plugins").mkdir(parents=True)
    (data / "plugins" / "output_sleeper.py").write_text(SLEEPER)
    hub = start(data, SEEALSO_PLUGIN_DEADLINE_SECONDS="1")
    try:
        with Api(hub) as api:
            api.post([record(number) for number in range(30)])

            def others_done() -> bool:
                rows = api.status()["outputs"]
                return all(rows[name]["settled"] == 30 for name in OUTPUTS)

            until(others_done, 20)
            sleeper = api.status()["outputs"]["sleeper"]
            assert sleeper["settled"] == 0
            assert sleeper["waiting"] + sleeper["leased"] + sleeper["dead"] == 30

            assert "sleeper" in hub.command("outputs", "--json").stdout
            until(lambda: _explained(api), 20)
    finally:
        hub.stop()


def _explained(api: Api) -> bool:
    """An article's status says why this output has nothing yet."""
    listed = api.get("/api/articles?limit=50").json()["articles"]
    for one in listed:
        rows = api.get(f"/api/articles/{one['id']}/status").json()["outputs"]
        if any(
            row["output"] == "sleeper" and "no answer within 1 s" in (row["error"] or "")
            for row in rows
        ):
            return True
    return False


def test_what_a_source_names_by_its_id_alone_is_shown_by_its_title(hub: RunningHub) -> None:
    refs = [{"title": "", "ref": name} for name in ("note-2", "note-3", "nobody-knows")]
    with Api(hub) as api:
        receipt = api.post([record(1, see_also=refs), record(2), record(3)])
        first, second, third = (one["id"] for one in receipt["accepted"])
        settled(hub)
        told = api.get(f"/api/articles/{first}").json()["see_also"]
        assert [(one["title"], one["article_id"]) for one in told] == [
            ("Note 2 on the orchard", second), ("Note 3 on the orchard", third),
            ("nobody knows", None),
        ]  # fmt: skip
        page = html.document_fromstring(api.get(f"/articles/{first}").content)
        listed = page.xpath("//section[@class='seealso-see-also']//a")
        assert [(link.text_content(), link.get("href")) for link in listed] == [
            ("Note 2 on the orchard", f"/articles/{second}"),
            ("Note 3 on the orchard", f"/articles/{third}"),
        ]
        assert f"/articles/{third}" in api.get("/topics/orchard/feed.rss").text
        # A rendition can't know the titles: it has no list, rather than one of links without words.
        for extension in ("html", "txt", "eml"):
            assert "See also" not in api.get(f"/articles/{first}.{extension}").text
