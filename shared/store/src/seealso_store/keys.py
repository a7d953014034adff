"""Keys of the API: what a client shows as ``Authorization: Bearer sk_…``.

Only the SHA-256 of a key is stored. A key is 256 random bits, so a fast hash is enough: there is
nothing to guess. Any number may be live at once: make the new one, change the clients, revoke the
old one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Select, select, update

from seealso_store.database import Database, upsert
from seealso_store.schema import api_key

PREFIX = "sk_"
_KEY_BYTES = 32
_ID_CHARS = 12


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as an operator sees it: `id` is the head of its hash, the key itself is not known."""

    id: str
    label: str
    created: int  # microseconds
    revoked: int | None


def create(tx: Connection, label: str, now: int) -> str:
    """Make a key and return it: the only time that it can be read."""
    key = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode().rstrip("=")
    add(tx, key, label, now)
    return key


def add(tx: Connection, key: str, label: str, now: int) -> None:
    """Let a given key in (SEEALSO_KEY). A key that is known stays as it is, revoked ones too."""
    row = {"hash": digest(key), "label": label, "created": now}
    tx.execute(upsert(tx, api_key).on_conflict_do_nothing(), [row])


def check(conn: Connection, key: str) -> bool:
    """Whether this key may come in. Takes as long for a near miss as for a far one."""
    return _matches(conn, _LIVE, key)


def hold(tx: Connection, key: str) -> bool:
    """As `check`, and no other transaction revokes a key until this one ends."""
    return _matches(tx, _LIVE.with_for_update(), key)


def checker(database: Database) -> Callable[[str], bool]:
    """What a web guard asks: whether a key may come in, in a transaction of its own."""

    def may_enter(key: str) -> bool:
        with database.read() as conn:
            return check(conn, key)

    return may_enter


def revoke(tx: Connection, key_id: str, now: int) -> bool:
    """Shut a key out, by its `id` or the whole hash. False: there is no such live key."""
    if len(key_id) < _ID_CHARS:
        return False
    found = tx.execute(
        update(api_key)
        .where(api_key.c.hash.startswith(key_id, autoescape=True), api_key.c.revoked.is_(None))
        .values(revoked=now)
    )
    return bool(found.rowcount)


def get(conn: Connection, key_id: str) -> ApiKey | None:
    """The key of this `id`, live or revoked."""
    return next((one for one in everyone(conn) if one.id == key_id), None)


def everyone(conn: Connection) -> list[ApiKey]:
    """All keys, oldest first."""
    rows = conn.execute(select(api_key).order_by(api_key.c.created, api_key.c.hash))
    return [ApiKey(row.hash[:_ID_CHARS], row.label, row.created, row.revoked) for row in rows]


def id_of(key: str) -> str:
    """What `ApiKey.id` is for this key."""
    return digest(key)[:_ID_CHARS]


def digest(key: str) -> str:
    """SHA-256, hex, of a key: what is stored."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


_LIVE = select(api_key.c.hash).where(api_key.c.revoked.is_(None))


def _matches(conn: Connection, live: Select[str], key: str) -> bool:
    given = digest(key)
    matches = [hmac.compare_digest(given, stored) for stored in conn.execute(live).scalars()]
    return any(matches)
