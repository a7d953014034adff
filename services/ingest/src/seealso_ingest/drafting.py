"""What a source said of an article into a draft that the hub can trust.

    RawArticle ──> title, kind, language, dates, URLs, lists ──> body profile ──> names, hash
        └─ what can't be repaired without guessing ──> Refused, with the field and the remedy

Pure. Lines of text lose tags, entities, control characters and doubled spaces; a link that is none
is left out; a date keeps the precision it was given; a list names each thing once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from seealso_sdk.dates import instant, normalised
from seealso_sdk.links import canonical, web_url
from seealso_sdk.model import (
    KINDS,
    Article,
    Correction,
    Filing,
    Media,
    Person,
    Promo,
    Publisher,
    RawArticle,
    Rights,
    SeeAlso,
    Series,
)
from seealso_sdk.text import clean, fold, slugify

from seealso_ingest import identity
from seealso_ingest.body import Body, from_html, from_text
from seealso_ingest.errors import Refused
from seealso_ingest.limits import LIMITS
from seealso_ingest.provenance import traced

DEFAULT_LANGUAGE = "en"

T = TypeVar("T")

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*\Z")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\Z")
_NAME = re.compile(r"[^a-z0-9]+")
_FIRST_HEADING = re.compile(r"<h2[^>]*>(.*?)</h2>", re.DOTALL)
_SENTENCE = re.compile(r".{10,}?[.?!。؟](?=\s|$)")
_DERIVED_TITLE = 90  # characters
_EARLIEST, _LATEST = 1000, 9000  # years: outside of them no feed format is sure of itself


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that is normalised, and not yet compared with what the hub has.

    Its `article` has no version yet; its id is that of the first name in `keys`.
    """

    article: Article
    keys: tuple[str, ...]
    withdrawn: bool = False
    reason: str = ""
    provenance: Mapping[str, str] | None = None  # where each field was found
    url: str | None = None  # where the source has it; its canonical address may be another
    home: bool = True  # the source's place is on the site of the canonical address


def drafted(raw: RawArticle, *, source: str, base: str | None = None, own: bool = True) -> Draft:
    """Turn what a source said into a draft.

    Args:
        raw: one article, as a source plugin read it.
        source: the name of the source, where the article itself names none.
        base: where the input came from. The article's relative links start there, unless it has an
            address of its own.
        own: the input is this one article, so `base` is its address where it names no other.

    Raises:
        Refused: something is missing or wrong that can't be repaired without guessing.
    """
    address = _address(raw, base, own=own)
    url = web_url(raw.url, base) if raw.url else address
    home = _is_at_home(base or url, address)
    base = address or base
    title, body = _title_and_body(raw, base)
    article = _article(raw, title, body, source, address, base)
    keys = identity.keys(article)
    article = replace(
        article, id=identity.article_id(keys[0]), content_hash=identity.content_hash(article)
    )
    return Draft(
        article,
        keys,
        raw.withdrawn,
        line(raw.withdrawn_reason),
        provenance=None if raw.withdrawn else traced(raw, article),
        url=url,
        home=home,
    )


def _is_at_home(place: str | None, address: str | None) -> bool:
    """Whether a source's place is on the site of an address. Who names no place is believed."""
    if not place or not address:
        return True
    here, there = _site(place), _site(address)
    return here == there or here.endswith("." + there) or there.endswith("." + here)


def _site(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _title_and_body(raw: RawArticle, base: str | None) -> tuple[str, Body]:
    """Posts without a title are common. A feed without one in it is hard to read: the first heading
    serves, or else how the text begins."""
    title = line(raw.title)
    if len(title) > LIMITS.title:
        raise Refused(
            "title-too-long",
            f"the title has {len(title):,} characters",
            f"Give at most {LIMITS.title:,}; the rest belongs in the summary or the body.",
            "title",
        )
    body = _body(raw, base, title)
    if title or raw.withdrawn:
        return title, body
    heading = _FIRST_HEADING.match(body.html)
    if heading:
        title = _shortened(line(heading[1]), LIMITS.title)
        return title, _body(raw, base, title)  # without the heading, which is said already
    title = _beginning(body.text or line(raw.summary))
    if not title:
        raise Refused("title-missing", "there is neither a title nor a text", "Give one.", "title")
    return title, body


def _beginning(text: str) -> str:
    """The first sentence, or as much of it as a title may have."""
    first = text.strip().partition("\n")[0]
    sentence = _SENTENCE.match(first)
    return _shortened(sentence[0] if sentence else first, _DERIVED_TITLE)


def _article(
    raw: RawArticle, title: str, body: Body, source: str, address: str | None, base: str | None
) -> Article:
    external_id = clean(raw.external_id or "").strip()
    if len(external_id) > LIMITS.line:
        raise Refused("id-too-long", "the external id is too long", "Shorten it.", "external_id")
    return Article(
        id="",
        version=0,
        kind=_kind(raw.kind),
        title=title,
        summary=_shortened(line(raw.summary), LIMITS.summary),
        language=_language(raw.language),
        body_html=body.html,
        body_text=body.text,
        authors=_people(raw.authors, "authors", base),
        reviewers=_people(raw.reviewers, "reviewers", base),
        publisher=_publisher(raw.publisher, base),
        series=_series(raw.series, base),
        canonical_url=address,
        source=line(raw.source) or source,
        external_id=external_id or None,
        published=_date(raw.published, "published"),
        updated=_date(raw.updated, "updated"),
        reviewed=_date(raw.reviewed, "reviewed"),
        review_by=_date(raw.review_by, "review_by"),
        embargo_until=_date(raw.embargo_until, "embargo_until"),
        expires=_date(raw.expires, "expires"),
        topics=_topics(raw.topics),
        keywords=_unique(raw.keywords, "keywords", line, fold),
        see_also=_see_also(raw.see_also, base),
        promos=_unique(raw.promos, "promos", _promo, lambda promo: promo),
        media=_unique(raw.media, "media", lambda m: _media(m, base), lambda m: m.url),
        corrections=_corrections(raw.corrections),
        rights=_rights(raw.rights, base),
    )


# --- text, URLs, dates ---------------------------------------------------------------------------


def line(value: str | None) -> str:
    """One line of plain text: no tags, no entities, no control characters, no doubled spaces."""
    if not value:
        return ""
    text = value[: LIMITS.body_bytes]
    if "<" in text:
        text = _TAG.sub("", text)
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return " ".join(clean(text).split())


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head = text[:most]
    return head[: head.rfind(" ") if " " in head else most].rstrip(" ,;:.") + "…"


def _short(value: str | None) -> str:
    return _shortened(line(value), LIMITS.line)


def _address(raw: RawArticle, base: str | None, *, own: bool) -> str | None:
    """The article's canonical address: as the source says, or where it came from."""
    for name, given in (("canonical_url", raw.canonical_url), ("url", raw.url)):
        if not given or not given.strip():
            continue
        found = web_url(given, base)
        if found is not None and canonical(found) is not None:
            return found
        raise Refused(
            "url-invalid",
            f"{given[:120]!r} is no http(s) address",
            "Give an absolute one, or leave it out.",
            name,
        )
    return web_url(base) if base and own else None


def _kind(given: str | None) -> Any:
    kind = line(given).lower() or "article"
    if kind not in KINDS:
        raise Refused(
            "kind-unknown",
            f"{kind[:80]!r} is no kind of article",
            f"Give one of {', '.join(KINDS)}, or leave it out.",
            "kind",
        )
    return kind


def _language(given: str | None) -> str:
    """BCP 47, in its usual case: ``pt-BR``, ``zh-Hant``."""
    tag = line(given)
    if not tag:
        return DEFAULT_LANGUAGE
    if not _LANGUAGE.match(tag) or len(tag) > 35:
        raise Refused(
            "language-invalid",
            f"{tag[:80]!r} is no language tag",
            "Give one of BCP 47 (es, pt-BR), or leave it out.",
            "language",
        )
    first, *rest = tag.replace("_", "-").split("-")
    cased = [
        part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower()
        for part in rest
    ]
    return "-".join([first.lower(), *cased])


def _date(given: str | None, field: str) -> str | None:
    if given is None or not given.strip():
        return None
    try:
        found = normalised(given)
        if not _EARLIEST <= instant(found).year <= _LATEST:
            raise ValueError(f"the year is not {_EARLIEST} to {_LATEST}")
    except ValueError as error:
        raise Refused(
            "date-invalid",
            f"{given[:80]!r} is no date ({error})",
            "Give RFC 3339 (2024-04-09T10:00:00+02:00) or a day (2024-04-09).",
            field,
        ) from error
    return found


def _body(raw: RawArticle, base: str | None, title: str) -> Body:
    if raw.html is not None and raw.html.strip():
        return from_html(raw.html, base=base, title=title)
    return from_text(raw.text or "", base=base, title=title)


# --- lists and records ---------------------------------------------------------------------------


def _unique(
    given: Iterable[Any], field: str, read: Callable[[Any], T | None], key: Callable[[T], Any]
) -> tuple[T, ...]:
    """Each thing once, in the order given; what comes to nothing is left out."""
    found: dict[Any, T] = {}
    for count, item in enumerate(given, start=1):
        if count > LIMITS.list_items:
            raise Refused(
                "list-too-long",
                f"{field} has more than {LIMITS.list_items} entries",
                "Give the ones that matter.",
                field,
            )
        value = read(item)
        if value:
            found.setdefault(key(value), value)
    return tuple(found.values())


def _people(given: tuple[Person, ...], field: str, base: str | None) -> tuple[Person, ...]:
    def read(person: Person) -> Person | None:
        name = _short(person.name)
        return Person(name, _link(person.url, base)) if name else None

    return _unique(given, field, read, lambda person: fold(person.name))


def _publisher(given: Publisher | None, base: str | None) -> Publisher | None:
    name = _short(given.name) if given else ""
    return Publisher(name, _link(given.url, base)) if given and name else None


def _series(given: Series | None, base: str | None) -> Series | None:
    title = _short(given.title) if given else ""
    return Series(title, _link(given.url, base)) if given and title else None


def _topics(given: tuple[str, ...]) -> tuple[Filing, ...]:
    def read(label: str) -> Filing | None:
        label = _short(label)
        return Filing(slugify(label), label) if label else None

    return _unique(given, "topics", read, lambda filing: filing.slug)


def _see_also(given: tuple[SeeAlso, ...], base: str | None) -> tuple[SeeAlso, ...]:
    def read(one: SeeAlso) -> SeeAlso | None:
        found = SeeAlso(
            title=_short(one.title),
            url=_link(one.url, base),
            kind=_word(one.kind),
            ref=clean(one.ref or "").strip()[: LIMITS.line] or None,
        )
        return found if found.title or found.ref else None

    # A title that stands twice is one entry, and the first one's link counts.
    return _unique(given, "see_also", read, lambda one: fold(one.title) or ("ref", one.ref))


def _promo(given: Promo) -> Promo | None:
    lines = (line(text) for text in clean(given.text).splitlines())
    text = "\n".join(text for text in lines if text)[: LIMITS.summary * 4]
    return Promo(_word(given.kind) or "boilerplate", _short(given.about) or None, text)


def _media(given: Media, base: str | None) -> Media | None:
    url = _link(given.url, base)
    if url is None:
        return None
    kind = (given.type or "").partition(";")[0].strip().lower()
    return Media(
        url=url,
        type=kind if _MEDIA_TYPE.match(kind) else None,
        alt=None if given.alt is None else _short(given.alt),
        width=given.width if given.width and 0 < given.width < 100_000 else None,
        height=given.height if given.height and 0 < given.height < 100_000 else None,
        credit=_short(given.credit) or None,
    )


def _corrections(given: tuple[Correction, ...]) -> tuple[Correction, ...]:
    def read(one: Correction) -> Correction | None:
        text = _shortened(line(one.text), LIMITS.summary)
        at = _date(one.at, "corrections")
        return Correction(at, text) if at and text else None

    return _unique(given, "corrections", read, lambda one: one)


def _rights(given: Rights | None, base: str | None) -> Rights | None:
    if given is None:
        return None
    found = Rights(
        license=_short(given.license) or None,
        attribution=_short(given.attribution) or None,
        url=_link(given.url, base),
    )
    return found if found != Rights() else None


def _link(given: str | None, base: str | None) -> str | None:
    return web_url(given, base) if given else None


def _word(given: str | None) -> str | None:
    """A kind, as a word of small letters and dashes."""
    return _NAME.sub("-", line(given).lower()).strip("-")[:40] or None
