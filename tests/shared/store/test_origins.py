"""`seealso_store.origins`: a source that has an article is one row, which keeps its beginning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from seealso_store import origins
from seealso_store.database import Database
from seealso_store.origins import Origin


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.live)])
def db(request: pytest.FixtureRequest) -> Database:
    """Both engines."""
    found: Database = request.getfixturevalue(
        "database" if request.param == "sqlite" else "postgres"
    )
    return found


ONE = Origin(
    article_id="a1", source="press", external_id="7", url=None, home=1, first_seen=5, last_seen=5
)


def test_seen_again_it_keeps_its_beginning_and_leaves_when_it_is_dropped(db: Database) -> None:
    other = replace(ONE, source="mirror", external_id=None, url="https://e.org/\u00e9", home=0)
    with db.write() as tx:
        origins.record(tx, [ONE, replace(other, first_seen=6)])
        origins.record(tx, [replace(ONE, url="https://e.org/", first_seen=9, last_seen=9)])
        origins.record(tx, [])
    with db.read() as conn:
        assert origins.of(conn, ["a1", "a2"]) == {
            "a1": [
                replace(ONE, url="https://e.org/", last_seen=9),
                replace(other, first_seen=6),
            ]
        }
    with db.write() as tx:
        origins.drop(tx, "a1", "press")
        assert [one.source for one in origins.of(tx, ["a1"])["a1"]] == ["mirror"]
