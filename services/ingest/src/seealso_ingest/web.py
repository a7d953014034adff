"""The API of articles. All of it needs the bearer key.

    POST   /api/articles                by Content-Type, ?url= ?source= ?reinstate=1 ──> 202 receipt
    GET    /api/articles                the operator's list: ?status= ?source= ?q= ?limit= ?before=
                                        ?review=due|soon: what is to be looked over
    GET    /api/articles/<id>           the article (also one that is withdrawn), with its filings
    DELETE /api/articles/<id>           withdraw: {"reason": "..."}
    POST   /api/articles/<id>/reinstate publish it again, as it was
    GET    /api/articles/<id>/versions  its history
    GET    /api/articles/<id>/status    its ledger: what each output wants and has

A receipt tells of every piece of the input. A problem document comes only where nothing of it could
be read: 400, 413 (too large), 415 (no source reads the type), 422 (the source broke down over it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, g, request
from seealso_core import parameters
from seealso_core.errors import PluginFailed
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, json_answer
from seealso_sdk.errors import Retry
from seealso_sdk.links import canonical, web_url
from seealso_sdk.model import STATUSES, Article, RawInput
from seealso_sdk.text import clean
from seealso_store import articles, filings, ledger, origins, reviews
from seealso_store.articles import ArticleRow
from seealso_store.clock import SECOND, iso
from seealso_store.database import Database
from sqlalchemy import Connection

from seealso_ingest.errors import ArticleUnknown, InputRefused, NotWithdrawn
from seealso_ingest.flow import Ingest
from seealso_ingest.keyring import Keyring
from seealso_ingest.receipts import Receipt, Rejection
from seealso_ingest.watchlist import Watchlist
from seealso_ingest.web_keys import KeysApi
from seealso_ingest.web_rejected import RejectedApi
from seealso_ingest.web_sources import SourcesApi
from seealso_ingest.web_websub import WebSubRoutes
from seealso_ingest.websub import WebSub

DEFAULT_SOURCE = "api"
REASON_MAX = 1000  # characters
WITHIN_MAX = 3650  # days
DAY = 24 * 60 * 60 * SECOND

_SOURCE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,98}[A-Za-z0-9])?\Z")
_HTTP_STATUS = {"media-type": 415, "too-many-articles": 413}
_TYPES = (
    "application/json", "application/x-ndjson", "text/plain", "text/html", "application/rss+xml",
    "application/atom+xml", "application/feed+json", "application/xml",
)  # fmt: skip
_WITHDRAWAL = {"type": "object", "properties": {"reason": {"type": "string"}}}
_UNKNOWN = {404: "There is no such article."}


def blueprint(database: Database, ingest: Ingest, guard: Guard, websub: WebSub) -> Blueprint:
    """The routes below /api/articles, those of the API's keys, which this service writes, and those
    that hubs of feeds call."""
    routes = Blueprint("ingest", __name__)
    _taking_in(routes, ingest, guard)
    _listing(routes, database, guard)
    _looking(routes, database, guard)
    _taking_back(routes, ingest, guard)
    RejectedApi(database, ingest).register(routes, guard)
    SourcesApi(Watchlist(ingest)).register(routes, guard)
    KeysApi(Keyring(database)).register(routes, guard)
    WebSubRoutes(websub).register(routes)
    return routes


def _taking_in(routes: Blueprint, ingest: Ingest, guard: Guard) -> None:
    @routes.post("/api/articles")
    @describe(
        tag="articles",
        body=_TYPES,
        query={
            "url": "Where the input comes from: relative links start there.",
            "source": f"Name of the source, half of an article's identity; {DEFAULT_SOURCE}.",
            "reinstate": "1: what was withdrawn is published again.",
        },
        responses={
            202: "Every piece of the input, accepted (and stored for good) or rejected.",
            400: "Nothing of it can be read.",
            413: "Too large, or too many articles.",
            415: "No source reads this media type.",
            422: "The source plugin broke down over it.",
        },
    )
    @guard.required
    def post_articles() -> Response:
        """Take in articles: one, many, a page, a text or a feed, by Content-Type."""
        try:
            receipt = ingest.accept(
                _input(), g.correlation_id, reinstate=request.args.get("reinstate") == "1"
            )
        except InputRefused as refused:
            raise _problem_of(refused) from refused
        except PluginFailed as failed:
            raise _source_failed(failed) from failed
        except Retry as retry:
            seconds = str(max(1, round(retry.after)))
            raise Problem(
                503, "source-busy", str(retry), headers={"Retry-After": seconds}
            ) from retry
        return json_answer(_receipt(receipt), 202)


def _listing(routes: Blueprint, database: Database, guard: Guard) -> None:
    @routes.get("/api/articles")
    @describe(
        tag="articles",
        query={
            "status": f"One of {', '.join(STATUSES)}.",
            "source": "Only of this source.",
            "q": "Part of the title, or a whole id, external id or URL.",
            "review": "due: whose review is due, the longest due first; soon: within some days.",
            "within": f"With review=soon: days, 0 to {WITHIN_MAX}; 30.",
            "limit": f"Articles a page, 1 to {articles.PAGE_MAX}; 50.",
            "before": "The `next` of the page before.",
        },
        responses={400: "A parameter is wrong; the detail names it."},
    )
    @guard.required
    def list_articles() -> Response:
        """The hub's articles, the last changed first."""
        if request.args.get("review"):
            return _reviews(database)
        status = request.args.get("status")
        if status and status not in STATUSES:
            raise parameters.invalid("status", f"give one of {', '.join(STATUSES)}.")
        with database.read() as conn:
            try:
                page = articles.search(
                    conn,
                    status=status,
                    source=request.args.get("source"),
                    query=request.args.get("q"),
                    cursor=request.args.get("before"),
                    limit=parameters.number("limit", 50, most=articles.PAGE_MAX),
                )
            except ValueError as error:
                raise parameters.invalid("before", f"{error}. Take it from `next`.") from error
            counts = articles.counts(conn)
        listed = [_listed(row) for row in page.rows]
        return json_answer({"articles": listed, "next": page.next_cursor, "counts": counts})


def _reviews(database: Database) -> Response:
    """Published articles that are to be looked over, the longest due first."""
    review = request.args["review"]
    if review not in ("due", "soon"):
        raise parameters.invalid("review", "give due or soon.")
    days = parameters.number("within", 30, least=0, most=WITHIN_MAX) if review == "soon" else 0
    with database.read() as conn:
        try:
            page = reviews.due(
                conn,
                database.now() + days * DAY,
                source=request.args.get("source"),
                cursor=request.args.get("before"),
                limit=parameters.number("limit", 50, most=articles.PAGE_MAX),
            )
        except ValueError as error:
            raise parameters.invalid("before", f"{error}. Take it from `next`.") from error
        counts = articles.counts(conn)
    listed = [_listed(row) for row in page.rows]
    return json_answer({"articles": listed, "next": page.next_cursor, "counts": counts})


def _looking(routes: Blueprint, database: Database, guard: Guard) -> None:
    @routes.get("/api/articles/<article_id>")
    @describe(
        tag="articles",
        query={"provenance": "1: also where each field was found."},
        responses=_UNKNOWN,
    )
    @guard.required
    def get_article(article_id: str) -> Response:
        """One article as it is now, whatever its status, with the topics it is filed under."""
        with database.read() as conn:
            row = _row(conn, article_id)
            article = articles.current(conn, article_id)
            assert article is not None
            shown = _shown(conn, row, article)
            if request.args.get("provenance") == "1":
                shown["provenance"] = articles.provenance(conn, article_id)
        return json_answer(shown)

    @routes.get("/api/articles/<article_id>/versions")
    @describe(tag="articles", responses=_UNKNOWN)
    @guard.required
    def get_versions(article_id: str) -> Response:
        """The history of an article, oldest first: what happened, when, and why."""
        with database.read() as conn:
            _row(conn, article_id)
            found = articles.versions(conn, article_id)
        listed = [{**asdict(version), "at": iso(version.at)} for version in found]
        return json_answer({"id": article_id, "versions": listed})

    @routes.get("/api/articles/<article_id>/status")
    @describe(tag="articles", responses=_UNKNOWN)
    @guard.required
    def get_status(article_id: str) -> Response:
        """What each output wants and has of an article; the filing step stands apart."""
        with database.read() as conn:
            row = _row(conn, article_id)
            found = ledger.rows(conn, article_id)
        shown = [_ledger_row(one) for one in found if one.output != ledger.FILING]
        filing = next((_ledger_row(one) for one in found if one.output == ledger.FILING), None)
        return json_answer(
            {
                "id": row.id,
                "version": row.version,
                "status": row.status,
                "outputs": shown,
                "filing": filing,
            }
        )


def _taking_back(routes: Blueprint, ingest: Ingest, guard: Guard) -> None:
    @routes.delete("/api/articles/<article_id>")
    @describe(
        tag="articles",
        body={"application/json": _WITHDRAWAL},
        responses={**_UNKNOWN, 400: 'The body is not {"reason": "..."}.'},
    )
    @guard.required
    def withdraw_article(article_id: str) -> Response:
        """Withdraw an article: gone from every feed, 410 on its page. Twice is once."""
        reason = _reason()
        return _answer_row(
            lambda: ingest.withdraw(article_id, reason, g.correlation_id), article_id
        )

    @routes.post("/api/articles/<article_id>/reinstate")
    @describe(tag="articles", responses={**_UNKNOWN, 409: "It is not withdrawn."})
    @guard.required
    def reinstate_article(article_id: str) -> Response:
        """Publish a withdrawn article again, as it was."""
        return _answer_row(lambda: ingest.reinstate(article_id, g.correlation_id), article_id)


# --- what comes in -------------------------------------------------------------------------------


def _input() -> RawInput:
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise Problem(415, "content-encoding", "Send the body unpacked: no Content-Encoding.")
    source = request.args.get("source") or DEFAULT_SOURCE
    if not _SOURCE.match(source):
        raise Problem(
            400,
            "source-invalid",
            "source: give letters, digits, '.', '_', ':' and '-'; at most 100.",
        )
    url = request.args.get("url") or None
    if url is not None and (web_url(url) is None or canonical(url) is None):
        raise Problem(400, "url-invalid", "url: give an absolute http or https address.")
    return RawInput(
        data=request.get_data(cache=False),
        media_type=request.mimetype.lower(),
        charset=request.mimetype_params.get("charset"),
        url=url,
        source=source,
    )


def _reason() -> str:
    if not request.get_data():
        return ""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict) or not isinstance(given.get("reason", ""), str):
        raise Problem(400, "reason-invalid", 'Send {"reason": "..."} as JSON, or no body.')
    return " ".join(clean(given.get("reason", "")).split())[:REASON_MAX]


# --- what goes out -------------------------------------------------------------------------------


def _problem_of(refused: InputRefused) -> Problem:
    status = _HTTP_STATUS.get(refused.code, 400)
    return Problem(status, refused.code, str(refused), field=refused.field)


def _source_failed(failed: PluginFailed) -> Problem:
    if failed.kind == "output-too-large":
        return Problem(
            413,
            "input-too-large",
            "The articles in it are too large for one piece. Send them as application/x-ndjson, "
            "one a line, or in several requests.",
        )
    return Problem(422, "source-failed", f"The source plugin could not read it: {failed}.")


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "accepted": [
            {"id": one.id, "version": one.version, "change": one.change} for one in receipt.accepted
        ],
        "rejected": [_rejection(one) for one in receipt.rejected],
    }


def _rejection(one: Rejection) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if value is not None}


def _row(conn: Connection, article_id: str) -> ArticleRow:
    row = articles.find(conn, article_id)
    if row is None:
        raise _unknown(article_id)
    return row


def _unknown(article_id: str) -> Problem:
    return Problem(404, "article-unknown", f"There is no article {article_id[:80]!r}.")


def _answer_row(change: Callable[[], ArticleRow], article_id: str) -> Response:
    try:
        row = change()
    except ArticleUnknown as error:
        raise _unknown(article_id) from error
    except NotWithdrawn as error:
        raise Problem(409, "not-withdrawn", f"{error}: there is nothing to reinstate.") from error
    return json_answer(_listed(row))


def _listed(row: ArticleRow) -> dict[str, Any]:
    found = asdict(row)
    for name in ("series_slug", "series_title", "sort_at", "due"):
        del found[name]
    for name in ("first_seen", "changed", "withdrawn_at", "review_at"):
        found[name] = None if found[name] is None else iso(found[name])
    return found


def _ledger_row(row: ledger.Row) -> dict[str, Any]:
    return {
        "output": row.output,
        "wanted": row.wanted,
        "settled": row.settled,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error,
        "run_at": iso(row.run_at),
    }


def _shown(conn: Connection, row: ArticleRow, article: Article) -> dict[str, Any]:
    """The article's JSON, with what filing found out since: topics, and who a title stands for.

    Beyond the fixed keys: keywords, first_seen, changed, and of a withdrawn article
    withdrawn_reason.
    """
    shown = article.to_dict()
    shown["origins"] = [_origin(one) for one in origins.of(conn, [row.id]).get(row.id, ())]
    placed = filings.placed(conn, [row.id])
    categories = placed[0].categories if placed else ()
    if categories:
        shown["topics"] = [asdict(category) for category in categories]
    links = [link for one in placed for link in one.links]
    by_title = {(link.title, link.url): link for link in links if link.title}
    by_ref = {link.ref: link for link in links if link.ref}
    for entry, named in zip(shown["see_also"], article.see_also, strict=True):
        ref = f"id:{article.source}:{named.ref}"
        link = by_title.get((named.title, named.url)) or by_ref.get(ref)
        entry["article_id"] = link.target_id if link else None
        # Its id in the source says to nobody else what is meant; its words are better than none.
        entry["title"] = named.title or (link and link.target_title) or _readable(named.ref)
        del entry["ref"]
    if row.status == "withdrawn":
        shown["withdrawn_reason"] = row.withdrawn_reason or ""
    return shown


def _origin(one: origins.Origin) -> dict[str, Any]:
    return {
        "source": one.source,
        "external_id": one.external_id,
        "url": one.url,
        "first_seen": iso(one.first_seen),
        "last_seen": iso(one.last_seen),
    }


def _readable(ref: str | None) -> str:
    return " ".join(re.split(r"[\s_/-]+", ref or "")).strip()
