"""Reads WordPress exports (WXR 1.0 to 1.2): a published post or page is an article.

    bytes --guard--> head: site, authors -------------------\\
          --parts--> items: attachments (by id) -------------> item --statuses, types--> RawArticle
                            posts and pages, one by one ----/                        \\-> Problem

WXR has no specification: it is what WordPress' ``wp-admin/includes/export.php`` writes, RSS 2.0
with elements of its own. Each item is parsed by itself, so that a broken one costs no other, and
memory is that of one item.

The texts come as WordPress stores them: `seealso_source_wxr_shortcodes` and
`seealso_source_wxr_blocks` make of them the HTML that a reader of the site sees. Comments, drafts'
passwords and mail addresses are never taken.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from seealso_sdk import (
    Media,
    Option,
    Person,
    Problem,
    RawArticle,
    RawInput,
    Series,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.dates import normalised
from seealso_sdk.furniture import is_question, kind_named
from seealso_sdk.languages import guess_language
from seealso_sdk.ownfields import overlaid, require_known
from seealso_sdk.text import clean, one_line
from seealso_sdk.xmlguard import Part, guard, parts
from seealso_source_wxr_blocks import html_of
from seealso_source_wxr_library import Attachment, Library, attachment_of, figure
from seealso_source_wxr_shortcodes import expand
from seealso_source_wxr_xml import Site, Unreadable, Values, item_of, meta_of, site_of, text_of, web

MEDIA_TYPE = "application/x-wxr+xml"
MAX_BYTES = 64 * 1024 * 1024
MAX_ITEM = 16 * 1024 * 1024  # bytes; a body may have two million
MAX_TAGS = 3_000_000

# --- a post ----------------------------------------------------------------------------------

# Kinds of item that WordPress and its widest-spread plugins keep for themselves.
_INTERNAL = frozenset((
    *("attachment", "revision", "nav_menu_item", "custom_css", "customize_changeset"),
    *("oembed_cache", "user_request", "wp_block", "wp_template", "wp_template_part"),
    *("wp_global_styles", "wp_navigation", "wp_font_family", "wp_font_face", "acf-field"),
    *("acf-field-group", "wpcf7_contact_form", "shop_order", "shop_order_refund"),
    "amp_validated_url",
))  # fmt: skip
_OUT = {
    "draft": "a draft",
    "pending": "waiting for review",
    "auto-draft": "an empty draft",
    "private": "private",
    "trash": "in the trash",
    "password": "behind a password",
}
_YEAR_ZERO = " -0001 "  # what PHP makes of a date of zeros
_UNDATED = ("", "0000-00-00 00:00:00")
_BODY_HEAD = 20_000  # characters that tell a language
_TAG = re.compile(r"<[^<>]*>")
_INLINE = re.compile(r"</?(?:a|abbr|b|cite|code|em|i|mark|small|span|strong|sub|sup|u)\b[^<>]*>")
_OWN_IMAGE = re.compile(r"\bwp-image-(\d{1,12})\b")
_UNSORTED = frozenset({"uncategorized", "uncategorised"})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the operator's options ask for."""

    types: frozenset[str]
    withdraw: bool
    series: str
    fields: Mapping[str, str]

    @classmethod
    def of(cls, context: SourceContext) -> _Wanted:
        options = context.options
        require_known(context.fields)
        types = options.get("types") or "post,page"
        return cls(
            frozenset(filter(None, (name.strip() for name in types.split(",")))),
            options.get("unpublished", "") == "withdraw",
            options.get("series", "").strip() or "series",
            context.fields,
        )


def _post(
    values: Values, site: Site, library: Library, wanted: _Wanted, index: int
) -> RawArticle | Problem | None:
    """An article; a Problem with what is left out; None for what is no article at all."""
    kind = text_of(values, "wp:post_type") or "post"
    title = one_line(unescape(text_of(values, "title")))
    if kind in _INTERNAL and kind not in wanted.types:
        return None
    if kind not in wanted.types:
        remedy = f"Name it in SEEALSO_SOURCE_WXR_TYPES if {kind!r} are articles."
        return _left_out(title, f"it is of the type {kind!r}", remedy, index)
    identity = text_of(values, "guid") or web(text_of(values, "link"))
    state = text_of(values, "wp:status") or "publish"
    if text_of(values, "wp:post_password"):
        state = "password"
    if state in ("publish", "future", "inherit"):
        article = _article(values, site, library, wanted, identity or None, title)
        if not (article.title or article.html):
            return _left_out(title, "there is neither a title nor a text", "Write one.", index)
        return _mapped(article, values, wanted.fields)
    why = f"it is {_OUT.get(state, state)}"
    if wanted.withdraw and identity:
        return RawArticle(
            title=title,
            external_id=identity,
            withdrawn=True,
            withdrawn_reason=f"In WordPress {why}.",
        )
    return _left_out(title, why, "Publish it in WordPress.", index)


def _mapped(article: RawArticle, values: Values, fields: Mapping[str, str]) -> RawArticle | Problem:
    """Places are names of custom fields, of taxonomies, or of elements (``wp:post_name``)."""
    if not fields:
        return article
    meta, terms = meta_of(values), _terms(values)

    def find(where: str) -> Sequence[str]:
        return [meta[where]] if where in meta else terms.labels(where) or [text_of(values, where)]

    return overlaid(article, fields, find)


def _left_out(title: str, why: str, remedy: str, index: int) -> Problem:
    name = f"{title[:80]!r}" if title else "a post without a title"
    return Problem(
        code="left-out", detail=f"{name} was left out: {why}", remedy=remedy, index=index
    )


def _article(
    values: Values,
    site: Site,
    library: Library,
    wanted: _Wanted,
    identity: str | None,
    title: str,
) -> RawArticle:
    meta, terms = meta_of(values), _terms(values)
    future = text_of(values, "wp:status") == "future"
    published, published_from = _published(values)
    updated, updated_from = _gmt(values, "wp:post_modified_gmt")
    html, pictures = _body(values, library)
    media = _media(meta, library, pictures)
    summary, summary_from = _summary(values, meta)
    series, series_from = _series(meta, terms, wanted.series)
    authors, authors_from = _authors(values, terms, site)
    named = kind_named(title)
    kind = named or _kind(values, terms, title)
    body_text = unescape(_TAG.sub(" ", html[:_BODY_HEAD]))
    guessed = None if site.language else guess_language(body_text)
    found = {
        "title": (title, "title"),
        "external_id": (identity, "guid"),
        "canonical_url": (web(text_of(values, "link")), "link"),
        "kind": (kind, "title" if named or kind == "qa" else "wp:post_type, post format"),
        "summary": (summary, summary_from),
        "language": (site.language or guessed, "channel language" if site.language else "the text"),
        "html": (html or None, "content:encoded"),
        "authors": (authors, authors_from),
        "publisher": (site.publisher, "channel title"),
        "series": (series, series_from),
        "published": (published, published_from),
        "updated": (updated if updated != published else None, updated_from),
        "embargo_until": (published if future else None, "wp:status future"),
        "topics": (terms.labels("category"), "category"),
        "keywords": (terms.labels("post_tag"), "category post_tag"),
        "media": (media, "attachments"),
    }
    given: dict[str, Any] = {name: value for name, (value, _) in found.items() if value}
    provenance = {name: f"wxr {found[name][1]}" for name in given}
    return RawArticle(**given, provenance=provenance)


# --- a post: one function a field ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Terms:
    """The ``category`` elements: (domain, nicename, label)."""

    found: tuple[tuple[str, str, str], ...]

    def labels(self, domain: str) -> tuple[str, ...]:
        """Each once, without the name of the drawer for what is in no drawer."""
        named = (
            label
            for given, slug, label in self.found
            if given == domain and slug not in _UNSORTED and label
        )
        return tuple(dict.fromkeys(named))

    def has(self, domain: str, slug: str) -> bool:
        return any(given == domain and name == slug for given, name, _ in self.found)


def _terms(values: Values) -> _Terms:
    found = []
    for element in values.get("category", ()):
        label = one_line(unescape("".join(element.itertext())))
        # WXR 1.0 wrote each term twice, once without a domain; tags had the domain ``tag``.
        domain = (element.get("domain") or "category").replace("tag", "post_tag", 1)
        domain = domain.replace("post_post_tag", "post_tag")
        found.append((domain, (element.get("nicename") or "").lower(), label))
    tags = {label for domain, _, label in found if domain == "post_tag"}
    return _Terms(tuple(t for t in found if not (t[0] == "category" and not t[1] and t[2] in tags)))


def _published(values: Values) -> tuple[str | None, str]:
    """GMT first. Where that is zeros: ``pubDate``; else the site's own day, whose hour belongs to a
    zone that the export does not name."""
    found, where = _gmt(values, "wp:post_date_gmt")
    if found:
        return found, where
    written = text_of(values, "pubDate")
    try:
        when = parsedate_to_datetime("" if _YEAR_ZERO in written else written[:80])
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)
        return normalised(aware.isoformat(timespec="seconds")), "pubDate"
    except (ValueError, TypeError, OverflowError, IndexError):
        pass
    try:
        return normalised(text_of(values, "wp:post_date")[:10]), "wp:post_date"
    except ValueError:
        return None, ""


def _gmt(values: Values, name: str) -> tuple[str | None, str]:
    written = text_of(values, name)
    if written in _UNDATED or len(written) > 40:
        return None, ""
    try:
        return normalised(f"{written.replace(' ', 'T')}+00:00"), name
    except ValueError:
        return None, ""


def _body(values: Values, library: Library) -> tuple[str, tuple[Attachment, ...]]:
    """The HTML, and the attachments that stand in it."""
    stored = text_of(values, "content:encoded")
    own = text_of(values, "wp:post_id")
    shown: dict[str, Attachment] = {}

    def gallery(ids: tuple[str, ...]) -> str:
        chosen = ids or tuple(
            key for key, one in library.items() if one.parent == own and one.is_image
        )
        shown.update((key, library[key]) for key in chosen if key in library)
        figures = [figure(library[key]) for key in chosen if key in library]
        return "\n\n" + "\n\n".join(figures) + "\n\n" if figures else ""

    html = html_of(expand(stored, gallery))
    for number in _OWN_IMAGE.findall(html):
        if number in library:
            shown.setdefault(number, library[number])
    return html, tuple(shown.values())


def _media(
    meta: Mapping[str, str], library: Library, shown: Sequence[Attachment]
) -> tuple[Media, ...]:
    """The featured image first, then what the body shows. What was uploaded beside the post and is
    not shown in it is nobody's picture of it."""
    featured = library.get(meta.get("_thumbnail_id", ""))
    chosen = [featured.media] if featured else []
    return tuple(dict.fromkeys([*chosen, *(one.media for one in shown)]))


def _summary(values: Values, meta: Mapping[str, str]) -> tuple[str | None, str]:
    for text, where in (
        (text_of(values, "excerpt:encoded"), "excerpt:encoded"),
        (meta.get("_yoast_wpseo_metadesc", ""), "field _yoast_wpseo_metadesc"),
        (meta.get("rank_math_description", ""), "field rank_math_description"),
    ):
        shown = _INLINE.sub("", expand(text, lambda ids: ""))
        plain = one_line(unescape(_TAG.sub(" ", shown)))
        if plain and "%%" not in plain:  # a template of that plugin, not a text
            return plain, where
    return None, ""


def _series(meta: Mapping[str, str], terms: _Terms, name: str) -> tuple[Series | None, str]:
    """A custom field of that name, or a taxonomy."""
    if written := one_line(meta.get(name, "")):
        return Series(written), f"field {name}"
    labels = terms.labels(name)
    return (Series(labels[0]), f"category {name}") if labels else (None, "")


def _authors(values: Values, terms: _Terms, site: Site) -> tuple[tuple[Person, ...], str]:
    """Several stand in a taxonomy (the plugin Co-Authors Plus); one by the login."""
    several = tuple(Person(label) for label in terms.labels("author") if "@" not in label)
    if several:
        return several, "category author"
    one = site.author(text_of(values, "dc:creator"))
    return ((one,) if one else ()), "dc:creator, wp:author"


def _kind(values: Values, terms: _Terms, title: str) -> str | None:
    if text_of(values, "wp:post_type") == "page":
        return "page"
    if terms.has("post_format", "post-format-video"):
        return "video"
    return "qa" if is_question(title) else None


# --- the source ------------------------------------------------------------------------------


class WxrSource:
    """WordPress exports."""

    meta = SourceMeta(
        name="wxr",
        title="WordPress export",
        version="1",
        places=("url",),
        media_types=(MEDIA_TYPE,),
        extensions=("wxr",),
        description="WXR 1.0 to 1.2: posts and pages, with authors, terms and attachments.",
        options=(
            Option("types", "post,page", "Types of post that are articles, divided by commas."),
            Option(
                "unpublished", "leave", "withdraw: take back drafts, private and trashed posts."
            ),
            Option("series", "series", "The custom field or taxonomy that names a post's series."),
        ),
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        """The posts in the export's order; what was left out of it and why among them.

        Raises:
            Reject: `context.fields` maps a field that no article has.
        """
        data = _as_bytes(raw)
        refusal = guard(data, what="WordPress export", most_bytes=MAX_BYTES, most_tags=MAX_TAGS)
        return [refusal] if refusal else list(_posts(data, raw.charset, context))


def _as_bytes(raw: RawInput) -> bytes:
    """UTF-16 has its ASCII in two bytes each: it is decoded before it is divided."""
    if raw.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean(raw.data.decode("utf-16", "replace")).encode()
    return raw.data


def _posts(
    data: bytes, charset: str | None, context: SourceContext
) -> Iterator[RawArticle | Problem]:
    found = parts(io.BytesIO(data).read, b"item", MAX_ITEM)
    head = next(found, None)
    if head is None or head.kind not in ("head", "tail"):
        yield Problem(
            code="wxr-unknown",
            detail="this is no WordPress export",
            remedy="Export it anew: Tools, Export, All content.",
        )
        return
    site = site_of(head.data, charset)
    if isinstance(site, Problem):
        yield site
        return
    wanted, library = _Wanted.of(context), _library(data, site)
    number = -1
    for part in found:
        number += part.kind in ("item", "large", "cut")
        if part.kind == "item":
            made = _read_item(part, site, library, wanted, number)
            if made is not None:
                yield made
        elif part.kind in ("large", "cut"):
            yield _spoiled(part, number)


def _library(data: bytes, site: Site) -> dict[str, Attachment]:
    """Attachments stand anywhere in an export, also behind the post that shows them."""
    found = {}
    for part in parts(io.BytesIO(data).read, b"item", MAX_ITEM):
        if part.kind == "item" and _ATTACHMENT.search(part.data):
            try:
                values = item_of(site.root_tag, part, site.charset)
            except Unreadable:  # told when its turn comes
                continue
            attachment = attachment_of(values)
            if attachment is not None:
                found[text_of(values, "wp:post_id")] = attachment
    return found


_ATTACHMENT = re.compile(rb"<wp:post_type>\s{0,9}(?:<!\[CDATA\[)?attachment\b")


def _read_item(
    part: Part, site: Site, library: Library, wanted: _Wanted, index: int
) -> RawArticle | Problem | None:
    try:
        values = item_of(site.root_tag, part, site.charset)
    except Unreadable as error:
        return Problem(
            code="xml-syntax",
            detail=f"{_known_as(part.data)} can't be read: {error}",
            remedy="Correct it in the export; the others went in.",
            index=index,
        )
    return _post(values, site, library, wanted, index)


def _spoiled(part: Part, index: int) -> Problem:
    if part.kind == "large":
        return Problem(
            code="too-large",
            detail=f"an item is over {MAX_ITEM:,} bytes",
            remedy="Take pictures that stand in its text as data out of it.",
            index=index,
        )
    return Problem(
        code="xml-syntax",
        detail=f"{_known_as(part.data)} has no end, or is over {MAX_ITEM:,} bytes",
        remedy="Export it again; what was whole went in.",
        index=index,
    )


_POST_ID = re.compile(rb"<wp:post_id>\D{0,20}(\d{1,12})")


def _known_as(data: bytes) -> str:
    """By its number in WordPress: a line would be that of the part that is in hand."""
    number = _POST_ID.search(data)
    return f"the item with post_id {number[1].decode()}" if number else "an item without post_id"


@hookimpl
def register_sources() -> Sequence[WxrSource]:
    """The hook of the `seealso` entry-point group."""
    return [WxrSource()]
