"""Which articles belong beside an article, ranked, each with its reason in words.

links    the editor's own list names it; its list names the article; both lists name the same;
         other lists name both
topics   filed under the same topics, rare topics first
text     the cosine of the two articles' telling words, rare words first
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from seealso_related.evidence import Evidence, combined, counted, strongest, together

NAMES = 0.9  # the article's own list names the other
NAMED = 0.8  # the other's list names the article
COCITED = 0.6
COUPLED = 0.6
TOPICS = 0.5
TEXT = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSubject:
    """The article beside which others are sought. `terms`: stem to weight; `lists`: lists that name
    it; `links`: how many titles its own list has; `topics`: slug to label of what it is under."""

    id: str
    language: str
    terms: Mapping[str, float]
    topics: Mapping[str, str]
    lists: int = 0
    links: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleCandidate:
    """Another article, and what it has in common with the subject.

    `cocited`: lists that name both; `coupled`: titles that both lists name; `lists` and `links` as
    in the subject.
    """

    id: str
    title: str
    language: str
    terms: Mapping[str, float]
    topics: frozenset[str] = frozenset()
    names: bool = False  # the subject's list names this article
    named: bool = False  # this article's list names the subject
    cocited: int = 0
    coupled: int = 0
    lists: int = 0
    links: int = 0


@dataclass(frozen=True, slots=True)
class RelatedArticle:
    """A related article. `score` is 0 to 1. A see-also title that no article answers yet (a ghost)
    has no `id`, but the `slug` of its topic, or the `url` that the editor gave."""

    id: str | None
    title: str
    score: float
    reason: str
    slug: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How rare the words and the topics are (seealso_related.evidence.rarity); what is missing
    weighs 1."""

    words: Mapping[str, float]
    topics: Mapping[str, float]


def rank_articles(
    subject: ArticleSubject,
    candidates: Iterable[ArticleCandidate],
    weights: Weights,
    limit: int,
) -> list[RelatedArticle]:
    """The articles that have any evidence, best first; equals in the order of their ids.

    Text counts only within a language: the same stem is another word in another one.
    """
    ranked = []
    for one in candidates:
        found = _links(subject, one) + _topics(subject, one, weights) + _text(subject, one, weights)
        if one.id != subject.id and found:
            score, reason = combined(found), strongest(found)
            ranked.append(RelatedArticle(one.id, one.title, score, reason))
    ranked.sort(key=lambda one: (-one.score, one.id or ""))
    return ranked[:limit]


def likeness(
    mine: Mapping[str, float], theirs: Mapping[str, float], rarities: Mapping[str, float]
) -> float:
    """The cosine of two articles' terms, each weighed by its rarity; 0 to 1."""
    shared = sum(
        weight * theirs[word] * rarities.get(word, 1.0) ** 2
        for word, weight in sorted(mine.items())
        if word in theirs
    )
    return shared / (_length(mine, rarities) * _length(theirs, rarities)) if shared else 0.0


def _length(terms: Mapping[str, float], rarities: Mapping[str, float]) -> float:
    return sqrt(sum((w * rarities.get(word, 1.0)) ** 2 for word, w in sorted(terms.items())))


def _links(subject: ArticleSubject, one: ArticleCandidate) -> list[Evidence]:
    found = []
    if one.names:
        found.append(Evidence(NAMES, "Named in this article's See also list"))
    if one.named:
        found.append(Evidence(NAMED, "Its See also list names this article"))
    if one.cocited:
        strength = COCITED * together(one.cocited, subject.lists, one.lists)
        lists = counted(one.cocited, "See also list", "See also lists")
        found.append(Evidence(strength, f"Named together in {lists}"))
    if one.coupled:
        strength = COUPLED * together(one.coupled, subject.links, one.links)
        titles = counted(one.coupled, "title", "titles")
        found.append(Evidence(strength, f"Both See also lists name {titles} alike"))
    return found


def _topics(subject: ArticleSubject, one: ArticleCandidate, weights: Weights) -> list[Evidence]:
    shared = sorted(
        one.topics & subject.topics.keys(), key=lambda s: (-weights.topics.get(s, 1.0), s)
    )
    if not shared:
        return []
    both = sum(weights.topics.get(slug, 1.0) for slug in shared)
    either = sum(
        weights.topics.get(slug, 1.0) for slug in sorted(one.topics | subject.topics.keys())
    )
    labels = " and ".join(subject.topics[slug] for slug in shared[:2])
    return [Evidence(TOPICS * both / either, f"Both are filed under {labels}")]


def _text(subject: ArticleSubject, one: ArticleCandidate, weights: Weights) -> list[Evidence]:
    if subject.language.split("-")[0] != one.language.split("-")[0]:
        return []
    cosine = likeness(subject.terms, one.terms, weights.words)
    return [Evidence(TEXT * cosine, "Its text is close to this article's")] if cosine else []
