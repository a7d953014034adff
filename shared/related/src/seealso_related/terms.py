"""The most telling words of an article: what its text is compared and found by.

    title, keywords, headings, summary, body --count, weigh by field--> saturate --> the top

The weights are a function of the article alone, so that filing it again gives the same rows. How
rare a word is in the archive is only known when two articles are compared: see `likeness`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import sqrt

from seealso_related.words import telling

TITLE = 6.0  # a word's weight in each field: once in the title counts as often in the body
KEYWORDS = 4.0
HEADINGS = 2.0
SUMMARY = 2.0
BODY = 1.0
SATURATION = 8.0  # occurrences (weighed) at which a word has half of all it can have
MOST = 40  # terms of an article ... (measured: 24 lose a tenth of the quality of 40)
MOST_NAMED = 60  # ... and as many where its title and keywords alone have more than that
LONGEST_BODY = 60_000  # characters that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The texts of an article, plain."""

    title: str
    summary: str = ""
    headings: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    body: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Term:
    """A stem and its weight; the squares of an article's weights add up to 1."""

    word: str
    weight: float


def terms(text: Fields, most: int = MOST) -> tuple[Term, ...]:
    """The top terms, heaviest first, equals in alphabetical order.

    All words of the title and the keywords are among them (as far as `MOST_NAMED` goes): by these
    an article is found when a topic of that name arrives later.
    """
    named = Counter[str]()
    for field, weight in ((text.title, TITLE), (" . ".join(text.keywords), KEYWORDS)):
        _count(named, field, weight, text.language)
    counts = Counter(named)
    for field, weight in (
        (" . ".join(text.headings), HEADINGS),
        (text.summary, SUMMARY),
        (text.body[:LONGEST_BODY], BODY),
    ):
        _count(counts, field, weight, text.language)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    first = [word for word in ranked if word in named][:MOST_NAMED]
    chosen = first + [word for word in ranked if word not in named][: max(most - len(first), 0)]
    weights = {word: counts[word] / (counts[word] + SATURATION) for word in chosen}
    length = sqrt(sum(weight * weight for weight in weights.values()))
    found = [Term(word, round(weight / length, 5)) for word, weight in weights.items()]
    return tuple(sorted(found, key=lambda term: (-term.weight, term.word)))


def _count(counts: Counter[str], text: str, weight: float, language: str) -> None:
    for word, times in Counter(telling(text, language)).items():
        counts[word] += times * weight  # type: ignore[assignment]  # a Counter of weights
