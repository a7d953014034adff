"""The text output: golden files, the width option, and what is particular to reading."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from seealso_output_text import TextOutput, register_outputs
from seealso_sdk import Context, Output, Reject
from seealso_sdk.samples import article, sample_articles
from wcwidth import wcswidth

from tests.plugins.goldenfile import same_as_golden

TEXT = TextOutput()
CONTEXT = Context(hub_url="https://hub.example", hub_name="Example Hub")
GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sample_articles()


def rendered(name: str, **options: str) -> str:
    context = Context(hub_url="https://hub.example", hub_name="Example Hub", options=options)
    return TEXT.render(SAMPLES[name], context).body.decode()


def test_the_plugin_registers_one_output() -> None:
    (output,) = register_outputs()
    assert isinstance(output, Output)
    assert (output.meta.name, output.meta.extension) == ("text", "txt")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_text_is_as_agreed(name: str) -> None:
    same_as_golden(GOLDEN / f"{name}.txt", TEXT.render(SAMPLES[name], CONTEXT).body)


@pytest.mark.parametrize("name", SAMPLES)
def test_lines_are_at_most_72_columns_but_for_single_words(name: str) -> None:
    for line in rendered(name).splitlines():
        assert wcswidth(line) <= 72 or " " not in line.strip() or line.startswith("["), line


@pytest.mark.parametrize("name", SAMPLES)
def test_there_is_no_control_character(name: str) -> None:
    text = rendered(name)
    assert [c for c in text if unicodedata.category(c) == "Cc" and c != "\n"] == []


def test_the_width_is_an_option() -> None:
    assert max(map(wcswidth, rendered("japanese", width="40").splitlines()[:4])) <= 40
    assert len(rendered("question", width="200").splitlines()) < len(
        rendered("question", width="40").splitlines()
    )


@pytest.mark.parametrize("width", ["", "wide", "39", "201", "-72", "7²"])
def test_a_width_that_is_none_is_refused_with_a_remedy(width: str) -> None:
    with pytest.raises(Reject, match="Set a number from 40 to 200"):
        rendered("plain", width=width)


def test_the_title_is_underlined_as_wide_as_it_is() -> None:
    title, line = rendered("japanese").splitlines()[:2]
    assert wcswidth(title) == len(line) == line.count("=")


def test_right_to_left_text_is_left_as_it_is() -> None:
    assert rendered("arabic").startswith(SAMPLES["arabic"].title + "\n")


def test_everything_a_reader_needs_is_said_in_order() -> None:
    text = rendered("question")
    order = [
        "My father's test",
        "Series: Ask a specialist",
        "By Ines Calder",
        "Published 9 April 2024",
        "Reviewed by Dr Amara Osei",
        "HER2 is a protein",
        "See also",
        "- Biopsy procedures [2]",
        "Links",
        "[2] https://hub.example/topics/biopsy-procedures",
        "© Harbour Health",
        "Licence: CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/",
        "Original article: https://harbour.example/walk-after-dinner",
    ]
    places = [text.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)


def test_an_article_without_an_address_of_its_own_names_its_page_on_the_hub() -> None:
    made = TEXT.render(article(canonical_url=None), CONTEXT).body.decode()
    assert made.endswith("Original article: https://hub.example/articles/a2b3c4d5e6f7g2h3\n")
