"""A prepared database on either engine, with a few articles put straight into the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from seealso_sdk.model import Article
from seealso_store.clock import now
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare
from seealso_store.schema import article, article_version

from tests.conftest import new_postgres, prepared

AddArticle = Callable[..., Article]


@pytest.fixture(scope="session")
def postgres_url(live_engines: None) -> Iterator[str]:
    """A database of this run's own, dropped at the end."""
    with new_postgres() as url:
        with prepared(url):
            pass
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, prepared database."""
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
        prepare(opened)
    else:
        opened = open_database(request.getfixturevalue("postgres_url"))
        with opened.write() as tx:
            tx.exec_driver_sql("TRUNCATE article, article_version, ledger, rendition, output")
    yield opened
    opened.close()


@pytest.fixture
def add_article(db: Database) -> AddArticle:
    """Put a version of an article into the tables, as ingest would."""

    def add(article_id: str, version: int = 1, *, title: str = "", **more: object) -> Article:
        made = Article(
            id=article_id, version=version, title=title or f"On {article_id}",
            body_html=f"<p>About {article_id}.</p>", body_text=f"About {article_id}.",
            first_seen="2024-04-09T10:00:00Z", changed="2024-04-09T10:00:00Z", **more,
        )  # fmt: skip
        at = now()
        with db.write() as tx:
            tx.execute(sa.delete(article).where(article.c.id == article_id))
            tx.execute(
                sa.insert(article).values(
                    id=article_id, version=version, status=made.status, kind=made.kind,
                    title=made.title, folded=made.title.lower(), language="en", source="api",
                    content_hash=f"{article_id}/{version}", sort_at=at, first_seen=at, changed=at,
                )
            )  # fmt: skip
            tx.execute(
                sa.insert(article_version).values(
                    article_id=article_id, version=version, op="update", at=at, reason="",
                    content_hash=f"{article_id}/{version}", body=made.to_json(), correlation_id="",
                )
            )  # fmt: skip
        return made

    return add
