"""Serves one app in production, until SIGTERM: uvicorn, one process or several on one socket.

    serve ──> a listening socket ──1 worker──> uvicorn: instant answers, else the app in threads
                      └──several──> a process each (started again when it dies), the same socket

The socket belongs to the process that was started, so a port in use is told before anything else,
and a worker that dies takes no connection along that nobody has taken up yet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from seealso_core import log as logs
from seealso_core import metrics
from seealso_core.errors import CannotListen
from seealso_core.gateway import Gateway
from seealso_core.instant import IDLE_SECONDS, LOOK_SECONDS, InstantProtocol, Memory, Source
from seealso_core.process import die_with_parent
from seealso_core.settings import Settings, load

BACKLOG = 1024
CONNECTIONS = 2048  # at once for one worker; one more is answered with 503
STOP_SECONDS = 5
LOOK_AT_WORKERS_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0  # between two starts of a worker that dies again and again

log = logs.get(__name__)


def serve(target: str, settings: Settings) -> None:
    """Serve the app that a factory makes, on the host and port of the settings.

    Args:
        target: ``package.module:factory`` of a WSGI app; called without arguments, in each worker,
            where it reads the settings from the environment. An app that has `state`, `find` and
            `count` (see `instant.Source`) answers what it can at once.

    Raises:
        CannotListen: the port is in use or may not be had.
    """
    with listen(settings.host, settings.port) as listener:
        if settings.web_workers == 1:
            run(target, listener, settings)
        else:
            with metrics.shared():  # whichever worker answers /metrics, it tells of all
                _Workers(target, listener, settings.web_workers).watch()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that children may inherit.

    Raises:
        CannotListen: with the reason and the remedy.
    """
    try:
        listener = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=BACKLOG,
        )
    except OSError as error:
        raise CannotListen(host, port, error) from error
    # Connections inherit it. asyncio sets it only where a socket names its protocol, which this one
    # does not; without it the end of an answer waits 40 ms for the asker's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def run(target: str, listener: socket.socket, settings: Settings) -> None:
    """Serve in this process."""
    import uvicorn  # only who serves needs it (the extra ``web``)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _told)  # uvicorn raises it once more at the end
    app = _made(target, settings)
    config = uvicorn.Config(
        app,
        http=InstantProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level=settings.log_level if settings.log_level == "debug" else "warning",
        access_log=settings.log_level == "debug",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    asyncio.run(_serve(uvicorn.Server(config), listener, app.memory))


async def _serve(server: Any, listener: socket.socket, memory: Memory | None) -> None:
    looking = asyncio.create_task(_look(memory)) if memory is not None else None
    await server.serve(sockets=[listener])
    if looking is not None:
        looking.cancel()


async def _look(memory: Memory) -> None:
    while True:
        memory.look()
        await asyncio.sleep(LOOK_SECONDS)


class _App(Gateway):
    """The gateway, with the memory of instant answers where the app has any."""

    memory: Memory | None = None


def _made(target: str, settings: Settings) -> _App:
    module, _, name = target.partition(":")
    factory: Callable[[], Any] = getattr(import_module(module), name)
    wsgi = factory()
    app = _App(wsgi, max_body=settings.max_body_mb * 2**20)
    if isinstance(wsgi, Source):
        app.memory = Memory(wsgi)
    return app


def _told(number: int, frame: object) -> None:
    """A signal that has done its work already."""


# --- several workers ------------------------------------------------------------------------------


class _Workers:
    """Worker processes on one socket, each started again when it dies."""

    def __init__(self, target: str, listener: socket.socket, count: int) -> None:
        self._target = target
        self._listener = listener
        self._count = count
        self._running: list[tuple[subprocess.Popen[bytes], float]] = []
        self._pause = LOOK_AT_WORKERS_SECONDS
        self._stopping = False

    def watch(self) -> None:
        """Start them; look after them until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._running = [(self._start(), time.monotonic()) for _ in range(self._count)]
        while not self._stopping:
            self._running = [self._alive(*one) for one in self._running]
            time.sleep(LOOK_AT_WORKERS_SECONDS)
        self._end()

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True

    def _start(self) -> subprocess.Popen[bytes]:
        descriptor = self._listener.fileno()
        return subprocess.Popen(  # noqa: S603  # this interpreter, arguments of our own
            [sys.executable, "-m", "seealso_core.server", self._target, str(descriptor)],
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
        )

    def _alive(
        self, process: subprocess.Popen[bytes], born: float
    ) -> tuple[subprocess.Popen[bytes], float]:
        code = process.poll()
        if code is None or self._stopping:
            return process, born
        lived = time.monotonic() - born
        young = lived < 60
        self._pause = (
            min(self._pause * 2, LONGEST_PAUSE_SECONDS) if young else LOOK_AT_WORKERS_SECONDS
        )
        log.error("A web worker ended; starting another", code=code, pause=round(self._pause, 1))
        time.sleep(self._pause)
        return self._start(), time.monotonic()

    def _end(self) -> None:
        for process, _ in self._running:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS + 1
        for process, _ in self._running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main(argv: Sequence[str]) -> int:
    """A worker: ``python -m seealso_core.server TARGET DESCRIPTOR``, started by `serve`."""
    die_with_parent()
    target, descriptor = argv
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    with socket.socket(fileno=int(descriptor)) as listener:
        run(target, listener, settings)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
