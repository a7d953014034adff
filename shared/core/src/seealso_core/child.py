"""The process that a plugin lives in: ``python -m seealso_core.child``. Started by the host only.

    take the pipes away from the plugin -> limits -> import it -> answer frames until the input ends

The plugin's standard output becomes its standard error, so that a print can't forge an answer. The
limits contain bugs; they are no sandbox against malice: the plugin runs as the hub's user.
"""

from __future__ import annotations

import io
import json
import math
import os
import resource
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from seealso_sdk.errors import Reject, Retry
from seealso_sdk.model import Article, Lead, Problem, RawArticle, Rendition
from seealso_sdk.plugin import Context

from seealso_core import frames
from seealso_core.describe import Broken, Locator, describe, find
from seealso_core.process import die_with_parent

FILE_LIMIT = 16 * 1024 * 1024  # bytes that a plugin may write to one file
# Per user, not per process, and root is exempt: it only dampens; killing the group is the cure.
PROCESS_LIMIT = 4096
MIB = 1024 * 1024


class Pipes:
    """The child's end: whole frames in and out."""

    def __init__(self, requests: BinaryIO, replies: int) -> None:
        self._requests = requests
        self._replies = replies

    def receive(self) -> tuple[bytes, bytes] | None:
        """The next frame; None at the end of the input."""
        head = self._requests.read(frames.HEAD.size)
        if len(head) < frames.HEAD.size:
            return None
        length, kind = frames.HEAD.unpack(head)
        payload = self._requests.read(length)
        return (kind, payload) if len(payload) == length else None

    def send(self, kind: bytes, payload: bytes) -> None:
        """One frame, whole."""
        rest = memoryview(frames.frame(kind, payload))
        while rest:
            rest = rest[os.write(self._replies, rest) :]


def main() -> None:
    """Serve until the parent closes the pipe."""
    pipes = _take_pipes()
    first = pipes.receive()
    if first is None:
        return
    kind, payload = first
    boot = json.loads(payload)
    die_with_parent(boot["parent"])
    _limit(boot["memory_mb"])
    if kind == frames.DESCRIBE:
        for item in boot["locators"]:
            pipes.send(frames.ITEMS, frames.dump(describe(Locator.from_dict(item))))
    elif kind == frames.BOOT:
        _serve(pipes, boot)


def _take_pipes() -> Pipes:
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return Pipes(os.fdopen(requests, "rb", buffering=1 << 18), replies)


def _limit(memory_mb: int) -> None:
    for name, soft in (
        ("RLIMIT_AS", memory_mb * MIB),
        ("RLIMIT_FSIZE", FILE_LIMIT),
        ("RLIMIT_NPROC", PROCESS_LIMIT),
        ("RLIMIT_CORE", 0),
    ):
        which = getattr(resource, name, None)  # not every system has every limit
        if which is None:
            continue
        _, hard = resource.getrlimit(which)
        value = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        try:
            resource.setrlimit(which, (value, value))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS
            continue


def _limit_cpu(seconds: float) -> None:
    """A budget for one call. The kernel ends the process even if the host can't."""
    budget = math.ceil(time.process_time() + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or budget < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (budget, hard))


def _serve(pipes: Pipes, boot: dict[str, Any]) -> None:
    try:
        plugin = find(Locator.from_dict(boot["locator"]), boot["kind"], boot["name"])
    except BaseException as error:  # noqa: BLE001  # the plugin's import runs here
        pipes.send(*_failure(error))
        return
    pipes.send(frames.READY, b"")
    worker = Worker(plugin, boot["output_max"])
    voice = _Voice()
    sys.stdout = sys.stderr = io.TextIOWrapper(
        voice, "utf-8", "backslashreplace", line_buffering=True
    )
    while (request := pipes.receive()) is not None:
        _limit_cpu(frames.seconds_for(boot["deadline"], len(request[1])))
        voice.call += request[0] != frames.CONTEXT
        reply = worker.answer(*request)
        sys.stdout.flush()
        voice.end_line()
        if reply is not None:
            pipes.send(*reply)


class _Voice(io.RawIOBase):
    """What the plugin prints, on standard error, after a line that says in which call: the host
    sends several articles ahead, and has to know whose words these are."""

    def __init__(self) -> None:
        super().__init__()
        self.call = 0
        self._told = 0
        self._in_line = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2

    def write(self, data: Any) -> int:
        if self._told != self.call:
            self._told = self.call
            os.write(2, frames.in_call(self.call))
        self._in_line = bytes(data[-1:]) != b"\n"
        return os.write(2, data)

    def end_line(self) -> None:
        """A call is over: what it said last is a whole line, and nobody else's beginning."""
        if self._in_line:
            self.write(b"\n")


def _named(article: Article) -> Article:
    """Without what the source named by an id alone: no output could say what it is. Feeds and pages
    have those links in their own lists, with the title of the article that is meant."""
    named = tuple(one for one in article.see_also if one.title.strip())
    return article if len(named) == len(article.see_also) else replace(article, see_also=named)


class Worker:
    """Calls the plugin and checks what it returns."""

    def __init__(self, plugin: Any, output_max: int) -> None:
        self._plugin = plugin
        self._max = output_max
        self._context = Context()

    def answer(self, kind: bytes, payload: bytes) -> tuple[bytes, bytes] | None:
        """The reply to a request; None where none is due."""
        try:
            if kind == frames.CONTEXT:
                self._context = Context.from_json(payload)
                return None
            if kind == frames.RENDER:
                reply = frames.RENDITION, self._render(payload)
            elif kind == frames.ASSEMBLE:
                reply = frames.DOCUMENT, self._assemble(payload)
            else:
                reply = frames.ITEMS, self._read(payload)
        except BaseException as error:  # noqa: BLE001  # contained: the host decides what follows
            return _failure(error)
        if len(reply[1]) > self._max:
            return _failed("output-too-large", f"{len(reply[1])} bytes; at most {self._max} go")
        return reply

    def _render(self, payload: bytes) -> bytes:
        made = self._plugin.render(_named(Article.from_json(payload)), self._context)
        if not isinstance(made, Rendition):
            raise Broken(f"render returned {type(made).__name__}, not a Rendition")
        body: Any = made.body  # a plugin need not keep to its annotations
        if not isinstance(body, bytes):
            raise Broken(f"Rendition.body is {type(body).__name__}, not bytes")
        if not body:
            raise Broken("Rendition.body is empty")
        parts: Any = made.parts
        if not isinstance(parts, Mapping):
            raise Broken(f"Rendition.parts is {type(parts).__name__}, not a mapping")
        for name, part in parts.items():
            if not isinstance(name, str) or not isinstance(part, bytes):
                raise Broken("Rendition.parts must be names and bytes")
        return frames.pack_rendition(made)

    def _assemble(self, payload: bytes) -> bytes:
        document = self._plugin.assemble(*frames.unpack_assembly(payload))
        if not isinstance(document, bytes):
            raise Broken(f"assemble returned {type(document).__name__}, not bytes")
        if not document:
            raise Broken("assemble returned nothing")
        return document

    def _read(self, payload: bytes) -> bytes:
        items = self._plugin.read(*frames.unpack_input(payload))
        plain = []
        for item in items:
            if not isinstance(item, RawArticle | Problem | Lead):
                raise Broken(
                    f"read returned {type(item).__name__}, not RawArticle, Problem or Lead"
                )
            plain.append([frames.LETTERS[type(item)], item.to_dict()])
        return frames.dump(plain)


def _failure(error: BaseException) -> tuple[bytes, bytes]:
    if isinstance(error, Retry):
        fields = {"verb": "retry", "after": _seconds(error.after), "reason": str(error.reason)}
        return frames.FAILURE, frames.dump(fields)
    if isinstance(error, Reject):
        return frames.FAILURE, frames.dump({"verb": "reject", "reason": str(error.reason)})
    if isinstance(error, MemoryError):
        return _failed("memory", "it asked for more memory than plugin_memory_mb allows")
    if isinstance(error, Broken):
        return _failed("nonsense", str(error))
    return _failed("raised", _one_line(error))


def _failed(kind: str, detail: str) -> tuple[bytes, bytes]:
    return frames.FAILURE, frames.dump({"verb": "failed", "kind": kind, "detail": detail[:1000]})


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and math.isfinite(value) and value >= 0:
        return float(value)
    return 0.0


def _one_line(error: BaseException) -> str:
    """The exception and where in the plugin it was raised."""
    try:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = (str(error).strip().splitlines() or [""])[0][:500]
        at = f"{os.path.basename(where.filename)}:{where.lineno}"
    except Exception:  # noqa: BLE001  # an exception of the plugin's own may not even print
        return type(error).__name__
    return f"{type(error).__name__}: {text} ({at})"


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)  # threads that a plugin has left behind must not keep the process
