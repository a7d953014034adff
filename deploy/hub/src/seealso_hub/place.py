"""What the one-machine hub leaves in its data folder, so that commands find it.

<data>/hub.lock   held while a hub runs: one hub a folder
<data>/hub.json   where it answers, while it runs
<data>/key        the bearer key, readable by its owner only
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from seealso_hub.errors import CannotStart

if os.name == "posix":
    import fcntl

LOCK = "hub.lock"
RUNNING = "hub.json"
KEY = "key"


@dataclass(frozen=True, slots=True)
class Running:
    """A hub that runs here: the address that answers on this machine, and its process."""

    url: str
    pid: int


def running(data: Path) -> Running | None:
    """The hub of this data folder, None when none runs (a killed one leaves its file behind)."""
    try:
        found = json.loads((data / RUNNING).read_text(encoding="utf-8"))
        here = Running(str(found["url"]), int(found["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return here if _alive(here.pid) else None


def announce(data: Path, here: Running) -> None:
    """Let commands find this hub."""
    text = json.dumps({"url": here.url, "pid": here.pid}) + "\n"
    write_private(data / RUNNING, text, mode=0o644)


def retire(data: Path) -> None:
    """This hub is no longer to be found."""
    with suppress(OSError):
        (data / RUNNING).unlink()


def read_key(data: Path) -> str | None:
    """The plain bearer key, None before the first start."""
    try:
        return (data / KEY).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a whole file or nothing; nobody can read it before its mode is right."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def make_folder(data: Path) -> None:
    """Make the data folder, and see that a file can be written in it.

    Raises:
        CannotStart: it can't; the message says why.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe = data / f".probe.{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"The data folder {data} can't be written ({error.strerror}):"
            " name another one with --data DIR or SEEALSO_DATA."
        ) from error


@contextmanager
def sole_owner(data: Path) -> Iterator[None]:
    """Hold the data folder. The lock goes with the process, however it ends.

    Raises:
        CannotStart: another hub holds it.
    """
    with (data / LOCK).open("a+") as lock:
        if os.name == "posix":
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CannotStart(_occupied(data)) from error
        yield


def check_port(host: str, port: int) -> None:
    """See that an address can be listened on.

    Raises:
        CannotStart: it can't, and why.
    """
    with _probe(host) as probe:
        # As the server does: a port in TIME_WAIT is free, one that somebody listens on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Can't listen on {host}:{port} ({error.strerror}): stop what uses the port,"
                " or choose another with --port N (0 takes a free one)."
            ) from error


def free_port(host: str) -> int:
    """A port that nobody listens on just now."""
    with _probe(host) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _probe(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)


def _occupied(data: Path) -> str:
    other = running(data)
    who = f" (process {other.pid}, {other.url})" if other else ""
    return (
        f"Another hub is running on {data}{who}:"
        " stop that one, or give this one a folder of its own with --data DIR."
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, and somebody else's
    return True
