"""S1, S3: of thousands of hostile URLs none reaches an address that is not public."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import idna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from seealso_ingest import guard
from seealso_ingest.fetch import FetchError, fetch, post_form

from tests.services.ingest import hostile_urls
from tests.services.ingest.hostile_urls import PUBLIC, PUBLIC_NAME, Network, RedirectingNetwork

FINE = frozenset({"refused", "url", "unreachable", "redirects"})


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return plugged(monkeypatch, Network())


def plugged(monkeypatch: pytest.MonkeyPatch, network: Network) -> Network:
    """In place of the system's, without the thread that only guards against a slow resolver."""

    def resolve(self: guard.Guard, host: str, port: int) -> list[str]:
        try:
            found = network.getaddrinfo(host, port)
        except UnicodeError as error:
            raise guard.Barred("url", "no name") from error
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    monkeypatch.setattr(guard.Guard, "_resolve", resolve)
    monkeypatch.setattr("seealso_ingest.guard.socket.create_connection", network.create_connection)
    return network


def refused(url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url)
    return caught.value


def test_s1_of_thousands_of_hostile_urls_none_is_connected_to(network: Network) -> None:
    table = hostile_urls.urls()
    assert len(table) > 20_000
    let_through = []
    for url in table[:: max(1, len(table) // 4000)]:  # all of them: test below, marked deep
        let_through += reached(network, url)
    assert let_through == []


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_s1_of_all_hostile_urls_none_is_connected_to(network: Network) -> None:
    assert [hit for url in hostile_urls.urls() for hit in reached(network, url)] == []


def reached(network: Network, url: str) -> list[tuple[str, tuple[str, int]]]:
    """Connections that this URL led to and must not have."""
    network.connected.clear()
    error = refused(url)
    assert error.code in FINE, f"{url!r}: {error}"
    return [
        (url, address)
        for address in network.connected
        if not guard.is_public(address[0]) or address[1] not in guard.PORTS
    ]


def test_s1_the_table_would_notice_a_guard_that_looks_away(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the look at addresses, hundreds of them would be connected to."""
    monkeypatch.setattr("seealso_ingest.guard.is_public", lambda address: True)
    for url in hostile_urls.urls()[:: len(hostile_urls.urls()) // 4000]:
        refused(url)
    assert len({address for address, _ in network.connected} - {PUBLIC}) > 20


@pytest.fixture
def redirecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RedirectingNetwork, list[str]]]:
    """A public host that redirects to whatever is put into the list."""
    targets: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(307)
            location = targets[-1].encode("utf-8", "replace").decode("latin-1")
            self.send_header("Location", location.replace("\r", "").replace("\n", ""))
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the server's name for it

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    network = RedirectingNetwork(server.server_address[1])
    plugged(monkeypatch, network)
    yield network, targets
    server.shutdown()
    server.server_close()
    thread.join()


def test_s1_a_redirect_of_a_public_host_is_checked_like_the_first_url(
    redirecting: tuple[RedirectingNetwork, list[str]],
) -> None:
    network, targets = redirecting
    table = hostile_urls.urls()
    for number, url in enumerate(table[:: len(table) // 300]):
        network.connected.clear()
        targets.append(url)
        ask = fetch if number % 2 else partial(post_form, form={"hub.mode": "subscribe"})
        with pytest.raises(FetchError) as caught:
            ask(f"http://{PUBLIC_NAME}/")
        assert caught.value.code in FINE, url
        bad = [at for at in network.connected if at[0] != PUBLIC or at[1] not in guard.PORTS]
        assert bad == [], url
        assert network.connected, "the redirect was not even asked for"


def test_s3_a_name_that_changes_its_mind_is_believed_once(network: Network) -> None:
    hostile_urls.ANSWERS["rebind.example"] = [[PUBLIC], ["127.0.0.1"]]
    try:
        refused("http://rebind.example/")  # public now: nobody is there in this test
        assert network.connected == [(PUBLIC, 80)]
        assert [host for host, _ in network.asked] == ["rebind.example"]
        assert refused("http://rebind.example/").code == "refused"
        assert network.connected == [(PUBLIC, 80)]
    finally:
        del hostile_urls.ANSWERS["rebind.example"]


@pytest.mark.parametrize("name", sorted(hostile_urls.ANSWERS))
def test_s3_a_name_with_any_address_that_is_not_public_is_refused(
    name: str, network: Network
) -> None:
    assert refused(f"http://{name}/").code == "refused"
    assert network.connected == []


def test_s3_a_connection_that_ended_elsewhere_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever lies between check and connect: the peer itself is looked at."""
    monkeypatch.setattr(guard.Guard, "_resolve", lambda *_: [PUBLIC])
    monkeypatch.setattr(
        "seealso_ingest.guard.socket.create_connection", lambda *_, **__: Elsewhere()
    )
    peer = guard.Guard(allow_private=False)
    with peer.deadline(5.0), pytest.raises(guard.Barred):
        peer.connect("public.example", 80, 5.0)


class Elsewhere:
    """A socket whose other end is this machine."""

    def dup(self) -> Elsewhere:
        return self

    def getpeername(self) -> Any:
        return ("127.0.0.1", 80)

    def close(self) -> None: ...


_PIECES = st.one_of(
    st.sampled_from([
        "http://", "https://", "http:", "//", "/", "\\", "@", ":", "#", "?", "[", "]", "%", ".", "。",
        "127.0.0.1", "::1", "public.example", "0x7f", "80", "443", "22", "65536", "%2e", "%40", "user",
        "\t", "\n", " ", "\u00ad", "１", "①", "ß", "é", "xn--", "-", "_", ";", "&", "=", "*", "~", "\0",
    ]),
    st.text(max_size=3),
)  # fmt: skip


@given(st.lists(_PIECES, max_size=8).map(lambda pieces: "http://" + "".join(pieces)))
@example("http://public.example\\@127.0.0.1/")
@example("http://127.0.0.1#@public.example")
@example("http://0.")
@example("http://a:b:c/")
@settings(max_examples=400, deadline=None)
def test_what_the_checker_reads_is_what_the_connection_is_made_to(url: str) -> None:
    network = Network()
    with pytest.MonkeyPatch.context() as monkeypatch:
        plugged(monkeypatch, network)
        error = refused(url)
    assert error.code in FINE
    if not network.asked:
        return
    parts = urlsplit(url)
    host, port = network.asked[0]
    assert port == (parts.port or 80)
    assert parts.username is None
    wanted = parts.hostname or ""
    if not wanted.isascii():
        wanted = idna.encode(wanted, uts46=True).decode()
    # The dot of the root zone says nothing, and a number keeps it in one reading and not in another.
    assert host.strip("[]").lower().rstrip(".") == wanted.lower().rstrip(".")
