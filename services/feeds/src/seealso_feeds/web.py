"""Every public URL: pages, feeds, single renditions, OPML; and the operator's partners.

    URL ──> names, page ──> Serve.document(look) ──> response with validators, Link, CORS
              FeedsError ──> 301, 400, 404, 410 or 503: a page for people, a problem for programs

These views are the truth; the fast lane in front only repeats what they said.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, problem_answer
from seealso_sdk import phrases
from seealso_sdk.text import clean

from seealso_feeds import pages, plans
from seealso_feeds.channels import Channels
from seealso_feeds.conditional import Validators, http_date, not_modified
from seealso_feeds.documents import (
    Document,
    Hub,
    Page,
    link_header,
    read_page,
)
from seealso_feeds.drafts import Assembling, Maker
from seealso_feeds.errors import BadParameter, FeedsError, Gone, Moved, NotHere, NotReady
from seealso_feeds.looks import Looks
from seealso_feeds.marks import Marks
from seealso_feeds.pages import MessagePage, PageHead
from seealso_feeds.plans import Planner
from seealso_feeds.reach import Reads
from seealso_feeds.serve import Look, Serve
from seealso_feeds.web_partners import PartnersApi

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link, Retry-After",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_PAGING = {"limit": "Articles, 1 to 200.", "before": "The cursor of a rel=next link."}
_FEED = {200: "The feed.", 304: "As the validators say.", 404: "Unknown.", 400: "?limit, ?before."}
_OF_ARTICLE = {**_FEED, 410: "It was taken back.", 503: "It is being made."}


def blueprint(
    serve: Serve,
    host: Assembling,
    hub: Hub,
    *,
    guard: Guard,
    channels: Channels,
) -> Blueprint:
    """All routes of this service but the topics' API.

    Args:
        serve: reads the documents.
        host: assembles feeds.
        hub: what the hub calls itself.
        guard: of the operator's API.
        channels: the operator's use cases.
    """
    routes = Blueprint("feeds", __name__)
    reads = Reads(serve.database)
    public = PublicPages(serve, Maker(hub, host), Looks(hub), Marks(serve.database), reads)
    for rule, view in (
        ("/", public.start),
        ("/topics", public.topics),
        ("/topics.opml", public.opml),
        ("/topics/<slug>", public.topic),
        ("/topics/<slug>.json", public.topic_json),
        ("/topics/<slug>/feed.<extension>", public.topic_feed),
        ("/topics/<slug>/related.<extension>", public.topic_related),
        ("/articles", public.articles),
        ("/articles/feed.<extension>", public.articles_feed),
        ("/articles/<article_id>", public.article),
        ("/articles/<article_id>.<extension>", public.rendition),
        ("/articles/<article_id>/fragment.html", public.fragment),
        ("/articles/<article_id>/related.<extension>", public.article_related),
        ("/series/<slug>", public.series),
        ("/series/<slug>/feed.<extension>", public.series_feed),
        ("/channels/<secret>/feed.<extension>", public.channel_feed),
        ("/static/<name>", public.static),
        ("/favicon.ico", public.icon),
        ("/purge-mark", public.purge_mark),
    ):
        routes.add_url_rule(rule, view.__name__, view, methods=["GET"])
    PartnersApi(channels, hub.url).register(routes, guard)
    routes.before_request(_refuse_unreadable)
    routes.register_error_handler(FeedsError, public.failed)
    routes.after_request(_open_to_all)
    return routes


class PublicPages:
    """What partners and readers pull."""

    def __init__(
        self, serve: Serve, maker: Maker, looks: Looks, marks: Marks, reads: Reads
    ) -> None:
        self._serve = serve
        self._reads = reads
        self._maker = maker
        self._looks = looks
        self._marks = marks
        self._name = maker.hub.name

    # --- pages -----------------------------------------------------------------------------------

    @describe("The start page.")
    def start(self) -> Response:
        return self._send("/", self._looks.start)

    @describe("All topics.", query={"q": "Search in names.", "letter": "First letter."})
    def topics(self) -> Response:
        query, letter = (clean(request.args.get(name, "")) for name in ("q", "letter"))
        key = f"/topics?{query!r},{letter!r}"
        return self._send(key, lambda conn: self._looks.topics(conn, query, letter))

    @describe("A topic's page.", query=_PAGING, responses=_FEED | {301: "It has another name."})
    def topic(self, slug: str) -> Response:
        page = read_page(request.args)
        return self._send(
            _key("topic", slug, page=page), lambda conn: self._looks.topic(conn, slug, page)
        )

    @describe("The newest articles.", query=_PAGING)
    def articles(self) -> Response:
        page = read_page(request.args)
        return self._send(_key("articles", page=page), lambda conn: self._looks.newest(conn, page))

    @describe("An article's page.", responses={404: "Unknown.", 410: "It was taken back."})
    def article(self, article_id: str) -> Response:
        return self._send(
            _key("article", article_id), lambda conn: self._looks.article(conn, article_id)
        )

    @describe("A series' page.", query=_PAGING, responses={404: "Unknown."})
    def series(self, slug: str) -> Response:
        page = read_page(request.args)
        return self._send(
            _key("series", slug, page=page), lambda conn: self._looks.series(conn, slug, page)
        )

    # --- feeds and documents ---------------------------------------------------------------------

    @describe("All topics' feeds as OPML 2.0.", media="text/x-opml")
    def opml(self) -> Response:
        return self._send("/topics.opml", self._looks.opml)

    @describe(
        "A topic, its counts and its related topics.",
        media="application/json",
        responses={200: "The topic.", 301: "It has another name.", 404: "Unknown."},
    )
    def topic_json(self, slug: str) -> Response:
        return self._send(_key("topic.json", slug), lambda conn: self._looks.topic_json(conn, slug))

    @describe("A topic's articles as a feed.", query=_PAGING, responses=_FEED, media="*/*")
    def topic_feed(self, slug: str, extension: str) -> Response:
        moved = f"/feed.{extension}"
        return self._feed(
            ("topic", slug), extension, lambda c: plans.topic_feed(c, slug, self._name, moved)
        )

    @describe("Articles of a topic's related topics.", query=_PAGING, responses=_FEED, media="*/*")
    def topic_related(self, slug: str, extension: str) -> Response:
        moved = f"/related.{extension}"
        return self._feed(
            ("topic-related", slug),
            extension,
            lambda c: plans.topic_related(c, slug, self._name, moved),
        )

    @describe("All articles as a feed.", query=_PAGING, responses=_FEED, media="*/*")
    def articles_feed(self, extension: str) -> Response:
        return self._feed(("all",), extension, lambda c: plans.everything(c, self._name))

    @describe("An article in one output's format.", responses=_OF_ARTICLE, media="*/*")
    def rendition(self, article_id: str, extension: str) -> Response:
        return self._send(
            _key("rendition", article_id, extension),
            lambda conn: self._maker.rendition(conn, article_id, extension),
        )

    @describe(
        "An article to embed in a page: HTML without a page around it.", responses=_OF_ARTICLE
    )
    def fragment(self, article_id: str) -> Response:
        return self._send(
            _key("fragment", article_id), lambda conn: self._maker.fragment(conn, article_id)
        )

    @describe("What belongs beside an article, as a feed.", responses=_OF_ARTICLE, media="*/*")
    def article_related(self, article_id: str, extension: str) -> Response:
        return self._feed(
            ("article-related", article_id),
            extension,
            lambda c: plans.article_related(c, article_id, self._name),
        )

    @describe("A series as a feed.", query=_PAGING, responses=_FEED, media="*/*")
    def series_feed(self, slug: str, extension: str) -> Response:
        return self._feed(
            ("series-feed", slug), extension, lambda c: plans.series_feed(c, slug, self._name)
        )

    @describe(
        "A partner's own feed.",
        query=_PAGING,
        responses=_FEED | {410: "The channel was closed."},
        media="*/*",
    )
    def channel_feed(self, secret: str, extension: str) -> Response:
        asked = self._serve.database.now()
        response = self._feed(
            ("channel", secret), extension, lambda c: plans.channel_feed(c, secret)
        )
        self._reads.note(secret, extension, asked)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    @describe("The stylesheet; its name has its hash.", media="text/css")
    def static(self, name: str) -> Response:
        if f"/static/{name}" != pages.stylesheet_path():
            raise NotHere("file", name)
        response = Response(pages.stylesheet(), content_type="text/css; charset=utf-8")
        response.headers["Cache-Control"] = _FOR_EVER
        response.headers["ETag"] = f'"{name}"'
        response.headers["Last-Modified"] = http_date(0)
        return response

    @describe("The icon, which browsers ask for by themselves.", media="image/png")
    def icon(self) -> Response:
        response = Response(pages.icon(), content_type="image/png")
        response.headers["Cache-Control"] = _A_DAY
        response.headers["Last-Modified"] = http_date(0)
        return response

    @describe("For a cache in front: what it keeps is good under this mark.", media="text/plain")
    def purge_mark(self) -> Response:
        mark = self._marks.settled()
        headers = {"Purge-Mark": mark, "Cache-Control": "no-store"}
        return Response(f"{mark}\n", content_type="text/plain; charset=utf-8", headers=headers)

    # --- sending ---------------------------------------------------------------------------------

    def _feed(self, names: Sequence[str], extension: str, plan: Planner) -> Response:
        page = read_page(request.args)
        return self._send(
            _key(*names, extension, page=page),
            lambda conn: self._maker.feed(conn, plan, extension, page),
        )

    def _send(self, key: str, look: Look) -> Response:
        document = self._serve.document(key, look, _asker_has)
        return _response(document)

    # --- what can't be sent ----------------------------------------------------------------------

    def failed(self, error: FeedsError) -> ResponseReturnValue:
        """A redirect, a page or a problem document, by what went wrong and who asks."""
        if isinstance(error, Moved):
            return _moved(error)
        problem = _problem(error)
        if not _for_people():
            response = problem_answer(problem, as_page=False)
        else:
            page = _message(error, problem)
            html = pages.render(self._maker.hub, "message.html", PageHead(page.title), page, {})
            response = Response(html, problem.status, problem.headers, content_type=pages.HTML)
        response.headers["Cache-Control"] = "no-store"
        return response


# --- requests ------------------------------------------------------------------------------------


def _key(*names: str, page: Page | None = None) -> str:
    """One string a document: its names can't run into each other."""
    return repr((names, page))


def _refuse_unreadable() -> None:
    """No name holds control characters; PostgreSQL's text can't even be asked for a NUL."""
    if clean(request.path) != request.path:
        raise NotHere("page", clean(request.path))


def _asker_has(validators: Validators) -> bool:
    return not_modified(
        validators,
        request.headers.get("If-None-Match"),
        request.headers.get("If-Modified-Since"),
    )


def _for_people() -> bool:
    """Whether a page is the right answer to this URL: not where a format was asked for."""
    last = request.path.rpartition("/")[2]
    if "." in last or request.path.startswith("/channels/"):
        return False
    types = ["text/html", "application/problem+json", "application/json"]
    return request.accept_mimetypes.best_match(types) in (None, "text/html")


# --- responses -----------------------------------------------------------------------------------


def _response(document: Document) -> Response:
    if document.body is None:
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = Response(document.body, content_type=document.media_type)
        response.headers["Last-Modified"] = http_date(document.validators.last_modified)
        if document.links:
            response.headers["Link"] = link_header(document.links)
    response.headers["ETag"] = document.validators.etag
    response.headers["Cache-Control"] = document.caching
    response.headers["Vary"] = "Accept-Encoding"  # the fast lane packs
    return response


def _open_to_all(response: Response) -> Response:
    """Any script may read what is public (Fetch, CORS); the operator's API is none of that."""
    if not request.path.startswith("/api/"):
        response.headers.update(_CORS)
        if request.method == "OPTIONS":
            response.headers.update(_PREFLIGHT)
    return response


def _moved(error: Moved) -> Response:
    response = Response(status=301 if error.permanent else 302)
    response.headers["Location"] = error.path
    response.headers["Cache-Control"] = "public, max-age=60" if error.permanent else "no-store"
    return response


def _problem(error: FeedsError) -> Problem:
    if isinstance(error, BadParameter):
        return Problem(400, "parameter-invalid", str(error), field=error.parameter)
    if isinstance(error, Gone):
        return Problem(410, "withdrawn", str(error), reason=error.reason, when=error.when)
    if isinstance(error, NotHere):
        near = [label for label, _ in error.near]
        hint = f" Did you mean {', '.join(near[:5])}?" if near else ""
        return Problem(404, f"{error.what.split()[0].lower()}-unknown", f"{error}{hint}", near=near)
    if isinstance(error, NotReady):
        return Problem(503, "not-ready", str(error), headers={"Retry-After": "2"})
    return Problem(400, "refused", str(error))


def _message(error: FeedsError, problem: Problem) -> MessagePage:
    if isinstance(error, Gone):
        reason = f"The reason given: {error.reason}" if error.reason else ""
        day = phrases.spoken_date(error.when[:10], "en")
        return MessagePage(
            f"This {error.what} was taken back",
            tuple(
                text
                for text in (
                    f"“{error.title}” was withdrawn on {day}, here and in every feed.",
                    reason,
                )
                if text
            ),
        )
    if isinstance(error, NotHere):
        return MessagePage(f"There is no such {error.what}", (str(error),), error.near)
    if isinstance(error, NotReady):
        return MessagePage("In a moment", (problem.detail,))
    return MessagePage("That can't be read", (problem.detail,))
