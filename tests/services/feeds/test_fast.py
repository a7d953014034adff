"""The fast lane: it repeats what the application said, as long as nobody has committed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from seealso_core import meters
from seealso_core import metrics as numbers
from seealso_feeds.fast import FastLane, Watch
from seealso_store.database import Database
from seealso_store.errors import StoreUnavailable
from werkzeug.test import Client

from tests.services.feeds.house import House

FEED = "/topics/compost/feed.rss"


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Every SQL statement meanwhile."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(database.engine, "before_cursor_execute", note)


class Still:
    """A token that a test moves by hand."""

    def __init__(self) -> None:
        self.token = "1"

    def change_token(self) -> str:
        return self.token


class ByHand(Watch):
    """What the watch says is what the test says: None is "not known freshly enough"."""

    def __init__(self) -> None:
        super().__init__(Still())
        self.now: str | None = "1"

    def token(self) -> str | None:
        return self.now


Answer = tuple[str, list[tuple[str, str]], bytes]


def lane_over(answers: Callable[[dict[str, Any]], Answer], **options: Any) -> FastLane:
    """A lane over an application that is one function."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, headers, body = answers(environ)
        start_response(status, headers)
        return [body]

    return FastLane(app, options.pop("watch", ByHand()), **options)


def kept_answer(body: bytes, etag: str) -> Answer:
    return "200 OK", [("ETag", f'"{etag}"'), ("Cache-Control", "public, max-age=60"),
                      ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")], body  # fmt: skip


def test_a_document_that_is_kept_costs_no_statement(own_garden: House) -> None:
    etag = own_garden.get(FEED).headers["ETag"]
    packed = own_garden.get(FEED, Accept_Encoding="gzip").headers["ETag"]
    with statements(own_garden.database) as seen:
        assert own_garden.get(FEED).status_code == 200
        assert own_garden.get(FEED, If_None_Match=etag).status_code == 304
        assert own_garden.get(FEED, Accept_Encoding="gzip").status_code == 200
        answer = own_garden.get(FEED, Accept_Encoding="gzip", If_None_Match=packed)
        assert answer.status_code == 304
    assert seen == []


def test_after_a_commit_elsewhere_a_light_look_is_enough(own_garden: House) -> None:
    etag = own_garden.get(FEED).headers["ETag"]
    own_garden.publish("a9", "Tyres", topics=("Cars",))
    with statements(own_garden.database) as seen:
        assert own_garden.get(FEED, If_None_Match=etag).status_code == 304
    reading = [one for one in seen if one.startswith("SELECT")]
    assert 1 <= len(reading) <= 5
    assert not any("rendition.body" in one for one in reading)
    assert own_garden.lane.counts().checked == 1


def test_a_304_of_the_application_itself_reads_no_body(own_garden: House) -> None:
    etag = own_garden.get(FEED, fast=False).headers["ETag"]
    with statements(own_garden.database) as seen:
        assert own_garden.get(FEED, fast=False, If_None_Match=etag).status_code == 304
    assert seen
    assert not any("rendition.body" in one for one in seen)


def test_an_edit_is_seen_within_a_second_by_the_real_watch(own_garden: House) -> None:
    watch = Watch(own_garden.database)
    client = Client(FastLane(own_garden.app, watch))
    try:
        client.get(FEED)
        deadline = time.monotonic() + 5
        while watch.token() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        before = client.get(FEED)
        own_garden.publish("a2", "Worm farms at last", topics=("Compost",), day=2)
        committed = time.monotonic()
        while client.get(FEED).data == before.data:
            assert time.monotonic() - committed < 1.0
            time.sleep(0.01)
        assert b"Worm farms at last" in client.get(FEED).data
        own_garden.withdraw("a1")
        committed = time.monotonic()
        while b"Turn it" in client.get(FEED).data or client.get("/articles/a1").status_code != 410:
            assert time.monotonic() - committed < 1.0
            time.sleep(0.01)
    finally:
        watch.close()


def test_nothing_is_trusted_while_the_watch_is_silent() -> None:
    bodies = iter((b"one", b"two", b"three", b"four"))
    watch = ByHand()
    client = Client(lane_over(lambda environ: kept_answer(next(bodies), "x"), watch=watch))
    assert client.get("/topics/x").data == b"one"
    assert client.get("/topics/x").data == b"one"
    watch.now = None
    assert client.get("/topics/x").data == b"two"
    assert client.get("/topics/x").data == b"three"
    watch.now = "1"
    assert client.get("/topics/x").data == b"four"
    assert client.get("/topics/x").data == b"four"


def test_a_watch_that_can_not_read_says_so_until_it_can(caplog: pytest.LogCaptureFixture) -> None:
    class Ill(Still):
        well = True

        def change_token(self) -> str:
            if not self.well:
                raise StoreUnavailable("down")
            return super().change_token()

    tokens = Ill()
    watch = Watch(tokens, poll_seconds=0.01)
    try:
        assert watch.token() is None
        wait_until(lambda: watch.token() == "1")
        tokens.well = False
        wait_until(lambda: watch.token() is None)
        tokens.well = True
        wait_until(lambda: watch.token() == "1")
        assert "can't be read" in caplog.text
    finally:
        watch.close()
    assert not any(t.name == "change-token" and t.is_alive() for t in threading.enumerate())


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_committed_during_the_reading_is_read_again() -> None:
    watch = ByHand()
    bodies = iter((b"before", b"after"))

    def answers(environ: dict[str, Any]) -> Answer:
        watch.now = "2"  # somebody commits while the application reads
        return kept_answer(next(bodies), "x")

    client = Client(lane_over(answers, watch=watch))
    assert client.get("/topics/x").data == b"before"
    assert client.get("/topics/x").data == b"after"
    assert client.get("/topics/x").data == b"after"


def test_memory_is_bounded_and_the_least_used_goes_first() -> None:
    asked: list[str] = []

    def answers(environ: dict[str, Any]) -> Answer:
        asked.append(environ["PATH_INFO"])
        return kept_answer(bytes(100_000), environ["PATH_INFO"])

    lane = lane_over(answers, max_bytes=1_000_000)
    client = Client(lane)
    for number in range(50):
        client.get(f"/topics/{number}")
        client.get("/topics/0")
        assert lane.counts().size <= 1_000_000
    assert lane.counts().kept == 9
    assert asked.count("/topics/0") == 1
    client.get("/topics/10")
    assert asked.count("/topics/10") == 2


def test_a_document_larger_than_the_memory_is_served_and_not_kept() -> None:
    lane = lane_over(lambda environ: kept_answer(bytes(2_000_000), "x"), max_bytes=1_000_000)
    assert len(Client(lane).get("/topics/x").data) == 2_000_000
    assert (lane.counts().kept, lane.counts().size) == (0, 0)


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("POST", "/topics/x", kept_answer(b"x", "x")),
        ("GET", "/api/articles", kept_answer(b"x", "x")),
        ("GET", "/newsletters/x", kept_answer(b"x", "x")),
        ("GET", "/metrics", kept_answer(b"x", "x")),
        ("GET", "/topics/x", ("200 OK", [("ETag", '"x"'), ("Cache-Control", "no-store")], b"x")),
        ("GET", "/topics/x", ("200 OK", [("Cache-Control", "max-age=60")], b"x")),
        ("GET", "/topics/x", ("404 Not Found", [("ETag", '"x"'), ("Cache-Control", "max-age=9")],
                              b"x")),
        ("GET", "/topics/x", ("301 Moved", [("Location", "/y"), ("Cache-Control", "max-age=9")],
                              b"")),
    ],
)  # fmt: skip
def test_nothing_else_is_kept(method: str, path: str, answer: Answer) -> None:
    asked = []
    lane = lane_over(lambda environ: asked.append(environ) or answer)  # type: ignore[func-returns-value]
    for _ in range(3):
        got = Client(lane).open(path, method=method)
        assert got.status == answer[0]
        assert got.data == answer[2]
    assert len(asked) == 3
    assert lane.counts().kept == 0


def test_a_document_that_is_taken_back_is_dropped(own_garden: House) -> None:
    own_garden.get("/articles/a1")
    kept = own_garden.lane.counts().kept
    own_garden.withdraw("a1")
    assert own_garden.get("/articles/a1").status_code == 410
    assert own_garden.lane.counts().kept == kept - 1


def test_many_askers_at_once_make_it_once() -> None:
    made = []
    gate = threading.Event()

    def answers(environ: dict[str, Any]) -> Answer:
        made.append(1)
        gate.wait(5)
        return kept_answer(b"x" * 1000, "x")

    lane = lane_over(answers)
    got: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: got.append(Client(lane).get("/topics/x").data))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert got == [b"x" * 1000] * 8
    assert len(made) == 1


def test_an_application_that_raises_blocks_nobody_afterwards() -> None:
    answers = iter((ValueError("boom"), kept_answer(b"x", "x")))

    def answer(environ: dict[str, Any]) -> Answer:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    lane = lane_over(answer)
    with pytest.raises(ValueError, match="boom"):
        Client(lane).get("/topics/x")
    assert Client(lane).get("/topics/x").data == b"x"


def test_the_lane_asks_for_the_whole_document_whatever_the_client_asked() -> None:
    asked: list[dict[str, Any]] = []

    def answers(environ: dict[str, Any]) -> Answer:
        asked.append(dict(environ))
        return kept_answer(b"x" * 2000, "x")

    client = Client(lane_over(answers))
    headers = {"If-None-Match": '"y"', "Range": "bytes=0-1", "Accept-Encoding": "gzip"}
    answer = client.head("/topics/x?before=b&z=1&limit=2", headers=headers)
    assert (answer.status_code, answer.data) == (200, b"")
    assert asked[0]["REQUEST_METHOD"] == "GET"
    assert asked[0]["QUERY_STRING"] == "before=b&limit=2"
    assert not {"HTTP_IF_NONE_MATCH", "HTTP_RANGE", "HTTP_ACCEPT_ENCODING"} & asked[0].keys()
    assert client.get("/topics/x?limit=2&before=b").data == b"x" * 2000
    assert len(asked) == 1


def test_answers_carry_no_other_requests_id(own_garden: House) -> None:
    own_garden.get(FEED, X_Request_ID="first-request-id")
    answer = own_garden.get(FEED, X_Request_ID="second-request-id")
    assert "first-request-id" not in str(answer.headers)


def test_metrics_tell_what_the_application_never_sees(own_garden: House) -> None:
    own_garden.lane.metrics()  # what was counted before is published
    before = answered()
    for _ in range(3):
        own_garden.get(FEED)
    own_garden.get("/articles/unknown")
    text = numbers.render(own_garden.lane.metrics()).decode()
    counted = {outcome: now - before[outcome] for outcome, now in answered().items()}
    assert counted == {"hit": 2, "made": 1, "passed": 1, "checked": 0}
    assert "seealso_fast_lane_documents 1" in text


def answered() -> dict[str, float]:
    """Of the fast lane, by outcome, as all processes see it."""
    (shown,) = numbers.collected([meters.FAST_LANE])
    return {labels["outcome"]: number for labels, number in shown.samples}
