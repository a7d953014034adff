"""What could not go in is kept, explained, and goes in when its cause is mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from seealso_core.errors import PluginFailed
from seealso_core.host import PluginHost
from seealso_core.metrics import Metric
from seealso_ingest.errors import InputRefused
from seealso_ingest.flow import Ingest
from seealso_ingest.keeping import OF_ONE_INPUT
from seealso_ingest.settings import IngestSettings
from seealso_sdk.model import Piece, RawInput
from seealso_sdk.plugin import SourceContext
from seealso_store import articles, health, rejected
from seealso_store.database import Database
from seealso_store.errors import StoreFull
from seealso_store.rejected import Bounds, RejectedRow

from tests.services.ingest.conftest import Clock, Nudges

NDJSON = "application/x-ndjson"
BAD = b'{"title": "Dew", "published": "the day before"}'
GOOD = b'{"title": "Frost", "text": "Ice on grass."}'


def raw(data: bytes, media_type: str = NDJSON, **fields: Any) -> RawInput:
    return RawInput(data=data, media_type=media_type, **fields)


def kept(database: Database) -> list[RejectedRow]:
    with database.read() as conn:
        return list(rejected.page(conn, limit=500).rows)


def data_of(database: Database, row: RejectedRow) -> bytes | None:
    with database.read() as conn:
        return rejected.data(conn, row.id)


def test_of_many_lines_the_bad_one_alone_is_kept(database: Database, ingest: Ingest) -> None:
    receipt = ingest.accept(raw(GOOD + b"\n" + BAD + b"\n", source="desk"), "c1")
    (told,) = receipt.rejected
    (row,) = kept(database)
    assert data_of(database, row) == BAD
    assert (row.code, row.field, row.line, row.source) == (told.code, "published", 2, "desk")
    assert row.detail == told.detail
    assert (row.correlation_id, row.part) == ("c1", None)


def test_the_same_bad_input_twice_is_one_row(database: Database, ingest: Ingest) -> None:
    for _ in range(3):
        ingest.accept(raw(GOOD + b"\n" + BAD))
        ingest.accept(raw(BAD + b"\n" + GOOD))
    (row,) = kept(database)
    assert row.times == 6


def test_an_item_of_a_feed_is_kept_in_a_feed_of_its_own_and_can_be_tried_again(
    database: Database, ingest: Ingest
) -> None:
    feed = b"""<rss version="2.0"><channel><title>N</title>
    <item><guid>1</guid><title>One</title><description>Text one.</description></item>
    <item><guid>2</guid><title>%s</title><description>Text two.</description></item>
    </channel></rss>"""
    receipt = ingest.accept(raw(feed % (b"x" * 1200), "application/rss+xml"))
    assert ([a.change for a in receipt.accepted], [r.code for r in receipt.rejected]) == (
        ["created"],
        ["title-too-long"],
    )
    (row,) = kept(database)
    found = data_of(database, row)
    assert found is not None
    assert b"Text two." in found
    assert b"Text one." not in found
    again = ingest.retry(row.id)
    assert again.rejection is not None
    assert again.rejection.code == "title-too-long"
    assert kept(database)[0].tries == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (raw(b"\x89PNG", "image/png"), "media-type"),
        (raw(b"<html><body></body></html>", "text/html"), "empty"),
        (raw(b"", "application/json"), "input-empty"),
        (raw(b"{nothing", "application/json"), "json-syntax"),
        (raw(b"\n".join([GOOD] * 10_001)), "too-many-articles"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_whole_input_is_kept_unless_there_is_nothing_to_mend(
    database: Database, ingest: Ingest, given: RawInput, code: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        ingest.accept(given)
    assert caught.value.code == code
    codes = [row.code for row in kept(database)]
    assert codes == ([] if code in ("empty", "input-empty", "too-many-articles") else [code])


def test_an_older_version_is_told_and_not_kept(database: Database, ingest: Ingest) -> None:
    new = b'{"external_id": "1", "title": "Dew", "updated": "2025-10-02T00:00:00Z"}'
    ingest.accept(raw(new))
    (told,) = ingest.accept(raw(new.replace(b"10-02", b"10-01").replace(b"Dew", b"D"))).rejected
    assert told.code == "stale"
    assert kept(database) == []


class Mended:
    """The plugin host, whose source breaks down until it is mended."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host
        self.registry = host.registry
        self.broken = True

    def read(self, source: str, given: RawInput, context: SourceContext) -> list[Piece]:
        if self.broken:
            raise PluginFailed("crashed", "signal 11")
        return self._host.read(source, given, context)


def test_what_a_broken_plugin_could_not_read_goes_in_when_it_is_mended(
    database: Database, host: PluginHost, nudges: Nudges, clock: Clock
) -> None:
    mended = Mended(host)
    ingest = Ingest(database, mended, nudges, now=clock)
    with pytest.raises(PluginFailed):
        ingest.accept(raw(GOOD))
    (row,) = kept(database)
    assert (row.code, data_of(database, row)) == ("source-failed", GOOD)
    still = ingest.retry(row.id)
    assert still.rejection is not None
    assert still.rejection.code == "source-failed"
    mended.broken = False
    (one,) = ingest.retry(row.id).accepted
    assert one.change == "created"
    assert kept(database) == []


def test_one_piece_of_a_document_that_could_not_be_cut_is_judged_by_itself(
    database: Database, ingest: Ingest
) -> None:
    lines = b"\n".join([BAD, GOOD, b'{"title": 7}']).decode().encode("utf-16")
    receipt = ingest.accept(raw(lines))
    assert len(receipt.rejected) >= 1
    with database.write() as tx:
        rejected.drop_chosen(tx, rejected.ALL)
    document = json.dumps([json.loads(BAD), json.loads(GOOD)]).encode()
    whole = rejected.Piece(
        raw=raw(document, "application/json"), code="date-invalid", detail="x", part=1
    )
    with database.write() as tx:
        rejected.keep(tx, [whole], Bounds(), now=1)
    assert ingest.retry(whole.id).rejection is None, "the other piece's fault is not this one's"
    assert kept(database) == []


def test_a_list_that_can_not_be_written_costs_no_acceptance(
    database: Database, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(rejected, "keep", full)
    receipt = ingest.accept(raw(GOOD + b"\n" + BAD))
    assert [a.change for a in receipt.accepted] == ["created"]
    assert [r.code for r in receipt.rejected] == ["date-invalid"]
    with database.read() as conn:
        assert articles.find(conn, receipt.accepted[0].id) is not None


def test_one_input_can_not_push_out_all_others(database: Database, ingest: Ingest) -> None:
    ingest.accept(raw(b"\n".join(b"{%d" % n for n in range(OF_ONE_INPUT + 50))))
    with database.read() as conn:
        assert rejected.totals(conn)[0] == OF_ONE_INPUT


def test_the_list_stays_within_its_bounds(
    database: Database, host: PluginHost, nudges: Nudges, clock: Clock
) -> None:
    settings = IngestSettings(rejected=Bounds(rows=20, bytes=10_000, days=2, largest=50))
    ingest = Ingest(database, host, nudges, settings, now=clock)
    ingest.accept(raw(b"\n".join([BAD, *(b"{%d" % n for n in range(30))])))
    rows = kept(database)
    assert len(rows) == 20
    clock.forward(3 * 86_400)
    ingest.turn()
    assert kept(database) == []


def gauges(database: Database) -> dict[str, float]:
    found: list[Metric] = health.metrics(database)
    return {one.name: one.samples[0][1] for one in found if one.name.startswith("seealso_rejected")}


def test_the_metrics_tell_rows_and_room(database: Database, ingest: Ingest) -> None:
    assert gauges(database) == {"seealso_rejected_rows": 0.0, "seealso_rejected_bytes": 0.0}
    ingest.accept(raw(BAD))
    assert gauges(database) == {
        "seealso_rejected_rows": 1.0,
        "seealso_rejected_bytes": float(len(BAD)),
    }


# --- the API -------------------------------------------------------------------------------------


def post(client: FlaskClient, *lines: bytes) -> None:
    client.post("/api/articles", data=b"\n".join(lines), content_type=NDJSON)


def test_the_api_lists_shows_and_gives_the_bytes(client: FlaskClient) -> None:
    post(client, BAD, b'{"title": 7}')
    listed = client.get("/api/rejected").get_json()
    assert listed["counts"] == {"date-invalid": 1, "field-invalid": 1}
    assert listed["next"] is None
    (only,) = client.get("/api/rejected?code=date-invalid").get_json()["rejected"]
    shown = client.get(f"/api/rejected/{only['id']}").get_json()
    assert shown == only
    assert shown["kept"] is True
    assert "RFC 3339" in shown["remedy"]
    data = client.get(f"/api/rejected/{only['id']}/data")
    assert data.get_data() == BAD
    assert data.headers["Content-Type"] == "application/octet-stream"
    assert data.headers["Content-Disposition"].startswith("attachment")
    assert data.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_of_the_list(client: FlaskClient) -> None:
    post(client, *(b"{%d" % n for n in range(5)))
    first = client.get("/api/rejected?limit=3").get_json()
    rest = client.get(f"/api/rejected?limit=3&before={first['next']}").get_json()
    ids = {row["id"] for row in first["rejected"] + rest["rejected"]}
    assert (len(ids), rest["next"]) == (5, None)
    assert client.get("/api/rejected?before=x").get_json()["field"] == "before"


def test_what_is_refused_for_its_key_is_not_kept(client: FlaskClient, database: Database) -> None:
    answer = client.post("/api/articles", data=BAD, headers={"Authorization": "Bearer sk_wrong"})
    assert answer.status_code == 401
    assert kept(database) == []


def test_a_withdrawn_article_is_tried_again_with_reinstate(client: FlaskClient) -> None:
    line = b'{"external_id": "1", "title": "Dew"}'
    post(client, line)
    (one,) = client.get("/api/articles").get_json()["articles"]
    client.delete(f"/api/articles/{one['id']}")
    post(client, line.replace(b"Dew", b"Dew again"))
    (row,) = client.get("/api/rejected").get_json()["rejected"]
    again = client.post(f"/api/rejected/{row['id']}/retry").get_json()
    assert (again["accepted"], again["rejected"]["code"]) == ([], "withdrawn")
    back = client.post(f"/api/rejected/{row['id']}/retry?reinstate=1").get_json()
    assert (back["accepted"][0]["version"], back["rejected"]) == (3, None)
    gone = client.post(f"/api/rejected/{row['id']}/retry")
    assert (gone.status_code, gone.get_json()["code"]) == (404, "rejected-unknown")


def test_many_are_tried_and_dropped_by_code_and_source_and_counted_first(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seealso_ingest.web_rejected.RETRIED_AT_ONCE", 2)
    post(client, *(b'{"title": %d}' % n for n in range(5)), BAD)
    dry = client.post("/api/rejected/retry?dry_run=1", json={"code": "field-invalid"}).get_json()
    assert dry == {"matching": 5, "counts": {"field-invalid": 5}}
    seen, after = 0, None
    for _ in range(3):
        asked = f"/api/rejected/retry?after={after}" if after else "/api/rejected/retry"
        answer = client.post(asked, json={"code": "field-invalid"}).get_json()
        assert answer["accepted"] == 0
        seen, after = seen + answer["rejected"], answer["next"]
    assert (seen, after) == (5, None)
    assert {
        row["tries"] for row in client.get("/api/rejected?code=field-invalid").json["rejected"]
    } == {1}
    assert client.post("/api/rejected/drop", json={"source": "other"}).json == {"dropped": 0}
    assert client.post("/api/rejected/drop?dry_run=1", json={"all": True}).json["matching"] == 6
    assert client.post("/api/rejected/drop", json={"all": True}).json == {"dropped": 6}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "choice-missing"),
        ({"output": "rss"}, "choice-unknown"),
        ({"code": 7}, "choice-invalid"),
        ({"all": "yes"}, "choice-missing"),
    ],
)
def test_a_choice_says_which(client: FlaskClient, body: dict[str, Any], code: str) -> None:
    for verb in ("retry", "drop"):
        assert client.post(f"/api/rejected/{verb}", json=body).get_json()["code"] == code


def test_what_is_too_large_to_keep_says_so(
    database: Database, client: FlaskClient, ingest: Ingest
) -> None:
    large = b'{"title": 7, "text": "%s"}' % (b"x" * 2**20)
    post(client, large)
    (row,) = client.get("/api/rejected").get_json()["rejected"]
    assert (row["kept"], row["size"]) == (False, len(large))
    for method, path in (("GET", "data"), ("POST", "retry")):
        answer = client.open(f"/api/rejected/{row['id']}/{path}", method=method)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "rejected-not-kept")
    assert client.delete(f"/api/rejected/{row['id']}").get_json() == {"dropped": 1}
    assert client.delete(f"/api/rejected/{row['id']}").status_code == 404


def test_no_part_of_what_came_in_is_in_the_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level("DEBUG"):
        post(client, b'{"title": 7, "text": "canary-5512"}')
        (row,) = client.get("/api/rejected").get_json()["rejected"]
        client.post(f"/api/rejected/{row['id']}/retry")
    assert "canary-5512" not in caplog.text
