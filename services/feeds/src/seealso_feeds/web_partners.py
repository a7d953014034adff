"""The operator's API of partners and channels: JSON at the edge, `Channels` behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from flask import Blueprint, Response, request
from seealso_core import parameters
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, json_answer, problem_answer
from seealso_store.clock import iso
from seealso_store.partners import ChannelRow, Partner
from werkzeug.wrappers import Response as BaseResponse

from seealso_feeds.channels import Channels, Wanted
from seealso_feeds.documents import DEFAULT_LIMIT
from seealso_feeds.errors import NotHere, Refused

T = TypeVar("T")

_KINDS: Mapping[type, str] = {str: "a string", int: "a whole number", bool: "true or false"}

_PARTNER = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "url": {"type": "string"}},
}
_CHANNEL = {
    "type": "object",
    "required": ["partner", "topics"],
    "properties": {
        "partner": {"type": "string", "description": "Id or name."},
        "title": {"type": "string"},
        "topics": {"type": "array", "items": {"type": "string"}},
        "related": {"type": "boolean", "description": "Also the articles of related topics."},
        "language": {"type": "string", "description": "BCP 47; takes its regions too."},
        "outputs": {"type": "array", "items": {"type": "string"}, "description": "rss, atom, …"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 200},
    },
}


class PartnersApi:
    """The views of /api/partners and /api/channels."""

    def __init__(self, channels: Channels, hub_url: str) -> None:
        self._channels = channels
        self._hub_url = hub_url

    def register(self, routes: Blueprint, guard: Guard) -> None:
        """Add the routes, all behind the bearer key."""
        for rule, method, view in (
            ("/api/partners", "GET", self.partners),
            ("/api/partners", "POST", self.add_partner),
            ("/api/partners/unreached", "GET", self.unreached),
            ("/api/channels", "GET", self.channels),
            ("/api/channels", "POST", self.open_channel),
            ("/api/channels/<channel_id>", "DELETE", self.revoke),
        ):
            name = f"{view.__name__}_api"
            routes.add_url_rule(rule, name, guard.required(view), methods=[method])
        routes.register_error_handler(Refused, _refused)

    @describe("All partners.", tag="partners")
    def partners(self) -> Response:
        return json_answer({"partners": [_partner(one) for one in self._channels.partners()]})

    @describe(
        "Add a partner.",
        tag="partners",
        body={"application/json": _PARTNER},
        responses={201: "Added.", 200: "It was there.", 422: "The name or URL can't be used."},
    )
    def add_partner(self) -> Response:
        body = parameters.json_object()
        url = _get(body, "url", str, "") or None
        partner, new = self._channels.add_partner(_get(body, "name", str, ""), url)
        return json_answer(_partner(partner), 201 if new else 200)

    @describe(
        "Who may still show an article that was taken back: read before, not asked since.",
        tag="partners",
    )
    def unreached(self) -> Response:
        found = [
            {
                **asdict(one),
                "withdrawn_at": iso(one.withdrawn_at),
                "last_read": iso(one.last_read),
            }
            for one in self._channels.unreached()
        ]
        return json_answer({"unreached": found})

    @describe("Channels, without their secrets.", tag="channels", query={"partner": "Id or name."})
    def channels(self) -> Response:
        try:
            rows = self._channels.channels(request.args.get("partner") or None)
        except NotHere as error:
            raise _unknown(error, 404) from error
        return json_answer({"channels": [_channel(row) for row in rows]})

    @describe(
        "Open a channel. Its secret URLs are in this answer, and nowhere ever again.",
        tag="channels",
        body={"application/json": _CHANNEL},
        responses={201: "Opened.", 422: "Something that was asked for is not to be had."},
    )
    def open_channel(self) -> Response:
        try:
            opened = self._channels.open_channel(_wanted(parameters.json_object()))
        except NotHere as error:
            raise _unknown(error, 422) from error
        feed = f"{self._hub_url}/channels/{opened.secret}/feed"
        extensions = opened.channel.outputs or ("rss", "atom", "json")
        urls = {extension: f"{feed}.{extension}" for extension in extensions}
        document = {**_channel(opened.channel), "secret": opened.secret, "feeds": urls}
        return json_answer(document, 201, {"Cache-Control": "no-store"})

    @describe(
        "Close a channel for ever: its URLs answer 410.",
        tag="channels",
        responses={200: "Closed.", 404: "There is no such channel."},
    )
    def revoke(self, channel_id: str) -> Response:
        try:
            return json_answer(_channel(self._channels.revoke(channel_id)))
        except NotHere as error:
            raise _unknown(error, 404) from error


def _wanted(body: Mapping[str, Any]) -> Wanted:
    return Wanted(
        partner=_get(body, "partner", str, ""),
        title=_get(body, "title", str, ""),
        topics=_strings(body, "topics"),
        related=_get(body, "related", bool, False),
        language=_get(body, "language", str, "") or None,
        outputs=_strings(body, "outputs"),
        limit=_get(body, "limit", int, DEFAULT_LIMIT),
    )


def _get(body: Mapping[str, Any], name: str, kind: type[T], default: T) -> T:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Refused(name, f"{name}: found {type(value).__name__}. Give {_KINDS[kind]}.")
    return value


def _strings(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused(name, f"{name}: give a list of strings.")
    return tuple(value)


def _partner(one: Partner) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "url": one.url,
        "channels": one.channels,
        "created": iso(one.created),
    }


def _channel(row: ChannelRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "partner": row.partner_id,
        "title": row.title,
        "topics": list(row.topics),
        "related": row.related,
        "language": row.language,
        "outputs": list(row.outputs),
        "limit": row.max_items,
        "created": iso(row.created),
        "revoked": iso(row.revoked) if row.revoked is not None else None,
    }


def _refused(error: Refused) -> BaseResponse:
    problem = Problem(422, "refused", str(error), field=error.field)
    return problem_answer(problem, as_page=False)


def _unknown(error: NotHere, status: int) -> Problem:
    near = [label for label, _ in error.near]
    hint = f" Did you mean {', '.join(near[:5])}?" if near else ""
    return Problem(status, f"{error.what}-unknown", f"{error}{hint}", near=near)
