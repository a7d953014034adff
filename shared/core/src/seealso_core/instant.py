"""Answers a whole request with whole bytes: uvicorn's protocol with a short way in front.

    bytes of a request ──> seen before, and nothing changed since? ──yes──> the bytes of its answer
                              │ no
                              ├──> a plain GET that the application can answer at once ──> kept
                              └──> everything else: uvicorn and h11, as if this were not here

A feed is asked for again and again by the same readers, each of which sends the same bytes each
time. Once parsed, such a request costs a look into a dictionary. What is kept is forgotten when the
application's state changes, and each second, since answers carry a Date (RFC 9110 section 6.6.1).
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Protocol, runtime_checkable

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOK_SECONDS = 0.05  # between two looks at the application's state
MAX_BYTES = 32 << 20  # of answers that are kept
REQUEST_MAX = 8192  # bytes of a request that is looked at
IDLE_SECONDS = 75  # that a connection may be open without a word

_REQUEST = re.compile(rb"(GET|HEAD) (/[\x21-\x24\x26-\x7e]*) HTTP/1\.1\Z")  # no % in its path
_HEADER = re.compile(rb"([A-Za-z0-9!#$&'*+.^_`|~-]+):[ \t]*([\x20-\x7e\t]*)\Z")
# With one of these a request is more than a plain one.
_SPECIAL = frozenset(
    (b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"range", b"if-range",
     b"if-match", b"if-unmodified-since", b"authorization", b"te", b"trailer")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A plain request: no body, nothing special. Header values as sent, None where absent."""

    method: str
    path: str
    query: str
    accept_encoding: str | None
    if_none_match: str | None
    if_modified_since: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """An answer that lay ready. `status` with its phrase; no Date among the headers."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


@runtime_checkable
class Source(Protocol):
    """What an application offers that can answer from memory."""

    def state(self) -> str | None:
        """Another value when any answer may be another; None: trust nothing just now."""
        ...

    def find(self, asked: Asked) -> Found | None:
        """The answer, if it lies ready. Called on the event loop: it may not wait."""
        ...

    def count(self, hits: int) -> None:
        """So many more requests were answered."""
        ...


class Memory:
    """Whole answers by whole requests, for all connections of one process. For one event loop."""

    def __init__(self, source: Source, max_bytes: int = MAX_BYTES) -> None:
        self._source = source
        self._max_bytes = max_bytes
        self._state: str | None = None
        self._second = 0
        self._size = 0
        self.answers: dict[bytes, bytes] = {}
        self.hits = 0

    def look(self) -> None:
        """Forget everything if anything may have changed, or a second is over."""
        state, second = self._source.state(), int(time.time())
        if state != self._state or second != self._second:
            self._state, self._second = state, second
            self.forget()
        if self.hits:
            self._source.count(self.hits)
            self.hits = 0

    def forget(self) -> None:
        """Keep nothing."""
        self.answers.clear()
        self._size = 0

    def answer(self, request: bytes) -> bytes | None:
        """The answer to a request that was not seen since the last change."""
        asked = parse(request)
        if asked is None:
            return None
        self.look()
        if self._state is None:
            return None
        found = self._source.find(asked)
        if found is None:
            return None
        answer = _written(found, asked.method, self._second)
        self._size += len(request) + len(answer)
        if self._size > self._max_bytes:
            self.forget()
            self._size = len(request) + len(answer)
        self.answers[request] = answer
        return answer


class InstantProtocol(H11Protocol):
    """One connection. Its application may have a `memory`; without, this is uvicorn's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        memory: Memory | None = getattr(self.app, "memory", None)
        self._memory = memory
        self._answers = memory.answers if memory is not None else {}
        self._parsing = False  # h11 may hold a piece of a request
        self._heard = False  # since the last look at the clock

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """A connection that never asks is closed too: uvicorn begins to wait after an answer."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Answer at once, or leave it to uvicorn."""
        answer = self._answers.get(data)
        if answer is None and self._memory is not None and data[-4:] == b"\r\n\r\n":
            answer = self._memory.answer(data)
        if (
            answer is None
            or self.flow.write_paused
            or (self._parsing and not self._between_requests())
        ):
            self._parsing = True
            super().data_received(data)
            return
        self._heard = True
        assert self._memory is not None
        self._memory.hits += 1
        self.transport.write(answer)

    def timeout_keep_alive_handler(self) -> None:
        """Close it, unless it was busy with what uvicorn doesn't hear of."""
        if self._heard and not self.transport.is_closing():
            self._heard = False
            self._wait()
        else:
            super().timeout_keep_alive_handler()

    def _wait(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _between_requests(self) -> bool:
        # h11 is idle again when an answer is complete, and holds what came of the next request.
        idle = (
            self.conn.our_state is h11.IDLE
            and self.conn.their_state is h11.IDLE
            and not self.conn.trailing_data[0]
        )
        self._parsing = not idle
        return idle


def parse(request: bytes) -> Asked | None:
    """A plain GET or HEAD, complete and alone; None for everything else."""
    if len(request) > REQUEST_MAX or not request.endswith(b"\r\n\r\n"):
        return None
    first, *lines = request[:-4].split(b"\r\n")
    line = _REQUEST.match(first)
    if line is None:
        return None
    headers: dict[bytes, str] = {}
    for one in lines:
        header = _HEADER.match(one)
        if header is None:
            return None
        name, value = header[1].lower(), header[2].strip()
        if name in headers or name in _SPECIAL:
            return None
        if name == b"connection" and value.lower() != b"keep-alive":
            return None
        headers[name] = value.decode("ascii")
    if b"host" not in headers:
        return None
    path, _, query = line[2].decode("ascii").partition("?")
    return Asked(
        method=line[1].decode("ascii"),
        path=path,
        query=query,
        accept_encoding=headers.get(b"accept-encoding"),
        if_none_match=headers.get(b"if-none-match"),
        if_modified_since=headers.get(b"if-modified-since"),
    )


def _written(found: Found, method: str, second: int) -> bytes:
    lines = [f"HTTP/1.1 {found.status}", f"date: {formatdate(second, usegmt=True)}"]
    lines += [f"{name.lower()}: {value}" for name, value in found.headers]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if method == "HEAD" else head + found.body
