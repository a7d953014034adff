"""A cable to a server: a TCP proxy that can be cut, unplugged, plugged in again, and go silent."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from urllib.parse import urlsplit


class Cable:
    """Listens on a port of its own and passes on what comes, both ways.

    Args:
        url: of the server; `self.url` is the same server through the cable.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._to = (parts.hostname or "127.0.0.1", parts.port or 5672)
        self._ends: list[socket.socket] = []
        self._silent = threading.Event()
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])
        who, _, _ = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=f"{who}@127.0.0.1:{self.port}").geturl()

    def cut(self) -> None:
        """Reset every connection that there is; new ones go through."""
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def unplug(self) -> None:
        """Nobody listens any more: connections are reset, new ones refused."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def plug_in(self) -> None:
        """The server is back, at the same address."""
        self._listener = self._listen(self.port)

    def hush(self) -> None:
        """From now on bytes are swallowed, both ways: nobody is told that the other has gone."""
        self._silent.set()

    def speak(self) -> None:
        """Bytes go through again. What was swallowed is lost, so what was open is cut."""
        self.cut()
        self._silent.clear()

    def close(self) -> None:
        """At the end of the test."""
        self.unplug()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._to)
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if not self._silent.is_set():
                    other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
