"""Bytes to text: marks, labels, and no guess between legacy encodings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_sdk.charset import CharsetUnknown, codec_name, decode

TEXT = "Zwölf “naïve” Fässer – 12 €"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_wins_over_any_label(encoding: str) -> None:
    assert decode(TEXT.encode(encoding), "windows-1251", "shift_jis") == TEXT


def test_the_declared_charset_goes_before_the_documents_own() -> None:
    data = "Мост".encode("cp1251")
    assert decode(data, "windows-1251", "koi8-r") == "Мост"
    assert decode(data, None, "windows-1251") == "Мост"


def test_utf_8_under_a_latin_label_is_utf_8() -> None:
    assert decode(TEXT.encode(), "iso-8859-1") == TEXT


def test_latin_1_is_read_as_browsers_read_it() -> None:
    assert decode(TEXT.encode("cp1252"), "iso-8859-1") == TEXT


def test_western_bytes_need_no_label() -> None:
    assert decode(TEXT.encode("cp1252")) == TEXT


def test_a_wrong_label_falls_back_to_what_the_bytes_are() -> None:
    assert decode(TEXT.encode(), "shift_jis_2004") == TEXT


def test_a_few_bad_bytes_are_marked_and_the_rest_kept() -> None:
    data = ("Größe und Fülle. " * 40).encode() + b"\xff"
    assert decode(data, "utf-8").endswith("Fülle. \ufffd")


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "iso8859-7", "shift_jis"])
def test_other_legacy_bytes_are_refused_and_not_mangled(encoding: str) -> None:
    text = "οδός προς γέφυρα" if encoding == "iso8859-7" else "橋は閉鎖中です"
    text = "Мост закрыт, дорога открыта" if encoding in ("cp1251", "koi8-r") else text
    with pytest.raises(CharsetUnknown, match="charset"):
        decode(text.encode(encoding))
    assert decode(text.encode(encoding), encoding) == text


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("UTF8", "utf-8"),
        (' "utf-8" ', "utf-8"),
        ("latin1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("windows-1251", "cp1251"),
        ("Shift_JIS", "shift_jis"),
        ("utf-7", None),
        ("punycode", None),
        ("unicode_escape", None),
        ("hex", None),
        ("zlib", None),
        ("x" * 999, None),
        ("\x00", None),
        ("", None),
        (None, None),
    ],
)
def test_only_encodings_that_pages_are_in_are_looked_up(
    label: str | None, name: str | None
) -> None:
    assert codec_name(label) == name


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "cp1252", "gbk", "utf-16", "zlib"]))
def test_any_bytes_are_text_or_refused(data: bytes, declared: str | None) -> None:
    try:
        text = decode(data, declared)
    except CharsetUnknown:
        return
    assert isinstance(text, str)


@given(st.text(max_size=100))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    data = text.encode("utf-8", "ignore")
    assert decode(data) == data.decode().removeprefix("\ufeff")
