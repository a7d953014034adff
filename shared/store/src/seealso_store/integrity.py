"""Whether an SQLite file is whole: looked at only where its last end was not a clean one.

    first to open ──> does the stamp of a clean end fit the file? ── yes ──> nothing to do
                                    │ no, or there is a log left over
                                    └──> quick_check ──> not whole: refused, in one sentence
    last to close ──> the log is written back by then ──> stamp: size, time and number of the file

Who has the file open holds a shared lock on `<file>.use` (the kernel lets go of it for whoever is
killed), so a process knows whether it is the first or the last. A file that was copied in, cut
short, or left by a crash does not fit the stamp. On systems without `flock` nothing is looked at.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from seealso_core import log as logs

from seealso_store.trouble import damaged

if os.name == "posix":
    import fcntl

log = logs.get(__name__)


class Use:
    """This process' use of a file, from `begin` to `end`.

    Raises:
        NotADatabase: the file is not whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1

    def begin(self) -> None:
        """Before anything is read: look at the file if there is reason to. Twice is once."""
        if self._handle >= 0 or os.name != "posix" or not self._open():
            return
        try:
            if _alone(self._handle):
                if not self._ended_well():
                    _check(self.path)
                os.ftruncate(self._handle, 0)  # from now on: not at its end
            fcntl.flock(self._handle, fcntl.LOCK_SH)  # waits while somebody looks
        except BaseException:
            self._close()
            raise

    def end(self) -> None:
        """After the last connection is closed."""
        if self._handle < 0:
            return
        with suppress(OSError):  # a full disk: then the next start looks, which is all
            if _alone(self._handle) and _log_size(self.path) == 0:
                os.pwrite(self._handle, _stamp(self.path), 0)
        self._close()

    def _open(self) -> bool:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            self._handle = os.open(use_file(self.path), flags, 0o600)
        except OSError:  # who can't write here is told so when the file itself is opened
            return False
        return True

    def _ended_well(self) -> bool:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return True
        said = os.pread(self._handle, 1000, 0)
        return _log_size(self.path) == 0 and said == _stamp(self.path)

    def _close(self) -> None:
        os.close(self._handle)
        self._handle = -1


def use_file(path: Path) -> Path:
    """Where the lock and the stamp of a file are."""
    return path.with_name(path.name + ".use")


def in_use(path: Path) -> bool:
    """Whether some process has the file open, as far as `Use` knows."""
    if os.name != "posix":
        return False
    try:
        handle = os.open(use_file(path), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _alone(handle)
    finally:
        os.close(handle)


def require_whole(path: Path, *, quick: bool = False) -> None:
    """Return when the file is whole.

    Args:
        quick: leave out whether indexes agree with their tables, which takes several times longer.

    Raises:
        NotADatabase: it isn't; the message says what was found.
        sqlite3.OperationalError: it can't be read just now.
    """
    try:
        with closing(sqlite3.connect(path, timeout=20)) as conn:
            check = "quick_check" if quick else "integrity_check"
            found = str(conn.execute(f"PRAGMA {check}(1)").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error
    if found != "ok":
        raise damaged(path, " ".join(found.split()))


def _check(path: Path) -> None:
    begun = time.monotonic()
    try:
        require_whole(path, quick=True)
    except sqlite3.OperationalError:
        return  # locked, unwritable: whoever opens it next is told
    seconds = round(time.monotonic() - begun, 2)
    log.info("The database was not closed cleanly; it is whole", file=str(path), seconds=seconds)


def _alone(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _log_size(path: Path) -> int:
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except FileNotFoundError:
        return 0


def _stamp(path: Path) -> bytes:
    found = path.stat()
    about = {"size": found.st_size, "changed": found.st_mtime_ns, "number": found.st_ino}
    return json.dumps(about).encode()
