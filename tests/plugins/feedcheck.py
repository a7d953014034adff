"""Validity of feeds, written from the specifications: what is wrong, in words, or nothing.

    check_rss       RSS 2.0.11 and the RSS Advisory Board's Profile, RFC 5005, Media RSS 1.5.1
    check_atom      RFC 4287, 4946 (license), 5005 (paging), 6721 (tombstones)
    check_jsonfeed  JSON Feed 1.1
    check_opml      OPML 2.0

Each takes the bytes of a document and returns lines that begin with ``error`` (the document is not
valid) or ``warning`` (it is, but the standards' validators, or readers, take exception). Not
checked: whether ``rel="self"`` is the address that was fetched; a caller knows that.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import html5lib  # type: ignore[import-untyped]  # it has no types
from html5lib.html5parser import ParseError  # type: ignore[import-untyped]  # nor here
from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONE = "http://purl.org/atompub/tombstones/1.0"
HISTORY = "http://purl.org/syndication/history/1.0"
XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {ATOM: "atom", CONTENT: "content", DC: "dc", MEDIA: "media", HISTORY: "fh"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _table(once: str, often: str = "") -> dict[str, int]:
    """Elements and how many of them a parent may hold; 0 is any number."""
    return dict.fromkeys(once.split(), 1) | dict.fromkeys(often.split(), 0)


_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9;/?:@&=+$.\-_!~*'()%,#\[\]]+\Z")
_URN = re.compile(
    r"[Uu][Rr][Nn]:(?!uuid:(?![0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z))"
    r"[A-Za-z0-9][A-Za-z0-9-]{1,31}:[A-Za-z0-9()+,.:=@;$_!*'/%-]+\Z"
)
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")
_MIME = re.compile(
    r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;\s*[\w-]+=(\"[^\"]*\"|[\w.-]+))*\Z"
)
_RFC822 = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d(:\d\d)? ([+-]\d{4}|GMT|UT)\Z"
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_END_TAG = re.compile(r"</(\w+)>")
_MAIL_AND_NAME = re.compile(r"[^@\s]+@[^@\s]+ \(.+\)\Z")
_LOST = re.compile("[\x80-\x9f\ufffd]")

# Relations of IANA's registry that concern feeds; a full IRI is always allowed.
_RELATIONS = _words(
    "alternate current describedby edit edit-media enclosure first hub last license next "
    "next-archive payment prev-archive previous related replies search self service up via"
)
_PAGING = _words("current first last next next-archive prev-archive previous")
_FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/rdf+xml")
# What a reader's sanitiser lets through: text, lists, tables, pictures; no script, form or frame.
_SAFE_TAGS = _words(
    "a abbr acronym address article aside audio b bdi big blockquote br caption center cite code "
    "col colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 "
    "header hr i img ins kbd li main mark ol p picture pre q rp rt ruby s samp section small "
    "source span strong sub summary sup table tbody td tfoot th thead time tr tt u ul var video "
    "wbr"
)
_SAFE_ATTRIBUTES = _words(
    "abbr alt cite colspan datetime dir headers height href hreflang lang loading media rel "
    "reversed rowspan scope sizes span src srcset start title type width"
)
_LINKS = frozenset({"href", "src", "cite"})
_MAX_ENCLOSURES = 1


@dataclass(slots=True)
class _Report:
    lines: list[str] = field(default_factory=list)

    def error(self, where: str, what: str) -> None:
        self.lines.append(f"error: {where}: {what}")

    def warn(self, where: str, what: str) -> None:
        self.lines.append(f"warning: {where}: {what}")


# --- the four checks -------------------------------------------------------------------------


def check_rss(document: bytes) -> list[str]:
    report = _Report()
    root = _parse(document, report)
    if root is None:
        return report.lines
    if root.tag != "rss":
        report.error("rss", f"the root is {root.tag}")
        return report.lines
    if root.get("version") != "2.0":
        report.error("rss", f"version is {root.get('version')!r}")
    channels = root.findall("channel")
    if len(channels) != 1 or len(root) != 1:
        report.error("rss", "it must hold one channel and nothing else")
        return report.lines
    _rss_channel(channels[0], report)
    _characters(root, report)
    return report.lines


def check_atom(document: bytes) -> list[str]:
    report = _Report()
    root = _parse(document, report)
    if root is None:
        return report.lines
    if root.tag != f"{{{ATOM}}}feed":
        report.error("feed", f"the root is {root.tag}")
        return report.lines
    _atom_feed(root, report)
    _characters(root, report)
    return report.lines


def check_jsonfeed(document: bytes) -> list[str]:
    report = _Report()
    try:
        feed = json.loads(document.decode("utf-8"), object_pairs_hook=_no_twice(report))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        report.error("feed", f"not UTF-8 JSON: {error}")
        return report.lines
    if not isinstance(feed, dict):
        report.error("feed", "not an object")
        return report.lines
    _json_feed(feed, report)
    if _LOST.search(json.dumps(feed, ensure_ascii=False)):
        report.warn("feed", "a lost or a control character")
    return report.lines


def check_opml(document: bytes) -> list[str]:
    report = _Report()
    root = _parse(document, report)
    if root is None:
        return report.lines
    if root.tag != "opml" or root.get("version") != "2.0":
        report.error("opml", f"the root is {root.tag}, version {root.get('version')!r}")
        return report.lines
    if [child.tag for child in root] != ["head", "body"]:
        report.error("opml", "it must hold head and body")
        return report.lines
    _opml_head(root[0], report)
    if root[1].find("outline") is None:
        report.error("body", "no outline")
    for outline in root[1].iter():
        if outline is not root[1]:
            _opml_outline(outline, report)
    _characters(root, report)
    return report.lines


# --- XML -------------------------------------------------------------------------------------


def _parse(document: bytes, report: _Report) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        report.error("document", f"not well-formed: {error}")
        return None
    if root.getroottree().docinfo.doctype:
        report.error("document", "a document type declaration")
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() != "UTF-8":
        report.warn("document", "not in UTF-8")
    return root


def _characters(root: Any, report: _Report) -> None:
    for element in root.iter(etree.Element):
        texts = [element.text or "", *map(str, element.attrib.values())]
        if any(_LOST.search(text) for text in texts):
            report.warn(_named(element), "a lost or a control character (U+0080-9F, U+FFFD)")


def _named(element: Any) -> str:
    tag = etree.QName(element)
    prefix = _PREFIXES.get(tag.namespace)
    return f"{prefix}:{tag.localname}" if prefix else tag.localname


def _children(
    parent: Any, known: Mapping[str, int], required: tuple[str, ...], report: _Report
) -> Counter[str]:
    """Count children; an unknown name, a missing one, or more than allowed (0: any) is an error.

    Elements of a foreign namespace are allowed, with the warning that validators give.
    """
    count = Counter(_named(child) for child in parent.iterchildren(etree.Element))
    for child in parent.iterchildren(etree.Element):
        namespace = etree.QName(child).namespace
        if _named(child) in known or namespace == TOMBSTONE:
            continue
        if namespace in (None, ATOM, CONTENT, MEDIA):
            report.error(_named(parent), f"undefined element {_named(child)}")
        elif namespace != DC:
            report.warn(_named(parent), f"unknown namespace {namespace}")
    for name, limit in known.items():
        if limit and count[name] > limit:
            report.error(_named(parent), f"{count[name]} of {name}")
    for name in required:
        if not count[name]:
            report.error(_named(parent), f"no {name}")
    return count


def _attributes(element: Any, known: frozenset[str] | set[str], report: _Report) -> None:
    for name in element.attrib:
        if name not in known and not name.startswith(f"{{{XML}}}"):
            report.error(_named(element), f"unexpected attribute {name}")


# --- values ----------------------------------------------------------------------------------


def _uri(value: str | None, where: str, report: _Report, schemes: tuple[str, ...] = ()) -> None:
    if not value:
        report.error(where, "no address")
    elif not _URI.match(value):
        report.error(where, f"not an absolute URI: {value[:80]!r}")
    elif value[:4].lower() == "urn:" and not _URN.match(value):
        report.error(where, f"not a URN (RFC 8141): {value[:80]!r}")
    elif schemes and urlsplit(value).scheme not in schemes:
        report.error(where, f"not of {'/'.join(schemes)}: {value[:80]!r}")


def _web(value: str | None, where: str, report: _Report) -> None:
    _uri(value, where, report, ("http", "https"))


def _plain(value: str | None, where: str, report: _Report) -> None:
    """Text where HTML is not wanted."""
    if not (value or "").strip():
        report.warn(where, "blank")
    elif _END_TAG.search(value or ""):
        report.warn(where, f"contains HTML: {value!r:.80}")


def _language(value: str | None, where: str, report: _Report) -> None:
    if not _TAG.match(value or ""):
        report.error(where, f"no language tag: {value!r}")


def _rfc822(value: str | None, where: str, report: _Report) -> None:
    text = (value or "").strip()
    if not _RFC822.match(text):
        report.error(where, f"not an RFC 822 date with a four-digit year: {text!r}")
        return
    when = parsedate_to_datetime(text)
    if "," in text and text[:3] != when.strftime("%a"):
        report.error(where, f"the wrong day of the week: {text!r}")
    _plausible(when, where, report)


def _rfc3339(value: str | None, where: str, report: _Report) -> None:
    if not _RFC3339.match(value or ""):
        report.error(where, f"not an RFC 3339 date: {value!r}")
        return
    try:
        _plausible(datetime.fromisoformat(str(value)), where, report)
    except ValueError as error:
        report.error(where, str(error))


def _plausible(when: datetime, where: str, report: _Report) -> None:
    now = datetime.now(tz=when.tzinfo)
    if when.year < 1990 or when > now + timedelta(minutes=10):
        report.warn(where, f"implausible date {when.isoformat()}")


def _html(value: str | None, where: str, report: _Report) -> None:
    """Well-formed HTML that is safe to embed and whose addresses are absolute."""
    try:
        tree = html5lib.HTMLParser(strict=True).parseFragment(value or "")
    except ParseError as error:
        report.warn(where, f"not HTML: {error}")
        return
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        tag = element.tag.rpartition("}")[2]
        if tag not in _SAFE_TAGS:
            report.warn(where, f"element {tag} is a risk")
        for name, given in element.attrib.items():
            if name not in _SAFE_ATTRIBUTES:
                report.warn(where, f"attribute {name} is a risk")
            elif name in _LINKS:
                _html_link(given, where, report)


def _html_link(value: str, where: str, report: _Report) -> None:
    scheme = urlsplit(value.strip()).scheme
    if not scheme:
        report.warn(where, f"relative address {value[:80]!r}")
    elif scheme not in ("http", "https", "mailto", "tel"):
        report.error(where, f"address of scheme {scheme}")


# --- RSS -------------------------------------------------------------------------------------

_CHANNEL = _table(
    once="title link description language copyright managingEditor webMaster pubDate "
    "lastBuildDate generator docs cloud ttl image rating textInput skipHours skipDays "
    "atom:id atom:updated fh:archive fh:complete",
    often="category item atom:link",
)
_ITEM = _table(
    once="title link description author comments guid pubDate source content:encoded "
    "atom:updated atom:published atom:author media:description media:title "
    "media:copyright",
    often="category enclosure atom:link media:content media:group media:thumbnail media:credit",
)
# (core, extension): the same fact twice.
_SAME = (
    ("author", "dc:creator"), ("category", "dc:subject"), ("pubDate", "dc:date"),
    ("source", "dc:source"), ("pubDate", "atom:published"),
)  # fmt: skip


def _rss_channel(channel: Any, report: _Report) -> None:
    count = _children(channel, _CHANNEL, ("title", "link", "description"), report)
    _plain(channel.findtext("title"), "channel/title", report)
    _uri(channel.findtext("link"), "channel/link", report)
    if _END_TAG.search(channel.findtext("description") or ""):
        report.warn("channel/description", "contains HTML")
    if not count["language"] and not count["dc:language"]:
        report.warn("channel", "no language")
    for tag, check in _rss_dates_and_such():
        for element in channel.findall(tag):
            check((element.text or "").strip(), f"channel/{tag}", report)
    _misplaced(channel, "item", report)
    links = list(channel.findall(f"{{{ATOM}}}link"))
    _links(links, "channel", report)
    if not any(link.get("rel") == "self" and link.get("type") for link in links):
        report.warn("channel", "no atom:link rel=self with a type")
    if channel.find("textInput") is not None:
        report.warn("channel", "textInput is to be avoided")
    guids: Counter[str] = Counter()
    for number, item in enumerate(channel.findall("item")):
        _rss_item(item, f"item[{number}]", guids, report)
    for guid, times in guids.items():
        if times > 1:
            report.error("channel", f"guid {guid} {times} times")


def _rss_dates_and_such() -> Iterator[tuple[str, Callable[[str, str, _Report], None]]]:
    yield "lastBuildDate", _rfc822
    yield "pubDate", _rfc822
    yield "language", _language
    yield "docs", _uri
    yield "managingEditor", _mail_and_name
    yield "webMaster", _mail_and_name


def _mail_and_name(value: str, where: str, report: _Report) -> None:
    if not _MAIL_AND_NAME.match(value):
        report.warn(where, f"not of the form mail@host (Name): {value!r}")


def _misplaced(parent: Any, entries: str, report: _Report) -> None:
    """Nothing of the head after the first entry (the Profile; RFC 4287 leaves it open)."""
    seen = False
    for child in parent.iterchildren(etree.Element):
        if _named(child) in (entries, f"atom:{entries}"):
            seen = True
        elif seen and etree.QName(child).namespace != TOMBSTONE:
            report.warn(_named(parent), f"{_named(child)} after an {entries}")


def _rss_item(item: Any, where: str, guids: Counter[str], report: _Report) -> None:
    count = _children(item, _ITEM, (), report)
    if not count["title"] and not count["description"]:
        report.error(where, "neither title nor description")
    if count["title"]:
        _plain(item.findtext("title"), f"{where}/title", report)
    if count["link"]:
        _uri(item.findtext("link"), f"{where}/link", report)
    if count["pubDate"]:
        _rfc822(item.findtext("pubDate"), f"{where}/pubDate", report)
    if count["author"]:
        _mail_and_name(item.findtext("author") or "", f"{where}/author", report)
    for updated in item.findall(f"{{{ATOM}}}updated"):
        _rfc3339(updated.text, f"{where}/atom:updated", report)
    for core, extension in _SAME:
        if count[core] and count[extension]:
            report.warn(where, f"{core} and {extension} say the same")
    _rss_content(item, where, report)
    _rss_guid(item, where, guids, report)
    _rss_enclosures(item, where, report)
    _links(item.findall(f"{{{ATOM}}}link"), where, report)
    for category in item.findall("category"):
        _attributes(category, {"domain"}, report)
        _plain(category.text, f"{where}/category", report)
    for media in item.iter(f"{{{MEDIA}}}content"):
        _media_content(media, where, report)


def _rss_content(item: Any, where: str, report: _Report) -> None:
    tags = [_named(child) for child in item.iterchildren(etree.Element)]
    if "content:encoded" in tags:
        if "description" not in tags[: tags.index("content:encoded")]:
            report.warn(where, "content:encoded without a description before it")
        _html(item.findtext(f"{{{CONTENT}}}encoded"), f"{where}/content:encoded", report)
    if "description" in tags:
        _html(item.findtext("description"), f"{where}/description", report)


def _rss_guid(item: Any, where: str, guids: Counter[str], report: _Report) -> None:
    guid = item.find("guid")
    if guid is None:
        report.warn(where, "no guid")
        return
    _attributes(guid, {"isPermaLink"}, report)
    text = (guid.text or "").strip()
    guids[text] += 1
    if guid.get("isPermaLink", "true") not in ("true", "false"):
        report.error(where, "isPermaLink is neither true nor false")
    elif guid.get("isPermaLink", "true") == "true":
        _web(text, f"{where}/guid", report)
    elif not text:
        report.error(where, "an empty guid")


def _rss_enclosures(item: Any, where: str, report: _Report) -> None:
    enclosures = item.findall("enclosure")
    if len(enclosures) > _MAX_ENCLOSURES:
        report.warn(where, "more than one enclosure")
    for enclosure in enclosures:
        _web(enclosure.get("url"), f"{where}/enclosure", report)
        if not (enclosure.get("length") or "").isdigit():
            report.error(where, "an enclosure without a length")
        elif enclosure.get("length") == "0":
            report.warn(where, "an enclosure of length 0")
        if not _MIME.match(enclosure.get("type") or ""):
            report.error(where, "an enclosure without a media type")


def _media_content(media: Any, where: str, report: _Report) -> None:
    known = {
        "url", "type", "medium", "width", "height", "fileSize", "duration", "lang", "isDefault",
        "bitrate", "framerate", "samplingrate", "channels", "expression",
    }  # fmt: skip
    _attributes(media, known, report)
    _uri(media.get("url"), f"{where}/media:content", report)
    if media.get("type") and not _MIME.match(media.get("type")):
        report.error(where, f"media type {media.get('type')!r}")
    if media.get("medium", "image") not in ("image", "audio", "video", "document", "executable"):
        report.error(where, f"medium {media.get('medium')!r}")
    for side in ("width", "height", "fileSize"):
        if not (media.get(side, "1").isdigit() and int(media.get(side, "1")) > 0):
            report.error(where, f"{side} {media.get(side)!r}")


def _links(links: list[Any], where: str, report: _Report) -> None:
    """atom:link: an href, a registered relation, one alternate a type and language."""
    alternates: Counter[tuple[str, str]] = Counter()
    rels = [link.get("rel", "alternate") for link in links]
    for link, rel in zip(links, rels, strict=True):
        _attributes(link, {"href", "rel", "type", "title", "hreflang", "length"}, report)
        _uri(link.get("href"), f"{where}/link rel={rel}", report)
        if rel not in _RELATIONS and ":" not in rel:
            report.warn(where, f"relation {rel!r} is not registered")
        if link.get("type") is not None and not _MIME.match(link.get("type")):
            report.error(where, f"link type {link.get('type')!r}")
        if rel == "self" and link.get("type", _FEED_TYPES[0]) not in _FEED_TYPES:
            report.warn(where, f"self is of type {link.get('type')!r}")
        if link.get("title") is not None:
            _plain(link.get("title"), f"{where}/link/title", report)
        if (link.text or "").strip() or len(link):
            report.warn(where, "a link with content")
        if rel == "alternate":
            alternates[link.get("type", ""), link.get("hreflang", "")] += 1
    for (kind, language), times in alternates.items():
        if times > 1:
            report.error(where, f"{times} alternates of type {kind!r} {language!r}")
    in_entry = where.startswith(("item", "entry"))
    for rel in _PAGING.intersection(rels):
        if in_entry:
            report.warn(where, f"rel={rel} belongs to the feed (RFC 5005)")
        elif rels.count(rel) > 1:
            report.error(where, f"{rels.count(rel)} links rel={rel} (RFC 5005)")


# --- Atom ------------------------------------------------------------------------------------

_FEED = _table(
    once="atom:generator atom:icon atom:id atom:logo atom:rights atom:subtitle atom:title "
    "atom:updated fh:archive fh:complete",
    often="atom:author atom:category atom:contributor atom:link atom:entry",
)
_ENTRY = _table(
    once="atom:content atom:id atom:published atom:rights atom:source atom:summary atom:title "
    "atom:updated",
    often="atom:author atom:category atom:contributor atom:link media:content media:group "
    "media:thumbnail",
)
_META = ("atom:id", "atom:title", "atom:updated")


def _a(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _atom_feed(feed: Any, report: _Report) -> None:
    _children(feed, _FEED, _META, report)
    _atom_common(feed, "feed", report)
    links = feed.findall(_a("link"))
    if not any(link.get("rel") == "self" for link in links):
        report.warn("feed", "no link rel=self")
    if not feed.get(f"{{{XML}}}lang"):
        report.warn("feed", "no xml:lang")
    _misplaced(feed, "entry", report)
    ids: Counter[str] = Counter()
    updated: Counter[str] = Counter()
    has_author = feed.find(_a("author")) is not None
    for number, entry in enumerate(feed.findall(_a("entry"))):
        _atom_entry(entry, f"entry[{number}]", has_author, report)
        ids[entry.findtext(_a("id")) or ""] += 1
        updated[entry.findtext(_a("updated")) or ""] += 1
    for value, times in ids.items():
        if times > 1:
            report.error("feed", f"id {value} {times} times")
    for value, times in updated.items():
        if times > 1:
            report.warn("feed", f"{times} entries updated at {value}")
    _tombstones(feed, ids, report)


def _atom_common(element: Any, where: str, report: _Report) -> None:
    _uri(element.findtext(_a("id")), f"{where}/id", report)
    _canonical(element.findtext(_a("id")) or "", f"{where}/id", report)
    for tag in ("updated", "published"):
        for date in element.findall(_a(tag)):
            _rfc3339(date.text, f"{where}/{tag}", report)
    for tag in ("title", "subtitle", "summary", "rights"):
        for text in element.findall(_a(tag)):
            _atom_text(text, f"{where}/{tag}", report)
    for person in element.findall(_a("author")) + element.findall(_a("contributor")):
        _atom_person(person, where, report)
    for category in element.findall(_a("category")):
        _attributes(category, {"term", "scheme", "label"}, report)
        if not category.get("term"):
            report.error(where, "a category without a term")
        if category.get("scheme") is not None:
            _uri(category.get("scheme"), f"{where}/category", report)
        if category.get("label") is not None:
            _plain(category.get("label"), f"{where}/category", report)
    _links(element.findall(_a("link")), where, report)


def _canonical(value: str, where: str, report: _Report) -> None:
    """RFC 4287 section 4.2.6.1: an id in its normal form, for they are compared as strings."""
    parts = urlsplit(value)
    if parts.scheme in ("http", "https") and (
        not parts.path or parts.netloc.lower() != parts.netloc
    ):
        report.warn(where, f"not in its canonical form: {value!r}")


def _atom_text(element: Any, where: str, report: _Report) -> None:
    _attributes(element, {"type"}, report)
    kind = element.get("type", "text")
    if kind == "text":
        _plain(element.text, where, report)
    elif kind == "html":
        _html(element.text, where, report)
    else:
        report.error(where, f"type {kind!r}")
    if len(element):
        report.error(where, "it holds elements")


def _atom_person(person: Any, where: str, report: _Report) -> None:
    names = person.findall(_a("name"))
    if len(names) != 1:
        report.error(where, "a person without one name")
        return
    _plain(names[0].text, f"{where}/person", report)
    if re.search(r"<\S+@\S+>", names[0].text or ""):
        report.warn(where, "a name with a mail address")
    for uri in person.findall(_a("uri")):
        _uri(uri.text, f"{where}/person", report)


def _atom_entry(entry: Any, where: str, has_author: bool, report: _Report) -> None:
    count = _children(entry, _ENTRY, _META, report)
    _atom_common(entry, where, report)
    source = entry.find(_a("source"))
    if source is not None:
        _children(source, _FEED, (), report)
        for tag in _META:
            if source.find(_a(tag.removeprefix("atom:"))) is None:
                report.warn(f"{where}/source", f"no {tag}")
        _atom_common(source, f"{where}/source", report)
    if not (has_author or count["atom:author"] or _has_author(source)):
        report.error(where, "no author")
    content = entry.find(_a("content"))
    if content is None:
        if not any(x.get("rel", "alternate") == "alternate" for x in entry.findall(_a("link"))):
            report.error(where, "neither content nor an alternate link")
        if not count["atom:summary"]:
            report.warn(where, "neither content nor summary")
    else:
        _atom_content(content, count, where, report)
    for media in entry.iter(f"{{{MEDIA}}}content"):
        _media_content(media, where, report)


def _has_author(source: Any) -> bool:
    return source is not None and source.find(_a("author")) is not None


def _atom_content(content: Any, count: Counter[str], where: str, report: _Report) -> None:
    _attributes(content, {"type", "src"}, report)
    kind = content.get("type", "text")
    if content.get("src") is not None:
        _uri(content.get("src"), f"{where}/content", report)
        if not count["atom:summary"]:
            report.error(where, "content elsewhere, and no summary")
    elif kind == "html":
        _html(content.text, f"{where}/content", report)
    elif kind == "text":
        _plain(content.text, f"{where}/content", report)
    elif kind == "xhtml":
        if [child.tag for child in content] != ["{http://www.w3.org/1999/xhtml}div"]:
            report.error(where, "xhtml content is not one div")
    elif not _MIME.match(kind):
        report.error(where, f"content type {kind!r}")
    if not (content.text or "").strip() and not len(content) and content.get("src") is None:
        report.warn(where, "blank content")


def _tombstones(feed: Any, live: Counter[str], report: _Report) -> None:
    """RFC 6721 sections 3 and 4."""
    seen: set[tuple[str, str]] = set()
    for stone in feed.findall(f"{{{TOMBSTONE}}}deleted-entry"):
        _attributes(stone, {"ref", "when"}, report)
        ref, when = stone.get("ref") or "", stone.get("when") or ""
        _uri(ref, "deleted-entry", report)
        _rfc3339(when, "deleted-entry", report)
        if (ref, when) in seen:
            report.error("deleted-entry", f"{ref} at {when} twice")
        if ref in live:
            report.warn("deleted-entry", f"{ref} is also an entry")
        seen.add((ref, when))


# --- JSON Feed -------------------------------------------------------------------------------

_FEED_MEMBERS: dict[str, type] = dict.fromkeys(
    _words(
        "version title home_page_url feed_url description user_comment next_url icon favicon "
        "language"
    ),
    str,
) | {"authors": list, "expired": bool, "hubs": list, "items": list}
_ITEM_MEMBERS: dict[str, type] = dict.fromkeys(
    _words(
        "id url external_url title content_html content_text summary image banner_image "
        "date_published date_modified language"
    ),
    str,
) | {"authors": list, "tags": list, "attachments": list}
_EXTENSION = re.compile(r"_[A-Za-z][^.]*\Z")


def _no_twice(report: _Report) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, times in Counter(name for name, _ in pairs).items():
            if times > 1:
                report.error("object", f"member {name} {times} times")
        return dict(pairs)

    return build


def _members(record: dict[str, Any], known: dict[str, type], where: str, report: _Report) -> None:
    for name, value in record.items():
        if name.startswith("_"):
            if not _EXTENSION.match(name) or not isinstance(value, dict):
                report.error(where, f"extension {name} is not an object under a proper name")
        elif name == "author":
            report.warn(where, "author is of version 1; authors has taken its place")
        elif name not in known:
            report.warn(where, f"unknown member {name}")
        elif not isinstance(value, known[name]):
            report.error(where, f"{name} is {type(value).__name__}")
        elif known[name] is str and name.endswith(("url", "image", "icon")):
            _web(str(value), f"{where}.{name}", report)


def _json_feed(feed: dict[str, Any], report: _Report) -> None:
    _members(feed, _FEED_MEMBERS, "feed", report)
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        report.error("feed", f"version {feed.get('version')!r}")
    if next(iter(feed), "") != "version":
        report.warn("feed", "version is not the first member")
    if not feed.get("title"):
        report.error("feed", "no title")
    for name in ("home_page_url", "feed_url", "language"):
        if name not in feed:
            report.warn("feed", f"no {name}")
    if "language" in feed:
        _language(feed["language"], "feed.language", report)
    if feed.get("next_url") and feed.get("next_url") == feed.get("feed_url"):
        report.error("feed", "next_url is the feed itself")
    _json_authors(feed, "feed", report)
    for hub in feed.get("hubs", []):
        if not isinstance(hub, dict) or not hub.get("type"):
            report.error("feed", "a hub without a type")
        else:
            _web(hub.get("url"), "feed.hubs", report)
    items = feed.get("items")
    if not isinstance(items, list):
        report.error("feed", "no items")
        return
    ids = Counter(item.get("id") for item in items if isinstance(item, dict))
    for number, item in enumerate(items):
        _json_item(item, f"items[{number}]", report)
    for value, times in ids.items():
        if times > 1:
            report.error("feed", f"id {value} {times} times")


def _json_authors(record: dict[str, Any], where: str, report: _Report) -> None:
    for author in record.get("authors", []):
        if not isinstance(author, dict) or not {"name", "url", "avatar"} & set(author):
            report.error(where, "an author with neither name, url nor avatar")
            continue
        for name in ("url", "avatar"):
            if name in author:
                _uri(author[name], f"{where}.authors", report, ("http", "https", "mailto"))


def _json_item(item: Any, where: str, report: _Report) -> None:
    if not isinstance(item, dict):
        report.error(where, "not an object")
        return
    _members(item, _ITEM_MEMBERS, where, report)
    if not item.get("id"):
        report.error(where, "no id")
    if "content_html" not in item and "content_text" not in item:
        report.error(where, "neither content_html nor content_text")
    if "content_html" in item:
        _html(item["content_html"], f"{where}.content_html", report)
    for name in ("date_published", "date_modified"):
        if name in item:
            _rfc3339(item[name], f"{where}.{name}", report)
    for name in ("title", "summary"):
        if name in item and not item[name].strip():
            report.warn(where, f"{name} is blank")
    if "language" in item:
        _language(item["language"], f"{where}.language", report)
    _json_authors(item, where, report)
    if not all(isinstance(tag, str) and tag for tag in item.get("tags", [])):
        report.error(where, "a tag that is no text")
    for attachment in item.get("attachments", []):
        _json_attachment(attachment, where, report)


def _json_attachment(attachment: Any, where: str, report: _Report) -> None:
    if not isinstance(attachment, dict):
        report.error(where, "an attachment that is no object")
        return
    _web(attachment.get("url"), f"{where}.attachments", report)
    if not _MIME.match(str(attachment.get("mime_type", ""))):
        report.error(where, "an attachment without a media type")
    for name in ("size_in_bytes", "duration_in_seconds"):
        if name in attachment and not isinstance(attachment[name], int | float):
            report.error(where, f"{name} is no number")


# --- OPML ------------------------------------------------------------------------------------

_HEAD = _table(
    once="title dateCreated dateModified ownerName ownerEmail ownerId docs expansionState "
    "vertScrollState windowTop windowLeft windowBottom windowRight",
)
_OUTLINE = _words(
    "category created description htmlUrl isBreakpoint isComment language text title type url "
    "version xmlUrl"
)


def _opml_head(head: Any, report: _Report) -> None:
    _children(head, _HEAD, (), report)
    for tag in ("dateCreated", "dateModified"):
        for date in head.findall(tag):
            _rfc822(date.text, f"head/{tag}", report)
    if head.find("docs") is not None:
        report.warn("head", "docs is of OPML 2.0, but the standards' validator does not know it")
    for owner in head.findall("ownerId"):
        _web(owner.text, "head/ownerId", report)


def _opml_outline(outline: Any, report: _Report) -> None:
    where = f"outline {outline.get('text', '')[:40]!r}"
    if outline.tag != "outline":
        report.error("body", f"undefined element {outline.tag}")
        return
    _attributes(outline, _OUTLINE, report)
    if (outline.text or "").strip():
        report.error(where, "it holds text")
    if not outline.get("text"):
        report.error(where, "no text")
    for name in ("text", "title", "description"):
        if outline.get(name) is not None:
            _html(outline.get(name), f"{where}/{name}", report)  # OPML 2.0: may be encoded HTML
    for name in ("xmlUrl", "htmlUrl", "url"):
        if outline.get(name) is not None:
            _web(outline.get(name), f"{where}/{name}", report)
    if outline.get("created") is not None:
        _rfc822(outline.get("created"), where, report)
    if outline.get("language") is not None:
        _language(outline.get("language"), where, report)
    if outline.get("version", "RSS2") not in ("RSS", "RSS1", "RSS2", "scriptingNews"):
        report.warn(where, f"version {outline.get('version')!r}")
    if outline.get("type", "").lower() == "rss":
        for name in ("xmlUrl", "title"):
            if outline.get(name) is None:
                report.warn(where, f"an outline of type rss without {name}")
    elif outline.get("xmlUrl") is not None:
        report.warn(where, "xmlUrl without type rss")
