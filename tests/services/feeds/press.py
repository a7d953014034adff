"""Publishes into a store as ingest does, so that filing has something to file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from seealso_feeds.flow import Filing
from seealso_sdk.model import Article, SeeAlso
from seealso_sdk.model import Filing as Filed
from seealso_sdk.text import slugify
from seealso_store import articles, ledger
from seealso_store.articles import Change
from seealso_store.database import Database
from seealso_store.schema import filing, placement, see_also, term, topic, topic_name

START = 1_700_000_000_000_000
HUB = "http://hub.test"


@dataclass
class Press:
    """A newsroom on a store. Every call of `publish` is a new version."""

    database: Database
    versions: dict[str, Article] = field(default_factory=dict)
    clock: int = START

    def publish(self, article_id: str, title: str, **fields: Any) -> Article:
        """Publish, or publish anew. `see_also` may be titles, `topics` labels."""
        before = self.versions.get(article_id)
        version = before.version + 1 if before else 1
        listed = fields.pop("see_also", ())
        labels = fields.pop("topics", ())
        article = Article(
            id=article_id,
            version=version,
            title=title,
            see_also=tuple(s if isinstance(s, SeeAlso) else SeeAlso(s) for s in listed),
            topics=tuple(Filed(slugify(label), label) for label in labels),
            **fields,
        )
        self._apply(article)
        return article

    def withdraw(self, article_id: str) -> None:
        """Take an article back, as ingest does: the ledger is settled, filing is to look."""
        before = self.versions[article_id]
        self._apply(replace(before, version=before.version + 1, status="withdrawn"))

    def _apply(self, article: Article) -> None:
        self.versions[article.id] = article
        self.clock += 1_000_000
        # What the hub first saw is a fact of the article and not of the test's order.
        first_seen = START + int.from_bytes(article.id.encode()[:4], "big")
        keys = (f"id:{article.source}:{article.external_id or article.id}",)
        change = Change(
            article=article,
            op="create" if article.version == 1 else "update",
            at=self.clock,
            first_seen=first_seen,
            sort_at=first_seen,
            keys=keys,
        )
        with self.database.write() as tx:
            articles.apply(tx, [change])
            if article.status == "withdrawn":
                ledger.withdraw(tx, article.id, article.version, self.clock)
            lane = ledger.LANE_WITHDRAW if article.status == "withdrawn" else ledger.LANE_NEW
            ledger.open_rows(
                tx, article.id, article.version, [ledger.FILING], lane=lane, now=self.clock
            )

    def file(self, batch: int = 50) -> None:
        """File until nothing is due."""
        desk = Filing(self.database, hub_url=HUB, batch=batch)
        for _ in range(1000):
            if not desk.run_once():
                return
        raise AssertionError("filing never comes to rest")


def state(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that filing wrote, without the times at which it did."""
    untimed = {
        "topic": [topic.c.slug, topic.c.label, topic.c.synonyms, topic.c.origin],
        "topic_name": [topic_name.c.name, topic_name.c.slug],
        "filing": list(filing.c),
        "see_also": list(see_also.c),
        "term": list(term.c),
        "placement": [placement.c.article_id, placement.c.categories, placement.c.related],
    }
    with database.read() as conn:
        return {
            name: sorted((tuple(row) for row in conn.execute(sa.select(*columns))), key=repr)
            for name, columns in untimed.items()
        }


def filed(database: Database, article_id: str) -> dict[str, tuple[str, float, str]]:
    """Slug to (origin, score, reason) of an article's filings."""
    query = sa.select(filing).where(filing.c.article_id == article_id)
    with database.read() as conn:
        return {r.slug: (r.origin, r.score, r.reason) for r in conn.execute(query)}


def origins(database: Database, slugs: Sequence[str] = ()) -> dict[str, str]:
    """Slug to origin of the topics there are."""
    with database.read() as conn:
        rows = conn.execute(sa.select(topic.c.slug, topic.c.origin)).all()
    return {row.slug: row.origin for row in rows if not slugs or row.slug in slugs}
