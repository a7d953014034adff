"""The API of articles: one column of status codes, and what each answer says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from seealso_core.errors import PluginFailed
from seealso_core.settings import load
from seealso_ingest.flow import Ingest
from seealso_ingest.wsgi import make
from seealso_sdk.errors import Retry
from seealso_sdk.model import Article
from seealso_store import keys
from seealso_store.clock import now
from seealso_store.database import Database
from seealso_store.schema import filing, see_also, topic
from werkzeug.test import TestResponse

from tests.services.ingest.test_flow import record

Post = Callable[..., TestResponse]

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Glass</title>
<link>https://example.org/</link><description>All of it</description>
<item><title>Sand</title><link>https://example.org/sand</link><guid>s1</guid>
<description>&lt;p&gt;It is everywhere.&lt;/p&gt;</description></item></channel></rss>"""
ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Glass</title>
<id>urn:x</id><updated>2024-04-09T00:00:00Z</updated><entry><title>Soda</title><id>urn:x:1</id>
<updated>2024-04-09T00:00:00Z</updated><link href="https://example.org/soda"/>
<content type="html">&lt;p&gt;It is white.&lt;/p&gt;</content></entry></feed>"""
JSONFEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Glass",
        "items": [{"id": "l1", "title": "Lime", "content_html": "<p>It is burnt.</p>"}],
    }
).encode()
PAGE = b"""<!doctype html><html lang="en"><head><title>Kiln</title></head><body><article>
<h1>Kiln</h1><p>A kiln is an oven for glass, and for bricks and pots and lime as well.</p>
<p>It is heated slowly, and is left to cool for a day before anybody opens it.</p>
</article></body></html>"""
TEXT = b"""What is annealing?

Answer From Ann Smith

Annealing is slow cooling. Glass that cools too quickly cracks by itself, days later."""


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(data: object, media_type: str = "application/json", **query: str) -> TestResponse:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        return client.post("/api/articles", data=body, content_type=media_type, query_string=query)

    return send


def problem(answer: TestResponse, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == code
    assert answer.json["status"] == status
    detail = answer.json["detail"]
    assert isinstance(detail, str)
    assert detail.endswith((".", "}")), detail
    return detail


def accepted(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    assert set(answer.json) == {"accepted", "rejected"}
    assert answer.json["rejected"] == []
    (one,) = answer.json["accepted"]
    assert set(one) == {"id", "version", "change"}
    found: dict[str, Any] = one
    return found


# --- in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "media_type", "title"),
    [
        (json.dumps(record()).encode(), "application/json", "How a lens is ground, part 1"),
        (json.dumps([record()]).encode(), "application/json", "How a lens is ground, part 1"),
        (json.dumps(record()).encode(), "application/x-ndjson", "How a lens is ground, part 1"),
        (TEXT, "text/plain; charset=utf-8", "What is annealing?"),
        (PAGE, "text/html", "Kiln"),
        (RSS, "application/rss+xml", "Sand"),
        (ATOM, "application/atom+xml", "Soda"),
        (JSONFEED, "application/feed+json", "Lime"),
        (JSONFEED, "application/json", "Lime"),
        (ATOM, "application/xml", "Soda"),
        (RSS, "application/octet-stream", "Sand"),
    ],
    ids=["json", "list", "ndjson", "text", "html", "rss", "atom", "jsonfeed", "jsonfeed as json",
         "xml", "octet-stream"],
)  # fmt: skip
def test_every_content_type_goes_in(
    client: FlaskClient, post: Post, data: bytes, media_type: str, title: str
) -> None:
    one = accepted(post(data, media_type))
    assert (one["version"], one["change"]) == (1, "created")
    assert client.get(f"/api/articles/{one['id']}").json["title"] == title
    again = accepted(post(data, media_type))
    assert again == {"id": one["id"], "version": 1, "change": "unchanged"}


def test_a_change_is_updated(post: Post) -> None:
    first = accepted(post(record()))
    assert accepted(post(record(html="<p>Better."))) == {
        "id": first["id"],
        "version": 2,
        "change": "updated",
    }


def test_one_bad_line_is_told_and_the_others_go_in(post: Post) -> None:
    lines = [json.dumps(record(n)) for n in range(1, 10)]
    lines[6] = '{"title": '
    answer = post("\n".join(lines).encode(), "application/x-ndjson")
    assert answer.status_code == 202
    assert len(answer.json["accepted"]) == 8
    (bad,) = answer.json["rejected"]
    assert (bad["index"], bad["line"], bad["code"]) == (6, 7, "json-syntax")
    assert bad["detail"]
    assert bad["remedy"]


def test_the_source_and_the_url_of_an_input(client: FlaskClient, post: Post) -> None:
    one = accepted(
        post(PAGE, "text/html", url="https://example.org/kiln?utm_medium=x", source="web")
    )
    article = client.get(f"/api/articles/{one['id']}").json
    assert article["source"] == "web"
    assert article["canonical_url"].startswith("https://example.org/kiln")


@pytest.mark.parametrize(
    ("send", "status", "code"),
    [
        (lambda post: post(b"{nope"), 400, "json-syntax"),
        (lambda post: post(b""), 400, "input-empty"),
        (lambda post: post(b"[]"), 400, "input-empty"),
        (lambda post: post(b"\0\1", "application/octet-stream"), 400, "input-binary"),
        (lambda post: post(b"x", "image/png"), 415, "media-type"),
        (lambda post: post(record(), source="../x"), 400, "source-invalid"),
        (lambda post: post(PAGE, "text/html", url="ftp://x/"), 400, "url-invalid"),
        (lambda post: post(b" " * (51 * 2**20)), 413, "too-large"),
    ],
    ids=["syntax", "nothing", "empty list", "binary", "picture", "source", "url", "51 MB"],
)
def test_what_cant_be_read_is_a_problem(
    post: Post, send: Callable[[Post], TestResponse], status: int, code: str
) -> None:
    problem(send(post), status, code)


def test_a_packed_body_is_a_problem(client: FlaskClient) -> None:
    answer = client.post("/api/articles", data=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert "unpacked" in problem(answer, 415, "content-encoding")


def test_ten_thousand_articles_are_enough_for_one_request(post: Post) -> None:
    lines = b"\n".join(b"{}" for _ in range(10_001))
    assert "in parts" in problem(post(lines, "application/x-ndjson"), 413, "too-many-articles")


def test_a_media_type_that_nobody_reads_is_told_what_is_read(post: Post) -> None:
    detail = problem(post(b"x", "video/mp4"), 415, "media-type")
    for known in ("application/json", "text/html", "application/rss+xml", "text/plain"):
        assert known in detail


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PluginFailed("deadline", "no answer within 10 s"), 422, "source-failed"),
        (PluginFailed("crashed", "killed by SIGSEGV"), 422, "source-failed"),
        (PluginFailed("output-too-large", "17 MB"), 413, "input-too-large"),
        (Retry(7, "busy"), 503, "source-busy"),
    ],
)
def test_a_source_that_breaks_down_is_a_problem_of_this_input(
    post: Post, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(Ingest, "accept", fail)
    answer = post(record())
    problem(answer, status, code) if status != 503 else None
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("7" if status == 503 else None)


# --- the key -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/articles"),
        ("GET", "/api/articles"),
        ("GET", "/api/articles/a1"),
        ("DELETE", "/api/articles/a1"),
        ("POST", "/api/articles/a1/reinstate"),
        ("GET", "/api/articles/a1/versions"),
        ("GET", "/api/articles/a1/status"),
    ],
)
@pytest.mark.parametrize(
    ("header", "code"),
    [(None, "key-missing"), ("Bearer sk_wrong", "key-wrong"), ("Basic eDp5", "key-missing")],
)
def test_every_route_needs_the_key(
    database: Database, ingest: Ingest, method: str, path: str, header: str | None, code: str
) -> None:
    client = make(load({}), database, ingest).test_client()
    headers = {"Authorization": header} if header else {}
    answer = client.open(path, method=method, headers=headers)
    problem(answer, 401, code)
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_a_revoked_key_is_wrong(client: FlaskClient, database: Database) -> None:
    assert client.get("/api/articles").status_code == 200
    with database.write() as tx:
        for key in keys.everyone(tx):
            keys.revoke(tx, key.id, now())
    problem(client.get("/api/articles"), 401, "key-wrong")


# --- out -----------------------------------------------------------------------------------------


def test_an_article_is_shown_with_all_its_keys(client: FlaskClient, post: Post) -> None:
    full = record(
        kind="qa",
        language="es",
        summary="Una",
        authors=[{"name": "Ann", "url": "https://e.org/ann"}],
        reviewers=[{"name": "Bob"}],
        publisher={"name": "P"},
        series={"title": "Expert Answers"},
        url="https://e.org/1",
        published="2024-04-09",
        topics=["Glass"],
        see_also=[{"title": "Sand"}],
        promos=[{"kind": "newsletter-signup", "about": "glass", "text": "Sign up"}],
        media=[{"url": "https://e.org/a.png", "alt": "A lens"}],
        corrections=[{"at": "2024-04-10", "text": "x"}],
        rights={"license": "CC0-1.0"},
    )
    shown = client.get(f"/api/articles/{accepted(post(full))['id']}").json
    fixed = (
        "id version status kind title summary language body_html body_text authors reviewers "
        "publisher series canonical_url source external_id published updated reviewed review_by "
        "embargo_until expires topics see_also promos media corrections rights content_hash"
    )
    assert set(fixed.split()) <= set(shown)
    assert set(shown) - set(fixed.split()) == {
        "keywords",
        "first_seen",
        "changed",
        "origins",
    }
    assert shown["topics"][0]["slug"] == "glass"
    assert set(shown["see_also"][0]) == {"title", "url", "kind", "article_id"}
    assert (shown["published"], shown["updated"]) == ("2024-04-09", None)
    assert Article.from_dict(shown).title == full["title"]


def test_what_one_hub_shows_another_takes_in(client: FlaskClient, post: Post) -> None:
    first = accepted(post(record(topics=["Glass"], see_also=[{"title": "Sand"}])))
    shown = client.get(f"/api/articles/{first['id']}").json
    assert accepted(post(shown)) == {"id": first["id"], "version": 1, "change": "unchanged"}


def test_filings_and_known_titles_show_once_they_are_there(
    client: FlaskClient, post: Post, database: Database
) -> None:
    one = accepted(post(record(topics=["Glass"], see_also=[{"title": "Sand"}, {"title": "Lime"}])))
    target = accepted(post(record(2, title="Sand")))
    place = {"article_id": one["id"], "url": None, "kind": None, "ref": None}
    with database.write() as tx:
        for slug, label in (("glass", "Glass"), ("windows", "Windows")):
            row = {"slug": slug, "label": label, "origin": "article", "created": 1, "changed": 1}
            tx.execute(topic.insert().values(row))
            origin = "editorial" if slug == "glass" else "derived"
            tx.execute(
                filing.insert().values(
                    slug=slug, article_id=one["id"], origin=origin, score=0.5, reason="It says so.",
                    sort_at=1,
                )
            )  # fmt: skip
        tx.execute(
            see_also.insert(),
            [
                {
                    **place,
                    "position": 0,
                    "title": "Sand",
                    "slug": "sand",
                    "target_id": target["id"],
                },
                {**place, "position": 1, "title": "Lime", "slug": "lime", "target_id": None},
            ],
        )
    shown = client.get(f"/api/articles/{one['id']}").json
    assert [(t["slug"], t["origin"]) for t in shown["topics"]] == [
        ("glass", "editorial"),
        ("windows", "derived"),
    ]
    assert [s["article_id"] for s in shown["see_also"]] == [target["id"], None]


def test_a_withdrawn_article_is_gone_for_readers_and_on_record_for_operators(
    client: FlaskClient, post: Post
) -> None:
    one = accepted(post(record()))
    answer = client.delete(f"/api/articles/{one['id']}", json={"reason": "Wrong\n dose"})
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["version"]) == ("withdrawn", 2)
    shown = client.get(f"/api/articles/{one['id']}").json
    assert (shown["status"], shown["withdrawn_reason"]) == ("withdrawn", "Wrong dose")
    assert shown["title"] == record()["title"]
    assert client.delete(f"/api/articles/{one['id']}").json["version"] == 2
    refused = post(record(html="<p>New.")).json["rejected"]
    assert [r["code"] for r in refused] == ["withdrawn"]
    again = post(record(html="<p>New."), reinstate="1").json["accepted"]
    assert [(a["version"], a["change"]) for a in again] == [(3, "updated")]


def test_a_withdrawn_article_can_be_reinstated_as_it_was(client: FlaskClient, post: Post) -> None:
    one = accepted(post(record()))
    path = f"/api/articles/{one['id']}/reinstate"
    problem(client.post(path), 409, "not-withdrawn")
    client.delete(f"/api/articles/{one['id']}")
    assert client.post(path).json["status"] == "published"
    problem(client.post("/api/articles/a-none/reinstate"), 404, "article-unknown")


@pytest.mark.parametrize("body", [b"[]", b"{nope", b'{"reason": 7}'])
def test_a_withdrawal_with_a_body_that_is_none_does_nothing(
    client: FlaskClient, post: Post, body: bytes
) -> None:
    one = accepted(post(record()))
    problem(client.delete(f"/api/articles/{one['id']}", data=body), 400, "reason-invalid")
    assert client.get(f"/api/articles/{one['id']}").json["status"] == "published"


@pytest.mark.parametrize("end", ["", "/versions", "/status"])
def test_an_unknown_article_is_told(client: FlaskClient, end: str) -> None:
    problem(client.get(f"/api/articles/a-none{end}"), 404, "article-unknown")
    problem(client.delete("/api/articles/a-none"), 404, "article-unknown")


def test_the_history_says_what_happened_when_and_why(client: FlaskClient, post: Post) -> None:
    one = accepted(post(record()))
    post(record(html="<p>New."))
    client.delete(
        f"/api/articles/{one['id']}", json={"reason": "x"}, headers={"X-Request-ID": "abc-12345678"}
    )
    found = client.get(f"/api/articles/{one['id']}/versions").json["versions"]
    assert [(v["version"], v["op"], v["reason"]) for v in found] == [
        (1, "create", ""),
        (2, "update", ""),
        (3, "withdraw", "x"),
    ]
    assert found[2]["correlation_id"] == "abc-12345678"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", v["at"]) for v in found)


def test_the_status_has_a_row_for_every_output_and_the_filing_apart(
    client: FlaskClient, post: Post
) -> None:
    one = accepted(post(record()))
    found = client.get(f"/api/articles/{one['id']}/status").json
    assert [
        (r["output"], r["wanted"], r["settled"], r["state"], r["attempts"], r["error"])
        for r in found["outputs"]
    ] == [("rss", 1, 0, "waiting", 0, None), ("text", 1, 0, "waiting", 0, None)]
    assert found["filing"]["state"] == "waiting"


def test_the_list_is_paged_and_searched(client: FlaskClient, post: Post) -> None:
    lines = "\n".join(json.dumps(record(n)) for n in range(1, 8))
    post(lines.encode(), "application/x-ndjson", source="desk")
    seen: list[str] = []
    query: dict[str, Any] = {"limit": "3", "source": "desk"}
    while True:
        page = client.get("/api/articles", query_string=query).json
        seen += [article["external_id"] for article in page["articles"]]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert sorted(seen) == [str(n) for n in range(1, 8)]
    assert page["counts"] == {"published": 7}
    found = client.get("/api/articles", query_string={"q": "PART 3"}).json["articles"]
    assert [a["title"] for a in found] == ["How a lens is ground, part 3"]
    assert {"id", "version", "status", "kind", "language", "title", "changed"} <= set(found[0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "999999999999"),
        ("limit", "x"),
        ("status", "lost"),
        ("before", "nowhere"),
    ],
)
def test_a_wrong_parameter_is_named(client: FlaskClient, name: str, value: str) -> None:
    answer = client.get("/api/articles", query_string={name: value})
    assert problem(answer, 400, "parameter-invalid").startswith(f"{name}: ")
    assert answer.json["field"] == name


def test_openapi_tells_of_every_route(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]
    mine = {(p, m) for p, methods in paths.items() if p.startswith("/api/") for m in methods}
    assert mine == {
        ("/api/articles", "get"),
        ("/api/articles", "post"),
        ("/api/articles/{article_id}", "get"),
        ("/api/articles/{article_id}", "delete"),
        ("/api/articles/{article_id}/reinstate", "post"),
        ("/api/articles/{article_id}/status", "get"),
        ("/api/articles/{article_id}/versions", "get"),
        ("/api/keys", "get"),
        ("/api/keys", "post"),
        ("/api/keys/{key_id}", "delete"),
        ("/api/rejected", "get"),
        ("/api/rejected/drop", "post"),
        ("/api/rejected/retry", "post"),
        ("/api/rejected/{row_id}", "get"),
        ("/api/rejected/{row_id}", "delete"),
        ("/api/rejected/{row_id}/data", "get"),
        ("/api/rejected/{row_id}/retry", "post"),
        ("/api/findings", "get"),
        ("/api/findings/{source}/{code}/heed", "post"),
        ("/api/findings/{source}/{code}/ignore", "post"),
        ("/api/source-plugins", "get"),
        ("/api/sources", "get"),
        ("/api/sources", "post"),
        ("/api/sources/test", "post"),
        ("/api/sources/{name}", "get"),
        ("/api/sources/{name}", "patch"),
        ("/api/sources/{name}", "delete"),
        ("/api/sources/{name}/items", "get"),
        ("/api/sources/{name}/look", "post"),
        ("/api/sources/{name}/pause", "post"),
        ("/api/sources/{name}/resume", "post"),
        ("/api/sources/{name}/test", "post"),
    }
    assert "202" in paths["/api/articles"]["post"]["responses"]


def test_a_list_of_pages_that_is_pushed_says_how_the_hub_follows_it(client: FlaskClient) -> None:
    sitemap = b"<urlset><url><loc>https://dune.example/a</loc></url></urlset>"
    answer = client.post("/api/articles", data=sitemap, content_type="application/xml")
    assert answer.status_code == 400
    assert answer.json["code"] == "input-list"
    assert "seealso sources add" in answer.json["detail"]
