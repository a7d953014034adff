"""The operator's API of watched sources and their health. All of it needs the key.

GET    /api/sources                     all of them
POST   /api/sources                     add one: {"name", "location", "plugin", "options", ...}
POST   /api/sources/test                what would come in from a location, with nothing stored
GET    /api/sources/<name>              one, with its findings
PATCH  /api/sources/<name>              describe it anew; what is not given stays
DELETE /api/sources/<name>              watch it no more; its articles stay
GET    /api/sources/<name>/items        what its lists name: ?state= ?limit=
POST   /api/sources/<name>/{test,look,pause,resume}
GET    /api/source-plugins              the plugins, with their options
GET    /api/findings                    what is wrong: ?source= ?ignored=1
POST   /api/findings/<source>/<code>/{ignore,heed}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, request
from seealso_core import parameters
from seealso_core.errors import PluginFailed
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, json_answer
from seealso_sdk.errors import Retry
from seealso_store.clock import SECOND, iso
from seealso_store.findings import FindingRow
from seealso_store.source_items import SourceItem
from seealso_store.sources import ON_GONE

from seealso_ingest.errors import SourceExists, SourceInvalid, SourceUnknown
from seealso_ingest.fetch import FetchError
from seealso_ingest.places import Busy
from seealso_ingest.watchlist import Preview, Shown, Watchlist, Wish

TAG = "sources"
STATES = ("waiting", "read", "failed", "gone")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,98}[A-Za-z0-9])?\Z")
_RESERVED = frozenset({"api", "test"})
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_DESCRIBED = {
    "location": {"type": "string"},
    "plugin": {"type": "string"},
    "options": _TEXTS,
    "fields": _TEXTS,
    "on_gone": {"enum": list(ON_GONE)},
}
_CHANGE = {"application/json": {"type": "object", "properties": _DESCRIBED}}
_NEW = {
    "application/json": {
        "type": "object",
        "required": ["name", "location"],
        "properties": {"name": {"type": "string"}, **_DESCRIBED},
    }
}
_UNKNOWN = {404: "No such source is watched."}
_WRONG = {400: "It can't be watched like that; the detail says why, and what to do."}
_UNREACHED = {422: "The location can't be fetched, or its plugin broke down over it."}
_NO_FINDING = {404: "There is no such finding."}


class SourcesApi:
    """The views of /api/sources, /api/source-plugins and /api/findings."""

    def __init__(self, watchlist: Watchlist) -> None:
        self._watchlist = watchlist

    def register(self, routes: Blueprint, guard: Guard) -> None:
        """Add the routes, each behind the key."""
        for rule, method, view in (
            ("/api/sources", "GET", self.list_sources),
            ("/api/sources", "POST", self.add_source),
            ("/api/sources/test", "POST", self.test_location),
            ("/api/sources/<name>", "GET", self.get_source),
            ("/api/sources/<name>", "PATCH", self.change_source),
            ("/api/sources/<name>", "DELETE", self.remove_source),
            ("/api/sources/<name>/items", "GET", self.list_items),
            ("/api/sources/<name>/test", "POST", self.test_source),
            ("/api/sources/<name>/look", "POST", self.look_source),
            ("/api/sources/<name>/pause", "POST", self.pause_source),
            ("/api/sources/<name>/resume", "POST", self.resume_source),
            ("/api/source-plugins", "GET", self.list_plugins),
            ("/api/findings", "GET", self.list_findings),
            ("/api/findings/<source>/<code>/ignore", "POST", self.ignore_finding),
            ("/api/findings/<source>/<code>/heed", "POST", self.heed_finding),
        ):
            routes.add_url_rule(rule, view.__name__, guard.required(view), methods=[method])

    @describe("The sources that are watched, and how each is.", tag=TAG)
    def list_sources(self) -> Response:
        return json_answer({"sources": [_shown(one) for one in self._watchlist.everyone()]})

    @describe(
        "Watch a source. Without a plugin its location is looked at, to find the one that fits.",
        tag=TAG,
        body=_NEW,
        responses={201: "It is watched.", **_WRONG, 409: "The name is taken.", **_UNREACHED},
    )
    def add_source(self) -> Response:
        given = parameters.json_object()
        wish = _wish(given, Wish(name=_name(given.get("name")), location=""))
        return json_answer(_answered(lambda: _shown(self._watchlist.add(wish))), 201)

    @describe(
        "What would come in from a location, field by field. Nothing is stored.",
        tag=TAG,
        body=_CHANGE,
        responses={**_WRONG, **_UNREACHED},
    )
    def test_location(self) -> Response:
        wish = _wish(parameters.json_object(), Wish(name="test", location=""))
        return json_answer(_answered(lambda: _preview(self._watchlist.test(wish))))

    @describe("A watched source, with its findings, ignored ones too.", tag=TAG, responses=_UNKNOWN)
    def get_source(self, name: str) -> Response:
        return json_answer(_answered(lambda: _shown(self._watchlist.one(name))))

    @describe(
        "Describe a source anew: what is not given stays. All that is there is read again.",
        tag=TAG,
        body=_CHANGE,
        responses={**_WRONG, **_UNKNOWN, **_UNREACHED},
    )
    def change_source(self, name: str) -> Response:
        given = parameters.json_object()

        def changed() -> dict[str, Any]:
            wish = _wish(given, self._watchlist.wish_of(name))
            return _shown(self._watchlist.change(wish))

        return json_answer(_answered(changed))

    @describe(
        "Watch a source no more, and forget how that went. Its articles stay.",
        tag=TAG,
        responses={204: "It is watched no more.", **_UNKNOWN},
    )
    def remove_source(self, name: str) -> Response:
        _answered(lambda: self._watchlist.remove(name))
        return Response(status=204)

    @describe(
        "What a source's lists name, what has an error first.",
        tag=TAG,
        query={"state": f"One of {', '.join(STATES)}.", "limit": "1 to 1000; 100."},
        responses={**_UNKNOWN, 400: "A parameter is wrong; the detail names it."},
    )
    def list_items(self, name: str) -> Response:
        state = request.args.get("state")
        if state is not None and state not in STATES:
            raise parameters.invalid("state", f"give one of {', '.join(STATES)}.")
        limit = parameters.number("limit", 100, most=1000)
        found = _answered(lambda: self._watchlist.items(name, state, limit))
        return json_answer({"items": [_item(one) for one in found]})

    @describe(
        "What a look at a source would bring now, with what the body says instead. Nothing is"
        " stored.",
        tag=TAG,
        body=_CHANGE,
        responses={**_WRONG, **_UNKNOWN, **_UNREACHED},
    )
    def test_source(self, name: str) -> Response:
        given = parameters.json_object() if request.get_data() else {}

        def tested() -> dict[str, Any]:
            return _preview(self._watchlist.test(_wish(given, self._watchlist.wish_of(name))))

        return json_answer(_answered(tested))

    @describe(
        "Have a source looked at now.",
        tag=TAG,
        query={"anew": "1: though nothing has changed there."},
        responses={**_UNKNOWN, 400: "It is paused."},
    )
    def look_source(self, name: str) -> Response:
        anew = request.args.get("anew") == "1"
        return json_answer(_answered(lambda: _shown(self._watchlist.look(name, anew=anew))))

    @describe("Look at a source no more, until it is resumed.", tag=TAG, responses=_UNKNOWN)
    def pause_source(self, name: str) -> Response:
        return json_answer(_answered(lambda: _shown(self._watchlist.pause(name))))

    @describe("Look at a source again, from now on.", tag=TAG, responses=_UNKNOWN)
    def resume_source(self, name: str) -> Response:
        return json_answer(_answered(lambda: _shown(self._watchlist.resume(name))))

    @describe("The source plugins: what each reads, which places it watches, its options.", tag=TAG)
    def list_plugins(self) -> Response:
        return json_answer({"plugins": [one.to_dict() for one in self._watchlist.plugins()]})

    @describe(
        "What is wrong with sources.",
        tag=TAG,
        query={"source": "Only of this source.", "ignored": "1: those that are ignored, too."},
    )
    def list_findings(self) -> Response:
        found = self._watchlist.findings(
            request.args.get("source"), ignored=request.args.get("ignored") == "1"
        )
        return json_answer({"findings": [_finding(one) for one in found]})

    @describe("Ignore a finding for as long as it lasts.", tag=TAG, responses=_NO_FINDING)
    def ignore_finding(self, source: str, code: str) -> Response:
        return self._marked(source, code, ignore=True)

    @describe("Heed a finding again.", tag=TAG, responses=_NO_FINDING)
    def heed_finding(self, source: str, code: str) -> Response:
        return self._marked(source, code, ignore=False)

    def _marked(self, source: str, code: str, *, ignore: bool) -> Response:
        try:
            return json_answer(_finding(self._watchlist.mark(source, code, ignore=ignore)))
        except SourceUnknown as error:
            raise Problem(404, "finding-unknown", f"{error}.".capitalize()) from error


# --- what comes in -------------------------------------------------------------------------------


def _name(given: Any) -> str:
    if not isinstance(given, str) or not _NAME.match(given) or given in _RESERVED:
        detail = (
            "name: give letters, digits, '.', '_', ':' and '-', at most 100; not"
            f" {' or '.join(sorted(_RESERVED))}."
        )
        raise Problem(400, "source-invalid", detail, field="name")
    return given


def _wish(given: dict[str, Any], known: Wish) -> Wish:
    """What is given, over what is known."""
    unknown = sorted(set(given) - {"name", *_DESCRIBED})
    if unknown:
        detail = f"{', '.join(unknown)[:80]}: give {', '.join(('name', *_DESCRIBED))}."
        raise Problem(400, "member-unknown", detail, field=unknown[0][:80])
    location = _text(given, "location", known.location)
    if not location:
        detail = "location: say where it is: an address that begins with http:// or https://."
        raise Problem(400, "location-invalid", detail, field="location")
    return replace(
        known,
        location=location,
        plugin=_text(given, "plugin", known.plugin) or None,
        on_gone=_text(given, "on_gone", known.on_gone) or known.on_gone,
        options=_texts(given, "options", known),
        fields=_texts(given, "fields", known),
    )


def _text(given: dict[str, Any], name: str, known: str | None) -> str | None:
    value = given.get(name, known)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 4096:
        raise Problem(400, "member-invalid", f"{name}: give a text.", field=name)
    return value.strip()


def _texts(given: dict[str, Any], name: str, known: Wish) -> dict[str, str]:
    value = given.get(name, dict(getattr(known, name)))
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        detail = f'{name}: give an object of texts: {{"name": "value"}}.'
        raise Problem(400, "member-invalid", detail, field=name)
    return value


def _answered(work: Callable[[], Any]) -> Any:
    """What a use case gives, or its refusal as a problem."""
    try:
        return work()
    except SourceUnknown as error:
        raise Problem(404, "source-unknown", f"There is {error}.") from error
    except SourceExists as error:
        raise Problem(409, "source-exists", f"There is {error}.", field="name") from error
    except SourceInvalid as error:
        raise Problem(400, error.code, str(error), field=error.field) from error
    except FetchError as error:
        raise Problem(422, "location-unreachable", f"{error}.", field="location") from error
    except (PluginFailed, Retry) as error:
        detail = f"The source plugin could not read it: {error}."
        raise Problem(422, "source-failed", detail) from error
    except Busy as error:
        seconds = str(max(1, round(error.seconds)))
        detail = "The hub asks this host just now. Try again."
        raise Problem(503, "host-busy", detail, headers={"Retry-After": seconds}) from error


# --- what goes out -------------------------------------------------------------------------------


def _shown(one: Shown) -> dict[str, Any]:
    source = one.source
    return {
        "name": source.name,
        "plugin": source.plugin,
        "location": source.location,
        "options": dict(source.options),
        "fields": dict(source.fields),
        "on_gone": source.on_gone,
        "state": source.state,
        "created": iso(source.created),
        "next_look": None if source.state == "paused" else _time(source.look_at or source.run_at),
        "pace_seconds": source.pace // SECOND,
        "failures": source.failures,
        "error": source.error,
        "looked": _time(source.looked),
        "succeeded": _time(source.succeeded),
        "renewed": _time(source.renewed),
        "in_answer": source.items,
        "items": asdict(one.items),
        "findings": [_finding(row) for row in one.findings],
        "said": one.said or None,
    }


def _finding(row: FindingRow) -> dict[str, Any]:
    return {
        "source": row.source,
        "code": row.code,
        "detail": row.detail,
        "since": iso(row.since),
        "at": iso(row.at),
        "ignored": _time(row.ignored),
    }


def _item(one: SourceItem) -> dict[str, Any]:
    return {
        "url": one.key,
        "rel": one.rel or "item",
        "state": one.state,
        "article_id": one.article_id,
        "modified": one.modified,
        "failures": one.failures,
        "error": one.error,
        "next": iso(one.run_at),
        "gone": _time(one.gone),
    }


def _preview(found: Preview) -> dict[str, Any]:
    return {
        "url": found.url,
        "plugin": found.plugin,
        "media_type": found.media_type,
        "said": found.said or None,
        "count": found.count,
        "articles": [
            {"from": one.url, "article": one.article.to_dict(), "provenance": dict(one.provenance)}
            for one in found.articles
        ],
        "problems": [
            {key: value for key, value in asdict(one).items() if value is not None}
            for one in found.problems
        ],
        "lead_count": found.lead_count,
        "leads": [one.to_dict() for one in found.leads],
    }


def _time(at: int | None) -> str | None:
    return None if at is None else iso(at)
