"""The production server: whole requests in, whole answers out, on one socket for all its workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h11
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from seealso_core import server
from seealso_core.instant import Asked, parse

APP = '''
import json, os, threading, time
from seealso_core.instant import Found

HEADERS = [("Content-Type", "text/plain"), ("ETag", '"one"')]

class App:
    """Echoes; /kept is answered at once, /slow takes a while, /fails does."""

    served = 0
    state_now = "a"

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        App.served += 1
        if path == "/fails":
            raise RuntimeError("secret reason")
        if path == "/slow":
            time.sleep(1.0)
        if path == "/change":
            App.state_now += "a"
        body = json.dumps({
            "served": App.served, "pid": os.getpid(), "path": path,
            "query": environ["QUERY_STRING"], "body": environ["wsgi.input"].read().decode("latin-1"),
            "headers": {k: v for k, v in environ.items() if k.startswith("HTTP_")},
        }).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def state(self):
        return App.state_now

    def find(self, asked):
        if asked.path != "/kept":
            return None
        if asked.if_none_match == '"one"':
            return Found("304 Not Modified", HEADERS[1:], b"")
        body = b"k" * 300_000
        return Found("200 OK", [*HEADERS, ("Content-Length", str(len(body))), ("X-State", App.state_now)], body)

    def count(self, hits):
        pass

make = App
'''
START = """
import os, sys
from seealso_core import server, settings
from seealso_sdk.errors import SeealsoError
server.IDLE_SECONDS = 1
try:
    server.serve("echoing:make", settings.load(os.environ))
except SeealsoError as error:
    sys.exit(f"seealso: {error}")
"""
PATIENCE = 20.0  # seconds
Ask = Callable[[bytes], bytes]


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server of the app above; its process and port."""
    (folder / "echoing.py").write_text(APP, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if "SEEALSO_" not in name}
    environment |= {"PYTHONPATH": str(folder), "SEEALSO_PORT": str(port), **settings}
    with subprocess.Popen([sys.executable, "-c", START], env=environment) as process:
        try:
            until(lambda: answers(port))
            yield process, port
        finally:
            process.terminate()
            process.wait(15)


def until(done: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/up", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("server")) as (_, port):
        yield port


def sent(port: int, *pieces: bytes, pause: float = 0.1) -> bytes:
    """What comes back, until the server closes or has nothing more to say for a second."""
    with socket.create_connection(("127.0.0.1", port), timeout=1.5) as connection:
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(pause)
            connection.sendall(piece)
        back = b""
        try:
            while data := connection.recv(1 << 16):
                back += data
        except TimeoutError:
            pass
        return back


def test_a_body_arrives_whole_in_one_piece_or_in_chunks(port: int) -> None:
    url = f"http://127.0.0.1:{port}/x%C3%A9?q=1"
    body = b"a" * 3_000_000
    whole = requests.post(url, data=body, timeout=10).json()
    chunked = requests.post(url, data=iter([b"one ", b"", b"two"]), timeout=10).json()
    assert whole["body"] == body.decode()
    assert chunked["body"] == "one two"
    assert (whole["path"].encode("latin-1").decode(), whole["query"]) == ("/xé", "q=1")


def test_a_body_that_is_cut_off_never_reaches_the_application(port: int) -> None:
    url = f"http://127.0.0.1:{port}/count"
    before = requests.get(url, timeout=5).json()["served"]
    for cut in (
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(cut)
            time.sleep(0.1)
    time.sleep(0.2)
    assert requests.get(url, timeout=5).json()["served"] == before + 1


def test_a_header_with_an_underscore_passes_for_no_other(port: int) -> None:
    got = sent(
        port,
        b"GET /x HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 9.9.9.9\r\nVia: a\r\nVia: b\r\n"
        b"Connection: close\r\n\r\n",
    )
    assert b"9.9.9.9" not in got
    assert b'"HTTP_VIA": "a,b"' in got


def test_what_fails_says_nothing_of_the_reason(port: int) -> None:
    answer = requests.get(f"http://127.0.0.1:{port}/fails", timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text


def test_nonsense_is_refused_and_the_next_connection_served(port: int) -> None:
    assert sent(port, b"\x16\x03\x01 not http\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert sent(port, b"GET /x HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")  # no Host
    assert answers(port)


# --- instant answers ------------------------------------------------------------------------------

KEPT = b"GET /kept HTTP/1.1\r\nHost: a\r\n\r\n"


def test_an_answer_that_lies_ready_is_whole_dated_and_repeatable(port: int) -> None:
    with requests.Session() as session:
        for _ in range(3):
            answer = session.get(f"http://127.0.0.1:{port}/kept", timeout=5)
            assert (answer.status_code, len(answer.content)) == (200, 300_000)
            assert answer.headers["Date"].endswith("GMT")
            unchanged = session.get(
                f"http://127.0.0.1:{port}/kept", headers={"If-None-Match": '"one"'}, timeout=5
            )
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            head = session.head(f"http://127.0.0.1:{port}/kept", timeout=5)
            assert (head.headers["Content-Length"], head.content) == ("300000", b"")
            # And everything else on the same connection, in between.
            assert session.get(f"http://127.0.0.1:{port}/other", timeout=5).json()["path"]


def test_pipelined_requests_are_answered_in_their_order(port: int) -> None:
    other = b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    back = sent(port, KEPT + other, KEPT, last)
    assert back.count(b"HTTP/1.1 200") == 4
    assert back.index(b"/other") < back.index(b"/last")


def test_a_request_in_pieces_is_one_request(port: int) -> None:
    # The second piece alone would be a request of its own: what the first began decides.
    back = sent(port, b"GET /first HTTP/1.1\r\nHost: a\r\nX-Piece: ", KEPT)
    assert back.startswith(b"HTTP/1.1 400") or b'"path": "/first"' in back
    assert b"kkkk" not in back


def test_a_request_while_another_is_worked_on_waits_for_it(port: int) -> None:
    back = sent(port, b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", KEPT, pause=0.3)
    assert 0 < back.index(b'"path": "/slow"') < back.index(b'"path": "/kept"')


def test_who_asks_and_never_reads_fills_no_memory(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port):
        sent(port, KEPT)
        before = resident(process.pid)
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            for _ in range(300):  # 90 MB of answers
                connection.sendall(KEPT)
                time.sleep(0.001)
            assert resident(process.pid) < before + 30_000_000
        assert answers(port)


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_change_is_seen_at_once(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    before = requests.get(f"{url}/kept", timeout=5).headers["X-State"]
    requests.get(f"{url}/change", timeout=5)
    time.sleep(0.15)
    assert requests.get(f"{url}/kept", timeout=5).headers["X-State"] == before + "a"


@pytest.mark.parametrize("first", [b"", KEPT])
def test_a_silent_connection_is_closed(port: int, first: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(first)
        while connection.recv(1 << 16):
            pass  # until it ends: no timeout is raised


TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCDEF-_0123456789", min_size=1, max_size=20)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
PATHS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "get"]),
    path=PATHS,
    headers=st.lists(st.tuples(TOKENS | st.sampled_from(["Host", "Range", "Accept"]), VALUES)),
)
def test_a_plain_request_is_read_as_h11_reads_it(
    method: str, path: str, headers: list[tuple[str, str]]
) -> None:
    lines = [f"{method} /{path} HTTP/1.1", "Host: a", *(f"{n}: {v}" for n, v in headers), "", ""]
    raw = "\r\n".join(lines).encode()
    asked = parse(raw)
    if asked is None:
        return
    server = h11.Connection(h11.SERVER)
    server.receive_data(raw)
    event = server.next_event()
    assert isinstance(event, h11.Request)
    assert isinstance(server.next_event(), h11.EndOfMessage)
    theirs = dict(event.headers)
    target = asked.path + ("?" + asked.query if asked.query or "?" in path else "")
    assert (event.method.decode(), event.target.decode()) == (asked.method, target)
    given_encoding = theirs.get(b"accept-encoding")
    assert asked.accept_encoding == (given_encoding and given_encoding.decode())


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /a HTTP/1.0\r\nHost: a\r\n\r\n",
        b"GET /a HTTP/1.1\r\n\r\n",
        b"GET /a%2e HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        b"GET /a HTTP/1.1\nHost: a\n\n",
        b"GET /a HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_server(raw: bytes) -> None:
    assert parse(raw) is None


def test_a_plain_request_is_taken_apart() -> None:
    raw = (
        b"HEAD /topics/x/feed.rss?limit=5 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\n"
        b'If-None-Match: "x"\r\nConnection: keep-alive\r\n\r\n'
    )
    assert parse(raw) == Asked("HEAD", "/topics/x/feed.rss", "limit=5", "gzip, br", '"x"', None)


def test_the_end_of_an_answer_waits_for_no_acknowledgement() -> None:
    with server.listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()) as _:
            connection, _ = listener.accept()
            with connection:
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# --- processes ------------------------------------------------------------------------------------


def test_several_workers_share_a_port_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, SEEALSO_WEB_WORKERS="2") as (process, port):
        url = f"http://127.0.0.1:{port}/x"

        seen: set[int] = set()

        def met(count: int) -> bool:
            with suppress(requests.ConnectionError):  # the one in whose hands it was has died
                seen.add(requests.get(url, timeout=5).json()["pid"])
            return len(seen) == count

        until(lambda: met(2))
        os.kill(killed := seen.pop(), signal.SIGKILL)
        until(lambda: not alive(killed) and met(2))
        workers = set(seen)
        process.terminate()
        assert process.wait(10) == 0
        until(lambda: not any(alive(pid) for pid in workers))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_request_in_hand_is_finished_before_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.3)
            process.terminate()
            assert b'"path": "/slow"' in connection.makefile("rb").read()
        assert process.wait(10) == 0


def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path) -> None:
    with running(tmp_path) as (_, port):
        second = subprocess.run(
            [sys.executable, "-c", START],
            env=dict(os.environ) | {"PYTHONPATH": str(tmp_path), "SEEALSO_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert second.returncode == 1
    assert f"Can't listen on 127.0.0.1:{port}" in second.stderr
    assert "Traceback" not in second.stderr
