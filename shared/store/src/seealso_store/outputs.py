"""What outputs are installed, in what state, and why. Written by the render service at its start.

record(installed) ──> rows of the table ──> names that must render the archive (anew)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from seealso_sdk.plugin import OutputMeta
from sqlalchemy import Connection

from seealso_store import ledger
from seealso_store.database import upsert
from seealso_store.schema import output

_c = output.c


@dataclass(frozen=True, slots=True)
class InstalledOutput:
    """An output plugin as this process found it. `meta` is None where it could not be read.

    `recipe` stands for all that its renditions depend on besides the article; the plugin's own
    version where nothing else is said.
    """

    name: str
    status: str  # enabled, failed, disabled
    reason: str
    meta: OutputMeta | None
    recipe: str = ""

    @property
    def version(self) -> str:
        """What the archive's renditions are compared with."""
        return self.recipe or (self.meta.version if self.meta else "")


@dataclass(frozen=True, slots=True)
class OutputRow:
    """An output as the table has it. `status` may also be missing: it was installed once."""

    name: str
    status: str
    reason: str
    version: str
    meta: OutputMeta | None
    updated: int


def record(tx: Connection, installed: Sequence[InstalledOutput], *, now: int) -> list[str]:
    """Write down what is installed; outputs that are not in the list become missing.

    Returns:
        Enabled outputs whose archive has to be looked at: new, changed version, or back again.
        Give them to `ledger.backfill`. What is open of a disabled or missing one is closed.
    """
    before = {row.name: row for row in listing(tx)}
    wanted = []
    for found in sorted(installed, key=lambda i: i.name):
        known = before.pop(found.name, None)
        version = found.version or (known.version if known else "")
        if found.status == "enabled" and (
            known is None or known.status != "enabled" or known.version != version
        ):
            wanted.append(found.name)
        _write(tx, found, version, known, now)
        if found.status == "disabled":
            ledger.forget(tx, found.name)
    for gone in before.values():
        if gone.status != "missing":
            reason = "It was installed once, and is not any more."
            _write(tx, InstalledOutput(gone.name, "missing", reason, gone.meta), gone.version, gone,
                   now)  # fmt: skip
            ledger.forget(tx, gone.name)
    return wanted


def _write(
    tx: Connection, found: InstalledOutput, version: str, known: OutputRow | None, now: int
) -> None:
    meta = found.meta or (known.meta if known else None)
    if known and (known.status, known.reason, known.version, known.meta) == (
        found.status, found.reason, version, meta,
    ):  # fmt: skip
        return  # nothing to say: don't wake those who watch for changes
    row = {
        "name": found.name,
        "status": found.status,
        "reason": found.reason,
        "version": version,
        "meta": meta.to_json().decode() if meta else "{}",
        "updated": now,
    }
    insert = upsert(tx, output).values(row)
    changes = {name: value for name, value in row.items() if name != "name"}
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changes))


def enabled(conn: Connection) -> list[str]:
    """The names of the outputs that every new version is rendered in, sorted."""
    query = sa.select(_c.name).where(_c.status == "enabled").order_by(_c.name)
    return list(conn.execute(query).scalars())


def listing(conn: Connection) -> list[OutputRow]:
    """Every output that is or was installed, by name."""
    return [
        OutputRow(
            name=row.name,
            status=row.status,
            reason=row.reason,
            version=row.version,
            meta=OutputMeta.from_json(row.meta) if row.meta != "{}" else None,
            updated=row.updated,
        )
        for row in conn.execute(sa.select(output).order_by(_c.name))
    ]
