"""Reads articles as JSON: the article's own keys, and other records by a field mapping.

    bytes --split--> pieces (index, line, value) --mapping--> RawArticle | Problem, each alone

An input is one object, a list of objects, ``{"articles": [...]}``, or NDJSON (an object a line).
Every record goes in or is refused by itself: a broken line 7 is a `Problem` with ``line=7`` and
the others go in.

**The article's own keys** are those of `RawArticle` and those of ``GET /api/articles/<id>``, so
what a hub gives can be posted to another one: ``body_html`` is read as ``html``, ``body_text`` as
``text``, ``topics`` may be labels or objects with ``label``. Null means: not given. ``id`` becomes
the external id, unless it is an id that a hub gave. Other keys are ignored, but for one that is
nearly a known key: it is refused (``field-unknown``, "did you mean"), because a mistyped
``body_htm`` would otherwise lose the article's body without a word. Keys that begin with ``_`` or
``x_`` or ``x-`` are never looked at.

Records of other shapes are read by a field mapping (`seealso_source_json_mappings`).
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from seealso_sdk import (
    Article,
    ModelError,
    Option,
    Problem,
    RawArticle,
    RawInput,
    Reject,
    SeealsoError,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.dates import normalised
from seealso_sdk.text import clean
from seealso_source_json_mappings import (
    RAW_KEYS,
    FieldMapping,
    FieldRule,
    label,
    mapped,
    mappings_of,
    read_mapping,
)

MAX_BYTES = 64 * 1024 * 1024
_LINES = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)
_LINE_EXTENSIONS = (".jsonl", ".ndjson")

# --- bytes to pieces -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """One record of the input, not yet looked at; `line` where the input has a record a line."""

    index: int
    line: int | None
    value: Any


class _Refused(SeealsoError):
    """Carries a Problem out of a reader; never leaves this module."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def _pieces(raw: RawInput) -> Iterator[_Piece | Problem]:
    name = (raw.filename or "").lower()
    if raw.media_type in _LINES or name.endswith(_LINE_EXTENSIONS):
        yield from _from_lines(raw.data, raw.charset)
        return
    try:
        value = _load(_text(raw.data, raw.charset), 0, None)
    except _Refused as refused:
        if not _looks_like_lines(raw.data):
            yield refused.problem
            return
        yield from _from_lines(raw.data, raw.charset)
        return
    yield from _from_value(value)


def _from_value(value: Any) -> Iterator[_Piece | Problem]:
    if isinstance(value, dict) and isinstance(value.get("articles"), list):
        value = value["articles"]
    if isinstance(value, dict) and str(value.get("version", "")).startswith("https://jsonfeed.org"):
        yield Problem(
            code="json-feed",
            detail="this is a JSON Feed, not an article",
            remedy="Send it as application/feed+json.",
        )
        return
    for index, record in enumerate(value if isinstance(value, list) else [value]):
        yield _Piece(index, None, record)


def _from_lines(data: bytes, charset: str | None) -> Iterator[_Piece | Problem]:
    index = 0
    # Only a line feed divides: U+2028 and U+0085 may stand inside a JSON string.
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _Piece(index, number, _load(_text(line, charset, index, number), index, number))
        except _Refused as refused:
            yield refused.problem
        index += 1


def _looks_like_lines(data: bytes) -> bool:
    """Whether the first line that isn't blank is an object by itself, and more lines follow."""
    first, _, rest = data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not rest.strip() or not first.startswith(b"{"):
        return False
    return first.rstrip().endswith(b"}") or rest.lstrip().startswith(b'{"')


def _text(data: bytes, charset: str | None, index: int = 0, line: int | None = None) -> str:
    """RFC 8259 section 8.1 wants UTF-8; UTF-16 and UTF-32 are told by their NULs."""
    encoding = json.detect_encoding(data)
    try:
        if charset is None or not encoding.startswith("utf-8"):
            return data.decode(encoding)
        return decode(data, charset)
    except (UnicodeDecodeError, CharsetUnknown) as error:
        raise _Refused(
            Problem(
                code="encoding",
                detail=f"the JSON is not {encoding.upper()}: {error}",
                remedy="Send UTF-8.",
                index=index,
                line=line,
            )
        ) from error


def _load(text: str, index: int, line: int | None) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        detail, remedy = "the JSON is nested too deeply", "An article needs no more than 4 levels."
        raise _Refused(
            Problem(code="json-depth", detail=detail, remedy=remedy, index=index, line=line)
        ) from error
    except ValueError as error:  # JSONDecodeError, and int() on thousands of digits
        at = line if line is not None else getattr(error, "lineno", None)
        where = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise _Refused(
            Problem(
                code="json-syntax",
                detail=f"not JSON: {what}{where}",
                remedy="Correct the JSON; every article may also stand on a line of its own.",
                index=index,
                line=at,
            )
        ) from error
    # Only an escape can bring a lone surrogate or a control character into a JSON string.
    return _scrubbed(value) if "\\u" in text else value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _scrubbed(item) for key, item in value.items()}
    return value


# --- dates -----------------------------------------------------------------------------------

_DATES = (
    "published",
    "updated",
    "reviewed",
    "review_by",
    "embargo_until",
    "expires",
)


def _with_dates(given: dict[str, Any]) -> dict[str, Any]:
    """The record with its dates in the model's form. A bad date refuses the record: without it an
    embargo would end at once, or an article would move to the top of every feed."""
    for name in _DATES:
        value = given.get(name)
        if isinstance(value, str):
            given[name] = _date(value, name)
    corrections = given.get("corrections")
    if isinstance(corrections, list):
        given["corrections"] = [
            {**item, "at": _date(item["at"], f"corrections[{i}].at")}
            if isinstance(item, dict) and isinstance(item.get("at"), str)
            else item
            for i, item in enumerate(corrections)
        ]
    return {key: value for key, value in given.items() if value is not None}


def _date(value: str, name: str) -> str | None:
    if not value.strip():
        return None
    try:
        return normalised(value)
    except ValueError as error:
        raise _Refused(
            Problem(
                code="date-invalid",
                detail=f"{name}: {value[:80]!r} is no date ({error})",
                field=name,
                remedy="Give RFC 3339 (2024-04-09T10:00:00+02:00) or a day (2024-04-09).",
            )
        ) from error


# --- the article's own keys ------------------------------------------------------------------

_RENAMED = {"body_html": "html", "body_text": "text"}
# What a hub adds by itself to what it gives out; `source` and `external_id` are in both.
_HUB_KEYS = frozenset(f.name for f in fields(Article)) - RAW_KEYS - frozenset(_RENAMED)
_KNOWN = sorted(RAW_KEYS | _HUB_KEYS | frozenset(_RENAMED) | {"guid"})
_HUB_ID = re.compile(r"a[a-z2-7]{15}\Z")
_NEAR = 0.8  # difflib's ratio: one slip in a word of five letters or more
_PRIVATE = ("_", "x_", "x-")


def _own(record: Mapping[str, Any], mapped_keys: frozenset[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for key, value in record.items():
        if key in RAW_KEYS:
            if value is not None:
                given[key] = value
        elif (
            key not in _RENAMED
            and key not in _HUB_KEYS | mapped_keys
            and not key.startswith(_PRIVATE)
        ):
            _refuse_near_miss(key)
    for key, target in _RENAMED.items():
        if record.get(key) is not None:
            given.setdefault(target, record[key])
    identity = record.get("id")
    if isinstance(identity, str) and not _HUB_ID.match(identity):
        given.setdefault("external_id", identity)
    if record.get("status") == "withdrawn":
        given.setdefault("withdrawn", True)
    if isinstance(given.get("topics"), list):
        given["topics"] = [label(topic) for topic in given["topics"]]
    return given


@lru_cache(maxsize=1024)
def _near(key: str) -> str | None:
    found = difflib.get_close_matches(key[:64].lower(), _KNOWN, n=1, cutoff=_NEAR)
    return found[0] if found else None


def _refuse_near_miss(key: str) -> None:
    meant = _near(key)
    if meant is not None and key != meant:
        raise _Refused(
            Problem(
                code="field-unknown",
                detail=f"{key!r} is no field of an article; did you mean {meant!r}?",
                field=key,
                remedy=f"Rename it to {meant!r}, or to '_{key}' to have it ignored.",
            )
        )


# --- the source ------------------------------------------------------------------------------


class JsonSource:
    """Articles in JSON and NDJSON."""

    meta = SourceMeta(
        name="json",
        title="JSON",
        version="1",
        places=("url",),
        media_types=("application/json", *_LINES),
        extensions=("json", "jsonl", "ndjson"),
        description="The article's own keys, one or many, and other records by a field mapping.",
        options=(
            Option("mapping", "", "Read every record by this mapping: own, corpus or one's own."),
            Option("mappings", "", "Path of a JSON file with further field mappings."),
        ),
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        """Each record by itself, in the order of the input.

        Raises:
            Reject: an option can't be used.
        """
        refusal = _unreadable(raw.data)
        if refusal is not None:
            return [refusal]
        mappings = mappings_of(context.options)
        chosen = _chosen(context.options.get("mapping", ""), mappings)
        fields = _fields(context.fields)
        return [
            piece if isinstance(piece, Problem) else _article(piece, mappings, chosen, fields)
            for piece in _pieces(raw)
        ]


def _unreadable(data: bytes) -> Problem | None:
    if not data.strip():
        return Problem(code="empty", detail="the input is empty", remedy="Send an article.")
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return Problem(
            code="html-as-json",
            detail="this begins with '<', like HTML or XML, and was sent as JSON",
            remedy="Send it as text/html (`--type html`, a name in .html), or as the feed it is.",
        )
    if len(data) > MAX_BYTES:
        return Problem(
            code="too-large",
            detail=f"{len(data)} bytes of JSON are over the limit of {MAX_BYTES}",
            remedy="Send it in several parts.",
        )
    return None


_OWN = FieldMapping("own", frozenset())


def _chosen(name: str, mappings: Sequence[FieldMapping]) -> FieldMapping | None:
    if not name:
        return None
    known = {mapping.name: mapping for mapping in (*mappings, _OWN)}
    if name not in known:
        raise Reject(f"no field mapping is named {name!r}; there are {', '.join(sorted(known))}")
    return known[name]


def _fields(given: Mapping[str, str]) -> FieldMapping | None:
    """The fields that an operator maps for this source alone: they come before all others."""
    if not given:
        return None
    try:
        return read_mapping("fields", {"fields": dict(given)})
    except ModelError as error:
        raise Reject(f"the fields of this source can't be used: {error}") from error


def _article(
    piece: _Piece,
    mappings: Sequence[FieldMapping],
    chosen: FieldMapping | None,
    fields: FieldMapping | None = None,
) -> RawArticle | Problem:
    try:
        record = piece.value
        if not isinstance(record, dict):
            raise ModelError("article", f"found {type(record).__name__}", "Give an object.")
        given = _given(record, chosen or _recognised(record, mappings), fields)
        return RawArticle.from_dict(_with_dates(given))
    except _Refused as refused:
        return _placed(refused.problem, piece)
    except ModelError as error:
        problem = Problem(
            code="field-invalid", detail=str(error), field=error.field, remedy=error.remedy
        )
        return _placed(problem, piece)


def _given(
    record: Mapping[str, Any], mapping: FieldMapping, fields: FieldMapping | None
) -> dict[str, Any]:
    """The record under the names of `RawArticle`, with where each was found."""
    theirs = {} if fields is None else mapped(record, fields)
    rules = () if fields is None else fields.rules
    if mapping is _OWN:
        keys = frozenset(path[0].removesuffix("[]") for rule in rules for path in rule.paths)
        given = _own(record, keys)
        found = {name: f"JSON key {_key_of(record, name)!r}" for name in given}
    else:
        given = mapped(record, mapping)
        found = dict.fromkeys(given, f"JSON, mapping {mapping.name!r}")
    given |= theirs
    found |= {r.target: f"JSON, mapped from {_named(r)}" for r in rules if r.target in theirs}
    said = given.get("provenance")
    return {**given, "provenance": found | (said if isinstance(said, dict) else {})}


def _key_of(record: Mapping[str, Any], name: str) -> str:
    if record.get(name) is not None:
        return name
    return next((key for key, target in _RENAMED.items() if target == name and key in record), name)


def _named(rule: FieldRule) -> str:
    return " or ".join(".".join(path) for path in rule.paths)


def _recognised(record: Mapping[str, Any], mappings: Sequence[FieldMapping]) -> FieldMapping:
    for mapping in mappings:
        if mapping.recognise and mapping.recognise <= record.keys():
            return mapping
    return _OWN


def _placed(problem: Problem, piece: _Piece) -> Problem:
    return Problem(
        code=problem.code,
        detail=problem.detail,
        field=problem.field,
        remedy=problem.remedy,
        index=piece.index,
        line=piece.line,
    )


@hookimpl
def register_sources() -> Sequence[JsonSource]:
    """The hook of the `seealso` entry-point group."""
    return [JsonSource()]
