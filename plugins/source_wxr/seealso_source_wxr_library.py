"""Attachments of an export: the files of a site's library, by the id that posts know them by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from seealso_sdk import Media
from seealso_sdk.text import one_line
from seealso_source_wxr_xml import Values, meta_of, text_of, web

_SIZE = re.compile(r"s:(?:5|6):\"(width|height)\";(?:i:|s:\d{1,2}:\")(\d{1,5})")
_CREDIT = re.compile(r"s:6:\"credit\";s:\d{1,4}:\"([^\"]{1,300})\"")
_NO_CREDIT = frozenset({"", "0"})
_TYPES = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml", "mp3": "audio/mpeg",
    "m4a": "audio/mp4", "ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4",
    "m4v": "video/mp4", "webm": "video/webm", "mov": "video/quicktime", "pdf": "application/pdf",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the site's library, and the post that it was uploaded to."""

    media: Media
    caption: str
    parent: str

    @property
    def is_image(self) -> bool:
        return (self.media.type or "").startswith("image/")


def attachment_of(values: Values) -> Attachment | None:
    url = web(text_of(values, "wp:attachment_url"))
    if url is None:
        return None
    meta = meta_of(values)
    stored = meta.get("_wp_attachment_metadata", "")[:100_000]
    sizes: dict[str, int] = {}
    for name, value in _SIZE.findall(stored):  # the first are the file's, those of copies follow
        sizes.setdefault(name, int(value))
    credit = _CREDIT.search(stored)
    named = one_line(credit[1]) if credit else ""
    media = Media(
        url=url,
        type=_TYPES.get(url.partition("?")[0].rpartition(".")[2].lower()),
        alt=one_line(meta.get("_wp_attachment_image_alt", "")) or None,
        width=sizes.get("width"),
        height=sizes.get("height"),
        credit=None if named in _NO_CREDIT else named,
    )
    return Attachment(media, text_of(values, "excerpt:encoded"), text_of(values, "wp:post_parent"))


def figure(attachment: Attachment) -> str:
    media = attachment.media
    if not attachment.is_image:
        words = attachment.caption or escape(media.url.rpartition("/")[2])
        return f'<p><a href="{escape(media.url)}">{words}</a></p>'
    size = "".join(
        f' {name}="{value}"'
        for name, value in (("width", media.width), ("height", media.height))
        if value
    )
    caption = f"<figcaption>{attachment.caption}</figcaption>" if attachment.caption else ""
    alt = escape(media.alt or "")
    return f'<figure><img src="{escape(media.url)}" alt="{alt}"{size}>{caption}</figure>'


Library = Mapping[str, Attachment]
