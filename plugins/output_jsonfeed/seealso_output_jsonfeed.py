"""JSON Feed 1.1 items and feeds.

    Article --> {"id": …, "_seealso": {…}}                      (render: once a version)
    Channel --> head + items as stored + ]}                     (assemble: a join)

What JSON Feed has no member for is in the extension ``_seealso``:

    of an item   kind, version, canonical_url, publisher, series, reviewers, reviewed, review_by,
                 corrections, rights (each only where known); and, of this very feed: categories
                 [{slug, label, origin, score, reason}], related [{url, title, rel, reason}],
                 reason (why the article is in this feed)
    of the feed  id, updated, scheme, topics [{slug, label, origin, url, score, reason}] (related
                 to the feed's own; a "ghost" is named by editors and not written yet), first_url,
                 previous_url, deleted [{id, when, reason}]

``deleted`` lists articles that were taken back: a partner removes the item of that id. An item's
extension is its last member and never empty: `assemble` writes the feed's part before its end.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from seealso_sdk import syndication as say
from seealso_sdk.dates import rfc3339
from seealso_sdk.errors import Reject
from seealso_sdk.hookspecs import hookimpl
from seealso_sdk.model import (
    Article,
    Channel,
    Entry,
    Filing,
    Link,
    Media,
    Person,
    Rendition,
    Tombstone,
)
from seealso_sdk.plugin import Context, OutputMeta
from seealso_sdk.text import slugify

VERSION = "https://jsonfeed.org/version/1.1"
_CLOSE = b"}}"
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class JsonFeedOutput:
    """The ``jsonfeed`` output."""

    meta = OutputMeta(
        name="jsonfeed",
        title="JSON Feed 1.1",
        extension="json",
        media_type="application/feed+json; charset=utf-8",
        version="1",
        description="One item an article; feeds with topics, related links and deletions.",
        fragment=True,
        feed=True,
    )

    def render(self, article: Article, context: Context) -> Rendition:
        """The article as one item, a JSON object."""
        dated = say.first_date(article.dated)
        item = {
            "id": article.guid,
            "url": say.web_url(context.article_url(article.id)),
            "external_url": say.web_url(article.canonical_url),
            "title": say.headline(article),
            **_content(article, context),
            "summary": say.plain(article.summary),
            "image": _image(article),
            "date_published": rfc3339(dated) if dated != say.NO_DATE else None,
            "date_modified": rfc3339(say.first_date(article.revised, article.dated)),
            "authors": _people(article.authors),
            "language": say.language(article.language),
            "attachments": [a for media in article.media if (a := _attachment(media))],
            "_seealso": _known(_extension(article, context)),
        }
        return Rendition(_bytes(_known(item)))

    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        """The channel's head, then each stored item with its tags and related links.

        Raises:
            Reject: a stored rendition is no JSON Feed item.
        """
        head = _bytes(_head(channel))[:-1]
        items = b",\n".join(_item(entry) for entry in entries)
        return b"".join((head, b',"items":[\n', items, b"\n]}\n"))


@hookimpl
def register_outputs() -> list[JsonFeedOutput]:
    return [JsonFeedOutput()]


# --- the item --------------------------------------------------------------------------------


def _content(article: Article, context: Context) -> dict[str, str]:
    html = say.content_html(article, context)
    return {"content_html": html} if html else {"content_text": say.teaser(article)}


def _image(article: Article) -> str | None:
    pictures = (say.web_url(m.url) for m in article.media if say.medium(m) == "image")
    return next((url for url in pictures if url), None)


def _attachment(media: Media) -> dict[str, Any] | None:
    """A file with its type, which the format demands; its size is not known."""
    url, kind = say.web_url(media.url), say.media_type(media)
    if url is None or kind is None:
        return None
    return _known({"url": url, "mime_type": kind, "title": say.plain(media.alt or "")})


def _people(people: Sequence[Person]) -> list[dict[str, Any]]:
    return [
        _known({"name": said, "url": say.web_url(person.url)})
        for person in people
        if (said := say.name(person.name))
    ]


def _extension(article: Article, context: Context) -> dict[str, Any]:
    publisher, series, rights = article.publisher, article.series, article.rights
    return {
        "kind": article.kind,
        "version": article.version,
        "canonical_url": say.web_url(article.canonical_url),
        "publisher": publisher
        and _known({"name": say.plain(publisher.name), "url": say.web_url(publisher.url)}),
        "series": series
        and {
            "title": say.plain(series.title),
            "url": say.web_url(context.series_url(slugify(series.title))),
        },
        "reviewers": _people(article.reviewers),
        "reviewed": say.plain(article.reviewed or ""),
        "review_by": say.plain(article.review_by or ""),
        "corrections": [
            _known({"at": say.plain(correction.at), "text": say.plain(correction.text)})
            for correction in article.corrections
        ],
        "rights": rights
        and _known(
            {
                "license": say.plain(rights.license or ""),
                "attribution": say.plain(rights.attribution or ""),
                "url": say.web_url(rights.url),
            }
        ),
    }


# --- the join --------------------------------------------------------------------------------


def _head(channel: Channel) -> dict[str, Any]:
    feed_url = say.web_url(channel.feed_url)
    next_url = say.web_url(channel.next_url)
    head = {
        "version": VERSION,
        "title": say.plain(channel.title) or channel.hub_name,
        "home_page_url": say.web_url(channel.url),
        "feed_url": feed_url,
        "description": say.plain(channel.description),
        "next_url": next_url if next_url != feed_url else None,
        "authors": _people([Person(channel.publisher or channel.hub_name)]),
        "language": say.language(channel.language),
        "hubs": [
            {"type": "WebSub", "url": url} for hub in channel.hubs if (url := say.web_url(hub))
        ],
        "_seealso": _known(
            {
                "id": say.plain(channel.id),
                "updated": rfc3339(say.first_date(channel.updated)),
                "scheme": say.web_url(channel.scheme),
                "topics": [_topic(topic, channel.scheme) for topic in channel.topics],
                "first_url": say.web_url(channel.first_url),
                "previous_url": say.web_url(channel.previous_url),
                "deleted": [_deleted(stone) for stone in say.latest(channel.tombstones)],
            }
        ),
    }
    return _known(head)


def _item(entry: Entry) -> bytes:
    body = entry.rendition.body.rstrip()
    if not body.endswith(_CLOSE):
        raise Reject(
            f"The stored jsonfeed rendition of {entry.article_id} is no item: render it anew."
        )
    ours = []
    if entry.categories:
        ours.append(f'"categories":[{",".join(map(_category, entry.categories))}]')
    related = [found for link in entry.related if (found := _related(link))]
    if related:
        ours.append(f'"related":[{",".join(related)}]')
    if entry.reason:
        ours.append(f'"reason":{_json(say.plain(entry.reason))}')
    tags = ",".join(filter(None, (_tag(filed.label, filed.slug) for filed in entry.categories)))
    spliced = "".join(f",{member}" for member in ours) + "}"
    spliced += f',"tags":[{tags}]}}' if tags else "}"
    return body[: -len(_CLOSE)] + spliced.encode()


@lru_cache(maxsize=4096)
def _tag(label: str, slug: str) -> str:
    tag = say.plain(label) or say.plain(slug)
    return _json(tag) if tag else ""


@lru_cache(maxsize=4096)
def _category(filing: Filing) -> str:
    return _json(
        _known(
            {
                "slug": say.plain(filing.slug),
                "label": say.plain(filing.label),
                "origin": say.plain(filing.origin),
                "score": filing.score,
                "reason": say.plain(filing.reason),
            }
        )
    )


@lru_cache(maxsize=4096)  # neighbours have the same related articles
def _related(link: Link) -> str:
    url = say.web_url(link.url)
    if url is None:
        return ""
    title, reason = say.plain(link.title), say.plain(link.reason)
    return _json(_known({"url": url, "title": title, "rel": say.plain(link.rel), "reason": reason}))


def _deleted(stone: Tombstone) -> dict[str, Any]:
    when, reason = rfc3339(stone.when), say.plain(stone.reason)
    return _known({"id": stone.guid, "when": when, "reason": reason})


def _topic(filing: Filing, scheme: str) -> dict[str, Any]:
    return _known(
        {
            "slug": say.plain(filing.slug),
            "label": say.plain(filing.label),
            "origin": say.plain(filing.origin),
            "url": say.web_url(f"{scheme}/{filing.slug}"),
            "score": filing.score,
            "reason": say.plain(filing.reason),
        }
    )


def _known(record: dict[str, Any]) -> dict[str, Any]:
    """Without the members that have nothing to say. (Zero is something.)"""
    return {key: value for key, value in record.items() if value not in (None, "", [], {})}


def _bytes(value: Any) -> bytes:
    return _json(value).encode()
