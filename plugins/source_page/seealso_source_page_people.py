"""Who wrote a page, by order of trust.

    JSON-LD author > meta (citation_author, author, ...) > microdata > rel=author >
    class of an author or byline > a line "By ..." in the text

A declared author that is the site itself, a login or a desk gives way to a name that the page
shows; an organisation that is not the site stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from seealso_sdk import Person
from seealso_sdk.bylines import read_meta
from seealso_sdk.links import web_url
from seealso_sdk.names import is_handle, names_in
from seealso_sdk.text import clean, fold
from seealso_source_page_ld import LinkedData, types
from seealso_source_page_marks import Mark, Marks

_MOST = 40
_METAS = (
    *("citation_author", "citation_authors", "bepress_citation_author", "parsely-author"),
    *("sailthru.author", "author", "article:author", "og:author", "byl", "dc.creator"),
    *("dcterms.creator", "dc.contributor", "authors", "article.author", "article:author_name"),
    *("rnews:author", "shareaholic:article_author_name", "cxenseparse:author", "book:author"),
    *("vr:author", "web_author", "twitter:author", "creator"),
)
_CATALOGUES = ("citation_author", "citation_authors", "dc.creator", "dcterms.creator")
_ORGANISATIONS = re.compile(r"Organization$|Corporation$|Agency$|^Airline$|School$|University$")
_NAME_CLASS = re.compile(
    r"(?:^|[\s_-]|(?<=[a-z]))(?:author|byline|by-line|writer|autor|auteur|autore|verfasser|"
    r"journalist|redakteur|contributor)s?(?:[\s_-]?(?:names?|link|fullname|title))?(?:$|[\s_]|--)"
)
_LINE_CLASS = re.compile(
    r"(?:author|byline|by-line|writer|autor\b|auteur|autore|verfasser|contributor|journalist)"
)
_NOT_ABOUT_WRITING = re.compile(
    r"avatar|image|photo|picture|bio\b|biograph|social|twitter|follow|description|icon|credit|"
    r"caption|count|more-from|job|role|position|authority"
)


@dataclass(frozen=True, slots=True)
class Found:
    """People, and where they stood."""

    people: tuple[Person, ...] = ()
    where: str = ""


def authors(
    ld: LinkedData,
    metas: Mapping[str, Sequence[str]],
    marks: Marks,
    seen: Sequence[Person],
    base: str,
    site: Iterable[str],
) -> Found:
    """The authors of a page. `seen` are those that its text names ("By ..."); `site` are the names
    that the site goes by."""
    own = {fold(name) for name in site if name}
    weak: list[Found] = []
    for found in _candidates(ld, metas, marks, seen, base):
        people = tuple(one for one in found.people if fold(one.name) not in own)
        if not people:
            continue
        if all(is_handle(one.name) for one in people) or found.where == _ORGANISATION:
            weak.append(Found(people, found.where))
            continue
        return Found(_spelled(people, seen), found.where)
    return weak[0] if weak else Found()


def people_of(value: Any, base: str) -> tuple[Person, ...]:
    """People or organisations of a JSON-LD value, by name, each once."""
    found: dict[str, Person] = {}
    for item in value if isinstance(value, list) else [value]:
        given = item.get("name") if isinstance(item, dict) else item
        url = _link(item, base)
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, dict):
                text = text.get("@value")
            if not isinstance(text, str):
                continue
            for name in _names(text, item):
                found.setdefault(fold(name), Person(name, url))
    return tuple(found.values())[:_MOST]


_ORGANISATION = "JSON-LD author (an organisation)"


def _names(text: str, item: Any) -> tuple[str, ...]:
    tidy = " ".join(clean(unescape(text)).split())
    if isinstance(item, dict) and any(_ORGANISATIONS.search(name) for name in types(item)):
        return (tidy,) if 0 < len(tidy) <= 120 else ()
    return names_in(tidy) or _login(tidy)


def _login(text: str) -> tuple[str, ...]:
    """A single word is a name for want of a better one, if it is no desk."""
    return (
        (text,) if re.fullmatch(r"[a-z][a-z0-9_.]{2,30}", text) and names_in(text.title()) else ()
    )


def _link(item: Any, base: str) -> str | None:
    value = item.get("url") or item.get("sameAs") if isinstance(item, dict) else None
    value = value[0] if isinstance(value, list) and value else value
    return web_url(value, base or None) if isinstance(value, str) else None


def _candidates(
    ld: LinkedData,
    metas: Mapping[str, Sequence[str]],
    marks: Marks,
    seen: Sequence[Person],
    base: str,
) -> Iterator[Found]:
    yield from _of_data(ld, base)
    for name in _METAS:
        texts = metas.get(name, ())
        people = _of_texts(texts, inverted=name in _CATALOGUES)
        if people:
            yield Found(people, f"meta {name}")
    yield Found(_twitter_labels(metas), "meta twitter:data")
    for where, fits in (
        ("microdata author", lambda mark: {"author", "creator"}.intersection(mark.props)),
        ("rel=author", lambda mark: "author" in (mark.element.get("rel") or "").split()),
        ("class of an author", lambda mark: _is_author_class(mark.words, _NAME_CLASS)),
        ("class of a byline", lambda mark: _is_author_class(mark.words, _LINE_CLASS)),
    ):
        yield Found(_of_marks([mark for mark in marks.found if fits(mark)], base), where)
    yield Found(tuple(seen), "byline in the text")


def _of_data(ld: LinkedData, base: str) -> Iterator[Found]:
    for name in ("author", "creator"):
        value = ld.resolved(ld.get(name))
        listed = value if isinstance(value, list) else [value]
        whole = [
            item
            for item in listed
            if isinstance(item, dict) and any(_ORGANISATIONS.search(kind) for kind in types(item))
        ]
        people = people_of([item for item in listed if item not in whole], base)
        if people:
            yield Found(people, f"JSON-LD {name}")
        elif whole:
            yield Found(people_of(whole, base), _ORGANISATION)


def _of_texts(texts: Sequence[str], *, inverted: bool) -> tuple[Person, ...]:
    found: dict[str, Person] = {}
    for text in texts[:_MOST]:
        if text.startswith(("http://", "https://")):
            continue
        for name in names_in(unescape(text), inverted=inverted) or _login(text):
            found.setdefault(fold(name), Person(name))
    return tuple(found.values())


def _twitter_labels(metas: Mapping[str, Sequence[str]]) -> tuple[Person, ...]:
    """``twitter:label1`` = Written by, ``twitter:data1`` = the name."""
    for number in "1", "2":
        label = " ".join(metas.get(f"twitter:label{number}", ())).lower()
        if re.search(r"written by|author|verfasst von|escrito por|écrit par|scritto da", label):
            return _of_texts(metas.get(f"twitter:data{number}", ()), inverted=False)
    return ()


def _is_author_class(words: str, pattern: re.Pattern[str]) -> bool:
    return bool(words and pattern.search(words)) and not _NOT_ABOUT_WRITING.search(words)


_AT_ONCE = 8  # people: more than that in the page's marks is a list of posts


def _of_marks(marks: Sequence[Mark], base: str) -> tuple[Person, ...]:
    found: dict[str, Person] = {}
    for mark in marks:
        if mark.element.get("content") and not mark.text:
            names = names_in(mark.value)
        else:
            names = _of_line(mark.text)
        link = mark.element if mark.element.tag == "a" else None
        if link is None and len(names) == 1:
            link = next(mark.element.iter("a"), None)
        href = link.get("href") if link is not None else None
        url = web_url(href, base or None) if href and not href.startswith("#") else None
        for name in names:
            held = [key for key in found if fold(name) in key or key in fold(name)]
            if not held:
                found[fold(name)] = Person(name, url)
    return tuple(found.values()) if len(found) <= _AT_ONCE else ()


def _of_line(text: str) -> tuple[str, ...]:
    meta = read_meta(text)
    if meta and meta.authors:
        return tuple(person.name for person in meta.authors)
    if meta and (meta.dates or meta.reviewers):
        return ()
    return names_in(text) if len(text) <= 120 else ()


def _spelled(people: Sequence[Person], seen: Sequence[Person]) -> tuple[Person, ...]:
    """A name in capitals as the text spells it, where it does."""
    by_fold = {fold(one.name): one.name for one in seen}
    return tuple(
        Person(by_fold.get(fold(one.name), one.name), one.url) if one.name.isupper() else one
        for one in people
    )
