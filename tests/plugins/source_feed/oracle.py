"""What feedparser finds in a feed, and what ours finds, in one form that can be compared."""

from __future__ import annotations

import calendar
import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import feedparser
import lxml.html
from seealso_ingest.drafting import line
from seealso_sdk import RawArticle, RawInput, SourceContext
from seealso_sdk.dates import instant
from seealso_source_feed import FeedSource

URL = "https://reef.example/feed.xml"


@dataclass(frozen=True)
class Found:
    """The fields of one item, as far as both have them."""

    title: str
    identity: str | None
    url: str | None
    body: str
    summary: str
    links: tuple[str, ...]
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    published: int | None
    updated: int | None
    rights: str
    publisher: str
    media: tuple[str, ...]
    language: str | None


def ours(data: bytes, charset: str | None = None) -> list[Found]:
    """What the plugin finds."""
    raw = RawInput(data=data, media_type="application/xml", charset=charset, url=URL)
    found = FeedSource().read(raw, SourceContext())
    return [_ours(one) for one in found if isinstance(one, RawArticle) and not one.withdrawn]


def _ours(one: RawArticle) -> Found:
    html = one.html or ""
    return Found(
        title=squeezed(line(one.title)),
        identity=one.external_id,
        url=one.url,
        body=words(html) if html else squeezed(one.text or ""),
        summary=squeezed(line(one.summary)),
        links=tuple(urljoin(URL, link) for link in links(html)),
        authors=tuple(person.name for person in one.authors),
        topics=tuple(map(squeezed, one.topics)),
        published=seconds(one.published),
        updated=seconds(one.updated),
        rights=squeezed(line(one.rights.attribution)) if one.rights else "",
        publisher=squeezed(line(one.publisher.name)) if one.publisher else "",
        media=tuple(medium.url for medium in one.media),
        language=one.language,
    )


def theirs(data: bytes, charset: str | None = None) -> list[Found]:
    """What feedparser finds, its HTML as it stands in the feed."""
    label = f"; charset={charset}" if charset else ""
    parsed = feedparser.parse(
        io.BytesIO(data),
        response_headers={
            "content-type": f"application/xml{label}",
            "content-location": URL,
        },
        sanitize_html=False,
    )
    return [_theirs(entry, parsed.feed) for entry in parsed.entries]


def _theirs(entry: Any, feed: Any) -> Found:
    contents = entry.get("content") or []
    contents = sorted(contents, key=lambda one: one.get("type") == "text/plain")
    main = contents[0] if contents else entry.get("summary_detail") or {}
    beside = entry.get("summary_detail") or {} if contents else {}
    html = "" if main.get("type") == "text/plain" else main.get("value", "")
    source = entry.get("source") or {}
    link = entry.get("link")
    detail = entry.get("title_detail") or {}
    return Found(
        title=shown(entry.get("title", ""), detail.get("type")),
        identity=entry.get("id") or link,
        url=link if (link or "").startswith("http") else None,
        body=words(html) if html else squeezed(main.get("value", "")),
        summary=""
        if beside.get("value") == main.get("value")
        else shown(beside.get("value", ""), beside.get("type")),
        links=links(html),
        authors=names(entry) or names(feed),
        topics=tuple(
            dict.fromkeys(
                squeezed(tag.get("label") or tag.get("term")) for tag in entry.get("tags", [])
            )
        ),
        published=instant_of(entry, "published") or instant_of(entry, "created"),
        updated=instant_of(entry, "updated"),
        rights=shown(
            entry.get("rights") or feed.get("rights") or "",
            (entry.get("rights_detail") or feed.get("rights_detail") or {}).get("type"),
        ),
        publisher=squeezed(source.get("title") or feed.get("title", "")),
        media=tuple(
            dict.fromkeys(
                [one.get("href") for one in entry.get("enclosures", [])]
                + [one.get("url") for one in entry.get("media_content", [])]
                + [one.get("url") for one in entry.get("media_thumbnail", [])]
            )
        ),
        language=tag(main.get("language") or entry.get("language") or feed.get("language")),
    )


def tag(language: str | None) -> str | None:
    return language.replace("_", "-") if language else None


def names(owner: Any) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(one["name"] for one in owner.get("authors") or () if one.get("name"))
    )


def instant_of(entry: Any, name: str) -> int | None:
    # By the dict's own rule: feedparser's entries answer for `updated` with `published`.
    parsed = entry[f"{name}_parsed"] if f"{name}_parsed" in entry.keys() else None  # noqa: SIM118
    return calendar.timegm(parsed) if parsed else None


def seconds(value: str | None) -> int | None:
    return int(instant(value).timestamp()) if value else None


def squeezed(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")


def shown(value: str, kind: str | None) -> str:
    """What a reader sees of a text of this type."""
    return squeezed(value) if kind == "text/plain" else words(value)


def words(html: str) -> str:
    """The words of a piece of HTML, without regard to where its elements end."""
    if not html.strip():
        return ""
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    return squeezed(root.text_content())


def links(html: str) -> tuple[str, ...]:
    if not html.strip():
        return ()
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    return tuple(link for _, _, link, _ in root.iterlinks())
