"""Partners' own feeds: opened by an operator, known by a secret, closed for ever."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from seealso_store import schema
from werkzeug.test import Client, TestResponse

from tests.services.feeds.house import KEY, House


def ask(house: House, method: str, path: str, body: Any = None, key: str = KEY) -> TestResponse:
    headers = {"Authorization": f"Bearer {key}"}
    return Client(house.lane).open(path, method=method, json=body, headers=headers)


@pytest.fixture(scope="module")
def shop(garden: House) -> House:
    """A partner, and an article in Spanish. (The garden is this module's own.)"""
    garden.publish("a3", "Abono", topics=("Compost",), language="es-MX", day=3)
    garden.publish("a4", "Mowing", topics=("Garden",), day=4)
    assert ask(garden, "POST", "/api/partners", {"name": "Green Paper"}).status_code == 201
    return garden


def opened(house: House, **wanted: Any) -> Any:
    body = {"partner": "green-paper", "topics": ["Compost"], **wanted}
    answer = ask(house, "POST", "/api/channels", body)
    assert answer.status_code == 201, answer.text
    return answer.json


def path_of(channel: Any, extension: str = "json") -> str:
    path: str = channel["feeds"][extension].removeprefix("http://hub.test")
    return path


def test_a_channel_holds_the_topics_that_were_chosen(shop: House) -> None:
    assert shop.ids(path_of(opened(shop))) == ["a3", "a2", "a1"]
    assert shop.ids(path_of(opened(shop, topics=["garden"]))) == ["a4", "a1"]
    both = opened(shop, topics=["garden", "Compost"])
    assert shop.ids(path_of(both)) == ["a4", "a3", "a2", "a1"]


def test_a_channel_can_take_related_topics_a_language_a_limit_and_outputs(shop: House) -> None:
    related = opened(shop, topics=["worm-farms"], related=True)
    assert set(shop.ids(path_of(related))) >= {"a1", "a2", "a3"}
    assert shop.ids(path_of(opened(shop, language="es"))) == ["a3"]
    limited = opened(shop, limit=2)
    assert shop.ids(path_of(limited)) == ["a3", "a2"]
    assert shop.ids(path_of(limited) + "?limit=100") == ["a3", "a2"]
    only = opened(shop, outputs=["atom"])
    assert list(only["feeds"]) == ["atom"]
    assert shop.get(path_of(only, "atom")).status_code == 200
    assert shop.get(path_of(only, "atom").replace(".atom", ".rss")).status_code == 404


def test_pages_of_a_limited_channel_lead_through_all_of_it(shop: House) -> None:
    path = path_of(opened(shop, limit=2))
    first = shop.json_feed(path)
    rest = shop.json_feed(first["next_url"].removeprefix("http://hub.test"))
    ids = [one["url"].rpartition("/")[2] for one in (*first["items"], *rest["items"])]
    assert ids == ["a3", "a2", "a1"]


def test_the_secret_is_told_once_and_nowhere_kept(shop: House) -> None:
    channel = opened(shop)
    secret = channel["secret"]
    assert len(secret) == 43
    assert opened(shop)["secret"] != secret
    listed = ask(shop, "GET", "/api/channels")
    assert listed.json is not None
    assert channel["id"] in [one["id"] for one in listed.json["channels"]]
    assert secret not in listed.text
    with shop.database.read() as conn:
        for table in schema.metadata.sorted_tables:
            assert secret not in str(conn.execute(sa.select(table)).all()), table.name


def test_a_channels_feed_is_for_its_partner_alone(shop: House) -> None:
    answer = shop.get(path_of(opened(shop)))
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    again = shop.get(path_of(opened(shop)), If_None_Match=answer.headers["ETag"])
    assert again.status_code == 200  # its self link is another


def test_a_closed_channel_is_gone_at_the_next_request(shop: House) -> None:
    before = open_channels(shop)
    channel = opened(shop)
    assert open_channels(shop) == before + 1
    assert shop.get(path_of(channel)).status_code == 200
    closed = ask(shop, "DELETE", f"/api/channels/{channel['id']}")
    assert closed.json is not None
    assert closed.json["revoked"]
    answer = shop.get(path_of(channel))
    assert (answer.status_code, answer.content_type) == (410, "application/problem+json")
    again = ask(shop, "DELETE", f"/api/channels/{channel['id']}")
    assert again.json == closed.json
    assert open_channels(shop) == before


def open_channels(shop: House) -> int:
    counted = ask(shop, "GET", "/api/partners").json
    assert counted is not None
    number: int = counted["partners"][0]["channels"]
    return number


def test_a_wrong_secret_opens_nothing(shop: House) -> None:
    path = path_of(opened(shop))
    for wrong in ("x", path.split("/")[2][:-1] + "_", "%00", "é" * 43):
        assert shop.get(f"/channels/{wrong}/feed.json").status_code == 404


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"partner": "nobody"}, "partner-unknown", "green-paper"),
        ({"topics": ["Compots"]}, "topic-unknown", "Did you mean Compost"),
        ({"topics": []}, "refused", "topics"),
        ({"topics": "Compost"}, "refused", "topics"),
        ({"topics": [1]}, "refused", "topics"),
        ({"language": "español"}, "refused", "language"),
        ({"outputs": ["docx"]}, "refused", "atom, json, rss"),
        ({"limit": 0}, "refused", "1 to 200"),
        ({"limit": "many"}, "refused", "limit"),
        ({"limit": True}, "refused", "limit"),
        ({"related": "yes"}, "refused", "related"),
    ],
)
def test_what_can_not_be_had_is_refused_by_name(
    shop: House, change: dict[str, Any], code: str, says: str
) -> None:
    before = ask(shop, "GET", "/api/channels").json
    body = {"partner": "Green Paper", "topics": ["Compost"], **change}
    answer = ask(shop, "POST", "/api/channels", body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == code
    assert says in answer.json["detail"]
    assert ask(shop, "GET", "/api/channels").json == before


def test_the_operators_api_needs_the_key_and_json(shop: House) -> None:
    for method, path in (("GET", "/api/partners"), ("POST", "/api/partners"),
                         ("GET", "/api/channels"), ("POST", "/api/channels"),
                         ("DELETE", "/api/channels/x")):  # fmt: skip
        assert ask(shop, method, path, {}, key="wrong").status_code == 401
    assert ask(shop, "DELETE", "/api/channels/unknown").status_code == 404
    assert ask(shop, "GET", "/api/channels?partner=unknown").status_code == 404
    assert ask(shop, "POST", "/api/partners", ["no object"]).status_code == 400
    assert ask(shop, "POST", "/api/partners", {"name": " "}).status_code == 422
    assert ask(shop, "POST", "/api/partners", {"name": "X", "url": "ftp://x"}).status_code == 422


def test_a_partner_is_added_once(shop: House) -> None:
    again = ask(shop, "POST", "/api/partners", {"name": "Green  Paper", "url": "https://x.test"})
    assert again.status_code == 200
    found = ask(shop, "GET", "/api/partners").json
    assert found is not None
    assert [one["id"] for one in found["partners"]] == ["green-paper"]
    assert "Access-Control-Allow-Origin" not in again.headers
