"""The fixed words: every language has them all, and dates are as precise as given."""

from __future__ import annotations

from dataclasses import fields

import pytest
from seealso_sdk.phrases import (
    Phrases,
    direction,
    join_names,
    language_tag,
    phrases,
    spoken_date,
)

LANGUAGES = ("en", "es", "de", "fr", "ar", "pt")
WITH_A_PLACE = {"by", "reviewed_by", "series", "credit", "and_more"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_there_and_has_its_place(language: str) -> None:
    words = phrases(language)
    assert words.language == language
    for field in fields(Phrases):
        value = getattr(words, field.name)
        assert value, field.name
        if field.name in WITH_A_PLACE:
            assert value.count("{}") == 1
    assert len(set(words.months)) == 12
    assert all(words.date.count(part) == 1 for part in ("{day}", "{month}", "{year}"))


def test_a_region_has_the_words_of_its_language_and_the_unknown_have_english() -> None:
    assert phrases("pt-BR").see_also == "Veja também"
    assert phrases("fi").see_also == "See also"
    assert phrases("").language == "en"


@pytest.mark.parametrize(
    ("value", "language", "spoken"),
    [
        ("2024-04-09", "en", "9 April 2024"),
        ("2024-04-09", "es-MX", "9 de abril de 2024"),
        ("2024-04-09", "de", "9. April 2024"),
        ("2024-04-09", "ar", "9 أبريل 2024"),
        ("2024-04-09", "fi", "2024-04-09"),
        ("2024-04-09T10:05:00Z", "en", "9 April 2024, 10:05 UTC"),
        ("2024-04-09T10:05:00+05:30", "fr", "9 avril 2024, 10:05 UTC+05:30"),
        ("2024-04-09T10:05:00-03:00", "pt", "9 de abril de 2024, 10:05 UTC-03:00"),
        ("2024-04-09T00:00:00Z", "en", "9 April 2024"),
        ("yesterday", "en", ""),
        ("", "en", ""),
    ],
)
def test_a_date_is_spoken_as_precisely_as_it_was_given(
    value: str, language: str, spoken: str
) -> None:
    assert spoken_date(value, language) == spoken


@pytest.mark.parametrize(
    ("language", "expected"),
    [("ar", "rtl"), ("he-IL", "rtl"), ("fa", "rtl"), ("en", "ltr"), ("az-Arab", "rtl"),
     ("ar-Latn", "ltr"), ("", "ltr"), ("zh-Hant-TW", "ltr")],
)  # fmt: skip
def test_the_direction_follows_the_script(language: str, expected: str) -> None:
    assert direction(language) == expected


def test_a_language_that_is_none_is_undetermined() -> None:
    assert language_tag("pt-BR") == "pt-BR"
    assert language_tag('en" onload="x') == "und"
    assert language_tag("") == "und"


def test_names_are_joined_as_people_write_them() -> None:
    assert join_names(["A"], "en") == "A"
    assert join_names(["A", "B", "C"], "de") == "A, B und C"
    assert join_names(["A", "B", "C"], "ar") == "A، B وC"
    assert join_names([], "en") == ""
