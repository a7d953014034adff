"""`seealso ingest https://…` against a running hub: article, feed, home page, sitemap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.running import ONE_OUTPUT, RunningHub, start
from tests.services.ingest.test_lookup import served

ALLOWED = {"SEEALSO_ALLOW_PRIVATE_FETCH": "1"}
LINK = '<link rel="alternate" type="application/rss+xml" title="Mill news" href="/feed">'
HOME = (
    f"<html lang=en><head><title>The mill</title>{LINK}</head><body><p>Welcome.</p></body></html>"
)
ARTICLE = f"""<html lang=en><head><title>How wind turns a mill</title>{LINK}</head><body><article>
<h1>How wind turns a mill</h1><p>Four sails catch the wind, and a brake wheel takes it down.</p></article></body></html>"""
ITEMS = "".join(
    f"<item><title>Grist number {n}</title><guid>g{n}</guid><description>Text {n}.</description></item>"
    for n in range(3)
)
RSS = f"""<?xml version='1.0'?><rss version='2.0'><channel><title>Mill</title><link>https://mill.example/</link>
<description>News</description>{ITEMS}</channel></rss>"""
SITEMAP = "<urlset><url><loc>https://mill.example/a</loc></url></urlset>"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = start(tmp_path_factory.mktemp("hub"), **ONE_OUTPUT)
    yield running
    running.stop()


@pytest.fixture
def mill() -> Iterator[str]:
    pages = {
        "/": ("text/html", HOME.encode()),
        "/wind": ("text/html", ARTICLE.encode()),
        "/feed": ("application/rss+xml", RSS.encode()),
        "/sitemap.xml": ("application/xml", SITEMAP.encode()),
        "/en/": ("text/html", HOME.replace(LINK, "").encode()),
    }
    with served(pages) as (url, _):
        yield url


def ingest(hub: RunningHub, *arguments: str) -> tuple[int, dict[str, int], str]:
    ended = hub.command("ingest", *arguments, "--json", "--source", "mill", **ALLOWED)
    return ended.returncode, json.loads(ended.stdout), " ".join(ended.stderr.split())


def test_a_home_page_gives_its_feed_and_says_so(hub: RunningHub, mill: str) -> None:
    code, counts, said = ingest(hub, f"{mill}/")
    assert (code, counts["created"] + counts["unchanged"]) == (0, 3)
    assert f"its feed {mill}/feed (Mill news) is taken" in said


def test_an_article_comes_in_as_one_and_its_feed_where_it_is_wanted(
    hub: RunningHub, mill: str
) -> None:
    assert ingest(hub, f"{mill}/wind")[1]["created"] == 1
    _, counts, said = ingest(hub, f"{mill}/wind", "--feed")
    assert counts["created"] + counts["unchanged"] == 3
    assert "is taken" in said


def test_a_home_page_is_taken_itself_where_that_is_wanted(hub: RunningHub, mill: str) -> None:
    assert ingest(hub, f"{mill}/", "--page")[1]["created"] == 1


@pytest.mark.parametrize("path", ["/sitemap.xml", "/en/"])
def test_a_sitemap_is_named_for_the_hub_to_follow(hub: RunningHub, mill: str, path: str) -> None:
    code, counts, said = ingest(hub, f"{mill}{path}")
    assert (code, counts["rejected"]) == (1, 1)
    assert f"seealso sources add NAME {mill}/sitemap.xml" in said
    assert ("--page" in said) == (path == "/en/")


def test_a_feed_that_is_not_there_is_said(hub: RunningHub, mill: str, tmp_path: Path) -> None:
    code, _, said = ingest(hub, f"{mill}/en/", "--feed")
    assert code == 1
    assert "Give the feed's address" in said
