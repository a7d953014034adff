"""Parameters of a request: read within their range, refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint
from flask.testing import FlaskClient
from seealso_core import parameters
from seealso_core.web import create_app, json_answer


@pytest.fixture
def client() -> FlaskClient:
    routes = Blueprint("asked", __name__)

    @routes.get("/api/number")
    def number() -> Any:
        """A number."""
        return json_answer(parameters.number("n", 7, most=20))

    @routes.post("/api/object")
    def taken() -> Any:
        """An object."""
        return json_answer(parameters.json_object())

    return create_app("asked", [routes]).test_client()


def test_a_number_has_a_default_and_a_range(client: FlaskClient) -> None:
    assert [client.get(f"/api/number{q}").json for q in ("", "?n=1", "?n=020")] == [7, 1, 20]


@pytest.mark.parametrize(
    "given", ["0", "21", "-1", "1.5", "", " ", "x", "²", "١", "9" * 18, "9" * 9000, "0" * 40]
)
def test_what_is_no_number_within_it_is_a_problem_that_names_it(
    client: FlaskClient, given: str
) -> None:
    answer: Any = client.get("/api/number", query_string={"n": given})
    assert (answer.status_code, answer.json["code"]) == (400, "parameter-invalid")
    assert answer.json["field"] == "n"
    assert answer.json["detail"].startswith("n: found")
    assert len(answer.json["detail"]) < 120


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"null", b"\xff"])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, body: bytes) -> None:
    answer: Any = client.post("/api/object", data=body)
    assert (answer.status_code, answer.json["code"]) == (400, "json-syntax")
    assert client.post("/api/object", data=b'{"a": 1}').json == {"a": 1}
