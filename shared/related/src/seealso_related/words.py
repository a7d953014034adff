"""Text to words to stems, for any language and script.

    text --words--> tokens --telling--> tokens that carry meaning --stem--> comparable stems

A token keeps its accents until it is stemmed (the stemmers want them) and loses them after, so that
``cancer`` and ``cáncer`` meet only where their stems do. Scripts that put no space between words
(Han, Kana, Thai, Khmer, Lao, Burmese) give overlapping pairs of characters instead.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from seealso_related.stopwords import STOP_WORDS

if TYPE_CHECKING:
    import snowballstemmer

LONGEST_WORD = 40  # characters; what is longer is a URL, a hash or noise
LONGEST_UNSPACED = 8  # characters of a name inside a run without spaces

_ALGORITHMS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_NOTHING: frozenset[str] = frozenset()
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile("(?<=[^\\W_])['\u2019\u02bc](?=[^\\W_])")
_SILENT = re.compile("[\u00ad\u200b-\u200f\u0640\u064b-\u0652\u0670]")  # soft hyphen, tashkeel
_LATIN_MARKS = re.compile("[\u0300-\u036f]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_local = threading.local()


@lru_cache(maxsize=1024)
def base_language(tag: str) -> str:
    """The language of a BCP 47 tag: ``pt`` of ``pt-BR``."""
    return tag.replace("_", "-").split("-", 1)[0].lower()


def tokens(text: str) -> list[str]:
    """Every word of the text in order, lower case, accents kept; possessives lose their tail."""
    plain = unicodedata.normalize("NFC", _SILENT.sub("", text)).casefold()
    if not plain.isascii() or "'" in plain:
        plain = _APOSTROPHE.sub("", plain.replace("'s ", " ").replace("\u2019s ", " "))
    found = [word for word in _WORD.findall(plain) if len(word) <= LONGEST_WORD]
    if plain.isascii() or not _UNSPACED.search(plain):
        return found
    return [piece for word in found for piece in _pieces(word)]


def telling(text: str, language: str) -> list[str]:
    """The stems of the words that say something: no stop words, no single letters, no bare numbers
    of fewer than four digits."""
    base = base_language(language)
    return [stem for word in tokens(text) if (stem := _telling_stem(word, base))]


def name_words(name: str, language: str) -> tuple[str, ...]:
    """The distinct stems of a topic's name, in its order; all its words where none is telling."""
    found = telling(name, language) or [strip_accents(word) for word in tokens(name)]
    return tuple(dict.fromkeys(found))


def name_words_anywhere(name: str) -> tuple[tuple[str, ...], ...]:
    """`name_words` as every language would have them, each once: a name stands in texts of others
    than its own language too."""
    return tuple(sorted({name_words(name, language) for language in ("", *_ALGORITHMS)}))


def is_stop_word(word: str, language: str) -> bool:
    """Whether the word (folded or not) says nothing in this language."""
    return strip_accents(word) in STOP_WORDS.get(base_language(language), _NOTHING)


def strip_accents(word: str) -> str:
    """Without the marks of Latin, Greek and Cyrillic letters; other scripts stay as they are."""
    if word.isascii():
        return word
    bare = _LATIN_MARKS.sub("", unicodedata.normalize("NFKD", word))
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=131_072)
def _telling_stem(word: str, base: str) -> str:
    """The stem, or nothing for a word that says nothing."""
    folded = strip_accents(word)
    if folded in STOP_WORDS.get(base, _NOTHING):
        return ""
    if len(folded) < 2 and not _UNSPACED.match(folded):
        return ""
    if folded.isdigit():
        return folded if len(folded) >= 4 else ""
    return strip_accents(_stemmed(word, base))


def _stemmed(word: str, base: str) -> str:
    algorithm = _ALGORITHMS.get(base)
    if algorithm is None or any(char.isdigit() for char in word):
        return word
    stemmers: dict[str, snowballstemmer.stemmer] = _local.__dict__.setdefault("stemmers", {})
    if algorithm not in stemmers:  # a stemmer keeps state while it works: one a thread
        import snowballstemmer  # 36 languages: 0.15 s that only who stems should pay

        stemmers[algorithm] = snowballstemmer.stemmer(algorithm)
    stem: str = stemmers[algorithm].stemWord(word)
    return stem or word


def substrings(word: str) -> set[str]:
    """The names that may stand inside a run of a script without spaces; none for other words."""
    if not _UNSPACED.search(word):
        return set()
    spans = range(2, LONGEST_UNSPACED + 1)
    return {word[i : i + span] for span in spans for i in range(len(word) - span + 1)}


def _pieces(word: str) -> list[str]:
    """A run without spaces as overlapping pairs; other words as they are."""
    if not _UNSPACED.search(word):
        return [word]
    if len(word) < 3:
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]
