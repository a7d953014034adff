"""The fields of an item, each from the elements that may hold it, in order of preference.

A function a field; each gives the value and the name of the element where it was found. What the
elements are called: RSS 0.9x to 2.0, RSS 1.0 with Dublin Core, Atom 0.3 and 1.0, CDF, Media RSS,
iTunes, Creative Commons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seealso_sdk import Person, Publisher, Rights, SeeAlso
from seealso_sdk.datetext import date_of
from seealso_sdk.furniture import kind_named
from seealso_source_feed_names import attributes_of, name_of
from seealso_source_feed_text import (
    NO_TEXT,
    Scope,
    Text,
    joined,
    line_from,
    line_of,
    looks_like_html,
    plain,
    text_of,
)

Named = tuple[str, Any]  # a child's name and the child

PUBLISHED = ("published", "pubdate", "issued", "dcterms:issued")
CREATED = ("created", "dcterms:created", "dcterms:available", "date", "prism:publicationdate")
UPDATED = ("updated", "modified", "dcterms:modified", "lastbuilddate", "atom:updated")
_CONTENTS = ("content:encoded", "content", "body", "xhtml:body", "xhtml:div", "fullitem")
_SUMMARIES = ("summary", "description", "abstract", "dc:description")
_LAST_RESORT = ("itunes:summary", "media:description", "itunes:subtitle", "subtitle", "tagline")
_HTML_BY_NATURE = frozenset({"description", "dc:description", "media:description"})
AUTHORS = frozenset(
    {"author", "dc:creator", "dc:author", "itunes:author", "managingeditor", "creator"}
)
CONTRIBUTORS = frozenset({"contributor", "dc:contributor"})
_SUBJECTS = frozenset({"category", "dc:subject", "media:category", "itunes:category", "subject"})
_WORD_LISTS = frozenset({"keywords", "itunes:keywords", "media:keywords", "tags"})


@dataclass(frozen=True, slots=True)
class Node:
    """An item, or the feed around it, with its children by name."""

    element: Any
    children: tuple[Named, ...]
    by_name: dict[str, list[Any]]
    scope: Scope

    def all(self, *names: str) -> list[Named]:
        """The children of these names, name by name."""
        known = self.by_name
        return [(name, child) for name in names if name in known for child in known[name]]


def node_of(element: Any, scope: Scope) -> Node:
    """The element with its children by name."""
    children = tuple((name_of(child), child) for child in element)
    by_name: dict[str, list[Any]] = {}
    for name, child in children:
        by_name.setdefault(name, []).append(child)
    return Node(element, children, by_name, scope)


# --- text ------------------------------------------------------------------------------------


def title(node: Node) -> tuple[str, str]:
    """Plain text, the first that says something; of a piece of media only where nothing else is."""
    for name, child in node.all("title", "dc:title", "media:title", "itunes:title"):
        line = line_from(text_of(child, node.scope))
        if line:
            return line, name
    for _, child in node.all("media:group", "media:content"):
        for inner in child:
            if name_of(inner) == "media:title" and line_of(inner):
                return line_from(text_of(inner, node.scope)), "media:title"
    return "", ""


@dataclass(frozen=True, slots=True)
class Body:
    """The text of an item and its summary, each with the name of its element."""

    text: Text = NO_TEXT
    where: str = ""
    element: Any = None
    summary: Text = NO_TEXT
    summary_where: str = ""


def body(node: Node) -> Body:
    """Full content before a description, HTML before plain text. A description beside the content
    that isn't the same is the summary; of a summary and a description, the longer is the body."""
    contents = _texts(node, _CONTENTS)
    contents.sort(key=lambda one: not one[1].is_html)
    others = _texts(node, _SUMMARIES) or _texts(node, _LAST_RESORT)
    if not contents:
        others.sort(key=lambda one: -len(one[1].value))
        contents, others = others[:1], others[1:]
    if not contents:
        return Body()
    where, text, element = contents[0]
    short = next((one for one in others if one[1].value not in ("", text.value)), None)
    if short is None:
        return Body(text, where, element)
    return Body(text, where, element, short[1], short[0])


def _texts(node: Node, names: tuple[str, ...]) -> list[tuple[str, Text, Any]]:
    found = []
    for name, child in node.all(*names):
        html = name in _HTML_BY_NATURE or name == "content:encoded"
        text = text_of(child, node.scope, html=html)
        if name == "xhtml:div":
            text = Text(text.value, is_html=True)
        if text.value:
            found.append((name, text, child))
    return found


_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


def body_fields(found: Body) -> tuple[str | None, str | None]:
    """(html, text). What an RSS description says without any markup, in paragraphs, is text."""
    value = found.text.value
    if not value:
        return None, None
    in_paragraphs = _BLANK_LINE.search(value) and "<" not in value and not looks_like_html(value)
    if not found.text.is_html or in_paragraphs:
        return None, value
    return value, None


def summary(found: Body) -> str | None:
    """One line of plain text."""
    return line_from(found.summary) or None


def language(node: Node, found: Body) -> tuple[str | None, str]:
    """``xml:lang`` where the text stands, else what the item says of itself."""
    if node.scope.has_lang and found.element is not None:
        given = node.scope.language(found.element)
        if given:
            return given.replace("_", "-"), "xml:lang"
    for name, child in node.all("dc:language", "language"):
        line = line_of(child)
        if line:
            return line.replace("_", "-"), name
    given = node.scope.language(node.element)
    return (given.replace("_", "-"), "xml:lang") if given else (None, "")


# --- dates -----------------------------------------------------------------------------------


def date(node: Node, *names: str) -> tuple[str | None, str]:
    """The last date that one can read, of the first name that has any."""
    for name in names:
        for child in reversed(node.by_name.get(name, ())):
            found = date_of(line_of(child))
            if found:
                return found, name
    return None, ""


def expires(node: Node) -> tuple[str | None, str]:
    """RSS 0.93 ``expirationDate``; the end of ``dcterms:valid`` (DCMI period)."""
    found, where = date(node, "expirationdate")
    if found:
        return found, where
    for name, child in node.all("dcterms:valid"):
        for part in line_of(child).split(";"):
            key, equals, value = part.partition("=")
            if equals and key.strip().lower() == "end" and date_of(value):
                return date_of(value), name
    return None, ""


# --- people ----------------------------------------------------------------------------------

_MAIL = re.compile(r"(?:mailto:)?[\w.+-]{1,64}@[\w\[\].-]{1,255}(?:\?subject=\S{1,200})?")
_EMPTY_BRACKETS = re.compile(r"\(\s{0,9}\)|<\s{0,9}>|\[\s{0,9}\]")
_LONGEST_NAME = 500  # characters


def people(node: Node, names: frozenset[str] = AUTHORS) -> tuple[tuple[Person, ...], str]:
    """Authors by name, each once."""
    found: dict[str, Person] = {}
    where: dict[str, None] = {}
    for name, child in node.children:
        if name in names:
            person = _person(child, node.scope)
            if person is not None and _merge(found, person):
                where[name] = None
    return tuple(found.values()), ", ".join(where)


def _merge(found: dict[str, Person], person: Person) -> bool:
    known = found.get(person.name)
    if known is None or (person.url and not known.url):
        found[person.name] = person
        return known is None
    return False


def _person(element: Any, scope: Scope) -> Person | None:
    """Of Atom's parts, or of one line: ``mail (Name)``, ``Name <mail>``. An address of mail is
    nobody's name and isn't published."""
    parts = {name_of(child).rpartition(":")[2]: child for child in element.iter() if len(element)}
    if "name" in parts or "email" in parts:
        named = _name(line_of(parts["name"])) if "name" in parts else None
        links = [parts[key] for key in ("uri", "url", "homepage", "href") if key in parts]
        url = joined(scope.base(links[0]), line_of(links[0])) if links else None
        return Person(named, web(url)) if named else None
    name = _name(line_of(element))
    return Person(name, web(attributes_of(element).get("href"))) if name else None


def _name(text: str) -> str | None:
    if len(text) > _LONGEST_NAME:
        return None
    if "@" in text:
        text = _MAIL.sub("", text)
    if "<" in text or "&" in text:
        text = plain(text)
    name = _EMPTY_BRACKETS.sub("", text).strip(' \t\r\n,;"')
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    return " ".join(name.split()) or None


# --- addresses -------------------------------------------------------------------------------


def web(url: str | None) -> str | None:
    """The address if it is one of the web."""
    return url if url and url[:8].lower().startswith(("http://", "https://")) else None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of Atom, or of RSS, where it is an alternate."""

    url: str
    rel: str = "alternate"
    type: str = ""
    title: str = ""
    language: str = ""
    attributes: bool = True


_IANA = "http://www.iana.org/assignments/relation/"


def links(node: Node) -> tuple[Link, ...]:
    """All of them, absolute, in their order."""
    found = []
    for name, child in node.children:
        if name not in ("link", "xhtml:link"):
            continue
        given = attributes_of(child) if child.attrib else {}
        written = given.get("href") or given.get("url") or given.get("uri") or line_of(child)
        url = joined(node.scope.base(child), written)
        if url:
            rel = given.get("rel", "alternate").strip().lower().removeprefix(_IANA)
            kind = given.get("type", "").partition(";")[0].strip().lower()
            lang = given.get("hreflang", "").lower()
            found.append(Link(url, rel, kind, given.get("title", ""), lang, bool(given)))
    return tuple(found)


def page(node: Node, known: tuple[Link, ...], lang: str | None = None) -> tuple[str | None, str]:
    """The item's own page: RSS's link, else Atom's alternate, HTML in the item's language first."""
    pages = [one for one in known if one.rel == "alternate" and web(one.url)]
    if pages:
        own = (lang or "").lower().partition("-")[0]
        return max(reversed(pages), key=lambda one: _rank(one, own)).url, "link"
    href = attributes_of(node.element).get("href") if node.element.attrib else None
    if href and web(joined(node.scope.base(node.element), href)):
        return joined(node.scope.base(node.element), href), "href"
    for _, child in node.all("guid", "id"):
        given = attributes_of(child) if child.attrib else {}
        line = line_of(child)
        if given.get("ispermalink", "true").strip().lower() == "true" and web(line):
            return line, name_of(child)
    for _, child in node.all("content"):
        src = attributes_of(child).get("src") if child.attrib else None
        if src and web(joined(node.scope.base(child), src)):
            return joined(node.scope.base(child), src), "content src"
    return None, ""


def _rank(link: Link, language: str) -> tuple[bool, bool, bool]:
    is_page = link.type in ("", "text/html", "application/xhtml+xml")
    speaks = not link.language or link.language.partition("-")[0] == language
    return is_page, not link.attributes, speaks


def identity(node: Node) -> tuple[str | None, str]:
    """The last id; of RSS 1.0 the address that the item is about."""
    for name in ("guid", "id"):
        for child in reversed(node.by_name.get(name, ())):
            line = line_of(child)
            if line:
                return _absolute_id(child, line, node.scope), name
    about = attributes_of(node.element).get("about") if node.element.attrib else None
    return (about.strip(), "rdf:about") if about and about.strip() else (None, "")


def _absolute_id(element: Any, line: str, scope: Scope) -> str:
    """A relative one where the feed itself says from where. Never by the address that the feed came
    from: the identity of its articles would change when it moves."""
    base = scope.own_base(element)
    if not base or ":" in line or attributes_of(element).get("ispermalink", "").lower() == "false":
        return line
    return joined(base, line) or line


def canonical(node: Node, known: tuple[Link, ...]) -> tuple[str | None, str]:
    """The address that the item calls its own, where it went through somebody else's feed."""
    for one in known:
        if one.rel == "canonical" and web(one.url):
            return one.url, "link canonical"
    for name, child in node.all("feedburner:origlink"):
        if web(line_of(child)):
            return line_of(child), name
    return None, ""


def related(known: tuple[Link, ...]) -> tuple[SeeAlso, ...]:
    """Links with rel related or via. One without a title is known by its address alone, which is
    also the id of many an item."""
    found: dict[str, SeeAlso] = {}
    for one in known:
        if one.rel in ("related", "via"):
            name = plain(one.title)
            ref = None if name else one.url
            found.setdefault(one.url, SeeAlso(name, url=one.url, kind=kind_named(name), ref=ref))
    return tuple(found.values())


# --- lists -----------------------------------------------------------------------------------


def topics(node: Node) -> tuple[tuple[str, ...], str]:
    """Labels of categories, each once; lists of words are divided at their commas."""
    labels: dict[str, None] = {}
    where: dict[str, None] = {}
    for name, child in with_groups(node):
        if name in _SUBJECTS or name in _WORD_LISTS:
            given = _labels(name, child)
            if given:
                labels |= dict.fromkeys(given)
                where[name] = None
    return tuple(labels), ", ".join(where)


def _labels(name: str, element: Any) -> list[str]:
    if name in _WORD_LISTS:
        words = line_of(element).split(",")
    elif name == "itunes:category":
        words = [attributes_of(one).get("text", "") for one in element.iter()]
    else:
        given = attributes_of(element) if element.attrib else {}
        words = [given.get("label") or line_of(element) or given.get("term") or ""]
    return [label for word in words if (label := plain(word))]


def with_groups(node: Node) -> Iterator[Named]:
    """The children, and in the place of a group of media what is in it."""
    for name, child in node.children:
        yield name, child
        if name in ("media:group", "media:content"):
            yield from _inside(child)


def _inside(element: Any) -> Iterator[Named]:
    for inner in element.iterdescendants():
        yield name_of(inner), inner


def rights(node: Node, known: tuple[Link, ...]) -> tuple[Rights | None, str]:
    """The rights in words, and the licence's address: RFC 4946, Creative Commons, Media RSS."""
    text, where = "", []
    for name, child in node.all(
        "rights", "copyright", "dc:rights", "dcterms:rights", "media:copyright"
    ):
        text = line_from(text_of(child, node.scope))
        if text:
            where.append(name)
            break
    url, named = _licence(node, known)
    if url:
        where.append(named)
    found = Rights(license=url, attribution=text or None, url=url)
    return (found, ", ".join(where)) if where else (None, "")


def _licence(node: Node, known: tuple[Link, ...]) -> tuple[str | None, str]:
    for one in known:
        if one.rel == "license" and web(one.url):
            return one.url, "link license"
    for name, child in node.all(
        "creativecommons:license", "cc:license", "license", "media:license", "dcterms:license"
    ):
        given = attributes_of(child)
        for written in (given.get("resource"), given.get("href"), line_of(child)):
            if web(written):
                return web(written), name
    return None, ""


def publisher(node: Node, known: tuple[Link, ...] | None = None) -> Publisher | None:
    """What a feed calls itself: its title, and its page."""
    name, _ = title(node)
    if not name:
        return None
    url, _ = page(node, links(node) if known is None else known)
    return Publisher(name, url)
