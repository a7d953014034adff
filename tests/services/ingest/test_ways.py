"""The ways in that are watched, end to end: a sitemap, a folder, a feed with a hub."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from seealso_core.host import PluginHost
from seealso_ingest import hubs
from seealso_ingest.errors import SourceInvalid
from seealso_ingest.fetch import Fetched, FetchError, fetch
from seealso_ingest.flow import Ingest
from seealso_ingest.folder import FolderPlace
from seealso_ingest.manners import Manners
from seealso_ingest.places import Hosts, Place, WebPlace
from seealso_ingest.settings import IngestSettings
from seealso_ingest.watch import Watch
from seealso_ingest.watchlist import Watchlist, Wish
from seealso_ingest.websub import WebSub
from seealso_sdk.model import Lead
from seealso_store import articles, source_items, sources, websub
from seealso_store.articles import ArticleRow
from seealso_store.database import Database
from seealso_store.sources import WatchedSource

from tests.services.ingest.conftest import SECOND, Clock, Nudges
from tests.services.ingest.test_lookup import Pages, served

DAY = 86_400.0
OLD = 1_700_000_000.0


def page(
    title: str,
    text: str = "Four sails catch the wind, and a brake wheel takes it down to the stones.",
) -> bytes:
    return f"<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>".encode()


def sitemap(*entries: tuple[str, str]) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>{url}</loc><lastmod>{day}</lastmod></url>' for url, day in entries)}</urlset>".encode()


class Watching:
    """A watch whose clock is turned, and that never waits for real."""

    def __init__(self, ingest: Ingest, database: Database, clock: Clock, folders: Path) -> None:
        self.at = 0.0
        self.clock = clock
        self.database = database
        manners = Manners(lambda url: fetch(url, allow_private=True), now=lambda: self.at)
        web = WebPlace(allow_private=True, hosts=Hosts(now=lambda: self.at), manners=manners)
        folder = FolderPlace([folders], clock=lambda: clock.at / SECOND, now=lambda: self.at)
        self.websub = WebSub(
            database, ingest, "https://hub.example.org", allow_private=True, now=clock
        )
        self.ingest = ingest
        self.places: dict[str, Place] = {"url": web, "folder": folder}
        self._watch = Watch(
            ingest, places=self.places, chance=lambda: 0.5, pause=self.pass_time,
            offered=self.websub.offered,
        )  # fmt: skip

    def pass_time(self, seconds: float) -> None:
        self.at += seconds
        self.clock.forward(seconds)

    def add(self, plugin: str, place: str, location: str, **options: str) -> None:
        new = WatchedSource(
            name="mill",
            plugin=plugin,
            place=place,
            location=location,
            options=options,
            fields={},
            on_gone="withdraw",
        )
        with self.database.write() as tx:
            sources.add(tx, new, self.clock())

    def look(self, turns: int = 20) -> None:
        """Work until nothing is due, or so often."""
        for _ in range(turns):
            if not self._watch.turn():
                return
            self.pass_time(1.0)

    @property
    def source(self) -> WatchedSource:
        with self.database.read() as conn:
            found = sources.find(conn, "mill")
        assert found is not None
        return found

    @property
    def rows(self) -> dict[str, ArticleRow]:
        with self.database.read() as conn:
            return {row.title: row for row in articles.search(conn, limit=50).rows}

    @property
    def titles(self) -> set[str]:
        return {title for title, row in self.rows.items() if row.status == "published"}

    @property
    def errors(self) -> list[str]:
        with self.database.read() as conn:
            return [
                one.error
                for one in source_items.page(conn, "mill", state=None, limit=50)
                if one.error
            ]


@pytest.fixture
def watching(
    database: Database, host: PluginHost, clock: Clock, nudges: Nudges, tmp_path: Path
) -> Watching:
    settings = IngestSettings(allow_private_fetch=True)
    return Watching(Ingest(database, host, nudges, settings, now=clock), database, clock, tmp_path)


# --- sitemaps ------------------------------------------------------------------------------------


def test_a_sitemap_is_followed_through_its_index_as_robots_txt_lets_it(watching: Watching) -> None:
    pages: Pages = {
        "/wind": ("text/html", page("How wind turns a mill")),
        "/water": ("text/html", page("How water turns a mill")),
        "/private/x": ("text/html", page("Not for us")),
        "/robots.txt": ("text/plain", b"User-agent: *\nDisallow: /private/\nCrawl-delay: 2"),
    }
    with served(pages) as (url, asked):
        pages["/index.xml"] = (
            "text/xml",
            f"<sitemapindex><sitemap><loc>{url}/map.xml</loc></sitemap></sitemapindex>".encode(),
        )
        pages["/map.xml"] = (
            "text/xml",
            sitemap(
                (f"{url}/wind", "2024-04-01"),
                (f"{url}/water", "2024-04-02"),
                (f"{url}/private/x", "2024-04-03"),
            ),
        )
        watching.add("sitemap", "url", f"{url}/index.xml")
        watching.look()
        assert watching.titles == {"How wind turns a mill", "How water turns a mill"}
        assert "/private/x" not in asked
        assert any("robots.txt" in error for error in watching.errors)
        assert asked.count("/robots.txt") == 1
        assert asked.index("/water") < asked.index("/wind")  # what changed last comes first


def test_a_page_that_the_sitemap_says_has_changed_is_read_again_and_no_other(
    watching: Watching,
) -> None:
    pages: Pages = {"/wind": ("text/html", page("Wind")), "/water": ("text/html", page("Water"))}
    with served(pages) as (url, asked):
        pages["/map.xml"] = (
            "text/xml",
            sitemap((f"{url}/wind", "2024-04-01"), (f"{url}/water", "2024-04-02")),
        )
        watching.add("sitemap", "url", f"{url}/map.xml")
        watching.look()
        asked.clear()
        pages["/wind"] = (
            "text/html",
            page("Wind", "Now with six sails, which turn in a lighter wind than four of them did."),
        )
        pages["/map.xml"] = (
            "text/xml",
            sitemap((f"{url}/wind", "2024-05-01"), (f"{url}/water", "2024-04-02")),
        )
        watching.pass_time(DAY)
        watching.look()
        assert "/wind" in asked
        assert "/water" not in asked
        assert watching.rows["Wind"].version == 2
        assert watching.rows["Water"].version == 1


# --- folders -------------------------------------------------------------------------------------


def put(path: Path, text: str, mtime: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (mtime, mtime))


def test_a_folder_gives_its_files_and_a_changed_file_is_a_new_version(
    watching: Watching, tmp_path: Path
) -> None:
    root = tmp_path / "press"
    put(root / "wind.txt", "How wind turns a mill\n\nFour sails catch the wind.\n", OLD)
    put(root / "news/water.html", page("How water turns a mill").decode(), OLD)
    put(
        root / "many.jsonl",
        "".join(
            json.dumps({"external_id": f"g{n}", "title": f"Grist {n}", "text": "x"}) + "\n"
            for n in range(3)
        ),
        OLD,
    )
    put(root / "cover.jpg", "\x00", OLD)
    put(root / ".draft.txt", "Not yet\n\nNo.", OLD)
    watching.add("folder", "folder", str(root))
    watching.look()
    assert watching.titles == {
        "How wind turns a mill",
        "How water turns a mill",
        "Grist 0",
        "Grist 1",
        "Grist 2",
    }
    first = watching.rows["How wind turns a mill"]
    assert (first.external_id, first.source) == ("wind.txt", "mill")
    put(root / "wind.txt", "How the wind turns a mill\n\nSix sails catch it.\n", OLD + 10)
    watching.pass_time(3600)
    watching.look()
    again = watching.rows["How the wind turns a mill"]
    assert (again.id, again.version) == (first.id, 2)
    assert watching.rows["How water turns a mill"].version == 1


def test_a_folder_is_looked_at_as_often_as_the_settings_let_it(
    watching: Watching, tmp_path: Path
) -> None:
    root = tmp_path / "press"
    put(root / "wind.txt", "How wind turns a mill\n\nFour sails.\n", OLD)
    watching.add("folder", "folder", str(root))
    for _ in range(30):
        watching.look()
        watching.pass_time(400)
    assert watching.source.pace == 300 * SECOND


def test_a_file_that_is_taken_out_of_the_folder_is_withdrawn_where_that_is_the_policy(
    watching: Watching, tmp_path: Path
) -> None:
    root = tmp_path / "press"
    for n in range(9):
        put(root / f"{n}.txt", f"Grist number {n}\n\nText of {n}.\n", OLD)
    watching.add("folder", "folder", str(root))
    watching.look()
    (root / "3.txt").unlink()
    for _ in range(4):
        watching.pass_time(3700)
        watching.look()
    assert watching.titles == {f"Grist number {n}" for n in range(9) if n != 3}


def test_a_folder_that_may_not_be_watched_says_which_setting_allows_it(watching: Watching) -> None:
    watching.add("folder", "folder", "/etc")
    watching.look()
    assert "SEEALSO_WATCH_FOLDERS" in (watching.source.error or "")
    assert watching.titles == set()


@pytest.fixture
def watchlist(watching: Watching, tmp_path: Path) -> Watchlist:
    return Watchlist(watching.ingest, watching.places)


def test_a_folder_is_added_by_its_path_alone_and_tested_without_being_stored(
    watching: Watching, watchlist: Watchlist, tmp_path: Path
) -> None:
    put(tmp_path / "press/wind.txt", "How wind turns a mill\n\nFour sails catch it.\n", OLD)
    put(tmp_path / "press/notes.md", "No", OLD)
    wish = Wish(name="mill", location=str(tmp_path / "press"))
    preview = watchlist.test(wish)
    assert [one.article.title for one in preview.articles] == ["How wind turns a mill"]
    assert (preview.plugin, preview.lead_count) == ("folder", 1)
    assert watching.titles == set()
    assert watchlist.add(wish).source.plugin == "folder"
    watching.look()
    assert watching.titles == {"How wind turns a mill"}


@pytest.mark.parametrize(
    ("location", "word"),
    [
        ("press", "whole path"),
        ("/etc", "SEEALSO_WATCH_FOLDERS"),
        ("ftp://mill.example/", "whole path"),
    ],
)
def test_what_can_not_be_watched_is_said_when_it_is_added(
    watchlist: Watchlist, location: str, word: str
) -> None:
    with pytest.raises((SourceInvalid, FetchError), match=word):
        watchlist.add(Wish(name="mill", location=location))


def test_a_folder_that_is_not_there_is_said_when_it_is_added(
    watchlist: Watchlist, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match="no such folder"):
        watchlist.add(Wish(name="mill", location=str(tmp_path / "missing")))


# --- hubs of feeds -------------------------------------------------------------------------------

FEED = """<?xml version='1.0'?><rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>Mill</title>
{links}<item><title>Grist</title><guid>g</guid><description>About grist.</description></item></channel></rss>"""


@pytest.fixture
def mill() -> Iterator[tuple[str, Pages]]:
    pages: Pages = {"/feed": ("application/rss+xml", FEED.format(links="").encode())}
    with served(pages) as (url, _):
        yield url, pages


def subscription(watching: Watching) -> tuple[str, str, str] | None:
    with watching.database.read() as conn:
        found = websub.get(conn, "mill")
    return found and (found.topic, found.hub, found.state)


def test_a_look_at_a_feed_that_names_a_hub_subscribes(
    watching: Watching, mill: tuple[str, Pages]
) -> None:
    url, pages = mill
    links = "<atom:link rel='hub' href='https://hub.mill.example/'/><atom:link rel='self' href='https://mill.example/feed'/>"
    pages["/feed"] = ("application/rss+xml", FEED.format(links=links).encode())
    watching.add("feed", "url", f"{url}/feed")
    watching.look()
    assert subscription(watching) == (
        "https://mill.example/feed",
        "https://hub.mill.example/",
        "asked",
    )


def test_link_headers_come_before_what_stands_in_the_feed() -> None:
    headers = {"hub": "https://first.example/", "self": "https://mill.example/a"}
    leads = [
        Lead(url="https://second.example/", rel="hub"),
        Lead(url="https://mill.example/b", rel="self"),
    ]
    answer = Fetched(
        url="https://mill.example/c", data=b"", media_type="text/xml", charset=None, links=headers
    )
    assert hubs.offer(answer, leads, {}) == ("https://mill.example/a", "https://first.example/")
    bare = replace(answer, links={})
    assert hubs.offer(bare, leads, {}) == ("https://mill.example/b", "https://second.example/")
    assert hubs.offer(bare, [], {}) == ("https://mill.example/c", None)
    assert hubs.offer(answer, leads, {"websub": "no"}) == ("https://mill.example/a", None)


def test_a_feed_without_a_hub_is_polled_alone(watching: Watching, mill: tuple[str, Pages]) -> None:
    watching.add("feed", "url", f"{mill[0]}/feed")
    watching.look()
    assert watching.titles == {"Grist"}
    assert subscription(watching) is None


def test_while_a_hub_tells_of_changes_the_source_is_looked_at_seldom_and_not_never(
    watching: Watching, mill: tuple[str, Pages]
) -> None:
    watching.add("feed", "url", f"{mill[0]}/feed")
    watching.websub.offered("mill", "https://mill.example/feed", "https://hub.mill.example/")
    with watching.database.write() as tx:
        row = websub.get(tx, "mill")
        assert row is not None
        websub.verified(
            tx,
            row.callback,
            lease_until=watching.clock() + int(10 * DAY * SECOND),
            renew_at=2**60,
            now=1,
        )
    pages = mill[1]
    pages["/feed"] = ("application/rss+xml", pages["/feed"][1] + b"<!-- anew -->")
    watching.look(1)
    source = watching.source
    assert source.look_at is not None
    assert source.look_at - watching.clock() > 5 * 3600 * SECOND
    with watching.database.write() as tx:
        assert websub.wake_source(tx, "mill", watching.clock())
    assert (watching.source.look_at, watching.source.run_at) == (None, watching.clock())
