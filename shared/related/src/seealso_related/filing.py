"""Under which topics an article is filed, from the article and the names of the known topics.

    article --names_of--> the names worth asking for --(look-up)--> known topics
                                                     --file_under--> filings, strongest first

An editor's topic counts as it is. A rule files an article under a known topic that its title,
keywords, headings or summary name. A ghost, which only See also lists name, gets an article only
when that is its very title: to be mentioned is not to be answered.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from seealso_sdk.model import Article, Filing
from seealso_sdk.text import fold, slugify

from seealso_related.words import base_language, is_stop_word, name_words, substrings

ABOUT = 0.95  # its title is the topic's name
KEYWORD = 0.8
IN_TITLE = 0.7
IN_TEXT = 0.5  # a heading or the summary names it
SEE_ALSO = 0.3
MOST_DERIVED = 12
LONGEST_NAME = 6  # words of a name that is looked for inside a text
SHORTEST_NAME = 3  # characters of a one-word name that is
LONGEST_TEXT = 80  # words of the summary, and of all headings, that are looked through

_PLURAL_BY_S = frozenset({"en", "es", "fr", "pt"})


@dataclass(frozen=True, slots=True)
class KnownTopic:
    """What a name stands for. A ghost is a topic that only See also lists name."""

    slug: str
    label: str
    ghost: bool = False


@dataclass(frozen=True, slots=True)
class ArticleNames:
    """The names, as slugs, that an article says, by the place where it says them."""

    title: str
    in_title: frozenset[str]
    in_headings: frozenset[str]
    in_summary: frozenset[str]
    keywords: tuple[tuple[str, str], ...]  # slug, as written
    editorial: tuple[Filing, ...]
    see_also: tuple[tuple[str, str], ...]

    @property
    def every(self) -> frozenset[str]:
        """All that is to be looked up."""
        said = {name for name, _ in (*self.keywords, *self.see_also)}
        said |= {self.title} | {slugify(one.label) for one in self.editorial}
        said |= {one.slug for one in self.editorial}
        return frozenset(said | self.in_title | self.in_headings | self.in_summary) - {""}


def names_of(article: Article, headings: Iterable[str] = ()) -> ArticleNames:
    """The names that decide where an article is filed."""
    return ArticleNames(
        title=_slug(article.title),
        in_title=names_in(article.title, article.language),
        in_headings=names_in(" | ".join(headings), article.language),
        in_summary=names_in(article.summary, article.language),
        keywords=_slugs(article.keywords),
        editorial=tuple(one for one in article.topics if one.label.strip()),
        see_also=_slugs(one.title for one in article.see_also),
    )


def names_in(text: str, language: str) -> frozenset[str]:
    """Every run of words that may be a topic's name, as slugs, singular and plural.

    A name neither begins nor ends with a word that says nothing, and ends with the sentence.
    """
    found: set[str] = set()
    room = LONGEST_TEXT
    for sentence in _sentences(text):
        words = fold(sentence).split()[:room]
        room -= len(words)
        found |= _names_of_words(words, language)
    return frozenset(found)


def file_under(
    names: ArticleNames, known: Mapping[str, KnownTopic], telling: Container[str], language: str
) -> tuple[Filing, ...]:
    """The filings of an article: editorial, then derived by score, then by its See also list.

    Args:
        names: of the article.
        known: what each name stands for, of those that stand for something.
        telling: the article's terms. A topic that is named in passing, by words that aren't among
            them, is left.
        language: of the article.
    """
    found: dict[str, Filing] = {}
    for one in names.editorial:
        topic = known.get(slugify(one.label)) or known.get(one.slug)
        if topic is not None and topic.slug not in found:
            reason = one.reason or "The editor filed it here"
            found[topic.slug] = Filing(topic.slug, topic.label, "editorial", one.score, reason)
    derived: dict[str, Filing] = {}
    for filing in _derived(names, known, telling, language):
        best = derived.get(filing.slug)
        if filing.slug not in found and (best is None or filing.score > best.score):
            derived[filing.slug] = filing
    ranked = sorted(derived.values(), key=lambda one: (-one.score, one.slug))[:MOST_DERIVED]
    found |= {one.slug: one for one in ranked}
    for name, title in names.see_also:
        topic = known.get(name)
        if topic is not None and topic.slug not in found:
            reason = f"Its See also list names \u201c{title}\u201d"
            found[topic.slug] = Filing(topic.slug, topic.label, "see-also", SEE_ALSO, reason)
    return tuple(found.values())


def _derived(
    names: ArticleNames, known: Mapping[str, KnownTopic], telling: Container[str], language: str
) -> Iterable[Filing]:
    if names.title in known:
        yield _rule(known[names.title], ABOUT, "Its title is the topic's name")
    for name, written in names.keywords:
        topic = known.get(name)
        if topic is not None and not topic.ghost:
            yield _rule(topic, KEYWORD, f"Its keywords name \u201c{written}\u201d")
    for place, said, score in (
        ("Its title says", names.in_title, IN_TITLE),
        ("A heading says", names.in_headings, IN_TEXT),
        ("Its summary says", names.in_summary, IN_TEXT),
    ):
        for name in sorted(said & known.keys()):
            topic = known[name]
            if not topic.ghost and _all_telling(name, telling, language):
                yield _rule(topic, score, f"{place} \u201c{topic.label}\u201d")


def _rule(topic: KnownTopic, score: float, reason: str) -> Filing:
    return Filing(topic.slug, topic.label, "derived", score, reason)


def _all_telling(name: str, telling: Container[str], language: str) -> bool:
    return all(word in telling for word in name_words(name.replace("-", " "), language))


def _names_of_words(words: list[str], language: str) -> set[str]:
    """The names among the runs of these words."""
    silent = [is_stop_word(word, language) for word in words]
    forms = [_forms(word, language) for word in words]
    found: set[str] = set()
    for start, first in enumerate(words):
        if silent[start]:
            continue
        found |= substrings(first)
        if len(first) >= SHORTEST_NAME:
            found.update(forms[start])
        head = f"{first}-"
        for last in range(start + 1, min(start + LONGEST_NAME, len(words))):
            if not silent[last]:
                found.update([head + form for form in forms[last]])
            head = f"{head}{words[last]}-"
    return found


def _forms(word: str, language: str) -> tuple[str, ...]:
    """The word, and what it may be in singular or plural: guesses, that only count if known."""
    base = base_language(language)
    if base not in _PLURAL_BY_S or len(word) < SHORTEST_NAME:
        return (word,)
    if base == "en" and word.endswith("ies"):
        return (word, word[:-1], f"{word[:-3]}y")
    if word.endswith("es"):
        return (word, word[:-1], word[:-2])
    if word.endswith("s"):
        return (word, word[:-1], f"{word}es")
    if base == "en" and word.endswith("y"):
        return (word, f"{word}s", f"{word[:-1]}ies")
    return (word, f"{word}s")


def _sentences(text: str) -> Iterable[str]:
    for mark in ".?!:;|\u060c\u061b\u061f\u3002\u3001":
        text = text.replace(mark, "\n")
    return text.split("\n")


def _slugs(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Each name once, in order, with how it is first written."""
    found: dict[str, str] = {}
    for text in texts:
        if slug := _slug(text):
            found.setdefault(slug, text.strip())
    return tuple(found.items())


def _slug(text: str) -> str:
    """As in a URL; nothing for what has no letter and no digit."""
    return slugify(text) if fold(text) else ""
