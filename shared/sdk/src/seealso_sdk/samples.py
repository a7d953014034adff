"""Articles to test an output with, and inputs to test a source with: each for a reason it says.

They are written for this project. `seealso_sdk.testing` hands them on; golden files of the bundled
outputs are made from them, so a change here is a change there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from seealso_sdk.model import (
    Article,
    Correction,
    Filing,
    Media,
    Person,
    Promo,
    Publisher,
    Rights,
    SeeAlso,
    Series,
)
from seealso_sdk.plugin import Context

CONTEXT: Final = Context(hub_url="https://hub.example", hub_name="Example Hub")
PROMO_TEXT: Final = (
    "Get the Harbour Health letter in your inbox every Friday.\n"
    "We keep your address for the letter alone. Leave at any time by the link in each letter."
)

_MEGABYTE: Final = 1_000_000
_PUBLISHER: Final = Publisher("Harbour Health", "https://harbour.example/")
_RIGHTS: Final = Rights(
    "CC-BY-4.0", "© Harbour Health", "https://creativecommons.org/licenses/by/4.0/"
)


def article(**changes: Any) -> Article:
    """A small valid article, with the fields given in place of its own."""
    base = Article(
        id="a2b3c4d5e6f7g2h3",
        version=1,
        kind="article",
        title="Why a walk after dinner helps",
        summary="Ten minutes on foot soften the rise of blood sugar that follows a meal.",
        language="en",
        body_html=(
            "<p>A short walk after a meal lets the muscles take up sugar from the blood.</p>"
            "<p>Ten minutes are enough for most people.</p>"
        ),
        body_text=(
            "A short walk after a meal lets the muscles take up sugar from the blood.\n\n"
            "Ten minutes are enough for most people."
        ),
        authors=(Person("Ines Calder", "https://harbour.example/people/calder"),),
        publisher=_PUBLISHER,
        canonical_url="https://harbour.example/walk-after-dinner",
        source="harbour",
        external_id="walk",
        published="2024-03-02",
        first_seen="2024-03-03T08:00:00+00:00",
        changed="2024-03-03T08:00:00+00:00",
    )
    return replace(base, **changes)


def sample_articles() -> dict[str, Article]:
    """The samples by name."""
    samples = {
        "plain": article(),
        "question": _question(),
        "questions": _questions(),
        "corrected-news": _corrected_news(),
        "infographic": _infographic(),
        "video": _video(),
        "reviewed-page": _reviewed_page(),
        "long-read": _long_read(),
        "spanish": _spanish(),
        "arabic": _arabic(),
        "japanese": _japanese(),
        "german": _german(),
        "seventy-links": seventy_links(),
        "punctuation": _punctuation(),
        "bare": _bare(),
    }
    return {
        name: replace(sample, id=f"a{i:015d}")
        for i, (name, sample) in enumerate(samples.items(), 1)
    }


def _question() -> Article:
    """The commonest case: one question, its answer, a series, a promo that must not be shown."""
    return article(
        kind="qa",
        title="My father's test says HER2-positive. What does that change?",
        summary="",
        body_html=(
            "<p>HER2 is a protein on the surface of cells that tells them to grow. In about one "
            "breast cancer in five there is far too much of it.</p>"
            "<p>It changes the treatment: several drugs aim at HER2 itself, and the outlook with "
            'them is good. See <a href="https://harbour.example/her2-drugs">drugs that aim at '
            "HER2</a>.</p>"
        ),
        body_text=(
            "HER2 is a protein on the surface of cells that tells them to grow. In about one "
            "breast cancer in five there is far too much of it.\n\n"
            "It changes the treatment: several drugs aim at HER2 itself, and the outlook with "
            "them is good. See drugs that aim at HER2."
        ),
        series=Series("Ask a specialist"),
        published="2024-04-09",
        reviewers=(Person("Dr Amara Osei"),),
        reviewed="2024-04-08",
        topics=(Filing("breast-cancer", "Breast cancer"),),
        see_also=(
            SeeAlso("Biopsy procedures"),
            SeeAlso("3D mammogram"),
            SeeAlso("Infographic: How a tumour is graded", kind="infographic"),
            SeeAlso("Living with cancer", url="https://harbour.example/living"),
        ),
        promos=(Promo("newsletter-signup", "breast cancer", PROMO_TEXT),),
        rights=_RIGHTS,
    )


def _questions() -> Article:
    """Several questions under one title: a FAQ."""
    return article(
        kind="qa",
        title="Common questions about fasting before a blood test",
        summary="What you may eat, drink and take in the hours before.",
        body_html=(
            "<p>Most blood tests need no preparation. Some do.</p>"
            "<h2>May I drink water?</h2><p>Yes. Water changes nothing that is measured.</p>"
            "<h2>What about my morning pills?</h2><p>Take them, unless you were told not to.</p>"
            "<ul><li>Bring a list of them.</li><li>Say so at the desk.</li></ul>"
            "<h2>How long is long enough?</h2><p>Eight hours for sugar, twelve for fats.</p>"
        ),
        body_text="Most blood tests need no preparation. Some do.",
        published="2023-11-20T09:30:00+01:00",
    )


def _corrected_news() -> Article:
    """News with a time of day, two authors, two corrections."""
    return article(
        kind="news",
        title="Trial of a one-dose vaccine begins in four harbours",
        summary="",
        version=3,
        body_html=(
            "<p>The first of 4,000 volunteers received a dose on Monday.</p>"
            "<blockquote><p>We will know more by spring.</p></blockquote>"
            "<p>Results are expected in <time>2025</time>.</p>"
        ),
        body_text="The first of 4,000 volunteers received a dose on Monday.",
        authors=(Person("Ines Calder"), Person("Tom Achterberg")),
        published="2024-05-06T06:15:00Z",
        updated="2024-05-07T17:40:00+02:00",
        corrections=(
            Correction("2024-05-06", "The trial has 4,000 volunteers, not 400."),
            Correction("2024-05-07T17:40:00+02:00", "The dose is 0.5 ml."),
        ),
        keywords=("vaccine", "clinical trial"),
    )


def _infographic() -> Article:
    """A picture is the article; it isn't in the body."""
    return article(
        kind="infographic",
        title="Infographic: What a pinch of salt weighs",
        summary="Five kitchens, five pinches.",
        body_html="<p>The picture shows pinches from 0.2 to 0.6 grams.</p>",
        body_text="The picture shows pinches from 0.2 to 0.6 grams.",
        media=(
            Media(
                "https://media.harbour.example/salt.png?size=large&v=2",
                "image/png",
                "Five spoons with pinches of salt, from 0.2 to 0.6 grams",
                1200,
                800,
                "Lena Fried",
            ),
        ),
    )


def _video() -> Article:
    """A film with a still, and a transcript as the body."""
    return article(
        kind="video",
        title="Video: How to use a spacer with an inhaler",
        summary="Two minutes, with subtitles.",
        body_html="<h2>Transcript</h2><p>Shake the inhaler. Breathe out. Press once.</p>",
        body_text="Transcript\n\nShake the inhaler. Breathe out. Press once.",
        media=(
            Media("https://media.harbour.example/spacer.mp4", "video/mp4", None, 1280, 720),
            Media("https://media.harbour.example/spacer.jpg", None, "A spacer", 1280, 720),
        ),
    )


def _reviewed_page() -> Article:
    """A reviewed page with a table, superscripts, a definition list and a review date."""
    return article(
        kind="page",
        title="Complete blood count",
        summary="What the numbers of a blood count stand for.",
        body_html=(
            "<h2>Normal ranges</h2>"
            "<table><caption>Adults</caption><thead><tr><th>Cells</th><th>Women</th><th>Men</th>"
            "</tr></thead><tbody>"
            "<tr><td>Red, per litre</td><td>3.9 to 5.1 × 10<sup>12</sup></td>"
            "<td>4.3 to 5.7 × 10<sup>12</sup></td></tr>"
            "<tr><td>White, per litre</td><td>3.4 to 9.6 × 10<sup>9</sup></td>"
            "<td>3.4 to 9.6 × 10<sup>9</sup></td></tr></tbody></table>"
            "<h2>Words</h2><dl><dt>Anaemia</dt><dd>Too few red cells.</dd>"
            "<dt>Neutropenia</dt><dd>Too few white cells of one kind.</dd></dl>"
            "<p>The dose is <del>5 mg</del> <ins>2 mg</ins>; H<sub>2</sub>O is allowed.</p>"
        ),
        body_text="Normal ranges",
        reviewers=(Person("Dr Amara Osei"), Person("Dr Jun Mori")),
        reviewed="2024-02-01",
        review_by="2026-02-01",
        updated="2024-02-03",
        rights=_RIGHTS,
    )


def _long_read() -> Article:
    """Every block of the body profile, nested."""
    return article(
        title="Sleep, in six parts",
        summary="A long read about a third of life.",
        body_html=(
            "<h2>Falling asleep</h2><p>It takes <em>ten to twenty</em> minutes.<br>Less is a sign "
            "of <strong>too little</strong> sleep.</p>"
            '<h3>What helps</h3><ol start="3"><li><p>A dark room.</p><p>Really dark.</p></li>'
            "<li>A regular hour<ul><li>in the week</li><li>and after it</li></ul></li></ol>"
            "<h3>What doesn't</h3><ul><li>Screens</li><li>A late espresso</li></ul>"
            "<hr><blockquote><p>Sleep is the best meditation.</p><p>Or so they say.</p>"
            "</blockquote><pre>22:00  bed\n22:20    asleep\n</pre>"
            '<figure><img src="https://media.harbour.example/bed.jpg" alt="A made bed" width="800" '
            'height="500"><figcaption>Ready by ten.</figcaption></figure>'
            '<p>Read <a href="https://harbour.example/a?x=1&amp;y=2">the study</a>, '
            '<a href="https://harbour.example/a?x=1&amp;y=2">again the study</a> or write to '
            '<a href="mailto:sleep@harbour.example">sleep@harbour.example</a>. '
            "<code>REM</code> is <abbr title='rapid eye movement'>REM</abbr>.</p>"
        ),
        body_text="Falling asleep",
        media=(Media("https://media.harbour.example/bed.jpg", "image/jpeg", "A made bed"),),
        series=Series("Six parts", "https://harbour.example/six-parts"),
    )


def _spanish() -> Article:
    """Another language with words of its own in the SDK."""
    return article(
        kind="qa",
        title="¿Qué significa un resultado «HER2 positivo»?",
        summary="",
        language="es",
        body_html="<p>Significa que las células tienen demasiada proteína HER2.</p>",
        body_text="Significa que las células tienen demasiada proteína HER2.",
        series=Series("Pregunte al especialista"),
        see_also=(SeeAlso("Cáncer de mama"), SeeAlso("Mamografía")),
        updated="2024-03-05",
    )


def _arabic() -> Article:
    """Right to left."""
    return article(
        title="ماذا يعني ارتفاع ضغط الدم؟",
        summary="",
        language="ar",
        body_html=(
            "<p>ضغط الدم هو القوة التي يدفع بها الدم جدران الشرايين.</p>"
            "<ul><li>قلّل الملح</li><li>امشِ كل يوم 30 دقيقة</li></ul>"
        ),
        body_text="ضغط الدم هو القوة التي يدفع بها الدم جدران الشرايين.",
        authors=(Person("ليلى حداد"), Person("سامي نجار")),
        publisher=Publisher("صحة الميناء"),
        see_also=(SeeAlso("أمراض القلب"),),
        corrections=(Correction("2024-03-04", "المدة 30 دقيقة، لا 13."),),
    )


def _japanese() -> Article:
    """No spaces between words, two columns a character; a language without words of its own."""
    return article(
        title="食後に歩くとよいのはなぜですか",
        summary="",
        language="ja",
        body_html=(
            "<p>食事のあとに十分ほど歩くと、筋肉が血液中の糖を取り込むため、血糖値の上昇がゆるやかになり"
            "ます。特別な道具はいりません。雨の日は室内を歩いても同じです。</p>"
        ),
        body_text=(
            "食事のあとに十分ほど歩くと、筋肉が血液中の糖を取り込むため、血糖値の上昇がゆるやかになり"
            "ます。特別な道具はいりません。雨の日は室内を歩いても同じです。"
        ),
        authors=(),
    )


def _german() -> Article:
    """Long compound words, typographic quotes, emoji."""
    return article(
        title="„Herzkreislauferkrankungen“ früh erkennen ❤️‍🩹",
        summary="",
        language="de-CH",
        body_html=(
            "<p>Blutdruckselbstmessungen helfen. Das Gerät gehört an den Oberarm, nicht ans "
            "Handgelenk. 🩺 Wer misst, misst zweimal.</p>"
        ),
        body_text="Blutdruckselbstmessungen helfen.",
        review_by="2025-01-31",
    )


def seventy_links() -> Article:
    """As many see-also titles as a real page has."""
    return article(
        kind="qa",
        title="Which tests come before an operation?",
        see_also=tuple(SeeAlso(f"Related topic number {n:02d}") for n in range(1, 71)),
    )


def _punctuation() -> Article:
    """Characters that formats give a meaning to."""
    return article(
        title='Salt & pepper: <3 grams > "enough"? It\'s 100 % \\ {{ so }} they say ]]>',
        summary="5 < 6 && 7 > 6",
        body_html="<p>5 &lt; 6 &amp;&amp; 7 &gt; 6, and &amp;amp; is text. ]]&gt;</p>",
        body_text="5 < 6 && 7 > 6, and &amp; is text. ]]>",
        authors=(Person('Ann "Dr" O\'Neil <ann@harbour.example>'),),
        see_also=(SeeAlso("A & B <c>", url="https://harbour.example/?a=1&b=2"),),
    )


def _bare() -> Article:
    """A title and nothing else."""
    return Article(
        id="a",
        version=1,
        title="A title alone",
        first_seen="2024-01-01T00:00:00+00:00",
        changed="2024-01-01T00:00:00+00:00",
    )


# --- made for one check ----------------------------------------------------------------------

_NASTY: Final = (
    "a\x00\x08\x0b\x1fb \ud800 \udfff \ufffe\uffff ]]> --> </script><script>alert(1)</script> "
    "<img src=x onerror=alert(1)> \"quoted\" 'single' &amp; &#0; \r\nBcc: all@harbour.example\r\n "
    "\u202eright to left\u202c \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639 e\u0301 \u2028 "
    "\u2029 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f {{ x }} {% y %} %s \\"
)


def hostile_article() -> Article:
    """An article with hostile text in every field that holds text."""
    return article(
        title=f"Title {_NASTY}",
        summary=_NASTY,
        body_html=(
            "<p>Text \x00\x0b\ud800 ]]&gt; &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; "
            "\ufffe 👩‍👩‍👧‍👦 &amp;amp; &#x202e;</p>"
        ),
        body_text=f"Text {_NASTY}",
        authors=(Person(_NASTY, "javascript:alert(1)"),),
        reviewers=(Person(_NASTY),),
        series=Series(_NASTY, "javascript:alert(1)"),
        keywords=(_NASTY,),
        topics=(Filing("x", _NASTY),),
        see_also=(SeeAlso(_NASTY), SeeAlso("x", url="javascript:alert(1)")),
        corrections=(Correction("2024-03-04", _NASTY), Correction("not a date", "x")),
        rights=Rights(_NASTY, _NASTY, "javascript:alert(1)"),
        canonical_url="https://harbour.example/a?x=1&y=<2>\"'",
    )


def full_article() -> Article:
    """An article with nearly every field set."""
    question = sample_articles()["question"]
    news = sample_articles()["corrected-news"]
    return replace(
        question, corrections=news.corrections, updated=news.updated, review_by="2026-01-01",
        media=sample_articles()["infographic"].media, keywords=("one", "two"),
    )  # fmt: skip


def huge_articles() -> dict[str, Article]:
    """Articles with a megabyte in one place, by what is huge."""
    words = "walk " * (_MEGABYTE // 5)
    return {
        "a title of a megabyte": article(title=words.strip()),
        "a body of a megabyte": article(
            body_html="<p>A short walk after a meal.</p>" * (_MEGABYTE // 32), body_text=words
        ),
        "one paragraph of a megabyte": article(body_html=f"<p>{words}</p>", body_text=words),
        "a word of a megabyte": article(
            body_html=f"<p>{'x' * _MEGABYTE}</p>", body_text="x" * _MEGABYTE
        ),
        "10,000 see-also titles": article(
            see_also=tuple(SeeAlso(f"Topic {n}") for n in range(10_000))
        ),
    }


# --- for sources -----------------------------------------------------------------------------

_FEED: Final = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Harbour</title>'
    "<link>https://harbour.example/</link><description>News</description><item>"
    "<title>Why a walk helps</title><link>https://harbour.example/walk</link>"
    "<description>&lt;p&gt;Ten minutes are enough.&lt;/p&gt;</description>"
    "<pubDate>Sat, 02 Mar 2024 08:00:00 GMT</pubDate></item></channel></rss>"
)
_ATOM: Final = (
    '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
    "<title>Harbour</title><id>urn:x:harbour</id><updated>2024-03-02T08:00:00Z</updated><entry>"
    "<title>Why a walk helps</title><id>urn:x:walk</id><updated>2024-03-02T08:00:00Z</updated>"
    '<link href="https://harbour.example/walk"/><content type="html">&lt;p&gt;Ten minutes are '
    "enough.&lt;/p&gt;</content></entry></feed>"
)
_JSON_FEED: Final = (
    '{"version":"https://jsonfeed.org/version/1.1","title":"Harbour","items":[{"id":"walk","url":'
    '"https://harbour.example/walk","title":"Why a walk helps","content_html":'
    '"<p>Ten minutes are enough.</p>","date_published":"2024-03-02T08:00:00Z"}]}'
)
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><title>Why a walk helps</title></head><body><main>'
    "<article><h1>Why a walk helps</h1><p>A short walk after a meal lets the muscles take up "
    "sugar from the blood. Ten minutes are enough for most people, and no equipment is needed.</p>"
    "<p>Walk at a pace at which you can still talk. Do it after each meal of the day.</p>"
    "</article></main></body></html>"
)
_WXR: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Harbour</title><item>'
    "<title>Why a walk helps</title><link>https://harbour.example/walk</link><guid>walk</guid>"
    "<content:encoded><![CDATA[Ten minutes\n\nare enough.]]></content:encoded><wp:post_id>1"
    "</wp:post_id><wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>"
    "</channel></rss>"
)
_NITF: Final = (
    '<nitf><head><docdata><doc-id id-string="walk"/></docdata></head><body><body.head><hedline>'
    "<hl1>Why a walk helps</hl1></hedline></body.head><body.content><p>Ten minutes are enough.</p>"
    "</body.content></body></nitf>"
)
_NINJS: Final = (
    '{"uri":"urn:x:walk","type":"text","versioncreated":"2024-03-02T08:00:00Z","headline":'
    '"Why a walk helps","body_html":"<p>Ten minutes are enough.</p>"}'
)
_TEXT: Final = "Why does a walk help?\n\nThe muscles take up sugar.\n\nMarch 02, 2024\n"

SOURCE_EXAMPLES: Final = {
    "application/json": json.dumps({"title": "Why a walk helps", "body_html": "<p>Ten.</p>"}),
    "application/x-ndjson": json.dumps({"title": "Why a walk helps", "body_html": "<p>Ten.</p>"}),
    "application/rss+xml": _FEED,
    "application/atom+xml": _ATOM,
    "application/feed+json": _JSON_FEED,
    "application/x-wxr+xml": _WXR,
    "text/vnd.iptc.nitf": _NITF,
    "application/vnd.iptc.ninjs+json": _NINJS,
    "text/html": _PAGE,
    "text/plain": _TEXT,
}


def broken_inputs() -> Iterator[tuple[str, bytes]]:
    """Bytes that no source can read as they are, by what is wrong with them."""
    yield "an empty input", b""
    yield "white space", b" \n\t" * 100
    yield "NUL bytes", b"\x00" * 4096
    yield "random bytes", hashlib.shake_256(b"seealso").digest(20_000)
    yield "a gzip head", b"\x1f\x8b\x08\x00" + b"\x00" * 50
    yield "UTF-16", "Why a walk helps\n\nTen minutes.".encode("utf-16")
    yield "broken UTF-8", b"Why a walk helps\n\nTen \xff\xfe minutes \xc3."
    yield "half a JSON document", b'{"title": "Why a walk helps", "body_html": "<p>Te'
    yield "nested JSON", b"[" * 50_000
    yield "half an XML document", _FEED.encode()[:200]
    yield "an XML bomb", _BOMB.encode()
    yield "unclosed tags", b"<div><p title='" * 8_000
    yield "many brackets", b"<" * 80_000
    yield "one long line", b"walk " * 100_000


_BOMB: Final = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><rss version='2.0'><channel><title>&a9;</title></channel></rss>"
)
