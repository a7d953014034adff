"""SQL of origins: every source that an article came in from. Written by ingest.

of(conn, ids) ──> the origins of these articles       record(tx, seen) ──> one more, or seen again
An article is one, however many sources bring it; its row `article.source` names who speaks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select

from seealso_store.clock import SECOND
from seealso_store.database import insert_rows, upsert
from seealso_store.schema import article_origin

# Seen again within so long is not worth a write: a feed that is polled names the same all day.
FRESH = 60 * 60 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A source that an article came in from. Times are microseconds.

    `home` is 1 where the source's own place is on the site of the article's canonical address.
    """

    article_id: str
    source: str
    external_id: str | None
    url: str | None
    home: int
    first_seen: int
    last_seen: int


_COLUMNS = [article_origin.c[name] for name in Origin.__dataclass_fields__]


def of(conn: Connection, ids: Iterable[str]) -> dict[str, list[Origin]]:
    """The origins of these articles, the first one first."""
    query = select(*_COLUMNS).where(article_origin.c.article_id.in_(sorted(set(ids))))
    query = query.order_by(article_origin.c.first_seen, article_origin.c.source)
    found: dict[str, list[Origin]] = {}
    for row in conn.execute(query).mappings():
        found.setdefault(row["article_id"], []).append(Origin(**row))
    return found


def record(tx: Connection, seen: Sequence[Origin]) -> None:
    """An article came in from these; one that is known keeps the moment that it first did."""
    if not seen:
        return
    statement = upsert(tx, article_origin)
    given = statement.excluded
    newer = {name: given[name] for name in ("external_id", "url", "home", "last_seen")}
    rows = {(one.article_id, one.source): asdict(one) for one in seen}
    insert_rows(
        tx,
        statement.on_conflict_do_update(
            index_elements=[article_origin.c.article_id, article_origin.c.source], set_=newer
        ),
        [rows[key] for key in sorted(rows)],
    )


def drop(tx: Connection, article_id: str, source: str) -> None:
    """This source has the article no more; the article stays."""
    tx.execute(
        delete(article_origin).where(
            article_origin.c.article_id == article_id, article_origin.c.source == source
        )
    )
