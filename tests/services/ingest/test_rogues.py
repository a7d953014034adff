"""Twenty misbehaving sources and a good one, watched together for days by a clock that is turned:
nothing is lost, nothing comes in twice, nobody is harmed."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import pytest
from seealso_core.host import PluginHost
from seealso_ingest import guard
from seealso_ingest.fetch import Fetched, Limits, fetch
from seealso_ingest.flow import Ingest
from seealso_ingest.manners import Manners
from seealso_ingest.places import Hosts, WebPlace
from seealso_ingest.settings import IngestSettings
from seealso_ingest.watch import Watch
from seealso_store import articles, sources
from seealso_store.database import Database
from seealso_store.sources import WatchedSource

from tests.services.ingest import rogues
from tests.services.ingest.conftest import SECOND, Clock, Nudges
from tests.services.ingest.rogues import ROGUES, Site

pytestmark = pytest.mark.deep

NAMES = [one.__name__ for one in ROGUES]
HOUR = 3600.0
DAYS = 6
PATIENCE = 1.5  # seconds for one answer, in place of thirty
LARGEST = 4_000_000  # bytes of one answer, in place of fifty megabytes

# What each has had to say by the end: no less, and each once. The others never said anything.
WANTED = {
    "forgetful": ["forgetful"],
    "renamed": ["renamed-a", "renamed-b"],
    "flipped": [f"flipped-{n}" for n in range(5)],
    "miscoded": ["miscoded"],
    "ailing": ["ailing"],
    "dressed": ["dressed"],
    "empty": ["empty"],
    "truncated": ["truncated-a", "truncated-b"],
    "busy": ["busy"],
    "huge": ["huge-a", "huge-b"],
    "twice": ["twice", "twice-b"],
    "ahead": ["ahead", "ahead-b"],
    "mislabelled": ["mislabelled"],
}


class Web(WebPlace):
    """The web, with less patience."""

    def _fetch(self, url: str, etag: str | None, last_modified: str | None) -> Fetched:
        limits = Limits(body=LARGEST, seconds=PATIENCE)
        return fetch(url, limits=limits, etag=etag, last_modified=last_modified)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Its address counts as public, so that all others stay what they are."""
    with rogues.rogues() as made:
        public = guard.is_public
        monkeypatch.setattr(guard, "is_public", lambda a: a == "127.0.0.1" or public(a))
        monkeypatch.setattr(guard, "PORTS", guard.PORTS | {made.port})
        yield made


def test_of_twenty_rogues_nothing_is_lost_doubled_or_harmed(
    database: Database, host: PluginHost, clock: Clock, site: Site
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    watch = _watching(database, host, clock, site)
    for _ in range(DAYS * 4):
        started = time.monotonic()
        while watch.turn():
            pass
        assert time.monotonic() - started < 60  # whoever is slow holds up no look for ever
        clock.forward(6 * HOUR)
    found = _titles(database)
    for name, wanted in WANTED.items():
        assert sorted(found[name]) == sorted(f"About {one}" for one in wanted), name
    for name in ("slow", "endless", "bomb", "inward", "circling", "walled"):
        assert found[name] == [], name
    looks = site.looks
    assert len(found["liar"]) == len(set(found["liar"])) == looks["liar"] > 3
    assert len(found["good"]) == looks["good"] + 1 > DAYS  # on time, and all that it ever had
    _nobody_is_given_up(database, clock)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150 * 1024, f"{grown} KiB more"


def _watching(database: Database, host: PluginHost, clock: Clock, site: Site) -> Watch:
    ingest = Ingest(database, host, Nudges(), IngestSettings(), now=clock)
    manners = Manners(fetch, now=lambda: clock() / SECOND)
    place = Web(hosts=Hosts(0.0), manners=manners)
    for name in ("good", *NAMES):
        new = WatchedSource(
            name=name, plugin="feed", place="url", location=f"{site.url}/{name}",
            options={}, fields={},
        )  # fmt: skip
        with database.write() as tx:
            assert sources.add(tx, new, clock())
    return Watch(ingest, places={"url": place}, chance=lambda: 0.5, pause=clock.forward)


def _titles(database: Database) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in ("good", *NAMES)}
    with database.read() as conn:
        cursor = None
        while True:
            page = articles.search(conn, limit=100, cursor=cursor)
            for row in page.rows:
                assert row.status == "published"
                found[row.source].append(row.title)
            cursor = page.next_cursor
            if cursor is None:
                return found


def _nobody_is_given_up(database: Database, clock: Clock) -> None:
    """Each still has its next look, within a day and a tenth, and what is wrong is said."""
    wrong = {"slow", "endless", "bomb", "inward", "circling", "walled"}
    with database.read() as conn:
        for name in ("good", *NAMES):
            one = sources.find(conn, name)
            assert one is not None
            assert one.state == "active", name
            assert one.run_at <= clock() + 26.4 * HOUR * SECOND, name
            assert bool(one.error) == (name in wrong) or name in ("empty", "dressed"), (
                name,
                one.error,
            )
