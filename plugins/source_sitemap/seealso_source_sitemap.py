"""Reads sitemaps (sitemaps.org protocol 0.9): leads to the pages of a site.

    bytes --gzip?--> XML --urlset-------> an `item` lead a page       --options, bounds--> leads
                         --sitemapindex-> a `list` lead a sitemap  -/
                     text (an address a line) -> an `item` lead a line

A page's date is its ``lastmod``, else what the news extension says of its publication; its title is
that of the news extension. Addresses of pictures, films and translations that stand in a page's
entry are not pages. A page of another host than the sitemap's is left out (protocol, "Sitemap file
location"): otherwise whoever writes a sitemap sends the hub wherever they like. The elements are
told by their local names: sitemaps with a wrong namespace, or none, are common and mean the same.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from heapq import nlargest
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from seealso_sdk import Lead, Piece, Problem, RawInput, Reject, SourceContext, SourceMeta, hookimpl
from seealso_sdk.dates import instant, normalised
from seealso_sdk.links import web_url
from seealso_sdk.plugin import Option

MAX_BYTES = 50 * 1024 * 1024  # unpacked: the protocol's own limit
MAX_LEADS = 50_000  # of one sitemap: the protocol's own limit
MAX_PROBLEMS = 20  # told one by one
MAX_DEPTH = 32
PATTERNS = 50  # of an option
STARS = 4  # of a pattern: a match costs a power of them

_GZIP = b"\x1f\x8b"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_DTD = re.compile(rb"<!ENTITY|<!DOCTYPE[^>\[]{0,2000}\[", re.IGNORECASE)
_LOOK = 4096

# --- the operator's choice -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which of the entries count: the options, read."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    hosts: frozenset[str]
    language: str
    since: str
    newest: int

    @classmethod
    def of(cls, options: Mapping[str, str], url: str | None) -> _Choice:
        """Raises Reject, naming the option, where one can't be read."""
        own = [urlsplit(url).hostname or ""] if url else []
        hosts = [*own, *_listed(options.get("hosts", ""))]
        return cls(
            include=_patterns(options, "include"),
            exclude=_patterns(options, "exclude"),
            hosts=frozenset(_bare(host) for host in hosts if host) if own else frozenset(),
            language=options.get("language", "").strip().lower(),
            since=_since(options.get("since", "").strip()),
            newest=_newest(options.get("newest", "").strip()),
        )

    def takes(self, entry: _Entry) -> bool:
        """Whether a page counts."""
        url = entry.url
        if self.include and not any(_matches(url, pattern) for pattern in self.include):
            return False
        if any(_matches(url, pattern) for pattern in self.exclude):
            return False
        if self.language and entry.language and not _is_language(entry.language, self.language):
            return False
        return self.is_recent(entry)

    def is_recent(self, entry: _Entry) -> bool:
        """What has no date may be new."""
        return not (self.since and entry.modified) or entry.modified[:10] >= self.since

    def is_own(self, url: str) -> bool:
        """Whether an address is of the sitemap's host, or of one that the operator named."""
        return not self.hosts or _bare(_host(url)) in self.hosts


def _listed(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", text) if part]


def _patterns(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(_listed(options.get(name, "")))
    if len(found) > PATTERNS or any(pattern.count("*") > STARS for pattern in found):
        raise Reject(
            f"option {name}: more than {PATTERNS} patterns, or one with more than {STARS} stars."
            " Give fewer."
        )
    return found


def _since(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise Reject(f"option since: {text!r} is no day. Give one like 2024-04-09.") from error


def _newest(text: str) -> int:
    if not text or (text.isascii() and text.isdigit() and len(text) < 10):
        return int(text or 0)
    raise Reject(f"option newest: {text!r} is no number. Give one like 500; 0 for all.")


def _host(url: str) -> str:
    """Of an address as `web_url` writes it: scheme://host:port/..."""
    host = url.split("/", 3)[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _matches(url: str, pattern: str) -> bool:
    """A pattern without a star is a beginning; one with a slash first is of the path alone."""
    if pattern.startswith("/"):
        parts = urlsplit(url)
        url = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if "*" not in pattern:
        return url.startswith(pattern)
    # A star is the only sign with a meaning: "?" and "[" are ordinary in an address.
    return fnmatchcase(url, re.sub(r"[\[?]", lambda m: f"[{m[0]}]", pattern))


def _is_language(found: str, wanted: str) -> bool:
    return found == wanted or found.startswith(f"{wanted}-")


# --- entries ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a sitemap says of one page, or an index of one sitemap."""

    rel: str  # item, list
    url: str
    modified: str = ""
    title: str = ""
    language: str = ""


def _unpacked(data: bytes) -> bytes:
    """The sitemap's own bytes, never more than `MAX_BYTES`."""
    if data.startswith(_GZIP):
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            data = inflate.decompress(data, MAX_BYTES + 1)
        except zlib.error as error:
            raise Reject("the gzip data is damaged. Fetch or pack it again.") from error
        if len(data) <= MAX_BYTES and not inflate.eof:
            raise Reject("the gzip data ends in the middle. Fetch or pack it again.")
    if len(data) > MAX_BYTES:
        raise Reject(
            f"the sitemap is larger than {MAX_BYTES // 2**20} MB, the limit of the protocol."
            " Divide it under an index."
        )
    return data


def _is_xml(data: bytes) -> bool:
    return data.startswith(_WIDE) or data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _xml_entries(data: bytes) -> Iterator[_Entry | Problem]:
    """The entries, one at a time: memory stays at one entry. What is broken ends it early."""
    if _DTD.search(data[:_LOOK]) or b"<!ENTITY" in data:
        raise Reject("the sitemap declares entities of its own (DTD). Write it without them.")
    events = etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    depth, rel, found = 0, "", 0
    try:
        for event, element in events:
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                raise Reject(f"elements stand more than {MAX_DEPTH} deep: this is no sitemap.")
            if event == "start" and depth == 1:
                rel = _rel(element)
            elif event == "end" and depth == 1:
                yield _entry(element, rel)
                found += 1
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        if not rel:
            raise Reject(f"this is no XML that can be read: {_said(error)}.") from error
        yield Problem(
            code="sitemap-broken",
            detail=f"the sitemap breaks off after {found} entries: {_said(error)}",
            remedy="Correct the sitemap; the entries before were read.",
            line=error.lineno or None,
        )


def _said(error: etree.XMLSyntaxError) -> str:
    return (error.msg or "syntax error")[:200]


def _rel(root: Any) -> str:
    name = _local(root)
    if name == "urlset":
        return "item"
    if name == "sitemapindex":
        return "list"
    raise Reject(
        f"this is no sitemap: the root is {name[:40]!r}. Give one whose root is urlset or"
        " sitemapindex; a feed is read by the source `feed`."
    )


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _text(element: Any) -> str:
    text = "".join(element.itertext()) if len(element) else element.text or ""
    return " ".join(text.split())


def _entry(element: Any, rel: str) -> _Entry:
    """One ``url`` or ``sitemap`` element, by its own ``loc``: extensions have some too."""
    own = {_local(child): _text(child) for child in reversed(element)}
    news = next((child for child in element if _local(child) == "news"), None)
    said = (
        {_local(inner): _text(inner) for inner in reversed(list(news.iter()))}
        if news is not None
        else {}
    )
    modified = _day(own.get("lastmod", "")) or _day(said.get("publication_date", ""))
    return _Entry(
        rel, own.get("loc", ""), modified, said.get("title", ""), said.get("language", "").lower()
    )


@lru_cache(maxsize=4096)  # the entries of a sitemap share a few dates
def _day(text: str) -> str:
    """A W3C date as the model has it; nothing where it is none, or a year or month alone."""
    try:
        return normalised(text) if text and len(text) <= 80 else ""
    except ValueError:
        return ""


def _text_entries(data: bytes) -> Iterator[_Entry | Problem]:
    """An address a line (protocol, "Text file")."""
    text = data.decode("utf-8-sig", errors="replace")
    for line in text.splitlines():
        if line.strip():
            yield _Entry("item", line.strip())


# --- leads -----------------------------------------------------------------------------------


def _leads(entries: Iterator[_Entry | Problem], choice: _Choice, base: str | None) -> list[Piece]:
    """The leads that count, each address once, in the order of the input; then what is wrong."""
    kept: dict[str, Lead] = {}
    problems = _Problems()
    for index, entry in enumerate(entries):
        if index >= MAX_LEADS:
            problems.add(_too_many())
            break
        if isinstance(entry, Problem):
            problems.add(entry)
            continue
        lead = _lead(entry, choice, base, index)
        if isinstance(lead, Problem):
            problems.add(lead)
        elif lead is not None:
            kept.setdefault(lead.url, lead)
    return [*_newest_of(list(kept.values()), choice.newest), *problems.told()]


def _lead(entry: _Entry, choice: _Choice, base: str | None, index: int) -> Lead | Problem | None:
    url = web_url(entry.url, base)
    if url is None:
        return Problem(
            code="url-invalid",
            detail=f"{entry.url[:100]!r} is no address of a page" if entry.url else "no loc",
            field="loc",
            remedy="Give each entry an absolute http or https address.",
            index=index,
        )
    if not choice.is_own(url):
        return Problem(
            code="url-foreign",
            detail=f"{url[:200]} is of another host than the sitemap",
            field="loc",
            remedy="Name its host in the option `hosts` if it is to count.",
            index=index,
        )
    if entry.rel == "list":
        taken = choice.is_recent(entry)
        return Lead(url=url, rel="list", modified=entry.modified or None) if taken else None
    if not choice.takes(entry if url == entry.url else replace(entry, url=url)):
        return None
    return Lead(url=url, rel="item", modified=entry.modified or None, title=entry.title or None)


def _newest_of(leads: list[Lead], newest: int) -> list[Lead]:
    """The last changed ones, in the order of the input; sitemaps of an index are all needed."""
    if not newest or len(leads) <= newest or leads[0].rel == "list":
        return leads
    dated = [(instant(lead.modified), -at) for at, lead in enumerate(leads) if lead.modified]
    chosen = {-at for _, at in nlargest(newest, dated)}
    undated = (at for at, lead in enumerate(leads) if not lead.modified)
    for at in undated:
        if len(chosen) >= newest:
            break
        chosen.add(at)
    return [leads[at] for at in sorted(chosen)]


class _Problems:
    """The first few, and how many more."""

    def __init__(self) -> None:
        self._first: list[Problem] = []
        self._more = 0

    def add(self, problem: Problem) -> None:
        """Of those beyond the first few only the number is kept, but what ends the list is told."""
        if len(self._first) < MAX_PROBLEMS or problem.code.startswith("sitemap-"):
            self._first.append(problem)
        else:
            self._more += 1

    def told(self) -> list[Problem]:
        """For the end of what `read` gives."""
        if not self._more:
            return self._first
        more = Problem(
            code="entries-left-out",
            detail=f"{self._more} more entries can't be followed",
            remedy="The reasons are those of the first ones.",
        )
        return [*self._first, more]


def _too_many() -> Problem:
    return Problem(
        code="sitemap-too-long",
        detail=f"the sitemap has more than {MAX_LEADS} entries, the limit of the protocol",
        remedy="Divide it under an index; the first ones were read.",
    )


# --- the source ------------------------------------------------------------------------------


class SitemapSource:
    """Sitemaps and their indexes."""

    meta = SourceMeta(
        name="sitemap",
        title="Sitemap",
        version="1",
        media_types=("application/vnd.seealso.sitemap+xml",),
        extensions=(),
        description="A sitemap or an index of sitemaps: the pages that it lists are articles.",
        options=(
            Option(
                "include",
                "",
                "Only pages whose address begins like one of these; a star stands for anything,"
                " `/news/` is of the path. Divided by spaces or commas.",
            ),
            Option("exclude", "", "No pages whose address begins like one of these."),
            Option("hosts", "", "Other hosts than the sitemap's own whose pages count too."),
            Option("language", "", "Only pages that the news extension says are in this language."),
            Option(
                "since", "", "Only pages changed on this day or later (2024-04-09), and undated."
            ),
            Option("newest", "0", "At most so many pages of a sitemap, the last changed; 0: all."),
        ),
        places=("url",),
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[Piece]:
        """The leads in the order of the sitemap, then what is wrong with it.

        Raises:
            Reject: it is no sitemap, too large, damaged, or an option can't be read.
        """
        choice = _Choice.of(context.options, raw.url)
        data = _unpacked(raw.data)
        if not data.strip():
            raise Reject("the sitemap is empty.")
        entries = _xml_entries(data) if _is_xml(data) else _text_entries(data)
        return _leads(entries, choice, raw.url)


@hookimpl
def register_sources() -> Sequence[SitemapSource]:
    """The hook of the `seealso` entry-point group."""
    return [SitemapSource()]
