"""Which topics are related to a topic, ranked, each with its reason in words.

    vocabulary     "breast cancer" is broader: imported, the strongest
    lists          named together in See also lists; named in the lists of the topic's own articles
    filings        the same articles are filed under both
    names          the names share telling words, or words of the topic's nearest neighbours

Every count is damped by how often each of the two occurs, so that a topic which stands everywhere
isn't related to everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from seealso_related.evidence import Evidence, combined, counted, strongest, together
from seealso_related.words import name_words, tokens

VOCABULARY = {"related": 0.9, "narrower": 0.85, "broader": 0.8}
LISTS = 0.7  # what certain co-citation would weigh
LISTED = 0.7
FILINGS = 0.7
NAMES = 0.75
CONTEXT = 0.3
NEIGHBOURS = 12  # whose words count as context


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSubject:
    """The topic whose relatives are sought. `named`: See also lists that name it; `filed`: articles
    that are filed under it; `words`: stems of its names."""

    slug: str
    label: str
    words: frozenset[str]
    named: int = 0
    filed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCandidate:
    """Another topic, and what it has in common with the subject.

    `relations` are what it is to the subject (``broader``: it is the broader one). `cocited`: lists
    that name both; `listed`: articles filed under one whose list names the other; `cofiled`:
    articles filed under both. `named` and `filed` as in the subject.
    """

    slug: str
    label: str
    origin: str
    words: frozenset[str] = frozenset()
    relations: tuple[str, ...] = ()
    cocited: int = 0
    listed: int = 0
    cofiled: int = 0
    named: int = 0
    filed: int = 0


@dataclass(frozen=True, slots=True)
class RelatedTopic:
    """A related topic. `score` is 0 to 1; `articles` are under it, or, of a ghost, name it."""

    slug: str
    label: str
    score: float
    reason: str
    origin: str
    articles: int


def rank_topics(
    subject: TopicSubject,
    candidates: Iterable[TopicCandidate],
    rarities: Mapping[str, float],
    limit: int,
) -> list[RelatedTopic]:
    """The topics that have any evidence, best first; equals in the order of their labels.

    `rarities` weighs the words (seealso_related.evidence.rarity); words that it lacks weigh 1.
    """
    pool = [one for one in candidates if one.slug != subject.slug]
    context = _context(subject, pool, rarities)
    ranked = []
    for one in pool:
        found = _evidence(subject, one, rarities, context)
        if found:
            articles = one.named if one.origin == "ghost" else one.filed
            score, reason = combined(found), strongest(found)
            ranked.append(RelatedTopic(one.slug, one.label, score, reason, one.origin, articles))
    ranked.sort(key=lambda one: (-one.score, one.label.casefold(), one.slug))
    return ranked[:limit]


def _evidence(
    subject: TopicSubject,
    one: TopicCandidate,
    rarities: Mapping[str, float],
    context: Mapping[str, float],
) -> list[Evidence]:
    overlap = _overlap(subject.words, one.words, rarities)
    found = [Evidence(VOCABULARY[r], _said(subject, one, r)) for r in one.relations]
    if one.cocited:
        lists = counted(one.cocited, "See also list", "See also lists")
        strength = LISTS * together(one.cocited, subject.named, one.named)
        found.append(Evidence(strength, f"Named together in {lists}"))
    if one.listed:
        articles = counted(one.listed, "article", "articles")
        strength = LISTED * together(one.listed, subject.filed or 1, one.named or 1)
        reason = f"In the See also list of {articles} about {subject.label}"
        found.append(Evidence(strength, reason))
    if one.cofiled:
        are = counted(one.cofiled, "article is", "articles are")
        strength = FILINGS * together(one.cofiled, subject.filed, one.filed)
        found.append(Evidence(strength, f"{are[0].upper()}{are[1:]} filed under both"))
    if overlap:
        shared = _shared(subject, one)
        found.append(Evidence(NAMES * overlap, f"Both names say {shared}"))
    likeness = _likeness(one.words, context, rarities)
    if found and likeness:
        found.append(Evidence(CONTEXT * likeness, f"Its name is close to {subject.label}"))
    return found


def _said(subject: TopicSubject, one: TopicCandidate, relation: str) -> str:
    if relation == "related":
        return f"The vocabulary relates it to {subject.label}"
    return f"The vocabulary has it as {relation} than {subject.label}"


def _overlap(mine: frozenset[str], theirs: frozenset[str], rarities: Mapping[str, float]) -> float:
    """The cosine of two names as sets of weighed words."""
    shared = _weight(mine & theirs, rarities)
    return shared / sqrt(_weight(mine, rarities) * _weight(theirs, rarities)) if shared else 0.0


def _weight(words: Iterable[str], rarities: Mapping[str, float]) -> float:
    return sum(rarities.get(word, 1.0) ** 2 for word in sorted(words))


def _context(
    subject: TopicSubject, pool: Sequence[TopicCandidate], rarities: Mapping[str, float]
) -> dict[str, float]:
    """Words of the topics with the nearest names, by how near: what the topic is named with."""
    near = sorted(
        ((_overlap(subject.words, one.words, rarities), one.slug, one.words) for one in pool),
        key=lambda one: (-one[0], one[1]),
    )
    found: dict[str, float] = {}
    for nearness, _, words in near[:NEIGHBOURS]:
        for word in words - subject.words:
            found[word] = found.get(word, 0.0) + nearness
    return {word: weight for word, weight in found.items() if weight}


def _likeness(
    words: frozenset[str], context: Mapping[str, float], rarities: Mapping[str, float]
) -> float:
    """0 to 1: how much of a name the context knows."""
    top = max(context.values(), default=0.0)
    whole = sum(rarities.get(word, 1.0) for word in sorted(words))
    if not top or not whole:
        return 0.0
    known = sum(rarities.get(w, 1.0) * context.get(w, 0.0) / top for w in sorted(words))
    return known / whole


def _shared(subject: TopicSubject, one: TopicCandidate) -> str:
    """The words as the candidate's label writes them; stems are nothing to show to a reader."""
    written = [w for w in tokens(one.label) if set(name_words(w, "en")) & subject.words]
    if not written:  # shared through a synonym, or in another language's stems
        return "the same"
    return " and ".join(f'"{word}"' for word in list(dict.fromkeys(written))[:3])
