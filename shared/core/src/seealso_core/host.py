"""Runs plugins where they can't hurt: each output and source in warm child processes of its own.

    render_many -> a few articles ahead in the child's pipe -> replies, one by one, in order
                     | deadline, crash, memory, flood: kill the whole group, start anew,
                     | and only the article that was in hand gets the blame
                     v
                   PluginFailed (or the plugin's own Retry or Reject) in that article's place

A child gets an empty environment, a session and process group of its own, and limits on address
space, CPU time, file size, processes and core files. This limits harm from bugs; it is no sandbox
against malice: a plugin runs as the hub's user, and can read its files and open connections.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from seealso_sdk.errors import ModelError, Reject, Retry, SeealsoError
from seealso_sdk.model import Channel, Entry, Piece, RawInput, Rendition
from seealso_sdk.plugin import Context, SourceContext

from seealso_core import frames, meters
from seealso_core import log as logs
from seealso_core.children import Child, Spawner
from seealso_core.describe import Kind
from seealso_core.errors import PluginFailed, PluginMissing
from seealso_core.frames import Errand
from seealso_core.registry import PluginRecord, Registry
from seealso_core.settings import Settings

WINDOW_JOBS = 8  # articles that wait in the child's pipe while it works
WINDOW_BYTES = 512 * 1024
BOOT_SECONDS = 20.0
CALLS_PER_CHILD = 10_000  # then a fresh one: a plugin that leaks is no reason to fail
MIB = 1024 * 1024

Job = tuple[bytes, Context] | tuple[bytes, Context, Errand]

log = logs.get(__name__)


class _Pool:
    """The warm children of one plugin. At most `size` work at a time; further callers wait."""

    def __init__(self, host: PluginHost, record: PluginRecord, size: int) -> None:
        self._host = host
        self._record = record
        self._turns = threading.BoundedSemaphore(size)
        self._idle: list[Child] = []
        self._lock = threading.Lock()
        self._closed = False
        self._living: set[Child] = set()

    @contextmanager
    def turn(self) -> Iterator[_Turn]:
        """One caller's turn. A child that owes no answer stays warm for the next caller."""
        with self._turns:
            with self._lock:
                turn = _Turn(self, self._idle.pop() if self._idle else None)
            try:
                yield turn
            finally:
                self._put_back(turn.held)

    def _put_back(self, child: Child | None) -> None:
        if child is None:
            return
        if child.alive:
            child.listen()
        with self._lock:
            fresh = child.calls < CALLS_PER_CHILD
            if child.alive and child.owed == 0 and fresh and not self._closed:
                self._idle.append(child)
                return
        child.kill()

    def start(self) -> Child:
        """A child that has the plugin loaded.

        Raises:
            PluginFailed: it can't be loaded, or not in time.
            PluginMissing: the host is closed.
        """
        try:
            child = Child(self._host.spawner, self._host.output_max, self._record.name)
        except RuntimeError as ended:  # the spawner's thread
            raise PluginMissing("the plugin host is closed") from ended
        with self._lock:
            self._living = {living for living in self._living if living.alive} | {child}
        boot = {
            "parent": os.getpid(),
            "locator": self._record.locator.to_dict(),
            "kind": self._record.kind,
            "name": self._record.name,
            "memory_mb": self._host.memory_mb,
            "deadline": self._host.deadline,
            "output_max": self._host.output_max,
        }
        child.send(frames.BOOT, frames.dump(boot))
        kind, payload = child.receive(BOOT_SECONDS)
        if kind != frames.READY:
            child.kill()
            error = _as_error(kind, payload)
            raise PluginFailed("raised", f"it could not be loaded: {error}")
        return child

    def count(self, error: Exception) -> Exception:
        """Let a failure be seen in the metrics."""
        kind = (
            error.kind
            if isinstance(error, PluginFailed)
            else "retry"
            if isinstance(error, Retry)
            else "rejected"
        )
        meters.PLUGIN_FAILURES.add(self._record.name, kind)
        return error

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = self._living.difference(idle)
        for child in idle:
            child.kill()
        for child in busy:
            child.strike()


class _Turn:
    """A caller's hold on a child, which may have to be replaced while it lasts."""

    def __init__(self, pool: _Pool, held: Child | None) -> None:
        self._pool = pool
        self.held = held

    def child(self) -> Child:
        """A living one: the same as before, as long as that is alive. Raises PluginFailed."""
        if self.held is None or not self.held.alive:
            self.held = None
            self.held = self._pool.start()
        return self.held


@dataclass(slots=True)
class _Job:
    article: bytes
    context: Context
    errand: Errand = frames.NO_ERRAND
    sent_to: Child | None = None


class PluginHost:
    """Calls plugins. Safe to share between threads; one for each process.

    Args:
        registry: what there is to call.
        deadline: seconds for one call; longer inputs get more (see `frames.seconds_for`).
        memory_mb: address space of a child.
        output_mb: the most that one call may return.
        children: of one plugin at most, where several threads call it at a time.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        deadline: float = 10.0,
        memory_mb: int = 1024,
        output_mb: int = 16,
        children: int = 2,
    ) -> None:
        self.registry = registry
        self.deadline = deadline
        self.memory_mb = memory_mb
        self.output_max = output_mb * MIB
        self.spawner = Spawner()
        self._children = children
        self._pools: dict[tuple[str, str], _Pool] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, registry: Registry, settings: Settings) -> PluginHost:
        """With the limits that the operator set."""
        return cls(
            registry,
            deadline=settings.plugin_deadline_seconds,
            memory_mb=settings.plugin_memory_mb,
            output_mb=settings.plugin_output_mb,
        )

    def render_many(self, output: str, jobs: Iterable[Job]) -> Iterator[Rendition | Exception]:
        """Render articles, each given as its JSON. Yields as many results, in the same order.

        A job may say which errand it is: what the plugin prints is logged with it.

        A result is the Rendition, or the exception of that one article: `PluginFailed`, `Retry`
        or `Reject`. Close the iterator to stop early.

        Raises:
            PluginMissing: no such output is enabled.
        """
        return self._pipeline(self._pool("output", output), iter(jobs))

    def _pipeline(self, pool: _Pool, rest: Iterator[Job]) -> Iterator[Rendition | Exception]:
        waiting: deque[_Job] = deque()
        with pool.turn() as turn:
            while _fill(waiting, rest):
                try:
                    child = turn.child()
                except PluginFailed as failure:
                    pool.count(failure)
                    # Trying again at once for each article would only take long.
                    yield from (failure for _ in waiting)
                    yield from (failure for _ in rest)
                    return
                for job in waiting:
                    if job.sent_to is not child:  # new, or waiting behind one that went wrong
                        _send_job(child, job)
                result = self._result(child, waiting.popleft())
                yield pool.count(result) if isinstance(result, Exception) else result

    def _result(self, child: Child, job: _Job) -> Rendition | Exception:
        try:
            kind, payload = child.receive(frames.seconds_for(self.deadline, len(job.article)))
            if kind == frames.RENDITION:
                return frames.unpack_rendition(payload)
            error = _as_error(kind, payload)
        except PluginFailed as failure:
            error = failure
        except (ValueError, LookupError) as unreadable:
            error = PluginFailed("nonsense", f"an answer that can't be read: {unreadable}")
        if _leaves_a_mess(error):
            child.kill()
        return error

    def assemble(self, output: str, channel: Channel, entries: Sequence[Entry]) -> bytes:
        """Make a document of many renditions.

        Raises:
            PluginFailed, Retry, Reject: as the plugin did.
            PluginMissing: no such output is enabled.
        """
        payload = frames.pack_assembly(channel, entries)
        return self._call("output", output, frames.ASSEMBLE, payload, frames.DOCUMENT)

    def read(self, source: str, raw: RawInput, context: SourceContext) -> list[Piece]:
        """Have a source read an input: its articles, problems and leads, in the input's order.

        Raises:
            PluginFailed, Retry, Reject: as the plugin did.
            PluginMissing: no such source is enabled.
        """
        payload = frames.pack_input(raw, context)
        reply = self._call("source", source, frames.READ, payload, frames.ITEMS)
        try:
            return [frames.PIECES[letter].from_dict(item) for letter, item in json.loads(reply)]
        except (ModelError, ValueError, LookupError, TypeError) as error:
            raise PluginFailed("nonsense", f"an article that does not fit: {error}") from error

    def _call(self, kind: Kind, name: str, request: bytes, payload: bytes, wanted: bytes) -> bytes:
        pool = self._pool(kind, name)
        try:
            with pool.turn() as turn:
                return self._answer(turn, request, payload, wanted)
        except (PluginFailed, Retry, Reject) as error:
            pool.count(error)
            raise

    def _answer(self, turn: _Turn, request: bytes, payload: bytes, wanted: bytes) -> bytes:
        try:
            answer, reply = self._ask(turn.child(), request, payload)
        except PluginFailed as failure:
            if failure.kind != "crashed":
                raise
            # Somebody else may have killed it. Who dies twice over one input dies of it.
            answer, reply = self._ask(turn.child(), request, payload)
        if answer == wanted:
            return reply
        error = _as_error(answer, reply)
        if _leaves_a_mess(error) and turn.held is not None:
            turn.held.kill()
        raise error

    def _ask(self, child: Child, request: bytes, payload: bytes) -> tuple[bytes, bytes]:
        child.ask(request, payload, Errand(correlation_id=logs.correlation_id()))
        return child.receive(frames.seconds_for(self.deadline, len(payload)))

    def _pool(self, kind: Kind, name: str) -> _Pool:
        with self._lock:
            pool = self._pools.get((kind, name))
            if pool is None:
                record = self.registry.enabled(kind, name)
                pool = self._pools[kind, name] = _Pool(self, record, self._children)
            return pool

    def close(self) -> None:
        """End all children. A call that is still under way fails."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()
        self.spawner.close()


def _fill(waiting: deque[_Job], rest: Iterator[Job]) -> bool:
    """Take jobs until the window is full. False: there is nothing left to do."""
    size = sum(len(job.article) for job in waiting)
    while len(waiting) < WINDOW_JOBS and size < WINDOW_BYTES:
        job = next(rest, None)
        if job is None:
            break
        waiting.append(_Job(*job))
        size += len(job[0])
    return bool(waiting)


def _send_job(child: Child, job: _Job) -> None:
    if job.context is not child.context and job.context != child.context:
        child.send(frames.CONTEXT, job.context.to_json())
        child.context = job.context
    child.ask(frames.RENDER, job.article, job.errand)
    job.sent_to = child


def _as_error(kind: bytes, payload: bytes) -> SeealsoError:
    """What a child's answer says went wrong."""
    try:
        if kind != frames.FAILURE:
            return PluginFailed("nonsense", f"an answer of unknown kind {kind!r}")
        said = json.loads(payload)
        if said["verb"] == "retry":
            return Retry(float(said["after"]), said["reason"])
        if said["verb"] == "reject":
            return Reject(said["reason"])
        return PluginFailed(said["kind"], said["detail"])
    except (ValueError, LookupError, TypeError) as error:
        return PluginFailed("nonsense", f"an answer that can't be read: {error}")


def _leaves_a_mess(error: Exception) -> bool:
    """Whether the child that failed so is not to be trusted with another call."""
    return isinstance(error, PluginFailed) and error.kind not in ("raised", "output-too-large")
