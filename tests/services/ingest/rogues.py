"""Twenty sources that misbehave, each in its own way, on one real server; and a good one.

A rogue is a function of (the request, which look it is) that answers as it likes. What it must have
given in the end is in `WANTED`: the titles that an honest reading of it has, no more and no fewer.
"""

from __future__ import annotations

import gzip
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RSS = "application/rss+xml"
SECRET = "http://10.0.0.7/admin"  # a private address


def item(name: str, *, guid: str = "", date: str = "", body: str = "") -> str:
    text = body or f"What one knows of {name} today."
    return (
        f"<item><guid isPermaLink='false'>{guid or name}</guid><title>About {name}</title>"
        f"<link>https://rogues.example/{name}</link>{f'<pubDate>{date}</pubDate>' if date else ''}"
        f"<description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
    )


def rss(items: Sequence[str]) -> bytes:
    inner = "".join(items)
    return f'<rss version="2.0"><channel><title>Rogue</title>{inner}</channel></rss>'.encode()


class Asked(BaseHTTPRequestHandler):
    """One request. Rogues call `give`, or write what they like."""

    looks: Counter[str]
    rogues: dict[str, Callable[[Asked, int], None]]

    def do_GET(self) -> None:
        name = self.path.strip("/").partition("/")[0]
        if name not in self.rogues:
            self.give(b"", status=404)
            return
        self.looks[name] += 1
        with suppress(ConnectionError, BrokenPipeError):
            self.rogues[name](self, self.looks[name])

    def give(
        self, body: bytes, media_type: str = RSS, *, status: int = 200, **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


def good(asked: Asked, look: int) -> None:
    asked.give(rss([item(f"good-{n}") for n in range(look + 1)]))


def slow(asked: Asked, look: int) -> None:
    asked.send_response(200)
    asked.send_header("Content-Type", RSS)
    asked.end_headers()
    for byte in rss([item("slow")]):
        asked.wfile.write(bytes([byte]))
        time.sleep(0.2)


def endless(asked: Asked, look: int) -> None:
    asked.send_response(200)
    asked.send_header("Content-Type", RSS)
    asked.end_headers()
    asked.wfile.write(b'<rss version="2.0"><channel>')
    for number in range(100_000):
        asked.wfile.write(item(f"endless-{number}").encode() * 100)


def bomb(asked: Asked, look: int) -> None:
    asked.give(gzip.compress(b" " * 60_000_000), Content_Encoding="gzip")


def inward(asked: Asked, look: int) -> None:
    asked.give(b"", status=302, Location=SECRET)


def forgetful(asked: Asked, look: int) -> None:
    """Says 304 to whoever has any validator, also when it has more by now."""
    if asked.headers.get("If-None-Match"):
        asked.give(b"", status=304, ETag='"1"')
    else:
        asked.give(rss([item("forgetful")]), ETag='"1"')


def renamed(asked: Asked, look: int) -> None:
    """Other guids at each look, with the same addresses."""
    asked.give(rss([item("renamed-a", guid=f"a{look}"), item("renamed-b", guid=f"b{look}")]))


def flipped(asked: Asked, look: int) -> None:
    items = [item(f"flipped-{n}") for n in range(5)]
    asked.give(rss(items if look % 2 else items[::-1]))


def miscoded(asked: Asked, look: int) -> None:
    body = rss([item("miscoded", body="Caf\xe9 \u201cau lait\u201d")])
    asked.give(body.decode().encode("windows-1252"), f"{RSS}; charset=utf-8")


def ailing(asked: Asked, look: int) -> None:
    """5xx for more than a day (by the hub's clock), then well again."""
    if look <= 6:
        asked.give(b"oh no", "text/plain", status=(500, 502, 503)[look % 3])
    else:
        asked.give(rss([item("ailing")]))


def liar(asked: Asked, look: int) -> None:
    """The same ETag for other bytes, and never a 304."""
    asked.give(rss([item(f"liar-{n}") for n in range(look)]), ETag='"same"')


def dressed(asked: Asked, look: int) -> None:
    """Every second time a page that says sorry, with 200 and the feed's type."""
    if look % 2 == 0:
        asked.give(b"<!DOCTYPE html><html><body><h1>Sorry</h1><p>Back soon.</p></body></html>")
    else:
        asked.give(rss([item("dressed")]))


def empty(asked: Asked, look: int) -> None:
    asked.give(b"" if look > 1 else rss([item("empty")]))


def truncated(asked: Asked, look: int) -> None:
    whole = gzip.compress(rss([item("truncated-a"), item("truncated-b")]))
    asked.give(whole[:-12] if look == 1 else whole, Content_Encoding="gzip")


def circling(asked: Asked, look: int) -> None:
    asked.give(b"", status=302, Location=f"/circling/{look}")


def busy(asked: Asked, look: int) -> None:
    if look == 1:
        asked.give(b"", status=429, Retry_After="7200")
    else:
        asked.give(rss([item("busy")]))


def walled(asked: Asked, look: int) -> None:
    asked.give(b"<html><body>Log in</body></html>", "text/html", status=401, Set_Cookie="a=b")


def huge(asked: Asked, look: int) -> None:
    """An item of three megabytes among ordinary ones."""
    asked.give(rss([item("huge-a"), item("huge", body="very " * 600_000), item("huge-b")]))


def twice(asked: Asked, look: int) -> None:
    """Two items under one guid: the later one in the list is the older one."""
    asked.give(rss([item("twice", guid="t"), item("twice", guid="t"), item("twice-b")]))


def ahead(asked: Asked, look: int) -> None:
    """Dates of the next century."""
    asked.give(rss([item("ahead", date="Tue, 09 Apr 2124 10:00:00 GMT"), item("ahead-b")]))


def mislabelled(asked: Asked, look: int) -> None:
    asked.give(rss([item("mislabelled")]), "image/png")


ROGUES: tuple[Callable[[Asked, int], None], ...] = (
    slow, endless, bomb, inward, forgetful, renamed, flipped, miscoded, ailing, liar, dressed,
    empty, truncated, circling, busy, walled, huge, twice, ahead, mislabelled,
)  # fmt: skip


@dataclass
class Site:
    """Where they are, and how often each was asked."""

    url: str
    port: int
    looks: Counter[str] = field(default_factory=Counter)


@contextmanager
def rogues() -> Iterator[Site]:
    looks: Counter[str] = Counter()
    by_name = {one.__name__: one for one in (good, *ROGUES)}
    handler = type("Handler", (Asked,), {"looks": looks, "rogues": by_name})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    port = int(server.server_address[1])
    try:
        yield Site(f"http://127.0.0.1:{port}", port, looks)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
