"""Names of people out of a line that has nothing else, or little: a byline, a declared author.

    names_in("By Ann Reef, M.D., and Bo van der Tide")    -> ("Ann Reef, M.D.", "Bo van der Tide")
    names_in("Ann Reef, Political Editor | The Gazette")   -> ("Ann Reef",)
    names_in("admin")                                      -> ()
    all_names("a study of four hundred people", False)     -> None

Degrees stay with their name behind a comma; posts, addresses, handles and newspapers do not. What
is no name is told by what it has: digits, small letters, the words for a post or a desk.
"""

from __future__ import annotations

import re

from seealso_sdk.text import fold

LONGEST = 300  # characters of a line that is looked at
_NAME_MOST = 6  # words, particles apart
_NAMES_MOST = 40

_BY = re.compile(
    r"(?:(?:written|posted|published|reported|words|story|text|article|analysis|opinion|report|"
    r"reviewed|compiled|photos?|photography|interview)"
    r"(?: and (?:photos?|photography|pictures))?\s+)?"
    r"(?:by|por|von|par|di|door|av|af|przez)\b[\s:]+|"
    r"(?:authors?|author\(s\)|autor(?:a|in|es|en|zy)?|auteure?s?|autor[ei]|text|foto|words|writer|"
    r"verfasser(?:in)?|redakteur(?:in)?|journalist|skribent|av|af|tekst|tekijä|yazar)\s*:\s*|"
    r"(?:escrito|redactado|publicado|rédigé|publié|geschrieben|verfasst|scritto|geschreven|skrevet|"
    r"skrivet|napisane)\s+(?:por|par|von|da|door|av|af|przez)\b[\s:]+|"
    r"(?:a cura di|من|بقلم|كتب|מאת|автор)\s*:?\s+|(?:執筆|著者|文|作者|记者|記者)\s*[:：]\s*",
    re.IGNORECASE,
)
# Runs of spaces are bounded: what is given has single ones, and who writes more gets no quadratic
# time for it.
_CUT = re.compile(
    r"\s{0,3}[|•·/\\\u2502]\s{0,3}.*|\s{1,3}[–—-]\s{1,3}.*|\s{1,3}for (?:the )?[A-Z].*|"
    r"\s{1,3}@\w+.*|\s{0,3}<.*|"
    r"\s{1,3}(?:is|was|are|has) (?:an?|the)\b.*|\s{1,3}(?:on|am|le|el)\s{1,3}\d.*",
    re.DOTALL,
)
_ASIDE = re.compile(r"\s{0,3}[(\[（][^()\[\]（）]{0,80}[)\]）]")
_MAIL = re.compile(r"\S{1,64}@\S{1,255}|https?://\S+|www\.\S+|(?<!\w)@\w+")
_AND = re.compile(
    r"\s{0,3}[;；、]\s{0,3}|\s{1,3}(?:and|und|och|og|oraz|és|ve|with|mit|avec)\s{1,3}|\s{0,3}&\s{0,3}|\s{1,3}و\s{0,3}",
    re.IGNORECASE,
)
# One letter that also stands within names (Ortega y Gasset): a name on both sides, or it is one.
_SMALL_AND = re.compile(r"\s{1,3}(?:y|et|e|en|i|и|і)\s{1,3}")
_DEGREE = re.compile(
    r"(?:[A-Z]\.?){2,6}[a-z]?\.?|[A-Z][a-z]?\.?[A-Z][A-Za-z.]{0,4}(?:-[A-Z]{1,3})?|"
    r"Ph\.?\s?D\.?|Jr\.?|Sr\.?|II+|IV|Esq\.?|M\.?Sc\.?|B\.?Sc\.?|"
    r"Dr\.? [a-z.]{2,10}(?: [a-z.]{2,6})?"
)
_PARTICLES = frozenset(
    (
        *("de", "da", "do", "dos", "das", "del", "della", "dello", "degli", "di", "du", "der"),
        *("den", "des", "van", "von", "vom", "zu", "zum", "zur", "ter", "ten", "te", "la", "las"),
        *("le", "les", "los", "el", "al", "bin", "ibn", "bint", "ben", "af", "av", "y", "e", "i"),
        *("mac", "mc", "st", "'t", "d'", "van't", "op", "dalla", "ul", "abu", "und", "zu"),
    )
)
_POST = re.compile(
    r"\b(?:staff|editor(?:s|ial|-in-chief)?|editing|reporters?|writers?|correspondents?|columnist|"
    r"contributor|contributing|contribution|journalist|producer|photographer|director|manager|"
    r"professor|lecturer|fellow|analyst|desk|newsroom|team|special to|bureau|agency|agencies|"
    r"officer|president|chair(?:man|woman)?|founder|co-founder|ceo|department|university|institute|"
    r"magazine|times|news|online|blog|admin(?:istrator)?|webmaster|moderator|guest|anonymous|"
    r"unknown|author|redaktion(?:steam)?|redakteur(?:in)?|korrespondent(?:in)?|redacci[óo]n|"
    r"redactora?|r[ée]daction|r[ée]dacteur|r[ée]dactrice|corresponsal|correspondante?|redazione|"
    r"reda[çc][ãa]o|redactie|redactioneel|redaksjonen|redaktionen|redakcja|toimitus|редакция|"
    r"التحرير|מערכת|编辑|編集部|communications?|services?|wire|press|media|group|foundation|"
    r"company|inc|ltd|llc|gmbh|society|association|ministry|office|council|committee)\b",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    fold(name)
    for name in (
        *("by", "author", "authors", "user", "users", "editor", "me", "none", "null", "undefined"),
        *("home", "contact", "about", "more", "share", "follow", "subscribe", "read more", "test"),
        *("view profile", "view all posts", "see all", "all posts", "see bio", "profile", "posts"),
        *("root", "administrator", "super user", "n a", "various", "wordpress", "default", "guest"),
        *("von", "par", "por", "di", "written by", "posted by", "published", "updated", "website"),
    )
)


def names_in(text: str, *, inverted: bool = False) -> tuple[str, ...]:
    """The names in a declared author or the line of an author; none where there are none.

    Args:
        text: the line; what comes after a bar, a dash or "for" is cut, posts are left out.
        inverted: "Reef, Ann" is Ann Reef, as library catalogues write it.
    """
    line = _MAIL.sub("", _ASIDE.sub("", " ".join(text[:LONGEST].split()))).strip()
    line = _CUT.sub("", _BY.sub("", line, count=1)).strip(" ,:;-–—")
    if inverted and line.count(",") == 1:
        last, first = (part.strip() for part in line.split(","))
        if first and len(last.split()) <= 3 and len(first.split()) <= 3:
            line = f"{first} {last}"
    found = [
        name
        for name in _split(line)
        if not _POST.search(name) and fold(name) not in _NOBODY and _is_name(name, labelled=True)
    ]
    return tuple(dict.fromkeys(found))[:_NAMES_MOST]


def all_names(text: str, labelled: bool) -> tuple[str, ...] | None:
    """The names of a byline that has nothing but names and posts; None where it reads like words.

    `labelled`: "Author:" stood before it, so that one word is a name, too.
    """
    names = _split(text.strip(" :"))
    people = [name for at, name in enumerate(names) if not (at and _POST.search(name))]
    if not people or not all(_is_name(name, labelled) for name in people):
        return None
    return tuple(people)


def is_handle(name: str) -> bool:
    """Whether it is rather a login than a name: one word that begins small or has digits."""
    return " " not in name and (name[:1].islower() or any(char.isdigit() for char in name))


def _split(text: str) -> list[str]:
    names: list[str] = []
    for whole in _AND.split(" ".join(text.split())):  # single spaces: its patterns are linear
        for piece in _commas(whole):
            if names and _DEGREE.fullmatch(piece):
                names[-1] = f"{names[-1]}, {piece}"
            else:
                names.extend(_small_ands(piece))
    return names


def _commas(whole: str) -> list[str]:
    pieces = []
    for piece in re.split(r"[,،，]", whole):
        piece = re.sub(r"\A(?:and|und|et|y|e|en|og|och|&)\s+", "", piece.strip())
        if piece.endswith(".") and not _DEGREE.fullmatch(piece.rpartition(" ")[2]):
            piece = piece[:-1]
        if piece:
            pieces.append(piece)
    return pieces


def _small_ands(piece: str) -> list[str]:
    parts = _SMALL_AND.split(piece)
    if len(parts) > 1 and all(len(part.split()) > 1 for part in parts):
        return parts
    return [piece]


def _is_name(name: str, labelled: bool) -> bool:
    words = name.partition(",")[0].split()
    proper = [word for word in words if word.lower() not in _PARTICLES]
    if not proper or len(proper) > _NAME_MOST or any(char.isdigit() for char in name):
        return False
    if len(words) == 1 and not labelled and "," not in name:
        return False
    return all(
        not word[0].islower() and word[0].isalpha()
        for word in (w.lstrip("'’\"“«") for w in proper)
        if word
    )
