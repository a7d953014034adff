"""Partners and their channels, as an operator makes them: one transaction a use case.

what was asked for ──check against topics, outputs──> partner or channel row
                                                      └─> the secret, told once
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from seealso_sdk.text import slugify
from seealso_store import outputs, partners, topics
from seealso_store.clock import now
from seealso_store.database import Database
from seealso_store.partners import ChannelRow, Partner
from sqlalchemy import Connection

from seealso_feeds import reach
from seealso_feeds.documents import DEFAULT_LIMIT, MAX_LIMIT
from seealso_feeds.errors import NotHere, Refused
from seealso_feeds.reach import Unreached

TOPICS_MAX = 100  # of one channel
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}\Z")
_NAME_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A channel as it is asked for. `partner`: id or name; `topics`: slugs, labels or synonyms;
    `outputs`: extensions, empty for all; `limit`: articles a page, and at most."""

    partner: str
    title: str = ""
    topics: tuple[str, ...] = ()
    related: bool = False
    language: str | None = None
    outputs: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Opened:
    """A new channel, and the only time that its secret is seen."""

    channel: ChannelRow
    secret: str


class Channels:
    """The operator's use cases on partners and channels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_partner(self, name: str, url: str | None) -> tuple[Partner, bool]:
        """Add a partner, or find the one of this name.

        Returns:
            The partner, and whether it is new.

        Raises:
            Refused: no name, or the address is none.
        """
        name = " ".join(name.split())
        if not name or len(name) > _NAME_MAX:
            raise Refused("name", f"name: give the partner's name, at most {_NAME_MAX} characters.")
        if url is not None and urlsplit(url).scheme not in ("http", "https"):
            raise Refused("url", f"url: found {url[:80]!r}. Give an http(s) address, or leave out.")
        with self._database.write() as tx:
            added = partners.add_partner(tx, id=slugify(name), name=name, url=url, now=now())
            found = partners.partner_of(tx, slugify(name))
        assert found is not None
        return found, added

    def partners(self) -> tuple[Partner, ...]:
        """All partners by name."""
        with self._database.read() as conn:
            return partners.partners(conn)

    def channels(self, partner: str | None = None) -> tuple[ChannelRow, ...]:
        """All channels, or a partner's (by id or name).

        Raises:
            NotHere: there is no such partner.
        """
        with self._database.read() as conn:
            if partner is None:
                return partners.channels(conn)
            return partners.channels(conn, _partner(conn, partner).id)

    def unreached(self) -> tuple[Unreached, ...]:
        """Who may still show an article that was taken back."""
        with self._database.read() as conn:
            return reach.unreached(conn, self._database.now())

    def open_channel(self, wanted: Wanted) -> Opened:
        """Open a channel under a new secret.

        Raises:
            NotHere: there is no such partner or topic; it says which may have been meant.
            Refused: a language, an output or a limit can't be had.
        """
        with self._database.write() as tx:
            partner = _partner(tx, wanted.partner)
            slugs = _topics(tx, wanted.topics)
            row = ChannelRow(
                id=secrets.token_hex(6),
                partner_id=partner.id,
                title=" ".join(wanted.title.split())[:_NAME_MAX] or f"For {partner.name}",
                topics=slugs,
                related=wanted.related,
                language=_language(wanted.language),
                outputs=_outputs(tx, wanted.outputs),
                max_items=_limit(wanted.limit),
                created=now(),
            )
            secret = partners.new_secret()
            partners.add_channel(tx, row, secret=secret)
        return Opened(row, secret)

    def revoke(self, channel_id: str) -> ChannelRow:
        """Close a channel for ever; closing it again changes nothing.

        Raises:
            NotHere: there is no such channel.
        """
        with self._database.write() as tx:
            partners.revoke_channel(tx, channel_id, now=now())
            row = partners.channel_of(tx, channel_id)
        if row is None:
            raise NotHere("channel", channel_id)
        return row


# --- checks --------------------------------------------------------------------------------------


def _partner(conn: Connection, name: str) -> Partner:
    found = partners.partner_of(conn, name) or partners.partner_of(conn, slugify(name))
    if found is None:
        known = tuple((one.id, "") for one in partners.partners(conn)[:20])
        raise NotHere("partner", name, known)
    return found


def _topics(conn: Connection, names: Sequence[str]) -> tuple[str, ...]:
    if not names or len(names) > TOPICS_MAX:
        raise Refused("topics", f"topics: give 1 to {TOPICS_MAX} topics, by slug or label.")
    found = []
    for name in names:
        one = topics.get(conn, slugify(name))
        if one is None:
            near = topics.many(conn, topics.nearest(conn, name))
            raise NotHere("topic", name, tuple((t.label, t.slug) for t in near.values()))
        found.append(one.slug)
    return tuple(dict.fromkeys(found))


def _language(language: str | None) -> str | None:
    if not language:
        return None
    if not _LANGUAGE.match(language):
        raise Refused("language", f"language: found {language[:40]!r}. Give a tag: en, es-MX.")
    return language


def _outputs(conn: Connection, extensions: Sequence[str]) -> tuple[str, ...]:
    rows = outputs.listing(conn)
    there = [r.meta.extension for r in rows if r.meta and r.meta.feed and r.status == "enabled"]
    for extension in extensions:
        if extension not in there:
            known = ", ".join(sorted(there)) or "none"
            raise Refused("outputs", f"outputs: found {extension[:40]!r}. Feeds come as: {known}.")
    return tuple(dict.fromkeys(extensions))


def _limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise Refused("limit", f"limit: found {limit}. Give 1 to {MAX_LIMIT}.")
    return limit
