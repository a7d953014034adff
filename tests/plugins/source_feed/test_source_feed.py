"""Feeds in: RSS, Atom and JSON Feed as they are, tombstones, and feeds that are broken or hostile."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import (
    Media,
    Person,
    Problem,
    Publisher,
    RawArticle,
    RawInput,
    Rights,
    SeeAlso,
    SourceContext,
)
from seealso_source_feed import FeedSource, register_sources

URL = "https://reef.example/feed.xml"

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Reef &amp; Tide</title><link>https://reef.example/</link><language>en-GB</language>
<copyright>Reef Press</copyright><pubDate>Mon, 08 Apr 2024 10:00:00 GMT</pubDate>
%s
</channel></rss>
"""
ITEM = """<item><title>Crabs &amp;amp; tides</title><link>/crabs</link>
<guid isPermaLink="false">crab-1</guid><description>In short.</description>
<content:encoded><![CDATA[<p>Long <a href="/x">text</a>.</p>]]></content:encoded>
<pubDate>Tue, 09 Apr 2024 10:00:00 -0500</pubDate><dc:creator>Ann Reef</dc:creator>
<author>joe@reef.example (Joe Tide)</author><category>Sea</category><category>Sea</category>
<enclosure url="https://reef.example/a.mp3" type="audio/mpeg" length="3"/>
<media:content url="https://reef.example/a.jpg" type="image/jpeg" width="10" height="20"/>
<media:credit>Bo Lens</media:credit>
<atom:link rel="related" title="Video: Mussels" href="/mussels"/></item>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"
 xml:lang="es" xml:base="https://base.example/a/">
<title>Costa</title><id>urn:x:feed</id><updated>2024-01-01T00:00:00Z</updated>
<author><name>Redacción</name></author><rights>CC BY</rights>
%s
</feed>
"""
ENTRY = """<entry><id>tag:costa.example,2024:1</id><title type="html">El &lt;b&gt;faro&lt;/b&gt;</title>
<published>2024-04-09T10:00:00+02:00</published><updated>2024-04-10T11:00:00+02:00</updated>
<link href="faro"/><link rel="via" href="https://origin.example/1" title="Origen"/>
<link rel="canonical" href="https://origin.example/faro"/>
<link rel="license" href="https://licence.example/by"/>
<category term="costa" label="Costa y mar"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Luz.</p></div></content>
<summary>Un resumen.</summary></entry>"""


def read(data: bytes | str, media_type: str = "application/rss+xml") -> list[RawArticle | Problem]:
    given_bytes = data.encode() if isinstance(data, str) else data
    raw = RawInput(data=given_bytes, media_type=media_type, url=URL)
    return list(FeedSource().read(raw, SourceContext()))


def article(data: bytes | str) -> RawArticle:
    """The one article, without where its fields were found."""
    [found] = read(data)
    assert isinstance(found, RawArticle), found
    return replace(found, provenance={})


def problem(data: bytes | str) -> Problem:
    [found] = read(data)
    assert isinstance(found, Problem), found
    return found


def feed_json(*items: Any, **head: Any) -> bytes:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Reef", "items": list(items)}
    return json.dumps(feed | head).encode()


def test_the_hook_gives_the_source() -> None:
    assert [source.meta.name for source in register_sources()] == ["feed"]


# --- RSS -------------------------------------------------------------------------------------


def test_an_rss_item_gives_all_that_it_has() -> None:
    assert article(RSS % ITEM) == RawArticle(
        title="Crabs & tides",
        external_id="crab-1",
        url="https://reef.example/crabs",
        summary="In short.",
        language="en-GB",
        html='<p>Long <a href="/x">text</a>.</p>',
        authors=(Person("Ann Reef"), Person("Joe Tide")),
        publisher=Publisher("Reef & Tide", "https://reef.example/"),
        published="2024-04-09T10:00:00-05:00",
        topics=("Sea",),
        see_also=(SeeAlso("Video: Mussels", url="https://reef.example/mussels", kind="video"),),
        media=(
            Media("https://reef.example/a.mp3", type="audio/mpeg", credit="Bo Lens"),
            Media("https://reef.example/a.jpg", "image/jpeg", None, 10, 20, "Bo Lens"),
        ),
        rights=Rights(attribution="Reef Press"),
    )


def test_an_item_without_a_title_has_the_head_of_its_text() -> None:
    found = article(
        RSS
        % "<item><description>Low tide &lt;b&gt;today&lt;/b&gt;. Bring boots.</description></item>"
    )
    assert found.title == "Low tide today"
    assert found.html == "Low tide <b>today</b>. Bring boots."


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tue, 09 Apr 2024 10:00:00 GMT", "2024-04-09T10:00:00+00:00"),
        ("Tue, 09 Apr 2024 10:00:00 +0530", "2024-04-09T10:00:00+05:30"),
        ("09 Apr 24 10:00 EST", "2024-04-09T10:00:00-05:00"),
        ("2024-04-09T10:00:00-03:00", "2024-04-09T10:00:00-03:00"),
        ("2024-04-09", "2024-04-09"),
        ("Tue, 99 Foo", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_a_date_keeps_its_offset_and_a_bad_one_is_left_out(
    written: str, expected: str | None
) -> None:
    found = article(RSS % f"<item><title>T</title><pubDate>{written}</pubDate></item>")
    assert found.published == expected
    assert found.updated is None


def test_an_address_of_mail_is_nobodys_name() -> None:
    assert (
        article(RSS % "<item><title>T</title><author>joe@reef.example</author></item>").authors
        == ()
    )


def test_the_guid_is_the_identity_and_else_the_link() -> None:
    link = "<item><title>T</title><link>https://reef.example/7</link></item>"
    assert article(RSS % link).external_id == "https://reef.example/7"


def test_a_guid_that_is_no_address_is_not_made_one() -> None:
    found = article(RSS % "<item><title>T</title><guid>12345</guid></item>")
    assert (found.external_id, found.url) == ("12345", None)


def test_a_link_that_is_no_web_address_is_left_out() -> None:
    item = "<item><title>T</title><guid>g</guid><link>mailto:joe@reef.example</link></item>"
    assert article(RSS % item).url is None


def test_a_language_that_is_not_declared_is_told_by_the_text() -> None:
    text = "El faro del cabo se enciende por la noche y los barcos lo ven desde las islas."
    feed = (RSS % f"<item><title>T</title><description>{text}</description></item>").replace(
        "<language>en-GB</language>", ""
    )
    assert article(feed).language == "es"


def test_a_guid_that_is_an_address_is_the_link() -> None:
    found = article(RSS % "<item><title>T</title><guid>https://reef.example/9</guid></item>")
    assert (found.external_id, found.url) == ("https://reef.example/9", "https://reef.example/9")


def test_an_rss_1_feed_is_read() -> None:
    found = article(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>C</title><link>https://reef.example</link></channel>'
        '<item rdf:about="https://reef.example/1"><title>Old style</title>'
        "<link>https://reef.example/1</link></item></rdf:RDF>"
    )
    assert (found.title, found.url) == ("Old style", "https://reef.example/1")


# --- Atom ------------------------------------------------------------------------------------


def test_an_atom_entry_gives_all_that_it_has() -> None:
    assert article(ATOM % ENTRY) == RawArticle(
        title="El faro",
        external_id="tag:costa.example,2024:1",
        url="https://base.example/a/faro",
        canonical_url="https://origin.example/faro",
        summary="Un resumen.",
        language="es",
        html="<p>Luz.</p>",
        authors=(Person("Redacción"),),
        publisher=Publisher("Costa"),
        published="2024-04-09T10:00:00+02:00",
        updated="2024-04-10T11:00:00+02:00",
        topics=("Costa y mar",),
        see_also=(SeeAlso("Origen", url="https://origin.example/1"),),
        rights=Rights("https://licence.example/by", None, "https://licence.example/by"),
    )


def test_an_entry_from_another_feed_keeps_its_publisher() -> None:
    source = "<source><title>Islas</title><id>urn:y</id></source></entry>"
    found = article(ATOM % ENTRY.replace("</entry>", source))
    assert found.publisher == Publisher("Islas")


def test_a_tombstone_withdraws() -> None:
    grave = (
        '<at:deleted-entry ref="tag:costa.example,2024:9" when="2024-02-02T00:00:00+02:00">'
        "<at:comment>Withdrawn by the author</at:comment></at:deleted-entry>"
    )
    entry, gone = read(ATOM % (grave + ENTRY))
    assert isinstance(entry, RawArticle)
    assert isinstance(gone, RawArticle)
    assert not entry.withdrawn
    assert gone.provenance == {"withdrawn": "at:deleted-entry"}
    assert replace(gone, provenance={}) == RawArticle(
        external_id="tag:costa.example,2024:9",
        updated="2024-02-02T00:00:00+02:00",
        withdrawn=True,
        withdrawn_reason="Withdrawn by the author",
    )


# --- JSON Feed -------------------------------------------------------------------------------


def test_a_json_item_gives_all_that_it_has() -> None:
    item = {
        "id": 7,
        "url": "/seven",
        "external_url": "https://origin.example/7",
        "title": "Seven\n tides",
        "content_html": "<p>Seven.</p>",
        "content_text": "Seven.",
        "summary": "S",
        "image": "/i.jpg",
        "date_published": "2024-04-09T10:00:00-05:00",
        "authors": [{"name": "Ann Reef", "url": "https://reef.example/ann"}],
        "tags": ["Sea", 3],
        "attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "title": "Sound"}],
    }
    assert article(
        feed_json(item, language="nl", home_page_url="https://reef.example/")
    ) == RawArticle(
        title="Seven tides",
        external_id="7",
        url="https://reef.example/seven",
        summary="S",
        language="nl",
        html="<p>Seven.</p>",
        authors=(Person("Ann Reef", "https://reef.example/ann"),),
        publisher=Publisher("Reef", "https://reef.example/"),
        published="2024-04-09T10:00:00-05:00",
        topics=("Sea",),
        see_also=(SeeAlso("", url="https://origin.example/7", ref="https://origin.example/7"),),
        media=(
            Media("https://reef.example/i.jpg"),
            Media("https://reef.example/a.mp3", type="audio/mpeg", alt="Sound"),
        ),
    )


def test_version_1_0_has_one_author_and_plain_text() -> None:
    item = {"id": "a", "content_text": "Only text. More.", "author": {"name": "Bo"}}
    found = article(feed_json(item, version="https://jsonfeed.org/version/1"))
    assert (found.title, found.text, found.html) == ("Only text", "Only text. More.", None)
    assert found.authors == (Person("Bo"),)


def test_a_bad_json_item_is_refused_alone() -> None:
    found = read(feed_json({"id": "a", "title": "A"}, "b", {}, {"id": "d"}))
    assert [(f.code, f.index) for f in found if isinstance(f, Problem)] == [
        ("field-invalid", 1),
        ("item-empty", 2),
    ]
    assert [f.external_id for f in found if isinstance(f, RawArticle)] == ["a", "d"]


# --- broken feeds ----------------------------------------------------------------------------


def test_a_feed_that_is_not_well_formed_is_read_and_its_line_named() -> None:
    bad = "\n<item><title>Fish & chips</title><guid>f</guid></item>\n" + ITEM
    first, second, wrong = read(RSS % bad)
    assert isinstance(first, RawArticle)
    assert (first.title, first.external_id) == ("Fish & chips", "f")
    assert isinstance(second, RawArticle)
    assert isinstance(wrong, Problem)
    assert (wrong.code, wrong.line) == ("xml-syntax", 8)


def test_a_feed_that_broke_off_loses_its_last_item() -> None:
    whole = RSS % (ITEM + ITEM.replace("crab-1", "crab-2"))
    cut = whole[: whole.index("</content:encoded>", whole.index("crab-2")) - 10]
    first, wrong = read(cut)
    assert isinstance(first, RawArticle)
    assert first.external_id == "crab-1"
    assert isinstance(wrong, Problem)
    assert "last item was left out" in wrong.detail


def test_an_empty_feed_has_no_articles() -> None:
    assert read(RSS % "") == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\n ", "empty"),
        (b"<html><body>A page</body></html>", "feed-unknown"),
        (b"just text", "feed-unknown"),
        (b"\x00\x01\x02", "binary"),
        (b"{", "json-syntax"),
        (b'{"items": []}', "feed-unknown"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "field-invalid"),
        (b"[" * 100_000, "json-syntax"),
        (b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss version="2.0"/>', "feed-dtd"),
        (b'<!DOCTYPE r SYSTEM "x" [ ]><rss version="2.0"/>', "feed-dtd"),
        (b"<rss version='2.0'>" + b"<a>" * 300_001, "too-complex"),
        (b" " * (10 * 1024 * 1024) + b"<rss/>", "too-large"),
    ],
    ids=range(13),
)
def test_what_is_no_feed_is_a_problem_with_a_remedy(data: bytes, code: str) -> None:
    found = problem(data)
    assert found.code == code
    assert found.remedy


# --- hostile feeds ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["author", "dc:creator", "managingEditor"])
def test_a_long_run_as_author_takes_no_long_time(name: str) -> None:
    started = time.perf_counter()
    found = article(RSS % f"<item><title>T</title><{name}>{'9' * 200_000}</{name}></item>")
    assert time.perf_counter() - started < 2
    assert found.authors == ()


def test_thousands_of_attributes_are_refused_before_they_cost() -> None:
    attributes = " ".join(f'a{n}="x"' for n in range(20_000))
    started = time.perf_counter()
    assert problem(RSS % f"<item {attributes}><title>T</title></item>").code == "too-complex"
    assert time.perf_counter() - started < 2


def test_an_input_that_is_the_name_of_a_file_opens_no_file() -> None:
    assert problem("/etc/passwd").code == "feed-unknown"
    assert problem("file:///etc/passwd").code == "feed-unknown"


def test_a_long_domain_is_no_part_of_a_name() -> None:
    item = "<item><title>T</title><author>joe@reef.example (Joe)</author></item>"
    assert article(RSS % item).authors == (Person("Joe"),)


def test_an_address_of_a_namespace_that_nobody_can_read_harms_nothing() -> None:
    data = RSS.replace("http://purl.org/dc/elements/1.1/", "h\u0085p://purl.org/dc") % ITEM
    found, wrong = read(data)
    assert isinstance(found, RawArticle)
    assert found.authors == (Person("Ann Reef"), Person("Joe Tide"))
    assert isinstance(wrong, Problem)
    assert (wrong.code, wrong.line) == ("xml-syntax", 2)


@pytest.mark.parametrize(
    "flood",
    [
        "<a>" * 100_000,
        "<a " * 100_000,
        '<a "' * 100_000,
        "<!--" * 100_000,
        "<![CDATA[" * 50_000,
        "&" * 500_000,
        "&a" * 300_000,
        "<a></b>" * 70_000,
        "<item>" * 100_000,
        "<x:" * 100_000,
        "]]>" * 200_000,
        "<?" * 200_000,
        "<a b='" * 80_000,
        "\x01" * 500_000,
    ],
    ids=range(14),
)
def test_a_feed_that_is_broken_all_over_takes_no_long_time(flood: str) -> None:
    started = time.process_time()
    for found in read(f"<rss><channel><item><title>T</title><description>{flood}"):
        assert found.to_json()
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "field",
    ["title", "description", "author", "pubDate", "category", "guid", "link", "copyright"],
)
@pytest.mark.parametrize(
    "flood",
    ["(", "<", "a@", "&lt;b&gt;", "&amp;x", "9", "é", "&lt;!--", "&lt;script&gt;", "http://a/"],
)
def test_a_field_that_is_flooded_takes_no_long_time(field: str, flood: str) -> None:
    if flood == "<":
        flood = "&lt;"
    started = time.process_time()
    for found in read(RSS % f"<item><title>T</title><{field}>{flood * 20_000}</{field}></item>"):
        assert found.to_json()
    assert time.process_time() - started < 2


# --- any bytes -------------------------------------------------------------------------------


_MUTATED = st.tuples(
    st.sampled_from([(RSS % ITEM).encode(), (ATOM % ENTRY).encode(), feed_json({"id": "a"})]),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=8)), max_size=6),
)


@settings(max_examples=100, deadline=None)
@given(_MUTATED)
def test_any_bytes_give_articles_or_problems(
    mutated: tuple[bytes, list[tuple[int, bytes]]],
) -> None:
    data = bytearray(mutated[0])
    for place, patch in mutated[1]:
        data[place : place + len(patch)] = patch
    for found in read(bytes(data)):
        assert found.to_json()
