"""The operator's API of topics, as it is served."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from seealso_core.web import Guard, create_app
from seealso_feeds.flow import Filing
from seealso_feeds.web_topics import blueprint
from seealso_store.database import Database

from tests.services.feeds.press import HUB, Press, origins

KEY = {"Authorization": "Bearer right"}


@pytest.fixture
def press(database: Database) -> Press:
    made = Press(database)
    made.publish("a1", "Screening", see_also=["Mammogram", "MRI", "Mammogram guidelines"])
    made.publish("b1", "Scans", see_also=["MRI"], topics=["Imaging"])
    made.file()
    return made


@pytest.fixture
def client(press: Press) -> FlaskClient:
    guard = Guard(lambda key: key == "right")
    desk = Filing(press.database, hub_url=HUB)
    return create_app("test", [blueprint(desk, press.database, guard)]).test_client()


def test_every_route_needs_the_key(client: FlaskClient) -> None:
    for method, path in (
        ("POST", "/api/topics/import"),
        ("GET", "/api/topics"),
        ("GET", "/api/ghosts"),
        ("GET", "/api/topics/mri"),
        ("POST", "/api/topics/mri/alias"),
    ):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.json["code"]) == (401, "key-missing"), path


def test_topics_are_listed_with_counts(client: FlaskClient) -> None:
    answer = client.get("/api/topics", headers=KEY)
    assert [(t["slug"], t["origin"], t["articles"], t["asked"]) for t in answer.json["topics"]] == [
        ("imaging", "article", 1, 0),
        ("mammogram", "ghost", 0, 1),
        ("mammogram-guidelines", "ghost", 0, 1),
        ("mri", "ghost", 0, 2),
    ]
    found = client.get("/api/topics?q=Mammo&origin=ghost&limit=1", headers=KEY).json
    assert [t["slug"] for t in found["topics"]] == ["mammogram"]
    after = client.get(f"/api/topics?q=Mammo&after={found['next']}", headers=KEY).json
    assert [t["slug"] for t in after["topics"]] == ["mammogram-guidelines"]


def test_ghosts_are_listed_by_how_many_ask(client: FlaskClient) -> None:
    ghosts = client.get("/api/ghosts", headers=KEY).json["ghosts"]
    assert [(g["slug"], g["asked"]) for g in ghosts] == [
        ("mri", 2),
        ("mammogram", 1),
        ("mammogram-guidelines", 1),
    ]


def test_a_topic_says_what_is_related_and_why(client: FlaskClient) -> None:
    topic = client.get("/api/topics/mammogram", headers=KEY).json
    assert topic["related"][0]["slug"] == "mammogram-guidelines"
    assert topic["related"][0]["reason"] == 'Both names say "mammogram"'
    assert {one["slug"] for one in topic["related"]} == {"mammogram-guidelines", "mri"}


def test_an_unknown_topic_is_answered_with_the_nearest(client: FlaskClient) -> None:
    answer = client.get("/api/topics/mamogram", headers=KEY)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "topic-unknown"
    assert "Did you mean Mammogram" in answer.json["detail"]
    assert answer.json["near"][0] == {"label": "Mammogram", "path": "/topics/mammogram"}


def test_a_file_of_each_type_goes_in_and_twice_is_once(client: FlaskClient, press: Press) -> None:
    csv = "label,synonyms,broader\nMammogram,Mammography|Breast X-ray,Imaging\nImaging,,\n"
    first = client.post("/api/topics/import", data=csv, headers=KEY, content_type="text/csv")
    assert first.status_code == 200
    assert (first.json["created"], first.json["changed"], first.json["relations"]) == (0, 2, 1)
    again = client.post("/api/topics/import", data=csv, headers=KEY, content_type="text/csv")
    assert (again.json["changed"], again.json["unchanged"], again.json["refiled"]) == (0, 2, 0)
    same = [{"label": "Mammogram", "broader": ["imaging"]}, {"label": "Tomography"}]
    third = client.post("/api/topics/import", json=same, headers=KEY)
    assert (third.json["created"], third.json["unchanged"], third.json["relations"]) == (1, 1, 0)
    press.file()
    assert origins(press.database)["mammogram"] == "import"
    shown = client.get("/api/topics/mammography", headers=KEY).json
    assert (shown["slug"], shown["synonyms"]) == ("mammogram", ["Mammography", "Breast X-ray"])
    assert shown["relations"] == [{"slug": "mammogram", "other": "imaging", "relation": "broader"}]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"x", "text/plain", 415, "media-type"),
        (b"{", "application/json", 400, "json-syntax"),
        (b"lable\nMRI\n", "text/csv", 400, "unknown-column"),
        (b"@prefix", "text/turtle", 400, "rdf-syntax"),
        (b"<!DOCTYPE x><rdf/>", "application/rdf+xml", 400, "rdf-dtd"),
    ],
)
def test_a_bad_file_is_refused_in_words(
    client: FlaskClient, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = client.post("/api/topics/import", data=body, headers=KEY, content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_topic_is_found_by_its_label_too(client: FlaskClient) -> None:
    for name in ("mammogram", "Mammogram", " MAMMOGRAM? "):
        found = client.get(f"/api/topics/{quote(name)}", headers=KEY)
        assert (found.status_code, found.json["slug"]) == (200, "mammogram")


@pytest.mark.parametrize("word", ["Ghosts", "Import", "Consents", "Feed", "Alias"])
def test_a_topic_may_have_any_words_name(client: FlaskClient, word: str) -> None:
    csv = f"label\n{word}\n".encode()
    client.post("/api/topics/import", data=csv, headers=KEY, content_type="text/csv")
    found = client.get(f"/api/topics/{word.lower()}", headers=KEY).json
    assert (found["slug"], found["label"]) == (word.lower(), word)


def test_an_alias_merges_a_ghost_and_spares_a_topic(client: FlaskClient) -> None:
    merged = client.post("/api/topics/imaging/alias", json={"name": "MRI"}, headers=KEY)
    assert merged.json == {"slug": "imaging", "name": "mri", "merged": "mri", "refiled": 2}
    taken = client.post("/api/topics/mammogram/alias", json={"name": "Imaging"}, headers=KEY)
    assert (taken.status_code, taken.json["code"]) == (409, "name-taken")
    unknown = client.post("/api/topics/nothing/alias", json={"name": "x"}, headers=KEY)
    assert unknown.status_code == 404
    empty = client.post("/api/topics/mri/alias", data=json.dumps({}), headers=KEY)
    assert (empty.status_code, empty.json["code"]) == (400, "name-missing")


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1e9", "origin=nobody"])
def test_a_bad_parameter_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/topics?{query}", headers=KEY)
    assert (answer.status_code, answer.json["code"]) == (400, "parameter-invalid")
    assert answer.json["field"] == query.partition("=")[0]
