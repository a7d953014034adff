"""Where each field of an article was found: what its source said, and what the hub did itself.

    RawArticle.provenance (the plugin's words) ─┐
    what drafting had to choose by itself ──────┴─> {field of the article: a few words}

Pure. It is kept beside the version, for whoever asks why a title reads as it does; it is no part of
the content, and never makes a version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from seealso_sdk.model import Article, RawArticle
from seealso_sdk.text import clean

LONGEST = 200  # characters of what is said of one field
_RENAMED = {"html": "body_html", "text": "body_html", "body_text": "body_html"}
_MADE_BY_THE_HUB = frozenset({
    "id", "version", "status", "source", "body_text", "first_seen", "changed", "content_hash",
})  # fmt: skip
FIELDS = tuple(f.name for f in fields(Article) if f.name not in _MADE_BY_THE_HUB)


def traced(raw: RawArticle, article: Article) -> dict[str, str]:
    """Of every field that has a value, where that was found; in the article's order.

    Args:
        raw: what the source said.
        article: what drafting made of it.
    """
    said = _said(raw.provenance)
    own = _own(raw, article)
    found = {}
    for name in FIELDS:
        if getattr(article, name) not in (None, "", ()):
            found[name] = own.get(name) or said.get(name) or "as the source gave it"
    return found


def _said(given: Mapping[str, object]) -> dict[str, str]:
    """What the plugin said, by the article's own names. It is foreign text: one short line each."""
    said: dict[str, str] = {}
    for name, words in given.items():
        if isinstance(words, str) and (told := " ".join(clean(words).split())[:LONGEST]):
            said.setdefault(_RENAMED.get(name, name), told)
    return said


def _own(raw: RawArticle, article: Article) -> dict[str, str]:
    """What the hub chose, where the source had nothing to say."""
    own = {}
    if not raw.title.strip():
        own["title"] = "the first heading or sentence of the text"
    if not _given(raw.canonical_url):
        own["canonical_url"] = (
            "the address that the source has it at"
            if _given(raw.url)
            else "the address that it was fetched from"
        )
    if not _given(raw.language):
        own["language"] = "default"
    if not _given(raw.kind):
        own["kind"] = "default"
    if not _given(raw.html) and _given(raw.text) and not {"html", "text"} & raw.provenance.keys():
        own["body_html"] = "made from the source's plain text"
    return own


def _given(value: str | None) -> bool:
    return bool(value and value.strip())
