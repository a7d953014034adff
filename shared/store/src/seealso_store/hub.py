"""Who this hub is: an id and a secret for life, made once by whoever opens the store first."""

from __future__ import annotations

import base64
import secrets
import uuid
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from seealso_store.database import upsert
from seealso_store.schema import hub

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Hub:
    """`secret` signs links and tokens. It never leaves the hub, and is not shown by `repr`."""

    hub_id: str
    created: int  # microseconds
    secret: bytes = field(repr=False)


def ensure(tx: Connection, now: int) -> Hub:
    """The hub's own record; made now if it isn't there. Two processes at once get the same one."""
    found = find(tx)
    if found is not None:
        return found
    rows = [
        {"name": "hub_id", "value": str(uuid.uuid4())},
        {"name": "created", "value": str(now)},
        {"name": "secret", "value": base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()},
    ]
    tx.execute(upsert(tx, hub).on_conflict_do_nothing(), rows)
    made = find(tx)
    assert made is not None
    return made


def find(conn: Connection) -> Hub | None:
    """The hub's own record, None before the first start."""
    stored = {row.name: row.value for row in conn.execute(select(hub))}
    if not {"hub_id", "created", "secret"} <= stored.keys():
        return None
    return Hub(stored["hub_id"], int(stored["created"]), base64.b64decode(stored["secret"]))


def recall(conn: Connection, name: str) -> str | None:
    """A value that `remember` kept."""
    value = conn.execute(select(hub.c.value).where(hub.c.name == name)).scalar()
    return None if value is None else str(value)


def remember(tx: Connection, name: str, value: str) -> None:
    """Keep one more fact of the hub under a name. `hub_id`, `created` and `secret` are for life."""
    if name in ("hub_id", "created", "secret"):
        raise ValueError(f"{name} of a hub is for life")
    statement = upsert(tx, hub).values(name=name, value=value)
    tx.execute(statement.on_conflict_do_update(index_elements=[hub.c.name], set_={"value": value}))
