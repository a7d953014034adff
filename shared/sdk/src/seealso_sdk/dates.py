"""Dates as the article has them (RFC 3339, or a day) into what a format needs.

Formatting never touches the process's locale (feedgen's own does, three times a date).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_LEAP_SECOND = re.compile(r"(?<=:\d\d):60(?!\d)")
_DAY_LENGTH = len("2024-04-09")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_day(value: str) -> bool:
    """Whether the date has the precision of a day."""
    return _DAY.match(value) is not None


def instant(value: str) -> datetime:
    """An aware datetime. A day is its midnight, UTC; a time without offset is taken as UTC.

    Raises:
        ValueError: not a date of the model.
    """
    if is_day(value):
        day = date.fromisoformat(value)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    when = datetime.fromisoformat(value)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def normalised(value: str) -> str:
    """A date of ISO 8601 (RFC 3339 and its common relaxations) as the model has it.

    ``2022-02-24T14:00:00-0500`` is ``2022-02-24T14:00:00-05:00``; a day stays a day; a time without
    offset is taken as UTC; a leap second is the second before it.

    Raises:
        ValueError: not a date, or a date without a day.
    """
    text = value.strip()
    if is_day(text):
        return date.fromisoformat(text).isoformat()
    text = _LEAP_SECOND.sub(":59", text)
    if len(text) <= _DAY_LENGTH:  # 20240409, 2024-W15-2
        return date.fromisoformat(text).isoformat()
    if text[-1:] in "zZ":
        text = f"{text[:-1].rstrip()}+00:00"
    when = datetime.fromisoformat(text)
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    try:
        utc = aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{value!r} is outside the years 1 to 9999") from error
    offset = (aware.utcoffset() or timedelta()).total_seconds()
    # RFC 3339 has offsets of whole minutes; ISO 8601 as Python reads it has seconds too.
    return (utc if offset % 60 else aware).isoformat(timespec="seconds")


def rfc3339(value: str | datetime) -> str:
    """``2024-04-09T00:00:00Z`` (RFC 3339, whole seconds, UTC)."""
    when = instant(value) if isinstance(value, str) else value
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc822(value: str | datetime) -> str:
    """``Tue, 09 Apr 2024 00:00:00 GMT`` (RFC 822 with a four-digit year; RFC 9110 IMF-fixdate)."""
    when = (instant(value) if isinstance(value, str) else value).astimezone(UTC)
    return (
        f"{_WEEKDAYS[when.weekday()]}, {when.day:02d} {_MONTHS[when.month - 1]} {when.year:04d} "
        f"{when.hour:02d}:{when.minute:02d}:{when.second:02d} GMT"
    )
