"""The web skeleton that every service's blueprint stands in.

    request -> correlation id -> size limit -> view -> problem document or error page
                                                -> security headers, request counted

A view raises `Problem` for what the caller can mend. Under /api every error is an RFC 9457 problem
document with a stable ``code``; elsewhere people read, and get a plain page (unless they ask for
JSON). Errors that nobody foresaw are logged with the correlation id and show nothing else.
"""

from __future__ import annotations

import html
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO, ParamSpec, TypeVar

import flask
from flask import Flask, Request, Response, g, request
from seealso_sdk.errors import SeealsoError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from seealso_core import log as logs
from seealso_core import meters, openapi, tracing
from seealso_core import metrics as numbers
from seealso_core.errors import CoreError
from seealso_core.metrics import Collect
from seealso_core.outage import Damaged, Full, Outage

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PROBLEM_TYPE = "application/problem+json"
DEFAULT_MAX_BODY = 50 * 1024 * 1024

# Pages bring no script of others and may not be framed; whoever needs more sets its own.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https: http: data:; "
    "media-src https: http:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

log = logs.get(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class Problem(CoreError):
    """Ends a request with an RFC 9457 problem document (or a page, where people read).

    Args:
        status: of HTTP.
        code: stable, for programs: ``article-unknown``.
        detail: for people: what is wrong with this request, and what to do.
        headers: of the answer, besides its type.
        members: further members of the document; `errors` is a list where there are several.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def document(self) -> dict[str, Any]:
        """The members, in the order of RFC 9457 section 3.1."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.members,
        }


class Guard:
    """Lets a view be called only with a bearer key (RFC 6750).

    Args:
        check: whether a key is good. It compares digests, so that its time tells nothing.
    """

    def __init__(self, check: Callable[[str], bool]) -> None:
        self._check = check

    def required(self, view: Callable[P, R]) -> Callable[P, R]:
        """A decorator: 401 without a good key."""

        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            self.enter()
            return view(*args, **kwargs)

        openapi.mark_guarded(guarded)
        return guarded

    def enter(self) -> None:
        """Raise the problem unless this request carries a good key."""
        key = bearer_key()
        if not key:
            raise Problem(
                401,
                "key-missing",
                "Send the hub's key: Authorization: Bearer <key>. `seealso key` prints it.",
                headers={"WWW-Authenticate": 'Bearer realm="seealso"'},
            )
        if not self._check(key):
            raise Problem(
                401,
                "key-wrong",
                "This key is not one of the hub's. `seealso key` prints the right one.",
                headers={"WWW-Authenticate": 'Bearer realm="seealso", error="invalid_token"'},
            )


def bearer_key() -> str:
    """The key that this request shows; empty where it shows none."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def create_app(
    name: str,
    blueprints: Iterable[flask.Blueprint],
    *,
    ready: Callable[[], None] | None = None,
    collect: Sequence[Collect] = (),
    hub_url: str = "",
    version: str = "0",
    max_body: int = DEFAULT_MAX_BODY,
    proxies: int = 0,
) -> Flask:
    """A Flask app of these blueprints, with health, metrics and OpenAPI beside them.

    Args:
        name: of the service, for logs and the OpenAPI title.
        ready: raises a SeealsoError while the service can't do its work; see /readyz.
        collect: called at every scrape of /metrics.
        hub_url: the public address, for OpenAPI.
        max_body: bytes; more is answered with 413, whether announced or streamed in chunks.
        proxies: in front, whose word on the asker's address and scheme is taken.
    """
    app = Flask(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body + 1  # one more, so that `_Bounded` sees it
    app.wsgi_app = _bounded(app.wsgi_app, max_body)  # type: ignore[method-assign,assignment]  # Flask's way
    # Forms are small; only what a view reads as a stream may use the whole limit.
    app.config["MAX_FORM_MEMORY_SIZE"] = 1024 * 1024
    app.config["MAX_FORM_PARTS"] = 100
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.url_map.strict_slashes = True
    app.before_request(_take_correlation_id)
    app.after_request(_finish)
    app.teardown_request(_release_correlation_id)
    app.register_error_handler(Exception, _answer_error)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.register_blueprint(_own_routes(ready, [*collect, _counted]))
    _serve_openapi(app, hub_url, version)
    if proxies:
        believing = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)
        app.wsgi_app = believing  # type: ignore[method-assign]  # as Flask's documentation has it
    return app


def json_answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON as the hub writes it: UTF-8, keys in the order given."""
    body = (
        json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        + b"\n"
    )
    return Response(body, status, dict(headers or {}), content_type="application/json")


class _Bounded:
    """A request body that ends in 413 when it is too long.

    Werkzeug (3.1) alone cuts a chunked body at the limit without a word, and half an upload would
    go in as if it were whole.
    """

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream = stream
        self._left = most

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise RequestEntityTooLarge
        return data

    def read(self, size: int | None = -1) -> bytes:
        """As of a file; one byte too many raises."""
        most = self._left + 1
        return self._count(self._stream.read(most if size is None or size < 0 else size))

    def readline(self, size: int = -1) -> bytes:
        """As of a file; one byte too many raises."""
        return self._count(self._stream.readline(size))

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line


def _bounded(inner: WSGIApplication, most: int) -> WSGIApplication:
    def bounded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"] = _Bounded(environ["wsgi.input"], most)
        return inner(environ, start_response)

    return bounded


# --- before and after every request ---------------------------------------------------------------


def _take_correlation_id() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.began = time.perf_counter()
    g.correlation_id = given if logs.is_correlation_id(given) else logs.new_correlation_id()
    logs.set_correlation_id(g.correlation_id)
    route = request.url_rule.rule if request.url_rule else ""
    method = _known_method(request.method)
    g.tracing = ExitStack()
    g.span = g.tracing.enter_context(
        tracing.serving(
            request.headers.get("traceparent", ""),
            f"{method} {route}".rstrip(),
            {"http.request.method": method, "http.route": route, "id": g.correlation_id},
        )
    )


def _release_correlation_id(error: BaseException | None) -> None:
    if "tracing" in g:
        g.tracing.close()
    logs.set_correlation_id("")


def _finish(response: Response) -> Response:
    meters.HTTP.add(_known_method(request.method), f"{response.status_code // 100}xx")
    if "began" in g:
        meters.HTTP_SECONDS.observe(time.perf_counter() - g.began)
    secure(response, https=request.is_secure)
    if g.get("span") is not None:
        g.span.set_attribute("http.response.status_code", response.status_code)
    if "correlation_id" in g:
        response.headers.setdefault("X-Request-ID", g.correlation_id)
    return response


def _known_method(method: str) -> str:
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return method if method in known else "other"


def secure(response: BaseResponse, *, https: bool = False) -> None:
    """Set the security headers that the answer does not have yet."""
    page = (response.mimetype or "") in ("text/html", "application/xhtml+xml")
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Content-Security-Policy", _PAGE_POLICY if page else _DATA_POLICY)
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Permissions-Policy", _PERMISSIONS)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


# --- errors ---------------------------------------------------------------------------------------


def _answer_error(error: Exception) -> BaseResponse:
    if isinstance(error, Problem):
        problem = error
    elif isinstance(error, HTTPException):
        if error.response is not None:
            return error.get_response()  # somebody aborted with a whole answer
        if error.code is not None and error.code < 400:
            return error.get_response()  # a redirect is no error
        problem = _from_http(error)
    elif isinstance(error, SeealsoError) and error.temporary:
        log.warning("A request found the hub out of reach of what it needs", error=str(error))
        problem = _from_outage(error if isinstance(error, Outage) else Outage())
    else:
        route = request.url_rule.rule if request.url_rule else ""  # a path can hold a secret
        log.failed(error, "A request failed for a reason that nobody foresaw", route=route)
        problem = Problem(
            500, "internal",
            f"The hub failed. Its log has the reason under {g.get('correlation_id', '')}.",
        )  # fmt: skip
    return problem_answer(problem, as_page=_wants_page(request))


def _from_outage(error: Outage) -> Problem:
    headers = {"Retry-After": str(error.retry_after)}
    if isinstance(error, Full):
        return Problem(error.status, "storage-full", error.said, headers=headers)
    if isinstance(error, Damaged):
        return Problem(error.status, "storage-damaged", error.said, headers=headers)
    return Problem(error.status, "unavailable", error.said, headers=headers)


def _from_http(error: HTTPException) -> Problem:
    status = error.code or 500
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    limit = flask.current_app.config["MAX_CONTENT_LENGTH"]
    code, detail = {
        400: ("bad-request", "The request can't be understood."),
        404: ("not-found", "There is nothing at this address."),
        405: ("method-not-allowed", f"{request.method} can't be used here."),
        413: ("too-large", f"The body is larger than {limit // 2**20} MiB. Send it in parts."),
        415: ("media-type", "This Content-Type can't be read here."),
    }.get(status, (f"http-{status}", error.description or HTTPStatus(status).phrase))
    return Problem(status, code, detail, headers=headers)


def _wants_page(asked: Request) -> bool:
    if asked.path == "/api" or asked.path.startswith(("/api/", "/openapi.json", "/metrics")):
        return False
    best = asked.accept_mimetypes.best_match(["text/html", PROBLEM_TYPE, "application/json"])
    return best in (None, "text/html")


def problem_answer(problem: Problem, *, as_page: bool) -> BaseResponse:
    """The answer that a problem becomes."""
    if as_page:
        return Response(_page(problem), problem.status, problem.headers, content_type=_HTML)
    answer = json_answer(problem.document(), problem.status, problem.headers)
    answer.content_type = PROBLEM_TYPE
    return answer


_HTML = "text/html; charset=utf-8"


def _page(problem: Problem) -> str:
    # No style of its own: what a browser does with plain HTML reads well, dark or light.
    title = html.escape(f"{problem.status} {HTTPStatus(problem.status).phrase}")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f"<p>{html.escape(problem.detail)}</p>\n"
        '<p><a href="/topics">All topics</a></p>\n</main>\n</body>\n</html>\n'
    )


# --- what every service serves --------------------------------------------------------------------


def _own_routes(ready: Callable[[], None] | None, collect: Sequence[Collect]) -> flask.Blueprint:
    routes = flask.Blueprint("seealso", __name__)

    def alive() -> Response:
        """The process answers."""
        return json_answer({"status": "ok"}, headers={"Cache-Control": "no-store"})

    def is_ready() -> Response:
        """The database can be written and has this release's schema. The broker does not count."""
        try:
            if ready is not None:
                ready()
        except SeealsoError as error:
            raise Problem(503, "not-ready", str(error), headers={"Retry-After": "5"}) from error
        return json_answer({"status": "ready"}, headers={"Cache-Control": "no-store"})

    def show_metrics() -> Response:
        """Numbers for Prometheus: what processes count, and what the database knows."""
        found = [numbers.readiness(ready)]
        for source in collect:
            try:
                found += source()
            except SeealsoError as error:
                log.warning("Some numbers can't be had", error=str(error))
        return Response(numbers.render(found), content_type=numbers.CONTENT_TYPE)

    not_ready = {503: "Not ready; the detail says why."}
    openapi.describe(tag="operation", media="application/json")(alive)
    openapi.describe(tag="operation", media="application/json", responses=not_ready)(is_ready)
    openapi.describe(tag="operation", media="text/plain")(show_metrics)
    for name, view in (
        ("healthz", alive), ("livez", alive), ("readyz", is_ready), ("metrics", show_metrics),
    ):  # fmt: skip
        routes.add_url_rule(f"/{name}", name, view)
    return routes


def _counted() -> list[numbers.Metric]:
    return numbers.collected(meters.ALL)


def _serve_openapi(app: Flask, hub_url: str, version: str) -> None:
    @openapi.describe(tag="operation", media="application/json")
    def show_openapi() -> Response:
        """This description of the interface, as OpenAPI 3.1."""
        return json_answer(openapi.build(app, version=version, server=hub_url))

    app.add_url_rule("/openapi.json", "openapi", show_openapi)
