"""Lets a WSGI application answer behind an asyncio server: an ASGI 3 application around it.

    request -> body, whole and bounded, on the event loop -> environ -> application, in a thread
                 │ slower than it may be: 408                              └─> status, headers, body
                 └ gone before its end: nothing is called

A request takes a thread only when it is complete: who trickles a body holds none. A body that was
cut off never reaches the application, which could take half an upload for a whole one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from seealso_core import log as logs
from seealso_core.web import PROBLEM_TYPE, Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope

THREADS = 8  # requests in Python at once; more of them only wait for the interpreter's lock
PAUSE_SECONDS = 20.0  # between two pieces of a body
BODY_SECONDS = 300.0  # for a whole one
IN_MEMORY = 1 << 20  # bytes of a body; what is longer waits in a file without a name

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an application answered. `headers` as ASGI has them, `body` whole."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Gateway:
    """An ASGI application around a WSGI one.

    Args:
        max_body: bytes of a body that are read; the application, which knows the limit too, then
            sees that there are more and refuses.
        threads: of the application at once.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        max_body: int,
        threads: int = THREADS,
        pause_seconds: float = PAUSE_SECONDS,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.app = app
        self._max_body = max_body
        self._pause_seconds = pause_seconds
        self._body_seconds = body_seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one request."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                if not await self._read(receive, body):
                    return
            except TimeoutError:
                late = Problem(
                    408, "too-slow", "The body did not come in time. Send it again, or in parts.",
                    headers={"Connection": "close"},
                )  # fmt: skip
                await _send(send, _refusal(late))
                return
            body.seek(0)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._call, environ(scope, body))
        await _send(send, answer)

    async def _read(self, receive: ASGIReceiveCallable, body: IO[bytes]) -> bool:
        """Read the body to its end, or to one byte more than is allowed.

        Returns:
            Whether the asker is still there.

        Raises:
            TimeoutError: it is too slow.
        """
        async with asyncio.timeout(self._body_seconds):
            while body.tell() <= self._max_body:
                message = await asyncio.wait_for(receive(), self._pause_seconds)
                if message["type"] != "http.request":
                    return False
                body.write(message["body"])
                if not message["more_body"]:
                    return True
        return True

    def _call(self, asked: WSGIEnvironment) -> Answer:
        caught: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            caught[:] = [int(status[:3]), headers]
            return written.append

        written: list[bytes] = []
        try:
            body = _whole(self.app(asked, start_response), written)
            status, headers = caught
            return Answer(status, _encoded(headers), body)
        except Exception as error:  # noqa: BLE001  # whatever it is, the asker gets an answer and the log the reason
            log.failed(error, "A request failed for a reason that nobody foresaw")
            return _refusal(Problem(500, "internal", "The hub failed. Its log has the reason."))


def environ(scope: HTTPScope, body: IO[bytes]) -> WSGIEnvironment:
    """A request as PEP 3333 has it. `body` is complete.

    Header names with an underscore are left out: X_Forwarded_For would pass for X-Forwarded-For.
    """
    raw_path, client, server = scope.get("raw_path"), scope.get("client"), scope.get("server")
    path = unquote_to_bytes(raw_path) if raw_path else scope["path"].encode()
    asked: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REQUEST_URI": (raw_path or path).decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0] if server else "localhost",
        "SERVER_PORT": str(server[1] or 0) if server else "0",
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,  # it ends by itself, chunked or not
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = "HTTP_" + name
        value = raw_value.decode("latin-1")
        if name in asked:
            value = f"{asked[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        asked[name] = value
    return asked


def _whole(answer: Iterable[bytes], written: list[bytes]) -> bytes:
    try:
        chunks = list(answer)
        return chunks[0] if len(chunks) == 1 and not written else b"".join((*written, *chunks))
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()


def _refusal(problem: Problem) -> Answer:
    body = json.dumps(problem.document()).encode() + b"\n"
    headers = problem.headers | {"Content-Type": PROBLEM_TYPE, "Content-Length": str(len(body))}
    return Answer(problem.status, _encoded(headers.items()), body)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers]


async def _send(send: ASGISendCallable, answer: Answer) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": answer.headers,
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
