"""Text for reading: wrapping by columns, lists, tables, numbered links."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import Context, Media, SeeAlso
from seealso_sdk.phrases import phrases
from seealso_sdk.plaintext import (
    WIDTH,
    Page,
    article_text,
    columns,
    media_apart,
    media_kind,
    starts_with,
)
from seealso_sdk.reading import parse
from seealso_sdk.samples import article, sample_articles


def laid_out(html: str, width: int = WIDTH) -> str:
    page = Page(phrases("en"), width=width)
    page.blocks(parse(html))
    page.ending()
    return page.text()


def test_words_are_wrapped_at_the_width() -> None:
    text = laid_out(f"<p>{'word ' * 60}</p>", 40)
    assert max(map(len, text.splitlines())) == 39  # eight words and the spaces between them
    assert text.count("word") == 60


def test_a_long_address_is_never_broken() -> None:
    url = "https://harbour.example/" + "x" * 200
    assert url in laid_out(f'<p>See <a href="{url}">it</a> and {url} here.</p>').split()


def test_wide_characters_count_twice_and_may_break_anywhere_but_before_a_stop() -> None:
    text = laid_out(f"<p>{'歩くとよい。' * 20}</p>", 41)
    assert max(map(columns, text.splitlines())) <= 41
    assert not any(line.startswith("。") for line in text.splitlines())


def test_an_emoji_sequence_is_not_cut() -> None:
    family = "👩‍👩‍👧‍👦"
    text = laid_out(f"<p>{family * 30}</p>", 30)
    assert text.replace("\n", "") == family * 30
    assert all(line.startswith("👩") and line.endswith("👦") for line in text.splitlines())


def test_links_are_numbered_once_each_and_listed_at_the_end() -> None:
    text = laid_out(
        '<p><a href="https://a.example/">one</a>, <a href="https://b.example/">two <em>three</em></a>,'
        ' <a href="https://a.example/">again</a>.</p>'
    )
    assert "one [1], two three [2], again [1]." in text
    assert text.endswith("[1] https://a.example/\n[2] https://b.example/\n")


def test_a_link_that_shows_its_own_address_needs_no_number() -> None:
    text = laid_out(
        '<p><a href="mailto:a@b.example">a@b.example</a> <a href="https://c.example">c.example</a></p>'
    )
    assert text == "a@b.example c.example\n"


def test_lists_are_indented_and_numbers_are_aligned() -> None:
    items = "".join(f"<li>item {n}</li>" for n in range(9, 12))
    assert laid_out(f'<ol start="9">{items}</ol>') == " 9. item 9\n10. item 10\n11. item 11\n"
    nested = laid_out("<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>")
    assert nested == "- a\n  1. b\n- c\n"


def test_a_small_table_stands_in_columns_and_a_wide_one_row_by_row() -> None:
    head = "<table><thead><tr><th>Drug</th><th>Dose</th></tr></thead><tbody>"
    small = laid_out(f"{head}<tr><td>A</td><td>5 mg</td></tr></tbody></table>")
    assert small == "Drug  Dose\n----  ----\nA     5 mg\n"
    wide = laid_out(f"{head}<tr><td>{'A' * 50}</td><td>{'x ' * 40}</td></tr></tbody></table>")
    assert wide.startswith(f"Drug: {'A' * 50}\n  Dose: x x")
    assert max(map(len, wide.splitlines())) <= WIDTH


def test_what_was_struck_out_does_not_read_as_said() -> None:
    assert laid_out("<p><del>5 mg</del> <ins>2 mg</ins></p>") == "~~5 mg~~ 2 mg\n"


def test_a_quotation_is_marked_on_every_line() -> None:
    text = laid_out(f"<blockquote><p>{'said ' * 30}</p><p>x</p></blockquote>")
    assert all(line.startswith(">") for line in text.splitlines())
    assert max(map(len, text.splitlines())) <= WIDTH


def test_pictures_are_named_and_decoration_is_not() -> None:
    text = laid_out('<p><img src="https://m.example/a.png" alt="A bed"></p>')
    assert text == "[Image: A bed]\n"
    assert laid_out('<p>x<img src="https://m.example/a.png" alt=""></p>') == "x\n"


@pytest.mark.parametrize("name", sample_articles())
def test_no_line_ends_in_a_space_and_the_text_ends_in_one_newline(name: str) -> None:
    text = article_text(sample_articles()[name], Context())
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_summary_is_not_said_twice() -> None:
    assert starts_with("One two three. Four.", "One two…")
    assert not starts_with("One two three.", "Two")
    repeated = article(summary=article().body_text[:40] + "…")
    assert article_text(repeated, Context()).count("A short walk after a meal") == 1


def test_media_already_in_the_body_are_not_shown_again() -> None:
    inside = Media("https://m.example/a.png?x=1&y=2", "image/png")
    apart = Media("https://m.example/b.png", "image/png")
    body = '<p><img src="https://m.example/a.png?x=1&amp;y=2" alt=""></p>'
    assert media_apart(article(body_html=body, media=(inside, apart, apart))) == [apart]


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        (Media("https://m.example/a", "image/png"), "image"),
        (Media("https://m.example/a.MP4?x"), "video"),
        (Media("https://m.example/a.mp3"), "audio"),
        (Media("https://m.example/a.png", "application/pdf"), "attachment"),
        (Media("https://m.example/a"), "attachment"),
        (Media("http://[broken"), "attachment"),
    ],
)
def test_a_medium_is_known_by_its_type_or_its_ending(media: Media, kind: str) -> None:
    assert media_kind(media) == kind


def test_every_see_also_title_has_an_address() -> None:
    given = article(see_also=(SeeAlso("3D mammogram"), SeeAlso("Own", url="https://o.example/")))
    text = article_text(given, Context(hub_url="https://h.example"))
    assert "- 3D mammogram [1]\n- Own [2]\n" in text
    assert "[1] https://h.example/topics/3d-mammogram\n[2] https://o.example/\n" in text


def test_the_fixed_words_are_in_the_language_of_the_article() -> None:
    text = article_text(sample_articles()["spanish"], Context())
    assert "Publicado 2 de marzo de 2024 · Actualizado 5 de marzo de 2024" in text
    assert "Véase también\n-------------" in text
    arabic = article_text(sample_articles()["arabic"], Context())
    assert "تصحيح، 4 مارس 2024: المدة" in arabic


@settings(max_examples=100, deadline=None)
@given(
    st.text(
        alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))
        | st.sampled_from(" 字。한a"),
        max_size=200,
    ),
    st.integers(40, 100),
)
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    from html import escape

    from seealso_sdk.text import clean

    given_text = replace(article(), title="t", body_html=f"<p>{escape(text)}</p>", body_text=text)
    page = Page(phrases("en"), width=width)
    page.blocks(parse(given_text.body_html))
    made = page.text()
    assert "".join(made.split()) == "".join(clean(text).split())
    for line in made.splitlines():
        assert columns(line) <= width or " " not in line.strip()
