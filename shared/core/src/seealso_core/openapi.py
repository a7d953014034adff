"""OpenAPI 3.1 from what is really served: the url_map, and what the views say of themselves.

    @blueprint.get("/api/topics")
    @guard.required
    @describe(tag="topics", query={"q": "Words to look for."}, responses={200: "The topics."})
    def topics(): ...

A view without `describe` is listed all the same, by the first line of its docstring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Flask
from werkzeug.routing import Rule

_NOTE = "__seealso_openapi__"
_PARAMETER = re.compile(r"<(?:(?P<converter>[^:<>]+):)?(?P<name>[^<>]+)>")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_TYPES = {"int": "integer", "float": "number"}

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Note:
    """What a view says of itself."""

    summary: str = ""
    description: str = ""
    tag: str = "public"
    media: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    responses: Mapping[int, str] = field(default_factory=dict)
    guarded: bool = False


def describe(
    summary: str = "",
    *,
    description: str = "",
    tag: str = "public",
    media: str = "",
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Mapping[str, Any]] | Sequence[str] = (),
    responses: Mapping[int, str] | None = None,
    auth: bool = False,
) -> Callable[[View], View]:
    """Say what a view does. Every argument may be left out.

    Args:
        summary: one line; default is the first line of the docstring.
        tag: the noun that it belongs to.
        media: type of the successful answer; default application/json under /api, else text/html.
        query: {name of a query parameter: what it does}.
        body: media types that are read, or {media type: JSON Schema}.
        responses: {status: what it means}; 200 is there by default.
        auth: needs the bearer key; `Guard.required` says so by itself.
    """
    bodies = body if isinstance(body, Mapping) else {kind: {} for kind in body}
    note = Note(summary, description, tag, media, query or {}, bodies, responses or {}, auth)

    def mark(view: View) -> View:
        _set_note(view, replace(note, guarded=note.guarded or _note(view).guarded))
        return view

    return mark


def mark_guarded(view: Callable[..., Any]) -> None:
    """Note that the view needs the bearer key, whichever decorator came first."""
    _set_note(view, replace(_note(view), guarded=True))


def _note(view: Callable[..., Any]) -> Note:
    note: Note = getattr(view, _NOTE, Note())
    return note


def _set_note(view: Callable[..., Any], note: Note) -> None:
    setattr(view, _NOTE, note)


def build(app: Flask, *, version: str, server: str = "", title: str = "Seealso") -> dict[str, Any]:
    """The OpenAPI document of an app. Every rule of its url_map is in it."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        path = path_of(rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            view = app.view_functions[rule.endpoint]
            paths.setdefault(path, {})[method.lower()] = _operation(rule, method, view)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server or "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": _PROBLEM},
        },
    }


def path_of(rule: Rule) -> str:
    """A rule as OpenAPI writes it: ``/topics/{slug}``."""
    return _PARAMETER.sub(lambda match: f"{{{match['name']}}}", rule.rule)


def _operation(rule: Rule, method: str, view: Callable[..., Any]) -> dict[str, Any]:
    note = _note(view)
    first_line = (view.__doc__ or "").strip().split("\n")[0]
    operation: dict[str, Any] = {
        "operationId": _NOT_WORD.sub("_", f"{method} {rule.rule}".lower()).strip("_"),
        "summary": note.summary or first_line,
        "tags": [note.tag],
        "responses": _responses(rule, note),
    }
    if note.description:
        operation["description"] = note.description
    if parameters := _parameters(rule, note):
        operation["parameters"] = parameters
    if note.body and method in ("POST", "PUT", "PATCH", "DELETE"):
        content = {kind: {"schema": dict(schema)} for kind, schema in note.body.items()}
        operation["requestBody"] = {"required": method != "DELETE", "content": content}
    if note.guarded:
        operation["security"] = [{"key": []}]
    return operation


def _parameters(rule: Rule, note: Note) -> list[dict[str, Any]]:
    in_path = [
        {
            "name": match["name"],
            "in": "path",
            "required": True,
            "schema": {"type": _TYPES.get(match["converter"] or "", "string")},
        }
        for match in _PARAMETER.finditer(rule.rule)
    ]
    in_query = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in note.query.items()
    ]
    return in_path + in_query


def _responses(rule: Rule, note: Note) -> dict[str, Any]:
    default = "application/json" if rule.rule.startswith("/api") else "text/html"
    said = dict(note.responses)
    if not any(status < 400 for status in said):
        said[200] = "As the summary says."
    if note.guarded:
        said.setdefault(401, "The bearer key is missing or wrong.")
    responses = {}
    for status, text in sorted(said.items()):
        answer: dict[str, Any] = {"description": text or HTTPStatus(status).phrase}
        if status >= 400:
            reference = {"$ref": "#/components/schemas/Problem"}
            answer["content"] = {"application/problem+json": {"schema": reference}}
        elif status not in (204, 301, 302, 303, 304, 308):
            answer["content"] = {note.media or default: {"schema": {}}}
        responses[str(status)] = answer
    return responses


_PROBLEM: dict[str, Any] = {
    "description": "RFC 9457. `code` is stable; `errors` lists several problems of one request.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
