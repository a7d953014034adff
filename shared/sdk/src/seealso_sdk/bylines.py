"""Lines that say who wrote a page and when: dates in words and figures, bylines, corrections.

    read_meta("Updated: 12 May 2023 | By Ann Reef, M.D.") -> Meta(dates, authors, ...) | None
    read_correction("Correction, 9 April 2024: ...", day)  -> Correction | None
    first_date("... on 9 April 2024 ...")                  -> "2024-04-09"

A line is such a line only when all of it is used up: label, date, name, series, separator. One
word left over and it is a sentence of the article that happens to name a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from seealso_sdk.dates import normalised
from seealso_sdk.furniture import series_named
from seealso_sdk.model import Correction, Person
from seealso_sdk.names import all_names
from seealso_sdk.text import fold

LONGEST = 200  # characters of a line that is looked at

# --- dates -----------------------------------------------------------------------------------

# One line a month, its names in a dozen languages, folded.
_MONTH_NAMES = """
    january jan enero ene januar jaenner janvier janv gennaio janeiro januari يناير ינואר января
    february feb febrero februar feber fevrier febbraio fevereiro februari فبراير פברואר февраля
    march mar marzo maerz marz mrz mars marco maart mrt مارس מרץ מרס марта
    april apr abril abr avril avr aprile أبريل ابريل אפריל апреля
    may mayo mai maggio mag maio mei مايو מאי мая
    june jun junio juni juin giugno giu junho يونيو יוני июня
    july jul julio juli juillet juil luglio lug julho يوليو יולי июля
    august aug agosto ago aout augustus أغسطس اغسطس אוגוסט августа
    september sept sep septiembre setiembre septembre settembre setembro سبتمبر ספטמבר сентября
    october oct octubre oktober okt octobre ottobre ott outubro out أكتوبر اكتوبر אוקטובר октября
    november nov noviembre novembre novembro نوفمبر נובמבר ноября
    december dec diciembre dic dezember dez decembre dicembre dezembro ديسمبر דצמבר декабря
"""
_MONTHS = {
    fold(name): number
    for number, names in enumerate(_MONTH_NAMES.strip().splitlines(), start=1)
    for name in names.split()
}
_MONTH = r"(?P<month>[^\W\d_]{3,12})\.?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)(?![\d:])",
        r"(?P<year>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        r"(?P<year>\d{4})\s?[年년]\s?(?P<m>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]",
        _MONTH + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+" + _YEAR,
        r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|re|º|°|\.)?\s+(?:de\s+|of\s+)?ב?"
        + _MONTH
        + r",?\s+(?:del?\s+)?"
        + _YEAR
        + r"(?:\s?г\.)?",
        r"(?P<day>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?" + _YEAR,
        r"(?P<first>\d{1,2})[/-](?P<second>\d{1,2})[/-]" + _YEAR,
    )
)
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


def _read_date(text: str, at: int, day_first: bool) -> tuple[str | None, int]:
    """The date that stands at `at`, and where it ends; (None, at) where there is none.

    ``03/04/2024`` is a date whose day nobody knows, unless the words around it tell the language:
    it ends as no date, rather than as the wrong one.
    """
    for pattern in _DATES:
        match = pattern.match(text, at)
        if match is None:
            continue
        parts = match.groupdict()
        if parts.get("iso"):
            try:
                return normalised(parts["iso"]), match.end()
            except ValueError:
                continue
        month = _month(parts, day_first)
        day = _day(parts, day_first)
        if month is None or day is None:
            return (None, match.end()) if parts.get("first") else (None, at)
        try:
            found = date(int(parts["year"]), month, day)
        except ValueError:
            continue
        if _FIRST_YEAR <= found.year <= _LAST_YEAR:
            return found.isoformat(), match.end()
    return None, at


def first_date(text: str) -> str | None:
    """The first whole date in a text, whatever stands around it."""
    for word in re.finditer(r"(?<!\w)\w", text[:LONGEST]):
        found, _ = _read_date(text, word.start(), day_first=False)
        if found:
            return found
    return None


def _month(parts: dict[str, str | None], day_first: bool) -> int | None:
    if parts.get("month"):
        return _MONTHS.get(fold(parts["month"] or ""))
    if parts.get("m"):
        return int(parts["m"] or 0)
    numbers = _slashed(parts, day_first)
    return numbers[1] if numbers else None


def _day(parts: dict[str, str | None], day_first: bool) -> int | None:
    if parts.get("day"):
        return int(parts["day"] or 0)
    numbers = _slashed(parts, day_first)
    return numbers[0] if numbers else None


def _slashed(parts: dict[str, str | None], day_first: bool) -> tuple[int, int] | None:
    """Day and month of ``25/12/2024`` and ``12/25/2024``; None where it could be either."""
    first, second = int(parts["first"] or 0), int(parts["second"] or 0)
    if day_first or first > 12:
        return first, second
    if second > 12:
        return second, first
    return (first, second) if first == second else None


# --- labels ----------------------------------------------------------------------------------

# field, whether the label's language writes the day first in figures, the label
_LABELS = tuple(
    (name, day_first, re.compile(rf"(?:{words})\s*[:：]?\s*", re.IGNORECASE))
    for name, day_first, words in (
        ("review_by", False, r"(?:next review|review due|to be reviewed)(?: due| date| by| on)*\b"),
        ("review_by", True, r"próxima revisión|nächste (?:über)?prüfung|prochaine révision"),
        ("expires", False, r"(?:expires|valid until)(?: on)?\b"),
        (
            "reviewed",
            False,
            (
                r"(?:(?:page|content) )?(?:last |medically |clinically |editorially )*"
                r"(?:reviewed|checked)(?: on)?\b|last review\b|date reviewed\b"
            ),
        ),
        ("reviewed", True, r"(?:última )?revisi(?:ón|to)\b|revisad[oa](?: el| em)?\b"),
        ("reviewed", True, r"(?:zuletzt |medizinisch )?(?:geprüft|überprüft)(?: am)?\b"),
        ("reviewed", True, r"(?:révisé|relu|vérifié)e?(?: le)?\b|dernière révision\b"),
        ("reviewed", True, r"(?:تمت )?(?:ال)?مراجعة(?: في)?|נבדק(?: ב)?"),
        (
            "updated",
            False,
            (
                r"(?:(?:page|article|content) )?(?:last |was last )*(?:updated|modified|revised)"
                r"(?: on)?\b|last update\b|update\b"
            ),
        ),
        ("updated", True, r"(?:última )?actualiza(?:d[oa]|ción)(?: el)?\b|modificad[oa](?: el)?\b"),
        (
            "updated",
            True,
            (
                r"(?:zuletzt )?(?:aktualisiert|geändert|überarbeitet)(?: am)?\b|stand\b|"
                r"letzte (?:aktualisierung|änderung)\b|aktualisierung\b"
            ),
        ),
        (
            "updated",
            True,
            r"(?:dernière )?mise? à jour(?: le| du)?\b|(?:actualisé|modifié)e?(?: le)?\b",
        ),
        ("updated", True, r"(?:ultimo )?aggiorna(?:to|mento)(?: il| al)?\b"),
        ("updated", True, r"(?:última )?atualiza(?:d[oa]|ção)(?: em)?\b"),
        ("updated", True, r"(?:laatst )?(?:bijgewerkt|gewijzigd)(?: op)?\b"),
        ("updated", True, r"(?:آخر |تم |تاريخ )*(?:ال)?تحديث(?: في)?|עודכן(?: ב)?|עדכון אחרון"),
        ("updated", True, r"обновлено|последнее обновление"),
        (
            "published",
            False,
            (
                r"(?:first |originally )?(?:published|posted|released)(?: on)?\b|"
                r"(?:publication|release|publish) date\b|date published\b|date\b"
            ),
        ),
        ("published", True, r"publicad[oa](?: el| em)?\b|fecha(?: de publicación)?\b|data\b"),
        ("published", True, r"(?:veröffentlicht|erschienen|publiziert)(?: am)?\b|datum\b|vom\b"),
        (
            "published",
            True,
            r"(?:publié|parue?|mise? en ligne)e?(?: le)?\b|date de (?:publication|parution)\b|le\b",
        ),
        ("published", True, r"pubblicat[oa](?: il)?\b|gepubliceerd(?: op)?\b|publicerad\b"),
        ("published", True, r"نُ?شرت?(?: في)?|تاريخ النشر|פורסם(?: ב)?|תאריך פרסום|опубликовано"),
    )
)
_WEEKDAY = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|"
    r"lunes|martes|miércoles|jueves|viernes|sábado|domingo|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    r"الأحد|الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|يوم"
)
_NOISE = re.compile(
    rf"[\s|·•,;/()–—.-]+|(?:{_WEEKDAY})[,،.]?|"
    r"(?:at |um |à |a las |kl\. )?\d{1,2}[:h.]\d{2}(?::\d\d)?(?:\s?[ap]\.?m\.?\b)?"
    r"(?:\s?(?:uhr|h|[A-Z]{2,5})\b)?|"
    r"\d{1,2}[- ]min(?:ute)?s?\.? read|\d{1,2} min(?:utos|uten|utes)?\b(?: de lect(?:ura|ure))?",
    re.IGNORECASE,
)
_ON = re.compile(r"(?:on|am|vom|den|le|du|el|del|il|em|op|på)\s+", re.IGNORECASE)
_PART = re.compile(r"[|·•]|\s[–—-]\s|$")

# --- names -----------------------------------------------------------------------------------

_REVIEWER = re.compile(
    r"(?:medically |clinically |fact[- ])?(?:reviewed|checked|approved) by:?\s+|"
    r"(?:revisado|revisada) por:?\s+|(?:medizinisch )?geprüft von:?\s+|(?:relu|révisé)e? par:?\s+|"
    r"reviewers?:\s*|راجعه:?\s+",
    re.IGNORECASE,
)
_AUTHOR_LABEL = re.compile(
    r"(?:authors?|written by|words by|author\(s\)|autor(?:a|in|es)?|auteure?|autore|text|"
    r"escrito por|rédigé par|geschrieben von|a cura di|الكاتب|автор)\s*:?\s+|(?:بقلم|מאת):?\s+|"
    r"answer(?:ed)? (?:from|by)\s+|respuesta de\s+|respondid[oa] por\s+|antwort von\s+|"
    r"réponse de\s+|risposta di\s+|resposta de\s+|antwoord van\s+|"
    r"(?:執筆|著者|文|作者|记者)[:：]\s*",
    re.IGNORECASE,
)
_BY = re.compile(r"(?:by|por|von|par|di|door|av)\s+", re.IGNORECASE)


def _people(text: str, labelled: bool) -> tuple[Person, ...] | None:
    """The people of a byline; None where it reads like words and not like names."""
    names = all_names(text, labelled)
    return None if names is None else tuple(Person(name) for name in names)


# --- corrections -----------------------------------------------------------------------------

_CORRECTION = re.compile(
    r"(?:corrections?|clarification|erratum|corrigendum|correcci[óo]n|fe de erratas|"
    r"rectificaci[óo]n|korrektur|berichtigung|correctif|rectificatif|errata corrige|"
    r"correzione|corre[çc][ãa]o|rectificatie|rättelse|تصحيح|תיקון|исправление|訂正|更正)"
    r"(?P<when>(?:[^:：.]|\.(?=\s?\d)){0,60})[:：]\s*(?P<text>\S.*)|"
    r"(?P<said>(?:this|an earlier version of this) (?:article|page|story|answer|post)"
    r".{0,40}\b(?:corrected|misstated|misidentified|gave|said|stated)\b.*)",
    re.IGNORECASE | re.DOTALL,
)


def read_correction(text: str, day: str | None) -> Correction | None:
    """The correction note that this paragraph is, with the day that it names, else `day`. Without
    any day it is no correction of the model, and stays what it is: a paragraph."""
    match = _CORRECTION.fullmatch(text)
    if match is None:
        return None
    note = match["text"] or match["said"]
    when = first_date(match["when"] or note) or day
    return Correction(at=when, text=note) if when else None


_DATELINE = re.compile(
    r"(?P<place>[^\W\d_][^\d()–—]{1,40}?)(?:, [^()–—]{3,20})?(?: \([^)]{2,20}\))? [–—-] "
)


def is_dateline(text: str) -> bool:
    """Whether a paragraph begins as news do: ``LAKE CITY (AP) – ...``."""
    match = _DATELINE.match(text)
    return match is not None and match["place"].strip().isupper()


# --- the line --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meta:
    """What one line says. `dates` are (field, date); the field is empty where no label stood."""

    dates: tuple[tuple[str, str], ...] = ()
    authors: tuple[Person, ...] = ()
    reviewers: tuple[Person, ...] = ()
    series: str | None = None
    label: str = field(default="", compare=False)  # of a line that is nothing but a label

    @property
    def labelled(self) -> bool:
        """Whether the line can only be about the page, wherever it stands."""
        return bool(self.series) or any(name for name, _ in self.dates)


def read_meta(line: str) -> Meta | None:
    """What the line says about the page; None for a line of the article."""
    if len(line) > LONGEST:
        return None
    return _Scanner(line.strip()).scan()


class _Scanner:
    """Goes through the line once, piece by piece, until nothing is left or nothing fits."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.label = ""
        self.dated = ""  # the label of the last date
        self.day_first = False
        self.dates: list[tuple[str, str]] = []
        self.authors: list[Person] = []
        self.reviewers: list[Person] = []
        self.series: str | None = None
        self.undecided = False

    def scan(self) -> Meta | None:
        steps = (self._noise, self._reviewers, self._date, self._label, self._authors, self._series)
        while self.at < len(self.text):
            if not any(step() for step in steps):
                return None
        found = self.dates or self.authors or self.reviewers or self.series or self.undecided
        if not found and not self.label:
            return None
        return Meta(
            tuple(self.dates),
            tuple(self.authors),
            tuple(self.reviewers),
            self.series,
            "" if found else self.text,
        )

    def _noise(self) -> bool:
        # A date wins over a time of day, which it may begin like: 10.05.2024.
        if self._date_at(self.at)[1] > self.at:
            return False
        match = _NOISE.match(self.text, self.at)
        return self._to(match.end()) if match else False

    def _date(self) -> bool:
        found, end = self._date_at(self.at)
        if end == self.at:
            return False
        if found is None:
            self.undecided = True
        else:
            self.dates.append((self.label, found))
        self.dated, self.label = self.label, ""
        return self._to(end)

    def _date_at(self, at: int) -> tuple[str | None, int]:
        """The date at `at` and its end; "on" and its like may stand before it."""
        on = _ON.match(self.text, at)
        start = on.end() if on else at
        found, end = _read_date(self.text, start, self.day_first)
        return (found, end) if end > start else (None, at)

    def _label(self) -> bool:
        for name, day_first, pattern in _LABELS:
            match = pattern.match(self.text, self.at)
            if match:
                self.label = name
                self.day_first = self.day_first or day_first
                return self._to(match.end())
        return False

    def _reviewers(self) -> bool:
        match = _REVIEWER.match(self.text, self.at)
        if match is None or not self._names(match, self.reviewers, labelled=True):
            return False
        self.label = "reviewed"  # of the date that may follow
        return True

    def _authors(self) -> bool:
        match = _AUTHOR_LABEL.match(self.text, self.at)
        if match:
            return self._names(match, self.authors, labelled=True)
        match = _BY.match(self.text, self.at)
        # "Reviewed on 3 March 2020 by ..."
        people = self.reviewers if self.dated == "reviewed" else self.authors
        return self._names(match, people, labelled=False) if match else False

    def _names(self, match: re.Match[str], people: list[Person], labelled: bool) -> bool:
        end = self._names_end(match.end())
        found = _people(self.text[match.end() : end], labelled)
        if found is None:
            return False
        people.extend(found)
        return self._to(end)

    def _names_end(self, start: int) -> int:
        """Names go on to a separator, or to the first word that begins a label or a date."""
        stop = _PART.search(self.text, start)
        end = stop.start() if stop else len(self.text)
        for space in re.finditer(r"[\s,]+", self.text[start:end]):
            at = start + space.end()
            if self._date_at(at)[1] > at or _begins(self.text, at):
                return start + space.start()
        return end

    def _series(self) -> bool:
        stop = re.compile(r"\s*[|·•]|$").search(self.text, self.at)
        end = stop.start() if stop else len(self.text)
        named = series_named(self.text[self.at : end])
        if named is None:
            return False
        self.series = named
        return self._to(end)

    def _to(self, at: int) -> bool:
        moved = at > self.at
        self.at = at
        return moved


_SHORT_LABELS = re.compile(r"(?:le|vom|data|date|stand|datum)\b", re.IGNORECASE)


def _begins(text: str, at: int) -> bool:
    """Whether a label or a weekday stands here: short words count as such only before a date."""
    if _SHORT_LABELS.match(text, at):
        return False
    patterns = [pattern for _, _, pattern in _LABELS]
    return any(pattern.match(text, at) for pattern in (*patterns, _REVIEWER))
