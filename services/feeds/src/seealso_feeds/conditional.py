"""Conditional requests and codings, as RFC 9110 has them. Pure.

    validators of what is there + the request's headers -> 304 or 200, in this coding or that

The web's views and the fast lane decide by these same functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from wsgiref.handlers import format_date_time

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_TOKEN = re.compile(r"[a-z0-9!#$&'*+.^_`|~-]+\Z")
_HEADER_MAX = 8192  # characters of If-None-Match that are read: a longer one matches nothing


@dataclass(frozen=True, slots=True)
class Validators:
    """What a document is recognised by. `etag` is quoted; `last_modified`: seconds since 1970."""

    etag: str
    last_modified: int

    def coded(self, coding: str) -> Validators:
        """The same document in a content coding has a strong ETag of its own (section 8.8.3.3)."""
        if coding == "identity":
            return self
        return Validators(f'{self.etag[:-1]}-{coding}"', self.last_modified)


def not_modified(
    validators: Validators, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """Whether the asker has it already. If-None-Match wins over the date (section 13.2.2)."""
    if if_none_match is not None:
        return if_none_match == validators.etag or _none_match(validators.etag, if_none_match)
    if if_modified_since is not None:
        since = http_seconds(if_modified_since)
        return since is not None and validators.last_modified <= since
    return False


def _none_match(etag: str, header: str) -> bool:
    # Weak comparison (section 8.8.3.2): W/"x" and "x" are the same.
    if header.strip() == "*":
        return True
    return len(header) <= _HEADER_MAX and etag in _TAG.findall(header)


@lru_cache(maxsize=1024)
def http_seconds(header: str) -> int | None:
    """An HTTP date in seconds since 1970; None for one that can't be read or names no zone, which
    is then ignored (section 13.1.3)."""
    try:
        when = parsedate_to_datetime(header)
        return int(when.timestamp()) if when.tzinfo is not None else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def http_date(seconds: int) -> str:
    """An HTTP date (section 5.6.7)."""
    return format_date_time(seconds)


@lru_cache(maxsize=256)
def coding_for(accept_encoding: str) -> str:
    """``gzip`` or ``identity``, by q-value (section 12.5.3); identity where nothing is acceptable.

    Equal weights give gzip: who lists it can read it, and it is a third of the bytes.
    """
    weights: dict[str, float] = {}
    for item in accept_encoding[:_HEADER_MAX].lower().split(","):
        name, _, parameters = item.strip().partition(";")
        name = name.strip()
        if _TOKEN.match(name):
            weights["gzip" if name == "x-gzip" else name] = _weight(parameters)
    gzip = weights.get("gzip", weights.get("*", 0.0))
    identity = weights.get("identity", weights.get("*", 1.0) if gzip == 0 else 0.0)
    return "gzip" if gzip > 0 and gzip >= identity else "identity"


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value.strip()), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
