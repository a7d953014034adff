"""The decisions of filing, without I/O.

    Loaded --read--> Draft --plan(known topics)--> Filed            what one article's rows are
    drafts --missing_topics--> topics to make
    standings --verdicts--> topics that rise, fall or go
    Placed --placement--> Placement                                  what a feed item says

A topic exists while an operator, an editor or a See also list names it; it is more than a ghost
while somebody files under it or an article of its very title is there. Both follow from what is
filed now, never from the order in which it came.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seealso_related.filing import ArticleNames, KnownTopic, file_under, names_of
from seealso_related.terms import Fields, Term, terms
from seealso_related.words import name_words
from seealso_sdk.links import canonical
from seealso_sdk.model import Article, Filing, Link, SeeAlso
from seealso_sdk.text import fold, slugify
from seealso_store.filings import (
    Filed,
    FilingRow,
    Loaded,
    NamedLink,
    Placed,
    Placement,
    SeeAlsoRow,
    TermRow,
)
from seealso_store.topics import ARTICLE, GHOST, IMPORT, NamedTopic, NewTopic, Standing

MOST_LINKS = 10  # of a feed item
RETRIES = (1, 10, 60, 600, 3600)  # seconds until the next try, by tries so far; then a dead letter
LOST_LIMIT = 20  # claims that never came back

_HEADING = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Draft:
    """A published article, read for filing: everything that follows from it alone."""

    id: str
    language: str
    title: str
    sort_at: int
    names: ArticleNames
    terms: tuple[Term, ...]
    see_also: tuple[SeeAlsoRow, ...]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What becomes of topics: `rise` from ghost to topic, `fall` to ghost, `go` for good."""

    rise: tuple[str, ...]
    fall: tuple[str, ...]
    go: tuple[str, ...]


# --- an article --------------------------------------------------------------------------------


def read(loaded: Loaded) -> Draft:
    """Read a stored version.

    Raises:
        ModelError, ValueError: the stored body is not an article; it names the field.
    """
    article = Article.from_json(loaded.body)
    headings = tuple(_plain(found) for found in _HEADING.findall(article.body_html))
    told = Fields(
        title=article.title,
        summary=article.summary,
        headings=headings,
        keywords=article.keywords,
        body=article.body_text,
        language=article.language,
    )
    return Draft(
        id=loaded.id,
        language=article.language,
        title=article.title,
        sort_at=loaded.sort_at,
        names=names_of(article, headings),
        terms=terms(told),
        see_also=_see_also(loaded.id, article),
    )


def plan(draft: Draft, known: Mapping[str, KnownTopic]) -> Filed:
    """The rows of an article, given what its names stand for."""
    telling = {term.word for term in draft.terms}
    filings = file_under(draft.names, known, telling, draft.language)
    return Filed(
        article_id=draft.id,
        filings=tuple(
            FilingRow(one.slug, draft.id, one.origin, one.score, one.reason, draft.sort_at)
            for one in filings
        ),
        see_also=draft.see_also,
        terms=tuple(TermRow(term.word, draft.id, term.weight) for term in draft.terms),
    )


def _see_also(article_id: str, article: Article) -> tuple[SeeAlsoRow, ...]:
    """The editor's list, every title and every reference once."""
    found: dict[tuple[str, str | None], SeeAlsoRow] = {}
    for one in article.see_also:
        slug = slugify(one.title) if fold(one.title) else ""
        ref = _identity(article.source, one)
        if (slug or ref) and (slug, ref) not in found:
            place = len(found)
            row = SeeAlsoRow(article_id, place, one.title, slug, one.url, one.kind, ref)
            found[slug, ref] = row
    return tuple(found.values())


def _identity(source: str, one: SeeAlso) -> str | None:
    """The identity key under which the hub would know the target."""
    if one.ref:
        return f"id:{source}:{one.ref}"
    address = canonical(one.url) if one.url else None
    return f"url:{address}" if address else None


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


# --- topics ------------------------------------------------------------------------------------


def known_topics(
    drafts: Sequence[Draft], named: Mapping[str, NamedTopic]
) -> tuple[dict[str, KnownTopic], list[NewTopic]]:
    """What the names of a batch stand for, its own new topics included, and those to be made.

    A ghost that one of these articles is about, or is filed under by its editor, is none any more.
    """
    new = _missing(drafts, named)
    known = {name: KnownTopic(t.slug, t.label, t.origin == GHOST) for name, t in named.items()}
    for one in new:
        known[one.slug] = KnownTopic(one.slug, one.label, one.origin == GHOST)
    answered = set(answered_labels(drafts, known))
    real = {
        name: KnownTopic(topic.slug, topic.label, topic.ghost and topic.slug not in answered)
        for name, topic in known.items()
    }
    return real, new


def answered_labels(drafts: Iterable[Draft], known: Mapping[str, KnownTopic]) -> dict[str, str]:
    """The topics that these articles are about or filed under, with the label that they give."""
    found: dict[str, str] = {}
    for draft in drafts:
        if draft.names.title in known:
            found.setdefault(known[draft.names.title].slug, draft.title)
        for filing in draft.names.editorial:
            topic = known.get(slugify(filing.label)) or known.get(filing.slug)
            if topic is not None:
                found[topic.slug] = filing.label
    return found


def _missing(drafts: Sequence[Draft], named: Mapping[str, NamedTopic]) -> list[NewTopic]:
    """Editors' topics and see-also titles that no topic has as its name yet."""
    found: dict[str, NewTopic] = {}
    for draft in drafts:
        for filing in draft.names.editorial:
            slug = slugify(filing.label)
            if slug not in named and filing.slug not in named:
                found.setdefault(slug, new_topic(slug, filing.label, ARTICLE, draft.language))
    for draft in drafts:
        for slug, title in draft.names.see_also:
            if slug not in named:
                found.setdefault(slug, new_topic(slug, title, GHOST, draft.language))
    return list(found.values())


def new_topic(slug: str, label: str, origin: str, language: str) -> NewTopic:
    """A topic that an article brings."""
    return NewTopic(slug, label, origin, name_words(label, language), language=language)


def verdicts(standings: Iterable[Standing]) -> Verdicts:
    """What becomes of topics whose filings have changed."""
    rise, fall, go = [], [], []
    for one in standings:
        exists = one.edited or one.named or one.kept
        answered = one.edited or one.about
        if one.origin == IMPORT:
            continue
        if not exists:
            go.append(one.slug)
        elif answered and one.origin == GHOST:
            rise.append(one.slug)
        elif not answered and one.origin == ARTICLE:
            fall.append(one.slug)
    return Verdicts(tuple(rise), tuple(fall), tuple(go))


# --- what an item says -------------------------------------------------------------------------


def placement(placed: Placed, hub_url: str) -> Placement:
    """Categories and related links of an article's feed items."""
    categories = [
        Filing(one.slug, one.label, one.origin, one.score, one.reason).to_dict()
        for one in placed.categories
    ]
    related = [link.to_dict() for link in _related(placed.links, hub_url)]
    said = [json.dumps(part, ensure_ascii=False) for part in (categories, related)]
    digest = hashlib.sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest()
    return Placement(placed.article_id, placed.version, said[0], said[1], digest)


def _related(links: Iterable[NamedLink], hub_url: str) -> list[Link]:
    """The first links that lead somewhere, each page once."""
    found: dict[str, Link] = {}
    for one in links:
        url = f"{hub_url}/articles/{one.target_id}" if one.target_id else _web(one.url)
        title = one.title or one.target_title or ""
        if url and title:
            reason = "Named in the See also list"
            found.setdefault(url, Link(url=url, title=title, reason=reason))
    return list(found.values())[:MOST_LINKS]


def _web(url: str | None) -> str:
    return url if url and url.lower().startswith(("https://", "http://")) else ""


# --- failures ----------------------------------------------------------------------------------


def next_try(attempts: int) -> int | None:
    """Seconds until the next try after so many; None: give up."""
    return RETRIES[attempts - 1] if 0 < attempts <= len(RETRIES) else None


def lost_too_often(attempts: int) -> bool:
    """Whether a row has been claimed so often that it must be what ends the workers."""
    return attempts > LOST_LIMIT
