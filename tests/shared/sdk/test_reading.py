"""A body as a tree of blocks: what the tree says, and that no input can hurt."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk.reading import (
    MAX_DEPTH,
    Heading,
    Listing,
    Paragraph,
    Preformatted,
    Quote,
    Rule,
    Span,
    Table,
    Terms,
    outline,
    parse,
    plain,
    words_of,
)


def test_a_paragraph_keeps_its_marks_and_links() -> None:
    (block,) = parse('<p>See <a href="https://h.example/?a=1&amp;b=2">the <em>study</em></a>.</p>')
    assert block == Paragraph(
        (
            Span("See "),
            Span("the ", "https://h.example/?a=1&b=2"),
            Span("study", "https://h.example/?a=1&b=2", ("em",)),
            Span("."),
        )
    )


def test_white_space_is_one_space_except_where_it_counts() -> None:
    assert parse("<p>  a \n b <strong> c</strong> d </p>") == (
        Paragraph((Span("a b "), Span("c", None, ("strong",)), Span(" d"))),
    )
    assert parse("<pre>\n a\n   b\n</pre>") == (Preformatted(" a\n   b"),)
    assert parse("<p>one <br> two</p>") == (Paragraph((Span("one\ntwo"),)),)


def test_lists_nest_and_count_from_their_start() -> None:
    (block,) = parse('<ol start="3"><li><p>a</p><p>b</p></li><li>c<ul><li>d</li></ul></li></ol>')
    assert isinstance(block, Listing)
    assert (block.ordered, block.start) == (True, 3)
    assert block.items[0] == (Paragraph((Span("a"),)), Paragraph((Span("b"),)))
    assert block.items[1][1] == Listing(((Paragraph((Span("d"),)),),))


def test_a_table_has_rows_a_caption_and_knows_its_header() -> None:
    (table,) = parse(
        "<table><caption>Doses</caption><thead><tr><th>Drug</th><th>mg</th></tr></thead>"
        "<tbody><tr><td>A</td><td><p>5</p><p>10</p></td></tr></tbody></table>"
    )
    assert isinstance(table, Table)
    assert table.header
    assert plain(table.caption) == "Doses"
    assert [[plain(cell) for cell in row] for row in table.rows] == [
        ["Drug", "mg"],
        ["A", "5 / 10"],
    ]
    (headless,) = parse("<table><tr><td>A</td></tr></table>")
    assert isinstance(headless, Table)
    assert not headless.header


def test_the_other_blocks() -> None:
    blocks = parse(
        "<h3>H</h3><blockquote><p>q</p></blockquote><hr><dl><dt>t</dt><dd>d</dd></dl>loose"
    )
    assert blocks == (
        Heading(3, (Span("H"),)),
        Quote((Paragraph((Span("q"),)),)),
        Rule(),
        Terms((((Span("t"),), (Paragraph((Span("d"),)),)),)),
        Paragraph((Span("loose"),)),
    )


def test_a_picture_is_a_span_with_its_alternative_text() -> None:
    (figure, caption) = parse(
        '<figure><img src="https://m.example/x.png" alt="A  bed"><figcaption>Ten</figcaption></figure>'
    )
    assert figure == Paragraph((Span("A bed", image="https://m.example/x.png"),))
    assert caption == Paragraph((Span("Ten"),))


def test_missing_end_tags_are_implied() -> None:
    assert parse("<ul><li>a<li>b</ul><table><tr><td>c<td>d<tr><td>e") == (
        Listing(((Paragraph((Span("a"),)),), (Paragraph((Span("b"),)),))),
        Table((((Span("c"),), (Span("d"),)), ((Span("e"),),))),
    )


def test_what_is_no_text_of_the_article_is_left_out() -> None:
    html = "<p>a<script>b()</script><style>c</style><!-- d --> e</p><svg><title>f</title></svg>"
    assert words_of(parse(html)) == "a e"


def test_raised_digits_stay_raised() -> None:
    assert words_of(parse("<p>10<sup>9</sup> m<sup>th</sup></p>")) == "10^9 mth"


def test_the_outline_is_cut_at_the_headings() -> None:
    parts = outline(parse("<p>intro</p><h2>One?</h2><p>a</p><h3>Two?</h3><ul><li>b</li></ul>"))
    assert [(title, words_of(blocks)) for title, blocks in parts] == [
        ("", "intro"),
        ("One?", "a"),
        ("Two?", "b"),
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "<blockquote>" * 50_000,
        "<" * 100_000 + ">",
        "<a " * 100_000,
        '<a "' * 100_000 + ">",
        "</" * 50_000 + ">",
        "<!" * 100_000 + ">",
        "<!--" * 50_000 + ">",
        "<b>x" * 50_000,
        "<br>\n" * 60_000,
        "<p title='" * 50_000,
        "<a " + "b" * 500_000 + ">",
        "<h2><li>" * 30_000,
        "&" * 300_000,
    ],
    ids=lambda hostile: hostile[:8].strip(),
)
def test_hostile_markup_takes_linear_time(hostile: str) -> None:
    started = time.perf_counter()
    parse(hostile)
    assert time.perf_counter() - started < 10  # html.parser takes minutes over some of these


def test_deep_nesting_is_flattened_and_its_text_kept() -> None:
    deep = MAX_DEPTH * 3
    html = "<ul><li>" * deep + "bottom" + "</li></ul>" * deep + "<p>after</p>"
    blocks = parse(html)
    assert "bottom" in words_of(blocks)
    assert blocks[-1] == Paragraph((Span("after"),))


PIECES = re.findall(
    r"<[^>]+>|\S",
    "<p></p><ul></ul><li></li><table><tr><td></td></table><h2></h2><a></a><pre></pre><dl><dt><dd>"
    '</dl><em></em><br><img><blockquote></blockquote><script></script> < > & "',
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(PIECES) | st.text(max_size=5),
        max_size=40,
    ).map("".join)
)
def test_any_markup_is_read(html: str) -> None:
    blocks = parse(html)
    assert isinstance(words_of(blocks), str)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=60))
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    from html import escape

    from seealso_sdk.text import clean

    wanted = " ".join(clean(text).split())
    assert words_of(parse(f"<p>{escape(text)}</p>")) == wanted
