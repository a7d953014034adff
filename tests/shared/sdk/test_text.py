"""Text that stands anywhere: in XML, in HTML, in a mail."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from seealso_sdk.text import clean

NONCHARACTERS = [chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF)]


@pytest.mark.parametrize("forbidden", ["\0", "\x0b", "\x80", "\ud800", "\ufdd0", *NONCHARACTERS])
def test_what_xml_or_html_forbids_is_left_out(forbidden: str) -> None:
    assert clean(f"a{forbidden}b😀{forbidden}") == "ab😀"


@pytest.mark.parametrize(
    "kept", ["\t\r\n", "\x85\xa0", "é", "مواضيع", "\ue000", "😀", "𠀀", "\U0010fffd"]
)
def test_every_other_character_stays(kept: str) -> None:
    assert clean(kept) == kept


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_clean_text_is_well_formed_everywhere(text: str) -> None:
    kept = clean(text)
    assert clean(kept) == kept
    element = etree.Element("p")
    element.text = kept.replace("\r", "\n")  # XML's own line ends
    assert etree.fromstring(etree.tostring(element)).text in (element.text, None)
    parser = html5lib.HTMLParser()
    # NEL is white space to Unicode and an error in HTML: it goes where white space is folded.
    parser.parseFragment(kept.replace("\x85", " ").replace("&", "&amp;").replace("<", "&lt;"))
    assert parser.errors == []
