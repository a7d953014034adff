"""One child process: its start, its pipes, its deadline and its end. No plugin knowledge.

Spawner.spawn() -> Child: send frames (never blocks) ... receive(seconds) -> frame
                    | too late, too much, or dead: the whole process group is killed
                    v
                  PluginFailed("deadline" | "output-too-large" | "crashed", how it ended)
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from seealso_sdk.plugin import Context

from seealso_core import frames
from seealso_core import log as logs
from seealso_core.errors import FailureKind, PluginFailed
from seealso_core.frames import Errand

PIPE_BYTES = 1024 * 1024
STDERR_TAIL = 2000
LINE_MAX = 300  # bytes of a line that a plugin prints, in the log
LINES_A_CALL = 20  # of these; the rest is only counted
_F_SETPIPE_SZ = 1031  # fcntl's, Linux only


class Spawner:
    """Starts children from one thread that lives as long as the host does.

    On Linux a child is killed when the thread that started it ends (see `seealso_core.process`),
    and a web server's threads come and go.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="seealso-spawn")

    def spawn(self) -> subprocess.Popen[bytes]:
        """A child that waits for its first frame."""
        return self._thread.submit(_start_child).result()

    def close(self) -> None:
        """End the thread, and with it whatever child is left."""
        self._thread.shutdown(wait=True)


def _start_child() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # our own interpreter and module, no shell
        # -I: neither the working folder nor the user's site; nothing of the hub's environment.
        [sys.executable, "-I", "-X", "utf8", "-m", "seealso_core.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},
        cwd="/",
        bufsize=0,
        start_new_session=True,
    )


log = logs.get(__name__)


class Child:
    """One child process and its pipes. Not safe to share between threads.

    Args:
        output_max: bytes; a longer frame, or more on its standard output, ends it.
        plugin: its name, beside what it prints in the log.
    """

    def __init__(self, spawner: Spawner, output_max: int, plugin: str = "") -> None:
        self._process = spawner.spawn()
        self._voice = _Voice(plugin)
        self._max = output_max
        self._in, self._out, self._err = (
            stream.fileno()
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
            if stream is not None
        )
        for fd in (self._in, self._out, self._err):
            os.set_blocking(fd, False)
        _widen(self._in)
        _widen(self._out)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)
        self._pending: deque[memoryview] = deque()
        self._buffer = bytearray()
        self._printed = 0
        self.calls = 0
        self.owed = 0  # answers that are still to come
        self.context: Context | None = None  # the one that it was given last
        self.alive = True

    @property
    def pid(self) -> int:
        """Of the process; its group has the same number."""
        return self._process.pid

    def send(self, kind: bytes, payload: bytes) -> None:
        """Queue one frame, and write what the pipe takes. Never blocks."""
        self._pending.append(memoryview(frames.frame(kind, payload)))
        self._write()

    def ask(self, kind: bytes, payload: bytes, errand: Errand = frames.NO_ERRAND) -> None:
        """`send` something that has an answer; `errand` is what the log says about it."""
        self.calls += 1
        self.owed += 1
        self._voice.expect(self.calls, errand)
        self.send(kind, payload)

    def receive(self, seconds: float) -> tuple[bytes, bytes]:
        """The next frame.

        Raises:
            PluginFailed: deadline, crashed or output-too-large. The child is dead by then.
        """
        deadline = time.monotonic() + seconds
        self._printed = 0
        while True:
            found = self._whole_frame()
            if found is not None:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise self._end("deadline", f"no answer within {seconds:.3g} s")
            self._wait(left)

    def listen(self) -> None:
        """Take what was printed last, when no answer is due any more. Never blocks."""
        with suppress(PluginFailed):
            self._read_stderr()

    def _wait(self, seconds: float) -> None:
        events = self._poll.poll(seconds * 1000 + 1)
        ready = {fd for fd, _ in events}
        if self._in in ready:
            self._write()
        if self._err in ready:
            self._read_stderr()
        if self._out in ready:
            self._read_replies()

    def _write(self) -> None:
        try:
            while self._pending:
                view = self._pending[0]
                written = os.write(self._in, view) if view else 0
                if written < len(view):
                    self._pending[0] = view[written:]
                else:
                    self._pending.popleft()
        except BlockingIOError:
            self._poll.register(self._in, select.POLLOUT)
            return
        except BrokenPipeError:
            self._pending.clear()  # it is dead; reading finds out how it died
        with suppress(KeyError):
            self._poll.unregister(self._in)

    def _read_replies(self) -> None:
        try:
            data = os.read(self._out, PIPE_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise self._end("crashed", self._obituary())
        self._buffer += data

    def _read_stderr(self) -> None:
        try:
            data = os.read(self._err, PIPE_BYTES)
        except BlockingIOError:
            return
        if not data:
            with suppress(KeyError):
                self._poll.unregister(self._err)
            return
        self._voice.hear(data)
        self._printed += len(data)
        if self._printed > self._max:
            raise self._end("output-too-large", f"printed more than {self._max} bytes in one call")

    def _whole_frame(self) -> tuple[bytes, bytes] | None:
        if len(self._buffer) < frames.HEAD.size:
            return None
        length, kind = frames.HEAD.unpack_from(self._buffer)
        if length > self._max + 4096:  # a failure's frame is never that long either
            raise self._end("output-too-large", f"{length} bytes; at most {self._max} go")
        end = frames.HEAD.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(memoryview(self._buffer)[frames.HEAD.size : end])
        self.owed = max(0, self.owed - 1)
        del self._buffer[:end]
        return kind, payload

    def _end(self, kind: FailureKind, detail: str) -> PluginFailed:
        self.kill()
        return PluginFailed(kind, detail)

    def _obituary(self) -> str:
        """How it died: looked at before the group is killed, since that would change the answer."""
        for _ in range(50):
            state = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if state is not None:
                break
            time.sleep(0.01)
        else:
            return "it closed its pipe"
        with suppress(PluginFailed):
            self._read_stderr()
        said = self._voice.last_words()
        last = f"; last words: {said}" if said else ""
        if state.si_code == os.CLD_EXITED:
            return f"it ended itself with status {state.si_status}{last}"
        if state.si_status == signal.SIGXCPU:
            return f"it used more processor time than its deadline allows{last}"
        return f"killed by {_signal_name(state.si_status)}{last}"

    def strike(self) -> None:
        """Kill the group, from any thread: whoever waits for an answer finds out and clears up."""
        if self.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the process and all of its group, now. Twice is once."""
        if not self.alive:
            return
        self.alive = False
        # The group outlives its leader, and its number is ours until the leader is waited for.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._voice.end()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


class _Voice:
    """What a plugin prints, line by line into the log, under the id of what it was asked for."""

    def __init__(self, plugin: str) -> None:
        self._plugin = plugin
        self._errands: deque[tuple[int, Errand]] = deque()
        self._errand = frames.NO_ERRAND
        self._half = b""
        self._last = b""
        self._lines = 0

    def expect(self, call: int, errand: Errand) -> None:
        """From this call on the words are about that."""
        self._errands.append((call, errand))

    def hear(self, data: bytes) -> None:
        """Take what came out of the pipe."""
        *lines, self._half = (self._half + data).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self._half) > STDERR_TAIL:
            self.end()

    def end(self) -> None:
        """What was not a whole line is one now."""
        line, self._half = self._half, b""
        self._say(line)

    def last_words(self) -> str:
        """The last line that was printed, for the reason of its death."""
        self.end()
        return logs.escaped(self._last.decode("utf-8", "replace").strip())[:LINE_MAX]

    def _say(self, line: bytes) -> None:
        call = frames.call_in(line)
        if call is not None:
            while self._errands and self._errands[0][0] <= call:
                self._errand = self._errands.popleft()[1]
            self._lines = 0
            return
        if not line.strip():
            return
        self._last = line
        self._lines += 1
        if self._lines > LINES_A_CALL or not self._plugin:
            return
        with logs.bind(self._errand.correlation_id or logs.correlation_id()):
            log.info(
                "A plugin printed",
                plugin=self._plugin,
                line=line[:LINE_MAX].decode("utf-8", "replace"),
                **self._errand.told(),
            )


def _widen(fd: int) -> None:
    """A wider pipe means fewer turns for a large article. Without it all works the same."""
    if sys.platform.startswith("linux"):
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(fd, _F_SETPIPE_SZ, PIPE_BYTES)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
