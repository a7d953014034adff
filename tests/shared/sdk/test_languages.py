"""The language of a text that declares none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_sdk.languages import guess_language

TEXTS = {
    "en": "The lamp at the lower gate is broken, and the warden has not found the key that fits it.",
    "es": "El faro del cabo se enciende por la noche y los barcos lo ven desde las islas del sur.",
    "de": "Der Apfel ist im Keller gut aufgehoben, und die Birne liegt besser nicht neben ihm.",
    "fr": "Les rosiers sont taillés au printemps et les fleurs fanées ne sont pas laissées sur le pied.",
    "it": "Il pane di ieri non è un avanzo, e con il brodo della nonna è anche più buono che fresco.",
    "pt": "O farol da ilha não se acende para os barcos que vêm do sul, e por isso há mais uma luz.",
    "nl": "De brug is dicht en het water staat zo hoog dat er niet meer op het pad gelopen wordt.",
    "sv": "Bron är stängd och det är inte säkert att den öppnas för bilar, men man kan gå på den.",
    "pl": "Most jest zamknięty i nie wiadomo, jak długo to potrwa, bo woda w rzece się nie cofa.",
    "ar": "يُغسل الزيتون الأخضر ثم يُنقع في الماء أسبوعًا حتى تخف مرارته.",
    "fa": "پل بسته است و کسی نمی‌داند چه زمانی باز می‌شود، چون آب رودخانه بالا آمده است.",
    "he": "הגשר סגור עד שהמים ירדו, והשביל מעל הסכר פתוח רק ביום.",
    "ru": "Мост закрыт, и никто не знает, когда его откроют, потому что вода ещё высока.",
    "uk": "Міст зачинено, і ніхто не знає, коли його відкриють, бо вода ще висока.",
    "el": "Η γέφυρα είναι κλειστή μέχρι να πέσει το νερό.",
    "ja": "橋は水が引くまで閉まっています。昼間は堰の上の道を通れます。",
    "zh": "桥梁关闭，直到水位下降。白天可以走水坝上的小路。",
    "ko": "물이 빠질 때까지 다리는 닫혀 있습니다.",
}


@pytest.mark.parametrize("tag", TEXTS)
def test_a_sentence_or_two_tell_the_language(tag: str) -> None:
    assert guess_language(TEXTS[tag]) == tag


@pytest.mark.parametrize("text", ["", "OK", "HER2 1889", "Voltage 12 V", "1, 2, 3", "Most", "???"])
def test_a_text_that_does_not_tell_gets_none(text: str) -> None:
    assert guess_language(text) is None


def test_a_foreign_name_changes_nothing() -> None:
    assert guess_language(TEXTS["en"] + " Der Name der Rose, La vie en rose, 橋.") == "en"


@given(st.text(max_size=300))
def test_any_text_has_a_known_language_or_none(text: str) -> None:
    assert guess_language(text) in {*TEXTS, "da", "ur", "bg", "th", None}
