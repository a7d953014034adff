"""The operator's API: what waits, what failed and why, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from seealso_core.nudge import Nudger
from seealso_core.settings import load
from seealso_render.wsgi import make
from seealso_sdk.plugin import Option, OutputMeta
from seealso_store import keys, ledger, outputs
from seealso_store.clock import SECOND, now
from seealso_store.database import Database
from seealso_store.outputs import InstalledOutput

from tests.services.render.conftest import AddArticle

META = OutputMeta(
    name="md", title="Markdown", extension="md", media_type="text/markdown", version="3",
    options=(Option("width", "80", "Columns."),),
)  # fmt: skip


@pytest.fixture
def client(db: Database) -> FlaskClient:
    with db.write() as tx:
        tx.exec_driver_sql("DELETE FROM api_key")
        key = keys.create(tx, "test", now())
        outputs.record(
            tx,
            [
                InstalledOutput("md", "enabled", "", META),
                InstalledOutput("bad", "failed", "SyntaxError", None),
            ],
            now=now(),
        )
    client = make(load({}), db, Nudger("memory://")).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def kill(db: Database, article_id: str, output: str = "md") -> None:
    at = now()
    with db.write() as tx:
        ledger.open_rows(tx, article_id, 1, [output], now=at)
        for claim in ledger.claim(tx, output, limit=9, lease_seconds=9, now=at):
            ledger.fail(tx, claim, error="raised: ValueError: x", run_at=None, now=at)


def test_status_shows_at_a_glance_what_waits_and_what_failed(
    db: Database, client: FlaskClient, add_article: AddArticle
) -> None:
    add_article("a1")
    add_article("a2", status="withdrawn")
    kill(db, "a1")
    with db.write() as tx:
        ledger.open_rows(tx, "a1", 1, [ledger.FILING], now=now() - 5 * SECOND)
    answer: Any = client.get("/api/status").json
    assert answer["outputs"] == {"md": {"waiting": 0, "leased": 0, "settled": 0, "dead": 1}}
    assert answer["filing"] == {"waiting": 1, "leased": 0, "settled": 0, "dead": 0}
    assert answer["articles"] == {"published": 1, "withdrawn": 1}
    assert 5 <= answer["oldest_waiting_seconds"] < 60


def test_an_enabled_output_is_shown_before_it_has_any_row(client: FlaskClient) -> None:
    answer: Any = client.get("/api/status").json
    assert answer["outputs"] == {"md": {"waiting": 0, "leased": 0, "settled": 0, "dead": 0}}
    assert answer["oldest_waiting_seconds"] == 0


def test_outputs_are_listed_with_status_reason_and_options(client: FlaskClient) -> None:
    answer: Any = client.get("/api/outputs").json
    bad, md = answer["outputs"]
    assert (bad["name"], bad["status"], bad["reason"]) == ("bad", "failed", "SyntaxError")
    assert (md["version"], md["extension"], md["media_type"]) == ("3", "md", "text/markdown")
    assert md["options"] == [{"name": "width", "default": "80", "help": "Columns."}]


def test_dead_letters_are_listed_replayed_and_dropped(
    db: Database, client: FlaskClient, add_article: AddArticle
) -> None:
    for article_id in ("a1", "a2", "a3"):
        add_article(article_id)
        kill(db, article_id)
    answer: Any = client.get("/api/dead-letters?article=a1").json
    assert answer["total"] == 3
    (letter,) = answer["dead_letters"]
    assert letter["error"] == "raised: ValueError: x"
    assert (letter["title"], letter["output"], letter["attempts"]) == ("On a1", "md", 1)
    assert letter["at"].endswith("Z")
    assert client.post("/api/dead-letters/replay", json={"article": "a1"}).json == {"replayed": 1}
    assert client.post("/api/dead-letters/drop?output=md&article=a2").json == {"dropped": 1}
    assert client.post("/api/dead-letters/replay?all=1").json == {"replayed": 1}
    assert client.get("/api/dead-letters").json == {"dead_letters": [], "total": 0}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("replay", None, "choice-missing"),
        ("drop", {}, "choice-missing"),
        ("replay", {"al": True}, "choice-unknown"),
        ("replay", {"output": 3}, "choice-invalid"),
        ("drop", ["md"], "json-syntax"),
    ],
)
def test_everything_is_replayed_or_dropped_only_where_that_is_said(
    client: FlaskClient, path: str, body: Any, code: str
) -> None:
    answer: Any = client.post(
        f"/api/dead-letters/{path}", **({} if body is None else {"json": body})
    )
    assert (answer.status_code, answer.json["code"]) == (400, code)


@pytest.mark.parametrize(
    "query",
    ["limit=x", "limit=1001", "offset=-1", "limit=%C2%B2", "limit=0", f"offset={'9' * 5000}"],
)
def test_a_bad_page_is_a_clear_problem(client: FlaskClient, query: str) -> None:
    answer: Any = client.get(f"/api/dead-letters?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "parameter-invalid")
    assert answer.json["field"] == query.partition("=")[0]


def test_all_of_it_needs_the_key(client: FlaskClient) -> None:
    del client.environ_base["HTTP_AUTHORIZATION"]
    for method, path in (
        ("GET", "status"),
        ("GET", "outputs"),
        ("GET", "dead-letters"),
        ("POST", "dead-letters/drop"),
    ):
        assert client.open(f"/api/{path}", method=method).status_code == 401


def test_the_service_is_ready_measured_and_described(db: Database, client: FlaskClient) -> None:
    kill(db, "a1")
    assert client.get("/readyz").status_code == 200
    text = client.get("/metrics").text
    assert 'seealso_ledger_rows{output="md",state="dead"} 1\n' in text
    assert "seealso_dead_letters 1\n" in text
    document: Any = client.get("/openapi.json").json
    validate(document)
    assert document["paths"]["/api/status"]["get"]["security"] == [{"key": []}]
