"""A hub and publisher of WebSub, as its Recommendation has them: a real server for the tests.

It verifies the intent of who subscribes before it believes it, signs what it delivers with the
secret that it was given, and remembers all that it was asked and answered.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests


@dataclass
class FeedHub:
    """What the hub knows. `status`: how it answers a request; `moved`: it redirects there first."""

    url: str = ""
    feed: bytes = b""
    lease: int = 3600
    status: int = 202
    moved: int = 0
    method: str = "sha256"
    asked: list[dict[str, str]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)  # by callback: who is subscribed
    answers: list[tuple[int, str]] = field(default_factory=list)  # to verifications

    @property
    def topic(self) -> str:
        return f"{self.url}/feed"

    def request(self, form: dict[str, str]) -> None:
        """Section 5.3: ask back, believe only a 2xx with the challenge."""
        challenge = f"challenge-{len(self.answers)}"
        query = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": challenge,
        }
        if form["hub.mode"] == "subscribe":
            query["hub.lease_seconds"] = str(self.lease)
        answer = requests.get(form["hub.callback"], params=query, timeout=10)
        self.answers.append((answer.status_code, answer.text))
        if answer.ok and answer.text == challenge:
            if form["hub.mode"] == "subscribe":
                self.secrets[form["hub.callback"]] = form["hub.secret"]
            else:
                self.secrets.pop(form["hub.callback"], None)

    def deny(self, callback: str, reason: str) -> int:
        """Section 5.2."""
        query = {"hub.mode": "denied", "hub.topic": self.topic, "hub.reason": reason}
        return requests.get(f"{callback}?{urlencode(query)}", timeout=10).status_code

    def publish(self, feed: bytes, media_type: str = "application/rss+xml") -> list[int]:
        """Deliver to all who are subscribed (section 7); returns their answers."""
        self.feed = feed
        return [
            self.deliver(callback, feed, secret, media_type)
            for callback, secret in self.secrets.items()
        ]

    def deliver(
        self,
        callback: str,
        body: bytes,
        secret: str | None,
        media_type: str = "application/rss+xml",
    ) -> int:
        headers = {
            "Content-Type": media_type,
            "Link": f'<{self.url}/hub>; rel="hub", <{self.topic}>; rel="self"',
        }
        if secret is not None:
            digest = hmac.new(secret.encode(), body, getattr(hashlib, self.method)).hexdigest()
            headers["X-Hub-Signature"] = f"{self.method}={digest}"
        return requests.post(callback, data=body, headers=headers, timeout=30).status_code


@contextmanager
def feed_hub() -> Iterator[FeedHub]:
    """A hub on a free port of this machine."""
    hub = FeedHub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if urlsplit(self.path).path == "/hub" and hub.moved:
                self._answer(hub.moved, location=f"{hub.url}/hub2")
                return
            hub.asked.append(form)
            if hub.status == 202:
                hub.request(form)
            self._answer(hub.status)

        def do_GET(self) -> None:
            self._answer(200, hub.feed)

        def _answer(self, status: int, body: bytes = b"", location: str = "") -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Link", f'<{hub.url}/hub>; rel="hub", <{hub.topic}>; rel="self"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
