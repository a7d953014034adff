"""The API of watched sources: what an operator says, sees and is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from seealso_core.host import PluginHost
from seealso_core.settings import load
from seealso_ingest.flow import Ingest
from seealso_ingest.places import Hosts, WebPlace
from seealso_ingest.settings import IngestSettings
from seealso_ingest.watch import Watch
from seealso_ingest.wsgi import make
from seealso_store import articles, keys
from seealso_store.database import Database

from tests.services.ingest.conftest import Clock, Nudges
from tests.services.ingest.press import Page, Press, press


@pytest.fixture
def site() -> Iterator[Press]:
    with press() as made:
        yield made


@pytest.fixture
def ingest(database: Database, host: PluginHost, clock: Clock) -> Ingest:
    settings = IngestSettings(allow_private_fetch=True)
    return Ingest(database, host, Nudges(), settings, now=clock)


@pytest.fixture
def client(database: Database, ingest: Ingest) -> FlaskClient:
    with database.write() as tx:
        key = keys.create(tx, "test", 1)
    made = make(load({}), database, ingest).test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return made


@pytest.fixture
def watch(ingest: Ingest) -> Watch:
    return Watch(ingest, places={"url": WebPlace(allow_private=True, hosts=Hosts(0.0))})


def add(client: FlaskClient, location: str, **given: Any) -> Any:
    return client.post("/api/sources", json={"name": "press", "location": location, **given})


def test_what_is_added_is_watched_and_its_plugin_is_found(
    client: FlaskClient, site: Press, watch: Watch, database: Database
) -> None:
    site.feed("/feed", ["otters", "herons"], media_type="text/plain")
    answer = add(client, f"{site.url}/feed")
    assert answer.status_code == 201
    assert (answer.json["plugin"], answer.json["state"]) == ("feed", "active")
    watch.turn()
    shown = client.get("/api/sources/press").json
    assert (shown["failures"], shown["error"], shown["in_answer"]) == (0, None, 2)
    with database.read() as conn:
        assert {row.source for row in articles.search(conn, limit=9).rows} == {"press"}


def test_of_a_home_page_the_feed_is_watched_and_that_is_said(
    client: FlaskClient, site: Press
) -> None:
    site.feed("/feed", ["otters"])
    link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.pages["/"] = Page(f"<html><head>{link}</head><body><h1>Press</h1></body></html>".encode())
    answer = add(client, f"{site.url}/")
    assert answer.json["location"] == f"{site.url}/feed"
    assert "its feed" in answer.json["said"]


def test_of_a_page_with_feeds_it_is_said_which_there_are(client: FlaskClient, site: Press) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed" title="All">'
    meta = '<meta property="og:type" content="article">'
    site.pages["/otters"] = Page(f"<html><head>{link}{meta}</head><p>Otters.</p></html>".encode())
    answer = add(client, f"{site.url}/otters")
    assert (answer.status_code, answer.json["code"]) == (400, "location-page")
    assert f"{site.url}/feed (All)" in answer.json["detail"]
    assert add(client, f"{site.url}/otters", plugin="page").status_code == 201


def test_an_address_that_cant_be_read_says_why(client: FlaskClient, site: Press) -> None:
    site.pages["/feed"] = Page(b"", status=401)
    answer = add(client, f"{site.url}/feed")
    assert (answer.status_code, answer.json["code"]) == (422, "location-unreachable")
    assert "password" in answer.json["detail"]
    assert client.get("/api/sources").json == {"sources": []}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": "no spaces"}, "source-invalid"),
        ({"name": "api"}, "source-invalid"),
        ({"location": ""}, "location-invalid"),
        ({"location": "ftp://example.org/x"}, "location-invalid"),
        ({"location": "http://user:secret@example.org/"}, "location-invalid"),
        ({"plugin": "fed"}, "plugin-invalid"),
        ({"plugin": "feed", "options": {"inclde": "*"}}, "option-unknown"),
        ({"plugin": "page", "fields": {"titel": "h1"}}, "field-unknown"),
        ({"plugin": "page", "fields": {"title": 7}}, "member-invalid"),
        ({"plugin": "page", "on_gone": "shrug"}, "policy-invalid"),
        ({"plugin": "page", "polling": "often"}, "member-unknown"),
    ],
)
def test_what_cant_be_watched_is_refused_with_its_code(
    client: FlaskClient, given: dict[str, Any], code: str
) -> None:
    body = {"name": "press", "location": "http://127.0.0.1/x", **given}
    answer = client.post("/api/sources", json=body)
    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_a_name_is_taken_once(client: FlaskClient) -> None:
    assert add(client, "http://127.0.0.1/x", plugin="feed").status_code == 201
    assert add(client, "http://127.0.0.1/y", plugin="feed").status_code == 409


def test_without_the_setting_a_private_address_is_refused(
    database: Database, host: PluginHost, clock: Clock, site: Press
) -> None:
    with database.write() as tx:
        key = keys.create(tx, "test", 1)
    closed = make(load({}), database, Ingest(database, host, Nudges(), now=clock)).test_client()
    closed.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    site.feed("/feed", ["otters"])
    for path in ("/api/sources", "/api/sources/test"):
        body = {"location": f"{site.url}/feed"} | ({"name": "press"} if path[-1] == "s" else {})
        assert closed.post(path, json=body).status_code in (400, 422)
    assert site.asked == []


def test_a_test_shows_what_would_come_in_and_stores_nothing(
    client: FlaskClient, site: Press, database: Database
) -> None:
    site.article("/otters", "Otters")
    site.sitemap("/sitemap.xml", {"/otters": "2024-01-01", "/gone": "2024-01-01"})
    found = client.post("/api/sources/test", json={"location": f"{site.url}/sitemap.xml"}).json
    assert (found["plugin"], found["lead_count"], found["count"]) == ("sitemap", 2, 1)
    assert found["articles"][0]["article"]["title"] == "Otters"
    assert [one["code"] for one in found["problems"]] == ["fetch-status"]
    with database.read() as conn:
        assert articles.search(conn, limit=9).rows == ()


def test_pause_resume_look_change_and_remove(
    client: FlaskClient, site: Press, watch: Watch, clock: Clock
) -> None:
    site.feed("/feed", ["otters"])
    add(client, f"{site.url}/feed", plugin="feed")
    assert client.post("/api/sources/press/pause").json["state"] == "paused"
    assert watch.turn() == 0
    assert client.post("/api/sources/press/look").json["code"] == "source-paused"
    assert client.post("/api/sources/press/resume").json["state"] == "active"
    assert watch.turn() == 1
    assert watch.turn() == 0
    client.post("/api/sources/press/look")
    assert watch.turn() == 1
    assert site.asked[-1] == ("/feed", 304)
    client.post("/api/sources/press/look?anew=1")
    assert watch.turn() == 1
    assert site.asked[-1] == ("/feed", 200)
    changed = client.patch("/api/sources/press", json={"on_gone": "ask"}).json
    assert (changed["on_gone"], changed["plugin"]) == ("ask", "feed")
    assert client.delete("/api/sources/press").status_code == 204
    for path in ("", "/items"):
        assert client.get(f"/api/sources/press{path}").json["code"] == "source-unknown"


def test_findings_are_listed_ignored_and_heeded(
    client: FlaskClient, site: Press, watch: Watch
) -> None:
    site.feed("/feed", [])
    add(client, f"{site.url}/feed", plugin="feed")
    watch.turn()
    assert [one["code"] for one in client.get("/api/findings").json["findings"]] == ["empty"]
    assert client.post("/api/findings/press/empty/ignore").json["ignored"]
    assert client.get("/api/findings").json["findings"] == []
    assert len(client.get("/api/findings?ignored=1").json["findings"]) == 1
    assert client.post("/api/findings/press/empty/heed").json["ignored"] is None
    assert client.post("/api/findings/press/gone/ignore").json["code"] == "finding-unknown"


def test_the_plugins_describe_themselves(client: FlaskClient) -> None:
    found = {one["name"]: one for one in client.get("/api/source-plugins").json["plugins"]}
    assert found["sitemap"]["places"] == ["url"]
    assert "include" in [option["name"] for option in found["sitemap"]["options"]]


def test_without_the_key_nothing_is_told(client: FlaskClient) -> None:
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer wrong"
    for path in ("/api/sources", "/api/findings", "/api/source-plugins", "/api/sources/press"):
        assert client.get(path).status_code == 401
