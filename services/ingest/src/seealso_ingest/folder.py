"""A folder as a place that is watched: what is in it, and the bytes of one file.

    walk: names, sizes, times --still?--> listing (JSON) --source_folder, options--> leads
    read: path below the folder --no link on the way, a plain file, as it stood--> bytes

Which folders may be watched says the operator's setting, not who adds a source: with a key of the
API alone nobody reads the hub's machine. Links are not followed, hidden files and those of programs
that are still writing are left out, and a file counts once its size and time have stood still.
"""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from seealso_ingest.fetch import Fetched, FetchError

LISTING = "application/vnd.seealso.listing+json"
STILL_SECONDS = 5.0  # that a file must not have changed for
MAX_FILES = 50_000
MAX_DEPTH = 20
MAX_BYTES = 50 * 1024 * 1024  # of one file

_UNFINISHED = (
    ".part",
    ".partial",
    ".tmp",
    ".temp",
    ".filepart",
    ".crdownload",
    ".swp",
    ".lock",
    "~",
)
_MEDIA_TYPES = {
    "txt": "text/plain",
    "text": "text/plain",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "text/html",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "ndjson": "application/x-ndjson",
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "jsonfeed": "application/feed+json",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of a folder. `size` in bytes; `modified` RFC 3339, to the microsecond."""

    path: str  # below the folder, with "/"
    size: int
    modified: str


@dataclass(frozen=True, slots=True)
class _Stand:
    """How a file stood when it was seen. `at`: seconds of the monotonic clock."""

    size: int
    mtime_ns: int
    at: float


def walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every plain file below a folder that could count, in the order of paths; bounded in number
    and depth. What can't be read is left out: it may be gone again already."""
    left = MAX_FILES + 1  # one more, so that whoever reads the listing sees that there are too many
    stack = [(str(root), "", 0)]
    while stack and left:
        folder, prefix, depth = stack.pop()
        below = []
        for entry in _entries(folder):
            if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    below.append((entry.path, f"{prefix}{entry.name}/", depth + 1))
                elif entry.is_file(follow_symlinks=False) and _is_text(entry.name) and left:
                    left -= 1
                    yield f"{prefix}{entry.name}", entry.stat(follow_symlinks=False)
            except OSError:
                continue
        stack += reversed(below if depth < MAX_DEPTH else [])


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_text(name: str) -> bool:
    """Whether a name can stand in JSON and in a database: not every string of bytes can."""
    return name.isprintable() and not any(0xD800 <= ord(char) < 0xE000 for char in name)


class FolderPlace:
    """Folders. Safe to share between threads.

    Args:
        roots: below which folders may be watched; none where it is empty.
        clock: the time of day, seconds; that of the files.
        now: seconds, only forward.
    """

    longest = 0.0  # as often as the settings let it

    def __init__(
        self,
        roots: Iterable[Path],
        *,
        clock: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._seen: dict[str, dict[str, _Stand]] = {}  # by folder: files of this moment

    def look(
        self, location: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """The folder's listing: the files that stand still.

        Raises:
            FetchError: there is no such folder, or it may not be watched.
        """
        folder = self.folder(location)
        found = list(walk(folder))
        with self._lock:
            before = self._seen.get(location, {})
            stands = {
                path: self._stand(status, before.get(path))
                for path, status in found
                if self._clock() - status.st_mtime < STILL_SECONDS
            }
            self._seen[location] = stands
        moving = {path for path, one in stands.items() if self._now() - one.at < STILL_SECONDS}
        files = [_file(path, status) for path, status in found if path not in moving]
        data = json.dumps([asdict(file) for file in files], ensure_ascii=False).encode()
        return Fetched(url="", data=data, media_type=LISTING, charset="utf-8")

    def item(
        self,
        location: str,
        key: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        """The bytes of one file, if it stands as it stood when it was opened.

        Raises:
            FetchError: it is gone, no plain file, too large, or being written.
        """
        folder = self.folder(location)
        data = _read(folder, key)
        return Fetched(url="", data=data, media_type=media_type(key), charset=None)

    def folder(self, location: str) -> Path:
        """The folder of a location.

        Raises:
            FetchError: there is none, or it is not below one that may be watched.
        """
        path = Path(location)
        try:
            folder = path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:
            # What is outside is not told from what is not there.
            if path.is_absolute() and not self._may(Path(os.path.normpath(path))):
                raise _refused(location) from error
            raise FetchError(location, "folder", "there is no such folder") from error
        if not path.is_absolute() or not self._may(folder):
            raise _refused(location)
        if not folder.is_dir():
            raise FetchError(location, "folder", "it is no folder; give the one that it is in")
        return folder

    def _may(self, folder: Path) -> bool:
        return any(folder == root or root in folder.parents for root in self._roots)

    def _stand(self, status: os.stat_result, before: _Stand | None) -> _Stand:
        """Since when a file stands as it does: its own time may be of a clock that runs ahead."""
        if before and (before.size, before.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return before
        return _Stand(status.st_size, status.st_mtime_ns, self._now())


def _refused(location: str) -> FetchError:
    detail = (
        "this folder may not be watched; name it, or one that it is in, in SEEALSO_WATCH_FOLDERS"
    )
    return FetchError(location, "refused", detail, permanent=True)


def _file(path: str, status: os.stat_result) -> File:
    when = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1e6, UTC)
    return File(path, status.st_size, when.isoformat(timespec="microseconds"))


def media_type(name: str) -> str:
    """By the extension; of others the content decides (`sources.choose`)."""
    extension = PurePosixPath(name).suffix.lstrip(".").lower()
    return _MEDIA_TYPES.get(extension, "application/xml" if extension == "xml" else "")


def _read(folder: Path, key: str) -> bytes:
    """A file, opened step by step, so that no link on the way leads out of the folder."""
    parts = PurePosixPath(key).parts
    if not parts or PurePosixPath(key).is_absolute() or ".." in parts or "\0" in key:
        raise FetchError(key, "folder", "this is no path below the folder", permanent=True)
    try:
        with ExitStack() as stack:
            return _opened(stack, folder, parts, key)
    except FileNotFoundError as error:
        raise FetchError(key, "folder", "the file is gone", status=404) from error
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FetchError(key, "folder", f"the file can't be read ({reason})") from error


def _opened(stack: ExitStack, folder: Path, parts: Sequence[str], key: str) -> bytes:
    def step(name: str, flags: int, inside: int | None) -> int:
        found = os.open(name, os.O_RDONLY | os.O_CLOEXEC | flags, dir_fd=inside)
        stack.callback(os.close, found)
        return found

    at = step(str(folder), os.O_DIRECTORY, None)
    for part in parts[:-1]:
        at = step(part, os.O_DIRECTORY | os.O_NOFOLLOW, at)
    # Without O_NONBLOCK a pipe that nobody writes to would hold the thread for ever.
    file = step(parts[-1], os.O_NOFOLLOW | os.O_NONBLOCK, at)
    before = os.fstat(file)
    if not stat.S_ISREG(before.st_mode):
        raise FetchError(key, "folder", "it is no plain file", permanent=True)
    if before.st_size > MAX_BYTES:
        detail = f"the file is larger than {MAX_BYTES // 2**20} MB; divide it"
        raise FetchError(key, "too-large", detail, permanent=True)
    with os.fdopen(os.dup(file), "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    after = os.fstat(file)
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise FetchError(
            key, "folder", "the file is being written; it is read when it stands still"
        )
    return data
