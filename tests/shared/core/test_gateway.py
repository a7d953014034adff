"""A WSGI application behind an asyncio server: bodies are whole, bounded and in time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from seealso_core.gateway import Gateway

SCOPE: Any = {
    "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/x",
    "raw_path": b"/x", "query_string": b"", "headers": [(b"host", b"a")],
    "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
}  # fmt: skip


def answered(
    pieces: list[Any], *, max_body: int = 100, seconds: float = 1.0
) -> tuple[list[bytes], list[Any]]:
    """The bodies that the application was called with, and what was sent back."""
    bodies: list[bytes] = []
    sent: list[Any] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        bodies.append(environ["wsgi.input"].read())
        start_response("204 No Content", [("X-Y", "z")])
        return []

    async def ask() -> None:
        rest = iter(pieces)

        async def receive() -> Any:
            piece = next(rest)
            if isinstance(piece, float):
                await asyncio.sleep(piece)
                return await receive()
            return piece

        async def send(message: Any) -> None:
            sent.append(message)

        gateway = Gateway(app, max_body=max_body, pause_seconds=seconds, body_seconds=seconds * 2)
        await gateway(SCOPE, receive, send)

    asyncio.run(ask())
    return bodies, sent


def part(body: bytes, *, more: bool = False) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_pieces_are_one_body() -> None:
    bodies, sent = answered([part(b"a", more=True), part(b"", more=True), part(b"b")])
    assert bodies == [b"ab"]
    assert (sent[0]["status"], sent[0]["headers"]) == (204, [(b"x-y", b"z")])


def test_of_a_body_that_is_too_long_one_byte_too_many_is_seen() -> None:
    bodies, _ = answered([part(b"x" * 60, more=True), part(b"x" * 60, more=True)], max_body=100)
    assert len(bodies[0]) > 100


def test_who_went_away_is_not_served() -> None:
    assert answered([part(b"half", more=True), {"type": "http.disconnect"}]) == ([], [])


@pytest.mark.parametrize("pieces", [[0.3], [part(b"x", more=True), 0.3]])
def test_who_is_too_slow_is_told(pieces: list[Any]) -> None:
    bodies, sent = answered([*pieces, part(b"late")], seconds=0.1)
    assert bodies == []
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b'"too-slow"' in sent[1]["body"]
