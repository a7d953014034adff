"""JSON Feed 1.0 and 1.1 (jsonfeed.org), with the tombstones of this hub's own feeds.

{"items": [...]}                                       -> RawArticle | Problem
{"_seealso": {"deleted": [{"id", "when", "reason"}]}}  -> RawArticle(withdrawn=True)
{"hubs", "feed_url", "next_url"}                       -> Lead
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from seealso_sdk import Lead, Media, Person, Problem, Publisher, RawArticle, SeeAlso
from seealso_sdk.datetext import date_of
from seealso_sdk.furniture import kind_named
from seealso_sdk.model import Piece
from seealso_sdk.text import clean
from seealso_source_feed_fields import web
from seealso_source_feed_items import headline, kind_of
from seealso_source_feed_text import joined, language_of, plain


def read(data: bytes, url: str, most: int) -> Iterator[Piece]:
    """The feed's items, its tombstones, its leads; one Problem where it is no feed."""
    try:
        feed = json.loads(data)
    except (ValueError, RecursionError) as error:
        yield Problem(
            code="json-syntax",
            detail=f"not JSON: {error}",
            remedy="Correct the feed.",
            line=getattr(error, "lineno", None),
        )
        return
    version = feed.get("version") if isinstance(feed, dict) else None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(version, str) or "jsonfeed.org/version/" not in version or items is None:
        yield Problem(
            code="feed-unknown",
            detail="this is no JSON Feed: it has no version of jsonfeed.org, or no items",
            remedy="Send the feed itself, or articles as application/json.",
        )
    elif not isinstance(items, list):
        yield Problem(
            code="field-invalid",
            detail=f"items: found {type(items).__name__}",
            field="items",
            remedy="Give a list.",
        )
    else:
        for index, item in enumerate(items[:most]):
            yield _item(item, feed, url, index)
        yield from _tombstones(feed)
        yield from _leads(feed, url)


def _item(item: Any, feed: Mapping[str, Any], base: str, index: int) -> RawArticle | Problem:
    if not isinstance(item, dict):
        return Problem(
            code="field-invalid",
            detail=f"items[{index}]: found {type(item).__name__}",
            field=f"items[{index}]",
            remedy="Give an object.",
            index=index,
        )
    html, text = _string(item.get("content_html")), _string(item.get("content_text"))
    title = " ".join((_string(item.get("title")) or "").split())
    identity, url = _identity(item.get("id")), web(_absolute(item.get("url"), base))
    if not (title or html or text or identity or url):
        return Problem(
            code="item-empty",
            detail="an item without title, content, url or id",
            field=f"items[{index}]",
            remedy="Give it at least an id and content.",
            index=index,
        )
    outside = _absolute(item.get("external_url"), base)
    body_line = plain(html or text or "")
    media = _media(item, base)
    return RawArticle(
        title=title or headline(body_line),
        external_id=identity or url,
        url=url,
        kind=kind_named(title) or kind_of(tuple(one.type or "" for one in media)),
        summary=_string(item.get("summary")),
        language=_string(item.get("language"))
        or _string(feed.get("language"))
        or language_of(body_line or title),
        html=html,
        text=None if html else text,
        authors=_authors(item) or _authors(feed),
        publisher=_publisher(feed),
        published=date_of(_string(item.get("date_published")) or ""),
        updated=date_of(_string(item.get("date_modified")) or ""),
        topics=tuple(dict.fromkeys(filter(None, map(_string, _listed(item.get("tags")))))),
        see_also=(SeeAlso("", url=outside, ref=outside),) if outside else (),
        media=media,
        provenance=_provenance(item, feed),
    )


_KEYS = {
    "title": ("title", "content_html", "content_text"),
    "external_id": ("id", "url"),
    "url": ("url",),
    "summary": ("summary",),
    "language": ("language", "feed language"),
    "html": ("content_html",),
    "authors": ("authors", "author", "feed authors", "feed author"),
    "publisher": ("feed title",),
    "published": ("date_published",),
    "updated": ("date_modified",),
    "topics": ("tags",),
    "see_also": ("external_url",),
    "media": ("attachments", "image", "banner_image"),
}


def _provenance(item: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for field, keys in _KEYS.items():
        for key in keys:
            owner, name = (feed, key[5:]) if key.startswith("feed ") else (item, key)
            if owner.get(name):
                found[field] = key
                break
    if "html" not in found and item.get("content_text"):
        found["text"] = "content_text"
    return found


def _string(value: Any) -> str | None:
    text = clean(value).strip() if isinstance(value, str) else ""
    return text or None


def _absolute(url: Any, base: str) -> str | None:
    text = _string(url)
    return joined(base, text) if text else None


def _identity(value: Any) -> str | None:
    """JSON Feed 1.1 has strings; where a number stands, readers are told to read it as one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value)[:100] if is_number else _string(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _authors(owner: Mapping[str, Any]) -> tuple[Person, ...]:
    """``authors`` (1.1), else ``author`` (1.0)."""
    listed = _listed(owner.get("authors")) or [owner.get("author")]
    people = [author for author in listed if isinstance(author, dict)]
    named = [(_string(person.get("name")), web(_string(person.get("url")))) for person in people]
    return tuple(Person(name, url) for name, url in named if name)


def _publisher(feed: Mapping[str, Any]) -> Publisher | None:
    name = _string(feed.get("title"))
    return Publisher(name, web(_string(feed.get("home_page_url")))) if name else None


def _media(item: Mapping[str, Any], base: str) -> tuple[Media, ...]:
    found: dict[str, Media] = {}
    for name in ("image", "banner_image"):
        url = _absolute(item.get(name), base)
        if url:
            found.setdefault(url, Media(url))
    for attachment in _listed(item.get("attachments")):
        if isinstance(attachment, dict) and (url := _absolute(attachment.get("url"), base)):
            kind, title = _string(attachment.get("mime_type")), _string(attachment.get("title"))
            found.setdefault(url, Media(url, type=kind, alt=title))
    return tuple(found.values())


def _tombstones(feed: Mapping[str, Any]) -> Iterator[RawArticle]:
    """JSON Feed has none: ``_seealso.deleted`` is how this hub's feeds say it."""
    extension = feed.get("_seealso")
    for stone in _listed(extension.get("deleted")) if isinstance(extension, dict) else ():
        reference = _identity(stone.get("id")) if isinstance(stone, dict) else None
        if reference:
            yield RawArticle(
                external_id=reference,
                updated=date_of(_string(stone.get("when")) or ""),
                withdrawn=True,
                withdrawn_reason=_string(stone.get("reason")),
                provenance={"withdrawn": "_seealso.deleted"},
            )


def _leads(feed: Mapping[str, Any], base: str) -> Iterator[Lead]:
    for hub in _listed(feed.get("hubs")):
        url = web(_absolute(hub.get("url"), base)) if isinstance(hub, dict) else None
        if url and str(hub.get("type", "WebSub")).lower() in ("websub", "pubsubhubbub"):
            yield Lead(url=url, rel="hub")
    own, further = (web(_absolute(feed.get(key), base)) for key in ("feed_url", "next_url"))
    if own:
        yield Lead(url=own, rel="self")
    if further and further not in (base, own):
        yield Lead(url=further, rel="list")
