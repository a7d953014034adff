"""Looks at the sources that are watched, each when it is due, and takes in what is there.

    claim (lease, token) ─> look: conditional GET ─304, same bytes─────────────┐
                                │ 200 ─> its plugin reads ─> articles, leads    │
                                │   one commit: the last articles, validators,  │
                                │   what the lists name, findings, next look    │
                                └─ failed: error, finding, a later look         │
      follow: some of what its lists name, politely, a commit each <────────────┘
      let go: what is named no more, by the source's policy ─> leave: when it is due next

Nothing is lost by a crash: validators are written with the last of the articles that they stand
for, so a 304 never hides one. Nothing is done twice by two who look: only the holder of the token
commits. A look that fails changes neither validators nor lists.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from seealso_core import log as logs
from seealso_core import meters, tracing
from seealso_core.errors import PluginFailed
from seealso_sdk.errors import Retry
from seealso_sdk.model import Lead, RawInput
from seealso_store import articles, source_items, sources, websub
from seealso_store import findings as kept
from seealso_store.clock import SECOND
from seealso_store.errors import StoreError
from seealso_store.source_items import Listed, SourceItem
from seealso_store.sources import WatchedSource
from sqlalchemy import Connection

from seealso_ingest import findings, hubs, pace
from seealso_ingest.errand import Errand, Progress
from seealso_ingest.errors import IngestError, InputRefused
from seealso_ingest.fetch import Fetched, FetchError
from seealso_ingest.findings import Verdict
from seealso_ingest.flow import Ingest
from seealso_ingest.grounds import places_of
from seealso_ingest.places import Busy, Place

LEASE_SECONDS = 180.0  # a fetch may take 30, its reading some more; each commit takes it anew
ITEMS_A_TURN = 20  # of one source, before others have their turn
TURN_SECONDS = 60.0
PAUSE_MOST = 5.0  # seconds that a turn waits for a host; for longer it comes back later
MAX_LEADS = 50_000  # of one answer
MAX_DEPTH = 3  # lists within lists
GRACE = 3600 * SECOND  # what is missing must still be missing so much later
RECHECK = 7 * 86_400 * SECOND  # a place whose list gives no date
ITEM_PACE = 3600.0  # seconds; after a failure, doubled by each
GIVEN_UP = 3  # times that a page is not there (404), and it counts as gone
GONE_AT_ONCE = 100

log = logs.get(__name__)


class LeaseLost(IngestError):
    """Somebody else works on the source by now, or an operator has changed it."""


class Watch:
    """One who looks. Any number of them, on any machines. Safe to share between threads.

    Args:
        places: by the kind of place; those of the settings where nothing is given.
        offered: is told of the hub that a source's answer names, or that it names none
            (`websub.WebSub.offered`).
        chance: a number from 0 to 1.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        ingest: Ingest,
        *,
        places: Mapping[str, Place] | None = None,
        offered: Callable[[str, str, str | None], None] = lambda source, topic, hub: None,
        chance: Callable[[], float] = random.random,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ingest = ingest
        self._database = ingest.database
        self._now = ingest.now
        self._least = ingest.settings.poll_seconds
        self._places = places or places_of(ingest.settings)
        self._offered = offered
        self._chance = chance
        self._pause = pause

    def turn(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Look at the source that has been due the longest. Returns how many: 1, or 0."""
        now = self._now()
        with self._database.read() as conn:
            if not sources.due(conn, now):
                return 0
        claimed = self._database.transact(
            lambda tx: sources.claim(tx, lease_seconds=LEASE_SECONDS, now=now)
        )
        for source in claimed:
            with logs.bind(logs.new_correlation_id()), tracing.span("look"):
                self._one(source, stopping)
        return len(claimed)

    def _one(self, source: WatchedSource, stopping: Callable[[], bool]) -> None:
        held = source
        now = self._now()
        try:
            if source.look_at is None or source.look_at <= now:
                held = self._guarded(source)
            left = 0.0
            if held.state == "active":
                left = self._follow(held, stopping)
            run_at = self._next(held, left)
        except Busy as busy:
            run_at = now + int(busy.seconds * SECOND)
        except LeaseLost:
            log.info("A look is void: the source was changed meanwhile", source=source.name)
            return
        self._database.transact(lambda tx: sources.leave(tx, held, run_at))

    def _next(self, held: WatchedSource, left: float) -> int:
        """When the source is due again: its own look, or the next of what its lists name."""
        now = self._now()
        own = now if held.look_at is None else held.look_at
        with self._database.read() as conn:
            item = source_items.next_due(conn, held.name)
        if item is None:
            return own
        return min(own, max(item, now + int(left * SECOND)))

    def _hold(self, tx: Connection, held: WatchedSource) -> None:
        if not sources.hold(tx, held, self._now() + int(LEASE_SECONDS * SECOND)):
            raise LeaseLost(held.name)

    # -- the source's own answer

    def _guarded(self, source: WatchedSource) -> WatchedSource:
        """Look; whatever goes wrong is the source's error, and nobody else's delay."""
        try:
            return self._look(source)
        except (IngestError, StoreError):
            raise
        except Exception as error:  # noqa: BLE001  # a fault of ours must not stop the watching
            log.failed(error, "A look failed for a reason that nobody foresaw", source=source.name)
            detail = "the hub failed over it; its log has the reason"
            return self._failed(source, detail, findings.of_unreadable(detail))

    def _look(self, source: WatchedSource) -> WatchedSource:
        place = self._places.get(source.place)
        if place is None:
            detail = f"this hub can't look at a {source.place}"
            return self._failed(source, detail, findings.of_unreadable(detail))
        try:
            answer = place.look(
                source.location, etag=source.etag, last_modified=source.last_modified
            )
        except FetchError as error:
            verdict = findings.of_failure(error.status, error.detail, source.failures + 1)
            return self._failed(
                source, error.detail, verdict, status=error.status, retry_after=error.retry_after
            )
        if answer.status == 304:
            return self._same(source, answer, source.digest)
        digest = hashlib.sha256(answer.data).hexdigest()
        if digest == source.digest:
            return self._same(source, answer, digest)
        if not answer.data.strip():
            detail = "it answers with an empty document; see it in a browser, and check the address"
            return self._failed(source, detail, findings.of_unreadable(detail))
        return self._read(source, answer, digest)

    def _failed(
        self,
        source: WatchedSource,
        detail: str,
        verdict: Verdict,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> WatchedSource:
        failures = source.failures + 1
        seconds = pace.wait(
            source.pace / SECOND, failures, chance=self._chance, least=self._least,
            retry_after=retry_after,
        )  # fmt: skip
        now = self._now()
        after = replace(
            source,
            state="paused" if status == findings.GONE else source.state,
            failures=failures,
            error=detail,
            looked=now,
            look_at=now + int(seconds * SECOND),
        )
        self._database.transact(lambda tx: self._write(tx, after, verdict))
        meters.LOOKS.add("failed")
        log.warning(
            "A source failed", source=source.name, error=detail, failures=failures,
            next_seconds=round(seconds),
        )  # fmt: skip
        return after

    def _same(self, source: WatchedSource, answer: Fetched, digest: str | None) -> WatchedSource:
        after, verdict = self._after(source, answer, digest, is_news=False)

        def work(tx: Connection) -> None:
            self._write(tx, after, verdict)
            source_items.recheck(tx, source.name, self._now())

        self._database.transact(work)
        meters.LOOKS.add("unchanged")
        return after

    def _read(self, source: WatchedSource, answer: Fetched, digest: str) -> WatchedSource:
        found = [source]

        def in_commit(tx: Connection, progress: Progress) -> None:
            if not progress.last:
                self._hold(tx, source)
                return
            entries = _listed(errand.leads)
            after, verdict = self._after(source, answer, digest, is_news=progress.is_news)
            known = errand.pieces + len(entries)
            if not entries:
                verdict = verdict.also(
                    findings.of_reading(before=source.items, now=known, bodiless=progress.bodiless)
                )
            else:
                verdict = verdict.also(Verdict(frozenset({"unreadable"})))
            found[0] = replace(after, items=known)
            self._write(tx, found[0], verdict)
            source_items.listed(tx, source.name, entries, parent=None, depth=0, now=self._now())

        errand = _errand(source, in_commit)
        try:
            self._take_in(_raw(source, answer), errand)
        except (InputRefused, PluginFailed, Retry) as refused:
            detail = f"it answers, and {source.plugin} can't read it: {refused}"
            return self._failed(source, detail, findings.of_unreadable(detail))
        if source.place == "url":
            options = self._ingest.context(source.plugin, errand).options
            self._offered(source.name, *hubs.offer(answer, errand.leads, options))
        meters.LOOKS.add("renewed" if found[0].renewed != source.renewed else "unchanged")
        return found[0]

    def _take_in(self, raw: RawInput, errand: Errand) -> None:
        """Into the hub; a list without articles, or with nothing in it, is an answer too."""
        try:
            self._ingest.fetched(raw, errand, logs.correlation_id())
        except InputRefused as refused:
            if refused.code not in ("input-list", "input-empty"):
                raise
            self._database.transact(lambda tx: errand.in_commit(tx, Progress(last=True)))

    def _after(
        self, source: WatchedSource, answer: Fetched, digest: str | None, *, is_news: bool
    ) -> tuple[WatchedSource, Verdict]:
        """The source after a look that went well, and what that look says of its health."""
        now = self._now()
        followed = (source.renewed or 0) > (source.looked or 0)  # what its lists named was news
        hints = [answer.max_age, pace.hinted(answer.data)]
        seconds = pace.adapted(
            source.pace / SECOND,
            renewed=is_news or followed,
            hint=max((hint for hint in hints if hint), default=None),
            least=self._least,
        )
        seconds = min(seconds, max(self._places[source.place].longest, self._least))
        wait = pace.wait(seconds, 0, chance=self._chance, least=self._least)
        if self._is_told(source):
            wait = max(wait, hubs.PACE)
        renewed = now if is_news else source.renewed
        unchanged = (now - (renewed or source.created)) / SECOND
        verdict = findings.of_answer(unchanged_seconds=unchanged)
        if answer.moved and answer.moved != source.location:
            verdict = verdict.also(findings.moved(source.location, answer.moved))
        after = replace(
            source,
            location=answer.moved or source.location,
            pace=int(seconds * SECOND),
            look_at=now + int(wait * SECOND),
            failures=0,
            error=None,
            etag=answer.etag,
            last_modified=answer.last_modified,
            digest=digest,
            looked=now,
            succeeded=now,
            renewed=renewed,
        )
        return after, verdict

    def _is_told(self, source: WatchedSource) -> bool:
        """Whether a hub tells of what is new there."""
        with self._database.read() as conn:
            return websub.is_live(conn, source.name, self._now())

    def _write(self, tx: Connection, after: WatchedSource, verdict: Verdict) -> None:
        """What a look found, with its findings; and the lease is kept."""
        now = self._now()
        if not sources.note(tx, after, now + int(LEASE_SECONDS * SECOND)):
            raise LeaseLost(after.name)
        kept.judge(tx, after.name, verdict.judged, verdict.found, now)

    # -- what its lists name

    def _follow(self, held: WatchedSource, stopping: Callable[[], bool]) -> float:
        """Read some of what the source's lists name. Returns seconds until its host has a turn for
        more, 0 where that is now or nothing is left."""
        begun = time.monotonic()
        read = bodiless = 0
        with self._database.read() as conn:
            items = source_items.waiting(conn, held.name, self._now(), ITEMS_A_TURN)
        for item in items:
            if stopping() or time.monotonic() - begun > TURN_SECONDS:
                return 0.0
            left = self._item_in_turn(held, item)
            if isinstance(left, float):
                return left
            read += len(left.accepted)
            bodiless += left.bodiless
        verdict = findings.of_items(read=read, bodiless=bodiless)
        if verdict.judged:
            self._database.transact(lambda tx: self._judged(tx, held, verdict))
        if len(items) < ITEMS_A_TURN:
            self._let_go(held)
        return 0.0

    def _judged(self, tx: Connection, held: WatchedSource, verdict: Verdict) -> None:
        self._hold(tx, held)
        kept.judge(tx, held.name, verdict.judged, verdict.found, self._now())

    def _item_in_turn(self, held: WatchedSource, item: SourceItem) -> Progress | float:
        """One item, once its host has a turn; or the seconds until then, where they are many."""
        waited = 0.0
        while True:
            try:
                return self._item(held, item)
            except Busy as busy:
                waited += busy.seconds
                if waited > PAUSE_MOST:
                    return busy.seconds
                self._pause(busy.seconds)

    def _item(self, held: WatchedSource, item: SourceItem) -> Progress:
        try:
            answer = self._places[held.place].item(
                held.location, item.key, etag=item.etag, last_modified=item.last_modified
            )
        except FetchError as error:
            self._item_failed(held, item, error.detail, error.status, error.retry_after)
            return Progress()
        digest = hashlib.sha256(answer.data).hexdigest()
        if answer.status == 304 or digest == item.digest:
            digest = item.digest or digest
            self._database.transact(lambda tx: self._item_done(tx, held, item, answer, digest))
            return Progress()
        return self._item_read(held, item, answer, digest)

    def _item_read(
        self, held: WatchedSource, item: SourceItem, answer: Fetched, digest: str
    ) -> Progress:
        found = [Progress()]

        def in_commit(tx: Connection, progress: Progress) -> None:
            if not progress.last:
                self._hold(tx, held)
                return
            found[0] = progress
            self._item_done(tx, held, item, answer, digest, progress)
            depth = (item.depth or 0) + 1
            if item.rel == "list":
                entries = _listed(errand.leads, lists=depth < MAX_DEPTH)
                source_items.listed(
                    tx, held.name, entries, parent=item.key, depth=depth, now=self._now()
                )

        plugin = held.plugin if item.rel == "list" else None
        errand = _errand(held, in_commit, plugin=plugin)
        errand.name = item.key if held.place == "folder" else None
        try:
            self._take_in(_raw(held, answer), errand)
        except (InputRefused, PluginFailed, Retry) as refused:
            self._item_failed(held, item, str(refused), None, None)
        return found[0]

    def _item_done(
        self,
        tx: Connection,
        held: WatchedSource,
        item: SourceItem,
        answer: Fetched,
        digest: str,
        progress: Progress | None = None,
    ) -> None:
        """It went well: with its articles, in their commit."""
        self._hold(tx, held)
        now = self._now()
        after = replace(
            item,
            state="read",
            digest=digest,
            etag=answer.etag,
            last_modified=answer.last_modified,
            run_at=now + RECHECK,
            failures=0,
            error=None,
        )
        if progress is not None:
            ids = {one.id for one in progress.accepted}
            error = progress.refused[0].detail if progress.refused else None
            after = replace(after, article_id=ids.pop() if len(ids) == 1 else None, error=error)
        source_items.done(tx, after)
        if progress is not None and progress.is_news:
            sources.renew(tx, held, now)

    def _item_failed(
        self,
        held: WatchedSource,
        item: SourceItem,
        detail: str,
        status: int | None,
        retry_after: float | None,
    ) -> None:
        failures = item.failures + 1
        is_gone = status == findings.GONE or (status == 404 and failures >= GIVEN_UP)
        seconds = pace.wait(
            ITEM_PACE, failures - 1, chance=self._chance, least=self._least, retry_after=retry_after
        )
        now = self._now()
        run_at = now + (RECHECK if is_gone else int(seconds * SECOND))
        after = replace(item, state="failed", failures=failures, error=detail, run_at=run_at)
        if is_gone and held.on_gone == "withdraw":
            self._withdraw(held, item, "its page is gone")

        def work(tx: Connection) -> None:
            self._hold(tx, held)
            source_items.done(tx, after)

        self._database.transact(work)

    # -- what its lists name no more

    def _let_go(self, held: WatchedSource) -> None:
        """Follow the source's policy for what has been missing for long enough: seen to be missing
        by a look that went well an hour after the first. Nothing of a list that shrank."""
        before = (held.succeeded or 0) - GRACE
        with self._database.read() as conn:
            counts = source_items.counts(conn, held.name)
            gone = source_items.missing(conn, held.name, before, GONE_AT_ONCE)
            ignored = kept.ignored(conn, held.name)
        if counts == source_items.ItemCounts():
            return
        named = counts.waiting + counts.read + counts.failed
        verdict = findings.of_list(named=named, missing=counts.missing)
        held_back = "shrinking" in verdict.found and "shrinking" not in ignored
        dealt_with: list[SourceItem] = []
        if not held_back:
            known = [item for item in gone if item.article_id is not None]
            if held.on_gone == "ask":
                verdict = verdict.also(findings.vanished(len(known)))
            if held.on_gone != "ask" or "vanished" in ignored or not known:
                dealt_with = gone
            if held.on_gone == "withdraw":
                for item in known:
                    self._withdraw(held, item, "its source no longer lists it")

        def work(tx: Connection) -> None:
            self._judged(tx, held, verdict)
            source_items.let_go(tx, held.name, [item.key for item in dealt_with])

        self._database.transact(work)

    def _withdraw(self, held: WatchedSource, item: SourceItem, reason: str) -> None:
        """Take back the article of an item. One that came from elsewhere, too, is left alone."""
        if item.article_id is None:
            return
        with self._database.read() as conn:
            row = articles.find(conn, item.article_id)
        if row is not None and row.source == held.name and row.status != "withdrawn":
            self._ingest.withdraw(row.id, f"{held.name}: {reason}", logs.correlation_id())


def _errand(
    source: WatchedSource,
    in_commit: Callable[[Connection, Progress], None],
    plugin: str | None = "",
) -> Errand:
    return Errand(
        plugin=source.plugin if plugin == "" else plugin,
        in_commit=in_commit,
        options=source.options,
        fields=source.fields,
    )


def _raw(source: WatchedSource, answer: Fetched) -> RawInput:
    return RawInput(
        data=answer.data,
        media_type=answer.media_type,
        charset=answer.charset,
        url=answer.url or None,  # a file has none
        source=source.name,
    )


def _listed(leads: list[Lead], *, lists: bool = True) -> list[Listed]:
    """What a list names, bounded."""
    chosen = [one for one in leads if one.rel == "item" or (lists and one.rel == "list")]
    return [
        Listed(one.url, one.modified, "list" if one.rel == "list" else None)
        for one in chosen[:MAX_LEADS]
    ]
