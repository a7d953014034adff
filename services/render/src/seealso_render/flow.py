"""The render step of the line: from a ledger row to a stored rendition.

    register()          what is installed -> table of outputs -> back-fill of new and changed ones
    drain(output)       claim a batch, load its versions' JSON | one short transaction
                        ┌─> host.render_many | no transaction, no lock
                        └── settle, store, schedule failures, claim the next batch | one transaction

Nobody is woken by it: serving reads what is stored, and filing has a row of its own.

A rendition becomes visible in the commit that settles its row, and only where the lease still held:
whoever was paused too long, or overtaken by a withdrawal, writes nothing.
"""

from __future__ import annotations

import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seealso_core import log as logs
from seealso_core import meters, tracing
from seealso_core.errors import PluginFailed, PluginMissing
from seealso_core.frames import Errand
from seealso_core.host import Job, PluginHost
from seealso_sdk.model import Rendition
from seealso_sdk.plugin import Context, OutputMeta
from seealso_store import articles, ledger, outputs, purges, renditions, told
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.ledger import Claim
from seealso_store.outputs import InstalledOutput
from seealso_store.renditions import NewRendition
from sqlalchemy import Connection

from seealso_render import schedule
from seealso_render.settings import RenderSettings

# A batch takes up nothing more after this long: what a slow plugin has made is stored, and what it
# failed at is explained, without waiting for the other sixty.
BATCH_SECONDS = 1.0

log = logs.get(__name__)


@dataclass(slots=True)
class Outcome:
    """What became of a batch. `done` includes what `made` is for; `left` was not tried."""

    made: list[NewRendition] = field(default_factory=list)
    done: list[Claim] = field(default_factory=list)
    failed: list[tuple[Claim, Exception]] = field(default_factory=list)
    left: list[Claim] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Batch:
    """Claims, and the JSON of the versions wanted, of those that are not withdrawn."""

    claims: Sequence[Claim] = ()
    bodies: Mapping[str, bytes] = field(default_factory=dict)


def _never() -> bool:
    return False


class Render:
    """The use cases of the render service. Safe to share between threads.

    Args:
        clock: microseconds since 1970; the database's, unless a test turns its own.
    """

    def __init__(
        self,
        database: Database,
        host: PluginHost,
        settings: RenderSettings,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._database = database
        self._host = host
        self._settings = settings
        self._clock = clock or database.now
        self._in_hand: dict[str, Sequence[Claim]] = {}  # by output: each has a thread of its own

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs that this process can render."""
        return self._host.registry.enabled_outputs()

    def register(self) -> dict[str, int]:
        """Write down what is installed, and want the archive in what is new or has changed.

        Returns:
            {output: rows opened} of those that back-fill.
        """
        records = [r for r in self._host.registry.records if r.kind == "output"]
        installed = [
            InstalledOutput(r.name, r.status, r.reason, r.output, self._recipe(r.name))
            if isinstance(r.meta, OutputMeta)
            else InstalledOutput(r.name, r.status, r.reason, None)
            for r in records
        ]
        versions = {i.name: self._recipe(i.name) for i in installed if i.meta}
        at = self._clock()

        def work(tx: Connection) -> dict[str, int]:
            wanted = outputs.record(tx, installed, now=at)
            return {name: ledger.backfill(tx, name, at, versions[name]) for name in wanted}

        opened = self._database.transact(work)
        for record in records:
            if record.status == "failed":
                log.warning(
                    "An output plugin can't be used",
                    output=record.name, origin=record.origin, reason=record.reason,
                )  # fmt: skip
        for name, rows in opened.items():
            log.info("An output renders the archive", output=name, articles=rows)
        return opened

    def adopt(self) -> int:
        """Open rows for articles that have none in an enabled output; there should be none.

        An article that was being committed while an output registered may have missed it.
        """
        return self._database.transact(
            lambda tx: sum(ledger.adopt(tx, name, self._clock()) for name in self.outputs)
        )

    def drain(self, output: str, stopping: Callable[[], bool] = _never) -> int:
        """Render all that is due, batch after batch. Returns the number of rows taken up.

        The commit that settles one batch claims the next: half as many commits as `run_once`.

        Args:
            stopping: asked between articles; what was not tried is then given back.

        Raises:
            StoreUnavailable: what was claimed is given back when this is called again, or found
                when its lease runs out.
            PluginMissing: this process has no such output.
        """
        taken = 0
        self._give_back(output)
        batch = self._first_batch(output)
        while batch.claims:
            self._in_hand[output] = batch.claims
            taken += len(batch.claims)
            batch = self._batch(output, batch, stopping, go_on=True)
        self._in_hand.pop(output, None)
        return taken

    def _give_back(self, output: str) -> None:
        """What was in hand when the store could not be written need not wait for its lease."""
        held = self._in_hand.get(output)
        if held:
            self._database.transact(lambda tx: ledger.release(tx, held, self._clock()))
            del self._in_hand[output]

    def run_once(self, output: str, stopping: Callable[[], bool] = _never) -> int:
        """`drain`, for one batch only."""
        batch = self._first_batch(output)
        if batch.claims:
            self._batch(output, batch, stopping, go_on=False)
        return len(batch.claims)

    def _first_batch(self, output: str) -> Batch:
        self._host.registry.enabled("output", output)
        if not ledger.worth_a_claim(self._database, output, self._clock()):
            return Batch()
        return self._database.transact(lambda tx: self._claim(tx, output), durable=False)

    def _claim(self, tx: Connection, output: str) -> Batch:
        claims = ledger.claim(
            tx,
            output,
            limit=self._settings.batch,
            lease_seconds=self._settings.lease_seconds,
            now=self._clock(),
        )
        if not claims:
            return Batch()
        found = articles.renderable(tx, [(c.article_id, c.version) for c in claims])
        return Batch(claims, {article_id: body for (article_id, _), body in found.items()})

    def _batch(
        self, output: str, batch: Batch, stopping: Callable[[], bool], *, go_on: bool
    ) -> Batch:
        """Render, then one transaction for all that follows. Returns the next batch."""
        claims = batch.claims
        causes = [claim.traceparent for claim in claims]
        ids = {claim.correlation_id for claim in claims}
        with (
            # Of several requests' articles: each line that is about one of them binds its own.
            logs.bind(ids.pop() if len(ids) == 1 else ""),
            tracing.span("render", causes, {"output": output, "articles": len(claims)}),
        ):
            outcome = self._render(output, batch, stopping)

            def work(tx: Connection) -> tuple[set[str], Batch]:
                settled = self._record(tx, output, outcome)
                return settled, self._claim(tx, output) if go_on and not stopping() else Batch()

            # A rendition that a crash of the server takes back is made again: its row says so.
            settled, following = self._database.transact(work, durable=False)
            self._tell(output, settled, outcome)
        return following

    def _render(self, output: str, batch: Batch, stopping: Callable[[], bool]) -> Outcome:
        outcome = Outcome()
        bodies = batch.bodies
        todo: list[Claim] = []
        for claim in batch.claims:
            if schedule.lost_too_often(claim.attempts):
                outcome.failed.append((claim, _Lost(claim.attempts)))
            elif claim.article_id in bodies:
                todo.append(claim)
            else:
                outcome.done.append(claim)  # withdrawn meanwhile: nothing to render, nothing stored
        started = time.monotonic()
        lease = self._settings.lease_seconds
        context = self._context(output)

        def jobs() -> Iterator[Job]:
            for claim in todo:
                if stopping() or time.monotonic() - started > min(BATCH_SECONDS, lease / 3):
                    return
                yield bodies[claim.article_id], context, _errand(claim)

        version = self._recipe(output)
        waiting = deque(todo)
        try:
            for result in self._host.render_many(output, jobs()):
                if stopping() and isinstance(result, PluginFailed):
                    break  # it may have been cut short: given back, without blame
                _note(outcome, output, version, waiting.popleft(), result)
                if stopping() or time.monotonic() - started > lease * 2 / 3:
                    break  # the rest would be settled by somebody whose lease has run out
        except PluginMissing:
            if not stopping():
                raise
        outcome.left.extend(waiting)
        return outcome

    def cut_short(self) -> None:
        """End what plugins are at. For a process that ends: nothing is rendered after this."""
        self._host.close()

    def _recipe(self, output: str) -> str:
        """All that a rendition depends on besides the article: the plugin's version, and a mark of
        the context. Another public address or option means other bytes, so the archive is rendered
        anew, as for another version of the plugin."""
        version = self._host.registry.outputs[output].output.version
        return f"{version}+{zlib.crc32(self._context(output).to_json()):08x}"

    def _context(self, output: str) -> Context:
        meta = self._host.registry.outputs[output].output
        return Context(
            hub_url=self._settings.hub_url,
            hub_name=self._settings.hub_name,
            options=self._settings.options_of(meta),
        )

    def _record(self, tx: Connection, output: str, outcome: Outcome) -> set[str]:
        at = self._clock()
        settled = ledger.settle(tx, outcome.done, now=at)
        renditions.store_many(tx, outcome.made, settled, output=output, now=at)
        for claim, error in outcome.failed:
            verdict = schedule.after_failure(error, claim.attempts)
            run_at = None if verdict.wait is None else at + int(verdict.wait * SECOND)
            ledger.fail(tx, claim, error=verdict.error, run_at=run_at, now=at)
        ledger.release(tx, outcome.left, at)
        if any(claim.lane == ledger.LANE_WITHDRAW for claim in outcome.done):
            purges.renew(tx)  # a correction: from here on it can be seen
        return settled

    def _tell(self, output: str, settled: set[str], outcome: Outcome) -> None:
        for claim, error in outcome.failed:
            verdict = schedule.after_failure(error, claim.attempts)
            with logs.bind(claim.correlation_id):
                log.warning(
                    "An article could not be rendered",
                    output=output, article=claim.article_id, version=claim.version,
                    attempt=claim.attempts, reason=verdict.error, again_in_seconds=verdict.wait,
                )  # fmt: skip
        told.tell(log, "Rendered", [c for c in outcome.done if c.article_id in settled], output)
        if settled:
            meters.SETTLED.add(output, by=len(settled))


def _errand(claim: Claim) -> Errand:
    return Errand(claim.correlation_id, claim.article_id, claim.version, claim.attempts)


class _Lost(Exception):  # not raised: the reason of a failure
    def __init__(self, attempts: int) -> None:
        super().__init__(f"{attempts} workers took this up and were never heard of again")


def _note(
    outcome: Outcome, output: str, version: str, claim: Claim, result: Rendition | Exception
) -> None:
    if isinstance(result, Rendition):
        outcome.done.append(claim)
        outcome.made.append(NewRendition(claim.article_id, output, claim.version, version, result))
    else:
        outcome.failed.append((claim, result))
