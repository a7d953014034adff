"""Pages that are read without an error and are no article all the same. Pure.

    a shell      ──> a title and nothing else: a script in the browser writes the text
    a teaser     ──> the page says that it is not free, or asks for a subscription, and is short

What a hub would publish of them is worse than nothing: partners would get empty or cut articles
under the publisher's name. `seealso_ingest.normalise` gives them, as what the bytes hold; a hub
that takes them in refuses them, and says what to do.
"""

from __future__ import annotations

import re

from seealso_sdk.model import RawInput

from seealso_ingest.drafting import Draft
from seealso_ingest.errors import InputRefused

PAGES = frozenset({"text/html", "application/xhtml+xml"})
TEASER_WORDS = 150  # of a page that says itself that it is not free
WALLED_WORDS = 80  # of a page that only asks for a subscription
_LOOK = 2_000_000  # bytes

_NOT_FREE = re.compile(
    rb"isAccessibleForFree[\"']?\s{0,9}(?::|\bcontent\s{0,9}=)\s{0,9}[\"']?(?:https?://schema\.org/)?false",
    re.IGNORECASE,
)
# Said over a teaser only: "Already a subscriber?" stands at the head of whole articles, too.
_WALL = re.compile(
    r"subscribe (?:now )?to (?:continue|keep) reading|"
    r"to (?:continue|keep) reading,? (?:please )?(?:subscribe|log ?in|sign in|register)|"
    r"this (?:article|story) is (?:only )?(?:for|available to) (?:our )?(?:subscribers|members)|"
    r"weiterlesen mit \w{0,20}\s?abo\b|(?:dieser )?artikel (?:ist )?nur für abonnenten|"
    r"article réservé (?:aux|à nos) abonnés|abonnez-vous pour (?:lire la suite|continuer)|"
    r"suscr[íi]b[ae](?:te|se) para (?:seguir|continuar) leyendo|contenido solo para suscriptores|"
    r"articolo riservato agli abbonati|conteúdo exclusivo para assinantes",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"<(?:script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")


def require_an_article(raw: RawInput, draft: Draft) -> None:
    """What a page came to is worth publishing.

    Raises:
        InputRefused: it is a shell (``page-empty``) or a teaser (``page-paywall``).
    """
    if raw.media_type not in PAGES or draft.withdrawn:
        return
    article = draft.article
    words = len(article.body_text.split())
    free = _NOT_FREE.search(raw.data[:_LOOK]) is None
    if (words < TEASER_WORDS and not free) or (words < WALLED_WORDS and _asks(raw)):
        why = "asks for a subscription" if free else "says that it is not free to read"
        raise InputRefused(
            "page-paywall",
            f"the page {why}, and holds a teaser of {words} words",
            "Give the whole article: a feed with full text, JSON, or a page without the wall.",
        )
    if not (article.body_text or article.summary or article.media):
        raise InputRefused(
            "page-empty",
            f"the page has a title ({article.title[:60]!r}) and no text",
            "Where a script writes the text only in a browser, give the site's feed, or the text.",
        )


def _asks(raw: RawInput) -> bool:
    """Whether the text that a reader sees says so; each script is passed by with one search."""
    first, *rest = _SCRIPT.split(raw.data[:_LOOK].decode("utf-8", "replace"))
    shown = [first, *(piece.partition("</")[2] for piece in rest)]
    return (
        _WALL.search(" ".join(" ".join(_TAG.sub(" ", piece) for piece in shown).split()))
        is not None
    )
