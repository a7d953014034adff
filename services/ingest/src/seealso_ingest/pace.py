"""When a source is looked at next. Pure: seconds in, seconds out.

adapted: how often it really changes ─┐
hinted: ttl, sy:, Cache-Control ──────┼─> pace ──failures double it──> +-10 % ──> wait
Retry-After: not before ──────────────┘          5 minutes to 24 hours, never given up
"""

from __future__ import annotations

import re
from collections.abc import Callable

DAY = 86_400.0
FIRST = 1_800.0  # between the first two looks
LEAST = 300.0
LONGEST = DAY
RENEWED = 0.5  # times the pace after a look that brought something new
UNCHANGED = 1.25  # and after one that did not: four looks a change, in the long run
JITTER = 0.1

_LOOK = 65_536  # bytes: hints stand before the first item
_ITEM = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:item|entry)[\s>/]")
_TTL = re.compile(rb"<ttl>\s*([0-9]{1,6})\s*</ttl>")
_PERIOD = re.compile(
    rb"<sy:updatePeriod>\s*(hourly|daily|weekly|monthly|yearly)\s*</sy:updatePeriod>"
)
_FREQUENCY = re.compile(rb"<sy:updateFrequency>\s*([0-9]{1,6})\s*</sy:updateFrequency>")
_PERIODS = {
    b"hourly": DAY / 24, b"daily": DAY, b"weekly": 7 * DAY, b"monthly": 30 * DAY,
    b"yearly": 365 * DAY,
}  # fmt: skip


def hinted(data: bytes) -> float | None:
    """How often a feed says that it changes, seconds: the longer of ``ttl`` (RSS 2.0, minutes) and
    ``sy:updatePeriod`` by ``sy:updateFrequency`` (RSS 1.0 syndication module). None: it doesn't.
    """
    head = data[:_LOOK]
    item = _ITEM.search(head)
    head = head[: item.start()] if item else head
    found = []
    if ttl := _TTL.search(head):
        found.append(int(ttl[1]) * 60.0)
    if period := _PERIOD.search(head):
        times = _FREQUENCY.search(head)
        found.append(_PERIODS[period[1]] / max(int(times[1]) if times else 1, 1))
    return max(found) if found else None


def adapted(pace: float, *, renewed: bool, hint: float | None = None, least: float) -> float:
    """The pace after a look that went well.

    Args:
        pace: before it; 0: it was the first look.
        renewed: it brought something new.
        hint: what the source asks for at least (`hinted`, max-age).
        least: seconds; nothing is looked at more often.
    """
    grown = pace * (RENEWED if renewed else UNCHANGED) if pace > 0 else FIRST
    return min(max(grown, hint or 0.0, least), max(LONGEST, least))


def wait(
    pace: float,
    failures: int,
    *,
    chance: Callable[[], float],
    least: float,
    retry_after: float | None = None,
) -> float:
    """Seconds until the next look.

    Args:
        pace: between two looks while all goes well; 0: none went well yet.
        failures: in a row; each doubles the wait, to 24 hours.
        chance: a number from 0 to 1, so that sources which were added at once drift apart.
        retry_after: what the server asks for; more than 24 hours are 24.
    """
    most = max(LONGEST, least)
    grown = min((pace or least) * 2.0 ** min(failures, 20), most)
    spread = grown * (1 - JITTER + 2 * JITTER * chance())
    return min(max(spread, least, retry_after or 0.0), most)
