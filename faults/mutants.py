"""Safeguards that can be taken out, one at a time: the suite is worth what turns red without them.

Each mutant patches one name of the product in its process (faults.process), and names the
experiment that has to turn red.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mutant:
    """A safeguard that is taken out, and the experiment that must notice."""

    name: str
    about: str
    experiment: str
    apply: Callable[[], None]
    points: tuple[tuple[str, str], ...] = ()  # of F2: (process, where it is killed)


def _module(name: str) -> Any:
    return importlib.import_module(name)


def _lease_token() -> None:
    """Whoever ever had a row may settle it."""
    ledger = _module("seealso_store.ledger")

    def held(tx: Any, claims: Any) -> dict[str, int]:
        return {claim.article_id: claim.version for claim in claims}

    ledger._held = held


def _version_guard() -> None:
    """What comes in later counts as newer."""
    _module("seealso_ingest.decide").is_older = lambda *_, **__: False


def _withdrawn_stays() -> None:
    """An update of a withdrawn article publishes it again."""
    decide = _module("seealso_ingest.decide")
    original = decide.decide

    def eager(standing: Any, draft: Any, **given: Any) -> Any:
        return original(standing, draft, **given | {"reinstate": not draft.withdrawn})

    decide.decide = eager


def _sweeper() -> None:
    """Work is looked for when somebody wakes, and never else."""
    loops = _module("seealso_core.loops")
    start = loops.Loop.__init__

    def deaf(self: Any, *args: Any, **given: Any) -> None:
        start(self, *args, **given)
        # On PostgreSQL the watch looks each second too; on SQLite it sees commits, at 20 Hz.
        if type(self) is loops.Loop or self._sweep_seconds >= 1:
            self._sweep_seconds = 1e6

    loops.Loop.__init__ = deaf


def _single_commit() -> None:
    """A version is committed first, and the work that it causes in a transaction of its own."""
    writes = "seealso_ingest.batch"  # in the transaction that the flow opens
    _apart("seealso_ingest.flow", "Ingest", "_commit", "ledger", "open_many", writes)


def _settled_with_rendition() -> None:
    """A row is settled first, and its rendition stored in a transaction of its own."""
    _apart("seealso_render.flow", "Render", "_batch", "renditions", "store_many")


def _apart(
    flow_name: str, owner_name: str, step: str, store_name: str, call: str, writes: str = ""
) -> None:
    """What a step writes by one call of the store is kept back, and committed after the rest.

    Args:
        writes: the module that makes the call, where it is not the flow.
    """
    flow, store = _module(flow_name), _module(f"seealso_store.{store_name}")
    owner = getattr(flow, owner_name)
    original = getattr(owner, step)
    kept = threading.local()

    class Later:
        def __getattr__(self, name: str) -> Any:
            return keep if name == call else getattr(store, name)

    def keep(tx: Any, *given: Any, **more: Any) -> int:
        kept.calls = [*getattr(kept, "calls", []), (given, more)]
        return 0

    def apart(self: Any, *args: Any, **given: Any) -> Any:
        kept.calls = []
        result = original(self, *args, **given)
        with self._database.write() as tx:
            for arguments, more in kept.calls:
                getattr(store, call)(tx, *arguments, **more)
        return result

    setattr(_module(writes) if writes else flow, store_name, Later())
    setattr(owner, step, apart)


def _sending_first() -> None:
    """A mail leaves without a row that says it may have left."""
    deliveries = _module("seealso_store.deliveries")
    move = deliveries.move

    def quiet(tx: Any, mine: Any, state: str, **given: Any) -> bool:
        return True if state == "sending" else bool(move(tx, mine, state, **given))

    deliveries.move = quiet


MUTANTS = {
    one.name: one
    for one in (
        Mutant("lease-token", "the lease's token", "F6", _lease_token),
        Mutant("sweeper", "the sweeper", "F6", _sweeper),
        Mutant("version-guard", "the guard of versions", "F17", _version_guard),
        Mutant(
            "withdrawn-stays", "the rule that withdrawn stays withdrawn", "F17", _withdrawn_stays
        ),
        Mutant(
            "single-commit",
            "the one commit of version and work",
            "F2",
            _single_commit,
            (("ingest", "commit Ingest._commit:after"),),
        ),
        Mutant(
            "settle-commit",
            "the one commit of settled and rendition",
            "F2",
            _settled_with_rendition,
            (("render-1", "commit Render._batch:after"),),
        ),
        Mutant(
            "sending-first",
            "the commit before a mail leaves",
            "F2",
            _sending_first,
            (("dispatch", "send:after"),),
        ),
    )
}
