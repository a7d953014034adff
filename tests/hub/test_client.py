"""The client of the hub: patience with one that restarts or is busy, and problems in words."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from seealso_core.settings import Settings, load
from seealso_hub.client import HubClient
from seealso_hub.commands.ingest import SHOWN, Sender
from seealso_hub.errors import HubRefused, HubUnreachable
from seealso_hub.intake import NDJSON, Parcel, Refused


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"SEEALSO_DATA": str(tmp_path), "SEEALSO_KEY": "sk_test"})


Answer = Callable[[int], tuple[int, dict[str, str], Any]]


@contextmanager
def answering(answer: Answer, port: int = 0) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers the n-th request; gives its URL and the headers of what it was asked."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(dict(self.headers))
            status, headers, body = answer(len(asked))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        do_GET = do_POST  # noqa: N815  # the name that http.server looks for

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_key_and_the_type_are_sent(settings: Settings) -> None:
    with answering(lambda n: (200, {}, {"ok": n})) as (url, asked):
        assert HubClient(settings, url).post("/api/x", {"a": 1}) == {"ok": 1}
    assert asked[0]["Authorization"] == "Bearer sk_test"
    assert asked[0]["Content-Type"] == "application/json"


def test_a_busy_hub_is_asked_again_while_patience_lasts(settings: Settings) -> None:
    def answer(number: int) -> tuple[int, dict[str, str], Any]:
        return (503, {"Retry-After": "0"}, {}) if number < 3 else (202, {}, {"ok": True})

    told: list[str] = []
    with answering(answer) as (url, asked):
        client = HubClient(settings, url)
        assert client.ask("POST", "/x", data=b"1", patience=10, waiting=told.append) == {"ok": True}
        assert len(asked) == 3
        assert len(told) == 2
        asked.clear()
        with pytest.raises(HubRefused) as caught:
            client.ask("POST", "/x", data=b"1")
    assert caught.value.status == 503
    assert len(asked) == 1


def test_a_hub_that_comes_back_on_the_same_port_is_waited_for(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client = HubClient(settings, f"http://127.0.0.1:{port}")
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.append(client.ask("GET", "/x", patience=20)), daemon=True
    )
    waiting.start()
    time.sleep(0.3)
    with answering(lambda n: (200, {}, {"back": True}), port):
        waiting.join(20)
    assert answers == [{"back": True}]


def test_no_patience_means_told_at_once(settings: Settings) -> None:
    started = time.monotonic()
    with pytest.raises(HubUnreachable, match="seealso up"):
        HubClient(settings, "http://127.0.0.1:9").get("/x")
    assert time.monotonic() - started < 2


def test_a_problem_document_becomes_its_detail_and_its_errors(settings: Settings) -> None:
    problem = {"detail": "Two are wrong.", "code": "bad", "errors": [{"detail": "One."}, "Two."]}
    headers = {"Content-Type": "application/problem+json"}
    with (
        answering(lambda n: (422, headers, problem)) as (url, _),
        pytest.raises(HubRefused, match=r"^Two are wrong\.$") as caught,
    ):
        HubClient(settings, url).get("/x")
    assert (caught.value.status, caught.value.code) == (422, "bad")
    assert caught.value.errors == ("One.", "Two.")


def test_something_else_on_the_port_is_not_taken_for_a_hub(settings: Settings) -> None:
    with answering(lambda n: (200, {}, b"<h1>Printer</h1>")) as (url, _):
        with pytest.raises(HubUnreachable, match="not like a Seealso hub"):
            HubClient(settings, url).get("/x")
    with answering(lambda n: (404, {}, b"<h1>Printer</h1>")) as (url, _):
        with pytest.raises(HubRefused, match="The hub answers 404"):
            HubClient(settings, url).get("/x")


def test_what_is_rejected_is_counted_and_placed_and_the_rest_counts_too(settings: Settings) -> None:
    answer = {
        "accepted": [{"change": "created"}, {"change": "unchanged"}],
        "rejected": [{"index": 1, "line": 2, "code": "json-syntax", "detail": "Not JSON."}],
    }
    with answering(lambda n: (202, {}, answer)) as (url, _):
        sender = Sender(HubClient(settings, url))
        sender.send(Parcel("a.jsonl", b"1\n2\n3", NDJSON, lines=(11, 13, 14)))
        sender.send(Refused("b.txt", "file-empty", "There is nothing in it."))
    assert sender.outcome.counts() == {"created": 1, "updated": 0, "unchanged": 1, "rejected": 2}
    assert sender.outcome.reasons == [
        "a.jsonl, line 13: Not JSON.",
        "b.txt: There is nothing in it.",
    ]


def test_a_parcel_that_is_refused_whole_counts_each_line_and_shows_the_first_reasons(
    settings: Settings,
) -> None:
    with answering(lambda n: (413, {}, {"detail": "Too large."})) as (url, _):
        sender = Sender(HubClient(settings, url))
        sender.send(Parcel("a.jsonl", b"x", NDJSON, lines=tuple(range(1, 51))))
    assert sender.outcome.rejected == 50
    assert len(sender.outcome.reasons) == SHOWN


def test_a_wrong_key_ends_the_run(settings: Settings) -> None:
    with answering(lambda n: (401, {}, {"detail": "Wrong key."})) as (url, _):
        sender = Sender(HubClient(settings, url))
        with pytest.raises(HubRefused, match="`seealso key`"):
            sender.send(Parcel("a.txt", b"x", "text/plain"))
