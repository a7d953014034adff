"""SQL of reviews: which articles are to be looked over, and when.

    due(conn, until) ──> the operator's list, the longest due first
    fill(tx) ──> articles of before there was the column, some at a time, until all are done

`article.review_at` is `review_by` as a moment: a day is due from its beginning, UTC.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy import Connection, func, select

from seealso_store import hub
from seealso_store.articles import PAGE_MAX, STATE, ArticleRow, Page, current_bodies, review_moment
from seealso_store.schema import article

_MARK = "reviews_filled"  # in the table `hub`: the last id that was looked at, or `_ALL`
_ALL = "~"  # behind every id


def due(
    conn: Connection,
    until: int,
    *,
    source: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Published articles whose review is due by then (microseconds), the longest due first.

    Raises:
        ValueError: the cursor did not come from an earlier page.
    """
    limit = max(1, min(limit, PAGE_MAX))
    query = select(*STATE).where(article.c.review_at <= until, article.c.status == "published")
    if source:
        query = query.where(article.c.source == source)
    if cursor:
        at, dot, article_id = cursor.partition(".")
        if not (dot and at.isdecimal() and at.isascii() and len(at) <= 18):
            raise ValueError(f"cursor {cursor[:80]!r} did not come from an earlier page")
        query = query.where(
            sa.tuple_(article.c.review_at, article.c.id) > sa.tuple_(int(at), article_id)
        )
    query = query.order_by(article.c.review_at, article.c.id).limit(limit + 1)
    found = [ArticleRow(**row) for row in conn.execute(query).mappings()]
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(tuple(found[:limit]), f"{last.review_at}.{last.id}" if last else None)


def count(conn: Connection, now: int) -> int:
    """How many published articles are due."""
    query = select(func.count()).where(article.c.review_at <= now, article.c.status == "published")
    return int(conn.execute(query).scalar_one())


def filled(conn: Connection) -> bool:
    """Whether every article of before has its date."""
    return hub.recall(conn, _MARK) == _ALL


def fill(tx: Connection, *, limit: int = 200) -> bool:
    """Give the next articles of before their date. Returns whether all have it now."""
    mark = hub.recall(tx, _MARK) or ""
    if mark == _ALL:
        return True
    query = select(article.c.id).where(article.c.id > mark).order_by(article.c.id).limit(limit)
    ids = list(tx.execute(query).scalars())
    for article_id, body in current_bodies(tx, ids).items():
        at = review_moment(json.loads(body).get("review_by"))
        if at is not None:
            change = article.update().where(article.c.id == article_id)
            tx.execute(change.values(review_at=at))
    done = len(ids) < limit
    hub.remember(tx, _MARK, _ALL if done else ids[-1])
    return done
