"""S4, S5, S6: of thousands of payloads nothing runs, and honest markup stays as it was."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_ingest import InputRefused, normalise
from seealso_ingest.body import from_html
from seealso_ingest.errors import Refused
from seealso_sdk.profile import BODY_ATTRIBUTES, BODY_TAGS

from tests.services.ingest import hostile_html
from tests.services.ingest.hostile_html import RUN, faults

BASE = "https://garden.example/notes/1"


def test_s4_of_thousands_of_payloads_nothing_runs() -> None:
    table = hostile_html.payloads()
    assert len(table) > 8_000
    step = max(1, len(table) // 1500)  # all of them: the next test, marked deep
    assert bad(table[::step]) == []


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_s4_of_all_payloads_nothing_runs() -> None:
    assert bad(hostile_html.payloads()) == []


def bad(table: list[str]) -> list[tuple[str, list[str]]]:
    found = []
    for payload in table:
        wrong = faults(from_html(payload, base=BASE).html)
        if wrong:
            found.append((payload, wrong))
    return found


def test_s4_the_judge_sees_what_runs() -> None:
    table = hostile_html.payloads()
    assert sum(bool(faults(payload)) for payload in table[::20]) > 0.8 * len(table[::20])
    assert faults('<p><a href="java\tscript:x">x</a></p>') == [
        "the address 'java\\tscript:x'"
    ] * 1 + ["on a second reading: the address 'java\\tscript:x'"]
    assert faults('<p lang="en"><a href="https://h/">x</a></p>') == []


@pytest.mark.parametrize("start", range(5))
def test_s4_no_field_of_a_hostile_page_carries_markup(start: int) -> None:
    """Title, people, summary, see-also, promos: all are plain text, all links are http(s)."""
    for payload in hostile_html.payloads()[start * 7 :: 600]:
        hidden = payload.replace('"', "&quot;")
        page = (
            f'<html><head><title>Dew {payload}</title><meta name=author content="Ada {hidden}">'
            f'<meta name=description content="{hidden}"><link rel=canonical href="{hidden}"></head>'
            f"<body><h1>Dew {payload}</h1><p>Water from the air, on grass that is colder.</p>{payload}"
            f'<p>More of it in autumn.</p><h2>See also</h2><ul><li><a href="{hidden}">{payload}</a>'
            "</li></ul></body></html>"
        )
        try:
            (article,) = normalise(page.encode(), "text/html; charset=utf-8", BASE).articles
        except InputRefused:
            continue  # a page whose frameset or plaintext swallowed it all
        assert faults(article.body_html) == [], payload
        lines = [article.title, article.summary, *(one.name for one in article.authors)]
        lines += [one.title for one in article.see_also]
        assert not [line for line in lines if "\n" in line or "\x00" in line], payload
        links = [article.canonical_url, *(one.url for one in article.see_also)]
        links += [one.url for one in article.authors] + [one.url for one in article.media]
        assert all(link.startswith(("https://", "http://")) for link in links if link), payload


# --- what must stay ------------------------------------------------------------------------------

KEPT = [
    "<p>Plain words, with “quotes”, dashes – and an ellipsis…</p>",
    "<p>Emoji 🌱, combining é, فارسی, עברית, हिन्दी, 日本語, 𝒜</p>",
    "<h2>One</h2><h3>Two</h3><h4>Three</h4><h5>Four</h5><h6>Five</h6><p>x</p>",
    "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>",
    '<ol start="3"><li>c</li><li value="7">g</li></ol>',
    '<ol reversed="" type="a"><li>z</li><li>y</li></ol>',
    "<dl><dt>Dew</dt><dd>Water</dd><dt>Frost</dt><dd>Ice</dd></dl>",
    '<blockquote cite="https://h.example/s"><p>Said so.</p></blockquote>',
    "<pre><code>if (a &lt; b &amp;&amp; c) {\n    run();\n}</code></pre>",
    "<p>a</p><hr><p>b</p>",
    "<p>one<br>two</p>",
    (
        '<figure><img src="https://h.example/x.png" alt="A leaf" width="4" height="3">'
        "<figcaption>Leaf. Photo: A. Moss</figcaption></figure>"
    ),
    (
        '<table><caption>Rain</caption><thead><tr><th scope="col">Month</th><th scope="col">mm</th>'
        "</tr></thead><tbody><tr><td>May</td><td>40</td></tr></tbody></table>"
    ),
    '<table><tbody><tr><td colspan="2" rowspan="2">a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>',
    '<p><a href="https://h.example/a?b=1&amp;c=2#d">link</a></p>',
    '<p><a href="mailto:desk@h.example">mail</a>, <a href="tel:+31201234567">call</a></p>',
    '<p><a href="https://h.example/%E6%97%A5%E6%9C%AC?q=%20x">path</a></p>',
    '<p><a href="https://h.example/javascript:void/data:x" rel="nofollow">odd path</a></p>',
    '<p><abbr title="World Wide Web">WWW</abbr> <dfn title="x">y</dfn></p>',
    "<p><b>b</b> <i>i</i> <em>em</em> <strong>strong</strong> <u>u</u> <s>s</s> <small>small</small></p>",
    "<p><del>old</del> <ins>new</ins> <mark>m</mark> H<sub>2</sub>O x<sup>2</sup></p>",
    "<p><code>onclick=alert(1)</code> <kbd>Ctrl</kbd> <samp>ok</samp> <var>x</var></p>",
    '<p><time datetime="2024-04-09">9 April</time> <q cite="https://h.example/q">said</q></p>',
    '<p lang="fr">Bonjour <span lang="de">Gruß</span></p>',
    '<p lang="ar" dir="rtl">مرحبا</p>',
    '<p><bdi>x</bdi> <bdo dir="rtl">y</bdo> <cite>Book</cite></p>',
    "<p>Write &lt;script&gt;alert(1)&lt;/script&gt; to test.</p>",
    "<p>The attribute onerror=x, the scheme javascript: and expression(x) are words here.</p>",
    "<p>a &lt; b &amp;&amp; c &gt; d; AT&amp;T; &amp;nbsp; as text</p>",
    "<p>data:text/html,x and url(javascript:y) in a text</p>",
]


@pytest.mark.parametrize("markup", KEPT)
def test_s4_honest_markup_stays_as_it_is(markup: str) -> None:
    assert from_html(markup, base=BASE).html == markup
    assert faults(markup) == []


def test_s4_the_kept_markup_has_every_element_and_attribute_of_the_profile() -> None:
    everything = "".join(KEPT)
    missing = [tag for tag in sorted(BODY_TAGS) if not re.search(rf"<{tag}[ >]", everything)]
    assert missing == []
    names = {name for names in BODY_ATTRIBUTES.values() for name in names} - {"hreflang"}
    assert [name for name in sorted(names) if f" {name}=" not in everything] == []


# --- S5: size and nesting before cleaning; S6: what XML forbids ----------------------------------


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<div>" * 100_000, "body-too-deep"),
        ("<div>" * 201 + "x" + "</div>" * 201, "body-too-deep"),
        ("<b>" * 40_000 + "x", "body-too-deep"),
        ("x" * 2_000_001, "body-too-large"),
        ("<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x</p>", "body-too-large"),
    ],
)
def test_s5_size_and_nesting_are_looked_at_before_cleaning(html: str, code: str) -> None:
    started = time.process_time()
    with pytest.raises(Refused) as caught:
        from_html(html)
    assert caught.value.code == code
    assert time.process_time() - started < 2.0


@given(st.text(st.characters(codec=None), max_size=200))
@settings(deadline=None)
def test_s6_what_xml_forbids_is_in_no_field(text: str) -> None:
    from seealso_ingest.drafting import drafted
    from seealso_sdk.model import Person, Promo, RawArticle, SeeAlso

    raw = RawArticle(
        title=f"t{text}", summary=text, html=f"<p>x{text}</p>", authors=(Person(f"a{text}"),),
        see_also=(SeeAlso(f"s{text}"),), promos=(Promo("advert", text, text),), topics=(f"o{text}",),
        keywords=(text,), external_id=f"i{text}",
    )  # fmt: skip
    article = drafted(raw, source="s").article
    forbidden = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
    assert not forbidden.search(article.to_json().decode())
    assert RUN not in article.title
