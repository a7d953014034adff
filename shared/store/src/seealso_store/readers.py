"""SQL of readers: addresses, consent as evidence, subscriptions, suppression. Written by dispatch.

sign-up -> consent (asked), subscription (pending) -> confirm -> both confirmed -> leave | erase
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from seealso_store.database import upsert
from seealso_store.schema import (
    consent,
    delivery,
    subscriber,
    subscription,
    suppression,
    topic,
)


@dataclass(frozen=True, slots=True)
class Consent:
    """Evidence of one request to join, and of its confirmation. Times in microseconds."""

    id: str
    subscriber_id: str
    email: str
    slug: str
    wording: str
    privacy: str
    page: str
    asked: int
    confirmed: int | None
    expires: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """A reader's place on one topic's newsletter. `state`: pending, confirmed, left."""

    slug: str
    label: str
    state: str


def subscriber_of(tx: Connection, *, email: str, new_id: str, now: int) -> str:
    """The reader's id; the reader is created when the address is new."""
    tx.execute(
        upsert(tx, subscriber)
        .values(id=new_id, email=email, created=now)
        .on_conflict_do_nothing(index_elements=["email"])
    )
    return str(
        tx.execute(sa.select(subscriber.c.id).where(subscriber.c.email == email)).scalar_one()
    )


def add_consent(tx: Connection, record: Consent) -> None:
    """Keep what was shown and when it was asked. The subscription is pending until confirmed."""
    tx.execute(
        consent.insert().values(
            id=record.id,
            subscriber_id=record.subscriber_id,
            slug=record.slug,
            wording=record.wording,
            privacy=record.privacy,
            page=record.page,
            asked=record.asked,
            confirmed=None,
            expires=record.expires,
        )
    )
    tx.execute(
        upsert(tx, subscription)
        .values(
            subscriber_id=record.subscriber_id,
            slug=record.slug,
            state="pending",
            asked=record.asked,
        )
        .on_conflict_do_update(
            index_elements=["subscriber_id", "slug"],
            set_={"state": "pending", "asked": record.asked},
            where=subscription.c.state == "left",
        )
    )


def asked_since(conn: Connection, *, subscriber_id: str, since: int) -> int:
    """How many confirmation mails an address was sent since then, over all topics."""
    query = sa.select(sa.func.count()).where(
        consent.c.subscriber_id == subscriber_id, consent.c.asked >= since
    )
    return int(conn.execute(query).scalar_one())


def get_consent(conn: Connection, consent_id: str) -> Consent | None:
    """One request to join, or None."""
    rows = _consents(conn, consent.c.id == consent_id)
    return rows[0] if rows else None


def consents_of(conn: Connection, email: str) -> list[Consent]:
    """All evidence about one address, oldest first."""
    return _consents(conn, subscriber.c.email == email)


def _consents(conn: Connection, where: sa.ColumnElement[bool]) -> list[Consent]:
    query = (
        sa.select(
            consent.c.id,
            consent.c.subscriber_id,
            subscriber.c.email,
            consent.c.slug,
            consent.c.wording,
            consent.c.privacy,
            consent.c.page,
            consent.c.asked,
            consent.c.confirmed,
            consent.c.expires,
        )
        .join(subscriber, subscriber.c.id == consent.c.subscriber_id)
        .where(where)
        .order_by(consent.c.asked, consent.c.id)
    )
    return [Consent(**row) for row in conn.execute(query).mappings()]


def confirm(tx: Connection, consent_id: str, *, now: int) -> bool:
    """Confirm once, before it expires. False: it was used before, or is too late."""
    done = tx.execute(
        consent.update()
        .where(consent.c.id == consent_id, consent.c.confirmed.is_(None), consent.c.expires > now)
        .values(confirmed=now)
        .returning(consent.c.subscriber_id, consent.c.slug)
    ).one_or_none()
    if done is None:
        return False
    tx.execute(
        subscription.update()
        .where(subscription.c.subscriber_id == done[0], subscription.c.slug == done[1])
        .values(state="confirmed", confirmed=now, left=None)
    )
    return True


def leave(
    tx: Connection, subscriber_id: str, *, now: int, slugs: Collection[str] | None = None
) -> int:
    """Leave these newsletters, or all. Twice is once. Returns how many were left just now."""
    where = [subscription.c.subscriber_id == subscriber_id, subscription.c.state != "left"]
    if slugs is not None:
        where.append(subscription.c.slug.in_(list(slugs)))
    result = tx.execute(subscription.update().where(*where).values(state="left", left=now))
    return result.rowcount


def subscriber_id_of(conn: Connection, email: str) -> str | None:
    """The reader of this normalised address, or None."""
    query = sa.select(subscriber.c.id).where(subscriber.c.email == email)
    return conn.execute(query).scalar_one_or_none()


def email_of(conn: Connection, subscriber_id: str) -> str | None:
    """The reader's address, or None after erasure."""
    query = sa.select(subscriber.c.email).where(subscriber.c.id == subscriber_id)
    return conn.execute(query).scalar_one_or_none()


def subscriptions_of(conn: Connection, subscriber_id: str) -> list[Subscription]:
    """The reader's newsletters, by label."""
    label = sa.func.coalesce(topic.c.label, subscription.c.slug)
    query = (
        sa.select(subscription.c.slug, label, subscription.c.state)
        .outerjoin(topic, topic.c.slug == subscription.c.slug)
        .where(subscription.c.subscriber_id == subscriber_id)
    )
    mine = [Subscription(*row) for row in conn.execute(query)]
    # Sorted here: the engines' collations differ, and a reader has few.
    return sorted(mine, key=lambda one: (one.label.casefold(), one.slug))


def readers(conn: Connection, slug: str) -> list[tuple[str, str]]:
    """(address, state) of everybody who asked for this newsletter, by address."""
    query = (
        sa.select(subscriber.c.email, subscription.c.state)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscription.c.slug == slug)
        .order_by(subscriber.c.email)
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def erase(tx: Connection, subscriber_id: str, *, email_hash: str, reason: str, now: int) -> None:
    """Forget the reader: only a keyed hash of the address stays, so that no list brings it back."""
    suppress(tx, email_hash=email_hash, reason=reason, now=now)
    for table in (delivery, subscription, consent):
        tx.execute(table.delete().where(table.c.subscriber_id == subscriber_id))
    tx.execute(subscriber.delete().where(subscriber.c.id == subscriber_id))


def suppress(tx: Connection, *, email_hash: str, reason: str, now: int) -> None:
    """Never mail this address again. The first reason stays."""
    tx.execute(
        upsert(tx, suppression)
        .values(email_hash=email_hash, reason=reason, at=now)
        .on_conflict_do_nothing(index_elements=["email_hash"])
    )


def lift_suppression(tx: Connection, email_hash: str) -> None:
    """The reader has confirmed anew, by themselves."""
    tx.execute(suppression.delete().where(suppression.c.email_hash == email_hash))


def suppressed(conn: Connection, hashes: Collection[str]) -> dict[str, str]:
    """Which of these address hashes are suppressed, and why."""
    query = sa.select(suppression.c.email_hash, suppression.c.reason).where(
        suppression.c.email_hash.in_(list(hashes))
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def confirmed_readers(conn: Connection, slug: str) -> list[tuple[str, str]]:
    """(subscriber id, address) of everybody whose consent for this topic is confirmed."""
    query = (
        sa.select(subscriber.c.id, subscriber.c.email)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscription.c.slug == slug, subscription.c.state == "confirmed")
        .order_by(subscriber.c.id)
    )
    return [(row[0], row[1]) for row in conn.execute(query)]
