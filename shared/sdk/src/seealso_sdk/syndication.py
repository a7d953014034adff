"""What every feed format needs of an article: text, addresses and content that are safe anywhere.

    article.title       -> headline      plain text of one line, never empty
    article.summary     -> teaser        plain text, from the body where there is no summary
    article.canonical…  -> web_url       an absolute http(s) URI in ASCII, or None
    article.body_html … -> content_html  corrections, pictures, body, review, see-also: embeddable

A feed is a join of fragments made at different times, so a fragment must be harmless by itself:
whatever these functions return can be written into XML 1.0 or JSON and encoded as UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from seealso_sdk import links
from seealso_sdk.dates import instant, rfc3339
from seealso_sdk.model import Article, Media, Rights, SeeAlso, Tombstone
from seealso_sdk.phrases import direction, join_names, language_tag, phrases, spoken_date
from seealso_sdk.plugin import Context
from seealso_sdk.text import clean, slugify

TITLE_MAX: Final = 1000  # characters
TEASER_MAX: Final = 300  # characters of body text where there is no summary
SUMMARY_MAX: Final = 4000  # characters
CONTENT_MAX: Final = 512 * 1024  # characters of HTML in one item; above it the page is linked
SEE_ALSO_MAX: Final = 10  # titles in one item; the page has them all
NO_DATE: Final = "1990-01-01T00:00:00Z"  # where a format must have one; the oldest plausible one
_EPOCH: Final = "1970-01-01T00:00:00Z"  # a clock that was never set, or a zero

_SPACE = re.compile(r"\s+")
_END_TAG = re.compile(r"</\w+>")
_TAG = re.compile(r"<(/?\w[^<>]*)>")
_BRACKETED_MAIL = re.compile(r"\s*<[^<>\s]+@[^<>\s]+>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")
_TYPES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "pdf": "application/pdf",
}
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*\Z")


# --- text ------------------------------------------------------------------------------------


def plain(value: str, limit: int = SUMMARY_MAX) -> str:
    """One line of plain text of at most `limit` characters, cut at a space where there is one.

    U+FFFD, the mark of a character that was lost long before, becomes a question mark: the
    standards' validator takes it for a broken encoding of the feed itself.
    """
    if len(value) <= limit and _is_plain(value):  # nearly all labels: a feed of 50 has hundreds
        return value
    if len(value) > 2 * limit + 10_000:  # a title of a megabyte need not be read to its end
        value = value[: 2 * limit + 10_000]
    line = _SPACE.sub(" ", clean(value).replace("\ufffd", "?")).strip()
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    cut = head.rfind(" ")
    return f"{head[:cut] if cut > limit // 2 else head}…"


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and "  " not in value and value.strip() == value


def untagged(value: str) -> str:
    """Text that nobody takes for HTML: ``a <b>bold</b> word`` is ``a ‹b›bold‹/b› word``.

    For places that hold plain text, but where readers (and the standards' validator) look for end
    tags. Text without one stays as it is.
    """
    return _TAG.sub("‹\\1›", value) if has_tag(value) else value


def outline(value: str) -> str:
    """One line that says the same whether it is read as text or as HTML, as OPML 2.0 leaves open:
    ``R&D <lab>`` is ``R & D ‹lab›``."""
    line = plain(value).replace("<", "‹").replace(">", "›") if "<" in value else plain(value)
    return _SPACE.sub(" ", line.replace("&", " & ")).strip() if "&" in line else line


def has_tag(value: str) -> bool:
    """Whether the text would be taken for HTML: it holds an end tag."""
    return _END_TAG.search(value) is not None


def name(value: str) -> str:
    """A person's or an organisation's name: one line, without a mail address in brackets."""
    return untagged(_BRACKETED_MAIL.sub("", plain(value, 200)))


def rights(given: Rights) -> str:
    """Attribution and licence in one line; empty where neither is known."""
    parts = [plain(part) for part in (given.attribution, given.license) if part]
    return untagged(" — ".join(part for part in parts if part))


def headline(article: Article) -> str:
    """The title as one line of plain text, never empty."""
    return plain(article.title, TITLE_MAX) or plain(article.summary, 80) or "Untitled"


def teaser(article: Article) -> str:
    """The summary, else the beginning of the text, else the title: never empty."""
    return plain(article.summary) or plain(article.body_text, TEASER_MAX) or headline(article)


def language(value: str) -> str | None:
    """The tag, where it is one that readers of feeds know: ``en``, ``es-MX``, ``zh-Hant``."""
    return value if _LANGUAGE.match(value) and value != "und" else None


# --- dates -----------------------------------------------------------------------------------


def first_date(*values: str | None) -> str:
    """The first value that is a date of the model (RFC 3339 or a day); `NO_DATE` if none is."""
    return next((value for value in values if value and _is_date(value)), NO_DATE)


def _is_date(value: str) -> bool:
    try:
        return rfc3339(value) != _EPOCH
    except (ValueError, OverflowError):  # the year 1 with an offset overflows
        return False


# --- addresses and media ---------------------------------------------------------------------


def web_url(value: str | None) -> str | None:
    """An absolute http or https URI in ASCII, or None where the value is no such address.

    `seealso_sdk.links.web_url`, with ``/`` for an empty path, as validators want it.
    """
    absolute = links.web_url(value) if value else None
    if absolute is None:
        return None
    parts = urlsplit(absolute)
    return absolute if parts.path else urlunsplit(parts._replace(path="/"))


def media_type(media: Media) -> str | None:
    """The media type that is given, else the one that the address's ending tells."""
    given = (media.type or "").partition(";")[0].strip().lower()
    if _MEDIA_TYPE.match(given):
        return given
    ending = urlsplit(web_url(media.url) or "").path.rpartition(".")[2].lower()
    return _TYPES.get(ending)


def medium(media: Media) -> str | None:
    """``image``, ``audio``, ``video`` or ``document``, the words of Media RSS; None if unknown."""
    kind = media_type(media)
    if kind is None:
        return None
    main = kind.partition("/")[0]
    return main if main in ("image", "audio", "video") else "document"


# --- content ---------------------------------------------------------------------------------


def content_html(article: Article, context: Context) -> str:
    """The article as HTML that stands inside a reader or on a partner's page.

    Corrections first, then pictures and films that the body lacks, the body, who reviewed it, and
    the first see-also titles. It keeps to the body profile; all addresses are absolute. It never
    holds ``]]>``, so that it may stand in a CDATA section. Empty where there is nothing to say.
    """
    blocks = [
        *_corrections(article),
        *_media_blocks(article),
        _body(article.body_html),
        *_colophon(article, context),
        *_see_also(article, context),
    ]
    html = "\n".join(block for block in blocks if block)
    if len(html) > CONTENT_MAX:
        html = _linked_instead(article, context)
    if html and direction(article.language) == "rtl":
        html = f'<div lang="{language_tag(article.language)}" dir="rtl">\n{html}\n</div>'
    return html.replace("]]>", "]]&gt;")


def _body(html: str) -> str:
    # bdo is the one element of the body profile that the standards' validator calls a risk.
    body = clean(html).replace("\ufffd", "?").strip()
    return body.replace("<bdo", "<span").replace("</bdo>", "</span>")


def _linked_instead(article: Article, context: Context) -> str:
    words = phrases(article.language)
    page = _href(context.article_url(article.id))
    return f'<p>{escape(teaser(article))}</p>\n<p><a href="{page}">{words.read_article}</a></p>'


def _corrections(article: Article) -> list[str]:
    words = phrases(article.language)
    notes = []
    for correction in article.corrections:
        when = _time(correction.at, article.language)
        label = f"{words.correction}, {when}:" if when else f"{words.correction}:"
        notes.append(f"<p><strong>{label}</strong> {escape(plain(correction.text))}</p>")
    return notes


def _media_blocks(article: Article) -> list[str]:
    blocks = []
    for media in article.media:
        url = web_url(media.url)
        if (
            url
            and media.url not in article.body_html
            and escape(media.url) not in article.body_html
        ):
            blocks.append(_media_block(media, url, article.language))
    return blocks


def _media_block(media: Media, url: str, tag: str) -> str:
    words = phrases(tag)
    alt = escape(plain(media.alt or "", TITLE_MAX))
    credit = escape(words.credit.format(name(media.credit))) if media.credit else ""
    kind = medium(media)
    if kind in (None, "image"):
        size = "".join(
            f' {key}="{value}"'
            for key, value in (("width", media.width), ("height", media.height))
            if value and value > 0
        )
        caption = f"<figcaption>{credit}</figcaption>" if credit else ""
        return f'<figure><img src="{escape(url)}" alt="{alt}"{size}>{caption}</figure>'
    label = {"video": words.video, "audio": words.audio}.get(kind or "", words.attachment)
    about = ". ".join(part for part in (alt, credit) if part)
    return f'<p><a href="{escape(url)}">{label}{": " if about else ""}{about}</a></p>'


def _colophon(article: Article, context: Context) -> list[str]:
    words = phrases(article.language)
    names = [name(reviewer.name) for reviewer in article.reviewers]
    names = [one for one in names if one]
    when = _time(article.reviewed or "", article.language)
    facts = []
    if names:
        by = words.reviewed_by.format(escape(join_names(names, article.language)))
        facts.append(f"{by}, {when}" if when else by)
    elif when:
        facts.append(f"{words.reviewed}: {when}")
    if article.series:
        page = _href(context.series_url(slugify(article.series.title)))
        title = escape(plain(article.series.title, TITLE_MAX))
        facts.append(words.series.format(f'<a href="{page}">{title}</a>'))
    return [f"<p><small>{fact}</small></p>" for fact in facts]


def _see_also(article: Article, context: Context) -> list[str]:
    words = phrases(article.language)
    wanted = [entry for entry in article.see_also if plain(entry.title)]
    if not wanted:
        return []
    items = "\n".join(_see_also_item(entry, context) for entry in wanted[:SEE_ALSO_MAX])
    blocks = [f"<h2>{words.see_also}</h2>", f"<ul>\n{items}\n</ul>"]
    if len(wanted) > SEE_ALSO_MAX:
        page = _href(context.article_url(article.id))
        more = words.and_more.format(len(wanted) - SEE_ALSO_MAX)
        blocks.append(f'<p><a href="{page}">{more}</a></p>')
    return blocks


def _see_also_item(entry: SeeAlso, context: Context) -> str:
    url = web_url(context.see_also_url(entry)) or web_url(context.topic_url(slugify(entry.title)))
    return f'<li><a href="{escape(url or "")}">{escape(plain(entry.title, TITLE_MAX))}</a></li>'


def _time(value: str, tag: str) -> str:
    spoken = spoken_date(value, tag) if value else ""
    return f'<time datetime="{escape(clean(value))}">{escape(spoken)}</time>' if spoken else ""


def _href(url: str) -> str:
    return escape(web_url(url) or "")


# --- tombstones ------------------------------------------------------------------------------


def latest(tombstones: Sequence[Tombstone]) -> list[Tombstone]:
    """One tombstone an article, the latest, in the order given (RFC 6721 section 3)."""
    stones: dict[str, Tombstone] = {}
    for stone in tombstones:
        known = stones.get(stone.article_id)
        if known is None or instant(stone.when) > instant(known.when):
            stones[stone.article_id] = stone
    return list(stones.values())


# --- XML that needs no tree ------------------------------------------------------------------

_EASY = re.compile(r"[!#-%'-;=?-~]+(?: [!#-%'-;=?-~]+)*\Z")
_XML: Final = str.maketrans({"&": "&#x26;", "<": "&#x3C;", ">": "&#x3E;", '"': "&#x22;"})


def xml_text(value: str, limit: int = TITLE_MAX) -> str:
    """`plain` text, escaped for element content and for attributes in double quotes.

    By number, not by name: readers that unescape a title twice then still show it (RSS Advisory
    Board Profile, "Character Data").
    """
    if len(value) <= limit and _EASY.match(value):
        return value
    return untagged(plain(value, limit)).translate(_XML)


def xml_url(url: str) -> str:
    """What `web_url` gave, for an attribute in double quotes or for element content."""
    return url.replace("&", "&#x26;")


def numbered(xml: bytes) -> bytes:
    """Serialised XML with ``&amp;`` and ``&lt;`` as numbers, but for its one CDATA section."""
    head, opened, rest = xml.partition(b"<![CDATA[")
    data, closed, tail = rest.partition(b"]]>")
    return _numbered(head) + opened + data + closed + _numbered(tail)


def _numbered(xml: bytes) -> bytes:
    return xml.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")
