"""The API's keys: made, listed, shut out; a transaction each.

    make(label) ──> the key, once        revoke(id, asking) ──> refused for the key that asks

So a hub always keeps a key that works: its last one can only be revoked by itself, and may not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from seealso_store import clock, keys
from seealso_store.database import Database
from seealso_store.keys import ApiKey

from seealso_ingest.errors import KeyInUse, KeyUnknown


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made. `secret` is the key itself: nobody can read it again."""

    key: ApiKey
    secret: str


class Keyring:
    """The use cases. Safe to share between threads. `now`: microseconds."""

    def __init__(self, database: Database, now: Callable[[], int] = clock.now) -> None:
        self._database = database
        self._now = now

    def everyone(self) -> list[ApiKey]:
        """All keys, oldest first, those that were revoked too."""
        with self._database.read() as conn:
            return keys.everyone(conn)

    def make(self, label: str) -> NewKey:
        """A new key. The others stay as they are."""
        now = self._now()
        with self._database.write() as tx:
            secret = keys.create(tx, label, now)
        return NewKey(ApiKey(keys.id_of(secret), label, now, None), secret)

    def revoke(self, key_id: str, asking: str) -> ApiKey:
        """Shut a key out. Twice is once.

        Args:
            key_id: as a list shows it.
            asking: the key by which this is asked for.

        Raises:
            KeyInUse: it is the key that asks, or that one was shut out in the meantime.
            KeyUnknown: there is no such key.
        """
        if key_id == keys.id_of(asking):
            raise KeyInUse(f"{key_id} is the key that asks. Revoke it with another one.")
        with self._database.write() as tx:
            if not keys.hold(tx, asking):
                raise KeyInUse("The key that asks has been revoked meanwhile. Use another one.")
            found = keys.get(tx, key_id)
            if found is None:
                raise KeyUnknown(f"There is no key {key_id[:80]!r}.")
            if found.revoked is None:
                now = self._now()
                keys.revoke(tx, found.id, now)
                found = replace(found, revoked=now)
        return found
