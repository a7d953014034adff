"""How good an extraction is beside an editor's gold. Pure.

Body: bags of shingles of four words, as public article-extraction benchmarks define it: of each
page the shares of right, foreign and missing shingles, added up over the pages, give precision and
recall. Titles and names count when they are exact but for case, space and typographic quotes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_WORD = re.compile(r"\w+")
_QUOTES = str.maketrans("‘’‚“”„–—\u00a0", "'''\"\"\"-- ")
SHINGLE = 4  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What an editor takes from a page. None: the editor says nothing of it."""

    name: str
    url: str
    html: bytes
    title: str | None = None
    published: str | None = None
    authors: tuple[str, ...] | None = None
    language: str | None = None
    kind: str | None = None
    series: str | None = None
    body: str | None = None
    see_also: tuple[str, ...] | None = None
    promos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a tool takes from a page. None: it doesn't look for that."""

    body: str | None = None
    title: str | None = None
    published: str | None = None
    authors: tuple[str, ...] | None = None
    language: str | None = None
    kind: str | None = None
    series: str | None = None
    see_also: tuple[str, ...] | None = None


def load(folder: Path) -> list[Gold]:
    """Every ``NAME.html`` of a folder with its ``NAME.json``.

    Raises:
        FileNotFoundError: there is none.
    """
    found = [
        _gold(path, json.loads(path.with_suffix(".json").read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.html"))
        if path.with_suffix(".json").exists()
    ]
    if not found:
        raise FileNotFoundError(f"{folder} has no NAME.html with a NAME.json beside it")
    return found


def _gold(path: Path, said: dict[str, object]) -> Gold:
    def text(key: str) -> str | None:
        value = said.get(key)
        return None if value is None else str(value)

    def texts(key: str) -> tuple[str, ...] | None:
        value = said.get(key)
        return tuple(str(one) for one in value) if isinstance(value, list) else None

    paragraphs = texts("paragraphs")
    return Gold(
        name=path.stem,
        url=text("url") or f"https://example.org/{path.stem}",
        html=path.read_bytes(),
        title=text("title"),
        published=text("published"),
        authors=texts("authors"),
        language=text("language"),
        kind=text("kind"),
        series=text("series"),
        body=None if paragraphs is None else "\n".join(paragraphs),
        see_also=texts("see_also"),
        promos=texts("promos") or (),
    )


@dataclass(slots=True)
class Share:
    """Right ones out of all that were asked for."""

    right: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)  # names of pages

    def count(self, name: str, *, right: bool) -> None:
        self.asked += 1
        self.right += right
        if not right:
            self.wrong.append(name)

    @property
    def value(self) -> float | None:
        return self.right / self.asked if self.asked else None


@dataclass(slots=True)
class Bags:
    """Sums of matched, foreign and missing things, for precision, recall and F1."""

    matched: float = 0.0
    foreign: float = 0.0
    missing: float = 0.0
    pages: dict[str, float] = field(default_factory=dict)  # F1 of each page

    def count(
        self, name: str, gold: Counter[object], found: Counter[object], *, even: bool
    ) -> None:
        """`even`: every page weighs the same, however long it is."""
        matched = sum((gold & found).values())
        foreign, missing = found.total() - matched, gold.total() - matched
        weight = (matched + foreign + missing) if even else 1
        if not weight:
            return  # nothing was there, and nothing was found
        self.matched += matched / weight
        self.foreign += foreign / weight
        self.missing += missing / weight
        self.pages[name] = 2 * matched / (2 * matched + foreign + missing)

    @property
    def precision(self) -> float:
        return self.matched / ((self.matched + self.foreign) or 1)

    @property
    def recall(self) -> float:
        return self.matched / ((self.matched + self.missing) or 1)

    @property
    def f1(self) -> float | None:
        whole = 2 * self.matched + self.foreign + self.missing
        return 2 * self.matched / whole if whole else None


@dataclass(slots=True)
class Scores:
    """One tool over all pages."""

    body: Bags = field(default_factory=Bags)
    see_also: Bags = field(default_factory=Bags)
    title: Share = field(default_factory=Share)
    date: Share = field(default_factory=Share)
    authors: Share = field(default_factory=Share)
    language: Share = field(default_factory=Share)
    kind: Share = field(default_factory=Share)
    series: Share = field(default_factory=Share)
    promos: Share = field(default_factory=Share)  # right: none of them stands in the body

    def add(self, gold: Gold, found: Found) -> None:
        """One page; only what the gold says and the tool looks for counts."""
        if gold.body is not None and found.body is not None:
            self.body.count(gold.name, shingles(gold.body), shingles(found.body), even=True)
            for promo in gold.promos:
                self.promos.count(gold.name, right=not stands_in(promo, found.body))
        if gold.see_also is not None and found.see_also is not None:
            bags = Counter(map(plain, gold.see_also)), Counter(map(plain, found.see_also))
            self.see_also.count(gold.name, *bags, even=False)
        if gold.authors is not None and found.authors is not None:
            same = sorted(map(plain, gold.authors)) == sorted(map(plain, found.authors))
            self.authors.count(gold.name, right=same)
        for share, wanted, got in (
            (self.title, gold.title, found.title),
            (self.kind, gold.kind, found.kind),
            (self.series, gold.series, found.series),
        ):
            if wanted is not None and got is not None:
                share.count(gold.name, right=plain(wanted) == plain(got))
        if gold.published is not None and found.published is not None:
            self.date.count(gold.name, right=gold.published[:10] == found.published[:10])
        if gold.language is not None and found.language is not None:
            same = _language(gold.language) == _language(found.language)
            self.language.count(gold.name, right=same)


def shingles(text: str) -> Counter[object]:
    """The bag of all runs of four words; a shorter text is one run."""
    words = _WORD.findall(text)
    if not words:
        return Counter()
    runs = max(1, len(words) - SHINGLE + 1)
    return Counter(tuple(words[start : start + SHINGLE]) for start in range(runs))


def stands_in(part: str, whole: str) -> bool:
    """Whether a text's words stand in another one, in a row."""
    words = " ".join(_WORD.findall(part.lower()))
    return bool(words) and f" {words} " in f" {' '.join(_WORD.findall(whole.lower()))} "


def plain(text: str) -> str:
    """For comparing: no case, single spaces, plain quotes and dashes."""
    text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    return " ".join(text.split()).casefold()


def _language(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()


def worst(bags: Bags, count: int) -> Sequence[tuple[str, float]]:
    """The pages with the lowest F1."""
    return sorted(bags.pages.items(), key=lambda page: page[1])[:count]


def mean(values: Iterable[float]) -> float:
    """Of no values 0."""
    found = list(values)
    return sum(found) / len(found) if found else 0.0
