"""An article as an e-mail, and a digest of many.

    article --render--> body: a message (RFC 5322) that any mail program opens
                        parts: item_html, item_text -- a digest's piece, styles inlined
    entries --assemble--> the digest: frame + items + footer, again a message

A message is multipart/alternative, text first. The text is made from the article, not from the
HTML. The HTML has inlined styles (css-inline), layout tables that say that they are layout, colours
that stay readable when a mail program inverts them, and stays under the size at which Gmail clips:
items are shortened, the footer never. Nothing is tracked: no pixel, no redirects, no parameters.

What `assemble` reads from `Channel.options` (each may be left out): ``subject`` (else the channel's
title); ``from`` (else ``<hub name> <noreply@host>``); ``preheader``; ``why`` the reader gets this;
``postal_address``; ``view_url`` (else the channel's page); ``unsubscribe_url`` and
``preferences_url``, which may hold placeholders that the sender replaces for each reader after
decoding the two parts: write those in letters, digits and ``-``, which nothing here changes. The
message has no To and no List-* headers: they belong to the delivery.
"""

from __future__ import annotations

import hashlib
import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime, getaddresses, parseaddr, quote
from html import escape, unescape
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote as percent
from urllib.parse import urlsplit

import css_inline
import nh3
from jinja2 import DictLoader, Environment, StrictUndefined
from seealso_sdk import (
    Article,
    Channel,
    Context,
    Entry,
    Media,
    Option,
    Output,
    OutputMeta,
    Reject,
    Rendition,
    hookimpl,
)
from seealso_sdk.dates import instant
from seealso_sdk.phrases import Phrases, direction, language_tag, phrases, spoken_date
from seealso_sdk.plaintext import (
    Page,
    article_text,
    correction_label,
    facts,
    media_apart,
    media_kind,
    rights_lines,
    starts_with,
)
from seealso_sdk.profile import BODY_ATTRIBUTES, BODY_TAGS, DROPPED_WITH_CONTENT, URL_SCHEMES
from seealso_sdk.text import cleaned, fold, one_line, slugify

HTML_MAX: Final = 100_000  # bytes; Gmail clips a message near 102 KB and hides its footer
PICTURE_MAX: Final = 536  # pixels: the width of the text column
EXCERPT_MAX: Final = 320  # characters of an item's text in a digest
SUBJECT_MAX: Final = 200  # characters
NO_DATE: Final = "1970-01-01"  # of an article without any: a message must have a date


class EmailOutput:
    """The email output."""

    meta = OutputMeta(
        name="email",
        title="E-mail",
        extension="eml",
        media_type="message/rfc822",
        version="1",
        description="A message with text and HTML parts; joined into digests.",
        options=(Option("from", "", "Sender: Name <address>. Empty: noreply at the hub's host."),),
    )

    def render(self, article: Article, context: Context) -> Rendition:
        """One article as a message; parts ``item_html`` and ``item_text`` for digests.

        Raises:
            Reject: the option `from` is no mail address.
        """
        article = cleaned(article)
        words = phrases(article.language)
        sender = _sender(context.options, context.hub_name, context.hub_url)
        message = _Message(
            subject=_cut(one_line(article.title), SUBJECT_MAX) or one_line(context.hub_name),
            sender=sender,
            date=article.dated,
            message_id=_message_id(sender, article.guid, str(article.version)),
            text=article_text(article, context),
            html=_article_html(article, context, words),
        )
        item = _item(article, context, words)
        return Rendition(
            message.to_bytes(),
            {"item_html": _item_html(item).encode(), "item_text": _item_text(item).encode()},
        )

    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        """The digest of a channel: one message for all readers, with placeholder links.

        Raises:
            Reject: the option `from` is no mail address.
        """
        channel = cleaned(channel)
        sender = _sender(channel.options, channel.hub_name, channel.url)
        state = hashlib.sha256(repr([(e.article_id, e.revised) for e in entries]).encode())
        return _Message(
            subject=_cut(one_line(channel.options.get("subject") or channel.title), SUBJECT_MAX),
            sender=sender,
            date=channel.updated,
            message_id=_message_id(sender, channel.id, channel.updated, state.hexdigest()),
            text=_digest_text(channel, entries),
            html=_digest_html(channel, entries),
        ).to_bytes()


# --- the message -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    subject: str
    sender: Address
    date: str
    message_id: str
    text: str
    html: str

    def to_bytes(self) -> bytes:
        """CRLF, seven bits, no line over 998 bytes (RFC 5322 section 2.1.1); always the same.

        Written out here: the same message by EmailMessage costs twenty times as much, gets a
        random boundary, and lines two characters longer than quoted-printable may have.
        """
        mark = hashlib.sha256(f"{self.message_id}\0{self.text}".encode()).hexdigest()[:32]
        boundary = f"=_{mark}"  # "=_" can't occur in either transfer encoding
        return b"".join(
            (
                _from_header(self.sender),
                _header("Subject", _encoded("Subject", self.subject)),
                _header("Date", _mail_date(self.date)),
                _header("Message-ID", self.message_id),
                _header("MIME-Version", "1.0"),
                _header("Content-Type", f'multipart/alternative;\n boundary="{boundary}"'),
                _part(boundary, "plain", self.text),
                _part(boundary, "html", self.html),
                f"\r\n--{boundary}--\r\n".encode(),
            )
        )


def _part(boundary: str, subtype: str, content: str) -> bytes:
    """One part with its boundary; base64 where that is shorter: most letters aren't ASCII."""
    data = content.encode()
    lines = b"\r\n".join(data.splitlines()) + b"\r\n"
    foreign = len(data) - len(content) > len(data) // 4
    encoding = "base64" if foreign else "quoted-printable"
    head = _header("Content-Type", f'text/{subtype}; charset="utf-8"') + _header(
        "Content-Transfer-Encoding", encoding
    )
    body = encodebytes(lines).replace(b"\n", b"\r\n") if foreign else b2a_qp(lines)
    return b"".join((f"\r\n--{boundary}\r\n".encode(), head, b"\r\n", body))


def _mail_date(value: str) -> str:
    try:
        return format_datetime(instant(value))
    except ValueError:
        return format_datetime(instant(NO_DATE))


def _from_header(sender: Address) -> bytes:
    name = _cut(sender.display_name, 60)
    if not name:
        return _header("From", sender.addr_spec)
    phrase = f'"{quote(name)}"' if name.isascii() else _encoded("From", name)
    fold = "" if len(phrase) + len(sender.addr_spec) <= _SHORT else "\n"
    return _header("From", f"{phrase}{fold} <{sender.addr_spec}>")


_SHORT: Final = 66  # characters that fit beside "From:" on a line of 76


def _encoded(name: str, value: str) -> str:
    """Folded, in encoded words of 75 characters where needed (RFC 2047 section 2).

    email.policy writes words of 76 characters; email.header keeps to the limit it is given, but it
    puts an ASCII word too long for the line on the next one, which then reads as a space.
    """
    plain = value.isascii() and "=?" not in value
    fits = plain and max(map(len, value.split(" "))) <= _SHORT - len(name)
    charset = "us-ascii" if fits else "utf-8"
    return Header(value, charset, header_name=name, maxlinelen=75).encode()


def _header(name: str, folded: str) -> bytes:
    return f"{name}: {folded}\n".replace("\n", "\r\n").encode("ascii")


def _sender(options: Mapping[str, str], hub_name: str, url: str) -> Address:
    given = one_line(options.get("from", ""))
    if not given:
        return Address(one_line(hub_name), "noreply", _host(url))
    name, address = parseaddr(given)
    try:
        if len(getaddresses([given])) != 1:
            raise ValueError("several addresses")
        parsed = Address(name, addr_spec=address)
    except (MessageError, ValueError, IndexError) as error:
        raise Reject(f"option from is {given!r}. Write it as Name <name@host>.") from error
    if not (parsed.username and parsed.domain and address.isascii()):
        raise Reject(f"option from is {given!r}. Write it as Name <name@host>, in ASCII.")
    return parsed


def _host(url: str) -> str:
    """The host of an address as the right side of a mailbox: a name, or a literal in brackets."""
    try:
        host = urlsplit(url).hostname or "localhost"
        name = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return "localhost"
    try:
        literal = ip_address(name)
    except ValueError:
        return name if _HOST.match(name) else "localhost"
    return f"[IPv6:{literal}]" if literal.version == 6 else f"[{literal}]"


_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")


def _message_id(sender: Address, *parts: str) -> str:
    left = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return f"<{left}@{sender.domain}>"


# --- one article -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much of an article a message shows: bytes of the body, number of listed things."""

    body: int
    listed: int


# Tried in this order until the message is small enough; the last one always is.
_LADDER: Final = tuple(
    _Limits(body, listed)
    for body, listed in (
        (90_000, 300), (60_000, 200), (36_000, 100), (18_000, 60), (8_000, 30), (2_000, 10)
    )
)  # fmt: skip
_LINE_MAX: Final = 600  # characters of any single line around the body


def _article_html(article: Article, context: Context, words: Phrases) -> str:
    body = _mail_body(article.body_html, words)
    for limits in _LADDER:
        html = _article_page(article, context, words, body, limits)
        if len(html.encode()) < HTML_MAX:
            break
    return html


def _article_page(
    article: Article, context: Context, words: Phrases, body: str, limits: _Limits
) -> str:
    shown = _cut_body(body, article.body_text, limits.body)
    url = _web(article.canonical_url) or context.article_url(article.id)
    see_also = [
        (_cut(one_line(item.title), _LINE_MAX), _web(context.see_also_url(item)))
        for item in article.see_also
    ]
    view = {
        "words": words,
        "language": language_tag(article.language),
        "direction": direction(article.language),
        "start": _start(article.language),
        "title": _cut(one_line(article.title), _LINE_MAX),
        "preheader": _preheader(article, context),
        "head": one_line(context.hub_name),
        "head_url": context.hub_url,
        "summary": _summary(article),
        "facts": [_cut(line, _LINE_MAX) for line in facts(article, words)],
        "corrections": _corrections(article, words)[: limits.listed],
        "media": [_picture(media, words) for media in media_apart(article)[: limits.listed]],
        "body": shown,
        "is_cut": shown != body or len(see_also) > limits.listed,
        "see_also": see_also[: limits.listed],
        "rights": [_cut(line, _LINE_MAX) for line in rights_lines(article, words)],
        "url": url,
        "view_url": context.article_url(article.id),
    }
    return _finished(_TEMPLATES.get_template("article").render(view))


def _summary(article: Article) -> str:
    if starts_with(article.body_text, article.summary):
        return ""
    return _cut(one_line(article.summary), 3 * _LINE_MAX)


def _corrections(article: Article, words: Phrases) -> list[tuple[str, str]]:
    """(label with the date, text) of each correction."""
    return [
        (correction_label(correction, words), _cut(one_line(correction.text), _LINE_MAX))
        for correction in article.corrections
    ]


def _preheader(article: Article, context: Context) -> str:
    """What an inbox shows after the subject: never the subject again, never empty."""
    title = fold(article.title)
    for text in (article.summary, article.body_text):
        found = _cut(one_line(text[:1_000]), 140)
        if found and fold(found) != title:
            return found
    return f"{one_line(context.hub_name)} · {article.dated[:10]}"


def _mail_body(html: str, words: Phrases) -> str:
    """The body through the body profile once more, with pictures as a mail can show them."""
    safe = _CLEANER.clean(html)
    pieces: list[str] = []
    linked, position = False, 0
    for tag in _LINK_OR_PICTURE.finditer(safe):
        if tag["img"]:
            pieces.extend((safe[position : tag.start()], _body_picture(tag["img"], words, linked)))
            position = tag.end()
        else:
            linked = tag[0] != "</a>"
    return "".join((*pieces, safe[position:]))


# Made once: nh3.clean makes one at every call.
_CLEANER: Final = nh3.Cleaner(
    tags=set(BODY_TAGS),
    attributes=BODY_ATTRIBUTES,
    url_schemes=set(URL_SCHEMES),
    clean_content_tags=set(DROPPED_WITH_CONTENT),
    link_rel=None,
)
_LINK_OR_PICTURE = re.compile(r'<a(?=[\s>])|</a>|(?P<img><img(?:\s+[a-z]+="[^"]*")*\s*/?>)')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


def _body_picture(tag: str, words: Phrases, linked: bool) -> str:
    given = {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
    size = [
        int(v) if v.isdecimal() else None for v in (given.get("width", ""), given.get("height", ""))
    ]
    media = Media(given.get("src", ""), None, given.get("alt"), size[0], size[1])
    return _picture(media, words, linked=linked)


def _picture(media: Media, words: Phrases, *, linked: bool = False) -> str:
    """HTML of a picture, or a link to what a mail can't show.

    Shown are pictures by https whose size is known (else Outlook breaks the column); a picture of a
    pixel or two is a tracker and is left out.
    """
    kind = media_kind(media)
    if not _web(media.url) or min(media.width or 9, media.height or 9) <= _PIXEL:
        return ""
    alt = one_line(media.alt or "")
    if kind == "image" and _is_showable(media) and media.width and media.height:
        width = min(media.width, PICTURE_MAX)
        height = max(1, round(media.height * width / media.width))
        credit = escape(words.credit.format(one_line(media.credit))) if media.credit else ""
        return (
            f'<img src="{escape(media.url)}" alt="{escape(alt)}" width="{width}" height="{height}">'
            + (f'<br><span class="quiet">{credit}</span>' if credit else "")
        )
    if kind == "image" and not alt:
        return ""
    label = escape(f"{getattr(words, kind)}: {alt}" if alt else getattr(words, kind))
    return f"[{label}]" if linked else f'<a href="{escape(media.url)}">{label}</a>'


_PIXEL: Final = 2


def _is_showable(media: Media) -> bool:
    svg = media.type == "image/svg+xml" or media.url.lower().partition("?")[0].endswith(".svg")
    return media.url.lower().startswith("https://") and not svg


def _cut_body(body: str, text: str, limit: int) -> str:
    """Whole blocks of the body up to `limit` bytes; of a huge first block the beginning."""
    if len(body.encode()) <= limit:
        return body
    kept: list[str] = []
    size = 0
    for block in _top_blocks(body):
        size += len(block.encode())
        if size > limit:
            break
        kept.append(block)
    if not "".join(kept).strip():
        return f"<p>{escape(_cut(one_line(text[:limit]), limit // 8))}</p>"
    return "".join(kept)


def _top_blocks(body: str) -> Iterator[str]:
    """The body cut after each element that stands in no other."""
    depth = start = 0
    for tag in _TAG.finditer(body):
        if tag[2] in {"br", "hr", "img", "wbr"}:
            continue
        depth += -1 if tag[1] else 1
        if depth == 0:
            yield body[start : tag.end()]
            start = tag.end()
    yield body[start:]


_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)(?:\s+[a-z]+="[^"]*")*\s*/?>')


# --- an item of a digest ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    words: Phrases
    language: str
    direction: str
    start: str
    title: str
    url: str
    about: str
    correction: tuple[str, str] | None
    excerpt: str


def _item(article: Article, context: Context, words: Phrases) -> _Item:
    series = one_line(article.series.title) if article.series else ""
    spoken = spoken_date(article.dated[:10], words.language)
    corrections = _corrections(article, words)
    return _Item(
        words=words,
        language=language_tag(article.language),
        direction=direction(article.language),
        start=_start(article.language),
        title=_cut(one_line(article.title), 300),
        url=context.article_url(article.id),
        about=" · ".join(part for part in (series, spoken) if part),
        correction=corrections[-1] if corrections else None,
        excerpt=_cut(
            one_line(article.summary or article.body_text[: EXCERPT_MAX * 4]), EXCERPT_MAX
        ),
    )


def _item_html(item: _Item) -> str:
    html = _TEMPLATES.get_template("item").render(i=item, w=item.words)
    inlined: str = _INLINER.inline_fragment(html, _CSS)
    return inlined


def _item_text(item: _Item) -> str:
    page = Page(item.words)
    page.title(item.title)
    page.lines_of([item.about] if item.about else [])
    if item.correction:
        page.paragraph(": ".join(item.correction))
    page.paragraph(item.excerpt)
    page.lines_of([f"{item.words.read_article}:", item.url])
    return page.text()


# --- the digest ------------------------------------------------------------------------------


def _digest_text(channel: Channel, entries: Sequence[Entry]) -> str:
    words = phrases(channel.language)
    head = Page(words)
    head.title(channel.title)
    if channel.description:
        head.paragraph(channel.description)
    foot = Page(words)
    if channel.topics:
        foot.paragraph(words.related_topics)
        foot.items([f"{t.label}: {_topic_url(channel, t.slug)}" for t in channel.topics])
    foot.lines_of(["-- ", *_footer_lines(channel, words)])
    items = [_entry_text(entry) for entry in entries]
    return "\n\n".join([head.text(), *items, foot.text()])


def _entry_text(entry: Entry) -> str:
    stored = entry.rendition.parts.get("item_text")
    if stored is not None:
        return stored.decode("utf-8", "replace")
    return f"{one_line(entry.title)}\n{entry.url}\n"


def _footer_lines(channel: Channel, words: Phrases) -> Iterator[str]:
    given = channel.options
    yield one_line(channel.hub_name)
    if given.get("why"):
        yield one_line(given["why"])
    for label, url in _footer_links(channel, words):
        yield f"{label}: {url}"
    yield from (line for line in map(one_line, given.get("postal_address", "").split("\n")) if line)


def _footer_links(channel: Channel, words: Phrases) -> Iterator[tuple[str, str]]:
    links = (
        (words.unsubscribe, channel.options.get("unsubscribe_url", "")),
        (words.preferences, channel.options.get("preferences_url", "")),
        (words.view_in_browser, channel.options.get("view_url") or channel.url),
    )
    return ((label, url) for label, url in links if url)


def _digest_html(channel: Channel, entries: Sequence[Entry]) -> str:
    """The frame around as many items as fit: whole ones, then titles alone, then a number."""
    words = phrases(channel.language)
    room = HTML_MAX - 1 - len(_frame(channel, entries, words, len(entries)).encode())
    pieces: list[str] = []
    left = len(entries)
    for i, entry in enumerate(entries):
        spare = _TITLE_ROOM * min(len(entries) - i - 1, _TITLES_KEPT)
        piece = _entry_html(entry)
        if len(piece.encode()) + spare > room:
            piece = _title_html(entry)
        if len(piece.encode()) > room:
            break
        pieces.append(piece)
        room -= len(piece.encode())
        left -= 1
    return _frame(channel, entries, words, left).replace(_ITEMS, "".join(pieces), 1)


_ITEMS: Final = "<!--items-->"
_TITLE_ROOM: Final = 700  # bytes that an item takes when only its title is left
_TITLES_KEPT: Final = 40  # that many titles after an item keep their place


def _frame(channel: Channel, entries: Sequence[Entry], words: Phrases, left: int) -> str:
    given = channel.options
    subject = one_line(given.get("subject") or channel.title)
    titles = " · ".join(one_line(entry.title) for entry in entries[:5])
    preheader = next(
        (
            t
            for t in (given.get("preheader"), titles, channel.description)
            if t and fold(t) != fold(subject)
        ),
        words.in_this_issue,
    )
    view = {
        "words": words,
        "language": language_tag(channel.language),
        "direction": direction(channel.language),
        "start": _start(channel.language),
        "title": _cut(one_line(channel.title), _LINE_MAX),
        "preheader": _cut(one_line(preheader), 140),
        "head": one_line(channel.hub_name),
        "head_url": channel.url,
        "description": _cut(one_line(channel.description), 3 * _LINE_MAX),
        "more": words.and_more.format(left) if left else "",
        "url": channel.url,
        "topics": [(_cut(t.label, 100), _topic_url(channel, t.slug)) for t in channel.topics[:12]],
        "why": _cut(one_line(given.get("why", "")), _LINE_MAX),
        "links": list(_footer_links(channel, words)),
        "address": _cut(one_line(given.get("postal_address", "").replace("\n", ", ")), _LINE_MAX),
    }
    return _finished(_TEMPLATES.get_template("digest").render(view))


def _entry_html(entry: Entry) -> str:
    stored = entry.rendition.parts.get("item_html")
    return stored.decode("utf-8", "replace") if stored is not None else _title_html(entry)


def _title_html(entry: Entry) -> str:
    item = _Item(
        words=phrases(entry.language),
        language=language_tag(entry.language),
        direction=direction(entry.language),
        start=_start(entry.language),
        title=_cut(one_line(entry.title), 120),
        url=entry.url,
        about="",
        correction=None,
        excerpt="",
    )
    return _item_html(item)


def _topic_url(channel: Channel, slug: str) -> str:
    return f"{channel.scheme}/{percent(slugify(slug), safe='')}" if channel.scheme else channel.url


# --- small things ----------------------------------------------------------------------------


def _start(language: str) -> str:
    """The side where lines begin, for ``align``: Outlook knows no other way."""
    return "right" if direction(language) == "rtl" else "left"


def _web(url: str | None) -> str | None:
    """The address where it is one of the web and of a bearable length, else none."""
    fits = url is not None and url.lower().startswith(("https://", "http://"))
    return (
        url if fits and url and len(url) <= _URL_MAX and not re.search(r"[\s<>\"]", url) else None
    )


_URL_MAX: Final = 2_000


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words where there are any."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head.rpartition(" ")[0]
    return (at_word if len(at_word) > limit // 2 else head).rstrip(" ,;:–-") + "…"


def _finished(html: str) -> str:
    """Styles inlined; the marks for the inliner removed."""
    inlined: str = _INLINER.inline(html)
    return inlined.replace(' data-css-inline="keep"', "", 1)


_INLINER: Final = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


# --- templates -------------------------------------------------------------------------------

# Text on its ground has a contrast of 4.5:1 and more here, in the dark rules, and inverted.
_CSS: Final = """\
body{margin:0;padding:0;background-color:#eef1f3}
.outer{width:100%;background-color:#eef1f3}
.gap{padding:24px 12px}
.page{width:100%;max-width:600px;background-color:#ffffff;border:1px solid #d9dee3}
.head{padding:18px 32px;border-bottom:1px solid #d9dee3;font-family:Arial,Helvetica,sans-serif;\
font-size:15px;line-height:22px;font-weight:bold;color:#1c2733}
.head a{color:#1c2733;text-decoration:none}
.main{padding:28px 32px 20px;font-family:Arial,Helvetica,sans-serif;font-size:16px;\
line-height:26px;color:#1c2733}
.foot{padding:20px 32px 28px;border-top:1px solid #d9dee3;font-family:Arial,Helvetica,sans-serif;\
font-size:14px;line-height:22px;color:#51606e}
.foot p{margin:0 0 8px}
.main hr{margin:28px 0;border:0;border-top:1px solid #c3ccd4}
.main figure{margin:0 0 18px}
.main p,.main ul,.main ol,.main dl,.main pre,.main blockquote{margin:0 0 18px}
.main h1{margin:0 0 14px;font-family:Georgia,"Times New Roman",serif;font-size:28px;\
line-height:36px;font-weight:bold;color:#1c2733}
.main .issue{margin:0 0 22px}
.main h2{margin:30px 0 10px;font-family:Georgia,"Times New Roman",serif;font-size:21px;\
line-height:28px;color:#1c2733}
.main h3,.main h4,.main h5,.main h6{margin:24px 0 8px;font-size:17px;line-height:24px;color:#1c2733}
.main a,.foot a{color:#0b5a8a;text-decoration:underline}
.main img{max-width:100%;height:auto;border:0}
.main blockquote{padding:0 16px;border-left:3px solid #c3ccd4}
.body table{margin:0 0 18px;border-collapse:collapse;font-size:15px;line-height:22px}
.body caption{padding:0 0 6px;color:#51606e;font-size:14px}
.body th,.body td{padding:6px 12px 6px 0;border-bottom:1px solid #d9dee3;vertical-align:top;\
text-align:left}
[dir="rtl"] .body th,[dir="rtl"] .body td{padding:6px 0 6px 12px;text-align:right}
.body li p{margin:0 0 6px}
.main pre{white-space:pre-wrap;font-family:Menlo,Consolas,monospace;font-size:14px}
.quiet{color:#51606e;font-size:14px;line-height:22px}
.main .summary{font-size:18px;line-height:28px;color:#51606e}
.main .note{padding:12px 16px;background-color:#fff6e0;border-left:4px solid #b07a00;color:#1c2733}
[dir="rtl"] .main .note{border-left:0;border-right:4px solid #b07a00}
.main [dir="rtl"] blockquote,[dir="rtl"] .main blockquote{border-left:0;\
border-right:3px solid #c3ccd4}
.item{width:100%}
.item-cell{padding:0 0 26px;font-family:Arial,Helvetica,sans-serif;font-size:16px;\
line-height:26px;color:#1c2733}
.item-cell h2{margin:0 0 6px;font-family:Georgia,"Times New Roman",serif;font-size:21px;\
line-height:28px;color:#1c2733}
.item-cell h2 a{color:#0b5a8a;text-decoration:none}
.item-cell p{margin:0 0 10px}
.item-cell .note{padding:10px 14px;background-color:#fff6e0;border-left:4px solid #b07a00;\
color:#1c2733}
.item-cell[dir="rtl"] .note{border-left:0;border-right:4px solid #b07a00}
.item-cell a{color:#0b5a8a}
.preheader{display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;\
line-height:1px;color:#eef1f3}
"""

_MEDIA_CSS: Final = """\
:root{color-scheme:light dark}
@media (max-width:480px){.gap{padding:0 !important}.head,.main,.foot{padding-left:20px !important;\
padding-right:20px !important}.main h1{font-size:25px !important;line-height:32px !important}}
@media (prefers-color-scheme:dark){body,.outer{background-color:#0d1216 !important}\
.page{background-color:#161d24 !important;border-color:#33404c !important}\
.head,.foot,.main hr,.main blockquote,.body th,.body td{border-color:#33404c !important}\
.head,.head a,.main,.main h1,.main h2,.main h3,.main h4,.main h5,.main h6,.item-cell\
{color:#e4e9ee !important}.quiet,.foot,.main .summary,.body caption{color:#a5b2be !important}\
.main a,.foot a,.item-cell h2 a,.item-cell a{color:#8cc8f2 !important}\
.main .note,.item-cell .note{background-color:#2b2412 !important;color:#e4e9ee !important}\
.preheader{color:#0d1216 !important}}
"""

_FRAME: Final = """\
<!doctype html>
<html lang="{{ language }}" dir="{{ direction }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="x-apple-disable-message-reformatting" content="">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>{{ title }}</title>
<style>{{ css | safe }}</style>
<style data-css-inline="keep">{{ media_css | safe }}</style>
</head>
<body>
<div class="preheader">{{ preheader }}{{ spacer | safe }}</div>
<div role="article" aria-roledescription="email" aria-label="{{ title }}" \
lang="{{ language }}" dir="{{ direction }}">
<table role="presentation" class="outer" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td class="gap" align="center">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0">\
<tr><td><![endif]-->
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td class="head" align="{{ start }}"><a href="{{ head_url }}">{{ head }}</a></td></tr>
<tr><td class="main" align="{{ start }}">
{% block main %}{% endblock %}
</td></tr>
<tr><td class="foot" align="{{ start }}">
{% block foot %}{% endblock %}
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</div>
</body>
</html>
"""

_ARTICLE: Final = """\
{% extends 'frame' %}
{% block main %}
<h1>{{ title }}</h1>
{% if summary %}
<p class="summary">{{ summary }}</p>
{% endif %}
{% if facts %}
<p class="quiet">{% for line in facts %}{{ line }}{% if not loop.last %}<br>{% endif %}\
{% endfor %}</p>
{% endif %}
{% for label, text in corrections %}
<p class="note"><strong>{{ label }}:</strong> {{ text }}</p>
{% endfor %}
<div class="body">{{ body | safe }}</div>
{% for picture in media if picture %}
<p>{{ picture | safe }}</p>
{% endfor %}
{% if see_also %}
<h2>{{ words.see_also }}</h2>
<ul>
{% for label, link in see_also %}
<li>{% if link %}<a href="{{ link }}">{{ label }}</a>{% else %}{{ label }}{% endif %}</li>
{% endfor %}
</ul>
{% endif %}
{% if is_cut %}
<p><a href="{{ view_url }}">{{ words.more_on_web }}</a></p>
{% endif %}
{% endblock %}
{% block foot %}
{% for line in rights %}
<p>{{ line }}</p>
{% endfor %}
<p><a href="{{ url }}">{{ words.original }}</a>\
{% if url != view_url %} · <a href="{{ view_url }}">{{ words.view_in_browser }}</a>{% endif %}</p>
{% endblock %}
"""

_ITEM: Final = """\
<table role="presentation" class="item" width="100%" cellpadding="0" cellspacing="0" border="0">\
<tr><td class="item-cell" lang="{{ i.language }}" dir="{{ i.direction }}" \
align="{{ i.start }}">
<h2><a href="{{ i.url }}">{{ i.title }}</a></h2>
{% if i.about %}
<p class="quiet">{{ i.about }}</p>
{% endif %}
{% if i.correction %}
<p class="note"><strong>{{ i.correction[0] }}:</strong> {{ i.correction[1] }}</p>
{% endif %}
{% if i.excerpt %}
<p>{{ i.excerpt }}</p>
<p><a href="{{ i.url }}" aria-label="{{ w.read_article }}: {{ i.title }}">\
{{ w.read_article }}</a></p>
{% endif %}
</td></tr></table>
"""

_DIGEST: Final = """\
{% extends 'frame' %}
{% block main %}
<h1 class="issue">{{ title }}</h1>
{% if description %}
<p class="summary">{{ description }}</p>
{% endif %}
<!--items-->
{% if more %}
<p><a href="{{ url }}">{{ more }}</a></p>
{% endif %}
{% if topics %}
<h2>{{ words.related_topics }}</h2>
<ul>
{% for label, link in topics %}
<li><a href="{{ link }}">{{ label }}</a></li>
{% endfor %}
</ul>
{% endif %}
{% endblock %}
{% block foot %}
{% if why %}
<p>{{ why }}</p>
{% endif %}
<p>{% for label, link in links %}<a href="{{ link }}">{{ label }}</a>\
{% if not loop.last %} · {% endif %}{% endfor %}</p>
<p>{{ address if address.startswith(head) else ([head, address] | select | join(', ')) }}</p>
{% endblock %}
"""


def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({"frame": _FRAME, "article": _ARTICLE, "item": _ITEM, "digest": _DIGEST}),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    # After the preheader, so that an inbox doesn't go on with the first words of the body.
    spacer = "&#847;&zwnj;&nbsp;" * 60
    environment.globals.update(css=_CSS, media_css=_MEDIA_CSS, spacer=spacer)
    return environment


_TEMPLATES: Final = _environment()


@hookimpl
def register_outputs() -> Sequence[Output]:
    """The one output of this plugin."""
    return [EmailOutput()]
