"""A page's tree into its article: the order in which the parts of a page are read and taken out.

    tree --marks, declared metadata--> --title--> --"See also" lists--> --sign-ups, adverts-->
      --bylines, dates, notices--> what is left is the body --> RawArticle

What the page declares of itself (`seealso_source_page_declared`) comes before what can be read from
its text, and an operator's own mapping (`seealso_source_page_fields`) before both. Related lists,
sign-ups and bylines are taken out of the tree before the body is looked for, by the same words as
in a plain-text copy of the page (`seealso_source_page_around`). Each field's `provenance` says
where its value stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import html
from seealso_sdk import Lead, Media, Promo, RawArticle, Series
from seealso_sdk.bylines import is_dateline
from seealso_sdk.furniture import is_question, kind_named, series_named
from seealso_sdk.languages import differs, guess_language
from seealso_sdk.notices import is_withdrawn_status, withdrawn_title
from seealso_source_page_around import (
    Head,
    Related,
    line,
    take_head,
    take_promos,
    take_related,
)
from seealso_source_page_body import body_of, plain
from seealso_source_page_dates import Witness, guessed, published, updated
from seealso_source_page_declared import Declared, declared, pixels, web_url
from seealso_source_page_fields import Mapped, body_html
from seealso_source_page_marks import Marks, marks_of
from seealso_source_page_people import authors
from seealso_source_page_titles import Title, title_of


@dataclass(frozen=True, slots=True)
class _Parts:
    """A page taken apart. `body` is what is left."""

    page: Declared
    marks: Marks
    title: Title
    related: Related
    promos: tuple[Promo, ...]
    head: Head
    body: str | None


def article_of(
    tree: Any, url: str | None, text: str, base: str, today: str, given: Mapped
) -> tuple[RawArticle, tuple[Lead, ...]]:
    """The article of a page, and where the page leads. The tree is used up.

    Args:
        tree: the page.
        url: where it came from.
        text: its HTML, for a second look at it.
        base: the address that its links go by.
        today: a day; none before which nothing could be published.
        given: what an operator's mapping found in it.
    """
    parts = _apart(tree, base, today, given)
    page, head = parts.page, parts.head
    people = authors(
        page.ld, page.metas, parts.marks, head.people("authors"), base, page.site_names
    )
    changed = updated(page.ld, page.metas, parts.marks, today) or _seen(head, "updated")
    first = _published(parts, url, text, today, changed)
    language = _language(page.language, plain(parts.body or parts.title.text))
    series = _series(parts)
    title, reason = _withdrawal(parts)
    article = RawArticle(
        title=title,
        url=url,
        canonical_url=page.canonical_url,
        kind=_kind(title, page, parts.body),
        summary=page.summary,
        language=language[0],
        html=parts.body,
        authors=people.people,
        reviewers=page.reviewers or head.people("reviewers"),
        publisher=page.publisher,
        series=series[0],
        published=first.value if first else None,
        updated=changed.value if changed else None,
        reviewed=page.reviewed or head.date("reviewed"),
        review_by=head.date("review_by"),
        expires=page.expires or head.date("expires"),
        topics=page.topics,
        keywords=page.keywords,
        see_also=parts.related.see_also,
        promos=parts.promos,
        media=_media(parts.body, page, base),
        corrections=_corrections(page, head),
        rights=page.rights,
        withdrawn=reason is not None,
        withdrawn_reason=reason,
    )
    where = {
        **_text_places(article),
        **page.where,
        "title": parts.title.where,
        "authors": people.where,
        "published": first.where if first else "",
        "updated": changed.where if changed else "",
        "language": language[1] or page.where.get("language", ""),
        "series": series[1],
    }
    return _with_mapping(article, where, given), page.leads


def _apart(tree: Any, base: str, today: str, given: Mapped) -> _Parts:
    marks = marks_of(tree)
    page = declared(tree, base, marks.props())
    title = title_of(tree, page, marks, base)
    body_element = tree.find("body")
    root = tree if body_element is None else body_element
    related = take_related(root, base)
    promos = take_promos(root)
    day = updated(page.ld, page.metas, marks, today)
    head = take_head(root, base, day.value if day else today or None)
    body = body_html(given.body, base) if given.body else body_of(tree, page, base, title.text)
    return _Parts(page, marks, title, related, promos, head, body)


def _with_mapping(article: RawArticle, where: Mapping[str, str], given: Mapped) -> RawArticle:
    """The article with an operator's own values, and the places of those that it has."""
    values: Mapping[str, Any] = given.values
    places = {**where, **given.where}
    article = replace(article, **values)
    has = {name for name, value in article.to_dict().items() if value not in (None, [], "", False)}
    kept = {name: place for name, place in places.items() if place and name in has}
    for name, selector in given.empty.items():
        kept[name] = f"{kept.get(name, 'nothing')} (the selector {selector} matched nothing)"
    return replace(article, provenance=kept)


_PLACES = (  # where a value stands that no declaration gave
    ("html", "main content"),
    ("kind", "title and headings"),
    ("reviewers", "line in the text"),
    ("reviewed", "line in the text"),
    ("review_by", "line in the text"),
    ("expires", "line in the text"),
    ("see_also", "related list"),
    ("promos", "boxes in the text"),
    ("media", "pictures of the body"),
    ("corrections", "note in the text"),
    ("withdrawn", "notice"),
    ("withdrawn_reason", "notice"),
)


def _text_places(article: RawArticle) -> dict[str, str]:
    return {name: place for name, place in _PLACES if getattr(article, name)}


# --- dates, title, series --------------------------------------------------------------------


def _seen(head: Head, name: str) -> Witness | None:
    value = head.date(name)
    return Witness(value, 2.0, "line in the text") if value else None


def _published(
    parts: _Parts, url: str | None, text: str, today: str, changed: Witness | None
) -> Witness | None:
    page = parts.page
    seen = parts.head.date("published")
    found, sure = published(page.ld, page.metas, parts.marks, url, seen, today)
    if sure:
        return found
    guess = guessed(text, url, today)
    # The day of an update that the page names is not its publication.
    if guess and changed and guess.value == changed.value[:10]:
        guess = None
    return guess or found


def _withdrawal(parts: _Parts) -> tuple[str, str | None]:
    """The title, and why the page takes its article back, if it does."""
    title = withdrawn_title(parts.title.text)
    status = parts.page.ld.main.get("creativeWorkStatus")
    reason = parts.head.withdrawal
    if reason is None and isinstance(status, str) and is_withdrawn_status(status):
        reason = f"The page declares its article {status.lower()}."
    if reason is None and title is not None:
        reason = parts.title.text
    return title or parts.title.text, reason


def _series(parts: _Parts) -> tuple[Series | None, str]:
    if parts.page.series:
        return parts.page.series, "JSON-LD isPartOf"
    named = next((meta.series for meta in parts.head.metas if meta.series), None)
    if named:
        return Series(named, parts.head.series_url), "line in the text"
    if parts.related.series:
        return parts.related.series, "heading of the related list"
    return next(_series_of_marks(parts), None), "class of a series"


_SERIES_CLASS = re.compile(r"(?:^|[\s_-])series(?:[_-]{0,2}(?:name|title|link|label))?(?:$|\s)")
_SERIES_MAX = 60


def _series_of_marks(parts: _Parts) -> Iterator[Series]:
    for mark in parts.marks.found:
        if _SERIES_CLASS.search(mark.words) and 0 < len(mark.text) <= _SERIES_MAX:
            link = mark.element if mark.element.tag == "a" else next(mark.element.iter("a"), None)
            url = web_url(link.get("href"), "") if link is not None else None
            yield Series(series_named(mark.text) or mark.text.rstrip(": "), url)


def _corrections(page: Declared, head: Head) -> tuple[Any, ...]:
    """What the page declares, and notes in the text that say something else."""
    said = {one.text for one in page.corrections}
    return (*page.corrections, *(one for one in head.corrections if one.text not in said))


# --- language, kind, media -------------------------------------------------------------------

_TEXT_LEAST = 400  # characters of a text that may speak against a declared language


def _language(given: str | None, text: str) -> tuple[str | None, str]:
    """The declared language, unless the text is plainly another one."""
    guess = guess_language(text)
    if given is None:
        return guess, "text"
    if guess is None or len(text) < _TEXT_LEAST or not differs(given, guess):
        return given, ""
    return guess, f"text (the page declares {given})"


_SECTIONS = 3  # headings that make an article of what has a question as its title
_QUESTIONS = 2


def _kind(title: str, page: Declared, body: str | None) -> str:
    """What the title or the page says it is; a question with its answer, or several, is `qa`."""
    said = kind_named(title) or page.kind
    if said in ("news", "infographic", "video", "qa"):
        return said
    headings = re.findall(r"<h[2-6][^>]*>(.{1,300}?)</h[2-6]>", body or "", re.DOTALL)
    questions = sum(is_question(plain(heading)) for heading in headings)
    if is_question(title) and len(headings) - questions < _SECTIONS:
        return "qa"
    if questions >= _QUESTIONS and questions * 2 > len(headings):
        return "qa"
    paragraphs = re.findall(r"<p[^>]*>(.{1,400})", body or "", re.DOTALL)[:2]
    if any(is_dateline(plain(text)) for text in paragraphs):
        return "news"
    return said or "article"


def _media(body: str | None, page: Declared, base: str) -> tuple[Media, ...]:
    """The declared picture and those in the body, each address once; with the credit and the
    caption of the figure that it stands in."""
    found: dict[str, Media] = {page.image.url: page.image} if page.image else {}
    if body and "<img" in body:
        for image in html.fragment_fromstring(body, "div").iter("img"):
            url = web_url(image.get("src"), base)
            if url:
                size = (pixels(image.get("width")), pixels(image.get("height")))
                alt, credit = image.get("alt") or None, _credit(image)
                held = found.get(url, Media(url))
                found[url] = replace(
                    held,
                    alt=held.alt or alt or _caption(image),
                    width=held.width or size[0],
                    height=held.height or size[1],
                    credit=held.credit or credit,
                )
    return tuple(found.values())


_CREDIT = re.compile(
    r"(?:^|[\s(.])(?:photo(?:graph)?s?(?: credit)?(?: by)?|credit|image|picture|source|foto|bild|"
    r"crédit(?: photo)?|fotografía|quelle|©)\s*[:：/©]?\s*(?:©\s*)?(?P<who>[^()|.]{2,80})\)?\s*\Z",
    re.IGNORECASE,
)
_CAPTION_MAX = 300


def _captions(image: Any) -> Iterator[str]:
    for figure in image.iterancestors("figure"):
        for caption in figure.iter("figcaption"):
            yield line(caption)


def _credit(image: Any) -> str | None:
    for text in _captions(image):
        match = _CREDIT.search(text[-_CAPTION_MAX:])
        if match:
            return match["who"].strip()
    return None


def _caption(image: Any) -> str | None:
    return next((text for text in _captions(image) if len(text) <= _CAPTION_MAX), None)
