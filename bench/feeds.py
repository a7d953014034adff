"""How fast a topic's feed is served: one worker of the production server beside one of nginx.

    ./dev bench feeds [--rounds N] [--seconds N] [--connections N]

The hub serves a feed of about 200 KB out of a real store, through its production server, fast lane
and all; nginx serves the very same bytes as a static file. Rounds alternate (hub, nginx, hub, ...):
a neighbour's load meets both. What counts is the median of the rounds' ratios, for the whole feed
(200) and for an unchanged one (304). Then an article is edited while the feed is polled.

Needs nginx and wrk: it installs nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import requests
from seealso_core import registry
from seealso_core.host import PluginHost
from seealso_feeds.flow import Filing
from seealso_sdk.model import Article
from seealso_sdk.model import Filing as Filed
from seealso_sdk.plugin import Context
from seealso_store import articles, ledger, outputs, renditions
from seealso_store.articles import Change
from seealso_store.clock import SECOND, now
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare
from seealso_store.outputs import InstalledOutput
from seealso_store.renditions import NewRendition

TARGET = 0.8  # of nginx
ARTICLES = 50
FEED = "/topics/heap/feed.rss"
OUTPUT = "rss"
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_WRONG = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")


@dataclass(frozen=True)
class Server:
    """What is measured: where the feed is, and the tag under which it is unchanged."""

    name: str
    url: str
    etag: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. 1: below the target; 2: a tool is missing."""
    parser = argparse.ArgumentParser(prog="./dev bench feeds")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--connections", type=int, default=32)
    given = parser.parse_args(arguments)
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        print(
            f"This needs {' and '.join(missing)}: install them (Debian: apt-get install nginx wrk)"
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="seealso-bench-") as folder:
        return measure(Path(folder), given.rounds, given.seconds, given.connections)


def measure(folder: Path, rounds: int, seconds: int, connections: int) -> int:
    """Serve by both, let wrk ask in turn, then edit."""
    database = open_database(f"sqlite:///{folder / 'seealso.sqlite3'}")
    prepare(database)
    host = PluginHost(registry.load())
    stock = Stock(database, host)
    stock.fill()
    with hub(folder) as hub_url:
        feed = requests.get(hub_url + FEED, headers={"Accept-Encoding": "identity"}, timeout=30)
        feed.raise_for_status()
        with nginx(folder, feed.content) as nginx_url:
            servers = [served("hub", hub_url + FEED), served("nginx", nginx_url + "/feed.rss")]
            print(f"feed: {len(feed.content) / 1000:.0f} kB; {connections} connections")
            ratios = {
                status: ratio_of(servers, status, rounds, seconds, connections)
                for status in (200, 304)
            }
            delay = edited_within(stock, servers[0])
    host.close()
    database.close()
    for status, ratio in ratios.items():
        print(f"{status}: hub / nginx {ratio:.2f} (median of {rounds}; at least {TARGET})")
    print(f"an edit was in the feed after {delay * 1000:.0f} ms (at most 1000)")
    return 0 if min(ratios.values()) >= TARGET and delay <= 1 else 1


def ratio_of(
    servers: list[Server], status: int, rounds: int, seconds: int, connections: int
) -> float:
    """The median of the rounds' ratios, hub to nginx."""
    ratios = []
    for number in range(rounds):
        rates = [rate(one, status, seconds, connections) for one in servers]
        ratios.append(rates[0] / rates[1])
        shown = ", ".join(f"{s.name} {r:,.0f}/s" for s, r in zip(servers, rates, strict=True))
        print(f"  {status} round {number + 1}: {shown}, ratio {ratios[-1]:.2f}")
    return statistics.median(ratios)


def rate(server: Server, status: int, seconds: int, connections: int) -> float:
    """Requests per second by wrk with one thread; every answer must be the one expected."""
    headers = ["-H", f"If-None-Match: {server.etag}"] if status == 304 else []
    check = requests.get(
        server.url,
        headers={"Accept-Encoding": "identity"}
        | ({"If-None-Match": server.etag} if status == 304 else {}),
        timeout=10,
    )
    assert check.status_code == status, (server, check.status_code)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *headers, server.url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wrong = _WRONG.search(said)
    assert wrong is None, f"{server.name}: {said}"
    found = _RATE.search(said)
    assert found is not None, said
    return float(found.group(1))


def edited_within(stock: Stock, server: Server) -> float:
    """Seconds from the commit of an edit until the feed shows it."""
    with requests.Session() as session:
        session.get(server.url, timeout=10)
        committed = stock.edit("Edited while the feed is polled")
        while b"Edited while the feed is polled" not in session.get(server.url, timeout=10).content:
            assert time.monotonic() - committed < 10, "the edit never came"
    return time.monotonic() - committed


def served(name: str, url: str) -> Server:
    """The server at this URL, which answers."""
    answer = requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10)
    answer.raise_for_status()
    return Server(name, url, answer.headers["ETag"])


# --- the store -----------------------------------------------------------------------------------


class Stock:
    """A topic with fifty articles of about 4 kB."""

    def __init__(self, database: Database, host: PluginHost) -> None:
        self._database = database
        self._host = host
        sentence = "Turn the heap when it smells, and give it air, straw and time. "
        self._articles = [
            Article(
                id=f"a{number:015d}",
                version=1,
                title=f"Heap number {number}",
                summary=f"What the heap number {number} has taught us.",
                body_html="".join(f"<p>{sentence * 8}</p>" for _ in range(7)),
                body_text=sentence * 56,
                published=f"2024-{1 + number // 28:02d}-{1 + number % 28:02d}",
                topics=(Filed("heap", "Heap"),),
            )
            for number in range(ARTICLES)
        ]

    def fill(self) -> None:
        """Everything settled."""
        meta = self._host.registry.outputs[OUTPUT].output
        with self._database.write() as tx:
            outputs.record(tx, [InstalledOutput(OUTPUT, "enabled", "", meta)], now=now())
        self._settle(self._articles)

    def edit(self, title: str) -> float:
        """A new version of one article. Returns when it was committed (time.monotonic)."""
        self._articles[0] = replace(self._articles[0], version=2, title=title)
        self._settle(self._articles[:1])
        return time.monotonic()

    def _settle(self, changed: list[Article]) -> None:
        jobs = [(one.to_json(), Context()) for one in changed]
        made = []
        for one, result in zip(changed, self._host.render_many(OUTPUT, jobs), strict=True):
            assert not isinstance(result, Exception), result
            made.append(NewRendition(one.id, OUTPUT, one.version, "1", result))
        at = now()
        changes = [
            Change(
                article=one, op="create", at=at, first_seen=at, keys=(f"id:bench:{one.id}",),
                sort_at=int(one.id[1:]) * SECOND,
            )
            for one in changed
        ]  # fmt: skip
        with self._database.write() as tx:
            articles.apply(tx, changes)
            for one in changed:
                ledger.open_rows(tx, one.id, one.version, [ledger.FILING], now=at)
            ids = {one.id for one in changed}
            renditions.store_many(tx, made, ids, output=OUTPUT, now=at)
        filing = Filing(self._database, hub_url="http://127.0.0.1")
        while filing.run_once():
            pass


# --- the servers ----------------------------------------------------------------------------------


@contextmanager
def hub(folder: Path) -> Iterator[str]:
    """The feeds service in production, with one worker."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if "SEEALSO_" not in name} | {
        "SEEALSO_DATA": str(folder),
        "SEEALSO_DATABASE_URL": f"sqlite:///{folder / 'seealso.sqlite3'}",
        "SEEALSO_PORT": str(port),
    }
    with running([sys.executable, "-m", "seealso_feeds", "--web"], url + "/livez", environment):
        yield url


@contextmanager
def nginx(folder: Path, body: bytes) -> Iterator[str]:
    """nginx with one worker, the feed as a static file."""
    port = free_port()
    root = folder / "nginx"
    root.mkdir()
    # A worker that was root can't enter a folder of mode 700.
    folder.chmod(0o755)
    (root / "feed.rss").write_bytes(body)
    (root / "nginx.conf").write_text(
        f"""
        daemon off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;
        events {{ worker_connections 1024; }}
        http {{
          access_log off; sendfile on; tcp_nopush on; etag on; server_tokens off;
          keepalive_requests 100000000;
          types {{ application/rss+xml rss; }}
          client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
          uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
          server {{ listen 127.0.0.1:{port}; root {root};
            add_header Cache-Control "public, max-age=60"; add_header Vary Accept-Encoding; }}
        }}
        """
    )
    url = f"http://127.0.0.1:{port}"
    with running(["nginx", "-c", str(root / "nginx.conf")], url + "/feed.rss", dict(os.environ)):
        yield url


@contextmanager
def running(command: list[str], until: str, environment: dict[str, str]) -> Iterator[None]:
    """A server's process, from its first good answer to its end."""
    with subprocess.Popen(command, env=environment) as process:
        try:
            wait_for(until, process)
            yield
        finally:
            process.terminate()
            process.wait(15)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args!r} ended at its start"
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(f"{url} never answered")


def free_port() -> int:
    """A port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
