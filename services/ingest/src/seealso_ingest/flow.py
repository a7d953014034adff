"""Ingest: an input into article versions, committed with the work that they cause.

    RawInput ─choose source─> host.read ─> drafting of each ┐  outside of any transaction
                                                           ▼
    one commit a batch: names, states ─> decide each ─> versions + identities
                                                        + ledger rows of all enabled outputs
                                                        + the filing row ─> commit ─> nudge
    withdraw, reinstate, turn (embargo, expiry): the same commit for one article, or for what is due

An article that can't be taken is a `Rejection` in the receipt and touches no other; after the
commits it is kept, to be tried again (`keeping`). What is not to
be seen (withdrawn, expired, under embargo) loses its renditions in the commit that says so, its
ledger rows are closed, and only the filing row is opened: it takes the article out of every list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from seealso_core import log as logs
from seealso_core import meters, tracing
from seealso_core.errors import PluginFailed, PluginMissing
from seealso_core.messages import MAX_IDS, Wake
from seealso_core.registry import Registry
from seealso_sdk.errors import Reject
from seealso_sdk.model import Piece, RawInput
from seealso_sdk.plugin import SourceContext, SourceMeta
from seealso_store import articles, future, ledger, reviews
from seealso_store.articles import ArticleRow, Change
from seealso_store.clock import iso
from seealso_store.database import Database
from sqlalchemy import Connection

from seealso_ingest import decide, reading, sources
from seealso_ingest.batch import Taken, standings, take, write
from seealso_ingest.decide import Standing
from seealso_ingest.doubts import require_an_article
from seealso_ingest.errand import Errand, Progress, batches
from seealso_ingest.errors import ArticleUnknown, InputRefused, NotWithdrawn, Refused
from seealso_ingest.keeping import Keeper, Refusals, of_input, still_refused
from seealso_ingest.loops import require_foreign
from seealso_ingest.receipts import (
    Accepted,
    Item,
    Receipt,
    Rejection,
    Retried,
    Unread,
    of_refusal,
)
from seealso_ingest.settings import IngestSettings

log = logs.get(__name__)

DUE_AT_ONCE = 500  # articles whose status changes in one turn


class Host(Protocol):
    """The part of `seealso_core.host.PluginHost` that reading needs."""

    registry: Registry

    def read(self, source: str, raw: RawInput, context: SourceContext) -> list[Piece]:
        """What an input holds."""
        ...


class Nudges(Protocol):
    """The part of `seealso_core.nudge.Nudger` that is used here."""

    def nudge(self, *wakes: Wake) -> None:
        """Never blocks, never raises."""
        ...


class Ingest:
    """The use cases of the ingest service. Safe to share between threads.

    Args:
        now: microseconds; the database's clock, or one that tests turn themselves.
    """

    def __init__(
        self,
        database: Database,
        host: Host,
        nudger: Nudges,
        settings: IngestSettings | None = None,
        *,
        now: Callable[[], int] | None = None,
    ) -> None:
        self.database = self._database = database
        self.host = self._host = host
        self._nudger = nudger
        self.settings = self._settings = settings or IngestSettings()
        self.now = self._now = now or database.now
        self._reviews_filled = False  # as far as this process knows
        self._keeper = Keeper(database, self._settings.rejected, self._now)

    # -- articles in

    def accept(
        self, raw: RawInput, correlation_id: str = "", *, reinstate: bool = False
    ) -> Receipt:
        """Take in all that an input holds. When this returns, what is accepted is stored for good.

        Raises:
            InputRefused: nothing of it can be read.
            PluginFailed: the source plugin broke down over it.
            StoreUnavailable: the database does not answer. What was committed stays; send again.
        """
        return self._kept(raw, correlation_id, None, reinstate=reinstate)

    def fetched(self, raw: RawInput, errand: Errand, correlation_id: str = "") -> Receipt:
        """Take in what the hub fetched by itself, with what the errand has to say in each commit.

        Raises:
            InputRefused: nothing of it can be read. Its code is ``input-list`` where there are only
                leads, which are in the errand then, and ``input-empty`` where there is nothing.
            PluginFailed, StoreUnavailable: as of `accept`.
        """
        return self._kept(raw, correlation_id, errand, reinstate=False)

    def _kept(
        self, raw: RawInput, correlation_id: str, errand: Errand | None, *, reinstate: bool
    ) -> Receipt:
        refusals = Refusals(correlation_id)
        try:
            return self._take_in(raw, refusals, errand, reinstate=reinstate)
        except (InputRefused, PluginFailed) as refused:
            refusals.whole(raw, refused)
            raise
        finally:
            self._keeper.keep(refusals)

    def _take_in(
        self, raw: RawInput, refusals: Refusals, errand: Errand | None = None, *, reinstate: bool
    ) -> Receipt:
        name, raw = self.chosen(raw, errand.plugin if errand else None)
        accepted: list[Accepted] = []
        bodiless = 0
        items = self._drafts(name, raw, refusals, errand)
        for batch, last in batches(items, ahead=errand is not None):
            bodiless += sum(not item.draft.article.body_text for item in batch)
            so_far = Progress(tuple(accepted), tuple(refusals.told), bodiless, last)
            then = _then(errand, so_far) if errand else None
            accepted += self._commit(batch, refusals, then, reinstate=reinstate)
        if refusals.told:
            meters.INTAKE.add("rejected", by=len(refusals.told))
        told = sorted(refusals.told, key=lambda rejection: rejection.index)
        return Receipt(tuple(accepted), tuple(told))

    def chosen(self, raw: RawInput, plugin: str | None = None) -> tuple[str, RawInput]:
        """The source plugin that reads an input, and the input with the media type it has for it.

        Raises:
            InputRefused: none can, or this one is not enabled.
        """
        enabled = self.sources()
        if plugin is None:
            return sources.choose(raw, enabled)
        if plugin not in enabled:
            detail = f"the source plugin {plugin} is not installed, or disabled"
            raise InputRefused("media-type", detail, "See `seealso sources plugins`.")
        return plugin, sources.typed(raw, enabled[plugin])

    def sources(self) -> dict[str, SourceMeta]:
        """The source plugins that are enabled, by name."""
        records = self._host.registry.sources.values()
        return {record.name: record.source for record in records if record.status == "enabled"}

    def context(self, name: str, errand: Errand | None = None) -> SourceContext:
        """What a source plugin may know: the settings, and over them what the errand says."""
        options = self._settings.options_of(self._host.registry.sources[name].source)
        own = errand.options if errand else {}
        return SourceContext(
            today=iso(self._now())[:10],
            options=options | {key: own[key] for key in own if key in options},
            fields=dict(errand.fields) if errand else {},
        )

    def _drafts(
        self, name: str, raw: RawInput, refusals: Refusals, errand: Errand | None
    ) -> Iterator[Item]:
        """The drafts of an input, lazily; what can't be one is put down in `refusals`."""
        context = self.context(name, errand)

        def read(part: RawInput) -> list[Piece]:
            found = self.read(name, part, context)
            return found if errand is None else errand.met(found)

        for one in reading.items(raw, read):
            if isinstance(one, Unread):
                refusals.add(one.rejection, one.cut)
                continue
            require_an_article(raw, one.draft)
            try:
                require_foreign(one.draft, self._settings.hub_url)
            except Refused as refused:
                refusals.add(of_refusal(refused, one.index), one.cut)
            else:
                yield one

    def read(self, name: str, raw: RawInput, context: SourceContext) -> list[Piece]:
        """What an input holds, by a source plugin in its child.

        Raises:
            InputRefused: nothing of it can be read.
            PluginFailed: the plugin broke down over it.
        """
        try:
            return self._host.read(name, raw, context)
        except Reject as error:
            raise InputRefused("input-unreadable", error.reason, "") from error
        except PluginMissing as error:
            raise InputRefused("media-type", str(error), "") from error

    def _commit(
        self,
        batch: Sequence[Item],
        refusals: Refusals,
        then: Callable[[Connection, Taken], None] | None,
        *,
        reinstate: bool,
    ) -> list[Accepted]:
        now = self._now()
        caused_by = refusals.correlation_id

        def work(tx: Connection) -> Taken:
            done = take(tx, batch, now, caused_by, reinstate=reinstate)
            if then is not None:
                then(tx, done)
            return done

        taken = self._database.transact(work)
        self._nudge(taken.changes, taken.names, caused_by)
        accepted = []
        for item, part in zip(batch, taken.parts, strict=True):
            if isinstance(part, Rejection):
                refusals.add(part, item.cut)
            else:
                accepted.append(part)
                meters.INTAKE.add(part.change)
        return accepted

    def retry(self, row_id: str, correlation_id: str = "", *, reinstate: bool = False) -> Retried:
        """Take in again what was rejected. What is in is off the list; else it says why not.

        Raises:
            RejectedUnknown: it is not on the list.
            NotKept: it was too large to keep.
            StoreUnavailable: the database does not answer; the row stays.
        """
        row, raw = self._keeper.kept(row_id)
        refusals = Refusals(correlation_id)
        accepted: tuple[Accepted, ...] = ()
        try:
            accepted = self._take_in(raw, refusals, reinstate=reinstate).accepted
            rejection = still_refused(refusals.told, row.part)
        except (InputRefused, PluginFailed) as refused:
            rejection = of_input(refused)
        return self._keeper.retried(row, raw, accepted, rejection)

    # -- what an operator does

    def withdraw(self, article_id: str, reason: str, correlation_id: str = "") -> ArticleRow:
        """Take an article back everywhere. Twice is once.

        Raises:
            ArticleUnknown: there is no such article.
        """
        return self._change_one(
            article_id,
            correlation_id,
            lambda standing, now: decide.withdrawal(
                standing, reason, now=now, correlation_id=correlation_id
            ),
        )

    def reinstate(self, article_id: str, correlation_id: str = "") -> ArticleRow:
        """Publish a withdrawn article again, as it was.

        Raises:
            ArticleUnknown: there is no such article.
            NotWithdrawn: it is not withdrawn.
        """

        def decided(standing: Standing, now: int) -> Change:
            change = decide.reinstatement(standing, now=now, correlation_id=correlation_id)
            if change is None:
                raise NotWithdrawn(f"article {article_id} is {standing.status}")
            return change

        return self._change_one(article_id, correlation_id, decided)

    def turn(self) -> int:
        """Publish what an embargo has ended for, expire what is over. Returns how many.

        What a clock that ran ahead has put off is brought back, too.
        """
        now = self._now()
        self._keeper.expire(now)
        self._fill_reviews()
        with self._database.read() as conn:
            ahead = self._database.dialect == "sqlite" and future.found(conn, now)
            due_now = bool(articles.due(conn, now, limit=1))
        if ahead:
            rows = self._database.transact(lambda tx: future.bring_back(tx, now))
            log.warning("The clock was set back; work that it had put off is due again", rows=rows)
        if not due_now:
            return 0

        def work(tx: Connection) -> tuple[list[Change], list[str]]:
            due = articles.due(tx, now, limit=DUE_AT_ONCE)
            known = standings(tx, [row.id for row in due])
            found = (decide.on_time(standing, now) for standing in known.values())
            changes = [_caused(change) for change in found if change is not None]
            return changes, write(tx, changes, now)

        with logs.bind(logs.new_correlation_id()), tracing.span("turn"):
            changes, names = self._database.transact(work)
            self._nudge(changes, names, logs.correlation_id())
        return len(changes)

    def _fill_reviews(self) -> None:
        """Articles of before there were dates of review get theirs, some each turn."""
        if self._reviews_filled:
            return
        with self._database.read() as conn:
            self._reviews_filled = reviews.filled(conn)
        if not self._reviews_filled:
            self._reviews_filled = self._database.transact(reviews.fill)

    def _change_one(
        self,
        article_id: str,
        correlation_id: str,
        decided: Callable[[Standing, int], Change | None],
    ) -> ArticleRow:
        now = self._now()

        def work(tx: Connection) -> tuple[list[Change], list[str], ArticleRow | None]:
            standing = standings(tx, [article_id]).get(article_id)
            if standing is None:
                raise ArticleUnknown(f"there is no article {article_id[:80]!r}")
            change = decided(standing, now)
            changes = [] if change is None else [change]
            return changes, write(tx, changes, now), articles.find(tx, article_id)

        changes, names, row = self._database.transact(work)
        self._nudge(changes, names, correlation_id)
        assert row is not None
        return row

    def _nudge(self, changes: Sequence[Change], names: Iterable[str], correlation_id: str) -> None:
        """After the commit, and only for speed: each output and the filing are woken."""
        if not changes:
            return
        with logs.bind(correlation_id):
            _tell(changes)
        ids = tuple(dict.fromkeys(change.article.id for change in changes))[:MAX_IDS]
        trace = tracing.current()
        wakes = [Wake("render", name, ids, correlation_id, trace) for name in names]
        self._nudger.nudge(*wakes, Wake("feeds", ledger.FILING, ids, correlation_id, trace))


def _then(errand: Errand, so_far: Progress) -> Callable[[Connection, Taken], None]:
    """What an errand has to say in a commit, with what comes in by it."""

    def then(tx: Connection, taken: Taken) -> None:
        own = tuple(part for part in taken.parts if isinstance(part, Accepted))
        out = tuple(part for part in taken.parts if isinstance(part, Rejection))
        accepted, refused = (*so_far.accepted, *own), (*so_far.refused, *out)
        errand.in_commit(tx, replace(so_far, accepted=accepted, refused=refused))

    return then


def _tell(changes: Sequence[Change]) -> None:
    """What was committed, in one line: of one article what it is, of several their ids."""
    first = changes[0]
    if len(changes) == 1:
        article = first.article
        log.info("Stored", article=article.id, version=article.version, change=first.op)
    else:
        ids = list(dict.fromkeys(change.article.id for change in changes))
        log.info("Stored", articles=ids, versions=len(changes))


def _caused(change: Change) -> Change:
    """By the clock: under the id that is bound here."""
    return replace(change, correlation_id=logs.correlation_id())
