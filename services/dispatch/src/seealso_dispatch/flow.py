"""Newsletters, one transaction per use case.

    sign_up ──> consent + confirmation delivery        confirm ──> subscription confirmed
    prepare_issue: topic's new articles ──> issue + one delivery a confirmed reader
    leave, choose, erase ──> what is waiting for the reader is dropped at its claim

What it opens, `seealso_dispatch.sending` sends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from seealso_core import log as logs
from seealso_core import signup, tracing
from seealso_store import deliveries, newsletters, readers, topics
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.deliveries import CONFIRM
from seealso_store.newsletters import Issue
from seealso_store.readers import Consent

from seealso_dispatch import limits, message
from seealso_dispatch.address import checked, suppression_hash
from seealso_dispatch.errors import BadToken, UnknownTopic
from seealso_dispatch.message import subject
from seealso_dispatch.settings import DispatchSettings, mail_domain
from seealso_dispatch.tokens import Tokens

log = logs.get(__name__)

ISSUE_ARTICLES = 20  # at most, in one digest
DAY = 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Prepared:
    """An issue that was made, and for how many readers."""

    issue: Issue
    articles: int
    deliveries: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a confirmation link asks: shown before the reader says yes."""

    label: str
    slug: str
    wording: str
    privacy: str
    state: str  # open, confirmed, expired


@dataclass(frozen=True, slots=True)
class Report:
    """A newsletter as its operator sees it: (address, state), (issue, deliveries by state)."""

    readers: list[tuple[str, str]]
    issues: list[tuple[Issue, dict[str, int]]]


class Dispatch:
    """The use cases of the dispatch service. `secret` is the hub's signing secret."""

    def __init__(
        self,
        database: Database,
        settings: DispatchSettings,
        *,
        secret: bytes,
        now: Callable[[], int],
    ) -> None:
        self._db = database
        self._settings = settings
        self._secret = secret
        self._now = now
        self.tokens = Tokens((secret,))
        self._domain = mail_domain(settings.hub_url)

    # --- joining -------------------------------------------------------------------------------

    def label(self, slug: str) -> str:
        """The topic's label. Raises UnknownTopic."""
        with self._db.read() as conn:
            found = newsletters.topic_label(conn, slug)
            if found is None:
                raise UnknownTopic(slug, tuple(topics.nearest(conn, slug)))
        return found

    def sign_up(self, slug: str, email: str, page: str) -> bool:
        """Keep the wish and its evidence, and have a confirmation mailed.

        False: nothing is mailed (asked too often today, or the address is suppressed). The reader
        is told the same either way, so that nobody learns who is subscribed.

        Raises:
            UnknownTopic, BadAddress.
        """
        label = self.label(slug)
        address = checked(email)
        now = self._now()
        with self._db.write() as tx:
            blocked = readers.suppressed(tx, [suppression_hash(self._secret, address)])
            if set(blocked.values()) - {"erased"}:
                return False
            reader = readers.subscriber_of(tx, email=address, new_id=secrets.token_hex(12), now=now)
            if readers.asked_since(tx, subscriber_id=reader, since=now - DAY) >= (
                limits.PER_ADDRESS_A_DAY
            ):
                return False
            record = Consent(
                id=secrets.token_hex(12),
                subscriber_id=reader,
                email=address,
                slug=slug,
                wording=signup.wording(label),
                privacy=signup.privacy(self._settings.hub_name),
                page=page[: limits.PAGE_MAX],
                asked=now,
                confirmed=None,
                expires=now + limits.CONFIRM_WITHIN * SECOND,
            )
            readers.add_consent(tx, record)
            issue_id = CONFIRM + record.id
            deliveries.open_rows(
                tx,
                issue_id,
                [(reader, self._message_id(issue_id, reader))],
                now=now,
                correlation_id=logs.correlation_id(),
                traceparent=tracing.current(),
            )
        return True

    def asked(self, token: str) -> Asked:
        """What a confirmation link is about. Changes nothing. Raises BadToken."""
        now = self._now()
        with self._db.read() as conn:
            record = readers.get_consent(conn, self.tokens.read_confirm(token))
            if record is None:
                raise BadToken("this sign-up is no longer known")
            label = newsletters.topic_label(conn, record.slug) or record.slug
        state = "confirmed" if record.confirmed else "expired" if record.expires <= now else "open"
        return Asked(label, record.slug, record.wording, record.privacy, state)

    def confirm(self, token: str) -> bool:
        """The reader says yes. False: the link is used up or too old. Raises BadToken."""
        consent_id = self.tokens.read_confirm(token)
        with self._db.write() as tx:
            record = readers.get_consent(tx, consent_id)
            if record is None or not readers.confirm(tx, consent_id, now=self._now()):
                return False
            readers.lift_suppression(tx, suppression_hash(self._secret, record.email))
        log.info("A reader joined a newsletter", topic=record.slug)
        return True

    # --- leaving -------------------------------------------------------------------------------

    def leave(self, token: str) -> str:
        """One click (RFC 8058). Twice is once. Returns the topic's slug. Raises BadToken."""
        subscriber_id, slug = self.tokens.read_unsubscribe(token)
        with self._db.write() as tx:
            left = readers.leave(tx, subscriber_id, now=self._now(), slugs=[slug])
        if left:
            log.info("A reader left a newsletter", topic=slug)
        return slug

    def preferences(self, token: str) -> list[readers.Subscription]:
        """The reader's newsletters. Changes nothing. Raises BadToken."""
        subscriber_id = self.tokens.read_preferences(token)
        with self._db.read() as conn:
            return readers.subscriptions_of(conn, subscriber_id)

    def choose(self, token: str, keep: set[str]) -> None:
        """Leave every newsletter that is not in `keep`. Joining takes a sign-up.

        Raises:
            BadToken.
        """
        subscriber_id = self.tokens.read_preferences(token)
        with self._db.write() as tx:
            mine = {s.slug for s in readers.subscriptions_of(tx, subscriber_id)}
            readers.leave(tx, subscriber_id, now=self._now(), slugs=mine - keep)

    def erase(self, token: str) -> None:
        """Leave everything and be forgotten. Twice is once. Raises BadToken."""
        self._erase(self.tokens.read_preferences(token))

    def erase_address(self, email: str) -> bool:
        """The operator's way. False: nobody of this address is here. Raises BadAddress."""
        address = checked(email)
        with self._db.read() as conn:
            found = readers.subscriber_id_of(conn, address)
        if found is None:
            return False
        self._erase(found)
        return True

    def _erase(self, subscriber_id: str) -> None:
        with self._db.write() as tx:
            email = readers.email_of(tx, subscriber_id)
            if email is not None:
                hashed = suppression_hash(self._secret, email)
                readers.erase(
                    tx, subscriber_id, email_hash=hashed, reason="erased", now=self._now()
                )

    # --- issues --------------------------------------------------------------------------------

    def prepare_issue(self, slug: str) -> Prepared | None:
        """Make an issue of what is new under a topic, with a delivery for each confirmed reader.

        None: nothing is new, or nobody reads it; then nothing is sent. Raises UnknownTopic.
        """
        label = self.label(slug)
        now = self._now()
        with self._db.write() as tx:
            fresh = newsletters.new_articles(tx, slug, limit=ISSUE_ARTICLES)
            confirmed = readers.confirmed_readers(tx, slug)
            if not fresh or not confirmed:
                return None
            number = newsletters.next_number(tx, slug)
            record = Issue(
                id=f"{slug}.{number}",
                slug=slug,
                number=number,
                subject=subject(label, [a.title for a in fresh]),
                language=fresh[0].language,
                created=now,
                state="sending",
            )
            newsletters.add_issue(tx, record, fresh)
            hashes = {suppression_hash(self._secret, email): reader for reader, email in confirmed}
            blocked = {hashes[h] for h in readers.suppressed(tx, list(hashes))}
            audience = [
                (reader, self._message_id(record.id, reader))
                for reader, _ in confirmed
                if reader not in blocked
            ]
            deliveries.open_rows(
                tx,
                record.id,
                audience,
                now=now,
                correlation_id=logs.correlation_id(),
                traceparent=tracing.current(),
            )
        log.info(
            "An issue is ready to be sent",
            issue=record.id,
            deliveries=len(audience),
            articles=[one.article_id for one in fresh],
        )
        return Prepared(record, len(fresh), len(audience), len(blocked))

    def prepare_all(self) -> list[Prepared]:
        """An issue for every topic that has confirmed readers and something new."""
        with self._db.read() as conn:
            slugs = [n.slug for n in newsletters.newsletters(conn) if n.confirmed]
        made = (self.prepare_issue(slug) for slug in slugs)
        return [prepared for prepared in made if prepared is not None]

    # --- what the operator asks ------------------------------------------------------------------

    def newsletters(self) -> list[newsletters.Newsletter]:
        """Every newsletter that anybody asked for."""
        with self._db.read() as conn:
            return newsletters.newsletters(conn)

    def report(self, slug: str) -> Report:
        """One newsletter's readers, and its issues with their deliveries counted by state."""
        with self._db.read() as conn:
            return Report(
                readers=readers.readers(conn, slug),
                issues=[
                    (made, deliveries.counts(conn, made.id))
                    for made in newsletters.issues_of(conn, slug)
                ],
            )

    def deliveries(self, issue_id: str) -> list[deliveries.DeliveryState]:
        """Who got an issue, who did not, and why."""
        with self._db.read() as conn:
            return deliveries.listing(conn, issue_id)

    def consents(self, email: str) -> list[Consent]:
        """All evidence about one address, oldest first."""
        with self._db.read() as conn:
            return readers.consents_of(conn, email.strip())

    def _message_id(self, issue_id: str, subscriber_id: str) -> str:
        return message.message_id(self._secret, issue_id, subscriber_id, self._domain)
