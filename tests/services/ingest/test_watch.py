"""Sources that are watched: nothing lost, nothing twice, nobody pestered, whatever they answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from seealso_core.host import PluginHost
from seealso_ingest.fetch import fetch
from seealso_ingest.flow import Ingest
from seealso_ingest.manners import Manners
from seealso_ingest.places import Busy, Hosts, WebPlace
from seealso_ingest.settings import IngestSettings
from seealso_ingest.watch import GRACE, LEASE_SECONDS, RECHECK, Watch
from seealso_sdk.model import Piece, RawInput
from seealso_sdk.plugin import SourceContext
from seealso_store import articles, source_items, sources
from seealso_store import findings as kept
from seealso_store.articles import ArticleRow
from seealso_store.database import Database
from seealso_store.errors import StoreUnavailable
from seealso_store.sources import WatchedSource

from tests.services.ingest.conftest import SECOND, Clock, Nudges
from tests.services.ingest.press import Page, Press, press

HOUR = 3600


@dataclass
class Hub:
    """A hub that watches, by a clock that the test turns."""

    database: Database
    ingest: Ingest
    watch: Watch
    clock: Clock

    def add(self, location: str, plugin: str = "feed", **given: object) -> None:
        new = WatchedSource(
            name="press", plugin=plugin, place="url", location=location, options={}, fields={}
        )
        with self.database.write() as tx:
            assert sources.add(tx, replace(new, **given), self.clock())  # type: ignore[arg-type]

    @property
    def source(self) -> WatchedSource:
        with self.database.read() as conn:
            found = sources.find(conn, "press")
        assert found is not None
        return found

    def look(self) -> WatchedSource:
        """Every turn that is due now."""
        for _ in range(20):
            if not self.watch.turn():
                break
        return self.source

    def later(self, seconds: float = 25 * HOUR) -> WatchedSource:
        self.clock.forward(seconds)
        return self.look()

    @property
    def articles(self) -> list[ArticleRow]:
        with self.database.read() as conn:
            return list(articles.search(conn, limit=100).rows)

    @property
    def titles(self) -> list[str]:
        return sorted(row.title for row in self.articles if row.status == "published")

    def findings(self) -> dict[str, str]:
        with self.database.read() as conn:
            return {row.code: row.detail for row in kept.listed(conn, source="press")}

    def ignore(self, code: str) -> None:
        with self.database.write() as tx:
            assert kept.mark(tx, "press", code, self.clock())


def place(clock: Clock) -> WebPlace:
    """The web, whose pauses are of the test's clock."""
    manners = Manners(lambda url: fetch(url, allow_private=True), now=lambda: clock() / SECOND)
    return WebPlace(allow_private=True, hosts=Hosts(0.0), manners=manners)


def hub_on(database: Database, host: PluginHost, clock: Clock) -> Hub:
    ingest = Ingest(database, host, Nudges(), IngestSettings(), now=clock)
    watch = Watch(ingest, places={"url": place(clock)}, chance=lambda: 0.5, pause=clock.forward)
    return Hub(database, ingest, watch, clock)


@pytest.fixture
def hub(database: Database, host: PluginHost, clock: Clock) -> Hub:
    return hub_on(database, host, clock)


@pytest.fixture
def site() -> Iterator[Press]:
    with press() as made:
        made.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /private/\n", "text/plain")
        yield made


# --- a feed ---------------------------------------------------------------------------------------


def test_what_a_feed_has_comes_in_and_what_it_gets_comes_in_later(hub: Hub, site: Press) -> None:
    site.feed("/feed", ["otters", "herons"])
    hub.add(f"{site.url}/feed")
    after = hub.look()
    assert hub.titles == ["All about herons", "All about otters"]
    assert after.failures == 0
    assert after.error is None
    assert after.items == 2
    assert after.renewed == after.looked == after.succeeded == hub.clock()
    site.feed("/feed", ["newts", "otters", "herons"])
    hub.later()
    assert "All about newts" in hub.titles
    assert len(hub.articles) == 3


def test_an_unchanged_feed_is_asked_conditionally_and_not_read_again(hub: Hub, site: Press) -> None:
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/feed")
    first = hub.look()
    second = hub.later()
    assert site.asked[-1] == ("/feed", 304)
    assert second.pace > first.pace
    assert second.renewed == first.renewed
    assert second.succeeded == hub.clock()


def test_a_feed_without_validators_that_is_the_same_is_not_read_again(
    hub: Hub, site: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/feed")
    hub.look()
    with hub.database.write() as tx:
        held = replace(hub.source, etag=None, last_modified=None)
        sources.note(tx, held, 0)
    monkeypatch.setattr(Ingest, "fetched", _never)
    assert hub.later().failures == 0
    assert site.asked[-1] == ("/feed", 200)


def _never(*_: object) -> None:
    raise AssertionError("read again")


def test_a_source_is_not_looked_at_before_its_time(hub: Hub, site: Press) -> None:
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/feed")
    hub.look()
    hub.clock.forward(299)
    hub.look()
    assert site.times("/feed") == 1


# --- nothing is lost ------------------------------------------------------------------------------


class FailingDatabase(Database):
    """A database that goes away at a commit."""

    left: int = 1000

    def transact(self, work):  # type: ignore[no-untyped-def]
        if self.left == 0:
            raise StoreUnavailable("gone")
        self.left -= 1
        return super().transact(work)


@pytest.mark.parametrize("commits", [0, 1, 2])
def test_killed_between_two_batches_a_304_hides_nothing(
    commits: int, database: Database, host: PluginHost, clock: Clock, site: Press
) -> None:
    """Validators are only there when all that they stand for is."""
    names = [f"bird {number}" for number in range(250)]  # three commits
    site.feed("/feed", names)
    failing = FailingDatabase(database.engine)
    hub = hub_on(failing, host, clock)
    hub.add(f"{site.url}/feed")
    failing.left = 1 + commits  # the claim, and so many of the batches
    with pytest.raises(StoreUnavailable):
        hub.watch.turn()
    assert len(articles_in(database)) == 100 * commits
    assert hub.source.etag is None
    assert hub.source.digest is None
    failing.left = 1000
    assert hub.watch.turn() == 0  # the lease is still somebody's
    hub.clock.forward(LEASE_SECONDS + 1)
    hub.look()
    assert len(articles_in(database)) == 250
    assert all(row.version == 1 for row in articles_in(database))
    assert hub.source.etag is not None


def articles_in(database: Database) -> list[ArticleRow]:
    with database.read() as conn:
        found = articles.search(conn, limit=100)
        rows = list(found.rows)
        while found.next_cursor:
            found = articles.search(conn, limit=100, cursor=found.next_cursor)
            rows += found.rows
    return rows


def test_an_operator_who_changes_a_source_in_mid_look_makes_the_look_void(
    hub: Hub, site: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/feed")
    read = hub.ingest.host.read

    def paused_meanwhile(name: str, raw: RawInput, context: SourceContext) -> list[Piece]:
        with hub.database.write() as tx:
            sources.pause(tx, "press", hub.clock())
        return read(name, raw, context)

    monkeypatch.setattr(hub.ingest, "read", paused_meanwhile)
    hub.watch.turn()
    assert hub.articles == []
    assert hub.source.state == "paused"
    assert hub.source.etag is None


def two_at_once(database: Database, hub: Hub, site: Press) -> None:
    """Many who look at once, at one source and at many: each is looked at once."""
    for number in range(8):
        site.feed(f"/feed{number}", [f"bird {number}"])
        new = WatchedSource(
            name=f"press{number}", plugin="feed", place="url",
            location=f"{site.url}/feed{number}", options={}, fields={},
        )  # fmt: skip
        with database.write() as tx:
            sources.add(tx, new, hub.clock())
    claimed: list[str] = []
    start = threading.Barrier(4)

    def claim() -> None:
        start.wait()
        for _ in range(8):
            with database.write() as tx:
                found = sources.claim(tx, lease_seconds=60, now=hub.clock())
            claimed.extend(one.name for one in found)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [f"press{number}" for number in range(8)]


def test_of_several_who_look_at_once_each_source_has_one(
    database: Database, hub: Hub, site: Press
) -> None:
    two_at_once(database, hub, site)


@pytest.mark.live
def test_of_several_who_look_at_once_each_source_has_one_on_postgresql(
    postgres: Database, host: PluginHost, clock: Clock, site: Press
) -> None:
    two_at_once(postgres, hub_on(postgres, host, clock), site)


@pytest.mark.live
def test_a_sitemap_is_followed_on_postgresql(
    postgres: Database, host: PluginHost, clock: Clock, site: Press
) -> None:
    hub = hub_on(postgres, host, clock)
    _a_site_of(site, 3)
    hub.add(f"{site.url}/sitemap.xml", "sitemap", on_gone="withdraw")
    hub.look()
    assert hub.titles == ["Page 0", "Page 1", "Page 2"]
    site.sitemap("/sitemap.xml", {"/0": "2024-01-01", "/1": "2024-01-01"})
    hub.later()
    hub.later()
    assert hub.titles == ["Page 0", "Page 1"]


# --- what goes wrong ------------------------------------------------------------------------------


def test_a_source_in_trouble_is_asked_less_and_less_but_for_ever(hub: Hub, site: Press) -> None:
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/feed")
    hub.look()
    site.pages["/feed"].status = 503
    waits = []
    for _ in range(12):
        hub.clock.at = max(hub.source.run_at, hub.clock.at)
        after = hub.look()
        waits.append(((after.look_at or 0) - hub.clock()) / SECOND)
    assert after.failures == 12
    assert "503" in (after.error or "")
    assert waits == sorted(waits)
    assert waits[-1] == 24 * HOUR
    assert "12 looks in a row failed" in hub.findings()["unreachable"]
    site.pages["/feed"].status = 200
    assert hub.later().error is None
    assert hub.findings() == {}
    assert hub.titles == ["All about otters"]


def test_one_or_two_failures_are_told_and_are_no_finding(hub: Hub, site: Press) -> None:
    hub.add(f"{site.url}/nothing")
    assert "404" in (hub.look().error or "")
    assert hub.findings() == {}


def test_retry_after_is_respected(hub: Hub, site: Press) -> None:
    site.pages["/feed"] = Page(b"", status=429, headers={"Retry-After": "7200"})
    hub.add(f"{site.url}/feed")
    after = hub.look()
    assert (after.look_at or 0) - hub.clock() >= 7200 * SECOND


def test_what_is_gone_for_good_is_paused_and_said(hub: Hub, site: Press) -> None:
    site.pages["/feed"] = Page(b"", status=410)
    hub.add(f"{site.url}/feed")
    after = hub.look()
    assert after.state == "paused"
    assert "410" in (after.error or "")
    assert set(hub.findings()) == {"gone"}
    hub.later()
    assert site.times("/feed") == 1


def test_who_is_not_let_in_is_told_at_once(hub: Hub, site: Press) -> None:
    site.pages["/feed"] = Page(b"", status=403)
    hub.add(f"{site.url}/feed")
    hub.look()
    assert "ask its owner" in hub.findings()["denied"]


def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(hub: Hub, site: Press) -> None:
    site.pages["/old"] = Page(b"", status=301, headers={"Location": "/feed"})
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/old")
    assert hub.look().location == f"{site.url}/feed"
    assert f"{site.url}/feed" in hub.findings()["moved"]
    hub.later()
    assert site.times("/old") == 1
    assert "moved" in hub.findings()


def test_what_its_plugin_cant_read_is_a_finding_and_keeps_the_validators(
    hub: Hub, site: Press
) -> None:
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/feed")
    etag = hub.look().etag
    site.pages["/feed"] = Page(b"<p>We are working on it.</p>")
    after = hub.later()
    assert after.failures == 1
    assert after.etag == etag
    assert "can't read it" in (after.error or "")
    assert set(hub.findings()) == {"unreadable"}
    site.feed("/feed", ["otters", "herons"])
    hub.later()
    assert len(hub.titles) == 2
    assert hub.findings() == {}


def test_a_feed_that_loses_more_than_half_is_a_finding_and_nothing_is_withdrawn(
    hub: Hub, site: Press
) -> None:
    site.feed("/feed", list("abcdefgh"))
    hub.add(f"{site.url}/feed")
    hub.look()
    site.feed("/feed", list("abc"))
    hub.later()
    assert "3 where it named 8" in hub.findings()["shrinking"]
    assert len(hub.titles) == 8


def test_an_empty_feed_is_a_finding_and_no_failure(hub: Hub, site: Press) -> None:
    site.feed("/feed", [])
    hub.add(f"{site.url}/feed")
    assert hub.look().failures == 0
    assert set(hub.findings()) == {"empty"}


def test_a_feed_that_stands_still_for_a_month_is_a_finding(hub: Hub, site: Press) -> None:
    site.feed("/feed", ["otters"])
    hub.add(f"{site.url}/feed")
    hub.look()
    hub.later(29 * 24 * HOUR)
    assert hub.findings() == {}
    hub.later(2 * 24 * HOUR)
    assert "31 days" in hub.findings()["not-modified"]


def test_articles_without_a_body_are_a_finding(hub: Hub, site: Press) -> None:
    items = "".join(f"<item><guid>{n}</guid><title>Bird {n}</title></item>" for n in range(6))
    site.pages["/feed"] = Page(
        f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), "application/rss+xml"
    )
    hub.add(f"{site.url}/feed")
    hub.look()
    assert "6 of 6 articles" in hub.findings()["unextractable"]


def test_an_ignored_finding_is_quiet_for_as_long_as_it_lasts(hub: Hub, site: Press) -> None:
    site.feed("/feed", [])
    hub.add(f"{site.url}/feed")
    hub.look()
    hub.ignore("empty")
    hub.later()
    assert hub.findings() == {}
    site.feed("/feed", ["otters"])
    hub.later()
    site.feed("/feed", [])
    hub.later()
    assert set(hub.findings()) == {"empty"}  # another one


def test_a_watched_feed_cant_write_articles_of_another_source(hub: Hub, site: Press) -> None:
    site.pages["/data"] = Page(
        b'[{"external_id": "1", "title": "Mine", "text": "Words.", "source": "other"}]',
        "application/json",
    )
    hub.add(f"{site.url}/data", "json")
    hub.look()
    assert [row.source for row in hub.articles] == ["press"]


# --- lists ----------------------------------------------------------------------------------------


def _a_site_of(site: Press, number: int) -> None:
    for one in range(number):
        site.article(f"/{one}", f"Page {one}")
    site.sitemap("/sitemap.xml", {f"/{one}": "2024-01-01" for one in range(number)})


def test_the_pages_of_a_sitemap_come_in_under_its_name(hub: Hub, site: Press) -> None:
    _a_site_of(site, 45)  # three turns
    hub.add(f"{site.url}/sitemap.xml", "sitemap")
    hub.look()
    assert len(hub.titles) == 45
    assert {row.source for row in hub.articles} == {"press"}
    assert site.times("/sitemap.xml") == 1
    assert site.times("/7") == 1


def test_a_page_whose_date_is_the_same_is_not_fetched_again(hub: Hub, site: Press) -> None:
    _a_site_of(site, 3)
    hub.add(f"{site.url}/sitemap.xml", "sitemap")
    hub.look()
    site.article("/1", "Page 1, corrected")
    site.sitemap("/sitemap.xml", {"/0": "2024-01-01", "/1": "2024-02-02", "/2": "2024-01-01"})
    hub.later()
    assert (site.times("/0"), site.times("/1"), site.times("/2")) == (1, 2, 1)
    assert "Page 1, corrected" in hub.titles
    assert len(hub.articles) == 3


def test_a_page_without_a_date_is_looked_at_again_now_and_then(hub: Hub, site: Press) -> None:
    site.article("/a", "Page a")
    site.sitemap("/sitemap.xml", {"/a": None})
    hub.add(f"{site.url}/sitemap.xml", "sitemap")
    hub.look()
    hub.later()
    assert site.times("/a") == 1
    hub.later(RECHECK / SECOND)
    assert site.asked[-1] == ("/a", 304)


def test_an_index_leads_to_its_sitemaps_and_these_to_their_pages(hub: Hub, site: Press) -> None:
    for name in ("a", "b"):
        site.article(f"/{name}", f"Page {name}")
        site.sitemap(f"/{name}.xml", {f"/{name}": "2024-01-01"})
    site.sitemap("/index.xml", {"/a.xml": None, "/b.xml": None}, index=True)
    hub.add(f"{site.url}/index.xml", "sitemap")
    hub.look()
    assert hub.titles == ["Page a", "Page b"]
    site.article("/c", "Page c")
    site.sitemap("/b.xml", {"/b": "2024-01-01", "/c": "2024-01-01"})  # the index is what it was
    hub.later()
    assert hub.titles == ["Page a", "Page b", "Page c"]


def test_lists_that_name_each_other_end(hub: Hub, site: Press) -> None:
    for one, other in (("x", "y"), ("y", "x")):
        site.sitemap(f"/{one}.xml", {f"/{other}.xml": None}, index=True)
    hub.add(f"{site.url}/x.xml", "sitemap")
    hub.look()
    assert len(site.asked) < 10


@pytest.mark.parametrize(
    ("policy", "left"), [("keep", 3), ("withdraw", 2), ("ask", 3)], ids=["keep", "withdraw", "ask"]
)
def test_what_a_list_names_no_more_goes_by_the_policy(
    policy: str, left: int, hub: Hub, site: Press
) -> None:
    _a_site_of(site, 3)
    hub.add(f"{site.url}/sitemap.xml", "sitemap", on_gone=policy)
    hub.look()
    site.sitemap("/sitemap.xml", {"/0": "2024-01-01", "/1": "2024-01-01"})
    hub.later()
    assert len(hub.titles) == 3  # one look is not enough
    hub.later(GRACE / SECOND + 24 * HOUR)
    assert len(hub.titles) == left
    assert ("vanished" in hub.findings()) == (policy == "ask")


def test_what_is_named_again_in_time_stays(hub: Hub, site: Press) -> None:
    _a_site_of(site, 5)
    hub.add(f"{site.url}/sitemap.xml", "sitemap", on_gone="withdraw")
    hub.look()
    whole = site.pages["/sitemap.xml"]
    site.sitemap("/sitemap.xml", {f"/{one}": "2024-01-01" for one in range(4)})
    hub.later()
    site.pages["/sitemap.xml"] = whole
    hub.later()
    hub.later()
    assert len(hub.titles) == 5


def test_of_a_list_that_shrank_nothing_is_withdrawn_until_an_operator_says_so(
    hub: Hub, site: Press
) -> None:
    _a_site_of(site, 6)
    hub.add(f"{site.url}/sitemap.xml", "sitemap", on_gone="withdraw")
    hub.look()
    site.sitemap("/sitemap.xml", {"/0": "2024-01-01"})
    for _ in range(3):
        hub.later()
    assert len(hub.titles) == 6
    assert "1 where it named 6" in hub.findings()["shrinking"]
    hub.ignore("shrinking")
    hub.later()
    assert hub.titles == ["Page 0"]


def test_robots_txt_keeps_the_hub_off_a_page_and_the_others_come_in(hub: Hub, site: Press) -> None:
    site.article("/a", "Page a")
    site.article("/private/b", "Page b")
    site.sitemap("/sitemap.xml", {"/a": "2024-01-01", "/private/b": "2024-01-01"})
    hub.add(f"{site.url}/sitemap.xml", "sitemap")
    hub.look()
    assert hub.titles == ["Page a"]
    assert site.times("/private/b") == 0
    with hub.database.read() as conn:
        failed = source_items.page(conn, "press", state="failed", limit=10)
    assert [("robots.txt" in (one.error or "")) for one in failed] == [True]


def test_a_page_that_fails_is_tried_again_and_holds_up_no_other(hub: Hub, site: Press) -> None:
    _a_site_of(site, 3)
    site.pages["/1"].status = 500
    hub.add(f"{site.url}/sitemap.xml", "sitemap")
    hub.look()
    assert hub.titles == ["Page 0", "Page 2"]
    site.pages["/1"].status = 200
    hub.later()
    assert len(hub.titles) == 3


def test_a_page_that_answers_410_is_withdrawn_where_that_is_the_policy(
    hub: Hub, site: Press
) -> None:
    _a_site_of(site, 2)
    hub.add(f"{site.url}/sitemap.xml", "sitemap", on_gone="withdraw")
    hub.look()
    site.pages["/1"] = Page(b"", status=410)
    site.sitemap("/sitemap.xml", {"/0": "2024-01-01", "/1": "2024-03-03"})
    hub.later()
    assert hub.titles == ["Page 0"]


# --- manners --------------------------------------------------------------------------------------


def test_a_host_has_one_request_at_a_time_and_a_gap_between_two() -> None:
    at = 0.0
    hosts = Hosts(1.0, now=lambda: at)
    with hosts.turn("http://a.example/1"):
        with pytest.raises(Busy), hosts.turn("http://A.example:80/2"):
            raise AssertionError
        with hosts.turn("http://b.example/1"):
            pass
    with pytest.raises(Busy) as busy, hosts.turn("http://a.example/3"):
        raise AssertionError
    assert busy.value.seconds == 1.0
    at = 1.0
    with hosts.turn("http://a.example/3"):
        pass
