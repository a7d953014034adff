"""API keys and the hub's own record."""

from __future__ import annotations

import threading

import pytest
from seealso_store import hub, keys, schema
from seealso_store.database import Database


def test_a_key_opens_the_door_until_it_is_revoked(database: Database) -> None:
    with database.write() as tx:
        first, second = keys.create(tx, "desk", 1), keys.create(tx, "feed reader", 2)
        assert keys.check(tx, first)
        assert keys.check(tx, second)
        assert keys.revoke(tx, keys.everyone(tx)[0].id, 3)
        assert not keys.check(tx, first)
        assert keys.check(tx, second)
        assert [(k.label, k.revoked) for k in keys.everyone(tx)] == [
            ("desk", 3),
            ("feed reader", None),
        ]


def test_a_key_has_256_random_bits_and_a_prefix(database: Database) -> None:
    with database.write() as tx:
        made = {keys.create(tx, "", 1) for _ in range(20)}
    assert len(made) == 20
    assert {(key[:3], len(key)) for key in made} == {("sk_", 3 + 43)}


@pytest.mark.parametrize("wrong", ["", "sk_", "sk_x", "\ud800", "é" * 50])
def test_a_wrong_key_stays_outside(database: Database, wrong: str) -> None:
    with database.write() as tx:
        key = keys.create(tx, "desk", 1)
        assert not keys.check(tx, wrong)
        assert not keys.check(tx, key.upper())
        assert not keys.check(tx, keys.digest(key))


def test_no_usable_key_is_in_the_database(database: Database) -> None:
    with database.write() as tx:
        key = keys.create(tx, "desk", 1)
        stored = [str(value) for row in tx.execute(schema.api_key.select()) for value in row]
    assert not any(key in value or key[3:] in value for value in stored)


def test_a_revoked_key_that_is_given_again_stays_revoked(database: Database) -> None:
    with database.write() as tx:
        keys.add(tx, "sk_from_the_environment", "SEEALSO_KEY", 1)
        keys.revoke(tx, keys.digest("sk_from_the_environment"), 2)
        keys.add(tx, "sk_from_the_environment", "SEEALSO_KEY", 3)
        assert not keys.check(tx, "sk_from_the_environment")


@pytest.mark.parametrize("key_id", ["", "a", "%", "____________", "%%%%%%%%%%%%%"])
def test_a_careless_revocation_revokes_nothing(database: Database, key_id: str) -> None:
    with database.write() as tx:
        key = keys.create(tx, "desk", 1)
        assert not keys.revoke(tx, key_id, 2)
        assert keys.check(tx, key)


def test_the_hub_has_one_id_and_one_secret_for_life(database: Database) -> None:
    with database.write() as tx:
        assert hub.find(tx) is None
        made = hub.ensure(tx, 5)
    with database.write() as tx:
        assert hub.ensure(tx, 9) == made
    assert made.created == 5
    assert len(made.secret) == 32


def test_two_first_starts_at_once_agree(database: Database) -> None:
    found = []

    def start() -> None:
        with database.write() as tx:
            found.append(hub.ensure(tx, 1))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 4
    assert len({(h.hub_id, h.secret) for h in found}) == 1


def test_the_secret_is_not_shown_by_repr(database: Database) -> None:
    with database.write() as tx:
        made = hub.ensure(tx, 1)
    assert repr(made.secret) not in repr(made)


def test_facts_are_remembered_but_the_hubs_identity_is_not_changed(database: Database) -> None:
    with database.write() as tx:
        assert hub.recall(tx, "demo") is None
        hub.remember(tx, "demo", "seen")
        hub.remember(tx, "demo", "seen twice")
        assert hub.recall(tx, "demo") == "seen twice"
        with pytest.raises(ValueError, match="for life"):
            hub.remember(tx, "secret", "x")
