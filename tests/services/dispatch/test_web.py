"""The reader's pages and the operator's API, column by column."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from seealso_core.web import Guard, create_app
from seealso_dispatch.web import blueprint
from seealso_store import readers

from tests.services.dispatch.conftest import Post, link

KEY = {"Authorization": "Bearer right"}
READER = "jane@example.org"


@pytest.fixture
def client(post: Post) -> FlaskClient:
    guard = Guard(lambda key: key == "right")
    return create_app("dispatch", [blueprint(post.dispatch, guard, "The Hub")]).test_client()


def subscribed(post: Post) -> str:
    """A confirmed reader with one digest; gives the token of its unsubscribe link."""
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    post.dispatch.prepare_issue("mammogram")
    post.send()
    return link(post.sink.messages[-1].content, "unsubscribe")


def state(post: Post) -> str:
    with post.database.read() as conn:
        return dict(readers.readers(conn, "mammogram")).get(READER, "none")


def test_an_unknown_newsletter_names_the_nearest(client: FlaskClient) -> None:
    for method, path in (("GET", "mamogram"), ("POST", "mamogram/issues")):
        answer = client.open(f"/api/newsletters/{path}", method=method, headers=KEY)
        assert answer.status_code == 404
        assert answer.json["code"] == "topic-unknown"
        assert answer.json["near"] == ["mammogram"]
        assert "Did you mean mammogram?" in answer.json["detail"]


def test_sign_up_says_the_same_to_known_and_unknown_readers(
    client: FlaskClient, post: Post
) -> None:
    first = client.post("/newsletters/mammogram", data={"email": READER})
    again = client.post("/newsletters/mammogram", data={"email": READER})
    assert first.status_code == again.status_code == 202
    assert first.data == again.data
    assert "Open the link" in first.text


def test_a_bad_address_keeps_the_form_and_says_why(client: FlaskClient) -> None:
    answer = client.post("/newsletters/mammogram", data={"email": "jane"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "<form" in answer.text


def test_unknown_newsletters_and_links_answer_404_in_words(client: FlaskClient) -> None:
    for path in ("/newsletters/nothing", "/newsletters/confirm/x", "/newsletters/unsubscribe/x"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "<h1>" in answer.text
    assert client.post("/newsletters/nothing", data={"email": READER}).status_code == 404


def test_a_get_never_changes_anything(client: FlaskClient, post: Post) -> None:
    token = subscribed(post)
    with post.database.read() as conn:
        reader = readers.subscriber_id_of(conn, READER)
    assert reader is not None
    preferences = post.dispatch.tokens.preferences(reader)
    for method in (client.get, client.head):
        assert method(f"/newsletters/unsubscribe/{token}").status_code == 200
        assert method(f"/newsletters/preferences/{preferences}").status_code == 200
    assert state(post) == "confirmed"
    post.dispatch.sign_up("mri", READER, "")
    post.send()
    confirm = link(post.sink.messages[-1].content, "confirm")
    assert client.get(f"/newsletters/confirm/{confirm}").status_code == 200
    assert post.dispatch.asked(confirm).state == "open"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (urlencode({"List-Unsubscribe": "One-Click"}), "application/x-www-form-urlencoded"),
        (
            '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_one_post_unsubscribes_without_cookie_or_redirect(
    client: FlaskClient, post: Post, body: str, kind: str
) -> None:
    token = subscribed(post)
    for _ in range(2):  # twice is once
        answer = client.post(f"/newsletters/unsubscribe/{token}", data=body, content_type=kind)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert state(post) == "left"


def test_the_confirmation_button_confirms(client: FlaskClient, post: Post) -> None:
    client.post("/newsletters/mammogram", data={"email": READER, "page": "https://hub.example/x"})
    post.send()
    token = link(post.sink.messages[-1].content, "confirm")
    assert "Yes, send it to me" in client.get(f"/newsletters/confirm/{token}").text
    assert client.post(f"/newsletters/confirm/{token}").status_code == 200
    assert client.post(f"/newsletters/confirm/{token}").status_code == 200
    assert state(post) == "confirmed"


def test_a_reader_can_be_forgotten(client: FlaskClient, post: Post) -> None:
    subscribed(post)
    with post.database.read() as conn:
        reader = readers.subscriber_id_of(conn, READER)
    assert reader is not None
    token = post.dispatch.tokens.preferences(reader)
    answer = client.post(f"/newsletters/preferences/{token}", data={"do": "erase"})
    assert answer.status_code == 200
    assert state(post) == "none"


def test_too_many_sign_ups_from_one_network_wait(client: FlaskClient) -> None:
    codes = [
        client.post("/newsletters/mammogram", data={"email": f"r{i}@example.org"}).status_code
        for i in range(21)
    ]
    assert codes == [202] * 20 + [429]


def test_the_operator_sees_readers_issues_and_evidence(client: FlaskClient, post: Post) -> None:
    subscribed(post)
    listed = client.get("/api/newsletters", headers=KEY).get_json()["newsletters"]
    assert [(n["slug"], n["confirmed"], n["issues"]) for n in listed] == [("mammogram", 1, 1)]
    report = client.get("/api/newsletters/mammogram", headers=KEY).get_json()
    assert report["readers"] == [{"email": READER, "state": "confirmed"}]
    (issue,) = report["issues"]
    assert issue["deliveries"] == {"sent": 1}
    assert issue["state"] == "sent"
    rows = client.get(f"/api/newsletters/issues/{issue['id']}/deliveries", headers=KEY).get_json()
    assert rows["deliveries"][0]["state"] == "sent"
    found = client.get(f"/api/consents?email={READER}", headers=KEY).get_json()
    assert found["consents"][0]["confirmed"]


def test_an_issue_is_made_by_the_api_and_only_when_something_is_new(
    client: FlaskClient, post: Post
) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    made = client.post("/api/newsletters/mammogram/issues", headers=KEY)
    assert made.status_code == 202
    assert made.get_json()["issue"]["deliveries"] == 1
    again = client.post("/api/newsletters/mammogram/issues", headers=KEY)
    assert again.get_json()["issue"] is None
    assert client.post("/api/newsletters/nothing/issues", headers=KEY).status_code == 404
    assert client.post("/api/newsletters/issues", headers=KEY).get_json() == {"issues": []}


def test_the_api_wants_the_key(client: FlaskClient) -> None:
    assert client.get("/api/newsletters").status_code == 401
    assert client.get("/api/consents?email=x").status_code == 401
    assert client.delete(f"/api/newsletters/readers/{READER}").status_code == 401


def test_the_operator_can_erase_a_reader(client: FlaskClient, post: Post) -> None:
    post.reader(READER, "mammogram")
    url = f"/api/newsletters/readers/{READER}"
    assert client.delete(url, headers=KEY).status_code == 204
    assert client.delete(url, headers=KEY).status_code == 404
    assert client.delete("/api/newsletters/readers/none", headers=KEY).status_code == 400
