"""The ledger: one row for each (article, output). What is wanted, what is settled, who works on it.

    open_rows ──> waiting ──claim──> leased ──settle──> settled
                    ^  ^                │ │
                    │  └──fail(run_at)──┘ └──fail(None)──> dead ──replay──> waiting
                    └──── lease ran out, or a newer version was wanted meanwhile

A claim raises the row's token, and only the holder of the present token may settle, fail or
release: a worker that was paused past its lease can't write. Opening a row that is leased changes
what is wanted and leaves the lease; the settling then sends the row back to waiting. Withdrawal
raises the token, so that no late settle fits.

All functions take the connection first; those that write expect a `Database.write()` transaction.
Times are microseconds since 1970.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from seealso_core import meters
from sqlalchemy import Connection, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from seealso_store.clock import SECOND
from seealso_store.database import Database, insert_rows, upsert
from seealso_store.schema import article, ledger, rendition

FILING = "filing"  # the feeds service's step, a row like an output's
LANE_WITHDRAW, LANE_NEW, LANE_BACKFILL = 0, 1, 2
TOKEN_STEP = 1_000_000  # at most, by which a claim raises a row's token
ERROR_MAX = 2000  # characters kept of an error

_c = ledger.c


@dataclass(frozen=True, slots=True)
class Opening:
    """A version that is to be worked on, in all of some outputs."""

    article_id: str
    version: int
    lane: int = LANE_NEW
    correlation_id: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased row. `token` is the fence; `attempts` counts this one."""

    article_id: str
    output: str
    version: int  # wanted, when it was claimed
    settled: int
    token: int
    attempts: int
    lane: int
    correlation_id: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of an output are in which state."""

    waiting: int = 0
    leased: int = 0
    settled: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as ``GET /api/articles/<id>/status`` shows it."""

    article_id: str
    output: str
    wanted: int
    settled: int
    state: str
    lane: int
    attempts: int
    error: str | None
    run_at: int
    updated: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A row that was given up, and why. `title` is the article's."""

    article_id: str
    output: str
    title: str
    version: int
    attempts: int
    error: str
    at: int


# --- what is wanted ------------------------------------------------------------------------------


def open_rows(
    tx: Connection,
    article_id: str,
    version: int,
    outputs: Iterable[str],
    *,
    lane: int = LANE_NEW,
    correlation_id: str = "",
    now: int,
) -> None:
    """Want a version of an article in these outputs. Never goes back to an older one."""
    open_many(tx, [Opening(article_id, version, lane, correlation_id)], outputs, now=now)


def open_many(
    tx: Connection, openings: Sequence[Opening], outputs: Iterable[str], *, now: int
) -> None:
    """`open_rows` for many articles in one statement."""
    rows = [
        {
            "article_id": opening.article_id,
            "output": output,
            "wanted": opening.version,
            "settled": 0,
            "state": "waiting",
            "lane": opening.lane,
            "run_at": now,
            "lease_until": 0,
            "token": 0,
            "attempts": 0,
            "error": None,
            "correlation_id": opening.correlation_id,
            "traceparent": opening.traceparent or None,
            "updated": now,
        }
        for output in sorted(set(outputs))  # one order for all writers: no deadlock
        for opening in sorted({o.article_id: o for o in openings}.values(), key=_of_article)
    ]
    insert_rows(tx, _opening(tx), rows)


def _of_article(opening: Opening) -> str:
    return opening.article_id


def _opening(tx: Connection) -> sqlite.Insert | postgresql.Insert:
    insert = upsert(tx, ledger)
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["article_id", "output"],
        set_={
            "wanted": new.wanted,
            "state": sa.case((_c.state == "leased", "leased"), else_="waiting"),
            "lane": new.lane,
            "run_at": new.run_at,
            "attempts": 0,
            "error": None,
            "correlation_id": new.correlation_id,
            "traceparent": new.traceparent,
            "updated": new.updated,
        },
        where=new.wanted >= _c.wanted,
    )


def reopen(
    tx: Connection,
    output: str,
    article_ids: Collection[str] | None = None,
    *,
    lane: int = LANE_BACKFILL,
    now: int,
) -> int:
    """Have the present version worked on again: what it depends on has changed.

    Whoever holds a lease loses it, since what it makes may be of yesterday. None: every article.
    Dead rows stay dead (see `replay`). Returns the number of rows.
    """
    if article_ids is not None and not article_ids:
        return 0
    change = (
        sa.update(ledger)
        .where(_c.output == output, _c.state != "dead")
        .values(
            state="waiting",
            # What waits in a better lane (a withdrawal, a new article) keeps its place.
            lane=sa.case((sa.and_(_c.state == "waiting", _c.lane < lane), _c.lane), else_=lane),
            run_at=now,
            attempts=0,
            token=_c.token + 1,
            updated=now,
        )
    )
    if article_ids is not None:
        change = change.where(_c.article_id.in_(sorted(article_ids)))
    return tx.execute(change).rowcount


def withdraw(tx: Connection, article_id: str, version: int, now: int) -> None:
    """Nothing more is to be done for an article: all rows settled at this version.

    The tokens are raised, so that whatever is being rendered just now can't be stored.
    """
    tx.execute(
        sa.update(ledger)
        .where(_c.article_id == article_id)
        .values(
            wanted=version,
            settled=version,
            state="settled",
            lease_until=0,
            token=_c.token + 1,
            attempts=0,
            error=None,
            updated=now,
        )
    )


def backfill(tx: Connection, output: str, now: int, plugin_version: str | None = None) -> int:
    """Want every article of the archive in an output. Returns the number of rows opened.

    With `plugin_version`, articles whose rendition was made by that very version are left out:
    calling it twice opens nothing twice.
    """
    archive = _archive(output, now)
    if plugin_version is not None:
        archive = archive.where(~_rendered(output, plugin_version))
    insert = upsert(tx, ledger).from_select(_ARCHIVE_NAMES, archive)
    new = insert.excluded
    return tx.execute(
        insert.on_conflict_do_update(
            index_elements=["article_id", "output"],
            set_={
                "wanted": new.wanted,
                "state": "waiting",
                "lane": sa.case((_c.state == "waiting", _c.lane), else_=new.lane),
                "run_at": new.run_at,
                "token": _c.token + 1,  # a lease of the plugin's last version is void
                "attempts": 0,
                "error": None,
                "updated": new.updated,
            },
            where=new.wanted >= _c.wanted,
        ),
        execution_options={"preserve_rowcount": True},  # else -1 on PostgreSQL
    ).rowcount


def adopt(tx: Connection, output: str, now: int) -> int:
    """Open a row for every article that has none in this output. Returns their number.

    Heals one gap: an article that was being committed while the output was registered.
    """
    missing = _archive(output, now).where(
        ~sa.exists().where(_c.article_id == article.c.id, _c.output == output)
    )
    insert = upsert(tx, ledger).from_select(_ARCHIVE_NAMES, missing).on_conflict_do_nothing()
    return tx.execute(insert, execution_options={"preserve_rowcount": True}).rowcount


_ARCHIVE_NAMES = [
    "article_id", "output", "wanted", "settled", "state", "lane", "run_at", "lease_until",
    "token", "attempts", "correlation_id", "updated",
]  # fmt: skip


def _archive(output: str, now: int) -> sa.Select[Any]:
    """A row to insert for every article that may be rendered."""
    return sa.select(
        article.c.id,
        sa.literal(output),
        article.c.version,
        *(sa.literal(value) for value in (0, "waiting", LANE_BACKFILL, now, 0, 0, 0, "", now)),
    ).where(article.c.status == "published")


def _rendered(output: str, plugin_version: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        rendition.c.article_id == article.c.id,
        rendition.c.output == output,
        rendition.c.version == article.c.version,
        rendition.c.plugin_version == plugin_version,
    )


def forget(tx: Connection, output: str) -> int:
    """Close what is open of an output that is gone. Enabled again, `backfill` finds it all."""
    gone = sa.delete(ledger).where(_c.output == output, _c.state != "settled")
    return tx.execute(gone).rowcount


# --- who works on it -----------------------------------------------------------------------------


def due(conn: Connection, output: str, now: int) -> bool:
    """Whether a claim would find anything. Reads only: cheap enough to ask at every wake."""
    return conn.execute(_DUE, {"p_output": output, "p_now": now}).first() is not None


def worth_a_claim(database: Database, output: str, now: int) -> bool:
    """Whether to try a `claim`. Where there is one writer (SQLite), its lock is not taken only to
    find nothing; elsewhere a claim that finds nothing costs no more than this question would."""
    if database.dialect != "sqlite":
        return True
    with database.read() as conn:
        return due(conn, output, now)


def claim(
    tx: Connection, output: str, *, limit: int, lease_seconds: float, now: int
) -> list[Claim]:
    """Lease up to `limit` rows that are due, and rows whose lease has run out, in order of lane.

    Raises each row's token and attempts. On PostgreSQL rows that somebody else is claiming just
    now are skipped, never waited for. The token goes up by chance: a claim that a crash of the
    server takes back is not given out a second time.
    """
    rows = tx.execute(
        _CLAIM,
        {
            "p_output": output,
            "p_limit": limit,
            "p_now": now,
            "p_until": now + int(lease_seconds * SECOND),
            "p_step": random.randint(1, TOKEN_STEP),  # noqa: S311  # no secret
        },
    )
    claims = [
        (row.lane, row.run_at, Claim(
            row.article_id, output, row.wanted, row.settled, row.token, row.attempts, row.lane,
            row.correlation_id, row.traceparent or "",
        ), row.error)
        for row in rows
    ]  # fmt: skip
    claims.sort(key=lambda entry: (entry[0], entry[1], entry[2].article_id))
    # Tried before, and nobody said what came of it: that lease ran out (or its hub was cut off).
    lost = sum(entry[2].attempts > 1 and entry[3] is None for entry in claims)
    if lost:
        meters.LEASES_EXPIRED.add(output, by=lost)
    return [entry[2] for entry in claims]


def settle(tx: Connection, claims: Sequence[Claim], *, now: int) -> set[str]:
    """Record that the claims' work is done. All must be of one output.

    Returns:
        The ids of the articles whose lease was still the holder's: only their results count. Where
        a newer version is wanted by now, the row goes back to waiting for that one.
    """
    held = _held(tx, claims)
    done = [c.article_id for c in claims if held.get(c.article_id) == c.version]
    moved = [c for c in claims if held.get(c.article_id, c.version) > c.version]
    if done:
        tx.execute(_SETTLE, {"p_output": claims[0].output, "p_ids": sorted(done), "p_now": now})
    if moved:
        tx.execute(
            _MOVED_ON,
            [
                {"p_output": c.output, "p_id": c.article_id, "p_settled": c.version, "p_now": now}
                for c in moved
            ],
        )
    return set(held)


def fail(tx: Connection, claim: Claim, *, error: str, run_at: int | None, now: int) -> bool:
    """Record a failure: the row waits until `run_at`, or is dead where that is None.

    Where a newer version is wanted by now, that one gets its own chance at once. False: the lease
    was no longer the holder's, and nothing was written.
    """
    held = _held(tx, [claim])
    if claim.article_id not in held:
        return False
    moved_on = held[claim.article_id] > claim.version
    tx.execute(
        sa.update(ledger)
        .where(_c.article_id == claim.article_id, _c.output == claim.output)
        .values(
            state="waiting" if moved_on or run_at is not None else "dead",
            run_at=now if moved_on or run_at is None else run_at,
            attempts=0 if moved_on else claim.attempts,
            lease_until=0,
            error=None if moved_on else error[:ERROR_MAX],
            updated=now,
        )
    )
    return True


def release(tx: Connection, claims: Sequence[Claim], now: int) -> int:
    """Give back what was claimed and not tried. Returns the number of rows."""
    held = _held(tx, claims)
    if not held:
        return 0
    change = (
        sa.update(ledger)
        .where(_c.output == claims[0].output, _c.article_id.in_(sorted(held)))
        .values(
            state="waiting",
            lease_until=0,
            token=_c.token + 1,
            attempts=sa.case((_c.attempts > 0, _c.attempts - 1), else_=0),
            updated=now,
        )
    )
    return tx.execute(change).rowcount


def take_back(tx: Connection, *, now: int) -> int:
    """End every lease now: for the start of a store's only hub, when all who held one are dead.

    Attempts stay counted: what brought a worker down is not tried for ever. Were a holder alive
    after all, the raised token keeps it from writing. Returns the number of rows.
    """
    change = (
        sa.update(ledger)
        .where(_c.state == "leased")
        .values(state="waiting", lease_until=0, token=_c.token + 1, run_at=now, updated=now)
    )
    return tx.execute(change).rowcount


def _held(tx: Connection, claims: Sequence[Claim]) -> dict[str, int]:
    """Of these claims, those whose token is still the row's: {article: version wanted now}."""
    if not claims:
        return {}
    tokens = {c.article_id: c.token for c in claims}
    rows = tx.execute(_HELD, {"p_output": claims[0].output, "p_ids": sorted(tokens)})
    return {row.article_id: row.wanted for row in rows if row.token == tokens[row.article_id]}


def _due(state: str, when: sa.Column[int]) -> sa.Select[tuple[str]]:
    return (
        sa.select(_c.article_id)
        .where(_c.output == bindparam("p_output"), _c.state == state, when <= bindparam("p_now"))
        .order_by(_c.lane, _c.run_at)
    )


_DUE = sa.union_all(
    sa.select(_due("leased", _c.lease_until).limit(1).subquery()),
    sa.select(_due("waiting", _c.run_at).limit(1).subquery()),
)


def _claim_statement() -> sa.Executable:
    # Two index ranges, each in order, instead of one OR that would have to be sorted.
    limit = bindparam("p_limit", type_=sa.Integer)
    lost = _due("leased", _c.lease_until).limit(limit).with_for_update(skip_locked=True).cte("lost")
    due_ = _due("waiting", _c.run_at).limit(limit).with_for_update(skip_locked=True).cte("due")
    found = sa.union_all(sa.select(lost.c.article_id), sa.select(due_.c.article_id)).subquery()
    return (
        sa.update(ledger)
        .where(
            _c.output == bindparam("p_output"),
            _c.article_id.in_(sa.select(found.c.article_id).limit(limit)),
        )
        .values(
            state="leased",
            lease_until=bindparam("p_until", type_=sa.BigInteger),
            token=_c.token + bindparam("p_step", type_=sa.BigInteger),
            attempts=_c.attempts + 1,
            updated=bindparam("p_now", type_=sa.BigInteger),
        )
        .returning(
            _c.article_id, _c.wanted, _c.settled, _c.token, _c.attempts, _c.lane, _c.run_at,
            _c.correlation_id, _c.traceparent, _c.error,
        )
    )  # fmt: skip


_CLAIM = _claim_statement()

_HELD = (
    sa.select(_c.article_id, _c.token, _c.wanted)
    .where(
        _c.output == bindparam("p_output"),
        _c.state == "leased",
        _c.article_id.in_(bindparam("p_ids", expanding=True)),
    )
    .order_by(_c.article_id)
    .with_for_update()
)

_SETTLE = (
    sa.update(ledger)
    .where(
        _c.output == bindparam("p_output"),
        _c.article_id.in_(bindparam("p_ids", expanding=True)),
    )
    .values(
        settled=_c.wanted,
        state="settled",
        lease_until=0,
        attempts=0,
        error=None,
        updated=bindparam("p_now", type_=sa.BigInteger),
    )
)

_MOVED_ON = (
    sa.update(ledger)
    .where(_c.output == bindparam("p_output"), _c.article_id == bindparam("p_id"))
    .values(
        settled=bindparam("p_settled", type_=sa.Integer),
        state="waiting",
        lease_until=0,
        attempts=0,
        error=None,
        updated=bindparam("p_now", type_=sa.BigInteger),
    )
)


# --- what an operator sees and decides -----------------------------------------------------------


def counts(conn: Connection) -> dict[str, Counts]:
    """Rows by output and state. FILING stands among them."""
    found: dict[str, dict[str, int]] = {}
    query = sa.select(_c.output, _c.state, sa.func.count()).group_by(_c.output, _c.state)
    for output, state, number in conn.execute(query):
        found.setdefault(output, {})[state] = number
    return {output: Counts(**states) for output, states in sorted(found.items())}


def oldest_due(conn: Connection, now: int) -> dict[int, float]:
    """By lane: for how many seconds the oldest due row has been waiting. Empty lanes are absent.

    A look into the index for each output and lane, however many rows there are.
    """
    found: dict[int, float] = {}
    for _, lane, run_at in conn.execute(_OLDEST):
        if run_at is not None and run_at <= now:
            found[lane] = max(found.get(lane, 0.0), (now - run_at) / SECOND)
    return found


def unsettled(conn: Connection) -> dict[str, Counts]:
    """`counts` without what is settled: quick however large the archive is."""
    found: dict[str, dict[str, int]] = {}
    for output, state, number in conn.execute(_UNSETTLED):
        found.setdefault(output, {})[state] = number
    return {output: Counts(**states) for output, states in sorted(found.items())}


def settled(conn: Connection) -> dict[str, int]:
    """Settled rows by output. Reads the whole index: seconds where there are millions."""
    query = sa.select(_c.output, sa.func.count()).where(_c.state == "settled").group_by(_c.output)
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def _of_each(values: Sequence[Any], asked: sa.Select[Any], by: sa.Column[Any]) -> sa.Select[Any]:
    """`asked` for each output and each of some values of a column, by the index alone.

    The outputs are found by jumping from one to the next: DISTINCT would read the index whole.
    """
    first = sa.select(sa.func.min(_c.output).label("output")).cte("outputs", recursive=True)
    further = sa.select(sa.func.min(_c.output)).where(_c.output > first.c.output).scalar_subquery()
    each = first.union_all(sa.select(further).where(first.c.output.is_not(None)))
    given = sa.union_all(
        *(sa.select(sa.literal(value, type_=by.type).label("value")) for value in values)
    ).subquery()
    answer = asked.where(_c.output == each.c.output, by == given.c.value).scalar_subquery()
    return (
        sa.select(each.c.output, given.c.value, answer)
        .select_from(each.join(given, sa.true()))
        .where(each.c.output.is_not(None))
    )


_UNSETTLED = _of_each(
    ("waiting", "leased", "dead"), sa.select(sa.func.count()).select_from(ledger), _c.state
)
_OLDEST = _of_each(
    (LANE_WITHDRAW, LANE_NEW, LANE_BACKFILL),
    sa.select(sa.func.min(_c.run_at)).where(_c.state == "waiting"),
    _c.lane,
)


def pending_withdrawals(conn: Connection) -> int:
    """How many withdrawn articles have not been through filing: they are out of every feed, and
    still count under topics and behind links."""
    query = (
        sa.select(sa.func.count())
        .select_from(ledger.join(article, article.c.id == _c.article_id))
        .where(
            _c.output == FILING,
            _c.state.in_(("waiting", "leased", "dead")),
            _c.lane == LANE_WITHDRAW,
            article.c.status == "withdrawn",
        )
    )
    return int(conn.execute(query).scalar_one())


def rows(conn: Connection, article_id: str) -> list[Row]:
    """All rows of an article, by output. FILING stands among them."""
    query = (
        sa.select(
            _c.article_id, _c.output, _c.wanted, _c.settled, _c.state, _c.lane, _c.attempts,
            _c.error, _c.run_at, _c.updated,
        )
        .where(_c.article_id == article_id)
        .order_by(_c.output)
    )  # fmt: skip
    return [Row(**row) for row in conn.execute(query).mappings()]


def dead(
    conn: Connection,
    *,
    output: str | None = None,
    article_id: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[DeadLetter]:
    """What was given up, newest first."""
    query = (
        sa.select(
            _c.article_id, _c.output, sa.func.coalesce(article.c.title, ""), _c.wanted,
            _c.attempts, sa.func.coalesce(_c.error, ""), _c.updated,
        )
        .select_from(ledger.outerjoin(article, article.c.id == _c.article_id))
        .where(*_dead_where(output, article_id))
        .order_by(_c.updated.desc(), _c.output, _c.article_id)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    return [DeadLetter(*row) for row in conn.execute(query)]


def replay(
    tx: Connection, *, output: str | None = None, article_id: str | None = None, now: int
) -> int:
    """Give dead rows another chance, with all their attempts. Returns their number."""
    change = (
        sa.update(ledger)
        .where(*_dead_where(output, article_id))
        .values(state="waiting", run_at=now, attempts=0, token=_c.token + 1, updated=now)
    )
    return tx.execute(change).rowcount


def drop(
    tx: Connection, *, output: str | None = None, article_id: str | None = None, now: int
) -> int:
    """Take dead rows off the list for good: they count as settled, with the error kept.

    A rendition of an older version stays where it is served. Returns the number of rows.
    """
    change = (
        sa.update(ledger)
        .where(*_dead_where(output, article_id))
        .values(
            state="settled",
            settled=_c.wanted,
            error=sa.literal("dropped by an operator: ") + sa.func.coalesce(_c.error, ""),
            token=_c.token + 1,
            updated=now,
        )
    )
    return tx.execute(change).rowcount


def _dead_where(output: str | None, article_id: str | None) -> list[sa.ColumnElement[bool]]:
    where = [_c.state == "dead"]
    if output is not None:
        where.append(_c.output == output)
    if article_id is not None:
        where.append(_c.article_id == article_id)
    return where
