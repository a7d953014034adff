"""Dates as machines have written them into feeds and metadata, into the model's form.

    date_of("Tue, 09 Apr 24 10:00 EST")        -> "2024-04-09T10:00:00-05:00"
    date_of("2004년 05월 28일  01:31:15")       -> "2004-05-28T01:31:15+09:00"
    date_of("9 avril 2024")                    -> "2024-04-09"
    date_of("soon")                            -> None

RFC 3339 and the rest of ISO 8601 that names a year, W3CDTF, RFC 822, 850, 1123 and 2822 with what
programs do to them (day and month swapped, names of zones, no seconds, AM and PM), asctime, the
forms of some blog hosts, seconds since 1970. The precision stays: a day is a day. A month or a
year, which the model doesn't have, is its first day. A time without a zone is UTC, in a Korean form
Korean time. What can be read in two ways (``04/05/2024``) is not read.

A text is cut to a bounded length first, and no pattern repeats over what another one repeats over:
the time is linear in the length of the input.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from seealso_sdk.text import fold

LONGEST = 100  # characters; a longer text is no date

_HOURS_EAST = """
    z 0 ut 0 utc 0 gmt 0 wet 0 adt -3 ast -4 at -4 edt -4 est -5 et -5 cdt -5 cst -6 ct -6 mdt -6
    mst -7 mt -7 pdt -7 pst -8 pt -8 akdt -8 akst -9 hst -10 nst -3.5 ndt -2.5 brt -3 art -3
    west 1 bst 1 cet 1 met 1 mez 1 cest 2 mest 2 mesz 2 eet 2 sast 2 eest 3 msk 3 msd 4 pkt 5
    wib 7 hkt 8 sgt 8 awst 8 kst 9 jst 9 acst 9.5 aest 10 aedt 11 nzst 12 nzdt 13
    a -1 n 1 m -12 y 12
"""  # of Greenwich; the single letters as RFC 822 section 5.1 had them
_WORDS = _HOURS_EAST.split()
_ZONES = {name: float(hours) for name, hours in zip(_WORDS[::2], _WORDS[1::2], strict=True)}

# Months, divided by points: as they begin in English, then in full or shortened elsewhere, folded.
_NAMES = """
    jan januar january enero ene januari janvier janv gennaio gen janeiro styczen stycznia
    ιαν ιανουαριος ιανουαριου января янв يناير ינואר .
    feb februar february februari febrero fevrier fev febbraio fevereiro luty lutego φεβ
    φεβρουαριος φεβρουαριου февраля фев فبراير פברואר .
    mar marcius march marzo marz mrz mars marco maart mrt marzec marca μαω μαρ μαρτιος
    μαρτιου марта мар مارس מרץ .
    apr aprilis april abril abr avril avr aprile kwiecien kwietnia απρ απριλιος απριλιου
    апреля апр أبريل אפריל .
    may majus mayo mai maggio mag maio mei maj maja μαι μαιος μαιου мая май مايو מאי .
    jun junius june junio juni juin giugno giu junho czerwiec czerwca ιουν ιον ιουνιος
    ιουνιου июня июн يونيو יוני .
    jul julius july julio juli juillet juil luglio lug julho lipiec lipca ιουλ ιολ ιουλιος
    ιουλιου июля июл يوليو יולי .
    aug augusztus august agosto ago aout augustus sierpien sierpnia αυγ αυγουστος αυγουστου
    августа авг أغسطس אוגוסט .
    sep szeptember september sept septiembre setiembre septembre settembre set setembro
    wrzesien wrzesnia σεπ σεπτεμβριος σεπτεμβριου сентября сен سبتمبر ספטמבר .
    oct oktober october octubre okt octobre ottobre ott outubro out pazdziernik pazdziernika
    οκτ οκτωβριος οκτωβριου октября окт أكتوبر אוקטובר .
    nov november noviembre novembre novembro listopad listopada νοε νοεμβριος νοεμβριου
    ноября ноя نوفمبر נובמבר .
    dec december diciembre dic dezember dez decembre dicembre dezembro grudzien grudnia δεκ
    δεκεμβριος δεκεμβριου декабря дек ديسمبر דצמבר .
"""
_MONTHS = {
    fold(name): number
    for number, names in enumerate(_NAMES.strip().rstrip(".").split("."), start=1)
    for name in names.split()
}

_CLOCK = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2}))(?::(?P<second>\d{1,2})(?:[.,]\d{1,9})?)?"
    r"(?:\s?(?P<half>[AaPp]\.?[Mm])\b\.?)?"
)
_OFFSET = r"(?:\s?(?P<zone>[A-Za-z/_]{0,20}\s?[+\-\u2212]\d{1,2}:?(?:\d\d)?|[A-Za-z/]{1,20}|0000))?"
_TAIL = re.compile(rf"(?:\s*{_CLOCK}{_OFFSET}(?:\s?\([^()]*\))?)?\s*\Z")
_ISO = re.compile(
    r"(?P<year>\d{4})(?:"
    r"-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"|(?P<month2>\d\d)(?P<day2>\d\d)"
    r"|-?(?P<ordinal>\d{3})"
    r"|-W(?P<week>\d\d)(?:-?(?P<weekday>[1-7]))?"
    r"|-(?P<month3>\d{1,2})|)(?:(?=\Z)|[Tt]\s?|\s+)"
)
_COMPACT_CLOCK = re.compile(r"(\d\d)(\d\d)(\d\d)?(?=\Z|[Zz+\- ])")
_SHORT_ISO = re.compile(
    r"-?(?P<year>\d\d)(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?|(?P<month2>\d\d)(?P<day2>\d\d)|"
    r"-?(?P<ordinal>\d{3}))(?:(?=\Z)|[Tt]\s?|\s+)"
)
_NAMED_ISO = re.compile(
    r"(?P<year>\d{4})[-. ]\s?(?P<name>[^\W\d_]{3,20})\.?[-. ]\s?(?P<day>\d{1,2})\.?(?:[Tt,]?\s?)"
)
_FAR_EAST = re.compile(
    r"(?P<year>\d{4})\s?(?:년|年)\s?(?P<month>\d{1,2})\s?(?:월|月)\s?(?P<day>\d{1,2})\s?(?:일|日)\s?"
)
_HALVES = (("오전", "AM"), ("오후", "PM"), ("上午", "AM"), ("下午", "PM"))
_SLASHED = re.compile(r"(?P<year>\d{4})[/.](?P<month>\d{1,2})[/.](?P<day>\d{1,2})(?:,?\s|\Z)")
_DAY_FIRST = re.compile(r"(?P<one>\d{1,2})[/.](?P<two>\d{1,2})[/.](?P<year>\d{4})(?:,?\s|\Z)")
_WEEKDAY = re.compile(r"[^\W\d_]{1,12}\.?(?:,\s?|\s)(?=.*\d)")
_NUMBER_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?(?:\s|-|\sde\s|\sof\s)(?P<name>[^\W\d_]{3,20})\.?,?"
    r"(?:\s|-|\sde\s|\sdel\s)(?P<year>\d{4}|\d{2,3})(?!\d|:)[,.]?\s?(?:at\s)?"
)
_NAME_FIRST = re.compile(
    r"(?P<name>[^\W\d_]{3,20})\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s"
    r"(?P<year>\d{4}|\d{2,3})(?!\d|:)[,.]?\s?(?:at\s)?"
)
_ASCTIME = re.compile(  # the year comes last (C standard, asctime; date(1) with its zone)
    rf"(?P<name>[^\W\d_]{{3,20}})\s(?P<day>\d{{1,2}})\s{_CLOCK}{_OFFSET}\s(?P<year>\d{{4}})\Z"
)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,9})?\Z|\d{13}\Z")
_ISO_OFFSET = re.compile(r"(?P<sign>[+\-\u2212])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?\Z")


def date_of(text: str) -> str | None:
    """RFC 3339, or a day, or None where the text is no date."""
    if len(text) > LONGEST * 4:
        return None
    line = " ".join(text.split())
    if not line or len(line) > LONGEST:
        return None
    try:
        return _iso(line) or _worded(line)
    except (ValueError, OverflowError):  # there is no such day, or it is outside the years
        return None


def _iso(line: str) -> str | None:
    match = _ISO.match(line)
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts["year"])
    if parts["ordinal"]:
        day = date(year, 1, 1) + timedelta(days=int(parts["ordinal"]) - 1)
    elif parts["week"]:
        day = date.fromisocalendar(year, int(parts["week"]), int(parts["weekday"] or 1))
    else:
        month = parts["month"] or parts["month2"] or parts["month3"] or "1"
        day = date(year, int(month), int(parts["day"] or parts["day2"] or "1"))
    rest = line[match.end() :]
    compact = _COMPACT_CLOCK.match(rest)
    if compact:
        rest = ":".join(one for one in compact.groups() if one) + rest[compact.end() :]
    if rest[:2] in ("오전", "오후", "上午", "下午"):
        return _far_eastern(day, rest)
    return _timed(day, rest) if day.year == year else None


def _worded(line: str) -> str | None:
    if _EPOCH.match(line):
        return _since_1970(float(line))
    match = _FAR_EAST.match(line)
    if match:
        return _far_eastern(_day(match), line[match.end() :])
    head = _WEEKDAY.match(line)
    for start in (0, head.end() if head else 0):
        found = _from(line[start:])
        if found is not None or not head:
            return found
    return None


def _from(line: str) -> str | None:
    """A date with a month in words, or in figures in an order that is sure."""
    asctime = _ASCTIME.match(line)
    if asctime:
        day = _named(asctime)
        return _clocked(day, asctime) if day else None
    for pattern in (_NUMBER_FIRST, _NAME_FIRST, _NAMED_ISO):
        match = pattern.match(line)
        named = _named(match) if match else None
        if match and named:
            return _timed(named, line[match.end() :])
    match = _SLASHED.match(line) or _SHORT_ISO.match(line)
    if match:
        return _timed(_day(match), line[match.end() :])
    match = _DAY_FIRST.match(line)
    if match:
        one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
        if one != two and one <= 12 and two <= 12:
            return None
        return _timed(date(year, min(one, two), max(one, two)), line[match.end() :])
    return None


def _named(match: re.Match[str]) -> date | None:
    name = fold(match["name"])
    month = _MONTHS.get(name) or _MONTHS.get(name[:3])
    return date(_full_year(match["year"]), month, int(match["day"])) if month else None


def _day(match: re.Match[str]) -> date:
    parts = match.groupdict()
    year = _full_year(parts["year"])
    if parts.get("ordinal"):
        return date(year, 1, 1) + timedelta(days=int(parts["ordinal"]) - 1)
    month = parts["month"] or parts["month2"]
    return date(year, int(month), int(parts["day"] or parts.get("day2") or "1"))


def _full_year(digits: str) -> int:
    """RFC 2822 section 4.3: two digits up to 49 are of this century, three are years after 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _since_1970(seconds: float) -> str:
    when = datetime.fromtimestamp(seconds / 1000 if seconds >= 1e12 else seconds, UTC)
    return when.isoformat(timespec="seconds")


def _far_eastern(day: date, rest: str) -> str | None:
    korean = rest[:2] in ("오전", "오후") or not rest.isascii()
    for word, half in _HALVES:
        if rest.startswith(word):
            rest = f"{rest[len(word) :].strip()} {half}"
    match = _TAIL.match(rest)
    if match is None:
        return None
    if match["hour"] is None:
        return day.isoformat()
    return _clocked(day, match, default=9.0 if korean or match["zone"] is None else 0.0)


def _timed(day: date, rest: str) -> str | None:
    """The day with what follows it: nothing, or a time of day with its zone."""
    match = _TAIL.match(rest)
    if match is None:
        return day.isoformat() if _is_zone(rest) else None
    return day.isoformat() if match["hour"] is None else _clocked(day, match)


def _is_zone(rest: str) -> bool:
    """A zone without a time says nothing."""
    return rest.strip().lower() in _ZONES or _ISO_OFFSET.match(rest.strip()) is not None


def _clocked(day: date, match: re.Match[str], default: float = 0.0) -> str | None:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = (match["half"] or "").lower().replace(".", "")
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    offset = _offset(match["zone"] or "", default)
    if offset is None:
        return None
    ends = (hour, minute, second) == (24, 0, 0)  # ISO 8601: the midnight that ends the day
    when = datetime(
        day.year, day.month, day.day, 0 if ends else hour, minute, min(second, 59), tzinfo=offset
    )
    if second > 60:
        return None
    when += timedelta(days=1) if ends else timedelta()
    when.astimezone(UTC)  # OverflowError: outside the years 1 to 9999
    return when.isoformat(timespec="seconds")


def _offset(zone: str, default: float) -> timezone | None:
    """``GMT+2``, ``-0500``, ``EST``, ``Etc/GMT``; a name that nobody knows is UTC."""
    name = zone.lower().replace(" ", "").removeprefix("etc/")
    match = _ISO_OFFSET.search(name)
    if match is None:
        return _zone(_ZONES.get(name, 0.0) if name and name != "0000" else default)
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    if hours > 23 or minutes > 59:
        return None
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(shift if match["sign"] == "+" else -shift)


def _zone(hours: float) -> timezone:
    return UTC if hours == 0 else timezone(timedelta(hours=hours))
