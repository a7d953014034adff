"""When a page was published: every witness is heard, the day with the most trust wins.

    JSON-LD, article:published_time, citation dates  -\\
    address (/2024/05/17/)                             +--> Witness(day, trust) --> one date
    time, itemprop, dated classes, "Published ..."   -/
    none of them: htmldate

One witness alone may be wrong (a template's date, the day of a move to a new system), so those that
agree, a day of time zones apart, are added up. Days of changes are kept apart: a date under
"updated" is never the publication.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from seealso_sdk.bylines import first_date, read_meta
from seealso_sdk.dates import normalised
from seealso_source_page_ld import LinkedData
from seealso_source_page_marks import Mark, Marks

_PUBLISHED = (  # name, trust
    ("article:published_time", 3.0),
    ("og:article:published_time", 3.0),
    ("article:published", 3.0),
    ("og:published_time", 2.5),
    ("rnews:datepublished", 2.5),
    ("citation_publication_date", 3.0),
    ("citation_online_date", 2.5),
    ("citation_date", 2.5),
    ("parsely-pub-date", 3.0),
    ("sailthru.date", 2.5),
    ("cxenseparse:recs:publishtime", 2.5),
    ("dcterms.issued", 2.5),
    ("dc.date.issued", 2.5),
    ("dcterms.created", 2.0),
    ("dc.date.created", 2.0),
    ("datepublished", 2.5),
    ("originalpublicationdate", 3.0),
    ("publication_date", 2.5),
    ("publish-date", 2.5),
    ("publish_date", 2.5),
    ("publishdate", 2.5),
    ("pubdate", 2.5),
    ("pub_date", 2.5),
    ("article_date_original", 3.0),
    ("article.published", 2.5),
    ("displaydate", 2.0),
    ("ptime", 2.5),
    ("created", 1.5),
    ("dcterms.date", 1.5),
    ("dc.date", 1.5),
    ("date", 1.5),
    ("og:pubdate", 2.0),
)
_MODIFIED = (
    *("article:modified_time", "og:updated_time", "article:modified", "dcterms.modified"),
    *("dc.date.modified", "datemodified", "last-modified", "last-updated", "lastmod"),
    *("modified_time", "revised", "article.updated"),
)
_WEAKEST = 2.0  # trust below which htmldate is asked for a second opinion
_CHANGED = re.compile(
    r"modif|updat|edit(?:ed)?[-_ ]?(?:at|on|date)|lastmod|revis|aktualis|geänder|actualiz|"
    r"mise-a-jour|maj\b|expire|event"
)
_MARKED = re.compile(r"publish|pubdate|post(?:ed)?[-_ ]?(?:on|date|time)|entry[-_]date|created")
_DATED = re.compile(r"date|time|published|datum|fecha|posted|stamp|meta|byline")
_TEXT_MAX = 90  # characters of a text that can be a date with what stands around it


@dataclass(frozen=True, slots=True)
class Witness:
    """A date (RFC 3339 or a day), how much it is trusted, and where it stands."""

    value: str
    trust: float
    where: str

    @property
    def day(self) -> date:
        return date.fromisoformat(self.value[:10])


def read_date(value: str) -> str | None:
    """A date as machines or people write it, as the model has it; None for none or for half."""
    text = " ".join(value.split())[:200]
    if re.fullmatch(r"1\d{9}(?:\d{3})?", text):  # seconds or milliseconds since 1970
        return datetime.fromtimestamp(int(text[:10]), UTC).isoformat(timespec="seconds")
    joined = re.sub(r"(:\d\d(?:\.\d+)?)\s+([+-]\d\d:?\d\d|Z)\Z", r"\1\2", text)
    try:
        return normalised(joined)
    except ValueError:
        pass
    if re.match(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d", text):
        try:
            return normalised(parsedate_to_datetime(text).isoformat())
        except (ValueError, TypeError, IndexError):
            return None
    match = re.match(r"(\d{4}-\d{2}-\d{2})(?=\D|\Z)", text)
    if match and _is_day(match[1]):
        return match[1]
    return first_date(text)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def updated(
    ld: LinkedData, metas: Mapping[str, Sequence[str]], marks: Marks, today: str
) -> Witness | None:
    """The day of the last change that the page declares or marks."""
    found = [
        *_of_data(ld, "dateModified", 3.0),
        *_of_metas(metas, tuple((name, 2.5) for name in _MODIFIED)),
        *(witness for witness in _of_marks(marks, changed=True)),
    ]
    return next((one for one in found if _plausible(one, today)), None)


def published(
    ld: LinkedData,
    metas: Mapping[str, Sequence[str]],
    marks: Marks,
    url: str | None,
    seen: str | None,
    today: str,
) -> tuple[Witness | None, bool]:
    """The most trusted day of publication, and whether that is sure. `seen` is a date that stands
    in the text as that of the page."""
    witnesses = [
        *_of_data(ld, "datePublished", 3.2),
        *_of_data(ld, "uploadDate", 2.0),
        *_of_data(ld, "dateCreated", 2.0),
        *_of_metas(metas, _PUBLISHED),
        *_of_marks(marks, changed=False),
        *_of_address(url),
        *((Witness(seen, 2.4, "date in the text"),) if seen else ()),
    ]
    witnesses = [one for one in witnesses if _plausible(one, today)]
    if not witnesses:
        return None, False
    best = _heard(witnesses, _month_of_address(url))
    return best[0], best[1] >= _WEAKEST


def guessed(page: str, url: str | None, today: str) -> Witness | None:
    """The day that htmldate finds in a page's HTML. It makes the first of January of a bare year,
    which nobody said: that counts only where the page has that day."""
    # Imported here: it takes a second, and describing the plugin must not.
    from htmldate import find_date

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    # Without a day given, the result would hang on the clock.
    found: str | None = find_date(page, original_date=True, url=url, max_date=today or "2199-12-31")
    if not found or (found.endswith("-01-01") and not _NEW_YEAR.search(page)):
        return None
    return Witness(found, 1.0, "date in the text")


_NEW_YEAR = re.compile(
    r"\b0?1[-/.]0?1\b|\bjan\w*\.? 1\b|\b1\.? (?:de )?(?:jan|ene|gen)", re.IGNORECASE
)


# --- the vote --------------------------------------------------------------------------------


def _heard(witnesses: Sequence[Witness], month: str) -> tuple[Witness, float]:
    """Each kind of witness speaks once for a day, and for the days beside it."""
    one_day = timedelta(days=1)

    def support(of: Witness) -> float:
        by_place: dict[str, float] = {}
        for one in witnesses:
            if abs(one.day - of.day) <= one_day:
                place = one.where.split(" ")[0]
                by_place[place] = max(by_place.get(place, 0.0), one.trust)
        bonus = 0.9 if month and of.value.startswith(month) else 0.0
        return sum(by_place.values()) + bonus

    # Of equals the one that is trusted most, then the older: the original date is wanted.
    best = max(witnesses, key=lambda one: (round(support(one), 3), one.trust, -one.day.toordinal()))
    return best, support(best)


def _plausible(one: Witness, today: str) -> bool:
    try:
        day = one.day
    except ValueError:
        return False
    if not 1800 <= day.year <= 2199:
        return False
    return not today or day <= date.fromisoformat(today) + timedelta(days=1)


# --- the witnesses ---------------------------------------------------------------------------


def _of_data(ld: LinkedData, name: str, trust: float) -> Iterator[Witness]:
    for node, share in ((ld.main, 1.0), *((frame, 0.85) for frame in ld.frames)):
        value = node.get(name)
        for text in value if isinstance(value, list) else [value]:
            text = text.get("@value") if isinstance(text, dict) else text
            found = read_date(str(text)) if isinstance(text, str | int) and text else None
            if found:
                yield Witness(found, trust * share, f"JSON-LD {name}")
                break


def _of_metas(
    metas: Mapping[str, Sequence[str]], names: Sequence[tuple[str, float]]
) -> Iterator[Witness]:
    for name, trust in names:
        for text in metas.get(name, ())[:2]:
            found = read_date(text)
            if found:
                yield Witness(found, trust, f"meta {name}")
                break


def _of_marks(marks: Marks, *, changed: bool) -> Iterator[Witness]:
    """Dates of time elements, microdata and classes: the first of each kind, as it stands nearest
    to the title."""
    kinds: set[str] = set()
    for mark in marks.found:
        kind = _kind_of(mark)
        if kind is None or (kind == "changed") != changed or kind in kinds:
            continue
        found = _date_of(mark)
        if found is None or (not changed and found[0] == "changed"):
            continue
        kinds.add(kind)
        trust = {"microdata": 3.0, "published": 2.6, "changed": 2.0, "time": 2.4, "class": 1.9}[
            kind
        ]
        name = {"microdata": "microdata datePublished", "time": "time element"}.get(
            kind, f"class of a date ({kind})" if kind != "class" else "class of a date"
        )
        yield Witness(found[1], trust, name)


def _kind_of(mark: Mark) -> str | None:
    props = {name.lower() for name in mark.props}
    if props.intersection(("datemodified", "modified", "dateupdated")):
        return "changed"
    if props.intersection(("datepublished", "pubdate", "issued", "datecreated", "uploaddate")):
        return "microdata"
    if _CHANGED.search(mark.words):
        return "changed"
    is_time = mark.element.tag == "time"
    if is_time and (mark.element.get("pubdate") is not None or _MARKED.search(mark.words)):
        return "published"
    if is_time:
        return "time"
    if _MARKED.search(mark.words):
        return "published"
    return "class" if _DATED.search(mark.words) else None


def _date_of(mark: Mark) -> tuple[str, str] | None:
    """("changed" or "", the date) of a marked element; the words before it may say that it is of a
    change."""
    text = mark.text
    before = (mark.element.getprevious(), mark.element.getparent())
    label = " ".join(
        part
        for part in (
            before[0].text if before[0] is not None and before[0].tag in ("span", "b", "i") else "",
            before[0].tail if before[0] is not None else "",
            before[1].text if before[1] is not None else "",
        )
        if part
    )[-60:]
    state = "changed" if _LABEL_CHANGED.search(f"{label} {text[:40]}") else ""
    if mark.given:
        found = read_date(mark.given)
        if found:
            return state, found
    if len(text) > _TEXT_MAX:
        return None
    meta = read_meta(text)
    if meta:
        for name, value in meta.dates:
            if name in ("", "published"):
                return "", value
        for name, value in meta.dates:
            if name == "updated":
                return "changed", value
        return None
    found = first_date(text)
    return (state, found) if found else None


_LABEL_CHANGED = re.compile(
    r"\b(?:updated|modified|revised|edited|last update|aktualisiert|geändert|stand|letzte änderung|"
    r"actualizado|actualización|modificado|mis à jour|modifié|aggiornato|atualizado|bijgewerkt|"
    r"uppdaterad|opdateret|oppdatert|zaktualizowano|päivitetty|обновлено|изменено|expires|"
    r"reviewed)\b",
    re.IGNORECASE,
)

_ADDRESS_DAY = re.compile(
    r"[/_-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|\D|$)|"
    r"/((?:19|20)\d\d)/(\d{1,2})/(\d{1,2})/"
)
_ADDRESS_NAMED = re.compile(
    r"/((?:19|20)\d\d)/(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*/(\d{1,2})(?=/|$)",
    re.IGNORECASE,
)
_ADDRESS_MONTH = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])/")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _of_address(url: str | None) -> Iterator[Witness]:
    for pattern in (_ADDRESS_DAY, _ADDRESS_NAMED):
        match = pattern.search(url or "")
        if match:
            year, month, day = (part for part in match.groups() if part)
            number = _MONTHS.index(month[:3].lower()) + 1 if month.isalpha() else int(month)
            found = f"{year}-{number:02d}-{int(day):02d}"
            if _is_day(found):
                yield Witness(found, 3.1, "address")
                return


def _month_of_address(url: str | None) -> str:
    match = _ADDRESS_MONTH.search(url or "")
    return f"{match[1]}-{int(match[2]):02d}" if match else ""
