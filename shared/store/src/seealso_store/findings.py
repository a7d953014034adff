"""What is wrong with a source: a typed sentence each, until it is so no longer.

All functions take the connection first; those that write expect a `Database.write()` transaction.
Times are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.database import insert_rows, upsert
from seealso_store.schema import finding

_c = finding.c


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A row. `since` is when it was first so; `ignored`, when an operator said it is no matter."""

    source: str
    code: str
    detail: str
    since: int
    at: int
    ignored: int | None = None


def judge(
    tx: Connection, source: str, judged: Collection[str], found: Mapping[str, str], now: int
) -> None:
    """Write down what a look found: of the codes that it could judge, these are so ({code: detail})
    and the others are no longer. One that goes on keeps its beginning, and what was said of it."""
    over = sorted(set(judged) - set(found))
    if over:
        tx.execute(sa.delete(finding).where(_c.source == source, _c.code.in_(over)))
    rows = [
        {"source": source, "code": code, "detail": detail, "since": now, "at": now}
        for code, detail in sorted(found.items())
    ]
    insert = upsert(tx, finding)
    new = insert.excluded
    insert_rows(
        tx,
        insert.on_conflict_do_update(
            index_elements=["source", "code"], set_={"detail": new.detail, "at": new.at}
        ),
        rows,
    )


def listed(
    conn: Connection, *, source: str | None = None, ignored: bool = False
) -> list[FindingRow]:
    """Findings, by source; those that are ignored only where that is asked for."""
    statement = sa.select(finding).order_by(_c.source, _c.code)
    if source is not None:
        statement = statement.where(_c.source == source)
    if not ignored:
        statement = statement.where(_c.ignored.is_(None))
    return [FindingRow(**row._asdict()) for row in conn.execute(statement)]


def mark(tx: Connection, source: str, code: str, ignored: int | None) -> FindingRow | None:
    """Ignore a finding (since then), or heed it again (None). None: there is no such finding."""
    row = tx.execute(
        sa.update(finding)
        .where(_c.source == source, _c.code == code)
        .values(ignored=ignored)
        .returning(*finding.c)
    ).first()
    return None if row is None else FindingRow(**row._asdict())


def ignored(conn: Connection, source: str) -> frozenset[str]:
    """The codes of a source's findings that an operator has said to be no matter."""
    chosen = sa.select(_c.code).where(_c.source == source, _c.ignored.isnot(None))
    return frozenset(conn.scalars(chosen))


def counts(conn: Connection) -> Mapping[str, int]:
    """Findings by code, without those that are ignored."""
    statement = sa.select(_c.code, sa.func.count()).where(_c.ignored.is_(None)).group_by(_c.code)
    return {row[0]: row[1] for row in conn.execute(statement)}
