"""Subscriber of WebSub: hubs tell of a feed's changes, so that polling need only be the safety net.

    a look finds hub and topic ─> offer ─┐ one row a source, with a callback and a secret of its own
    turn: what is due ─claim─> POST to the hub (guarded) ─> the hub asks back ─> verify ─> active
    delivery ─signature─> the same door as all input ─> the source is woken: it looks by itself too
             └─bad, or nothing can be read: discarded, or woken only

A delivery is never needed: what gets lost, or is left out here, the next look at the source finds.
The signature is what makes it trusted; one that is wrong or missing changes nothing, and the hub is
not told (section 8: it may be a stranger who tries).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from seealso_core import log as logs
from seealso_core.errors import PluginFailed
from seealso_core.settings import Settings
from seealso_sdk.errors import Retry
from seealso_sdk.links import web_url
from seealso_sdk.model import RawInput
from seealso_store import websub
from seealso_store.database import Database
from seealso_store.websub import Subscription

from seealso_ingest import intent
from seealso_ingest.errors import IngestError, InputRefused
from seealso_ingest.fetch import Fetched, FetchError, post_form
from seealso_ingest.receipts import Receipt

MAX_DELIVERY = 10 * 1024 * 1024  # bytes: what a look would fetch at most

log = logs.get(__name__)


class NoSuchCallback(IngestError):
    """Nobody waits for anything at this address: for a hub, 404 (it asks) or 410 (it delivers)."""


class Post(Protocol):
    """`fetch.post_form` with its settings."""

    def __call__(self, url: str, form: Mapping[str, str]) -> Fetched: ...


class Taker(Protocol):
    """The part of `flow.Ingest` that takes in what is delivered."""

    def accept(
        self, raw: RawInput, correlation_id: str = "", *, reinstate: bool = False
    ) -> Receipt: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a hub sent."""

    data: bytes
    media_type: str
    charset: str | None
    signature: str


class WebSub:
    """The use cases. Safe to share between threads.

    Args:
        hub_url: where this hub is reached. Where other hubs can't reach that, nothing is subscribed
            to (`intent.can_be_reached`).
        allow_private: hubs in the private network may be asked, and then reach this one.
        post: asks a hub; the guarded fetch.
        now: microseconds.
    """

    def __init__(
        self,
        database: Database,
        ingest: Taker,
        hub_url: str,
        *,
        allow_private: bool = False,
        post: Post | None = None,
        now: Callable[[], int] | None = None,
    ) -> None:
        self._database = database
        self._ingest = ingest
        self._is_reached = intent.can_be_reached(hub_url, allow_private=allow_private)
        self._hub_url = hub_url
        self._post: Post = post or partial(post_form, allow_private=allow_private)
        self._now = now or database.now

    @classmethod
    def of(cls, settings: Settings, database: Database, ingest: Taker) -> WebSub:
        """With the hub's settings."""
        allow_private = settings.allow_private_fetch
        return cls(database, ingest, settings.hub_url, allow_private=allow_private)

    # -- what a look found

    def offered(self, source: str, topic: str, hub: str | None) -> None:
        """A look at a source found this hub for this topic, or None: it names none any more."""
        with self._database.read() as conn:
            known = websub.get(conn, source)
        wanted = hub if self._is_reached and hub and web_url(hub) and web_url(topic) else None
        now = self._now()
        if wanted is None:
            if known is not None and known.state != "left":
                self._database.transact(lambda tx: websub.leave(tx, source, now))
        elif known is None or known.state == "left" or (known.topic, known.hub) != (topic, wanted):
            self._database.transact(lambda tx: websub.offer(tx, source, topic, wanted, now))

    # -- what is due

    def turn(self) -> int:
        """Ask the hubs that are due. Returns how many were."""
        now = self._now()
        with self._database.read() as conn:
            unwatched = websub.is_unwatched(conn)
            due = websub.due(conn, now)
        if unwatched:
            self._database.transact(lambda tx: websub.leave_unwatched(tx, now))
            with self._database.read() as conn:
                due = websub.due(conn, now)
        for one in due:
            self._ask(one, now)
        return len(due)

    def _ask(self, one: Subscription, now: int) -> None:
        again = now + intent.patience(one.failures)
        if not self._database.transact(lambda tx: websub.claim(tx, one, again)):
            return
        try:
            self._post(one.hub, self._form(one))
        except FetchError as error:
            said = f"the hub {error.detail}"
            self._database.transact(lambda tx: websub.failed(tx, one.callback, said))
            log.warning(
                "A hub could not be asked", source=one.source, hub=one.hub, error=str(error)
            )
        if one.state == "left":
            self._database.transact(lambda tx: websub.forget_over(tx, now))

    def _form(self, one: Subscription) -> dict[str, str]:
        """Section 5.1."""
        form = {
            "hub.mode": "unsubscribe" if one.state == "left" else "subscribe",
            "hub.topic": one.topic,
            "hub.callback": f"{self._hub_url}/websub/{one.callback}",
        }
        if one.state != "left":
            form |= {"hub.secret": one.secret, "hub.lease_seconds": str(intent.LEASE_WANTED)}
        return form

    # -- what hubs say

    def verify(self, callback: str, query: Mapping[str, str]) -> str:
        """A hub asks whether we meant it (section 5.3), or denies. Returns what to answer.

        Raises:
            NoSuchCallback: we did not mean it: another topic, or nothing was asked for.
        """
        said = intent.read(query)
        now = self._now()
        with self._database.read() as conn:
            known = websub.of_callback(conn, callback)
        if said is None or known is None or said.topic != known.topic:
            raise NoSuchCallback("nobody here asked for that")
        if said.mode == "denied":
            again = now + intent.DENIED_SECONDS * 1_000_000
            self._database.transact(
                lambda tx: websub.denied(tx, callback, said.reason, run_at=again, now=now)
            )
            log.warning("A hub denied a subscription", source=known.source, reason=said.reason)
            return ""
        if (said.mode == "unsubscribe") != (known.state == "left"):
            raise NoSuchCallback("nobody here asked for that")
        if said.mode == "unsubscribe":
            self._database.transact(lambda tx: websub.forget(tx, callback))
            return said.challenge
        until, renew_at = intent.renewal(now, said.lease)
        if not self._database.transact(
            lambda tx: websub.verified(tx, callback, lease_until=until, renew_at=renew_at, now=now)
        ):
            raise NoSuchCallback("nobody here asked for that any more")
        log.info("A hub will tell of changes", source=known.source, seconds=said.lease)
        return said.challenge

    def expects(self, callback: str) -> bool:
        """Whether deliveries are wanted at a callback."""
        with self._database.read() as conn:
            known = websub.of_callback(conn, callback)
        return known is not None and known.state in ("asked", "active")

    def deliver(self, callback: str, delivery: Delivery, correlation_id: str = "") -> bool:
        """Take in what a hub sent (section 5.4). False: it was discarded.

        Raises:
            NoSuchCallback: nothing is wanted there.
        """
        with self._database.read() as conn:
            known = websub.of_callback(conn, callback)
        if known is None or known.state not in ("asked", "active"):
            raise NoSuchCallback("nobody here asked for that")
        if not intent.is_signed(delivery.data, delivery.signature, known.secret):
            log.warning("A delivery without a good signature was discarded", source=known.source)
            return False
        self._take(known, delivery, correlation_id)
        self._wake(known)
        return True

    def cut(self, callback: str) -> None:
        """A delivery was too large to be taken: the source looks by itself. Unsigned, too, since a
        stranger who knew the callback could gain no more than a look."""
        with self._database.read() as conn:
            known = websub.of_callback(conn, callback)
        if known is None or known.state not in ("asked", "active"):
            raise NoSuchCallback("nobody here asked for that")
        self._wake(known)

    def _take(self, known: Subscription, delivery: Delivery, correlation_id: str) -> None:
        raw = RawInput(
            data=delivery.data,
            media_type=delivery.media_type,
            charset=delivery.charset,
            url=known.topic,
            source=known.source,
        )
        try:
            self._ingest.accept(raw, correlation_id)
        except (InputRefused, PluginFailed, Retry) as error:
            # The look that follows meets the same, or something better, and says so where people
            # see it: at the source.
            log.warning("A delivery could not be read", source=known.source, error=str(error))

    def _wake(self, known: Subscription) -> None:
        now = self._now()
        self._database.transact(lambda tx: websub.wake_source(tx, known.source, now))
