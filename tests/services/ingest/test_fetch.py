"""The guarded fetch: what it refuses, where it stops, and what it brings back."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from seealso_ingest import answers
from seealso_ingest.fetch import FetchError, Limits, fetch, is_public, post_form

NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::5efe:7f00:1",  # ISATAP
    "2606:4700::1111%eth0",
    "not an address",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_of_a_private_or_special_range_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"])
def test_an_ordinary_address_is_public(address: str) -> None:
    assert is_public(address)


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def site(answer: Answer) -> Iterator[str]:
    """A real server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had enough

        do_POST = do_GET  # noqa: N815 - the server's name for it

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def test_a_page_comes_with_its_type_charset_and_validators() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(handler, b"caf\xe9", Content_Type='Text/HTML; charset="ISO-8859-1"', ETag='"7"')

    with site(answer) as url:
        page = fetch(f"{url}/menu", allow_private=True)
    assert (page.data, page.media_type, page.charset) == (b"caf\xe9", "text/html", "ISO-8859-1")
    assert (page.url, page.etag) == (f"{url}/menu", '"7"')


def test_a_gzipped_body_is_unpacked() -> None:
    body = b"<p>" + b"tomato " * 1000
    with site(lambda h: send(h, gzip.compress(body), Content_Encoding="gzip")) as url:
        assert fetch(url, allow_private=True).data == body


def test_this_machine_is_refused_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    with site(lambda h: asked.append(h.path)) as url:
        port = int(url.rsplit(":", 1)[1])
        monkeypatch.setattr("seealso_ingest.guard.PORTS", frozenset({port}))
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"):
            with pytest.raises(FetchError) as caught:
                fetch(f"http://{host}:{port}/")
            assert caught.value.permanent
            assert "SEEALSO_ALLOW_PRIVATE_FETCH=1" in str(caught.value)
    assert asked == []


def resolver(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Answers name lookups in turn; returns the list of names that were asked."""
    asked: list[str] = []
    queue = list(answers)

    def lookup(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        addresses = queue.pop(0) if len(queue) > 1 else queue[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr("seealso_ingest.guard.socket.getaddrinfo", lookup)
    return asked


def test_one_private_address_among_public_ones_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolver(monkeypatch, ["93.184.215.14", "10.0.0.7"])
    with pytest.raises(FetchError, match=r"mixed\.example is 10\.0\.0\.7"):
        fetch("http://mixed.example/")


def test_a_name_is_resolved_once_so_a_second_answer_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = resolver(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    tried: list[str] = []

    def connect(address: tuple[str, int], **_: Any) -> socket.socket:
        tried.append(address[0])
        raise OSError("unreachable in this test")

    monkeypatch.setattr("seealso_ingest.guard.socket.create_connection", connect)
    with pytest.raises(FetchError, match="unreachable in this test"):
        fetch("http://rebinding.example/")
    assert asked == ["rebinding.example"]
    assert tried == ["93.184.215.14"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "http:// or https://"),
        ("ftp://example.org/feed", "http:// or https://"),
        ("http:///nowhere", "http:// or https://"),
        ("http://[broken/", "is no URL"),
        ("http://user:secret@example.org/", "user name"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:99999/", "is no URL"),
    ],
)
def test_a_url_that_may_not_be_asked_is_refused_before_any_lookup(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolver(monkeypatch, ["93.184.215.14"])
    with pytest.raises(FetchError, match=said) as caught:
        fetch(url)
    assert caught.value.permanent
    assert asked == []


def test_a_redirect_is_followed_and_checked_like_the_first_url() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        target = {"/a": "/b", "/bad": "file:///etc/passwd", "/loop": "/loop"}.get(handler.path)
        if target:
            send(handler, b"", 302, Location=target)
        else:
            send(handler, b"here", Content_Type="text/plain")

    with site(answer) as url:
        page = fetch(f"{url}/a", allow_private=True)
        assert (page.url, page.data) == (f"{url}/b", b"here")
        with pytest.raises(FetchError, match="http:// or https://"):
            fetch(f"{url}/bad", allow_private=True)
        with pytest.raises(FetchError, match="more than 5 times"):
            fetch(f"{url}/loop", allow_private=True)


def test_a_body_over_the_cap_is_refused_packed_or_not() -> None:
    bomb = gzip.compress(bytes(50_000_000))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/bomb":
            send(handler, bomb, Content_Encoding="gzip")
        else:
            send(handler, bytes(2_000_000))

    limits = Limits(body=1_000_000)
    with site(answer) as url:
        for path in ("/bomb", "/plain"):
            with pytest.raises(FetchError, match="larger than 1 MB"):
                fetch(url + path, allow_private=True, limits=limits)


@pytest.mark.parametrize("path", ["/headers", "/body", "/endless"])
def test_a_server_that_trickles_is_cut_at_the_deadline(path: str) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if path != "/headers":
            handler.wfile.write(b"Content-Length: 500\r\n" if path == "/body" else b"")
            handler.wfile.write(b"Connection: close\r\n\r\n")
        for number in range(200):
            handler.wfile.write(b"X-%d: x\r\n" % number)
            time.sleep(0.02)

    with site(answer) as url:
        started = time.monotonic()
        with pytest.raises(FetchError, match=r"longer than 0\.3 seconds") as caught:
            fetch(url + path, allow_private=True, limits=Limits(seconds=0.3))
    assert time.monotonic() - started < 2
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(404, True), (410, True), (500, False), (503, False), (304, True), (429, False), (401, True)],
)
def test_an_error_status_is_told_in_words(status: int, permanent: bool) -> None:
    with (
        site(lambda h: send(h, b"", status)) as url,
        pytest.raises(FetchError, match=f"answers {status}") as caught,
    ):
        fetch(url, allow_private=True)
    assert caught.value.permanent is permanent
    assert (caught.value.code, caught.value.status) == ("status", status)


def test_a_coding_that_was_not_asked_for_and_broken_gzip_are_refused() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        coding = handler.path.strip("/")
        send(handler, gzip.compress(b"x" * 999)[:20], Content_Encoding=coding)

    with site(answer) as url:
        with pytest.raises(FetchError, match="'compress', unasked") as caught:
            fetch(f"{url}/compress", allow_private=True)
        assert caught.value.code == "coding"
        with pytest.raises(FetchError, match="in the middle of its gzip"):
            fetch(f"{url}/gzip", allow_private=True)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with site(lambda h: send(h, b"direct")) as url:
            assert fetch(url, allow_private=True).data == b"direct"


def test_a_closed_port_says_so() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with pytest.raises(FetchError, match="Connection refused") as caught:
            fetch(url, allow_private=True)
    assert not caught.value.permanent


# --- validators, freshness, redirects, links -------------------------------------------------------


def test_what_has_not_changed_comes_without_a_body_and_keeps_its_validators() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = (handler.headers["If-None-Match"], handler.headers["If-Modified-Since"])
        if asked == ('W/"7"', "Tue, 09 Apr 2024 10:00:00 GMT"):
            send(handler, b"", 304, Cache_Control="max-age=600")
        else:
            send(handler, b"new", ETag='W/"7"', Last_Modified="Tue, 09 Apr 2024 10:00:00 GMT")

    with site(answer) as url:
        first = fetch(url, allow_private=True)
        again = fetch(url, allow_private=True, etag=first.etag, last_modified=first.last_modified)
    assert (first.status, first.data, first.max_age) == (200, b"new", None)
    assert (again.status, again.data, again.max_age) == (304, b"", 600.0)
    assert (again.etag, again.last_modified) == (first.etag, first.last_modified)


def test_a_validator_that_would_break_a_header_is_not_sent() -> None:
    asked: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers["If-None-Match"])
        send(handler, b"x")

    with site(answer) as url:
        for etag in ('"a"\r\nX-Evil: 1', "", " ", '"' + "e" * 5000 + '"', '"\u2603"'):
            assert fetch(url, allow_private=True, etag=etag).data == b"x"
    assert asked == [None] * 5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "public, max-age=300"}, 300.0),
        ({"Cache-Control": "max-age=300", "Age": "100"}, 200.0),
        ({"Cache-Control": "max-age=300", "Age": "900"}, 0.0),
        ({"Cache-Control": "no-store, max-age=300"}, 0.0),
        ({"Cache-Control": "max-age=soon"}, None),
        ({"Cache-Control": "max-age=999999999999"}, answers.MAX_AGE),
        ({"Expires": "0"}, 0.0),
        (
            {
                "Date": "Tue, 09 Apr 2024 10:00:00 GMT",
                "Expires": "Tue, 09 Apr 2024 11:00:00 GMT",
            },
            3600.0,
        ),
        ({}, None),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: float | None) -> None:
    assert answers.max_age(headers) == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("Tue, 09 Apr 2024 10:05:00 GMT", 300.0),
        ("Tue, 09 Apr 2024 09:00:00 GMT", 0.0),
        ("-5", None),
        ("later", None),
        ("Tue, 99 Apr 9999999 99:99:99", None),
    ],
)
def test_a_server_that_wants_time_says_how_much(said: str, seconds: float | None) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(503)
        handler.send_header("Date", "Tue, 09 Apr 2024 10:00:00 GMT")
        handler.send_header("Retry-After", said)
        handler.end_headers()

    with site(answer) as url, pytest.raises(FetchError) as caught:
        fetch(url, allow_private=True)
    assert caught.value.retry_after == seconds
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("path", "moved"),
    [("/301", True), ("/308", True), ("/301/308", True), ("/302", False), ("/301/307", False)],
)
def test_an_address_has_moved_where_every_redirect_was_for_good(path: str, moved: bool) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        _, status, *rest = handler.path.split("/")
        if status == "here":
            send(handler, b"here")
        else:
            send(handler, b"", int(status), Location="/" + "/".join(rest or ["here"]))

    with site(answer) as url:
        page = fetch(url + path, allow_private=True)
    assert page.moved == (f"{url}/here" if moved else None)
    assert page.url == f"{url}/here"


def test_a_redirect_to_a_name_in_another_script_or_with_spaces_is_followed() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/":
            send(handler, b"", 301, Location="/caf\u00e9 ol\u00e9?q=a b".encode().decode("latin-1"))
        else:
            send(handler, handler.path.encode())

    with site(answer) as url:
        assert fetch(url, allow_private=True).data == b"/caf%C3%A9%20ol%C3%A9?q=a%20b"


def test_links_of_the_header_are_absolute_and_the_first_of_a_relation_counts() -> None:
    header = (
        '<https://hub.example/>; rel="hub", </feed>; rel=self; type="a/b",'
        ' <https://second.example/>; rel="hub next", <javascript:alert(1)>; rel=up, <x>'
    )
    with site(lambda h: send(h, b"x", Link=header)) as url:
        links = fetch(url, allow_private=True).links
    assert links == {
        "hub": "https://hub.example/",
        "self": f"{url}/feed",
        "next": "https://second.example/",
    }


def test_a_form_is_posted_and_only_a_redirect_that_keeps_the_method_is_followed() -> None:
    got: list[tuple[str, bytes]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers["Content-Length"] or 0)
        got.append((f"{handler.command} {handler.path}", handler.rfile.read(size)))
        if handler.path.strip("/").isdigit():
            send(handler, b"", int(handler.path.strip("/")), Location="/hub")
        else:
            send(handler, b"", 202)

    form = {"hub.mode": "subscribe", "hub.topic": "https://a.example/feed?x=1&y"}
    with site(answer) as url:
        for path in ("/hub", "/307", "/308"):
            assert post_form(url + path, form, allow_private=True).status == 202
        for path in ("/301", "/302", "/303"):
            with pytest.raises(FetchError) as caught:
                post_form(url + path, form, allow_private=True)
            assert caught.value.code == "redirects"
    body = b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2Ffeed%3Fx%3D1%26y"
    assert [line for line in got if line[0] == "POST /hub"] == [("POST /hub", body)] * 3


def test_the_password_of_a_url_is_in_no_message() -> None:
    with pytest.raises(FetchError) as caught:
        fetch("http://user:hunter2@example.org/")
    assert "hunter2" not in f"{caught.value} {caught.value!r} {caught.value.url}"


def test_the_metadata_of_a_cloud_is_refused_in_a_private_network_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for address in ("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "224.0.0.1"):
        resolver(monkeypatch, [address])
        with pytest.raises(FetchError) as caught:
            fetch("http://metadata.example/", allow_private=True)
        assert caught.value.code == "refused"


def test_a_resolver_that_hangs_is_left_behind_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    monkeypatch.setattr("seealso_ingest.guard.socket.getaddrinfo", lambda *_, **__: release.wait(5))
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch("http://slow.example/", limits=Limits(seconds=0.2))
    release.set()
    assert caught.value.code == "too-slow"
    assert time.monotonic() - started < 2


def test_headers_without_end_are_refused() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        many = handler.path == "/many"
        headers = {f"X-{n}": "x" * (1 if many else 5000) for n in range(500 if many else 20)}
        send(handler, b"x", **headers)

    with site(answer) as url:
        for path, code in (("/many", "unreachable"), ("/large", "too-large")):
            with pytest.raises(FetchError) as caught:
                fetch(url + path, allow_private=True)
            assert caught.value.code == code


def test_a_body_that_is_cut_says_so() -> None:
    with site(lambda h: send(h, b"half", Content_Length="8")) as url:
        with pytest.raises(FetchError, match="too early") as caught:
            fetch(url, allow_private=True)
    assert caught.value.code == "cut"
    assert not caught.value.permanent


def test_the_body_of_a_redirect_is_not_read_and_a_broken_target_is_said() -> None:
    bomb = gzip.compress(bytes(50_000_000))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/there":
            send(handler, b"there")
        else:
            target = "http://[oops/" if handler.path == "/broken" else "/there"
            length = str(len(bomb))
            send(
                handler, bomb, 302, Location=target, Content_Encoding="gzip", Content_Length=length
            )

    with site(answer) as url:
        tracemalloc.start()
        assert fetch(f"{url}/bomb", allow_private=True).data == b"there"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        with pytest.raises(FetchError, match="redirects to what is no URL") as caught:
            fetch(f"{url}/broken", allow_private=True)
    assert peak < 5_000_000
    assert caught.value.code == "redirects"
