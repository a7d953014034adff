"""Field mappings: how records of another shape become articles.

A mapping is a table: target field, where it stands in the source's record, and how to
read it. `CORPUS` is one, for records such as ::

    {"id": "gard:7", "source": "gard", "url": "https://...", "title": "Fabry disease",
     "html": "<p>...</p>", "published": null, "authors": ["ann"], "topics": ["Kidney"],
     "keywords": [], "see_also": ["gard:9"], "license": "CC0 1.0", "lang": "en"}

The mapping is recognised by the keys of the record (``recognise``: all of them are there), or
chosen by the option ``mapping``. An operator adds mappings with the option ``mappings``, the path
of a JSON file ::

    {"museum": {"recognise": ["objectNumber", "label"],
                "fields": {"external_id": "objectNumber",
                           "title": ["label.en", "label.nl"],
                           "html": "description",
                           "published": {"from": "created", "as": "epoch"},
                           "topics": "subjects[].name",
                           "see_also": {"from": "related", "as": "titles"}}}}

A path is keys divided by dots; ``[]`` goes through a list. Of several paths the first that has a
value counts. ``as`` names a reader of `CONVERTERS`; without it the target's usual one is taken.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from seealso_sdk import ModelError, RawArticle, Reject

RAW_KEYS = frozenset(f.name for f in fields(RawArticle))


def label(topic: Any) -> Any:
    """The label of a topic that is given as an object; else what is given."""
    if isinstance(topic, Mapping) and isinstance(topic.get("label"), str):
        return topic["label"]
    return topic


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One target field: where its value stands, and which of `CONVERTERS` reads it."""

    target: str
    paths: tuple[tuple[str, ...], ...]
    converter: str


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """How the records of one kind of source become articles."""

    name: str
    recognise: frozenset[str]
    rules: tuple[FieldRule, ...] = field(default=())


def _string(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _strings(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return [label(_string(item)) for item in items if item not in (None, "")]


def _people(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return [{"name": item} if isinstance(item, str) else item for item in items if item]


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _titled(value: Any) -> Any:
    return {"title": value} if isinstance(value, str) else value


def _titles(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return [{"title": item} if isinstance(item, str) else item for item in items if item]


def _refs(value: Any) -> Any:
    """Links by the other record's id: the hub finds their titles when it has the articles."""
    items = value if isinstance(value, list) else [value]
    return [{"title": "", "ref": _string(item)} for item in items if item not in (None, "")]


def _license(value: Any) -> Any:
    return {"license": value} if isinstance(value, str) else value


def _media(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return [{"url": item} if isinstance(item, str) else item for item in items if item]


def _epoch(value: Any) -> Any:
    """Seconds since 1970, UTC; milliseconds where seconds would be past the year 5000."""
    try:
        seconds = float(value)
        if abs(seconds) > 1e11:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return _string(value)


def _as_it_is(value: Any) -> Any:
    return value


CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "epoch": _epoch,
    "json": _as_it_is,  # the value as it is: it has the article's own form already
    "license": _license,
    "media": _media,
    "named": _named,
    "people": _people,
    "refs": _refs,
    "string": _string,
    "strings": _strings,
    "titled": _titled,
    "titles": _titles,
}
_USUAL = {
    "authors": "people",
    "reviewers": "people",
    "publisher": "named",
    "series": "titled",
    "topics": "strings",
    "keywords": "strings",
    "see_also": "titles",
    "media": "media",
    "rights": "license",
    "promos": "json",
    "corrections": "json",
    "withdrawn": "json",
}


def read_mapping(name: str, spec: Any) -> FieldMapping:
    """A mapping from its JSON form (module docstring).

    Raises:
        ModelError: names the field of the mapping and what to write there.
    """
    if not isinstance(spec, dict) or not isinstance(spec.get("fields"), dict):
        raise ModelError(name, "no object 'fields'", "Give target fields and where they stand.")
    recognise = spec.get("recognise", [])
    if not isinstance(recognise, list) or not all(isinstance(key, str) for key in recognise):
        raise ModelError(f"{name}.recognise", "not a list of strings", "Give keys of the records.")
    rules = tuple(_read_rule(name, target, where) for target, where in spec["fields"].items())
    return FieldMapping(name, frozenset(recognise), rules)


def _read_rule(name: str, target: str, where: Any) -> FieldRule:
    at = f"{name}.fields.{target}"
    if target not in RAW_KEYS:
        meant = difflib.get_close_matches(target, sorted(RAW_KEYS), n=1)
        hint = (
            f"Did you mean {meant[0]!r}?" if meant else f"Use one of {', '.join(sorted(RAW_KEYS))}."
        )
        raise ModelError(at, "no field of an article", hint)
    converter = _USUAL.get(target, "string")
    if isinstance(where, dict):
        converter = where.get("as", converter)
        where = where.get("from")
    paths = [where] if isinstance(where, str) else where
    if not isinstance(paths, list) or not paths or not all(isinstance(p, str) and p for p in paths):
        raise ModelError(at, "no path", 'Give a path such as "body.value", or a list of paths.')
    if converter not in CONVERTERS:
        raise ModelError(
            at, f"unknown reader {converter!r}", f"Use one of {', '.join(CONVERTERS)}."
        )
    return FieldRule(target, tuple(tuple(path.split(".")) for path in paths), converter)


CORPUS = read_mapping(
    "corpus",
    {
        "recognise": ["id", "html", "lang", "license", "see_also"],
        "fields": {
            "external_id": "id",
            "source": "source",
            "url": "url",
            "canonical_url": "canonical",
            "title": "title",
            "summary": "summary",
            "html": "html",
            "published": "published",
            "authors": "authors",
            "topics": "topics",
            "keywords": "keywords",
            "see_also": {"from": "see_also", "as": "refs"},
            "rights": "license",
            "language": "lang",
        },
    },
)


def mapped(record: Mapping[str, Any], mapping: FieldMapping) -> dict[str, Any]:
    """The record's values under the names of `RawArticle`, as plain JSON types."""
    given: dict[str, Any] = {}
    for rule in mapping.rules:
        for path in rule.paths:
            value = _at(record, path)
            if value not in (None, "", []):
                given[rule.target] = CONVERTERS[rule.converter](value)
                break
    return given


def _at(value: Any, path: Sequence[str]) -> Any:
    for position, step in enumerate(path):
        key = step.removesuffix("[]")
        value = value.get(key) if isinstance(value, Mapping) else None
        if key != step:
            rest = path[position + 1 :]
            items = value if isinstance(value, list) else []
            found = [_at(item, rest) if rest else item for item in items]
            return [item for item in found if item is not None]
        if value is None:
            return None
    return value


@lru_cache(maxsize=8)
def _operators_mappings(path: str, _changed: int) -> tuple[FieldMapping, ...]:
    specs = json.loads(Path(path).read_text("utf-8"))
    if not isinstance(specs, dict):
        raise ModelError("mappings", f"found {type(specs).__name__}", "Give an object of mappings.")
    return tuple(read_mapping(name, spec) for name, spec in specs.items())


def mappings_of(options: Mapping[str, str]) -> tuple[FieldMapping, ...]:
    """The operator's mappings before the built-in one, so that they can take its records."""
    path = options.get("mappings", "")
    if not path:
        return (CORPUS,)
    try:
        return (*_operators_mappings(path, Path(path).stat().st_mtime_ns), CORPUS)
    except (OSError, ValueError) as error:
        raise Reject(f"the field mappings in {path} can't be used: {error}") from error
