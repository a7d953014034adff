"""What each public feed is about: its subject, which articles it holds, what is said in its head.

    URL's names ──(topics, series, articles, channels)──> Plan   or NotHere, Gone, Moved

Every plan is a few indexed look-ups; no body is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seealso_related.articles import RelatedArticle
from seealso_related.topics import RelatedTopic
from seealso_sdk.model import Filing
from seealso_sdk.text import slugify
from seealso_store import articles, feeds, partners, topics
from seealso_store.articles import ArticleRow
from seealso_store.clock import iso
from seealso_store.feeds import ByRank, BySeries, ByTopics, Everything, Selection
from seealso_store.partners import ChannelRow
from seealso_store.topics import Topic
from sqlalchemy import Connection

from seealso_feeds.documents import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Subject,
    article_path,
    series_path,
    topic_path,
)
from seealso_feeds.errors import Gone, Moved, NotHere
from seealso_feeds.relate import related_articles, related_topics

RELATED_TOPICS = 20
RELATED_ARTICLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A feed before its articles. `touched`: when its head last changed, in microseconds.

    `extensions` empty: every feed output; `limit` and `most`: articles by default and at most.
    """

    subject: Subject
    selection: Selection
    touched: int = 0
    related: tuple[Filing, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()  # (article id, why it is here)
    extensions: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    most: int = MAX_LIMIT


Planner = Callable[[Connection], Plan]


def everything(conn: Connection, hub_name: str) -> Plan:
    """All articles, newest first."""
    subject = Subject(
        name="articles",
        title=hub_name,
        description=f"All articles of {hub_name}, newest first.",
        page_path="/articles",
        feed_path="/articles/feed",
    )
    return Plan(subject=subject, selection=Everything())


def topic_feed(conn: Connection, name: str, hub_name: str, moved: str = "") -> Plan:
    """The articles of a topic; of a ghost, those that ask for it.

    Raises:
        Moved: `name` is a synonym's slug. `moved` is what follows the topic's own path then.
        NotHere: no topic has this name.
    """
    one = topic_named(conn, name, moved)
    return Plan(
        subject=topic_subject(one, hub_name), selection=ByTopics((one,)), touched=one.changed
    )


def topic_related(conn: Connection, name: str, hub_name: str, moved: str = "") -> Plan:
    """The articles of the topics that are related to a topic, and those topics in the head.

    Raises:
        Moved, NotHere: as `topic_feed`.
    """
    one = topic_named(conn, name, moved)
    beside = related_topics(conn, one.slug, RELATED_TOPICS)
    known = topics.many(conn, [near.slug for near in beside])
    subject = Subject(
        name=f"topics/{one.slug}/related",
        title=f"Related to {one.label}",
        description=f"Articles of the topics that {hub_name} relates to {one.label}.",
        page_path=topic_path(one.slug),
        feed_path=f"{topic_path(one.slug)}/related",
        language=one.language,
    )
    return Plan(
        subject=subject,
        selection=ByTopics(tuple(known[near.slug] for near in beside if near.slug in known)),
        touched=one.changed,
        related=filings(beside),
    )


def series_feed(conn: Connection, slug: str, hub_name: str) -> Plan:
    """The articles of a series.

    Raises:
        NotHere: no article ever belonged to it.
    """
    title = feeds.series_title(conn, slug)
    if title is None:
        raise NotHere("series", slug)
    subject = Subject(
        name=f"series/{slug}",
        title=title,
        description=f"All articles of the series {title}, newest first.",
        page_path=series_path(slug),
        feed_path=f"{series_path(slug)}/feed",
    )
    return Plan(subject=subject, selection=BySeries(slug))


def article_related(conn: Connection, article_id: str, hub_name: str) -> Plan:
    """The articles that belong beside an article, the nearest first; in the head its topics' kin
    and the titles that no article answers yet.

    Raises:
        NotHere, Gone: of the article.
    """
    row = article_here(conn, article_id)
    beside = related_articles(conn, article_id, 2 * RELATED_ARTICLES, ghosts=True)
    near = [one for one in beside if one.id is not None][:RELATED_ARTICLES]
    return Plan(
        subject=article_related_subject(row, hub_name),
        selection=ByRank(tuple(one.id or "" for one in near)),
        touched=row.changed,
        related=ghosts(beside),
        reasons=tuple((one.id or "", one.reason) for one in near),
    )


def channel_feed(conn: Connection, secret: str) -> Plan:
    """A partner's own feed.

    Raises:
        NotHere: no channel has this secret.
        Gone: the channel was revoked.
    """
    row = partners.channel_of_secret(conn, secret)
    if row is None:
        raise NotHere("channel", "with this secret")
    if row.revoked is not None:
        raise Gone("channel", row.title, "the hub's operator has closed it", iso(row.revoked))
    selection = of_channel(conn, row)
    known = {one.slug: one for one in selection.topics}
    subject = Subject(
        name=f"channels/{row.id}",
        title=row.title,
        description=_of_topics([known[slug].label for slug in row.topics if slug in known]),
        page_path="/",
        feed_path=f"/channels/{secret}/feed",
        language=row.language or "",
        private=True,
    )
    return Plan(
        subject=subject,
        selection=selection,
        touched=row.created,
        extensions=row.outputs,
        limit=min(row.max_items, MAX_LIMIT),
        most=min(row.max_items, MAX_LIMIT),
    )


def of_channel(conn: Connection, row: ChannelRow) -> ByTopics:
    """The articles of a channel."""
    chosen = list(row.topics)
    if row.related:
        for slug in row.topics:
            chosen += [near.slug for near in related_topics(conn, slug, RELATED_TOPICS)]
    known = topics.many(conn, chosen)
    heads = tuple(known[slug] for slug in dict.fromkeys(chosen) if slug in known)
    return ByTopics(heads, row.language)


# --- what the names in a URL stand for ------------------------------------------------------------


def topic_named(conn: Connection, name: str, moved: str = "") -> Topic:
    """The topic of this slug.

    Raises:
        Moved: it is a synonym's slug, or the title of an article that no topic is named after.
        NotHere: neither; it tells what may have been meant.
    """
    one = topic_of(conn, name)
    if one is not None and one.slug == name:
        return one
    if one is not None:
        raise Moved(topic_path(one.slug) + moved, permanent=True)
    target = feeds.see_also_target(conn, name)
    if target is not None and not moved:
        raise Moved(article_path(target), permanent=False)
    near = topics.many(conn, topics.nearest(conn, name))
    raise NotHere("topic", name, tuple((t.label, topic_path(t.slug)) for t in near.values()))


def topic_of(conn: Connection, name: str) -> Topic | None:
    """The topic that goes by this slug, or by this name in words."""
    return topics.get(conn, name) or topics.get(conn, slugify(name))


def article_here(conn: Connection, article_id: str) -> ArticleRow:
    """The article, which is published.

    Raises:
        NotHere: there is none, or it is not out yet.
        Gone: it was withdrawn, or has expired.
    """
    row = articles.find(conn, article_id)
    if row is None or row.status == "embargoed":
        raise NotHere("article", article_id)
    if row.status != "published":
        reason = row.withdrawn_reason or ("it has expired" if row.status == "expired" else "")
        raise Gone("article", row.title, reason, iso(row.withdrawn_at or row.changed))
    return row


def topic_subject(one: Topic, hub_name: str) -> Subject:
    """What a topic's feed and page say of it."""
    about = f"Articles on {one.label} from {hub_name}, newest first."
    if one.origin == topics.GHOST:
        about = (
            f"Articles that name {one.label}, on which {hub_name} has no article of its own yet."
        )
    return Subject(
        name=f"topics/{one.slug}",
        title=one.label,
        description=one.description or about,
        page_path=topic_path(one.slug),
        feed_path=f"{topic_path(one.slug)}/feed",
        language=one.language,
    )


def article_related_subject(row: ArticleRow, hub_name: str) -> Subject:
    """What the feed of an article's related articles says of itself."""
    return Subject(
        name=f"articles/{row.id}/related",
        title=f"Related to: {row.title}",
        description=f"Articles that {hub_name} puts beside “{row.title}”, the nearest first.",
        page_path=article_path(row.id),
        feed_path=f"{article_path(row.id)}/related",
        language=row.language,
    )


def filings(beside: Sequence[RelatedTopic]) -> tuple[Filing, ...]:
    """Related topics as a feed's head tells them: ghosts keep that as their origin."""
    return tuple(
        Filing(near.slug, near.label, near.origin, near.score, near.reason) for near in beside
    )


def ghosts(beside: Sequence[RelatedArticle]) -> tuple[Filing, ...]:
    """Of the neighbours of an article, the titles that no article answers yet."""
    return tuple(
        Filing(one.slug or slugify(one.title), one.title, topics.GHOST, one.score, one.reason)
        for one in beside
        if one.id is None
    )


def _of_topics(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:8]) + (", …" if len(labels) > 8 else "")
    return f"New articles on {shown}." if labels else "New articles."
