"""What is related to a topic, and what belongs beside an article: evidence from the store, ranked
by seealso_related. Reads only; the caller opens the snapshot.

    related_topics(conn, slug)     meetings, vocabulary, name words ──> rank_topics
    related_articles(conn, id)     lists, topics, rare words        ──> rank_articles
"""

from __future__ import annotations

from seealso_related.articles import (
    ArticleCandidate,
    ArticleSubject,
    RelatedArticle,
    Weights,
    rank_articles,
)
from seealso_related.evidence import rarity
from seealso_related.topics import RelatedTopic, TopicCandidate, TopicSubject, rank_topics
from seealso_store import neighbours, topics
from seealso_store.neighbours import Linked, Meeting, Size
from sqlalchemy import Connection

SHARED_TOPICS = 6  # the rarest topics of an article that bring in their newest articles
NEWEST_EACH = 8
GHOST_SCORE = 0.3  # of a title that the editor names and nobody has written yet
_SEEN_FROM_THERE = {"broader": "narrower", "narrower": "broader", "related": "related"}


def related_topics(conn: Connection, slug: str, limit: int = 20) -> list[RelatedTopic]:
    """The topics related to this one, best first, ghosts included; [] for an unknown topic."""
    met = neighbours.meetings(conn, slug)
    relations = _relations(conn, slug)
    pool = {slug, *met, *relations, *neighbours.namesakes(conn, slug)}
    sizes = neighbours.sizes(conn, pool)
    if slug not in sizes:
        return []
    words = topics.words(conn, pool)
    rarities = _name_rarities(conn, words)
    mine = sizes.pop(slug)
    subject = TopicSubject(
        slug=slug,
        label=mine.label,
        words=words.get(slug, frozenset()),
        named=mine.named,
        filed=mine.filed,
    )
    candidates = (
        _topic_candidate(size, met.get(s), relations.get(s, ()), words.get(s, frozenset()))
        for s, size in sorted(sizes.items())
    )
    return rank_topics(subject, candidates, rarities, limit)


def related_articles(
    conn: Connection, article_id: str, limit: int = 20, *, ghosts: bool = False
) -> list[RelatedArticle]:
    """The articles that belong beside this one, best first.

    With `ghosts`, the titles of its See also list that no article answers yet come after the
    articles, in the editor's order, as far as the limit goes.
    """
    told = neighbours.told(conn, [article_id])
    if article_id not in told:
        return []
    linked = neighbours.linked(conn, article_id)
    own_terms = neighbours.terms(conn, [article_id]).get(article_id, {})
    own_topics = neighbours.topics_of(conn, [article_id]).get(article_id, {})
    size = neighbours.archive_size(conn)
    weights = _weights(conn, own_terms, own_topics, size)
    pool = _pool(conn, article_id, linked, own_terms, weights)
    mine = told[article_id]
    subject = ArticleSubject(
        id=article_id,
        language=mine.language,
        terms=own_terms,
        topics=own_topics,
        lists=mine.lists,
        links=mine.links,
    )
    candidates, weights = _candidates(conn, pool, linked, weights, size)
    ranked = rank_articles(subject, candidates, weights, limit)
    return ranked + _ghosts(conn, article_id, limit - len(ranked)) if ghosts else ranked


# --- topics ------------------------------------------------------------------------------------


def _relations(conn: Connection, slug: str) -> dict[str, tuple[str, ...]]:
    """What each other topic is to this one, whichever side the vocabulary said it from."""
    found: dict[str, set[str]] = {}
    for one in topics.relations(conn, slug):
        if one.slug == slug:
            found.setdefault(one.other, set()).add(one.relation)
        else:
            found.setdefault(one.slug, set()).add(_SEEN_FROM_THERE[one.relation])
    return {other: tuple(sorted(those)) for other, those in found.items()}


def _name_rarities(conn: Connection, words: dict[str, frozenset[str]]) -> dict[str, float]:
    every = {word for those in words.values() for word in those}
    total = topics.count(conn)
    return {w: rarity(total, n) for w, n in neighbours.word_counts(conn, every).items()}


def _topic_candidate(
    size: Size, met: Meeting | None, relations: tuple[str, ...], words: frozenset[str]
) -> TopicCandidate:
    return TopicCandidate(
        slug=size.slug,
        label=size.label,
        origin=size.origin,
        words=words,
        relations=relations,
        cocited=met.cocited if met else 0,
        listed=met.listed if met else 0,
        cofiled=met.cofiled if met else 0,
        named=size.named,
        filed=size.filed,
    )


# --- articles ----------------------------------------------------------------------------------


def _weights(
    conn: Connection, terms: dict[str, float], own_topics: dict[str, str], size: int
) -> Weights:
    words = {w: rarity(size, n) for w, n in neighbours.frequencies(conn, terms).items()}
    sizes = neighbours.sizes(conn, own_topics)
    return Weights(words, {slug: rarity(size, one.filed) for slug, one in sizes.items()})


def _pool(
    conn: Connection,
    article_id: str,
    linked: dict[str, Linked],
    terms: dict[str, float],
    weights: Weights,
) -> set[str]:
    """The articles worth a look: linked, alike in rare words, newest of rare topics."""
    rare = sorted(terms, key=lambda word: (-terms[word] * weights.words.get(word, 1.0), word))
    rare_topics = sorted(weights.topics, key=lambda slug: (-weights.topics[slug], slug))
    pool = {*linked, *neighbours.alike(conn, article_id, rare)}
    pool |= set(neighbours.newest_under(conn, rare_topics[:SHARED_TOPICS], NEWEST_EACH))
    return pool - {article_id}


def _candidates(
    conn: Connection, pool: set[str], linked: dict[str, Linked], weights: Weights, size: int
) -> tuple[list[ArticleCandidate], Weights]:
    """The articles of the pool, and the weights of all their words."""
    told = neighbours.told(conn, pool)
    terms = neighbours.terms(conn, told)
    filed = neighbours.topics_of(conn, told)
    every = {word for those in terms.values() for word in those}
    counts = neighbours.frequencies(conn, every - weights.words.keys())
    sizes = neighbours.sizes(conn, {s for those in filed.values() for s in those})
    whole = Weights(
        {**{w: rarity(size, n) for w, n in counts.items()}, **weights.words},
        {s: rarity(size, one.filed) for s, one in sizes.items()} | dict(weights.topics),
    )
    nothing = Linked("")
    found = [
        ArticleCandidate(
            id=one.id,
            title=one.title,
            language=one.language,
            terms=terms.get(one.id, {}),
            topics=frozenset(filed.get(one.id, {})),
            names=linked.get(one.id, nothing).names,
            named=linked.get(one.id, nothing).named,
            cocited=linked.get(one.id, nothing).cocited,
            coupled=linked.get(one.id, nothing).coupled,
            lists=one.lists,
            links=one.links,
        )
        for one in told.values()
    ]
    return found, whole


def _ghosts(conn: Connection, article_id: str, room: int) -> list[RelatedArticle]:
    reason = "Named in this article's See also list; no article answers it yet"
    return [
        RelatedArticle(None, wish.title, GHOST_SCORE, reason, wish.slug, wish.url)
        for wish in neighbours.wishes(conn, article_id)[: max(room, 0)]
    ]
