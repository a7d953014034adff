"""Notices by which a page takes its own article back.

    read_withdrawal("This article has been retracted by the authors.") -> the sentence
    read_withdrawal("The 1998 paper was retracted in 2010.")           -> None

Only what speaks of itself counts: an article about a retracted study is no retracted article.
"""

from __future__ import annotations

import re

from seealso_sdk.text import fold

_LONGEST = 600  # characters of a notice

_ITSELF = re.compile(
    r"(?:(?:editor['’]?s?|publisher['’]?s?|important)? ?(?:note|notice|update)\s*[:.–—-]\s*)?(?:"
    r"(?:this|the above) (?:\w+ ){0,2}(?:article|paper|story|page|post|answer|study|report)s? "
    r"(?:has been|was|is|have been|had been) (?:\w+ly )?"
    r"(?:retracted|withdrawn|taken down|unpublished)\b|"
    r"dieser (?:artikel|beitrag|text|aufsatz) (?:wurde|ist) (?:[^.]{0,40} )?zurückgezogen\b|"
    r"est[ea] (?:artículo|noticia|publicación|estudio) (?:ha sido|fue) "
    r"(?:retractad[oa]|retirad[oa])\b|"
    r"cet(?:te)? (?:article|publication|étude|page) (?:a été|est) (?:rétractée?|retirée?)\b|"
    r"questo (?:articolo|studio|testo) è stato (?:ritirato|ritrattato)\b|"
    r"est[ea] (?:artigo|notícia|estudo) foi (?:retratad[oa]|retirad[oa]|removid[oa])\b|"
    r"dit artikel is (?:ingetrokken|teruggetrokken)\b|"
    r"(?:تم سحب هذا المقال|سُحب هذا المقال)|המאמר (?:הזה )?הוסר"
    r")",
    re.IGNORECASE,
)
_HEADED = re.compile(
    r"(?:retracted(?: article| paper)?|withdrawn(?: article| paper)?|retraction|zurückgezogen|"
    r"retractado|retirado|rétracté|ritirato)\s*[:：]\s*(?=\S)",
    re.IGNORECASE,
)
_STATUS = frozenset(("retracted", "withdrawn"))


def read_withdrawal(text: str) -> str | None:
    """The notice that this paragraph is, on one line; None for a paragraph of an article."""
    if len(text) > _LONGEST or not _ITSELF.match(text.strip()):
        return None
    return " ".join(text.split())


def withdrawn_title(title: str) -> str | None:
    """A title without the word that takes it back ("RETRACTED: ..."); None without such a word.

    "Retraction:" at the head of a title is the notice's own title, and stays.
    """
    match = _HEADED.match(title)
    if match is None or match[0].casefold().startswith("retraction"):
        return None
    return title[match.end() :]


def is_withdrawn_status(status: str) -> bool:
    """Whether a declared state of a work (`creativeWorkStatus` of schema.org) takes it back."""
    return fold(status) in _STATUS
