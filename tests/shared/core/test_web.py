"""The web skeleton: errors that programs and people can use, headers everywhere, limits that hold."""

from __future__ import annotations

import io
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import flask
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from seealso_core import metrics
from seealso_core.errors import CoreError
from seealso_core.metrics import Counter, Metric
from seealso_core.openapi import describe, path_of
from seealso_core.web import Guard, Problem, create_app, json_answer
from seealso_sdk.errors import SeealsoError

KEY = {"Authorization": "Bearer good"}


class Away(SeealsoError):
    temporary = True


def routes() -> flask.Blueprint:
    blueprint = flask.Blueprint("test", __name__)
    guard = Guard(lambda key: key == "good")

    @blueprint.post("/api/echo")
    @guard.required
    @describe(tag="test", body=["text/plain"], responses={201: "Echoed."})
    def echo() -> flask.Response:
        """Echo."""
        return json_answer({"bytes": len(flask.request.get_data())}, 201)

    @blueprint.get("/api/problem")
    def problem() -> flask.Response:
        """Always a problem."""
        raise Problem(422, "odd", "It is odd.", errors=[{"index": 1}], headers={"X-Odd": "1"})

    @blueprint.get("/fails/<int:number>")
    @blueprint.get("/api/fails/<int:number>")
    def fails(number: int) -> flask.Response:
        """Always a bug."""
        raise RuntimeError("secret detail")

    @blueprint.get("/api/away")
    def away() -> flask.Response:
        """The database is away."""
        raise Away("postgresql: refused")

    @blueprint.get("/page")
    def page() -> flask.Response:
        """A page with a policy of its own."""
        return flask.Response("<p>hi", headers={"Content-Security-Policy": "default-src 'self'"})

    @blueprint.get("/moved")
    def moved() -> Any:
        """A redirect."""
        return flask.redirect("/page")

    return blueprint


@pytest.fixture
def app() -> Flask:
    return create_app("test", [routes()], max_body=1000, hub_url="https://hub.example")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return str(answer.json["code"])


def test_a_problem_is_a_document_with_a_stable_code(client: FlaskClient) -> None:
    answer = client.get("/api/problem")
    assert code(answer) == "odd"
    assert answer.headers["X-Odd"] == "1"
    assert answer.json == {
        "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
        "detail": "It is odd.", "code": "odd", "errors": [{"index": 1}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/api/nothing", 404, "not-found"),
        ("PUT", "/api/echo", 405, "method-not-allowed"),
        ("GET", "/api/fails/1", 500, "internal"),
        ("GET", "/api/away", 503, "unavailable"),
        ("GET", "/openapi.json/", 404, "not-found"),
    ],
)
def test_errors_under_api_are_problem_documents_too(
    client: FlaskClient, method: str, path: str, status: int, expected: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, code(answer)) == (status, expected)
    assert "secret detail" not in answer.text


def test_405_says_what_goes_and_503_when_to_come_back(client: FlaskClient) -> None:
    assert client.put("/api/echo").headers["Allow"] == "OPTIONS, POST"
    assert client.get("/api/away").headers["Retry-After"] == "5"


def test_where_people_read_an_error_is_a_page(client: FlaskClient) -> None:
    answer = client.get("/no/such/<script>page", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.content_type == "text/html; charset=utf-8"
    assert "<h1>404 Not Found</h1>" in answer.text
    assert "<script>" not in answer.text
    assert code(client.get("/nothing", headers={"Accept": "application/json"})) == "not-found"


def test_an_unforeseen_error_shows_only_the_id_to_look_for_in_the_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/fails/1", headers={"X-Request-ID": "look-for-me-1"})
    assert "look-for-me-1" in answer.text
    assert "secret detail" not in answer.text
    assert "RuntimeError: secret detail" in caplog.text


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "key-missing"),
        ({"Authorization": "Basic Z29vZA=="}, "key-missing"),
        ({"Authorization": "Bearer "}, "key-missing"),
        ({"Authorization": "Bearer wrong"}, "key-wrong"),
    ],
)
def test_without_the_key_nothing_is_done(
    client: FlaskClient, headers: dict[str, str], expected: str
) -> None:
    answer = client.post("/api/echo", headers=headers)
    assert (answer.status_code, code(answer)) == (401, expected)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_with_the_key_it_is_done(client: FlaskClient) -> None:
    assert client.post("/api/echo", headers=KEY, data=b"x" * 1000).json == {"bytes": 1000}
    assert client.post("/api/echo", headers={"Authorization": "bearer good"}).status_code == 201


def test_a_body_over_the_limit_is_refused_announced_or_not(client: FlaskClient) -> None:
    assert code(client.post("/api/echo", headers=KEY, data=b"x" * 1001)) == "too-large"
    streamed = client.post(
        "/api/echo", headers=KEY, input_stream=io.BytesIO(b"x" * 5000),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )  # fmt: skip
    assert (streamed.status_code, code(streamed)) == (413, "too-large")


@pytest.mark.parametrize(
    "path", ["/page", "/healthz", "/api/nothing", "/moved", "/openapi.json", "/x"]
)
def test_security_headers_are_on_every_answer(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "Strict-Transport-Security" not in headers
    secure = client.get(path, base_url="https://hub.example").headers
    assert secure["Strict-Transport-Security"] == "max-age=31536000"


def test_a_view_may_set_a_policy_of_its_own(client: FlaskClient) -> None:
    assert client.get("/page").headers["Content-Security-Policy"] == "default-src 'self'"


def test_the_correlation_id_is_taken_over_or_made(client: FlaskClient) -> None:
    given = client.get("/healthz", headers={"X-Request-ID": "abcd-1234"})
    assert given.headers["X-Request-ID"] == "abcd-1234"
    for bad in ("x", "a b c d e f g h", "x" * 99):
        made = client.get("/healthz", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{16}", made)


def test_health_says_alive_and_readiness_asks_the_store() -> None:
    problem: list[str] = []

    def ready() -> None:
        if problem:
            raise CoreError(problem[0])

    client = create_app("test", [], ready=ready).test_client()
    assert client.get("/healthz").json == client.get("/livez").json == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    problem.append("the database has a newer schema")
    answer = client.get("/readyz", headers={"Accept": "application/json"})
    assert (answer.status_code, code(answer)) == (503, "not-ready")
    assert "newer schema" in answer.json["detail"]
    assert client.get("/livez").status_code == 200


def test_metrics_are_prometheus_text() -> None:
    gauge = Metric(
        "seealso_x", "Lines\nand \\.", "gauge", (({"output": 'a"b\\\n'}, 3), ({}, 2.5e9))
    )
    client = create_app("test", [], collect=[lambda: [gauge]]).test_client()
    before = client.get("/metrics").text
    client.get("/healthz")
    client.open("/healthz", method="WOMBAT")
    answer = client.get("/metrics")
    assert answer.content_type == metrics.CONTENT_TYPE
    assert "# HELP seealso_x Lines\\nand \\\\.\n# TYPE seealso_x gauge\n" in answer.text
    assert 'seealso_x{output="a\\"b\\\\\\n"} 3\nseealso_x 2500000000.0\n' in answer.text
    counted = 'seealso_http_requests_total{method="GET",status="2xx"}'
    # This process may have answered others: /metrics itself and /healthz are two more.
    assert sample(answer.text, counted) == sample(before, counted) + 2
    assert 'method="other"' in answer.text
    seconds = "seealso_http_seconds_count"
    assert sample(answer.text, seconds) == sample(before, seconds) + 3


def sample(text: str, series: str) -> float:
    """The value of a series; 0 where it isn't there."""
    found = [line for line in text.splitlines() if line.startswith(series + " ")]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


def test_a_counter_wants_a_value_for_each_label() -> None:
    counter = Counter("n", "h", ("a",), known=[("y",)])
    counter.add("x")
    counter.add("x", by=2)
    assert counter.metric().samples == (({"a": "x"}, 3), ({"a": "y"}, 0))
    with pytest.raises(ValueError, match="give a"):
        counter.add()


def test_openapi_is_valid_and_has_every_route(app: Flask, client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document is not None
    validate(document)
    served = {
        (path_of(r), m.lower())
        for r in app.url_map.iter_rules()
        for m in (r.methods or ())
        if m not in ("HEAD", "OPTIONS")
    }
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert described == served
    assert document["servers"] == [{"url": "https://hub.example"}]


def test_openapi_says_what_the_views_say(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]  # type: ignore[index]  # it is JSON
    echo = paths["/api/echo"]["post"]
    assert echo["summary"] == "Echo."
    assert echo["security"] == [{"key": []}]
    assert list(echo["requestBody"]["content"]) == ["text/plain"]
    assert set(echo["responses"]) == {"201", "401"}
    number = paths["/api/fails/{number}"]["get"]["parameters"]
    assert number == [
        {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}
    ]


SERVED = """
from seealso_core.web import create_app, json_answer
import flask

def app():
    blueprint = flask.Blueprint("b", __name__)

    @blueprint.post("/api/echo")
    def echo():
        return json_answer({"bytes": len(flask.request.get_data())})

    return create_app("served", [blueprint], max_body=100_000)

if __name__ == "__main__":
    import sys
    from seealso_core.server import serve
    from seealso_core.settings import load
    serve("served:app", load({"SEEALSO_PORT": sys.argv[1]}))
"""


def test_the_body_limit_holds_in_the_production_server_for_chunked_bodies_too(
    tmp_path: Path,
) -> None:
    (tmp_path / "served.py").write_text(SERVED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "served.py", str(port)], cwd=tmp_path)
    try:
        assert _post(port, [b"x" * 50_000]) == (200, {"bytes": 50_000})
        status, document = _post(port, [b"x" * 50_000] * 5)
        assert (status, document["code"]) == (413, "too-large")
    finally:
        server.terminate()
        assert server.wait(10) in (0, -15)


def _post(port: int, chunks: list[bytes]) -> tuple[int, dict[str, Any]]:
    import http.client

    deadline = time.monotonic() + 15
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("POST", "/api/echo", iter(chunks), encode_chunked=True,
                               headers={"Transfer-Encoding": "chunked"})  # fmt: skip
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            connection.close()
