"""Topics from a file: JSON, CSV, SKOS (Turtle or RDF/XML). Pure: bytes in, concepts out.

    bytes --read_json | read_csv | read_skos--> Concept… --distinct--> Vocabulary

A file is never followed: no network, no DTD, no entities. What can't be read is refused with the
place in the file; what is odd but harmless becomes a note.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seealso_sdk.text import clean, fold, slugify

from seealso_feeds.errors import FeedsError

MAX_BYTES = 20_000_000
MAX_CONCEPTS = 50_000
MAX_LABEL = 300  # characters
MAX_DESCRIPTION = 5_000
COLUMNS = ("slug", "label", "synonyms", "description", "broader", "related", "uri", "language")
MEDIA_TYPES = ("application/json", "text/csv", "text/turtle", "application/rdf+xml")

_LISTS = ("synonyms", "broader", "related")
_SKOS = "http://www.w3.org/2004/02/skos/core#"


class VocabularyError(FeedsError):
    """The file can't be read as topics.

    Attributes:
        code: stable, for programs.
        place: where in the file (``row 7``, ``topics[3].label``), or empty.
    """

    def __init__(self, code: str, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}" if place else detail)
        self.code = code
        self.place = place


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A topic as a vocabulary gives it. `broader`, `narrower` and `related` name others by URI,
    slug or label; `language` is that of the label, BCP 47, or empty."""

    label: str
    slug: str | None = None
    synonyms: tuple[str, ...] = ()
    description: str = ""
    broader: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    uri: str | None = None
    language: str = ""

    def relations(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What it says of others: the relation that they have to it, and their names."""
        return (
            ("broader", self.broader),
            ("narrower", self.narrower),
            ("related", self.related),
        )


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All concepts of a file, each once, and notes on what was odd."""

    concepts: tuple[Concept, ...]
    notes: tuple[str, ...] = ()


def parse(data: bytes, media_type: str, language: str = "en") -> Vocabulary:
    """Read a file of topics.

    Args:
        data: the file.
        media_type: one of `MEDIA_TYPES`, without parameters.
        language: preferred, where labels come in several (SKOS).

    Raises:
        VocabularyError: not of that type, too large, or a topic without a label; says where.
    """
    if len(data) > MAX_BYTES:
        raise VocabularyError(
            "too-large", "", f"{len(data)} bytes: at most {MAX_BYTES}. Divide the file."
        )
    if media_type == "application/json":
        return distinct(read_json(data))
    if media_type == "text/csv":
        return distinct(read_csv(data))
    if media_type in ("text/turtle", "application/rdf+xml"):
        return distinct(read_skos(data, media_type, language))
    raise VocabularyError(
        "media-type", "", f"found {media_type!r}. Give one of {', '.join(MEDIA_TYPES)}."
    )


def distinct(concepts: Sequence[Concept]) -> Vocabulary:
    """Each topic once: a second one of the same slug, URI or label is left out, with a note.

    Raises:
        VocabularyError: more topics than `MAX_CONCEPTS`.
    """
    if len(concepts) > MAX_CONCEPTS:
        raise VocabularyError(
            "too-many", "", f"{len(concepts)} topics: at most {MAX_CONCEPTS}. Divide the file."
        )
    seen: set[str] = set()
    kept: list[Concept] = []
    notes: list[str] = []
    for concept in concepts:
        keys = {slugify(concept.label), *filter(None, (concept.slug, concept.uri))}
        if keys & seen:
            notes.append(f"{concept.label}: stands twice in the file; the first one counts")
            continue
        seen |= keys
        kept.append(concept)
    return Vocabulary(tuple(kept), tuple(notes))


# --- JSON --------------------------------------------------------------------------------------


def read_json(data: bytes) -> list[Concept]:
    """A list of objects with the keys of `COLUMNS`, or an object with such a list as `topics`."""
    try:
        given = json.loads(_text(data))
    except (ValueError, RecursionError) as error:
        raise VocabularyError("json-syntax", "", f"not JSON: {error}") from error
    if isinstance(given, Mapping) and "topics" in given:
        given = given["topics"]
    if not isinstance(given, list):
        raise VocabularyError("json-shape", "", "Give a list of topics, or {topics: [...]}.")
    return [_from_object(item, f"topics[{i}]") for i, item in enumerate(given)]


def _from_object(item: Any, place: str) -> Concept:
    if not isinstance(item, Mapping):
        raise VocabularyError("json-shape", place, f"found {type(item).__name__}. Give an object.")
    _check_names(map(str, item), place)
    fields: dict[str, str | Sequence[str]] = {}
    for name, value in item.items():
        if name in _LISTS:
            fields[name] = _strings(value, f"{place}.{name}")
        elif value is not None and not isinstance(value, str):
            found = type(value).__name__
            raise VocabularyError("json-shape", f"{place}.{name}", f"found {found}. Give a string.")
        else:
            fields[name] = value or ""
    return _concept(fields, place)


def _strings(value: Any, place: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise VocabularyError("json-shape", place, "Give a list of strings.")
    return value


# --- CSV ---------------------------------------------------------------------------------------


def read_csv(data: bytes) -> list[Concept]:
    """Rows under a header of `COLUMNS`; only ``label`` must be there; ``|`` divides the lists."""
    text = _text(data)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), _dialect(text), strict=True))
    except csv.Error as error:
        raise VocabularyError("csv-syntax", "", f"not CSV: {error}") from error
    if not rows:
        raise VocabularyError("csv-header", "row 1", f"Give a header: {', '.join(COLUMNS)}.")
    header = [name.strip().lower() for name in rows[0]]
    _check_names(header, "row 1")
    if "label" not in header:
        raise VocabularyError("csv-header", "row 1", "There is no column label. Add one.")
    found = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            found.append(_from_row(header, row, f"row {number}"))
    return found


def _from_row(header: Sequence[str], row: Sequence[str], place: str) -> Concept:
    if len(row) > len(header):
        raise VocabularyError(
            "csv-row", place, f"{len(row)} cells under {len(header)} columns. Quote the commas."
        )
    fields: dict[str, str | Sequence[str]] = {}
    for name, cell in zip(header, row, strict=False):
        fields[name] = cell.split("|") if name in _LISTS else cell
    return _concept(fields, place)


def _dialect(text: str) -> type[csv.Dialect]:
    """Commas, or what a spreadsheet in another country writes: semicolons, tabs."""
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=lambda one: (first.count(one), one == ","))

    class Found(csv.excel):
        delimiter = mark

    return Found


# --- SKOS --------------------------------------------------------------------------------------


def read_skos(data: bytes, media_type: str, language: str) -> list[Concept]:
    """The skos:Concepts of a graph: prefLabel, altLabel, definition or scopeNote, broader,
    narrower, related (SKOS Reference, sections 5 to 8). A hiddenLabel is not for readers, and our
    synonyms are shown: it is left out."""
    from rdflib import RDF, Graph, URIRef  # half a second: only for those who import SKOS

    if media_type == "application/rdf+xml":
        _refuse_entities(data)
    graph = Graph(bind_namespaces="none")
    try:
        graph.parse(data=data, format="turtle" if media_type == "text/turtle" else "xml")
    except Exception as error:  # rdflib raises whatever its parsers raise
        raise VocabularyError("rdf-syntax", "", f"not {media_type}: {_short(error)}") from error
    subjects = set(graph.subjects(RDF.type, URIRef(f"{_SKOS}Concept")))
    subjects |= set(graph.subjects(URIRef(f"{_SKOS}prefLabel")))
    if not subjects:
        raise VocabularyError("rdf-empty", "", "No skos:Concept in it. Give a SKOS vocabulary.")
    return [_from_graph(graph, one, language) for one in sorted(subjects, key=str)]


def _from_graph(graph: Any, subject: Any, language: str) -> Concept:
    from rdflib import URIRef

    def literals(name: str) -> list[tuple[str, str]]:
        found = graph.objects(subject, URIRef(_SKOS + name))
        return sorted((str(getattr(one, "language", None) or ""), str(one)) for one in found)

    def names(relation: str, *wider: str) -> tuple[str, ...]:
        found = {o for n in (relation, *wider) for o in graph.objects(subject, URIRef(_SKOS + n))}
        return tuple(sorted(str(one) for one in found))

    labels = literals("prefLabel")
    label_language, label = _preferred(labels, language)
    others = [text for _, text in (*labels, *literals("altLabel"))]
    _, description = _preferred(literals("definition") or literals("scopeNote"), language)
    fields: dict[str, str | Sequence[str]] = {
        "label": label,
        "synonyms": [text for text in others if text != label],
        "description": description,
        "broader": names("broader", "broadMatch"),
        "related": names("related", "relatedMatch"),
        "uri": str(subject) if isinstance(subject, URIRef) else "",
        "language": label_language,
    }
    return _concept(fields, str(subject), narrower=names("narrower", "narrowMatch"))


def _preferred(texts: Sequence[tuple[str, str]], language: str) -> tuple[str, str]:
    """Of the language, else of its regions, else without language, else English, else any."""
    base = language.split("-", maxsplit=1)[0].lower()

    def rank(text: tuple[str, str]) -> tuple[bool, bool, bool, bool, str, str]:
        tag = text[0].lower()
        of_base = tag.split("-")[0] == base
        return (tag != language.lower(), not of_base, tag != "", tag != "en", *text)

    return min(texts, key=rank) if texts else ("", "")


def _refuse_entities(data: bytes) -> None:
    """RDF/XML may declare entities inside a DTD; none is needed, and they can be made to explode.

    The look is on the decoded text, so that no encoding hides a declaration.
    """
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "replace")
    if "\x00" in text or "<!doctype" in text.lower() or "<!entity" in text.lower():
        raise VocabularyError(
            "rdf-dtd", "", "It has a DOCTYPE or entities. Take them out: they are never read."
        )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


# --- parts of all ------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise VocabularyError(
            "encoding", f"byte {error.start}", "not UTF-8. Save the file as UTF-8."
        ) from error


def _check_names(names: Iterable[str], place: str) -> None:
    for name in names:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name.lower(), COLUMNS, n=1)
            meant = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(COLUMNS)}."
            raise VocabularyError("unknown-column", place, f"unknown {name[:60]!r}. {meant}")


def _concept(
    fields: Mapping[str, str | Sequence[str]], place: str, narrower: tuple[str, ...] = ()
) -> Concept:
    label = _line(fields.get("label", ""))
    if not fold(label):
        raise VocabularyError("label-missing", place, "no label. Give every topic a name.")
    if len(label) > MAX_LABEL:
        found = f"{len(label)} characters"
        raise VocabularyError("label-long", place, f"{found} of label: at most {MAX_LABEL}.")
    slug = _line(fields.get("slug", ""))
    return Concept(
        label=label,
        slug=slugify(slug) if slug else None,
        synonyms=_names(fields.get("synonyms", ())),
        description=_line(fields.get("description", ""))[:MAX_DESCRIPTION],
        broader=_names(fields.get("broader", ())),
        narrower=_names(narrower),
        related=_names(fields.get("related", ())),
        uri=_line(fields.get("uri", "")) or None,
        language=_line(fields.get("language", "")),
    )


def _names(values: str | Sequence[str]) -> tuple[str, ...]:
    """Each once, in order, without empty ones and without those too long for a name."""
    lines = (_line(value) for value in ([values] if isinstance(values, str) else values))
    return tuple(dict.fromkeys(one for one in lines if fold(one) and len(one) <= MAX_LABEL))


def _line(value: str | Sequence[str]) -> str:
    return " ".join(clean(value if isinstance(value, str) else " ".join(value)).split())
