"""Messages as a mail program reads them, and a lint of their HTML."""

from __future__ import annotations

from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from lxml import html as lxml_html
from seealso_output_email import EmailOutput
from seealso_sdk import Article, Context
from seealso_sdk.testing import channel, entry

EMAIL = EmailOutput()
CONTEXT = Context(hub_url="https://hub.example", hub_name="Example Hub")
OPTIONS = {
    "subject": "Breast cancer: what is new",
    "from": "Example Hub <news@hub.example>",
    "unsubscribe_url": "https://hub.example/newsletters/unsubscribe/READER-UNSUBSCRIBE-TOKEN",
    "preferences_url": "https://hub.example/newsletters/preferences/READER-PREFERENCES-TOKEN",
    "postal_address": "1 Quay Street\nHarbourtown",
    "why": "You get this because you signed up for Breast cancer.",
}


def read(raw: bytes) -> EmailMessage:
    """The message, parsed."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(raw: bytes) -> str:
    """The text part, decoded."""
    part = read(raw).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(raw: bytes) -> str:
    """The HTML part, decoded."""
    part = read(raw).get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def tree(raw: bytes) -> Any:
    """The HTML part as a tree."""
    return lxml_html.document_fromstring(html_of(raw).encode(), parser=_PARSER)


_PARSER = lxml_html.HTMLParser(encoding="utf-8")


def rendered(given: Article, context: Context = CONTEXT) -> bytes:
    """One article as a message."""
    return EMAIL.render(given, context).body


def digest(articles: Sequence[Article], **changes: Any) -> bytes:
    """A digest of articles, with every option that a newsletter gives."""
    changes = {"options": OPTIONS, "description": ""} | changes
    entries = [entry(a, EMAIL.render(a, CONTEXT)) for a in articles]
    return EMAIL.assemble(channel(**changes), entries)
