"""A digest and a reader make one message. Pure.

The e-mail output assembles the digest once an issue, with placeholder links. Here each reader's own
links are put in, and the headers that make it a well-behaved list message (RFC 2369, 2919, 8058,
3834). List headers are written as bytes: `email.policy.SMTP` folds a long List-Unsubscribe into
RFC 2047 words, and mail programs then show no unsubscribe button (CPython issue 85725).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr

from seealso_sdk.text import clean

UNSUBSCRIBE_PLACEHOLDER = "READER-UNSUBSCRIBE-TOKEN"
PREFERENCES_PLACEHOLDER = "READER-PREFERENCES-TOKEN"

_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An issue's message before the reader's own links: what all readers share."""

    subject: str
    text: str
    html: str
    sender: str  # From, "Name <address>"
    date: str  # RFC 5322
    list_name: str
    list_id: str  # RFC 2919: topic.newsletters.host
    archive: str  # URL of the topic's page


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who gets it, and their own links."""

    email: str
    message_id: str
    unsubscribe_token: str
    preferences_token: str
    unsubscribe_url: str


def message_id(secret: bytes, issue_id: str, subscriber_id: str, domain: str) -> str:
    """The same on every try: a repeated message can be recognised as the same one."""
    mac = hmac.new(secret, f"{issue_id}\0{subscriber_id}".encode(), hashlib.sha256).digest()
    left = base64.b32encode(mac[:15]).decode().lower()
    return f"<{left}@{domain}>"


def subject(label: str, titles: list[str]) -> str:
    """The subject of a digest: the topic, the first title, how many more."""
    first = " ".join(titles[0].split())
    head = first if len(first) <= 70 else first[:69].rstrip() + "…"
    more = len(titles) - 1
    return f"{label}: {head}" + (f" and {more} more" if more else "")


def list_id(slug: str, domain: str) -> str:
    """The constant identifier of a topic's newsletter (RFC 2919 section 2): ASCII labels."""
    label = slug if slug.isascii() else f"x-{zlib.crc32(slug.encode()):08x}"
    return f"{label[:63].strip('-')}.newsletters.{domain}"


def parse_digest(
    raw: bytes, *, sender: str, date: str, list_name: str, list_id: str, archive: str
) -> Digest:
    """Read what the e-mail output assembled: subject, text part and HTML part."""
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    text = parsed.get_body(("plain",))
    html = parsed.get_body(("html",))
    return Digest(
        subject=str(parsed["Subject"] or ""),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        sender=sender,
        date=date,
        list_name=list_name,
        list_id=list_id,
        archive=archive,
    )


def build(digest: Digest, reader: Reader) -> bytes:
    """The whole message: CRLF, seven bits, no line over 998 bytes."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = digest.sender
    message["To"] = mailbox(reader.email)
    message["Date"] = digest.date
    message["Message-ID"] = reader.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_own_links(digest.text, reader), cte="quoted-printable")
    message.add_alternative(_own_links(digest.html, reader), subtype="html", cte="quoted-printable")
    return _list_headers(digest, reader) + _subject_header(digest.subject) + message.as_bytes()


def plain_message(  # every part of a message is named at the call
    *, sender: str, to: str, subject: str, date: str, message_id: str, text: str, html: str
) -> bytes:
    """A message that is no newsletter: the confirmation mail."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = mailbox(to)
    message["Date"] = date
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return _subject_header(subject) + message.as_bytes()


def mailbox(email: str) -> Address:
    """One address, never parsed as several."""
    local, _, domain = email.rpartition("@")
    return Address(username=local, domain=domain)


def envelope_sender(sender: str) -> str:
    """The bare address of a From line."""
    return parseaddr(sender)[1]


def _own_links(content: str, reader: Reader) -> str:
    return content.replace(UNSUBSCRIBE_PLACEHOLDER, reader.unsubscribe_token).replace(
        PREFERENCES_PLACEHOLDER, reader.preferences_token
    )


def _list_headers(digest: Digest, reader: Reader) -> bytes:
    lines = [
        f"List-Id: {_phrase(digest.list_name)} <{digest.list_id}>",
        f"List-Unsubscribe: <{reader.unsubscribe_url}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"List-Archive: <{digest.archive}>",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _subject_header(text: str) -> bytes:
    """EmailMessage writes encoded words of 76 characters; RFC 2047 section 2 allows 75.

    Header puts an ASCII word too long for the line on the next one, where it reads as a space.
    """
    one_line = clean(" ".join(text.split()))
    fits = one_line.isascii() and max(map(len, one_line.split(" "))) <= _WORD_MAX
    charset = "us-ascii" if fits and "=?" not in one_line else "utf-8"
    folded = Header(one_line, charset, header_name="Subject", maxlinelen=75).encode()
    return f"Subject: {folded}\n".replace("\n", "\r\n").encode("ascii")


_WORD_MAX = 60  # characters of a word that fits beside "Subject:" on a line of 75


def _phrase(name: str) -> str:
    plain = " ".join(clean(name).split()).replace("\\", "").replace('"', "'")[:60]
    if plain.isascii():
        return f'"{plain}"'
    return Header(plain, "utf-8", maxlinelen=10_000).encode().replace("\n", "")
