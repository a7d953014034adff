"""What is due is sent, one delivery after the other, over one kept connection.

    claim ──> consent still stands? ──> digest for this reader ──> "sending" committed
          ──> relay ──> sent | waiting (later) | dead | dropped | uncertain

The row says "sending" before the first byte leaves: a crash in between makes the delivery
`uncertain`, and an issue is never sent twice. A confirmation mail is (with the same Message-ID).
"""

from __future__ import annotations

from collections.abc import Callable
from email.utils import format_datetime

from seealso_core import log as logs
from seealso_core import meters, tracing
from seealso_core.host import PluginHost
from seealso_sdk import dates
from seealso_sdk.model import Channel, Entry
from seealso_store import deliveries, newsletters, readers
from seealso_store.clock import SECOND, iso
from seealso_store.database import Database
from seealso_store.deliveries import CONFIRM, Delivery
from seealso_store.newsletters import DigestItem, Issue
from sqlalchemy import Connection

from seealso_dispatch import message, schedule
from seealso_dispatch.errors import RelayError, RelayUncertain
from seealso_dispatch.message import subject
from seealso_dispatch.pages import confirmation_html, confirmation_text
from seealso_dispatch.relay import Relay, parse_url
from seealso_dispatch.settings import DispatchSettings, mail_domain
from seealso_dispatch.tokens import Tokens

log = logs.get(__name__)

BATCH = 20  # deliveries claimed at once
LEASE = 120 * SECOND  # longer than one message can take with the relay's timeouts


class Sender:
    """Sends deliveries. `secret` is the hub's signing secret."""

    def __init__(
        self,
        database: Database,
        host: PluginHost,
        settings: DispatchSettings,
        *,
        secret: bytes,
        now: Callable[[], int],
    ) -> None:
        self.database = self._db = database
        self._host = host
        self._settings = settings
        self._now = now
        self._relay_url = parse_url(settings.smtp_url)
        self._tokens = Tokens((secret,))
        self._domain = mail_domain(settings.hub_url)
        self._digests: dict[tuple[str, frozenset[tuple[str, int]]], message.Digest] = {}
        self._relay = Relay(self._relay_url)
        self._claimed: list[Delivery] = []

    def send_due(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Send what is due, a batch; returns how many deliveries were looked at.

        Args:
            stopping: asked between messages; what was not tried is then given back.
        """
        now = self._now()

        def claim(tx: Connection) -> list[Delivery]:
            deliveries.give_up_lost(tx, now=now)
            return deliveries.claim(tx, limit=BATCH, lease_until=now + LEASE, now=now)

        claimed = self._db.transact(claim)
        if not claimed:
            return 0
        self._claimed = claimed
        self._digests.clear()
        try:
            with self._relay as relay:
                for mine in claimed:
                    if not stopping():
                        self._deliver(relay, mine)
        finally:
            if stopping():
                self._give_back()
        self._db.transact(lambda tx: newsletters.finish_issues(tx, self._now()))
        return len(claimed)

    def cut_short(self) -> None:
        """Wait no longer for the relay or a plugin, and give back what was not tried. From another
        thread, for a process that ends: nothing is sent after this."""
        self._relay.hang_up()
        self._host.close()
        self._give_back()

    def _give_back(self) -> None:
        self._db.transact(lambda tx: deliveries.give_back(tx, self._claimed, now=self._now()))

    def _deliver(self, relay: Relay, mine: Delivery) -> None:
        """One try, under the ids of the request that caused the delivery."""
        with (
            logs.bind(mine.correlation_id),
            tracing.span("mail", [mine.traceparent], {"issue": mine.issue_id}),
        ):
            tried = self._try(relay, mine)
            if tried is not None:
                self._tell(mine, *tried)

    def _try(self, relay: Relay, mine: Delivery) -> tuple[str, str | None] | None:
        """What became of it, and why; None: the lease was lost, and nothing was tried."""
        raw = self._message(mine)
        if isinstance(raw, bytes) and (refused := self._out_of_reach(relay, mine)):
            return refused
        now = self._now()
        with self._db.write() as tx:
            if isinstance(raw, str):
                deliveries.move(tx, mine, "dropped", now=now, error=raw)
                return "dropped", raw
            # Once more, in the commit that lets the first byte leave: consent may have ended.
            if not self._may_go(tx, mine):
                deliveries.move(tx, mine, "dropped", now=now, error="the reader has left")
                return "dropped", "the reader has left"
            if not deliveries.move(tx, mine, "sending", now=now, lease_until=now + LEASE):
                return None
        state, error, run_at = self._hand_over(relay, mine, raw)
        # What went out is written down whatever is in the way: else nobody knows whether it did.
        self._db.transact(
            lambda tx: deliveries.move(tx, mine, state, now=self._now(), error=error, run_at=run_at)
        )
        return state, error

    def _tell(self, mine: Delivery, state: str, reason: str | None) -> None:
        """One line a try, without the reader's address: `mail` is its Message-ID."""
        meters.DELIVERIES.add(state)
        with self._db.read() as conn:
            causes = newsletters.causes(conn, mine.issue_id)
        say = log.info if state in ("sent", "dropped") else log.warning
        say(
            "Mailed" if state == "sent" else "A message did not go",
            issue=mine.issue_id,
            subscriber=mine.subscriber_id,
            mail=mine.message_id.strip("<>").partition("@")[0],
            attempt=mine.attempts,
            state=state,
            reason=reason,
            articles=[cause.article_id for cause in causes],
            correlation_ids=list(dict.fromkeys(c.correlation_id for c in causes)),
        )

    def _may_go(self, tx: Connection, mine: Delivery) -> bool:
        return mine.issue_id.startswith(CONFIRM) or deliveries.may_receive(tx, mine)

    def _hand_over(
        self, relay: Relay, mine: Delivery, raw: bytes
    ) -> tuple[str, str | None, int | None]:
        sender = message.envelope_sender(self._settings.mail_from)
        try:
            relay.send(sender, mine.email, raw)
        except RelayUncertain as error:
            if mine.issue_id.startswith(CONFIRM):
                return "waiting", str(error), self._now() + schedule.MINUTE * SECOND
            return "uncertain", str(error), None
        except RelayError as error:
            return self._not_taken(mine, error)
        return "sent", None, None

    def _out_of_reach(self, relay: Relay, mine: Delivery) -> tuple[str, str] | None:
        """What becomes of it where there is no relay to talk to: asked before the row says that it
        is being sent."""
        try:
            relay.open()
        except RelayError as error:
            state, said, run_at = self._not_taken(mine, error)
            with self._db.write() as tx:
                deliveries.move(tx, mine, state, now=self._now(), error=said, run_at=run_at)
            return state, said
        return None

    def _not_taken(self, mine: Delivery, error: RelayError) -> tuple[str, str, int | None]:
        delay = None if error.permanent else schedule.next_delay(mine.attempts)
        if delay is None:
            return "dead", str(error), None
        return "waiting", str(error), self._now() + delay * SECOND

    def _message(self, mine: Delivery) -> bytes | str:
        """The message for this reader, or the reason why there is none."""
        if mine.issue_id.startswith(CONFIRM):
            return self._confirmation(mine)
        with self._db.read() as conn:
            record = newsletters.get_issue(conn, mine.issue_id)
            if record is None:
                return "the issue is gone"
            items = newsletters.issue_items(conn, mine.issue_id)
            has = newsletters.already_received(conn, mine.issue_id, mine.subscriber_id)
        left = [item for item in items if item.article_id not in has]
        if not left:
            return "nothing is left to send: received in another newsletter, or withdrawn"
        digest = self._digest(record, left)
        token = self._tokens.unsubscribe(mine.subscriber_id, record.slug)
        return message.build(
            digest,
            message.Reader(
                email=mine.email,
                message_id=mine.message_id,
                unsubscribe_token=token,
                preferences_token=self._tokens.preferences(mine.subscriber_id),
                unsubscribe_url=self._url(f"/newsletters/unsubscribe/{token}"),
            ),
        )

    def _digest(self, record: Issue, items: list[DigestItem]) -> message.Digest:
        """Assembled once for all readers who get the same articles."""
        key = (record.id, frozenset((item.article_id, item.version) for item in items))
        if key not in self._digests:
            self._digests[key] = self._assemble(record, items)
        return self._digests[key]

    def _assemble(self, record: Issue, items: list[DigestItem]) -> message.Digest:
        with self._db.read() as conn:
            label = newsletters.topic_label(conn, record.slug) or record.slug
        titles = [item.title for item in items]
        name = self._settings.hub_name
        channel = Channel(
            id=f"{self._settings.hub_url}/newsletters/{record.slug}/{record.number}",
            title=label,
            description="",
            url=self._url(f"/topics/{record.slug}"),
            feed_url=self._url(f"/topics/{record.slug}/feed.rss"),
            updated=iso(record.created),
            language=record.language,
            hub_name=name,
            options={
                "subject": subject(label, titles),
                "from": self._settings.mail_from,
                "unsubscribe_url": self._url(
                    f"/newsletters/unsubscribe/{message.UNSUBSCRIBE_PLACEHOLDER}"
                ),
                "preferences_url": self._url(
                    f"/newsletters/preferences/{message.PREFERENCES_PLACEHOLDER}"
                ),
                "postal_address": self._settings.postal_address,
                "why": f"You get this because you signed up for {label} at {name}.",
            },
        )
        raw = self._host.assemble(
            newsletters.OUTPUT, channel, [_entry(self._settings, i) for i in items]
        )
        when = format_datetime(dates.instant(iso(record.created)))
        return message.parse_digest(
            raw,
            sender=self._settings.mail_from,
            date=when,
            list_name=label,
            list_id=message.list_id(record.slug, self._domain),
            archive=self._url(f"/topics/{record.slug}"),
        )

    def _confirmation(self, mine: Delivery) -> bytes | str:
        with self._db.read() as conn:
            record = readers.get_consent(conn, mine.issue_id.removeprefix(CONFIRM))
            if record is None or record.confirmed is not None:
                return "no longer asked for"
            label = newsletters.topic_label(conn, record.slug) or record.slug
        link = self._url(f"/newsletters/confirm/{self._tokens.confirm(record.id)}")
        name = self._settings.hub_name
        return message.plain_message(
            sender=self._settings.mail_from,
            to=mine.email,
            subject=f"Please confirm: {label} by e-mail",
            date=format_datetime(dates.instant(iso(record.asked))),
            message_id=mine.message_id,
            text=confirmation_text(label, link, name),
            html=confirmation_html(label, link, name),
        )

    def _url(self, path: str) -> str:
        return self._settings.hub_url + path


def _entry(settings: DispatchSettings, item: DigestItem) -> Entry:
    dated = iso(item.sort_at)
    return Entry(
        article_id=item.article_id,
        title=item.title,
        url=f"{settings.hub_url}/articles/{item.article_id}",
        dated=dated,
        revised=dated,
        language=item.language,
        rendition=item.rendition,
    )
