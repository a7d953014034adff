"""Names of elements, whatever namespace, prefix or case a feed writes them in.

    {http://purl.org/dc/elements/1.1/}creator, {HTTP://Purl.org/dc/elements/1.1/}Creator
        -> dc:creator
    {http://www.w3.org/2005/Atom}entry, entry   -> entry
    {http://purl.org/rss/1.0/}item, Item        -> item

The vocabularies of feeds themselves (RSS of every version, Atom, CDF) have no prefix here: one
element means the same in all of them. An address that nobody knows is known by its usual prefix.
"""

from __future__ import annotations

from typing import Any

XML = "{http://www.w3.org/XML/1998/namespace}"
XHTML = "http://www.w3.org/1999/xhtml"
ATOM = frozenset({"http://www.w3.org/2005/atom", "http://purl.org/atom/ns#"})

NAMESPACES = {  # by the usual prefix
    "admin": "http://webns.net/mvcb/",
    "app": "http://www.w3.org/2007/app",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "cc": "http://web.resource.org/cc/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "creativecommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "prism": "http://prismstandard.org/namespaces/basic/2.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "taxo": "http://purl.org/rss/1.0/modules/taxonomy/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "xhtml": XHTML,
}
_OTHER_SPELLINGS = {
    "http://creativecommons.org/ns#": "cc",
    "http://creativecommons.org/ns#license": "cc",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
    "http://purl.org/dc/elements/1.0/": "dc",
    "http://search.yahoo.com/mrss": "media",
    "http://www.rssboard.org/media-rss": "media",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "https://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism",
}
_FEEDS = (  # as they begin, in lower case
    "http://backend.userland.com/rss",
    "http://blogs.law.harvard.edu/tech/rss",
    "http://cyber.law.harvard.edu/rss/rss.html",
    "http://purl.org/rss/1.0/modules/rss091#",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
    "http://my.netscape.com/publish/formats/rss-0.91.dtd",
    "http://example.com/newformat#",
    "http://example.com/necho",
    "http://purl.org/echo/",
    "uri/of/echo/namespace#",
    "http://purl.org/pie/",
    "http://purl.org/net/rss1.1#",
    "http://www.w3.org/2005/atom",
    "http://purl.org/atom/ns#",
)
_PREFIXES = {uri.lower(): prefix for prefix, uri in NAMESPACES.items() if prefix != "atom"} | (
    _OTHER_SPELLINGS | dict.fromkeys(_FEEDS, "") | {"http://purl.org/rss/1.0/": "", "": ""}
)
_SEEN: dict[tuple[str, str | None], str] = {}
_MOST_SEEN = 4096  # names; a stranger chooses them


def name_of(element: Any) -> str:
    """``title``, ``dc:creator``: in lower case, with the usual prefix of its namespace."""
    tag = element.tag
    prefix = element.prefix if tag[0] == "{" else None
    found = _SEEN.get((tag, prefix))
    if found is None:
        found = _named(tag, prefix)
        if len(_SEEN) < _MOST_SEEN:
            _SEEN[tag, prefix] = found
    return found


def _named(tag: str, prefix: str | None) -> str:
    uri, _, local = tag.rpartition("}")
    space = _prefix(uri[1:].strip().lower(), prefix)
    return f"{space}:{local.lower()}" if space else local.lower()


def _prefix(uri: str, prefix: str | None) -> str:
    known = _PREFIXES.get(uri)
    if known is not None:
        return known
    if uri.startswith("http://backend.userland.com/rss"):
        return ""
    return "" if prefix in (None, "atom", "rss", "a") else (prefix or "").lower()


def namespace_of(element: Any) -> str:
    """The address of its namespace in lower case; empty where it has none."""
    tag: str = element.tag
    return tag[1:].partition("}")[0].lower() if tag[0] == "{" else ""


def attributes_of(element: Any) -> dict[str, str]:
    """The attributes by their names without namespace, in lower case; the first of a name counts.
    ``xml:base`` and ``xml:lang`` are not among them."""
    found: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name[0] != "{":
            found.setdefault(name.lower(), value)
        elif not name.startswith(XML):
            found.setdefault(name.rpartition("}")[2].lower(), value)
    return found
