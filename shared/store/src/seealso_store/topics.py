"""Topics: their names, their relations, and who asks for them. Written by the feeds service.

A topic's `origin` says why it exists: ``import`` (a vocabulary or an operator gave it), ``article``
(an editor filed an article under it, or an article that others name is about it) or ``ghost`` (only
See also lists name it). Every name that a topic goes by, as a slug, is a row of topic_name.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from seealso_sdk.text import slugify
from sqlalchemy import Connection

from seealso_store.arrays import one_of
from seealso_store.database import insert_rows, upsert
from seealso_store.schema import (
    article,
    filing,
    see_also,
    topic,
    topic_name,
    topic_relation,
    topic_word,
)

IMPORT = "import"
ARTICLE = "article"
GHOST = "ghost"
OWN = ("editorial", "derived")  # origins of a topic's own filings; the third is "see-also"
ABOUT = 0.95  # a derived filing of this score or more: the article is about the topic


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is kept. `language` is BCP 47, or empty where nobody said."""

    slug: str
    label: str
    description: str
    synonyms: tuple[str, ...]
    origin: str
    uri: str | None
    language: str
    created: int
    changed: int


@dataclass(frozen=True, slots=True)
class TopicCount:
    """A line of a topic list. `articles`: published and filed by an editor or a rule; `asked`:
    published articles whose See also lists name it; `newest`: sort_at of the newest, 0 for none."""

    slug: str
    label: str
    description: str
    origin: str
    articles: int
    asked: int
    newest: int


@dataclass(frozen=True, slots=True)
class NamedTopic:
    """What a name stands for."""

    slug: str
    label: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be made. `words` are the stems of its names (seealso_related.words)."""

    slug: str
    label: str
    origin: str
    words: tuple[str, ...]
    description: str = ""
    synonyms: tuple[str, ...] = ()
    uri: str | None = None
    language: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every slug it can be found by, its own first."""
        return tuple(dict.fromkeys((self.slug, slugify(self.label), *map(slugify, self.synonyms))))


@dataclass(frozen=True, slots=True)
class Relation:
    """An imported relation: `slug` --relation--> `other`; broader, narrower or related."""

    slug: str
    other: str
    relation: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a topic is here: an editor files under it (`edited`), an article has its name as title
    (`about`), a See also list names it (`named`), an operator gave it synonyms or a withdrawn
    article was under it (`kept`)."""

    slug: str
    origin: str
    edited: bool
    about: bool
    named: bool
    kept: bool


# --- reading -----------------------------------------------------------------------------------


def get(conn: Connection, name: str) -> Topic | None:
    """The topic with this slug, or whose alias this is: then its `slug` differs from `name`."""
    row = conn.execute(
        sa.select(topic)
        .join(topic_name, topic_name.c.slug == topic.c.slug)
        .where(topic_name.c.name == name)
    ).one_or_none()
    return None if row is None else _topic(row)


def many(conn: Connection, slugs: Iterable[str]) -> dict[str, Topic]:
    """The topics that exist of these slugs (not aliases)."""
    slugs = list(slugs)
    if not slugs:
        return {}
    rows = conn.execute(sa.select(topic).where(one_of(conn, topic.c.slug, slugs)))
    return {row.slug: _topic(row) for row in rows}


def by_names(conn: Connection, names: Iterable[str]) -> dict[str, NamedTopic]:
    """What each name stands for, of those that stand for something. One statement."""
    rows = conn.execute(
        sa.select(topic_name.c.name, topic.c.slug, topic.c.label, topic.c.origin)
        .join(topic, topic.c.slug == topic_name.c.slug)
        .where(one_of(conn, topic_name.c.name, names))
    )
    return {row.name: NamedTopic(row.slug, row.label, row.origin) for row in rows}


def by_uris(conn: Connection, uris: Iterable[str]) -> dict[str, str]:
    """The slug of each concept of an imported vocabulary that is here."""
    rows = conn.execute(sa.select(topic.c.uri, topic.c.slug).where(one_of(conn, topic.c.uri, uris)))
    return {str(row.uri): row.slug for row in rows}


def count(conn: Connection) -> int:
    """How many topics there are, ghosts included."""
    return conn.execute(sa.select(sa.func.count()).select_from(topic)).scalar_one()


def listing(
    conn: Connection,
    *,
    search: str = "",
    origin: str | None = None,
    after: str = "",
    limit: int = 1000,
) -> list[TopicCount]:
    """Topics in the order of their slugs, after the slug `after`.

    `search` keeps those that have a name with that in it (as a slug: case, accents and punctuation
    don't matter); `origin` those of one origin.
    """
    chosen = sa.select(topic.c.slug).where(topic.c.slug > after)
    if origin is not None:
        chosen = chosen.where(topic.c.origin == origin)
    if search.strip():
        named = sa.select(topic_name.c.slug).where(
            topic_name.c.name.contains(slugify(search), autoescape=True)
        )
        chosen = chosen.where(topic.c.slug.in_(named))
    slugs = [row.slug for row in conn.execute(chosen.order_by(topic.c.slug).limit(limit))]
    return counts(conn, slugs)


def counts(conn: Connection, slugs: Sequence[str]) -> list[TopicCount]:
    """A line for each of the topics that exist, in the order of their slugs."""
    own = filing.c.origin.in_(OWN)
    counted = (
        sa.select(
            filing.c.slug,
            sa.func.sum(sa.case((own, 1), else_=0)).label("articles"),
            sa.func.sum(sa.case((own, 0), else_=1)).label("asked"),
            sa.func.max(filing.c.sort_at).label("newest"),
        )
        .join(article, article.c.id == filing.c.article_id)
        .where(
            article.c.status == "published",
            filing.c.origin != "left",
            one_of(conn, filing.c.slug, slugs),
        )
        .group_by(filing.c.slug)
        .subquery()
    )
    rows = conn.execute(
        sa.select(topic, counted.c.articles, counted.c.asked, counted.c.newest)
        .outerjoin(counted, counted.c.slug == topic.c.slug)
        .where(one_of(conn, topic.c.slug, slugs))
        .order_by(topic.c.slug)
    )
    return [_count(row) for row in rows]


def ghosts(conn: Connection, limit: int = 100) -> list[TopicCount]:
    """Topics that only See also lists name, the most asked for first."""
    asked = (
        sa.select(filing.c.slug)
        .join(topic, topic.c.slug == filing.c.slug)
        .join(article, article.c.id == filing.c.article_id)
        .where(topic.c.origin == GHOST, article.c.status == "published", filing.c.origin != "left")
        .group_by(filing.c.slug)
        .order_by(sa.func.count().desc(), filing.c.slug)
        .limit(limit)
    )
    found = counts(conn, [row.slug for row in conn.execute(asked)])
    return sorted(found, key=lambda one: (-one.asked, one.slug))


def nearest(conn: Connection, name: str, words: Iterable[str] = (), limit: int = 5) -> list[str]:
    """Slugs of topics that somebody who wrote `name` may have meant, the nearest first.

    Looks at the names that share a word (`words`: stems) or the first letters.
    """
    wanted = slugify(name)
    head = wanted[:3]
    alike = (
        sa.select(topic_name.c.name, topic_name.c.slug)
        .where(topic_name.c.name >= head, topic_name.c.name < head + "\uffff")
        .limit(2000)
    )
    sharing = (
        sa.select(topic_name.c.name, topic_name.c.slug)
        .join(topic_word, topic_word.c.slug == topic_name.c.slug)
        .where(one_of(conn, topic_word.c.word, words))
        .limit(2000)
    )
    found = {row.name: row.slug for query in (alike, sharing) for row in conn.execute(query)}
    close = difflib.get_close_matches(wanted, sorted(found), n=limit * 2, cutoff=0.5)
    return list(dict.fromkeys(found[one] for one in close))[:limit]


def relations(conn: Connection, slug: str) -> list[Relation]:
    """What the vocabulary says of a topic, from its own side and from the others'."""
    rows = conn.execute(
        sa.select(topic_relation)
        .where(sa.or_(topic_relation.c.slug == slug, topic_relation.c.other == slug))
        .order_by(topic_relation.c.slug, topic_relation.c.other, topic_relation.c.relation)
    )
    return [Relation(row.slug, row.other, row.relation) for row in rows]


def words(conn: Connection, slugs: Iterable[str]) -> dict[str, frozenset[str]]:
    """The stems of the names of each topic."""
    found: dict[str, set[str]] = {}
    for row in conn.execute(sa.select(topic_word).where(one_of(conn, topic_word.c.slug, slugs))):
        found.setdefault(row.slug, set()).add(row.word)
    return {slug: frozenset(those) for slug, those in found.items()}


def standing(conn: Connection, slugs: Iterable[str]) -> list[Standing]:
    """What keeps each of these topics: the facts from which its origin follows."""

    def filed(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.case((sa.exists().where(filing.c.slug == topic.c.slug, *conditions), 1), else_=0)

    named = sa.exists().where(
        topic_name.c.slug == topic.c.slug, see_also.c.slug == topic_name.c.name
    )
    rows = conn.execute(
        sa.select(
            topic.c.slug,
            topic.c.origin,
            topic.c.synonyms,
            filed(filing.c.origin == "editorial").label("edited"),
            filed(filing.c.origin == "derived", filing.c.score >= ABOUT).label("about"),
            filed(filing.c.origin == "withdrawn").label("withdrawn"),
            sa.case((named, 1), else_=0).label("named"),
        )
        .where(one_of(conn, topic.c.slug, slugs))
        .order_by(topic.c.slug)
    )
    return [
        Standing(
            slug=row.slug,
            origin=row.origin,
            edited=bool(row.edited),
            about=bool(row.about),
            named=bool(row.named),
            kept=bool(row.withdrawn) or row.synonyms != "[]",
        )
        for row in rows
    ]


# --- writing -----------------------------------------------------------------------------------


def add(tx: Connection, new: Sequence[NewTopic], now: int) -> None:
    """Make the topics that aren't there. A name that another topic has stays with that topic."""
    if not new:
        return
    rows = [
        {
            "slug": one.slug,
            "label": one.label,
            "description": one.description,
            "synonyms": json.dumps(one.synonyms, ensure_ascii=False),
            "origin": one.origin,
            "uri": one.uri,
            "language": one.language,
            "created": now,
            "changed": now,
        }
        for one in new
    ]
    insert_rows(tx, upsert(tx, topic).on_conflict_do_nothing(), rows)
    _add_names(tx, [(name, one.slug) for one in new for name in one.names])
    _add_words(tx, [(word, one.slug) for one in new for word in one.words])


def change(tx: Connection, kept: Topic, wanted: NewTopic, now: int) -> bool:
    """Give a topic other words, synonyms (those it has stay) or an origin.

    Returns:
        Whether anything was different.
    """
    synonyms = _joined(kept, wanted)
    values = {
        "label": wanted.label,
        "description": wanted.description or kept.description,
        "synonyms": json.dumps(synonyms, ensure_ascii=False),
        "origin": wanted.origin,
        "uri": wanted.uri or kept.uri,
        "language": wanted.language or kept.language,
    }
    before = {
        "label": kept.label,
        "description": kept.description,
        "synonyms": json.dumps(kept.synonyms, ensure_ascii=False),
        "origin": kept.origin,
        "uri": kept.uri,
        "language": kept.language,
    }
    if values == before:
        return False
    tx.execute(sa.update(topic).where(topic.c.slug == kept.slug).values(**values, changed=now))
    _add_names(tx, [(name, kept.slug) for name in (*wanted.names[1:], *map(slugify, synonyms))])
    _add_words(tx, [(word, kept.slug) for word in wanted.words])
    return True


def promote(tx: Connection, labels: Mapping[str, str], now: int) -> None:
    """Ghosts that an article is about now: topics, under the label that the article gives."""
    _set(tx, [{"key": s, "label": t, "origin": ARTICLE} for s, t in sorted(labels.items())], now)


def demote(tx: Connection, slugs: Iterable[str], now: int) -> None:
    """Topics that only See also lists name any more: ghosts."""
    _set(tx, [{"key": slug, "origin": GHOST} for slug in sorted(slugs)], now)


def delete(tx: Connection, slugs: Sequence[str]) -> None:
    """Topics that nothing and nobody names any more, with their names. Filings stay."""
    if not slugs:
        return
    for table in (topic_name, topic_word, topic_relation, topic):
        tx.execute(sa.delete(table).where(one_of(tx, table.c.slug, slugs)))
    tx.execute(sa.delete(topic_relation).where(one_of(tx, topic_relation.c.other, slugs)))


def relate(tx: Connection, found: Sequence[Relation]) -> int:
    """Add relations that aren't there.

    Returns:
        How many were new.
    """
    known = {
        (row.slug, row.other, row.relation)
        for row in tx.execute(
            sa.select(topic_relation).where(
                one_of(tx, topic_relation.c.slug, [one.slug for one in found])
            )
        )
    }
    rows = sorted({(one.slug, one.other, one.relation) for one in found} - known)
    if rows:
        tx.execute(
            upsert(tx, topic_relation).on_conflict_do_nothing(),
            [{"slug": s, "other": o, "relation": r} for s, o, r in rows],
        )
    return len(rows)


def absorb(tx: Connection, gone: str, into: str) -> None:
    """Let `into` have all names, words and relations of `gone`, which then is no topic any more."""
    for name_table in (topic_name, topic_word):
        rows = [
            row[0]
            for row in tx.execute(sa.select(name_table.c[0]).where(name_table.c.slug == gone))
        ]
        tx.execute(sa.delete(name_table).where(name_table.c.slug == gone))
        pairs = [(value, into) for value in rows]
        (_add_names if name_table is topic_name else _add_words)(tx, pairs)
    for relation in relations(tx, gone):
        moved = Relation(
            into if relation.slug == gone else relation.slug,
            into if relation.other == gone else relation.other,
            relation.relation,
        )
        if moved.slug != moved.other:
            relate(tx, [moved])
    delete(tx, [gone])


def _set(tx: Connection, rows: list[dict[str, str]], now: int) -> None:
    if rows:
        columns: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name != "key"}
        statement = sa.update(topic).where(topic.c.slug == sa.bindparam("key"))
        tx.execute(statement.values(**columns, changed=now), rows)


def _joined(kept: Topic, wanted: NewTopic) -> tuple[str, ...]:
    """The synonyms of both, each once; the old label becomes one; the label itself is none."""
    own = slugify(wanted.label)
    found: dict[str, str] = {}
    for name in (*kept.synonyms, *wanted.synonyms, kept.label):
        if slugify(name) not in (own, kept.slug):
            found.setdefault(slugify(name), name)
    return tuple(found.values())


def _add_names(tx: Connection, pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        rows = [{"name": name, "slug": slug} for name, slug in pairs]
        insert_rows(tx, upsert(tx, topic_name).on_conflict_do_nothing(), rows)


def _add_words(tx: Connection, pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        rows = [{"word": word, "slug": slug} for word, slug in pairs]
        insert_rows(tx, upsert(tx, topic_word).on_conflict_do_nothing(), rows)


def _topic(row: Any) -> Topic:
    return Topic(
        slug=row.slug,
        label=row.label,
        description=row.description,
        synonyms=tuple(json.loads(row.synonyms)),
        origin=row.origin,
        uri=row.uri,
        language=row.language,
        created=row.created,
        changed=row.changed,
    )


def _count(row: Any) -> TopicCount:
    return TopicCount(
        slug=row.slug,
        label=row.label,
        description=row.description,
        origin=row.origin,
        articles=int(row.articles or 0),
        asked=int(row.asked or 0),
        newest=int(row.newest or 0),
    )
