"""Words, stems and names of any language."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_related.stopwords import STOP_WORDS
from seealso_related.words import (
    LONGEST_WORD,
    base_language,
    name_words,
    name_words_anywhere,
    strip_accents,
    substrings,
    telling,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "language", "stems"),
    [
        ("The nurses' guidelines: what are they?", "en", ["nurs", "guidelin"]),
        ("Los síntomas y la prevención", "es", ["sintom", "prevencion"]),
        ("Die Untersuchungen der Brüste", "de", ["untersuch", "brust"]),
        ("Les traitements et les douleurs", "fr", ["trait", "douleur"]),
        ("Os exames e as doenças", "pt", ["exam", "doenc"]),
        ("乳がん検診", "ja", ["乳が", "がん", "ん検", "検診"]),
        ("COVID-19 in 2021, at 5", "en", ["covid", "2021"]),
        ("xyzzy of the frobs", "tlh", ["xyzzy", "of", "the", "frobs"]),
    ],
)
def test_what_tells_is_kept_and_stemmed(text: str, language: str, stems: list[str]) -> None:
    assert telling(text, language) == stems


def test_singular_and_plural_meet_in_their_stem() -> None:
    assert telling("mammograms", "en") == telling("mammogram", "en-GB")
    assert telling("mamografías", "es") == telling("mamografía", "es-MX")


def test_arabic_vowel_marks_and_stretching_make_no_difference() -> None:
    assert tokens("سَرَطان") == tokens("سرطـــان")
    assert telling("من في على", "ar") == []


def test_apostrophes_and_possessives() -> None:
    assert tokens("Don't ask the patient’s GP's name") == [
        "dont",
        "ask",
        "the",
        "patient",
        "gp",
        "name",
    ]


def test_a_name_of_stop_words_alone_keeps_them() -> None:
    assert name_words("What is it?", "en") == ("what", "is", "it")
    assert name_words("Breast cancer, breast care", "en") == ("breast", "cancer", "care")


def test_a_name_is_found_by_the_stems_of_every_language() -> None:
    assert set(name_words_anywhere("Scans")) == {("scan",), ("scans",)}


def test_names_inside_a_script_without_spaces() -> None:
    assert "乳がん" in substrings("乳がん検診")
    assert substrings("breast") == set()


def test_no_stop_word_carries_an_accent_it_would_never_be_compared_with() -> None:
    for language, words in STOP_WORDS.items():
        assert [w for w in words if strip_accents(w) != w] == [], language


@pytest.mark.parametrize(("tag", "base"), [("pt-BR", "pt"), ("EN_us", "en"), ("", "")])
def test_base_language(tag: str, base: str) -> None:
    assert base_language(tag) == base


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300), language=st.sampled_from(["en", "es", "ar", "ja", "", "x-y"]))
def test_any_text_has_words_without_spaces_or_signs(text: str, language: str) -> None:
    for word in tokens(text):
        assert 0 < len(word) <= LONGEST_WORD
        assert not any(char.isspace() for char in word)
    for stem in telling(text, language):
        assert stem
        assert stem == strip_accents(stem)
    assert telling(text, language) == telling(text, language)
