"""Reads RSS (0.9x to 2.0), Atom and JSON Feed (1.0, 1.1): an item is an article.

    bytes --guards--> feedparser (XML) ----> entry ----> RawArticle | Problem
                      json (JSON Feed) ----> item  -/
    at:deleted-entry (RFC 6721) ------------------------> RawArticle(withdrawn=True)

feedparser knows what feeds do to the standards; what it is not asked to do: clean HTML and resolve
links inside it, since the hub does that for every source (and feedparser takes ten times as long
with it). Links that stand in elements of the feed are made absolute here, by ``xml:base``.

A feed that is not well-formed is read as far as it goes, as every reader does, with a `Problem`
that names the line; if it broke off, its last item is left out, since nobody can tell whether it is
whole. A date that no reader understands is left out: better an article without a date than none.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from html import unescape
from time import struct_time
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXParseException

import feedparser
import feedparser.mixin
from lxml import etree
from seealso_sdk import (
    Media,
    Person,
    Problem,
    Publisher,
    RawArticle,
    RawInput,
    Rights,
    SeeAlso,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.dates import normalised
from seealso_sdk.furniture import kind_named
from seealso_sdk.languages import guess_language
from seealso_sdk.text import clean

MAX_BYTES = 10 * 1024 * 1024
MAX_ITEMS = 5000

# --- guards ----------------------------------------------------------------------------------

_MOST_TAGS = 300_000
_LONG_TAG = re.compile(rb"<[A-Za-z_][^<>]{4000,}")
_ATTRIBUTE = re.compile(rb"\s[^\s=<>\"']+\s*=\s*[\"']")
_MOST_ATTRIBUTES = 250  # of one tag; feedparser's cost grows with their square
_CDATA = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_DTD = re.compile(rb"<!ENTITY|<!DOCTYPE[^>\[]{0,2000}\[", re.IGNORECASE)


def _refusal(data: bytes) -> Problem | None:
    """Why this input isn't parsed at all."""
    if not data.strip():
        return Problem(code="empty", detail="the input is empty", remedy="Send a feed.")
    if len(data) > MAX_BYTES:
        detail = f"{len(data)} bytes of feed are over the limit of {MAX_BYTES}"
        return Problem(code="too-large", detail=detail, remedy="Send fewer items.")
    if b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        detail = "the input has NUL bytes: no feed has"
        return Problem(code="binary", detail=detail, remedy="Send the feed's own bytes.")
    markup = _CDATA.sub(b"", data)
    if _DTD.search(markup):
        detail = "the feed declares entities of its own (DTD)"
        return Problem(code="feed-dtd", detail=detail, remedy="Write the characters themselves.")
    if markup.count(b"<") > _MOST_TAGS or any(
        len(_ATTRIBUTE.findall(tag[0])) > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(markup)
    ):
        detail = f"over {_MOST_TAGS} tags, or a tag with over {_MOST_ATTRIBUTES} attributes"
        return Problem(code="too-complex", detail=detail, remedy="Send an ordinary feed.")
    return None


_sync_author = feedparser.mixin._FeedParserMixin._sync_author_detail  # noqa: SLF001  # see below
_LONG_RUN = re.compile(r"[\w.+-]{120,}")
_LONGEST_AUTHOR = 2000  # characters


def _sync_author_bounded(self: Any, key: str = "author") -> None:
    """feedparser 6.0 seeks an e-mail address in an author with a regular expression whose cost is
    the square of a run of letters (200 KB of digits as author take two minutes) and which cuts a
    domain after four letters (``joe@x.example (Joe)`` is by "ple (Joe"). So the name is taken out
    of the address here, and what is no name is left out."""
    context = self._get_context()
    value = context.get(key)
    if isinstance(value, str):
        bounded = _LONG_RUN.sub("", value[:_LONGEST_AUTHOR])
        context[key] = parseaddr(bounded)[0] if "@" in bounded else bounded
    _sync_author(self, key)


feedparser.mixin._FeedParserMixin._sync_author_detail = _sync_author_bounded  # noqa: SLF001


# --- XML -------------------------------------------------------------------------------------

_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|RDF|channel)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.DOTALL)


def _xml_feed(raw: RawInput) -> Iterator[RawArticle | Problem]:
    parsed = _parsed(raw)
    if isinstance(parsed, Problem):
        yield parsed
        return
    broken = parsed.get("bozo_exception")
    error = broken if isinstance(broken, SAXParseException) else None
    if not parsed.get("version") and not parsed.entries:
        yield _no_feed(error)
        return
    entries = list(parsed.entries)
    whole = _END.search(raw.data[-4000:]) is not None
    if error is not None and not whole:
        entries = entries[:-1]
    for index, entry in enumerate(entries[:MAX_ITEMS]):
        yield _article(entry, parsed.feed, index, raw.url or "")
    yield from _tombstones(raw.data)
    if error is not None:
        yield _broken(error, len(entries), whole)
    if len(entries) > MAX_ITEMS:
        yield _too_many(len(entries))


def _parsed(raw: RawInput) -> Any:
    """feedparser's result, or the Problem that it stumbled over."""
    # As application/xml, the document's own declaration decides; as text/xml it would be ASCII.
    charset = f"; charset={raw.charset}" if raw.charset else ""
    try:
        # From a stream, since a string may be taken for a file's name or an address. It isn't told
        # the feed's address: it would make URLs of guids that are none, and an article's identity
        # would change when the feed moves.
        return feedparser.parse(
            io.BytesIO(raw.data),
            response_headers={"content-type": f"application/xml{charset}"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # noqa: BLE001  # it lets its own bugs out: white space in a
        # namespace's name is a ValueError, for one
        return Problem(
            code="feed-unreadable",
            detail=f"the feed can't be read: {type(error).__name__}: {error}",
            remedy="Check the feed with a validator.",
        )


def _no_feed(error: SAXParseException | None) -> Problem:
    line = error.getLineNumber() if error else None
    return Problem(
        code="feed-unknown",
        detail="this is no RSS, Atom or JSON Feed" + (f": {error.getMessage()}" if error else ""),
        remedy="Send the feed itself, not the page that links to it.",
        line=line,
    )


def _broken(error: SAXParseException, index: int, whole: bool) -> Problem:
    lost = "" if whole else "; it broke off, so its last item was left out"
    return Problem(
        code="xml-syntax",
        detail=f"the feed is not well-formed: {error.getMessage()}{lost}",
        remedy="Correct the feed; what could be read of it went in.",
        index=index,
        line=error.getLineNumber(),
    )


def _too_many(count: int) -> Problem:
    return Problem(
        code="too-many-items",
        detail=f"the feed has {count} items; the first {MAX_ITEMS} were read",
        remedy="Send the rest as a feed of its own.",
        index=MAX_ITEMS,
    )


def _article(
    entry: Mapping[str, Any], feed: Mapping[str, Any], index: int, feed_url: str
) -> RawArticle | Problem:
    html, text = _body(entry)
    title = _title(entry, html or text or "")
    base = _base(entry, feed_url)
    link = _link(entry, base)
    identity = _string(entry.get("id")) or link
    if not (title or html or text or identity):
        return Problem(
            code="item-empty",
            detail="an item without title, content, link or id",
            remedy="Give it at least a title or content.",
            index=index,
        )
    media = _media(entry, base)
    return RawArticle(
        title=title,
        external_id=identity,
        url=link,
        canonical_url=_canonical(entry, base),
        kind=kind_named(title) or _kind_of(media),
        summary=_summary(entry),
        language=_language(entry, feed) or guess_language(_plain(html or text or title)),
        html=html,
        text=text,
        authors=_authors(entry) or _authors(feed),
        publisher=_publisher(entry, feed, base),
        published=_date(entry, "published") or _date(entry, "created"),
        updated=_date(entry, "updated"),
        topics=_topics(entry),
        see_also=_related(entry, base),
        media=media,
        rights=_rights(entry) or _rights(feed),
    )


# --- XML: one function a field, its sources in order of preference ----------------------------


def _string(value: Any) -> str | None:
    text = clean(value).strip() if isinstance(value, str) else ""
    return text or None


def _base(entry: Mapping[str, Any], feed_url: str) -> str:
    """The ``xml:base`` that holds for the entry (RFC 4287 section 2), else the feed's address."""
    for name in ("title_detail", "summary_detail", "content"):
        detail = entry.get(name)
        detail = detail[0] if isinstance(detail, list) and detail else detail
        if isinstance(detail, Mapping) and detail.get("base"):
            return _absolute(detail["base"], feed_url) or ""
    return feed_url


def _link(entry: Mapping[str, Any], base: str) -> str | None:
    """The entry's page. A guid counts as one (that is its meaning in RSS) if it is an address."""
    link = _string(entry.get("link"))
    if link is not None and link == _string(entry.get("id")):
        return _web(link)
    return _web(_absolute(link, base))


def _absolute(url: Any, base: str) -> str | None:
    text = _string(url)
    if text is None:
        return None
    try:
        return urljoin(base, text) if base else text
    except ValueError:  # what urllib says of a bracket out of place
        return text


_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|cite|code|em|font|i|kbd|mark|q|s|small|span|strong|sub|sup|u|wbr)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_HEAD = 4000  # characters: what a title or a summary is made from


def _plain(html: str) -> str:
    """The text of a piece of HTML, on one line."""
    shown = _INLINE.sub("", _HIDDEN.sub(" ", html[:_HEAD]))
    return " ".join(unescape(_TAG.sub(" ", shown)).split())


_TITLE_MAX = 100
_SENTENCE = re.compile(r".+?[.!?。！？؟…](?=\s|$)")


def _title(entry: Mapping[str, Any], body: str) -> str:
    """The title as plain text; an item without one has the head of its text as title."""
    detail = entry.get("title_detail")
    given = _string(entry.get("title")) or ""
    kind = detail.get("type") if isinstance(detail, Mapping) else None
    # RSS titles are HTML or text and say nothing about it; many are escaped twice.
    if kind in ("text/html", "application/xhtml+xml"):
        given = _plain(given)
    elif kind is None:
        given = unescape(given)
    return clean(" ".join(given.split())) or _headline(_plain(body))


def _headline(text: str) -> str:
    match = _SENTENCE.match(text)
    sentence = match[0] if match else text
    if len(sentence) <= _TITLE_MAX:
        return sentence.rstrip(".。")
    return f"{sentence[:_TITLE_MAX].rsplit(' ', 1)[0]}…"


def _body(entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """(html, text): the full content before the summary, HTML before plain text."""
    contents = [item for item in entry.get("content") or () if _string(item.get("value"))]
    contents.sort(key=lambda item: item.get("type") == "text/plain")
    detail = entry.get("summary_detail")
    if not contents and isinstance(detail, Mapping):
        contents = [detail]
    for item in contents:
        value = _string(item.get("value"))
        if value is not None and item.get("type") == "text/plain":
            return None, value
        if value is not None:
            return value, None
    return None, None


def _summary(entry: Mapping[str, Any]) -> str | None:
    """The summary where it stands beside the content and isn't the content."""
    summary = _string(entry.get("summary"))
    contents = [_string(item.get("value")) for item in entry.get("content") or ()]
    return (
        _plain(summary) or None if summary and any(contents) and summary not in contents else None
    )


def _date(entry: Mapping[str, Any], name: str) -> str | None:
    """The date as it was written, with its offset; else what feedparser made of it, in UTC."""
    # By the dict's own rule: feedparser's entries answer for `updated` with `published`.
    written = _string(entry[name]) if name in entry.keys() else None  # noqa: SIM118
    if written is None or len(written) > _LONGEST_DATE:
        return None
    try:
        return normalised(written)
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(written)
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)
        return normalised(aware.isoformat(timespec="seconds"))
    except (ValueError, TypeError, OverflowError, IndexError):
        pass
    parsed = entry.get(f"{name}_parsed")
    if not isinstance(parsed, struct_time):
        return None
    try:
        return datetime(*parsed[:6], tzinfo=UTC).isoformat(timespec="seconds")
    except ValueError:
        return None


_LONGEST_DATE = 80
_ONLY_MAIL = re.compile(r"\S+@\S+\Z")


def _authors(entry: Mapping[str, Any]) -> tuple[Person, ...]:
    """Authors by name. An e-mail address is nobody's name and isn't published."""
    found: dict[str, Person] = {}
    for author in entry.get("authors") or ():
        name = _string(author.get("name"))
        if name and not _ONLY_MAIL.match(name):
            found.setdefault(name, Person(name, _web(author.get("href"))))
    return tuple(found.values())


def _web(url: Any) -> str | None:
    text = _string(url)
    return text if text and text.startswith(("http://", "https://")) else None


def _publisher(entry: Mapping[str, Any], feed: Mapping[str, Any], base: str) -> Publisher | None:
    """The feed that the entry was taken from (Atom and RSS ``source``), else this feed."""
    for origin in (entry.get("source"), feed):
        name = _plain(_string(origin.get("title")) or "") if isinstance(origin, Mapping) else ""
        if name and isinstance(origin, Mapping):
            url = _absolute(origin.get("link") or origin.get("href"), base)
            return Publisher(name, _web(url))
    return None


def _language(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> str | None:
    contents = [item.get("language") for item in entry.get("content") or ()]
    detail = entry.get("summary_detail") or entry.get("title_detail") or {}
    for language in (
        *contents,
        detail.get("language"),
        entry.get("language"),
        feed.get("language"),
    ):
        if _string(language):
            return _string(language)
    return None


def _topics(entry: Mapping[str, Any]) -> tuple[str, ...]:
    labels = [tag.get("label") or tag.get("term") for tag in entry.get("tags") or ()]
    return tuple(dict.fromkeys(_plain(label) for label in labels if _string(label)))


def _canonical(entry: Mapping[str, Any], base: str) -> str | None:
    for link in entry.get("links") or ():
        if link.get("rel") == "canonical":
            return _web(_absolute(link.get("href"), base))
    return _web(entry.get("feedburner_origlink"))


def _related(entry: Mapping[str, Any], base: str) -> tuple[SeeAlso, ...]:
    """Links with rel related or via. One without a title is known by its address alone, which is
    also the id of many an item."""
    found: dict[str, SeeAlso] = {}
    for link in entry.get("links") or ():
        url = _absolute(link.get("href"), base)
        if link.get("rel") in ("related", "via") and url:
            title = _plain(_string(link.get("title")) or "")
            ref = None if title else url
            found.setdefault(url, SeeAlso(title, url=url, kind=kind_named(title), ref=ref))
    return tuple(found.values())


def _media(entry: Mapping[str, Any], base: str) -> tuple[Media, ...]:
    """Enclosures and Media RSS, each address once; sizes are pixels where they are numbers."""
    named = entry.get("media_credit") or ()
    credit = next((_string(item.get("content")) for item in named), None)
    items: Iterable[Mapping[str, Any]] = (
        *(entry.get("enclosures") or ()),
        *(entry.get("media_content") or ()),
        *(entry.get("media_thumbnail") or ()),
    )
    found: dict[str, Media] = {}
    for item in items:
        url = _absolute(item.get("href") or item.get("url"), base)
        if url:
            medium = Media(
                url=url,
                type=_string(item.get("type")),
                width=_pixels(item.get("width")),
                height=_pixels(item.get("height")),
                credit=credit,
            )
            found.setdefault(url, medium)
    return tuple(found.values())


def _pixels(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) <= 5 else None


def _kind_of(media: Sequence[Media]) -> str | None:
    types = [item.type or "" for item in media]
    return "video" if types and all(kind.startswith("video/") for kind in types) else None


def _rights(entry: Mapping[str, Any]) -> Rights | None:
    """The rights text; RFC 4946 and Creative Commons give the licence as an address."""
    text = _plain(_string(entry.get("rights")) or "")
    links = [link.get("href") for link in entry.get("links") or () if link.get("rel") == "license"]
    url = _web(entry.get("license")) or next((_web(link) for link in links), None)
    return Rights(license=url, attribution=text or None, url=url) if text or url else None


# --- XML: tombstones -------------------------------------------------------------------------

_TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"


def _tombstones(data: bytes) -> Iterator[RawArticle]:
    """``at:deleted-entry`` (RFC 6721 section 3), which feedparser passes over."""
    if b"deleted-entry" not in data:
        return
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return
    for element in root.iter(f"{_TOMBSTONES}deleted-entry") if root is not None else ():
        reference = _string(element.get("ref"))
        if reference:
            yield RawArticle(
                external_id=reference,
                updated=_date({"when": element.get("when")}, "when"),
                withdrawn=True,
                withdrawn_reason=_string(element.findtext(f"{_TOMBSTONES}comment")),
            )


# --- JSON Feed -------------------------------------------------------------------------------


def _json_feed(raw: RawInput) -> Iterator[RawArticle | Problem]:
    try:
        feed = json.loads(raw.data)
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
        yield _no_feed(None)
        return
    if not isinstance(items, list):
        yield Problem(
            code="field-invalid",
            detail=f"items: found {type(items).__name__}",
            field="items",
            remedy="Give a list.",
        )
        return
    for index, item in enumerate(items[:MAX_ITEMS]):
        yield _json_item(item, feed, raw.url or "", index)
    if len(items) > MAX_ITEMS:
        yield _too_many(len(items))


def _json_item(item: Any, feed: Mapping[str, Any], base: str, index: int) -> RawArticle | Problem:
    if not isinstance(item, dict):
        found = type(item).__name__
        return Problem(
            code="field-invalid",
            detail=f"items[{index}]: found {found}",
            field=f"items[{index}]",
            remedy="Give an object.",
            index=index,
        )
    html, text = _string(item.get("content_html")), _string(item.get("content_text"))
    title = _string(item.get("title")) or _headline(_plain(html or text or ""))
    identity, url = _json_id(item.get("id")), _web(_absolute(item.get("url"), base))
    if not (title or identity or url):
        return Problem(
            code="item-empty",
            detail="an item without title, content, url or id",
            field=f"items[{index}]",
            remedy="Give it at least an id and content.",
            index=index,
        )
    outside = _absolute(item.get("external_url"), base)
    return RawArticle(
        title=" ".join(title.split()),
        external_id=identity or url,
        url=url,
        kind=kind_named(title),
        summary=_string(item.get("summary")),
        language=_string(item.get("language"))
        or _string(feed.get("language"))
        or guess_language(_plain(html or text or title)),
        html=html,
        text=None if html else text,
        authors=_json_authors(item) or _json_authors(feed),
        publisher=_json_publisher(feed),
        published=_date(item, "date_published"),
        updated=_date(item, "date_modified"),
        topics=tuple(filter(None, map(_string, _listed(item.get("tags"))))),
        see_also=(SeeAlso("", url=outside, ref=outside),) if outside else (),
        media=_json_media(item, base),
    )


def _json_id(value: Any) -> str | None:
    """JSON Feed 1.1 has strings; where a number stands, readers are told to read it as one."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _string(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _json_authors(owner: Mapping[str, Any]) -> tuple[Person, ...]:
    """``authors`` (1.1), else ``author`` (1.0)."""
    listed = _listed(owner.get("authors")) or [owner.get("author")]
    people = [author for author in listed if isinstance(author, dict)]
    named = [(_string(person.get("name")), _web(person.get("url"))) for person in people]
    return tuple(Person(name, url) for name, url in named if name)


def _json_publisher(feed: Mapping[str, Any]) -> Publisher | None:
    name = _string(feed.get("title"))
    return Publisher(name, _web(feed.get("home_page_url"))) if name else None


def _json_media(item: Mapping[str, Any], base: str) -> tuple[Media, ...]:
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


# --- the source ------------------------------------------------------------------------------


class FeedSource:
    """RSS, Atom and JSON Feed."""

    meta = SourceMeta(
        name="feed",
        title="Feed",
        version="1",
        media_types=(
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
            "application/rdf+xml",
            "application/xml",
            "text/xml",
        ),
        extensions=("rss", "atom", "rdf", "xml"),
        description="RSS, Atom and JSON Feed; an item is an article, a tombstone withdraws one.",
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        """The feed's items in their order, then its tombstones, then what is wrong with it."""
        refusal = _refusal(raw.data)
        if refusal is not None:
            return [refusal]
        is_json = raw.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
        return list(_json_feed(raw) if is_json else _xml_feed(raw))


@hookimpl
def register_sources() -> Sequence[FeedSource]:
    """The hook of the `seealso` entry-point group."""
    return [FeedSource()]
