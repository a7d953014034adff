"""What an operator sees and decides: status, outputs, dead letters. All with the bearer key."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request
from seealso_core import parameters
from seealso_core.messages import Wake
from seealso_core.nudge import Nudger
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, json_answer
from seealso_store import articles, health, heartbeats, ledger, outputs
from seealso_store.clock import iso, now
from seealso_store.database import Database
from seealso_store.ledger import FILING, Counts

PAGE_MAX = 1000
_FILTERS = {"output": "Only this output.", "article": "Only this article's id."}
_NO_CHOICE = {400: "It does not say which: output, article or all."}
_CHOICE = {
    "application/json": {
        "type": "object",
        "properties": {
            "output": {"type": "string"},
            "article": {"type": "string"},
            "all": {"type": "boolean"},
        },
    }
}


def blueprint(database: Database, guard: Guard, nudger: Nudger | None = None) -> Blueprint:
    """The routes /api/status, /api/outputs and /api/dead-letters."""
    routes = Blueprint("render", __name__)
    _see(routes, database, guard)
    _decide(routes, database, guard, nudger)
    return routes


def _see(routes: Blueprint, database: Database, guard: Guard) -> None:
    @routes.get("/api/status")
    @describe(tag="operation")
    @guard.required
    def status() -> Response:
        """What is waiting, settled and failed, by output, and how old the oldest work is."""
        with database.read() as conn:
            counts = ledger.counts(conn)
            enabled = outputs.enabled(conn)
            oldest = ledger.oldest_due(conn, now())
            by_status = articles.counts(conn)
            ages = heartbeats.ages(conn, database.now())
        filing = counts.pop(FILING, Counts())
        shown = {name: counts.pop(name, Counts()) for name in enabled} | counts
        return json_answer(
            {
                "outputs": {name: asdict(count) for name, count in sorted(shown.items())},
                "filing": asdict(filing),
                "articles": by_status,
                "oldest_waiting_seconds": round(max(oldest.values(), default=0.0), 1),
                "heartbeats": {step: round(age, 1) for step, age in ages.items()},
                "silent": [s for s, age in ages.items() if age > heartbeats.SILENT_SECONDS],
                "disk_free_bytes": health.free_bytes(database),
            }
        )

    @routes.get("/api/outputs")
    @describe(tag="operation")
    @guard.required
    def list_outputs() -> Response:
        """Every output that is or was installed, with its status and the reason."""
        with database.read() as conn:
            rows = outputs.listing(conn)
        return json_answer({"outputs": [_output(row) for row in rows]})

    @routes.get("/api/dead-letters")
    @describe(
        tag="operation",
        query={**_FILTERS, "limit": "At most 1000.", "offset": "From 0."},
        responses={400: "A number is out of its range."},
    )
    @guard.required
    def list_dead_letters() -> Response:
        """What was given up, newest first, with the reason."""
        with database.read() as conn:
            found = ledger.dead(
                conn,
                output=request.args.get("output"),
                article_id=request.args.get("article"),
                limit=parameters.number("limit", 100, most=PAGE_MAX),
                offset=parameters.number("offset", 0, least=0, most=10**9),
            )
            total = sum(count.dead for count in ledger.counts(conn).values())
        letters = [{**asdict(letter), "at": iso(letter.at)} for letter in found]
        return json_answer({"dead_letters": letters, "total": total})


def _decide(routes: Blueprint, database: Database, guard: Guard, nudger: Nudger | None) -> None:
    @routes.post("/api/dead-letters/replay")
    @describe(tag="operation", body=_CHOICE, query=_FILTERS, responses=_NO_CHOICE)
    @guard.required
    def replay() -> Response:
        """Give dead letters another chance: of an output, an article, or all."""
        output, article = _choice()
        with database.write() as tx:
            number = ledger.replay(tx, output=output, article_id=article, now=now())
            names = [output] if output else outputs.enabled(tx)
        if nudger is not None and number:
            nudger.nudge(*(Wake("feeds") if n == FILING else Wake("render", n) for n in names))
        return json_answer({"replayed": number})

    @routes.post("/api/dead-letters/drop")
    @describe(tag="operation", body=_CHOICE, query=_FILTERS, responses=_NO_CHOICE)
    @guard.required
    def drop() -> Response:
        """Take dead letters off the list for good: of an output, an article, or all."""
        output, article = _choice()
        with database.write() as tx:
            number = ledger.drop(tx, output=output, article_id=article, now=now())
        return json_answer({"dropped": number})


def _output(row: outputs.OutputRow) -> dict[str, Any]:
    meta = row.meta
    return {
        "name": row.name,
        "status": row.status,
        "reason": row.reason,
        "version": row.meta.version if row.meta else row.version,
        "title": meta.title if meta else "",
        "description": meta.description if meta else "",
        "extension": meta.extension if meta else "",
        "media_type": meta.media_type if meta else "",
        "feed": bool(meta and meta.feed),
        "options": [option.to_dict() for option in meta.options] if meta else [],
    }


def _choice() -> tuple[str | None, str | None]:
    """Output and article, from the query or a JSON body. Everything only where that is said."""
    data = parameters.json_object() if request.content_length else {}
    chosen: dict[str, Any] = {**data, **request.args.to_dict()}
    unknown = sorted(set(chosen) - {"output", "article", "all"})
    if unknown:
        raise Problem(400, "choice-unknown", f"{', '.join(unknown)}: give output, article or all.")
    output, article = chosen.get("output"), chosen.get("article")
    for value in (output, article):
        if value is not None and (not isinstance(value, str) or not value):
            raise Problem(400, "choice-invalid", "output and article are names: give strings.")
    if output is None and article is None and chosen.get("all") not in (True, "1", "true"):
        raise Problem(400, "choice-missing", "Say which: output, article, or all=true.")
    return output, article
