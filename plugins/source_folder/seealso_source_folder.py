"""Reads the listing of a folder that the hub watches: leads to its files.

    [{"path", "size", "modified"}] --options: extensions, globs, depth--> an `item` lead a file

The hub walks the folder and reads the files, each with the source that its extension names; which
of them count is decided here. A lead's address is the path below the folder, with ``/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from seealso_sdk import Lead, Piece, Problem, RawInput, Reject, SourceContext, SourceMeta, hookimpl
from seealso_sdk.dates import normalised
from seealso_sdk.plugin import Option

LISTING = "application/vnd.seealso.listing+json"
MAX_BYTES = 50 * 1024 * 1024
MAX_FILES = 50_000
PATTERNS = 50  # of an option
STARS = 4  # of a pattern
EXTENSIONS = "txt text html htm xhtml json jsonl ndjson rss atom rdf xml jsonfeed"


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which files count: the options, read. `depth`: folders within the folder; None: all."""

    extensions: frozenset[str]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    depth: int | None

    @classmethod
    def of(cls, options: Mapping[str, str]) -> _Choice:
        """Raises Reject, naming the option, where one can't be read."""
        given = options.get("extensions") or EXTENSIONS
        return cls(
            extensions=frozenset(part.lower().lstrip(".") for part in _listed(given)),
            include=_patterns(options, "include"),
            exclude=_patterns(options, "exclude"),
            depth=_depth(options.get("depth", "").strip()),
        )

    def takes(self, path: str) -> bool:
        """Whether a file counts."""
        name = path.rpartition("/")[2]
        if name.rpartition(".")[2].lower() not in self.extensions or "." not in name:
            return False
        if self.depth is not None and path.count("/") > self.depth:
            return False
        if self.include and not any(_matches(path, pattern) for pattern in self.include):
            return False
        return not any(_matches(path, pattern) for pattern in self.exclude)


def _listed(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", text) if part]


def _patterns(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(_listed(options.get(name, "")))
    if len(found) > PATTERNS or any(pattern.count("*") > STARS for pattern in found):
        raise Reject(
            f"option {name}: more than {PATTERNS} patterns, or one with more than {STARS} stars."
            " Give fewer."
        )
    return found


def _depth(text: str) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    raise Reject(f"option depth: {text!r} is no number. Give 0 for the folder alone, 1, 2, ...")


def _matches(path: str, pattern: str) -> bool:
    """As a shell does: a pattern without a slash is of the name alone, a star goes over slashes."""
    subject = path if "/" in pattern else path.rpartition("/")[2]
    return fnmatchcase(subject, pattern.lstrip("/"))


def _files(data: bytes) -> list[Any]:
    if len(data) > MAX_BYTES:
        raise Reject(f"the listing is larger than {MAX_BYTES // 2**20} MB. Watch a smaller folder.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Reject(f"this is no listing of a folder: {str(error)[:200]}.") from error
    if not isinstance(found, list):
        raise Reject(f"this is no listing of a folder: found {type(found).__name__}, not a list.")
    return found


def _lead(file: Any, index: int) -> Lead | Problem:
    path = file.get("path") if isinstance(file, dict) else None
    modified = file.get("modified") if isinstance(file, dict) else None
    if not isinstance(path, str) or not path or not isinstance(modified, str | None):
        return Problem(
            code="field-invalid",
            detail=f"entry {index} of the listing has no path, or no date as text",
            field=f"[{index}]",
            remedy='Give {"path", "size", "modified"}.',
            index=index,
        )
    try:
        if modified:
            normalised(modified)
    except ValueError:
        modified = None
    return Lead(url=path, rel="item", modified=modified or None)


class FolderSource:
    """A folder that the hub watches."""

    meta = SourceMeta(
        name="folder",
        title="Folder",
        version="1",
        media_types=(LISTING,),
        description="A folder of files: each file that counts is read by its extension.",
        options=(
            Option("extensions", EXTENSIONS, "Files that count, by the end of their names."),
            Option(
                "include",
                "",
                "Only files whose name, or with a slash whose path, matches one of these (`*.txt`,"
                " `news/*`). Divided by spaces or commas.",
            ),
            Option("exclude", "", "No files that match one of these."),
            Option("depth", "", "How many folders within the folder count: 0, 1, ...; all."),
        ),
        places=("folder",),
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[Piece]:
        """A lead for each file that counts, in the order of the listing.

        Raises:
            Reject: it is no listing, or an option can't be read.
        """
        choice = _Choice.of(context.options)
        files = _files(raw.data)
        found: list[Piece] = []
        for index, file in enumerate(files[:MAX_FILES]):
            lead = _lead(file, index)
            if isinstance(lead, Problem) or choice.takes(lead.url):
                found.append(lead)
        if len(files) > MAX_FILES:
            found.append(
                Problem(
                    code="folder-too-large",
                    detail=f"the folder has more than {MAX_FILES} files",
                    remedy="Watch folders within it; the first ones were read.",
                )
            )
        return found


@hookimpl
def register_sources() -> Sequence[FolderSource]:
    """The hook of the `seealso` entry-point group."""
    return [FolderSource()]
