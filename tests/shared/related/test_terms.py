"""The most telling words of an article."""

from __future__ import annotations

from math import isclose

from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_related.terms import MOST, MOST_NAMED, Fields, terms

BODY = (
    "Radiation uses rays against tumours. Radiation may tire you. Rest after radiation, drink "
    "water, and tell the clinic about fever."
)


def test_the_title_weighs_most_and_stop_words_nothing() -> None:
    found = terms(Fields(title="Radiation therapy", body=BODY))
    assert [term.word for term in found][:2] == ["radiat", "therapi"]
    assert "the" not in {term.word for term in found}


def test_a_long_body_never_pushes_out_a_word_of_the_title_or_a_keyword() -> None:
    body = " ".join(f"word{i} " * 40 for i in range(200))
    found = {t.word for t in terms(Fields(title="Zebra", keywords=("quagga",), body=body))}
    assert {"zebra", "quagga"} <= found
    assert len(found) == MOST


def test_the_squares_of_the_weights_add_up_to_one() -> None:
    found = terms(Fields(title="Radiation therapy", body=BODY))
    assert isclose(sum(term.weight**2 for term in found), 1.0, rel_tol=1e-3)


WORDS = st.lists(st.sampled_from(BODY.split()), max_size=40).map(" ".join)


@settings(max_examples=100, deadline=None)
@given(title=WORDS, summary=WORDS, body=WORDS, keywords=st.lists(WORDS, max_size=3))
def test_terms_are_distinct_ordered_and_bounded(
    title: str, summary: str, body: str, keywords: list[str]
) -> None:
    text = Fields(title=title, summary=summary, body=body, keywords=tuple(keywords))
    found = terms(text)
    assert found == terms(text)
    assert len({term.word for term in found}) == len(found) <= MOST_NAMED
    assert [t.word for t in found] == [
        t.word for t in sorted(found, key=lambda t: (-t.weight, t.word))
    ]
    assert all(0 < term.weight <= 1 for term in found)
