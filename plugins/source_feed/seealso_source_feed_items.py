"""A feed's tree into what it holds: its items, its tombstones, and the places that it names.

Document --walk--> items -------> RawArticle | Problem
                   deleted-entry > RawArticle(withdrawn=True)     RFC 6721
                   feed's links -> Lead(hub, self, list)          WebSub, RFC 5005
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import seealso_source_feed_fields as fields
from seealso_sdk import Lead, Person, Problem, Publisher, RawArticle, Rights
from seealso_sdk.datetext import date_of
from seealso_sdk.furniture import kind_named
from seealso_source_feed_fields import Link, Node, node_of
from seealso_source_feed_media import media as media_of
from seealso_source_feed_names import ATOM, attributes_of, name_of, namespace_of
from seealso_source_feed_repair import WRAPPER
from seealso_source_feed_text import Scope, language_of, line_of, plain
from seealso_source_feed_xml import Document

Found = tuple[Any, str]  # a field's value, and the name of the element where it was found

_ITEMS = frozenset({"item", "entry"})
_FEEDS = frozenset({"rss", "rdf:rdf", "feed", "channel", "rdf", *_ITEMS})
_LEADS = {"hub": "hub", "self": "self", "next": "list", "prev-archive": "list"}


@dataclass(frozen=True, slots=True)
class Feed:
    """What the feed says of itself, and of its items where they say nothing."""

    links: tuple[Link, ...] = ()
    publisher: Publisher | None = None
    authors: tuple[Person, ...] = ()
    rights: Rights | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """A feed as found: its own element (None: there is none), its items, its tombstones."""

    head: Any
    items: tuple[Any, ...]
    tombstones: tuple[Any, ...]
    scope: Scope


def contents_of(document: Document, url: str) -> Contents | None:
    """The feed in a document; None where it is none."""
    root = document.root
    if root.tag == WRAPPER:
        root = next((one for one in root if name_of(one) in _FEEDS), root)
    head, items, stones = None, [], []
    for name, element in _walk(document.root):
        if name in _ITEMS:
            items.append(element)
        elif name == "at:deleted-entry":
            stones.append(element)
        elif head is None and name in ("channel", "feed"):
            head = element
    root_name = name_of(root)
    if root_name == "html" or (root_name not in _FEEDS and not items and head is None):
        return None
    is_atom = namespace_of(root) in ATOM or root_name in ("feed", "entry")
    scope = Scope(url, document.has_base, document.has_lang, is_atom)
    return Contents(head, tuple(items), tuple(stones), scope)


def _walk(root: Any) -> Iterator[tuple[str, Any]]:
    """Elements in their order; nothing of what is in an item."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        name = name_of(element)
        yield name, element
        if name not in _ITEMS:
            waiting.extend(reversed(element))


def feed_of(contents: Contents) -> Feed:
    """What holds for all items."""
    if contents.head is None:
        return Feed()
    node = node_of(contents.head, contents.scope)
    known = fields.links(node)
    own_language = next((line_of(one) for _, one in node.all("language", "dc:language")), None)
    language = own_language or contents.scope.language(contents.head)
    return Feed(
        links=known,
        publisher=fields.publisher(node, known),
        authors=fields.people(node)[0],
        rights=fields.rights(node, known)[0],
        language=language.replace("_", "-") if language else None,
    )


def leads(contents: Contents, feed: Feed) -> Iterator[Lead]:
    """Where to subscribe, where the feed says that it is, and where it goes on."""
    for link in feed.links:
        rel = _LEADS.get(link.rel)
        if rel and fields.web(link.url) and (rel != "list" or link.url != contents.scope.url):
            yield Lead(url=link.url, rel=rel, media_type=link.type or None)  # type: ignore[arg-type]


# --- an item -----------------------------------------------------------------------------------


def article(element: Any, feed: Feed, scope: Scope, index: int) -> RawArticle | Problem:
    """An item as an article. What it doesn't say of itself, its feed says for it."""
    node = node_of(element, scope)
    known = fields.links(node)
    body = fields.body(node)
    html, text = fields.body_fields(body)
    name, name_at = fields.title(node)
    language, language_at = fields.language(node, body)
    language, language_at = _or(language, language_at, feed.language, "feed language")
    url, url_at = fields.page(node, known, language)
    identity, identity_at = fields.identity(node)
    identity, identity_at = _or(identity, identity_at, url, url_at)
    if not (name or body.text.value or identity):
        return Problem(
            code="item-empty",
            detail="an item without title, content, link or id",
            remedy="Give it at least a title or content.",
            index=index,
        )
    # A title and a language are told by the text where the feed doesn't tell them.
    body_line = "" if name and language else plain(body.text.value)
    found: dict[str, Found] = {
        "title": (name, name_at) if name else (headline(body_line), body_line and body.where),
        "external_id": (identity, identity_at),
        "url": (url, url_at),
        "canonical_url": fields.canonical(node, known),
        "summary": (fields.summary(body), body.summary_where),
        "language": (language or language_of(body_line or name), language_at),
        "html": (html, body.where),
        "text": (text, body.where),
        "expires": fields.expires(node),
        "topics": fields.topics(node),
        "see_also": (fields.related(known), "link related"),
        "media": media_of(node, known),
        **_dates(node),
        **_owners(node, known, feed),
    }
    films = tuple(one.type or "" for one in found["media"][0])
    given: dict[str, Any] = {field: value for field, (value, _) in found.items()}
    return RawArticle(
        **given,
        kind=kind_named(name) or kind_of(films),
        provenance={field: where for field, (value, where) in found.items() if value and where},
    )


def _owners(node: Node, known: tuple[Link, ...], feed: Feed) -> dict[str, Found]:
    """Who wrote it and whose it is: by the item, the feed that it was taken from, this feed."""
    origin = _origin(node)
    authors = fields.people(node)
    if not authors[0]:
        authors = _or(*authors, origin.authors or feed.authors, "feed author")
    if not authors[0]:
        authors = fields.people(node, fields.CONTRIBUTORS)
    rights = fields.rights(node, known)
    return {
        "authors": authors,
        "rights": _or(*rights, origin.rights or feed.rights, "feed rights"),
        "publisher": _or(origin.publisher, "source", feed.publisher, "feed title"),
    }


def _or(value: Any, where: str, other: Any, elsewhere: str) -> Found:
    return (value, where) if value else (other, elsewhere if other else "")


def _dates(node: Node) -> dict[str, Found]:
    """``dc:date`` is when it was published where nothing else says so, and when it was updated
    where nothing else says that: RSS 1.0 has no other date."""
    published, published_at = fields.date(node, *fields.PUBLISHED)
    updated, updated_at = fields.date(node, *fields.UPDATED)
    if not (published and updated):
        general, general_at = fields.date(node, "dc:date")
        updated, updated_at = _or(updated, updated_at, general, general_at)
        if not published:
            published, published_at = fields.date(node, *fields.CREATED)
        published, published_at = _or(published, published_at, general, general_at)
    if not updated and node.element.attrib:
        updated = date_of(attributes_of(node.element).get("lastmod", ""))
        updated_at = "lastmod" if updated else ""
    return {"published": (published, published_at), "updated": (updated, updated_at)}


def _origin(node: Node) -> Feed:
    """The feed that the entry was taken from: Atom and RSS ``source`` (RFC 4287 section 4.2.11)."""
    for _, element in node.all("source"):
        if len(element):
            inner = node_of(element, node.scope)
            known = fields.links(inner)
            return Feed(
                publisher=fields.publisher(inner, known),
                authors=fields.people(inner)[0],
                rights=fields.rights(inner, known)[0],
            )
        name = plain(line_of(element))
        if name:
            given = attributes_of(element)
            return Feed(publisher=Publisher(name, fields.web(given.get("url"))))
    return Feed()


def kind_of(types: tuple[str, ...]) -> str | None:
    """A film with nothing beside it is a video."""
    return "video" if types and all(kind.startswith("video/") for kind in types) else None


_TITLE_MAX = 100


def headline(text: str) -> str:
    """The title of what has none: its first sentence."""
    sentence = text
    for at, char in enumerate(text[: _TITLE_MAX * 2]):
        if char in ".!?。！？؟…" and (at + 1 == len(text) or text[at + 1].isspace()):
            sentence = text[: at + 1]
            break
    if len(sentence) <= _TITLE_MAX:
        return sentence.rstrip(".。")
    return f"{sentence[:_TITLE_MAX].rsplit(' ', 1)[0]}…"


# --- a tombstone -------------------------------------------------------------------------------


def tombstone(element: Any) -> RawArticle | None:
    """``at:deleted-entry`` (RFC 6721 section 3); None where it doesn't say what is gone."""
    given = attributes_of(element)
    reference = given.get("ref", "").strip()
    if not reference:
        return None
    said = next((line_of(one) for one in element if name_of(one) == "at:comment"), "")
    return RawArticle(
        external_id=reference,
        updated=date_of(given.get("when", "")),
        withdrawn=True,
        withdrawn_reason=plain(said) or None,
        provenance={"withdrawn": "at:deleted-entry"},
    )
