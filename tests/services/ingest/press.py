"""A site that a test writes: a real server whose answers change, with validators like others'."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Page:
    """What is at a path. `status` other than 200: an error, or a redirect with a Location."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Press:
    """A site. `asked` are the requests: path and what the answer was."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def feed(self, path: str, names: Sequence[str], *, media_type: str = "") -> None:
        """An RSS feed with an item for each name."""
        items = "".join(
            f"<item><guid>{name}</guid><title>All about {name}</title>"
            f"<description>&lt;p&gt;What one knows of {name} today.&lt;/p&gt;</description></item>"
            for name in names
        )
        body = f'<rss version="2.0"><channel><title>Press</title>{items}</channel></rss>'
        self.pages[path] = Page(body.encode(), media_type or "application/rss+xml")

    def article(self, path: str, title: str, text: str = "") -> None:
        """A page with an article on it."""
        text = text or f"{title} is known to everybody who has walked along a river in spring. " * 4
        head = f'<html lang="en"><head><title>{title}</title></head>'
        body = f"<body><main><article><h1>{title}</h1><p>{text}</p></article></main></body></html>"
        self.pages[path] = Page((head + body).encode())

    def sitemap(self, path: str, entries: dict[str, str | None], *, index: bool = False) -> None:
        """A sitemap of these paths and their dates; or an index of sitemaps."""
        outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
        rows = "".join(
            f"<{inner}><loc>{self.url}{where}</loc>"
            + (f"<lastmod>{day}</lastmod>" if day else "")
            + f"</{inner}>"
            for where, day in entries.items()
        )
        space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        self.pages[path] = Page(
            f'<?xml version="1.0"?><{outer} {space}>{rows}</{outer}>'.encode(), "application/xml"
        )

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked == path for asked, _ in self.asked)


@contextmanager
def press() -> Iterator[Press]:
    """The site, on a free port of this machine."""
    site = Press()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = site.pages.get(self.path, Page(b"nothing here", status=404))
            tag = f'"{hashlib.sha256(page.body).hexdigest()[:12]}"'
            same = page.status == 200 and self.headers.get("If-None-Match") == tag
            status = 304 if same else page.status
            site.asked.append((self.path, status))
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Type", page.media_type)
            for name, value in page.headers.items():
                self.send_header(name, value)
            if not same:
                self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            if not same:
                self.wfile.write(page.body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
