"""Who an article is: the names it goes by, its id for life, and when two versions are the same.

    source and external id ──> id:<source>:<external id>   ┐ names, the strongest first;
    canonical URL ───────────> url:<address>               ├ the first one ever seen makes the id
    neither ─────────────────> fp:<title and beginning>    ┘

Pure. A source's external id rules: two of them are not one article, whatever URL they share, unless
they say the same at it. Of two sources the same canonical address is the same article (a text that
two sites publish names one); who of them speaks for it `speaking` says. A page that came in by its
address alone is taken over by the article that later brings the same address and an external id.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping

from seealso_sdk.links import canonical
from seealso_sdk.model import Article
from seealso_sdk.text import fold

_FINGERPRINT_CHARS = 500  # of the text
_ID_CHARS = 15
_NOT_HASHED = frozenset({
    "id", "version", "status", "source", "external_id",  # who it is, not what it says
    "body_text",  # made from body_html
    "promos",  # those that show are added below
    "first_seen", "changed", "content_hash",
})  # fmt: skip


def keys(article: Article) -> tuple[str, ...]:
    """The names that an article goes by, the strongest first. Never empty."""
    found = []
    if article.external_id:
        found.append(f"id:{article.source}:{article.external_id}")
    address = canonical(article.canonical_url) if article.canonical_url else None
    if address:
        found.append(f"url:{address}")
    return tuple(found) or (fingerprint(article.title, article.body_text),)


def fingerprint(title: str, text: str) -> str:
    """The name of an article that has neither id nor address: the same while its title and its
    beginning are, but for case, accents and punctuation."""
    material = f"{fold(title)}\n{fold(text[:_FINGERPRINT_CHARS])}"
    return f"fp:{hashlib.sha256(material.encode()).hexdigest()}"


def article_id(key: str) -> str:
    """The id for life of an article that was first seen by this name."""
    digest = hashlib.sha256(key.encode()).digest()
    return "a" + base64.b32encode(digest).decode().lower()[:_ID_CHARS]


def owner(
    names: tuple[str, ...],
    known: Mapping[str, str],
    external_ids: Mapping[str, Mapping[str, str | None]],
    same: Callable[[str], bool],
) -> str | None:
    """Which known article a draft is, or None.

    Args:
        names: of the draft, from `keys`.
        known: {name: article id}, at least for those of `names` that are taken.
        external_ids: {article id: {source: its external id there, or None}}, for the values of
            `known`.
        same: whether a known article says just what the draft says: then another id of the same
            source at the same address is that source's new name for it (some rename all they have).
    """
    own = names[0] if names[0].startswith("id:") else None
    for name in names:
        found = known.get(name)
        if found is None:
            continue
        if name.startswith("url:") and own:
            theirs = external_ids.get(found, {})
            if not same(found) and any(
                external and own.startswith(f"id:{source}:") for source, external in theirs.items()
            ):
                continue  # another article of the same source
            if any(theirs.values()) and _is_front_page(name):
                continue
        return found
    return None


def _is_front_page(name: str) -> bool:
    """The address of a whole site is no article's: sloppy sources give it to all of theirs."""
    return name.removeprefix("url:").partition("://")[2].partition("/")[2] == ""


def content_hash(article: Article) -> str:
    """SHA-256, hex, of what a reader of the article can see. Equal hash: nothing to publish."""
    seen = {name: v for name, v in article.to_dict().items() if name not in _NOT_HASHED}
    # A sign-up about a subject shows as the hub's own sign-up box; no other promo shows.
    seen["signup"] = sorted(
        promo.about or "" for promo in article.promos if promo.kind == "newsletter-signup"
    )
    material = json.dumps(seen, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(material.encode()).hexdigest()
