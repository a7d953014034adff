"""SQL of rejected input: what could not go in, and why. Written by ingest.

    keep(tx, pieces) ──> a row each; the same piece again is the same row, counted
       └─ trim: beyond the bounds the oldest go first
    page / counts / get / data ──> the operator's list
    failed_again(tx), drop(tx) ──> after another try

The list is bounded in rows, bytes and days, so that a source that sends nonsense fills no disk.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from seealso_sdk.model import RawInput
from sqlalchemy import Connection, delete, func, select

from seealso_store.clock import SECOND
from seealso_store.database import upsert
from seealso_store.schema import rejected

PAGE_MAX = 500
DAY = 24 * 60 * 60 * SECOND
_ID_CHARS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is kept. `largest`: of a larger piece only what was said of it, bytes."""

    rows: int = 10_000
    bytes: int = 200 * 2**20
    days: int = 30
    largest: int = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Input that is to be kept, and why it did not go in.

    `raw` is the piece alone: a line, an item, the whole document where it is one. Where it could
    not be cut out of its document, `raw` is all of that, and `part` says which piece is meant.
    """

    raw: RawInput
    code: str
    detail: str
    field: str | None = None
    remedy: str | None = None
    part: int | None = None  # from 0
    line: int | None = None
    correlation_id: str = ""

    @property
    def digest(self) -> str:
        """SHA-256, hex: the same piece of the same source has the same."""
        head = "\0".join((self.raw.source, self.raw.media_type, self.raw.url or "")).encode()
        return hashlib.sha256(head + b"\0" + self.raw.data).hexdigest()

    @property
    def id(self) -> str:
        """``r`` and 15 letters and digits."""
        material = self.digest if self.part is None else f"{self.digest} {self.part}"
        named = hashlib.sha256(material.encode()).digest()
        return "r" + base64.b32encode(named).decode().lower()[:_ID_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row of the list, without its data. Times are microseconds, sizes bytes."""

    id: str
    source: str
    since: int
    at: int
    times: int
    code: str
    field: str | None
    detail: str
    remedy: str | None
    part: int | None
    line: int | None
    media_type: str
    charset: str | None
    url: str | None
    filename: str | None
    size: int
    held: int
    tries: int
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, and where the next one starts (None: this is the last)."""

    rows: tuple[RejectedRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows: of a code, of a source, of both, or (both None) all."""

    code: str | None = None
    source: str | None = None

    def where(self) -> sa.ColumnElement[bool]:
        """As a condition."""
        conditions: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.code is not None:
            conditions.append(rejected.c.code == self.code)
        if self.source is not None:
            conditions.append(rejected.c.source == self.source)
        return sa.and_(*conditions)


ALL = Choice()
_ROW = [rejected.c[name] for name in RejectedRow.__dataclass_fields__]


# --- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trimmed:
    """How many rows had to go: too old, or the list was full."""

    old: int = 0
    full: int = 0


def keep(tx: Connection, pieces: Sequence[Piece], bounds: Bounds, *, now: int) -> Trimmed:
    """Keep these; returns how many older rows had to go for them."""
    if not pieces:
        return Trimmed()
    statement = upsert(tx, rejected)
    given = statement.excluded
    again = {
        name: given[name]
        for name in ("at", "code", "field", "detail", "remedy", "line", "correlation_id")
    }
    rows = {piece.id: _row(piece, bounds, now) for piece in pieces}
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[rejected.c.id], set_={**again, "times": rejected.c.times + 1}
        ),
        [rows[key] for key in sorted(rows)],
    )
    return trim(tx, bounds, now=now)


def _row(piece: Piece, bounds: Bounds, now: int) -> dict[str, Any]:
    raw = piece.raw
    data = raw.data if len(raw.data) <= bounds.largest else None
    return {
        "id": piece.id,
        "source": raw.source,
        "since": now,
        "at": now,
        "times": 1,
        "code": piece.code,
        "field": piece.field,
        "detail": piece.detail,
        "remedy": piece.remedy,
        "part": piece.part,
        "line": piece.line,
        "media_type": raw.media_type,
        "charset": raw.charset,
        "url": raw.url,
        "filename": raw.filename,
        "digest": piece.digest,
        "size": len(raw.data),
        "held": len(data or b""),
        "tries": 0,
        "correlation_id": piece.correlation_id,
        "data": data,
    }


def trim(tx: Connection, bounds: Bounds, *, now: int) -> Trimmed:
    """Delete what is beyond the bounds, the oldest first."""
    old = rejected.c.at < now - bounds.days * DAY
    gone = tx.execute(delete(rejected).where(old)).rowcount
    rows, held = totals(tx)
    if rows <= bounds.rows and held <= bounds.bytes:
        return Trimmed(gone)
    oldest = select(rejected.c.id, rejected.c.held).order_by(rejected.c.at, rejected.c.id)
    going = []
    for row in tx.execute(oldest):
        if rows <= bounds.rows and held <= bounds.bytes:
            break
        going.append(row.id)
        rows, held = rows - 1, held - row.held
    return Trimmed(gone, _delete(tx, going))


def expired(conn: Connection, bounds: Bounds, *, now: int) -> bool:
    """Whether any is too old: one look into an index."""
    oldest = conn.execute(select(func.min(rejected.c.at))).scalar()
    return oldest is not None and oldest < now - bounds.days * DAY


def failed_again(tx: Connection, row_id: str, piece: Piece) -> None:
    """It was tried again and is refused still, for this reason now."""
    tx.execute(
        rejected.update()
        .where(rejected.c.id == row_id)
        .values(
            tries=rejected.c.tries + 1,
            code=piece.code,
            field=piece.field,
            detail=piece.detail,
            remedy=piece.remedy,
        )
    )


def drop(tx: Connection, ids: Iterable[str]) -> int:
    """Take these off the list. Returns how many there were."""
    return _delete(tx, sorted(set(ids)))


def drop_chosen(tx: Connection, choice: Choice) -> int:
    """Take all of a choice off the list. Returns how many there were."""
    return tx.execute(delete(rejected).where(choice.where())).rowcount


def _delete(tx: Connection, ids: Sequence[str]) -> int:
    gone = 0
    for start in range(0, len(ids), PAGE_MAX):
        some = ids[start : start + PAGE_MAX]
        gone += tx.execute(delete(rejected).where(rejected.c.id.in_(some))).rowcount
    return gone


# --- reading -------------------------------------------------------------------------------------


def totals(conn: Connection) -> tuple[int, int]:
    """Rows, and bytes of the data that is kept: read from an index alone."""
    query = select(func.count(rejected.c.at), func.coalesce(func.sum(rejected.c.held), 0))
    rows, held = conn.execute(query).one()
    return int(rows), int(held)


def get(conn: Connection, row_id: str) -> RejectedRow | None:
    """One row."""
    found = conn.execute(select(*_ROW).where(rejected.c.id == row_id)).mappings().first()
    return None if found is None else RejectedRow(**found)


def data(conn: Connection, row_id: str) -> bytes | None:
    """What came in, as it came; None where it was too large to keep, or there is no such row."""
    found = conn.execute(select(rejected.c.data).where(rejected.c.id == row_id)).scalar()
    return None if found is None else bytes(found)


def page(
    conn: Connection, choice: Choice = ALL, *, cursor: str | None = None, limit: int = 50
) -> Page:
    """The list, what came in last first.

    Raises:
        ValueError: the cursor did not come from an earlier page.
    """
    query = select(*_ROW).where(choice.where())
    query = query.order_by(rejected.c.at.desc(), rejected.c.id.desc())
    if cursor:
        query = query.where(sa.tuple_(rejected.c.at, rejected.c.id) < sa.tuple_(*_read(cursor)))
    return _page(conn, query, limit)


def oldest(
    conn: Connection, choice: Choice = ALL, *, cursor: str | None = None, limit: int = 50
) -> Page:
    """As `page`, the oldest first. A try that fails moves no row, so a walk of all of them ends.

    Raises:
        ValueError: the cursor did not come from an earlier page.
    """
    query = select(*_ROW).where(choice.where()).order_by(rejected.c.at, rejected.c.id)
    if cursor:
        query = query.where(sa.tuple_(rejected.c.at, rejected.c.id) > sa.tuple_(*_read(cursor)))
    return _page(conn, query, limit)


def _page(conn: Connection, query: sa.Select[Any], limit: int) -> Page:
    limit = max(1, min(limit, PAGE_MAX))
    found = [RejectedRow(**row) for row in conn.execute(query.limit(limit + 1)).mappings()]
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(tuple(found[:limit]), f"{last.at}.{last.id}" if last else None)


def _read(cursor: str) -> tuple[int, str]:
    at, dot, row_id = cursor.partition(".")
    if not (dot and at.isdecimal() and at.isascii() and len(at) <= 18):
        raise ValueError(f"cursor {cursor[:80]!r} did not come from an earlier page")
    return int(at), row_id


def counts(conn: Connection, choice: Choice = ALL) -> dict[str, int]:
    """How many there are of each code."""
    query = select(rejected.c.code, func.count().label("rows")).where(choice.where())
    return {row.code: row.rows for row in conn.execute(query.group_by(rejected.c.code))}
