"""Keys of the API, by its own API: made once, listed without secrets, shut out by another key."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from flask.testing import FlaskClient
from seealso_ingest.errors import KeyInUse, KeyUnknown
from seealso_ingest.keyring import Keyring
from seealso_store import keys
from seealso_store.database import Database


def made(client: FlaskClient, label: str = "The desk") -> Any:
    answer = client.post("/api/keys", json={"label": label})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def as_bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_that_was_made_opens_the_api_and_is_shown_once(client: FlaskClient) -> None:
    new = made(client, "  The  desk\n")
    assert new["label"] == "The desk"
    listing = client.get("/api/keys", headers=as_bearer(new["key"]))
    assert listing.status_code == 200
    assert new["key"] not in listing.text
    last = listing.json["keys"][-1]
    assert last == {**{k: v for k, v in new.items() if k != "key"}, "asking": True}
    assert [one["asking"] for one in client.get("/api/keys").json["keys"]] == [True, False]


def test_a_revoked_key_opens_nothing_and_revoking_twice_is_once(client: FlaskClient) -> None:
    new = made(client)
    first = client.delete(f"/api/keys/{new['id']}")
    assert first.status_code == 200
    assert first.json["revoked"]
    again = client.delete(f"/api/keys/{new['id']}")
    assert (again.status_code, again.json) == (200, first.json)
    assert client.get("/api/keys", headers=as_bearer(new["key"])).json["code"] == "key-wrong"


def test_the_key_that_asks_stays(client: FlaskClient) -> None:
    (own,) = client.get("/api/keys").json["keys"]
    refused = client.delete(f"/api/keys/{own['id']}")
    assert (refused.status_code, refused.json["code"]) == (409, "key-in-use")
    assert "another one" in refused.json["detail"]
    assert client.get("/api/keys").status_code == 200


@pytest.mark.parametrize("key_id", ["x", "%25", "000000000000", "0" * 64])
def test_an_unknown_key_is_a_404(client: FlaskClient, key_id: str) -> None:
    answer = client.delete(f"/api/keys/{key_id}")
    assert (answer.status_code, answer.json["code"]) == (404, "key-unknown")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "label-missing"),
        ({"label": " \u0000 "}, "label-missing"),
        ({"label": 3}, "label-missing"),
        ({"label": "x" * 101}, "label-long"),
        ([], "json-syntax"),
    ],
)
def test_a_key_needs_a_label(client: FlaskClient, body: Any, code: str) -> None:
    answer = client.post("/api/keys", json=body)
    assert (answer.status_code, answer.json["code"]) == (400, code)
    assert len(client.get("/api/keys").json["keys"]) == 1


def test_two_keys_that_revoke_each_other_at_once_leave_one(database: Database) -> None:
    ring = Keyring(database)
    first, second = ring.make("first"), ring.make("second")
    start = threading.Barrier(2)

    def revoke(key_id: str, asking: str) -> None:
        start.wait()
        with suppress(KeyInUse):
            ring.revoke(key_id, asking)

    threads = [
        threading.Thread(target=revoke, args=pair)
        for pair in ((first.key.id, second.secret), (second.key.id, first.secret))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([one for one in ring.everyone() if one.revoked is None]) == 1


def test_a_whole_hash_is_no_id(database: Database) -> None:
    ring = Keyring(database)
    one, other = ring.make("one"), ring.make("other")
    with pytest.raises(KeyUnknown):
        ring.revoke(keys.digest(one.secret), other.secret)
    assert not [k for k in ring.everyone() if k.revoked]
