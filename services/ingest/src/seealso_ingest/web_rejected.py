"""The operator's API of rejected input. All of it needs the key.

GET    /api/rejected             the list: ?code= ?source= ?limit= ?before=
GET    /api/rejected/<id>        one of them, with the reason and the remedy
GET    /api/rejected/<id>/data   what came in, as it came
POST   /api/rejected/<id>/retry  take it in again: in, and off the list, or the reason of now
POST   /api/rejected/retry       many of them: {"code", "source", "all"}, ?dry_run=1 ?after=
POST   /api/rejected/drop        take many off the list
DELETE /api/rejected/<id>        take one off the list
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, g, request
from seealso_core import parameters
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, json_answer
from seealso_store import rejected
from seealso_store.clock import iso
from seealso_store.database import Database
from seealso_store.rejected import Choice, RejectedRow

from seealso_ingest.errors import NotKept, RejectedUnknown
from seealso_ingest.flow import Ingest
from seealso_ingest.receipts import Retried

TAG = "rejected"
RETRIED_AT_ONCE = 100  # pieces in one request; `next` goes on behind them
_UNKNOWN = {404: "There is no such rejected piece."}
_FILTERS = {"code": "Only of this code.", "source": "Only of this source."}
_CHOICE = {
    "application/json": {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "source": {"type": "string"},
            "all": {"type": "boolean"},
        },
    }
}
_NO_CHOICE = {400: "It does not say which: code, source or all."}
_DRY = {"dry_run": "1: only count them."}
_AGAIN = {"reinstate": "1: what was withdrawn is published again."}


class RejectedApi:
    """The views of /api/rejected."""

    def __init__(self, database: Database, ingest: Ingest) -> None:
        self._database = database
        self._ingest = ingest

    def register(self, routes: Blueprint, guard: Guard) -> None:
        """Add the routes, each behind the key."""
        for rule, method, view in (
            ("/api/rejected", "GET", self.list_rejected),
            ("/api/rejected/retry", "POST", self.retry_many),
            ("/api/rejected/drop", "POST", self.drop_many),
            ("/api/rejected/<row_id>", "GET", self.get_rejected),
            ("/api/rejected/<row_id>", "DELETE", self.drop_rejected),
            ("/api/rejected/<row_id>/data", "GET", self.get_data),
            ("/api/rejected/<row_id>/retry", "POST", self.retry_rejected),
        ):
            routes.add_url_rule(rule, view.__name__, guard.required(view), methods=[method])

    @describe(
        "What could not go in and is kept, what came in last first.",
        tag=TAG,
        query={
            **_FILTERS,
            "limit": f"Pieces a page, 1 to {rejected.PAGE_MAX}; 50.",
            "before": "The `next` of the page before.",
        },
        responses={400: "A parameter is wrong; the detail names it."},
    )
    def list_rejected(self) -> Response:
        choice = Choice(request.args.get("code"), request.args.get("source"))
        limit = parameters.number("limit", 50, most=rejected.PAGE_MAX)
        with self._database.read() as conn:
            try:
                page = rejected.page(conn, choice, cursor=request.args.get("before"), limit=limit)
            except ValueError as error:
                raise parameters.invalid("before", f"{error}. Take it from `next`.") from error
            counts = rejected.counts(conn)
        listed = [_shown(row) for row in page.rows]
        return json_answer({"rejected": listed, "next": page.next_cursor, "counts": counts})

    @describe("One rejected piece: why, where, how often.", tag=TAG, responses=_UNKNOWN)
    def get_rejected(self, row_id: str) -> Response:
        return json_answer(_shown(self._row(row_id)))

    @describe(
        "What came in, as it came: to be saved, never shown.",
        tag=TAG,
        responses={**_UNKNOWN, 409: "It was too large: only the reason is kept."},
    )
    def get_data(self, row_id: str) -> Response:
        row = self._row(row_id)
        with self._database.read() as conn:
            found = rejected.data(conn, row_id)
        if found is None:
            raise _not_kept(f"of {row_id} only the reason is kept: it has {row.size:,} bytes")
        # Foreign bytes: no browser is to take them for a page of this hub.
        response = Response(found, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f'attachment; filename="{row.id}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    @describe(
        "Take a rejected piece in again. It is in, and off the list, or refused still.",
        tag=TAG,
        query=_AGAIN,
        responses={**_UNKNOWN, 409: "It was too large: only the reason is kept."},
    )
    def retry_rejected(self, row_id: str) -> Response:
        try:
            found = self._ingest.retry(row_id, g.correlation_id, reinstate=_flag("reinstate"))
        except RejectedUnknown as error:
            raise _unknown(row_id) from error
        except NotKept as error:
            raise _not_kept(str(error)) from error
        return json_answer(_retried(found))

    @describe(
        f"Take in again all of a code, a source, or all; {RETRIED_AT_ONCE} a request, the oldest"
        " first.",
        tag=TAG,
        body=_CHOICE,
        query={
            **_FILTERS,
            **_DRY,
            **_AGAIN,
            "after": "The `next` of the request before: the rest of them.",
        },
        responses=_NO_CHOICE,
    )
    def retry_many(self) -> Response:
        choice = _choice()
        if _flag("dry_run"):
            return self._counted(choice)
        with self._database.read() as conn:
            try:
                page = rejected.oldest(
                    conn, choice, cursor=request.args.get("after"), limit=RETRIED_AT_ONCE
                )
            except ValueError as error:
                raise parameters.invalid("after", f"{error}. Take it from `next`.") from error
        again = [self._retry(row) for row in page.rows]
        done = [one for one in again if one is not None]
        return json_answer(
            {
                "retried": len(done),
                "accepted": sum(one.rejection is None for one in done),
                "rejected": sum(one.rejection is not None for one in done),
                "skipped": len(again) - len(done),  # not kept, or gone meanwhile
                "next": page.next_cursor,
            }
        )

    def _retry(self, row: RejectedRow) -> Retried | None:
        try:
            return self._ingest.retry(row.id, g.correlation_id, reinstate=_flag("reinstate"))
        except (RejectedUnknown, NotKept):
            return None

    @describe(
        "Take rejected pieces off the list for good: of a code, a source, or all.",
        tag=TAG,
        body=_CHOICE,
        query={**_FILTERS, **_DRY},
        responses=_NO_CHOICE,
    )
    def drop_many(self) -> Response:
        choice = _choice()
        if _flag("dry_run"):
            return self._counted(choice)
        number = self._database.transact(lambda tx: rejected.drop_chosen(tx, choice))
        return json_answer({"dropped": number})

    @describe("Take a rejected piece off the list for good.", tag=TAG, responses=_UNKNOWN)
    def drop_rejected(self, row_id: str) -> Response:
        number = self._database.transact(lambda tx: rejected.drop(tx, [row_id]))
        if not number:
            raise _unknown(row_id)
        return json_answer({"dropped": number})

    def _row(self, row_id: str) -> RejectedRow:
        with self._database.read() as conn:
            row = rejected.get(conn, row_id)
        if row is None:
            raise _unknown(row_id)
        return row

    def _counted(self, choice: Choice) -> Response:
        with self._database.read() as conn:
            counts = rejected.counts(conn, choice)
        return json_answer({"matching": sum(counts.values()), "counts": counts})


def _unknown(row_id: str) -> Problem:
    detail = f"There is no rejected piece {row_id[:80]!r}: it went in, was dropped, or is too old."
    return Problem(404, "rejected-unknown", detail)


def _not_kept(detail: str) -> Problem:
    return Problem(409, "rejected-not-kept", f"{detail}. Send it again from where it came.")


def _flag(name: str) -> bool:
    return request.args.get(name) == "1"


def _choice() -> Choice:
    """Code and source, from the query or a JSON body. Everything only where that is said."""
    data = parameters.json_object() if request.content_length else {}
    asked = request.args.to_dict()
    for name in ("dry_run", "reinstate", "after"):
        asked.pop(name, None)
    chosen: dict[str, Any] = {**data, **asked}
    unknown = sorted(set(chosen) - {"code", "source", "all"})
    if unknown:
        raise Problem(400, "choice-unknown", f"{', '.join(unknown)}: give code, source or all.")
    code, source = chosen.get("code"), chosen.get("source")
    for value in (code, source):
        if value is not None and (not isinstance(value, str) or not value):
            raise Problem(400, "choice-invalid", "code and source are names: give strings.")
    if code is None and source is None and chosen.get("all") not in (True, "1", "true"):
        raise Problem(400, "choice-missing", "Say which: code, source, or all=true.")
    return Choice(code, source)


def _shown(row: RejectedRow) -> dict[str, Any]:
    shown = asdict(row)
    kept = row.held > 0
    del shown["held"]
    return {**shown, "since": iso(row.since), "at": iso(row.at), "kept": kept}


def _retried(one: Retried) -> dict[str, Any]:
    rejection = one.rejection and {k: v for k, v in asdict(one.rejection).items() if v is not None}
    accepted = [{"id": a.id, "version": a.version, "change": a.change} for a in one.accepted]
    return {"id": one.id, "accepted": accepted, "rejected": rejection}
