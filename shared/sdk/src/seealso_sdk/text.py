"""Small pure helpers on text that plugins and services share."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

R = TypeVar("R")

# XML 1.0 section 2.2: what is not a Char, or discouraged. Lone surrogates are inside D800-DFFF.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# The same of the other planes, apart: a set beyond FFFF is searched eight times as slowly.
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_ILLEGAL_BEYOND = re.compile(
    "[" + "".join(f"{chr(end - 1)}{chr(end)}" for end in range(0x1FFFF, 0x110000, 0x10000)) + "]"
)
_SPOKEN = str.maketrans(
    {
        "&": " and ",
        "+": " plus ",
        "#": " sharp ",
        "@": " at ",
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ı": "i",
    }
)
_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)
_APOSTROPHE = re.compile("['\u2018\u2019\u02bc]")

SLUG_MAX = 96  # characters; a longer one keeps its head and a checksum of the whole


def clean(value: str) -> str:
    """Without the characters that XML 1.0 forbids or discourages, and without lone surrogates."""
    kept = _ILLEGAL.sub("", value)
    if kept.isascii() or not _BEYOND.search(kept):
        return kept
    return _ILLEGAL_BEYOND.sub("", kept)


def one_line(value: str) -> str:
    """`clean`, and with every run of white space as one space: fit for a title or a header."""
    return " ".join(clean(value).split())


def cleaned(record: R) -> R:
    """A frozen record (an article, a channel) with `clean` applied to every string inside it."""
    value: Any = record
    changes = {}
    for one in fields(value):
        given = getattr(value, one.name)
        if given and (made := _cleaned(given)) != given:
            changes[one.name] = made
    copy: R = replace(value, **changes) if changes else value
    return copy


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(item) for item in value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return cleaned(value)
    return value


def fold(value: str) -> str:
    """The form in which two spellings of one name are equal: case, accents, dashes, spaces."""
    lowered = _APOSTROPHE.sub("", clean(value)).casefold().translate(_SPOKEN)
    if lowered.isascii():  # most titles: no accents to take apart
        return _NOT_WORD.sub(" ", lowered.replace("_", " ")).strip()
    plain = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not _is_latin_mark(c))
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFC", plain).replace("_", " ")).strip()


def _is_latin_mark(char: str) -> bool:
    return "\u0300" <= char <= "\u036f"


def slugify(value: str) -> str:
    """A name as it stands in a URL: ``Mammogram guidelines: What are they?`` is
    ``mammogram-guidelines-what-are-they``. Never empty; the same for every spelling that folds to
    the same form; letters of other scripts stay."""
    import zlib

    slug = fold(value).replace(" ", "-")
    if not slug:
        return f"x-{zlib.crc32(value.encode('utf-8', 'surrogatepass')):08x}"
    if len(slug) > SLUG_MAX:
        return f"{slug[: SLUG_MAX - 9].rstrip('-')}-{zlib.crc32(slug.encode()):08x}"
    return slug
