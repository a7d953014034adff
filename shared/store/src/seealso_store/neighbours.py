"""The evidence of relatedness as the store knows it: what stands together how often. Reads only.

    around_topic(slug)    ──> Meeting: articles and lists that two topics share
                              name words in common, sizes, rarities
    around_article(id)    ──> Linked: lists that two articles share; texts with the same rare words

Every statement is bounded: it looks at the newest articles of a topic and at the rarest words of an
article, so that a big archive costs no more than a middling one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, FromClause, ScalarSelect

from seealso_store.arrays import listed, one_of
from seealso_store.schema import article, filing, see_also, term, topic, topic_word

NEWEST = 200  # filings of a topic that are looked at, of each origin
MEETINGS = 300  # topics that meet a topic, the most frequent
NAMESAKES = 300  # topics that share a name word
COUNTED = 5000  # counts stop here: more common is common enough
RARE_WORDS = 16  # of an article's terms that search for candidates
POSTINGS = 1000  # articles looked at for each of them
CANDIDATES = 80  # articles that share the most of them
LINKS = 500  # rows of lists that are looked at
OWN = ("editorial", "derived")


@dataclass(frozen=True, slots=True)
class Meeting:
    """How often another topic stands where the topic stands. See seealso_related.topics."""

    slug: str
    cocited: int
    listed: int
    cofiled: int


@dataclass(frozen=True, slots=True)
class Size:
    """A topic and how many articles are filed under it, and how many lists name it."""

    slug: str
    label: str
    origin: str
    filed: int
    named: int


@dataclass(frozen=True, slots=True)
class Linked:
    """What the lists say of another article. See seealso_related.articles."""

    article_id: str
    names: bool = False
    named: bool = False
    cocited: int = 0
    coupled: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """An article as a candidate: its title and language, lists that name it, titles it names."""

    id: str
    title: str
    language: str
    lists: int
    links: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A see-also title that no article answers yet."""

    title: str
    slug: str
    url: str | None


# --- topics ------------------------------------------------------------------------------------


def meetings(conn: Connection, slug: str) -> dict[str, Meeting]:
    """The topics that share articles or lists with this one."""
    mine = sa.union_all(
        *(
            sa.select(
                sa.select(filing.c.article_id, filing.c.origin)
                .where(filing.c.slug == slug, filing.c.origin == origin)
                .order_by(filing.c.sort_at.desc(), filing.c.article_id.desc())
                .limit(NEWEST)
                .subquery()
            )
            for origin in (*OWN, "see-also")
        )
    ).subquery()
    other = filing.alias("other")
    asks_me, asks_other = mine.c.origin == "see-also", other.c.origin == "see-also"
    both = sa.func.count()
    rows = conn.execute(
        sa.select(
            other.c.slug,
            _tally(sa.and_(asks_me, asks_other)).label("cocited"),
            _tally(sa.or_(*_either(asks_me, asks_other))).label("listed"),
            _tally(sa.and_(~asks_me, ~asks_other)).label("cofiled"),
        )
        .join(mine, mine.c.article_id == other.c.article_id)
        .where(other.c.slug != slug, other.c.origin.not_in(("withdrawn", "left")))
        .group_by(other.c.slug)
        .order_by(both.desc(), other.c.slug)
        .limit(MEETINGS)
    )
    return {row.slug: Meeting(row.slug, row.cocited, row.listed, row.cofiled) for row in rows}


def namesakes(conn: Connection, slug: str) -> list[str]:
    """The topics whose names share a stem with this one's, those that share most first."""
    mine, other = topic_word.alias("mine"), topic_word.alias("other")
    rows = conn.execute(
        sa.select(other.c.slug)
        .join(mine, mine.c.word == other.c.word)
        .where(mine.c.slug == slug, other.c.slug != slug)
        .group_by(other.c.slug)
        .order_by(sa.func.count().desc(), other.c.slug)
        .limit(NAMESAKES)
    )
    return [row.slug for row in rows]


def sizes(conn: Connection, slugs: Iterable[str]) -> dict[str, Size]:
    """How big each of these topics is; counts stop at `COUNTED`."""
    filed = _up_to(filing, sa.and_(filing.c.slug == topic.c.slug, filing.c.origin.in_(OWN)), topic)
    named = _up_to(
        filing, sa.and_(filing.c.slug == topic.c.slug, filing.c.origin == "see-also"), topic
    )
    rows = conn.execute(
        sa.select(
            topic.c.slug,
            topic.c.label,
            topic.c.origin,
            filed.label("filed"),
            named.label("named"),
        ).where(one_of(conn, topic.c.slug, slugs))
    )
    return {row.slug: Size(row.slug, row.label, row.origin, row.filed, row.named) for row in rows}


def word_counts(conn: Connection, words: Iterable[str]) -> dict[str, int]:
    """How many topics have each of these stems in their names."""
    rows = conn.execute(
        sa.select(topic_word.c.word, sa.func.count().label("number"))
        .where(one_of(conn, topic_word.c.word, words))
        .group_by(topic_word.c.word)
    )
    return {row.word: row.number for row in rows}


# --- articles ----------------------------------------------------------------------------------


def linked(conn: Connection, article_id: str) -> dict[str, Linked]:
    """The articles that lists bring together with this one."""
    own, other = see_also.alias("own"), see_also.alias("other")
    names = sa.select(own.c.target_id).where(
        own.c.article_id == article_id, own.c.target_id.is_not(None)
    )
    named = sa.select(own.c.article_id).where(own.c.target_id == article_id).limit(LINKS)
    cocited = (
        sa.select(other.c.target_id)
        .join(own, own.c.article_id == other.c.article_id)
        .where(own.c.target_id == article_id, other.c.target_id != article_id)
        .limit(LINKS)
    )
    same = sa.or_(
        own.c.target_id == other.c.target_id,
        sa.and_(own.c.slug == other.c.slug, own.c.slug != ""),
    )
    coupled = (
        sa.select(other.c.article_id)
        .join(own, same)
        .where(own.c.article_id == article_id, other.c.article_id != article_id)
        .limit(LINKS)
    )
    ways = {"names": names, "named": named, "cocited": cocited, "coupled": coupled}
    found: dict[str, dict[str, int]] = {}
    for way, query in ways.items():
        for (other_id,) in conn.execute(query):
            one = found.setdefault(other_id, dict.fromkeys(ways, 0))
            one[way] += 1
    return {
        i: Linked(i, bool(one["names"]), bool(one["named"]), one["cocited"], one["coupled"])
        for i, one in found.items()
    }


def terms(conn: Connection, ids: Iterable[str]) -> dict[str, dict[str, float]]:
    """The telling stems of each article, with their weights."""
    found: dict[str, dict[str, float]] = {}
    for row in conn.execute(sa.select(term).where(one_of(conn, term.c.article_id, ids))):
        found.setdefault(row.article_id, {})[row.word] = row.weight
    return found


def frequencies(conn: Connection, words: Iterable[str]) -> dict[str, int]:
    """How many articles each stem tells of; counts stop at `COUNTED`."""
    wanted = listed(conn, words)
    number = _up_to(term, term.c.word == wanted.c.value, wanted)
    return {row[0]: row[1] for row in conn.execute(sa.select(wanted.c.value, number))}


def alike(conn: Connection, article_id: str, rare: Sequence[str]) -> list[str]:
    """Articles that share the most of an article's rare words, the most alike first."""
    if not rare:
        return []
    postings = sa.union_all(
        *(
            sa.select(
                sa.select(term.c.article_id, term.c.weight)
                .where(term.c.word == word)
                .order_by(term.c.article_id)
                .limit(POSTINGS)
                .subquery()
            )
            for word in rare[:RARE_WORDS]
        )
    ).subquery()
    rows = conn.execute(
        sa.select(postings.c.article_id)
        .where(postings.c.article_id != article_id)
        .group_by(postings.c.article_id)
        .order_by(
            sa.func.count().desc(), sa.func.sum(postings.c.weight).desc(), postings.c.article_id
        )
        .limit(CANDIDATES)
    )
    return [row.article_id for row in rows]


def told(conn: Connection, ids: Iterable[str]) -> dict[str, Told]:
    """The published ones of these articles."""
    lists = _up_to(see_also, see_also.c.target_id == article.c.id, article)
    links = _up_to(see_also, see_also.c.article_id == article.c.id, article)
    rows = conn.execute(
        sa.select(
            article.c.id,
            article.c.title,
            article.c.language,
            lists.label("lists"),
            links.label("links"),
        ).where(one_of(conn, article.c.id, ids), article.c.status == "published")
    )
    return {row.id: Told(row.id, row.title, row.language, row.lists, row.links) for row in rows}


def topics_of(conn: Connection, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Slug to label of the topics that each article is filed under."""
    rows = conn.execute(
        sa.select(filing.c.article_id, topic.c.slug, topic.c.label)
        .join(topic, topic.c.slug == filing.c.slug)
        .where(one_of(conn, filing.c.article_id, ids), filing.c.origin.in_(OWN))
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.article_id, {})[row.slug] = row.label
    return found


def newest_under(conn: Connection, slugs: Sequence[str], each: int) -> list[str]:
    """The newest articles of some topics, `each` of a topic."""
    if not slugs:
        return []
    branches = (
        sa.select(
            sa.select(filing.c.article_id)
            .where(filing.c.slug == slug, filing.c.origin == origin)
            .order_by(filing.c.sort_at.desc(), filing.c.article_id.desc())
            .limit(each)
            .subquery()
        )
        for slug in slugs
        for origin in OWN
    )
    return sorted({row[0] for row in conn.execute(sa.union(*branches))})


def wishes(conn: Connection, article_id: str) -> list[Wish]:
    """The titles of an article's list that no article answers yet, in the editor's order."""
    rows = conn.execute(
        sa.select(see_also)
        .where(
            see_also.c.article_id == article_id,
            see_also.c.target_id.is_(None),
            see_also.c.slug != "",
        )
        .order_by(see_also.c.position)
    )
    return [Wish(row.title, row.slug, row.url) for row in rows]


def archive_size(conn: Connection) -> int:
    """How many articles there are; stops at four times `COUNTED`, enough to weigh words."""
    some = sa.select(sa.literal(1)).select_from(article).limit(4 * COUNTED).subquery()
    return conn.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


# --- small parts -------------------------------------------------------------------------------


def _tally(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _either(
    one: ColumnElement[bool], other: ColumnElement[bool]
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return sa.and_(one, ~other), sa.and_(~one, other)


def _up_to(
    table: FromClause, condition: ColumnElement[bool], outer: FromClause
) -> ScalarSelect[int]:
    """How many rows fit, as a column of `outer`; stops counting at `COUNTED`."""
    some = (
        sa.select(sa.literal(1).label("one"))
        .select_from(table)
        .where(condition)
        .correlate(outer)
        .limit(COUNTED)
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
