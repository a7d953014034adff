"""What the outputs made, by (article, output). One row each: the present one.

A rendition is stored in the transaction that settles its ledger row, so the effect happens once.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from seealso_sdk.model import Rendition
from sqlalchemy import Connection

from seealso_store.database import upsert
from seealso_store.schema import rendition

_c = rendition.c


@dataclass(frozen=True, slots=True)
class NewRendition:
    """A rendition on its way into the store."""

    article_id: str
    output: str
    version: int
    plugin_version: str
    rendition: Rendition


@dataclass(frozen=True, slots=True)
class StoredRendition:
    """A rendition as it is kept. `created`: microseconds; when these bytes were first stored."""

    article_id: str
    output: str
    version: int
    plugin_version: str
    hash: str
    rendition: Rendition
    created: int


def rendition_hash(made: Rendition) -> str:
    """SHA-256, hex, of the body and of every part with its name: equal hash, equal bytes."""
    digest = hashlib.sha256(made.body)
    for name in sorted(made.parts):
        part = made.parts[name]
        digest.update(f"\0{name}\0{len(part)}\0".encode())
        digest.update(part)
    return digest.hexdigest()


def store_many(
    tx: Connection, made: Iterable[NewRendition], settled: set[str], *, output: str, now: int
) -> int:
    """Store the renditions of one output whose articles are in `settled` (from `ledger.settle`).

    An older version never replaces a newer one. `created` stays where the bytes are the same.
    Returns the number of rows given to the database.
    """
    rows = [_row(item, now) for item in made if item.article_id in settled]
    if not rows:
        return 0
    if any(row["output"] != output for row in rows):
        raise ValueError(f"store_many: give renditions of {output} only")
    insert = upsert(tx, rendition)
    new = insert.excluded
    tx.execute(
        insert.on_conflict_do_update(
            index_elements=["article_id", "output"],
            set_={
                "version": new.version,
                "plugin_version": new.plugin_version,
                "hash": new.hash,
                "body": new.body,
                "parts": new.parts,
                "size": new.size,
                "created": sa.case((_c.hash == new.hash, _c.created), else_=new.created),
            },
            where=new.version >= _c.version,
        ),
        rows,
    )
    return len(rows)


def _row(item: NewRendition, now: int) -> dict[str, object]:
    made = item.rendition
    return {
        "article_id": item.article_id,
        "output": item.output,
        "version": item.version,
        "plugin_version": item.plugin_version,
        "hash": rendition_hash(made),
        "body": made.body,
        "parts": encode_parts(made.parts),
        "size": len(made.body) + sum(len(part) for part in made.parts.values()),
        "created": now,
    }


def get(conn: Connection, article_id: str, output: str) -> StoredRendition | None:
    """The present rendition, or None."""
    found = conn.execute(_GET, {"p_id": article_id, "p_output": output}).first()
    return _stored(found) if found else None


def get_many(
    conn: Connection, article_ids: Sequence[str], output: str
) -> dict[str, StoredRendition]:
    """The present renditions of these articles in one output; what there is none of is absent."""
    if not article_ids:
        return {}
    found = conn.execute(_GET_MANY, {"p_ids": list(article_ids), "p_output": output})
    return {row.article_id: _stored(row) for row in found}


def hashes(conn: Connection, article_ids: Sequence[str], output: str) -> dict[str, str]:
    """{article: hash}, without the bodies: enough to know whether a cached feed still holds."""
    if not article_ids:
        return {}
    query = sa.select(_c.article_id, _c.hash).where(
        _c.output == output, _c.article_id.in_(list(article_ids))
    )
    return {row.article_id: row.hash for row in conn.execute(query)}


def delete(tx: Connection, article_id: str) -> int:
    """Take away all renditions of an article. Returns their number."""
    return tx.execute(sa.delete(rendition).where(_c.article_id == article_id)).rowcount


_COLUMNS = (_c.article_id, _c.output, _c.version, _c.plugin_version, _c.hash, _c.body, _c.parts,
            _c.created)  # fmt: skip
_GET = sa.select(*_COLUMNS).where(
    _c.article_id == sa.bindparam("p_id"), _c.output == sa.bindparam("p_output")
)
_GET_MANY = sa.select(*_COLUMNS).where(
    _c.article_id.in_(sa.bindparam("p_ids", expanding=True)),
    _c.output == sa.bindparam("p_output"),
)


def _stored(row: Any) -> StoredRendition:
    return StoredRendition(
        article_id=row.article_id,
        output=row.output,
        version=row.version,
        plugin_version=row.plugin_version,
        hash=row.hash,
        rendition=Rendition(bytes(row.body), decode_parts(row.parts)),
        created=row.created,
    )


def encode_parts(parts: Mapping[str, bytes]) -> bytes | None:
    """As the column keeps it: JSON of {name: base64}, None where there are none."""
    if not parts:
        return None
    plain = {name: base64.b64encode(parts[name]).decode() for name in sorted(parts)}
    return json.dumps(plain, separators=(",", ":")).encode()


def decode_parts(column: bytes | None) -> dict[str, bytes]:
    """What `encode_parts` made, back."""
    if not column:
        return {}
    return {name: base64.b64decode(text) for name, text in json.loads(bytes(column)).items()}
