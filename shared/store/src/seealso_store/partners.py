"""Partners and their channels. Written by the feeds service only.

A channel's secret is 256 random bits. It is given out once, at rest there is only its SHA-256: what
is high in entropy needs no slow hash, and a look-up by hash leaks nothing by its duration.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.database import upsert
from seealso_store.schema import channel, partner

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Partner:
    """A site or organisation that pulls. `channels` counts those not revoked."""

    id: str
    name: str
    url: str | None
    created: int
    channels: int = 0


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A partner's own feed. `outputs` holds extensions, empty: all. Times in microseconds."""

    id: str
    partner_id: str
    title: str
    topics: tuple[str, ...]
    related: bool
    language: str | None
    outputs: tuple[str, ...]
    max_items: int
    created: int
    revoked: int | None = None


def new_secret() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_hash(secret: str) -> str:
    """What is stored of a secret: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def add_partner(tx: Connection, *, id: str, name: str, url: str | None, now: int) -> bool:  # noqa: A002 - the column's name
    """Add a partner. False: one of this id is there already, and stays as it is."""
    added = upsert(tx, partner).values(id=id, name=name, url=url, created=now)
    return tx.execute(added.on_conflict_do_nothing()).rowcount == 1


def partners(conn: Connection) -> tuple[Partner, ...]:
    """All partners by name, with the number of their open channels."""
    rows = conn.execute(_partners().order_by(partner.c.name, partner.c.id))
    return tuple(Partner(*row) for row in rows)


def partner_of(conn: Connection, partner_id: str) -> Partner | None:
    """The partner of this id."""
    row = conn.execute(_partners().where(partner.c.id == partner_id)).one_or_none()
    return Partner(*row) if row is not None else None


def add_channel(tx: Connection, row: ChannelRow, *, secret: str) -> None:
    """Add a channel that this secret opens. Only the secret's hash is kept."""
    tx.execute(
        channel.insert().values(
            id=row.id,
            partner_id=row.partner_id,
            secret_hash=secret_hash(secret),
            title=row.title,
            topics=json.dumps(row.topics),
            related=int(row.related),
            language=row.language,
            outputs=json.dumps(row.outputs),
            max_items=row.max_items,
            created=row.created,
        )
    )


def channels(conn: Connection, partner_id: str | None = None) -> tuple[ChannelRow, ...]:
    """All channels, or one partner's: oldest first, revoked ones too."""
    query = sa.select(channel).order_by(channel.c.created, channel.c.id)
    if partner_id is not None:
        query = query.where(channel.c.partner_id == partner_id)
    return tuple(_channel(row) for row in conn.execute(query))


def channel_of(conn: Connection, channel_id: str) -> ChannelRow | None:
    """The channel of this id."""
    row = conn.execute(sa.select(channel).where(channel.c.id == channel_id)).one_or_none()
    return _channel(row) if row is not None else None


def channel_of_secret(conn: Connection, secret: str) -> ChannelRow | None:
    """The channel that this secret opens, revoked ones too."""
    query = sa.select(channel).where(channel.c.secret_hash == secret_hash(secret))
    row = conn.execute(query).one_or_none()
    return _channel(row) if row is not None else None


def revoke_channel(tx: Connection, channel_id: str, *, now: int) -> bool:
    """Close a channel for ever. False: there is none of this id, or it is closed already."""
    query = (
        channel.update()
        .where(channel.c.id == channel_id, channel.c.revoked.is_(None))
        .values(revoked=now)
    )
    return tx.execute(query).rowcount == 1


def _partners() -> sa.Select[Any]:
    still_open = sa.and_(channel.c.partner_id == partner.c.id, channel.c.revoked.is_(None))
    return (
        sa.select(
            partner.c.id,
            partner.c.name,
            partner.c.url,
            partner.c.created,
            sa.func.count(channel.c.id),
        )
        .outerjoin(channel, still_open)
        .group_by(partner.c.id, partner.c.name, partner.c.url, partner.c.created)
    )


def _channel(row: Any) -> ChannelRow:
    return ChannelRow(
        id=row.id,
        partner_id=row.partner_id,
        title=row.title,
        topics=tuple(json.loads(row.topics)),
        related=bool(row.related),
        language=row.language,
        outputs=tuple(json.loads(row.outputs)),
        max_items=row.max_items,
        created=row.created,
        revoked=row.revoked,
    )
