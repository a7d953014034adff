"""What could not go in is kept, so that it can be seen, explained and tried again.

    Refusals: collects what an input's pieces were refused for ──> Keeper.keep, after the commits

A rejection never makes an acceptance fail: keeping has transactions of its own, after those of the
articles, and what it can't do is told in the log. Not kept is what nobody could mend: an older
version, the hub's own output, an input with nothing in it; and what was refused for the size of its
request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from seealso_core import log as logs
from seealso_core import meters
from seealso_core.errors import PluginFailed
from seealso_sdk.errors import SeealsoError
from seealso_sdk.model import RawInput
from seealso_store import rejected
from seealso_store.database import Database
from seealso_store.rejected import Bounds, Piece, RejectedRow, Trimmed

from seealso_ingest.errors import InputRefused, NotKept, RejectedUnknown
from seealso_ingest.pieces import Cut
from seealso_ingest.receipts import Accepted, Rejection, Retried

NOT_KEPT = frozenset(
    {"stale", "loop", "left-out", "empty", "input-empty", "input-list", "too-many-articles"}
)
OF_ONE_INPUT = 1_000  # pieces of one input that are kept: it must not push out all others
AT_ONCE = 100  # rows in one transaction

log = logs.get(__name__)


@dataclass(slots=True)
class Refusals:
    """What of one input is not in, and the pieces to keep of it."""

    correlation_id: str = ""
    told: list[Rejection] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    flood: int = 0

    def add(self, rejection: Rejection, cut: Callable[[], Cut]) -> None:
        """One piece is refused. `cut` gives its bytes, where they are needed."""
        self.told.append(rejection)
        if rejection.code in NOT_KEPT:
            return
        if len(self.pieces) >= OF_ONE_INPUT:
            self.flood += 1
            return
        found = cut()
        self.pieces.append(piece(rejection, found.raw, found.part, self.correlation_id))

    def whole(self, raw: RawInput, refused: InputRefused | PluginFailed) -> None:
        """Nothing of an input could be read."""
        rejection = of_input(refused)
        if rejection.code not in NOT_KEPT:
            self.pieces.append(piece(rejection, raw, None, self.correlation_id))


def of_input(refused: InputRefused | PluginFailed) -> Rejection:
    """Why nothing of an input could be read."""
    if isinstance(refused, InputRefused):
        return Rejection(0, refused.code, str(refused), refused.field, refused.remedy or None)
    detail = f"the source plugin could not read it: {refused}"
    remedy = "Mend or upgrade the plugin, then try again."
    return Rejection(0, "source-failed", f"{detail}. {remedy}", None, remedy)


def piece(rejection: Rejection, raw: RawInput, part: int | None, correlation_id: str = "") -> Piece:
    """A rejection with the bytes that it is about."""
    return Piece(
        raw=raw,
        code=rejection.code,
        detail=rejection.detail,
        field=rejection.field,
        remedy=rejection.remedy,
        part=part,
        line=rejection.line,
        correlation_id=correlation_id,
    )


def raw_of(row: RejectedRow, data: bytes) -> RawInput:
    """The input again, as it came."""
    return RawInput(
        data=data,
        media_type=row.media_type,
        charset=row.charset,
        url=row.url,
        filename=row.filename,
        source=row.source,
    )


def still_refused(told: Sequence[Rejection], part: int | None) -> Rejection | None:
    """Of what was refused this time, what the row is about. Its neighbours in a document have rows
    of their own."""
    return next((one for one in told if part is None or one.index == part), None)


class Keeper:
    """Writes the list of what was rejected, within its bounds."""

    def __init__(self, database: Database, bounds: Bounds, now: Callable[[], int]) -> None:
        self._database = database
        self._bounds = bounds
        self._now = now

    def keep(self, refusals: Refusals) -> None:
        """Keep what is to be kept. Never raises for want of a database or of room."""
        _count("flood", refusals.flood)
        try:
            for start in range(0, len(refusals.pieces), AT_ONCE):
                self._write(refusals.pieces[start : start + AT_ONCE])
        except SeealsoError as error:
            log.warning(
                "What was rejected could not be kept; who sent it has been told",
                pieces=len(refusals.pieces),
                error=str(error),
            )

    def _write(self, some: Sequence[Piece]) -> None:
        now = self._now()
        self._told(
            self._database.transact(lambda tx: rejected.keep(tx, some, self._bounds, now=now))
        )

    def kept(self, row_id: str) -> tuple[RejectedRow, RawInput]:
        """A row of the list, and the input again.

        Raises:
            RejectedUnknown: it is not on the list.
            NotKept: it was too large to keep.
        """
        with self._database.read() as conn:
            row = rejected.get(conn, row_id)
            data = rejected.data(conn, row_id)
        if row is None:
            raise RejectedUnknown(f"there is no rejected piece {row_id[:80]!r}")
        if data is None:
            raise NotKept(
                f"of {row_id} only the reason is kept: its {row.size:,} bytes are over the limit"
            )
        return row, raw_of(row, data)

    def retried(
        self,
        row: RejectedRow,
        raw: RawInput,
        accepted: tuple[Accepted, ...],
        rejection: Rejection | None,
    ) -> Retried:
        """Put down what became of another try."""
        if rejection is None:
            self._database.transact(lambda tx: rejected.drop(tx, [row.id]))
            return Retried(row.id, accepted)
        reason = piece(rejection, raw, row.part)
        self._database.transact(lambda tx: rejected.failed_again(tx, row.id, reason))
        return Retried(row.id, (), rejection)

    def expire(self, now: int) -> None:
        """Take off the list what is too old. Costs a look into an index where nothing is."""
        with self._database.read() as conn:
            due = rejected.expired(conn, self._bounds, now=now)
        if due:
            self._told(self._database.transact(lambda tx: rejected.trim(tx, self._bounds, now=now)))

    def _told(self, gone: Trimmed) -> None:
        _count("old", gone.old)
        _count("full", gone.full)
        if gone.full:
            log.warning("The list of rejected input is full; the oldest had to go", rows=gone.full)


def _count(reason: str, rows: int) -> None:
    if rows:
        meters.REJECTED_DROPPED.add(reason, by=rows)
