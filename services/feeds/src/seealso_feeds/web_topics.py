"""The operator's API of topics: import a vocabulary, look topics up, name them. Behind the key."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request
from seealso_core import parameters
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, json_answer
from seealso_store import topics
from seealso_store.clock import iso
from seealso_store.database import Database
from seealso_store.topics import Relation, Topic, TopicCount

from seealso_feeds.errors import NotHere, Refused
from seealso_feeds.flow import Filing, near
from seealso_feeds.plans import topic_of
from seealso_feeds.relate import related_topics
from seealso_feeds.vocabulary import MAX_BYTES, MEDIA_TYPES, VocabularyError, parse

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
RELATED = 20
ORIGINS = (topics.IMPORT, topics.ARTICLE, topics.GHOST)

_LIMIT = f"At most {MAX_LIMIT}; default {DEFAULT_LIMIT}."
_ALIAS = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "description": "The other name, in words."}},
}


def blueprint(filing: Filing, database: Database, guard: Guard) -> Blueprint:
    """The routes under /api/topics, and /api/ghosts, all behind the bearer key.

    No word that can be read stands where a topic's slug may: any title can become a topic.
    """
    routes = Blueprint("topics", __name__)
    api = TopicsApi(filing, database)
    for rule, method, view in (
        ("/api/topics/import", "POST", api.import_vocabulary),
        ("/api/topics", "GET", api.list_topics),
        ("/api/ghosts", "GET", api.list_ghosts),
        ("/api/topics/<slug>", "GET", api.show_topic),
        ("/api/topics/<slug>/alias", "POST", api.add_alias),
    ):
        routes.add_url_rule(rule, view.__name__, guard.required(view), methods=[method])
    return routes


class TopicsApi:
    """The views of /api/topics."""

    def __init__(self, filing: Filing, database: Database) -> None:
        self._filing = filing
        self._database = database

    @describe(
        tag="topics",
        query={"language": "Of the labels, where there are several (SKOS). Default: en."},
        body=MEDIA_TYPES,
        responses={400: "The file can't be read; says where.", 415: "Not one of these types."},
    )
    def import_vocabulary(self) -> Response:
        """Take in topics from JSON, CSV or SKOS. The same file again changes nothing."""
        if request.mimetype not in MEDIA_TYPES:
            types = ", ".join(MEDIA_TYPES)
            detail = f"Content-Type: found {request.mimetype or 'none'!r}. Send one of {types}."
            raise Problem(415, "media-type", detail)
        language = request.args.get("language", "en")
        try:
            vocabulary = parse(_file(), request.mimetype, language)
        except VocabularyError as error:
            status = 413 if error.code in ("too-large", "too-many") else 400
            raise Problem(status, error.code, str(error), place=error.place) from error
        return json_answer(asdict(self._filing.import_topics(vocabulary)))

    @describe(
        tag="topics",
        query={
            "q": "Part of a name.",
            "origin": "import, article or ghost.",
            "limit": _LIMIT,
            "after": "A slug: the page after it.",
        },
    )
    def list_topics(self) -> Response:
        """Topics by slug, with how many articles they have and how many lists ask for them."""
        limit = _limit()
        with self._database.read() as conn:
            found = topics.listing(
                conn,
                search=request.args.get("q", ""),
                origin=_origin(),
                after=request.args.get("after", ""),
                limit=limit,
            )
        following = found[-1].slug if len(found) == limit else None
        return json_answer({"topics": [_line(one) for one in found], "next": following})

    @describe(tag="topics", query={"limit": _LIMIT})
    def list_ghosts(self) -> Response:
        """Titles that See also lists name and nobody has written, the most asked for first."""
        with self._database.read() as conn:
            found = topics.ghosts(conn, _limit())
        return json_answer({"ghosts": [_line(one) for one in found]})

    @describe(tag="topics", responses={404: "No such topic; names the nearest."})
    def show_topic(self, slug: str) -> Response:
        """A topic with its names, relations and related topics. Any of its names finds it."""
        with self._database.read() as conn:
            topic = topic_of(conn, slug)
            if topic is None:
                raise _unknown(NotHere("topic", slug, near(conn, slug)))
            count = topics.counts(conn, [topic.slug])[0]
            relations = topics.relations(conn, topic.slug)
            related = related_topics(conn, topic.slug, RELATED)
        document = {**_whole(topic, count, relations), "related": [asdict(one) for one in related]}
        return json_answer(document)

    @describe(
        tag="topics",
        body={"application/json": _ALIAS},
        responses={404: "No such topic; names the nearest.", 409: "The name is taken."},
    )
    def add_alias(self, slug: str) -> Response:
        """Let a topic go by another name too; a ghost of that name becomes part of it."""
        try:
            return json_answer(asdict(self._filing.alias(slug, _name())))
        except NotHere as error:
            raise _unknown(error) from error
        except Refused as error:
            raise Problem(409, "name-taken", str(error), field=error.field) from error


def _file() -> bytes:
    """The body, and not a byte more than a vocabulary may have."""
    data = request.stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Problem(413, "too-large", f"More than {MAX_BYTES} bytes. Divide the file.")
    return data


def _name() -> str:
    name = parameters.json_object().get("name")
    if not isinstance(name, str) or not name.strip():
        raise Problem(400, "name-missing", 'name: none given. Send {"name": "the other name"}.')
    return name


def _origin() -> str | None:
    origin = request.args.get("origin") or None
    if origin is not None and origin not in ORIGINS:
        raise parameters.invalid("origin", f"found {origin!r}. Give one of {', '.join(ORIGINS)}.")
    return origin


def _limit() -> int:
    return parameters.number("limit", DEFAULT_LIMIT, most=MAX_LIMIT)


def _unknown(error: NotHere) -> Problem:
    meant = " or ".join(label for label, _ in error.near[:3])
    detail = f"{error} Did you mean {meant}?" if meant else str(error)
    close = [{"label": label, "path": path} for label, path in error.near]
    return Problem(404, "topic-unknown", detail, near=close)


def _line(one: TopicCount) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "label": one.label,
        "origin": one.origin,
        "articles": one.articles,
        "asked": one.asked,
        "newest": iso(one.newest) if one.newest else None,
    }


def _whole(topic: Topic, count: TopicCount, relations: list[Relation]) -> dict[str, Any]:
    return {
        **_line(count),
        "synonyms": topic.synonyms,
        "description": topic.description,
        "uri": topic.uri,
        "language": topic.language or None,
        "relations": [asdict(one) for one in relations],
    }
