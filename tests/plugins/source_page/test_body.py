"""The body of a page: found, whole, nothing foreign in it, and with the structure that it has there.

The pages of `tests/corpus/pages` are written as some twenty-six kinds of site write theirs, in fifteen
languages; `NAME.json` says what an editor takes from them. `paragraphs` are the body's blocks,
`promos` what must never be in it.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from seealso_ingest import body as profile
from seealso_sdk import RawArticle, RawInput, SourceContext
from seealso_source_page import PageSource
from seealso_source_page_body import extracted

PAGES = Path(__file__).parents[2] / "corpus" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.json") if "paragraphs" in path.read_text())
FLOOR, MEAN = 0.9, 0.985
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
BASE = "https://mere.example/a/page"
LONG = "The lake lies behind the wood, and nobody has ever measured how deep it is. " * 3
MORE = "On the far bank stands a hut, where a boat is kept for those who want to cross. " * 3


def read(data: bytes, url: str = BASE) -> RawArticle:
    raw = RawInput(data=data, media_type="text/html", url=url)
    [found] = PageSource().read(raw, SourceContext(today="2025-01-01"))
    assert isinstance(found, RawArticle), found
    return found


def body(page: str, title: str = "", declared: str | None = None) -> str:
    tree = html.document_fromstring(page)
    return extracted(tree, declared, BASE, title) or ""


def text(page: str, title: str = "") -> str:
    return profile.from_html(body(page, title), base=BASE).text


# --- the pages -------------------------------------------------------------------------------


def shingles(words: str) -> Counter[tuple[str, ...]]:
    found = WORD.findall(words.lower())
    return Counter(tuple(found[at : at + 4]) for at in range(max(1, len(found) - 3)))


def f1(gold: str, found: str) -> float:
    wanted, given_ = shingles(gold), shingles(found)
    right = sum((wanted & given_).values())
    return 2 * right / (sum(wanted.values()) + sum(given_.values()))


def gold_and_found(name: str) -> tuple[dict[str, Any], str]:
    gold = json.loads((PAGES / f"{name}.json").read_text())
    article = read((PAGES / f"{name}.html").read_bytes(), gold["url"])
    return gold, profile.from_html(article.html or "", title=article.title).text


@pytest.mark.parametrize("name", NAMES)
def test_the_body_of_a_page_is_what_an_editor_takes(name: str) -> None:
    gold, found = gold_and_found(name)
    assert f1("\n".join(gold["paragraphs"]), found) >= FLOOR
    assert [promo for promo in gold.get("promos", ()) if promo in found] == []


def test_over_all_pages_next_to_nothing_is_missing_or_foreign() -> None:
    assert len(NAMES) >= 24
    pairs = [gold_and_found(name) for name in NAMES]
    assert sum(f1("\n".join(g["paragraphs"]), found) for g, found in pairs) / len(pairs) >= MEAN


# --- structure -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kept",
    [
        "<ul><li>one<ul><li>one of one</li></ul></li><li>two</li></ul>",
        '<ol start="3"><li>third</li><li>fourth</li></ol>',
        "<figure><img src=https://mere.example/b.jpg alt=hut><figcaption>The hut</figcaption></figure>",
        "<table><tr><th>Depth</th><th>Day</th></tr><tr><td>40 m</td><td></td></tr></table>",
        "<blockquote><p>Nobody knows.</p></blockquote>",
        "<pre><code>ls -l\n  deep</code></pre>",
        "<dl><dt>Mere</dt><dd>A lake.</dd></dl>",
        "<h2>The hut</h2><p>It is locked.</p><h3>The key</h3><p>It hangs beside the door.</p>",
    ],
)
def test_structure_inside_the_body_is_kept(kept: str) -> None:
    page = f"<body><nav><a href=/>Home</a></nav><article><p>{LONG}</p>{kept}<p>{MORE}</p></article>"
    expected = profile.from_html(kept, base=BASE).html
    assert expected in profile.from_html(body(page), base=BASE).html


def test_a_word_in_an_element_of_the_sites_own_making_stays_in_its_sentence() -> None:
    line = "The deepest point is a <glossary-term>kettle hole</glossary-term> below the hut."
    page = f"<body><x-story><p>{line}</p><p>{LONG}</p><p>{line}</p></x-story><p>Home</p>"
    assert text(page).count("is a kettle hole below") == 2


@pytest.mark.parametrize(
    "image",
    [
        '<img data-src="/deep.jpg" src="data:image/gif;base64,R0lGOD">',
        '<img src="/img/placeholder.png" data-srcset="/small.jpg 300w, /deep.jpg 1200w">',
        '<img src="/blank.gif" data-original="/deep.jpg">',
        '<picture><source srcset="/deep.jpg 2x, /small.jpg 1x"><img alt=""></picture>',
        '<noscript><img src="/deep.jpg"></noscript>',
        '<img class=lazy src="data:,"><noscript><img src="/deep.jpg"></noscript>',
        '<amp-img src="/deep.jpg" width=300 height=200></amp-img>',
    ],
)
def test_a_picture_that_loads_late_has_its_address(image: str) -> None:
    page = f"<body><article><p>{LONG}</p><figure>{image}</figure><p>{MORE}</p></article>"
    found = re.findall(r'<img[^>]* src="([^"]*)"', body(page))
    assert found == ["https://mere.example/deep.jpg"]


def test_a_table_that_lays_out_the_page_is_no_table_of_the_body() -> None:
    page = (
        "<body><table><tr><td>Home<br>News</td><td><h1>Deep</h1>"
        f"<font size=2>{LONG}<br><br>{MORE}</font></td></tr></table>"
    )
    found = profile.from_html(body(page, "Deep"), base=BASE).html
    assert "<table" not in found
    assert found.count("<p>") == 2


def test_a_question_that_is_a_button_keeps_its_hidden_answer() -> None:
    rows = "".join(
        f"<h3><button aria-expanded=false>Question {at}?</button></h3>"
        f'<div class="faq-answer" style="display: none"><p>Answer {at}. {LONG}</p></div>'
        for at in range(3)
    )
    found = text(f"<body><main><h1>Questions</h1>{rows}</main>", "Questions")
    assert all(f"Question {at}?" in found and f"Answer {at}." in found for at in range(3))


# --- what is foreign -------------------------------------------------------------------------

CARD = "<div class=tile><a href=/{at}><img src=/t.jpg></a><h3><a href=/{at}>Another lake</a></h3><p>{text}</p></div>"


def test_cards_of_other_pages_are_left_out_even_where_they_outweigh_a_short_article() -> None:
    cards = "".join(CARD.format(at=at, text=MORE[:180]) for at in range(9))
    found = text(f"<body><div><div><h1>Deep</h1><p>{LONG}</p><p>{LONG}</p></div>{cards}</div>")
    assert "Another lake" not in found
    assert LONG[:40] in found


def test_what_readers_write_is_left_out_however_much_it_is() -> None:
    said = "".join(f"<li class=comment><p>{MORE}</p></li>" for _ in range(20))
    page = f"<body><div class=post><p>{LONG}</p></div><ol id=comments>{said}</ol>"
    assert MORE[:40] not in text(page)


def test_a_name_is_not_believed_of_what_holds_the_article() -> None:
    page = f"<body><div class='sidebar popular'><p>{LONG}</p><p>{MORE}</p></div><p>Home</p>"
    assert LONG[:40] in text(page)


def test_a_name_that_each_paragraph_has_is_not_believed() -> None:
    rows = "".join(
        f"<div class='promo-text subscription'><p>{at}. {LONG}</p></div>" for at in range(9)
    )
    assert "8. The lake" in text(f"<body><div id=x>{rows}</div>")


def test_the_next_article_of_an_endless_page_is_left_out() -> None:
    def article(title: str, words: str) -> str:
        return f"<article><h1>{title}</h1>{f'<p>{words}</p>' * 4}</article>"

    page = f"<body><div>{article('Deep', LONG)}{article('Wide', MORE)}</div>"
    assert MORE[:40] not in text(page, "Deep")


@pytest.mark.parametrize(
    "line",
    [
        "<p><b>Read more:</b> <a href=/b>Another lake was measured</a></p>",
        "<p>Lesen Sie auch: <a href=/b>Ein anderer See wurde vermessen</a></p>",
        "<p>Читайте также: <a href=/b>Измерили другое озеро</a></p>",
        "<p>اقرأ أيضا: <a href=/b>بحيرة أخرى قيست</a></p>",
        "<p><a href=/b>Another lake was measured last week</a></p>",
        "<p>Photo: Ann Lee / Getty Images</p>",
        "<div class=share-tools><a href=#>Facebook</a></div>",
        "<div><ul><li><a href=/b>Another lake was measured</a><li><a href=/c>And one more</a></ul></div>",
        "<h2>See also</h2><ul><li><a href=/b>Another lake was measured</a></ul>",
        "<div hidden>Another lake was measured</div>",
        "<div class=ad-slot><span>Advertisement</span><div></div></div>",
        "<aside>Another lake was measured.</aside>",
    ],
)
def test_a_foreign_line_in_the_middle_is_left_out(line: str) -> None:
    page = f"<body><article><p>{LONG}</p>{line}<p>{MORE}</p></article>"
    assert text(page) == f"{LONG.strip()}\n\n{MORE.strip()}"


def test_byline_and_rubric_over_the_text_are_left_out_and_captions_stay() -> None:
    page = (
        "<body><article><p>Nature</p><h1>Deep</h1><div>Ann Lee</div><div>3 min read</div>"
        "<figure><img src=/a.jpg><figcaption>The hut in May "
        f"<span class=credit>Ann Lee</span></figcaption></figure><p>{LONG}</p></article>"
    )
    assert text(page, "Deep") == f"The hut in May\n\n{LONG.strip()}"


def test_a_heading_whose_section_is_gone_goes_too() -> None:
    gone = "<h2>More lakes</h2><div class=related><a href=/b>Another lake</a></div>"
    page = f"<body><article><p>{LONG}</p>{gone}<h2>The hut</h2><p>{MORE}</p><h2>End</h2></article>"
    assert re.findall(r"<h2>(.*?)</h2>", body(page)) == ["The hut"]


def test_a_link_list_that_a_sentence_announces_is_kept() -> None:
    page = (
        f"<body><article><p>{LONG}</p><p>The maps that we used were these two here:</p>"
        f"<ul><li><a href=/b>North bank</a><li><a href=/c>South bank</a></ul><p>{MORE}</p></article>"
    )
    assert "North bank" in text(page)


def test_what_follows_a_heading_over_comments_is_left_out() -> None:
    said = f"<div><div class=z><h3>12 Kommentare</h3></div><div>{MORE}</div><div>{MORE}</div></div>"
    page = f"<body><div><h1>Deep</h1><div><p>{LONG}</p><p>{LONG}</p></div>{said}</div>"
    assert text(page, "Deep") == f"{LONG.strip()}\n\n{LONG.strip()}"


def test_boxes_beside_the_article_are_left_out_where_nothing_has_a_name() -> None:
    boxes = f"<div id=a><b>Welcome</b><p>{MORE}</p></div>"
    article = "<div id=b>" + f"<p>{LONG}</p>" * 4 + "</div>"
    assert MORE[:40] not in text(f"<body><div>{boxes}{article}<div id=c><p>{MORE}</p></div></div>")


def test_a_body_in_several_elements_of_one_name_is_whole() -> None:
    part = "<div class=StoryBody><p>{}</p></div><div class=ad><p>Advertisement</p></div>"
    rows = "".join(part.format(f"{at}. {words}") for at, words in enumerate([LONG * 6, MORE]))
    found = text(f"<body><main><div>{rows}</div><div><p>{MORE[:80]}</p></div></main>")
    assert "0. The lake" in found
    assert "1. On the far bank" in found


def test_the_items_of_a_list_of_recommendations_are_the_article() -> None:
    items = "".join(
        f"<div class=item><h2><a href=/shop/{at}>Boat {at}</a></h2><p>{at}. {LONG}</p></div>"
        for at in range(6)
    )
    page = (
        f"<body><article><div class=article-body><p>{LONG}</p><p>{MORE}</p>{items}</div></article>"
    )
    assert all(f"{at}. The lake" in text(page) for at in range(6))


# --- what the page declares ------------------------------------------------------------------


def test_what_the_page_declares_as_its_text_is_believed_against_a_name() -> None:
    page = (
        f"<body><div class='newsletter'><p>{LONG}</p></div><div class=text><p>{MORE}</p>"
        f"<p>{MORE}</p></div>"
    )
    assert LONG[:40] not in body(page)
    assert LONG[:40] in body(page, declared=f"{LONG}{MORE}{MORE}")


def test_a_declared_text_stands_in_for_one_that_is_not_shown() -> None:
    data = json.dumps({"@type": "NewsArticle", "headline": "Deep water", "articleBody": LONG * 2})
    page = f'<script type="application/ld+json">{data}</script><h1>Deep water</h1><p>Log in.</p>'
    assert LONG[:60] in (read(page.encode()).html or "")


@pytest.mark.parametrize(
    "state",
    [
        {"story": {"body": f"<p>{LONG}</p><p>{MORE}</p>"}},
        {
            "content": [
                {"type": "paragraph", "text": LONG},
                {"type": "heading", "text": "Hut"},
                MORE,
            ]
        },
        {"a": [{"b": {"article_text": f"{LONG}\n\n{MORE}"}}]},
    ],
)
def test_an_article_that_only_scripts_show_is_read_from_their_data(state: Any) -> None:
    kept = f"<script>window.__STATE__ = {json.dumps(state)};</script>"
    for script in (kept, f"<script type=application/json>{json.dumps(state)}</script>"):
        found = text(f"<body><div id=app></div>{script}")
        assert LONG[:40] in found
        assert MORE[:40] in found


# --- hostile and odd input -------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 190 + "deep" + "</div>" * 190,
        "<p>word " * 20_000,
        "<a href=x>y</a>" * 20_000,
        "<table>" * 90,
        "<ul><li>" * 90 + "x",
        "<div class='" + "share-" * 5000 + "'>x</div>",
        "<div class=a><a href=x><img src=y></a><h3><a href=x>t</a></h3></div>" * 8000,
        "<article><h1>t</h1>" * 90,
        "<script>x={" + "[" * 50_000 + "</script>",
        "<img srcset='" + "a 1w," * 20_000 + "'>",
    ],
    ids=range(10),
)
def test_a_hostile_page_takes_no_long_time(page: str) -> None:
    started = time.perf_counter()
    body(f"<body>{page}")
    assert time.perf_counter() - started < 8


TAGS = st.sampled_from(
    [
        "div",
        "p",
        "article",
        "section",
        "ul",
        "li",
        "table",
        "tr",
        "td",
        "h1",
        "h2",
        "a",
        "span",
        "b",
        "figure",
        "img",
        "pre",
        "aside",
        "nav",
        "br",
        "blockquote",
        "noscript",
        "button",
        "form",
        "main",
        "dl",
        "dd",
    ]
)
NAMED = st.sampled_from(["", "share", "article-body", "comments", "widget", "hidden", "card"])
WORDS = st.sampled_from(
    ["", "Deep.", "lake", LONG, MORE[:90], "Read more:", "12", "水は深い。", "©"]
)


@st.composite
def trees(draw: Any, depth: int = 0) -> str:
    tag, name = draw(TAGS), draw(NAMED)
    inner = draw(st.lists(trees(depth + 1), max_size=3)) if depth < 4 else []
    return (
        f"<{tag} class='{name}' href=/x src=/y>{draw(WORDS)}{''.join(inner)}</{tag}>{draw(WORDS)}"
    )


@settings(deadline=None)
@given(st.lists(trees(), min_size=1, max_size=5))
def test_any_tree_gives_words_of_the_page_and_the_same_ones_again(parts: list[str]) -> None:
    page = "<body>" + "".join(parts)
    found = body(page, "Deep.")
    assert found == body(page, "Deep.")
    shown = "".join(WORD.findall("".join(html.document_fromstring(page).itertext())))
    words = WORD.findall(text(page, "Deep."))
    assert all(word in shown for word in words)
    assert len("".join(words)) <= len(shown)
