"""Reads public documents: looks first, and builds only what the asker lacks.

    look(conn) ──> a draft: all that decides the bytes, without bodies ──fingerprint──> as before?
                     │                                             │ yes, and the asker has it
                     │ no                                          └──> no body read, no plug-in
                     └──prepare(conn): bodies, same snapshot ──make()──> bytes ──> validators

Everything in a document comes from the store's state: the same state gives the same bytes, on every
machine and after every restart. The plug-in assembles outside the transaction.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from seealso_core.errors import PluginFailed, PluginMissing
from seealso_sdk.errors import PluginSignal
from seealso_store import clock
from seealso_store.database import Database
from sqlalchemy import Connection

from seealso_feeds.conditional import Validators
from seealso_feeds.documents import Document, WebLink
from seealso_feeds.errors import NotReady

REMEMBERED = 20_000  # documents whose validators are kept, a few hundred bytes each

Make = Callable[[], bytes]
Has = Callable[[Validators], bool]  # whether the asker has what these validators name


class Draft(Protocol):
    """What decides a document's bytes, read by a light query."""

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints of one document mean equal bytes."""
        ...

    @property
    def touched(self) -> int:
        """When any of it last changed, in microseconds."""
        ...

    @property
    def media_type(self) -> str:
        """With charset."""
        ...

    @property
    def caching(self) -> str:
        """Cache-Control."""
        ...

    @property
    def links(self) -> tuple[WebLink, ...]:
        """For the Link header."""
        ...

    def prepare(self, conn: Connection) -> Make:
        """Read the bodies; what it returns makes the bytes, without the database."""
        ...


Look = Callable[[Connection], Draft]


@dataclass(frozen=True, slots=True)
class _Known:
    fingerprint: str
    validators: Validators


class Serve:
    """Public documents of one store. Safe to share between threads.

    It keeps no body, only the validators of what it made last: the fast lane in front keeps bodies.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def database(self) -> Database:
        """What it reads."""
        return self._database

    def document(self, key: str, look: Look, has: Has) -> Document:
        """The document under `key` (its canonical URL), without a body if the asker has it.

        Raises:
            FeedsError: NotHere, Gone, Moved, as `look` finds; NotReady where a plug-in failed.
            StoreUnavailable: the database can't be read just now.
        """
        with self._database.read() as conn:
            draft = look(conn)
            fingerprint = draft.fingerprint
            known = self._recall(key)
            if known and known.fingerprint == fingerprint and has(known.validators):
                return _document(None, known.validators, draft)
            make = draft.prepare(conn)
        body = _made(make)
        validators = self._remember(key, fingerprint, body, draft.touched)
        return _document(None if has(validators) else body, validators, draft)

    def _recall(self, key: str) -> _Known | None:
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
            return known

    def _remember(self, key: str, fingerprint: str, body: bytes, touched: int) -> Validators:
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        with self._lock:
            before = self._known.pop(key, None)
            validators = _validators(etag, touched // clock.SECOND, before)
            self._known[key] = _Known(fingerprint, validators)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return validators


def _validators(etag: str, touched: int, before: _Known | None) -> Validators:
    """Other bytes get a later Last-Modified than those before, also where they only lost an article
    or changed twice in a second; the same bytes keep theirs."""
    if before is None:
        return Validators(etag, touched)
    if before.validators.etag == etag:
        return before.validators
    return Validators(etag, max(touched, before.validators.last_modified + 1))


def _made(make: Make) -> bytes:
    try:
        return make()
    except (PluginFailed, PluginMissing, PluginSignal) as error:
        raise NotReady(f"This document can't be made just now: {error}") from error


def _document(body: bytes | None, validators: Validators, draft: Draft) -> Document:
    return Document(body, validators, draft.media_type, draft.caching, draft.links)


def fingerprint_of(*state: object) -> str:
    """A hash of records of plain values: their `repr` tells all of them, always in one order."""
    return hashlib.sha256(repr(state).encode("utf-8", "surrogatepass")).hexdigest()
