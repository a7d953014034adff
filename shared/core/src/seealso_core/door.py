"""A worker's own port, where it is given one: what it counts, and whether it lives and can work.

    SEEALSO_METRICS_PORT ──> GET /metrics   the numbers of this process (seealso_core.meters)
                             GET /livez     200: the process answers
                             GET /readyz    200, or 503 with the reason

A web process has these on its port already. Nothing else is served here, and nobody needs a key:
keep the port inside.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from seealso_sdk.errors import SeealsoError

from seealso_core import log as logs
from seealso_core import metrics
from seealso_core.errors import CannotListen
from seealso_core.meters import ALL
from seealso_core.settings import Settings

SLOWEST_SECONDS = 10  # that a scraper may take over a request

log = logs.get(__name__)


def opened_for(settings: Settings, ready: Callable[[], None]) -> AbstractContextManager[int | None]:
    """`opened` where the operator wants it. Not in a process that shares its numbers with one that
    serves them (`metrics.shared`): several would want one port.

    Raises:
        CannotListen: the port is in use or may not be had.
    """
    if not settings.metrics_port or os.environ.get(metrics.FOLDER):
        return nullcontext()
    return opened(settings.host, settings.metrics_port, ready)


@contextmanager
def opened(host: str, port: int, ready: Callable[[], None] | None = None) -> Iterator[int]:
    """Serve in a thread until the block ends. Yields the port (0 took a free one).

    Args:
        ready: raises a SeealsoError while the worker can't do its work.

    Raises:
        CannotListen: the port is in use or may not be had.
    """
    try:
        server = _Server((host, port), _Handler)
    except OSError as error:
        raise CannotListen(host, port, error) from error
    server.ready = ready
    thread = threading.Thread(target=server.serve_forever, name="seealso-metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    ready: Callable[[], None] | None = None


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "seealso"
    sys_version = ""
    timeout = SLOWEST_SECONDS

    def do_GET(self) -> None:  # the library's name
        """One of three addresses."""
        if self.path == "/metrics":
            numbers = [metrics.readiness(self.server.ready), *metrics.collected(ALL)]
            body = metrics.render(numbers)
            self._answer(200, metrics.CONTENT_TYPE, body)
        elif self.path in ("/livez", "/healthz"):
            self._answer_json(200, {"status": "ok"})
        elif self.path == "/readyz":
            self._ready()
        else:
            detail = "Here are /metrics, /livez and /readyz."
            self._answer_json(404, {"status": 404, "code": "not-found", "detail": detail})

    def _ready(self) -> None:
        try:
            if self.server.ready is not None:
                self.server.ready()
        except SeealsoError as error:
            told = {"status": 503, "code": "not-ready", "detail": str(error)}
            self._answer_json(503, told)
        else:
            self._answer_json(200, {"status": "ready"})

    def _answer_json(self, status: int, told: dict[str, object]) -> None:
        self._answer(status, "application/json", json.dumps(told).encode() + b"\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Nothing: a scrape is no news."""
