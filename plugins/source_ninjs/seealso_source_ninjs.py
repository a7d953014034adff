"""Reads ninjs 1.x, 2.x and 3.x, the JSON of news wires (IPTC): an item is an article.

    bytes --split--> item --keys in one spelling--> RawArticle, withdrawn where pubstatus says so
                              \\-> associations: pictures and films ──> media
                                                texts              ──> see-also

The three generations differ in spelling and shape, not in meaning: ``versioncreated`` is
``versionCreated`` in 3; ``headline`` and ``headline_main`` are ``headlines[]`` since 2, as
``body_html`` is ``bodies[]``; associations and renditions are lists instead of objects. A value
that can't be what its key says (a date that is none) is left out: the item is worth more than it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seealso_sdk import (
    Correction,
    Media,
    Person,
    Problem,
    Publisher,
    RawArticle,
    RawInput,
    Rights,
    SeeAlso,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.bylines import read_correction, read_meta
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.dates import normalised
from seealso_sdk.furniture import kind_named
from seealso_sdk.ownfields import overlaid, require_known
from seealso_sdk.text import clean, one_line

MEDIA_TYPE = "application/vnd.iptc.ninjs+json"
MAX_BYTES = 64 * 1024 * 1024
MOST = 500  # entries of any list that are looked at
_LINES = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)
_Item = Mapping[str, Any]  # keys in one spelling: lower case, without underscores

# --- bytes to items --------------------------------------------------------------------------


def _items(raw: RawInput) -> Iterator[tuple[int, int | None, Any]]:
    """(index, line, value); the value is a Problem where there is none."""
    try:
        text = decode(raw.data, raw.charset)
    except CharsetUnknown as error:
        yield 0, None, Problem(code="encoding", detail=str(error), remedy="Send UTF-8.")
        return
    if raw.media_type in _LINES:
        lines = ((n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip())
        for index, (number, line) in enumerate(lines):
            yield index, number, _loaded(line, index, number)
        return
    value = _loaded(text, 0, None)
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    for index, one in enumerate(value if isinstance(value, list) else [value]):
        yield index, None, one


def _loaded(text: str, index: int, line: int | None) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        detail, remedy = "the JSON is nested too deeply", "Send an ordinary item."
        return Problem(code="json-depth", detail=detail, remedy=remedy, index=index, line=line)
    except ValueError as error:
        return Problem(
            code="json-syntax",
            detail=f"not JSON: {error}",
            remedy="Correct the JSON.",
            index=index,
            line=line or getattr(error, "lineno", None),
        )


def _spelled(value: Mapping[str, Any]) -> _Item:
    found: dict[str, Any] = {}
    for key, one in value.items():
        if one is not None:
            found.setdefault(key.replace("_", "").lower(), one)
    return found


# --- one item --------------------------------------------------------------------------------


def _article(value: Any, index: int, line: int | None) -> RawArticle | Problem:
    if isinstance(value, Problem):
        return value
    if not isinstance(value, dict):
        return Problem(
            code="field-invalid",
            detail=f"item {index + 1}: found {type(value).__name__}",
            remedy="Give an object.",
            index=index,
            line=line,
        )
    item = _spelled(value)
    found = {**_content(item), **_dates(item), **_around(item)}
    given = {name: one for name, (one, _) in found.items() if one}
    if not any(given.get(name) for name in ("title", "html", "text", "withdrawn", "media")):
        return Problem(
            code="item-empty",
            detail=f"item {index + 1} has neither a headline nor a body",
            remedy="Give it headline or headlines, and body_html or bodies.",
            index=index,
            line=line,
        )
    provenance = {name: f"ninjs {found[name][1]}" for name in given}
    return RawArticle(**given, provenance=provenance)


_Found = dict[str, tuple[Any, str]]  # field to its value and where that stood


def _content(item: _Item) -> _Found:
    title, title_from = _headline(item)
    html, text, body_from = _body(item)
    summary, summary_from = _described(item)
    kind = kind_named(title) or _KINDS.get(_string(item.get("type")).lower(), "news")
    is_picture = not (html or text)
    return {
        "title": (title, title_from),
        "html": (html, body_from),
        "text": (None if html else text, body_from),
        # A picture's description is all the text that it has.
        "summary": (summary, summary_from),
        "kind": (kind, "type"),
        "media": (_media(item, own=is_picture), "renditions, associations"),
        "see_also": (_see_also(item), "associations"),
    }


def _dates(item: _Item) -> _Found:
    first, version = _date(item.get("firstcreated")), _date(item.get("versioncreated"))
    number = _string(item.get("version"))
    where = f"versioncreated (version {number})" if number else "versioncreated"
    status = _string(item.get("pubstatus")).lower()
    withdrawn = status in ("withheld", "canceled", "cancelled")
    note = one_line(_string(item.get("ednote")))
    return {
        "published": (first or version, "firstcreated" if first else where),
        "updated": (version if version != first else None, where),
        "embargo_until": (_date(item.get("embargoed")), "embargoed"),
        "expires": (_date(item.get("expires")), "expires"),
        "withdrawn": (withdrawn, f"pubstatus {status}"),
        "withdrawn_reason": (note or f"pubstatus {status}" if withdrawn else None, "ednote"),
        "corrections": (() if withdrawn else _corrections(note, version or first), "ednote"),
    }


def _around(item: _Item) -> _Found:
    uri = _string(item.get("uri")) or _string(item.get("guid"))
    publisher, publisher_from = _publisher(item)
    named = [
        name
        for key in ("keywords", "keyword", "person", "people", "organisation", "organisations")
        for name in _names(item.get(key))
    ]
    places = [
        name for key in ("place", "places", "event", "events") for name in _names(item.get(key))
    ]
    return {
        "external_id": (uri, "uri"),
        "canonical_url": (_canonical(item), "altids"),
        "language": (_language(item), "language"),
        "authors": (_authors(item), "by" if item.get("by") else "byline"),
        "publisher": (publisher, publisher_from),
        "topics": ((*_names(item.get("subject")), *_names(item.get("subjects"))), "subject"),
        "keywords": (tuple(dict.fromkeys([*named, *places])), "person, organisation, place, event"),
        "rights": (_rights(item), "usageterms, copyrightnotice, rightsinfo"),
    }


# --- one function a field --------------------------------------------------------------------

_KINDS = {"video": "video", "graphic": "infographic"}
_MARKUP = re.compile(
    r"<(?:p|div|h[1-6]|ul|ol|br|em|strong|a|table|article|section)\b", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}\Z")


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return ""
    return (
        clean(value).strip()
        if isinstance(value, str)
        else str(value)
        if isinstance(value, int)
        else ""
    )


def _objects(value: Any) -> list[_Item]:
    """Of a list the objects in it; of an object of objects (generation 1) its values, whose keys
    are their names."""
    if isinstance(value, dict):
        value = [{"name": key, **one} for key, one in value.items() if isinstance(one, dict)]
    items = value if isinstance(value, list) else []
    return [_spelled(one) for one in items[:MOST] if isinstance(one, dict)]


def _texts(item: _Item, many: str, one: str) -> list[tuple[str, str, str, str]]:
    """(role, content type, value, where), of ``headlines[]`` or ``headline`` and ``headline_*``."""
    found = []
    for text in _objects(item.get(many)):
        kind = _string(text.get("contenttype")) or _string(text.get("mimetype"))
        value = _string(text.get("value"))
        found.append((_string(text.get("role")).lower(), kind.lower(), value, many))
    for key, value in item.items():
        if key == one or (key.startswith(one) and key != many):
            found.append((key[len(one) :], "", _string(value), key))
    return [text for text in found if text[2]]


def _headline(item: _Item) -> tuple[str, str]:
    texts = _texts(item, "headlines", "headline")
    texts.sort(key=lambda text: text[0] not in ("main", ""))
    for _, _, value, where in texts:
        return one_line(_TAG.sub("", value)), where
    title = one_line(_string(item.get("title")))  # what several agencies write
    return title, "title"


def _body(item: _Item) -> tuple[str | None, str | None, str]:
    """HTML before text; NITF or another XML inside is for programs that ask for it."""
    texts = _texts(item, "bodies", "body")
    for role, kind, value, where in texts:
        if "html" in kind or (not kind and ("html" in role or _MARKUP.search(value))):
            return value, None, where
    for _, kind, value, where in texts:
        if "xml" not in kind and not value.startswith("<"):
            return None, value, where
    return None, None, ""


def _described(item: _Item) -> tuple[str, str]:
    texts = _texts(item, "descriptions", "description")
    texts.sort(key=lambda text: text[0] not in ("summary", "abstract", "text", ""))
    for _, _, value, where in texts:
        return one_line(_TAG.sub(" ", value)), where
    return "", ""


def _date(value: Any) -> str | None:
    try:
        return normalised(_string(value)[:80])
    except ValueError:
        return None


def _language(item: _Item) -> str | None:
    tag = _string(item.get("language"))
    return tag if _LANGUAGE.match(tag) and len(tag) <= 35 else None


def _names(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    names = [one.get("name") if isinstance(one, dict) else one for one in items[:MOST]]
    return list(dict.fromkeys(filter(None, (one_line(_string(name)) for name in names))))


def _authors(item: _Item) -> tuple[Person, ...]:
    written = one_line(_string(item.get("by")) or _string(item.get("byline")))
    line = re.sub(r"^by\s+", "", written, flags=re.IGNORECASE)
    if not line or "@" in line:
        return ()
    read = read_meta(f"By {line}")
    return read.authors if read and read.authors else (Person(line),)


def _publisher(item: _Item) -> tuple[Publisher | None, str]:
    for source in _objects(item.get("infosources")) + _objects(item.get("infosource")):
        if name := one_line(_string(source.get("name"))):
            return Publisher(name, _web(source.get("uri"))), "infosource"
    for key in ("provider", "copyrightholder"):
        if name := one_line(_string(item.get(key))):
            return Publisher(name), key
    return None, ""


def _canonical(item: _Item) -> str | None:
    """An item's uri is its name, not its page; some agencies give that among its other names."""
    given = item.get("altids")
    pairs = list(given.items()) if isinstance(given, dict) else []
    pairs += [
        (_string(one.get("name") or one.get("role")), one.get("value")) for one in _objects(given)
    ]
    for name, value in pairs[:MOST]:
        if name.lower() in ("canonical", "canonicalurl", "url", "weburl", "web"):
            return _web(value)
    return None


def _web(value: Any) -> str | None:
    text = _string(value)
    return text if text.startswith(("http://", "https://")) else None


def _rights(item: _Item) -> Rights | None:
    linked = None
    for info in [*_objects(item.get("rightsinfo")), *_objects([item.get("rightsinfo")])]:
        linked = linked or _web(info.get("linkedrights"))
    holder = one_line(_string(item.get("copyrightholder")))
    notice = one_line(_string(item.get("copyrightnotice"))) or (f"© {holder}" if holder else "")
    terms = one_line(_string(item.get("usageterms")))
    return Rights(terms or None, notice or None, linked) if terms or notice or linked else None


def _corrections(note: str, at: str | None) -> tuple[Correction, ...]:
    """The note to editors, where it says that something was corrected."""
    read = read_correction(note, at[:10] if at else None) if note else None
    if read is None and at and re.match(r"(?:\W*corrects|corrected)\b", note, re.IGNORECASE):
        read = Correction(at, note)
    return (read,) if read else ()


# --- pictures and other items ----------------------------------------------------------------

_VISIBLE = ("picture", "photo", "graphic", "video", "audio")
_SMALL = re.compile(r"thumb|small|icon|watermark", re.IGNORECASE)


def _media(item: _Item, *, own: bool) -> tuple[Media, ...]:
    """Of each picture, film or sound its largest rendition; of the item's own only where it is
    one itself."""
    owners = [item] if own or _string(item.get("type")).lower() in _VISIBLE else []
    owners += [one for one in _objects(item.get("associations")) if _is_medium(one)]
    found = (_medium(owner) for owner in owners)
    return tuple(dict.fromkeys(medium for medium in found if medium))


def _is_medium(item: _Item) -> bool:
    kind = _string(item.get("type")).lower()
    return kind in _VISIBLE or (not kind and bool(item.get("renditions")))


def _medium(item: _Item) -> Media | None:
    renditions = [one for one in _objects(item.get("renditions")) if _web(one.get("href"))]
    if not renditions:
        return None
    best = max(renditions, key=lambda one: (not _SMALL.search(_called(one)), _pixels(one)))
    described = _string(item.get("alttext")) or _described(item)[0] or _headline(item)[0]
    people = ", ".join(person.name for person in _authors(item))
    credit = _string(item.get("creditline")) or people or _string(item.get("copyrightholder"))
    return Media(
        url=_string(best.get("href")),
        type=(_string(best.get("contenttype")) or _string(best.get("mimetype"))) or None,
        alt=one_line(described) or None,
        width=_number(best.get("width")),
        height=_number(best.get("height")),
        credit=one_line(credit) or None,
    )


def _called(rendition: _Item) -> str:
    return " ".join(_string(rendition.get(key)) for key in ("name", "title", "usage", "variant"))


def _pixels(rendition: _Item) -> int:
    return (_number(rendition.get("width")) or 0) * (_number(rendition.get("height")) or 0)


def _number(value: Any) -> int | None:
    is_size = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 100_000
    return value if is_size else None


def _see_also(item: _Item) -> tuple[SeeAlso, ...]:
    """Associated texts: by title, and by the uri, which is the other's external id."""
    found = {}
    for one in _objects(item.get("associations")):
        uri = _string(one.get("uri")) or _string(one.get("guid"))
        title = _headline(one)[0]
        if not _is_medium(one) and (uri or title):
            ref = uri or None
            found[uri or title] = SeeAlso(title, _canonical(one), kind_named(title), ref=ref)
    return tuple(found.values())


# --- an operator's own mapping ---------------------------------------------------------------


def _mapped(
    made: RawArticle | Problem, value: Any, fields: Mapping[str, str]
) -> RawArticle | Problem:
    """Places are keys divided by dots; ``[]`` goes through a list: ``genre[].name``."""
    if not fields or isinstance(made, Problem):
        return made
    return overlaid(made, fields, lambda where: _at(value, where.split(".")[:_STEPS]))


_STEPS = 12


def _at(value: Any, steps: Sequence[str]) -> list[str]:
    if not steps:
        values = value if isinstance(value, list) else [value]
        return [text for one in values[:MOST] if (text := _string(one))]
    key = steps[0].removesuffix("[]")
    value = value.get(key) if isinstance(value, dict) else None
    if key == steps[0]:
        return _at(value, steps[1:])
    items = value if isinstance(value, list) else []
    return [text for item in items[:MOST] for text in _at(item, steps[1:])][:MOST]


# --- the source ------------------------------------------------------------------------------


class NinjsSource:
    """News items in JSON."""

    meta = SourceMeta(
        name="ninjs",
        title="ninjs",
        version="1",
        places=("url",),
        media_types=(MEDIA_TYPE,),
        extensions=("ninjs",),
        description="IPTC's news in JSON, 1.x to 3.x: one item, a list, or one a line.",
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        """Each item by itself, in the order of the input.

        Raises:
            Reject: `context.fields` maps a field that no article has.
        """
        if not raw.data.strip():
            return [Problem(code="empty", detail="the input is empty", remedy="Send an item.")]
        if len(raw.data) > MAX_BYTES:
            detail = f"{len(raw.data):,} bytes are over the limit of {MAX_BYTES:,}"
            return [Problem(code="too-large", detail=detail, remedy="Send it in parts.")]
        require_known(context.fields)
        return [
            _mapped(_article(value, index, line), value, context.fields)
            for index, line, value in _items(raw)
        ]


@hookimpl
def register_sources() -> Sequence[NinjsSource]:
    """The hook of the `seealso` entry-point group."""
    return [NinjsSource()]
