"""The checkers catch what they are for: each fault, put into a valid document, is reported."""

from __future__ import annotations

import re

import pytest

from tests.plugins.feedcheck import check_atom, check_jsonfeed, check_opml, check_rss

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>T</title><link>https://a.example/</link><description>D</description>
<language>en</language><lastBuildDate>Tue, 05 Mar 2024 00:00:00 GMT</lastBuildDate>
<atom:link rel="self" href="https://a.example/f" type="application/rss+xml"/>
<item><title>One</title><link>https://a.example/1</link><description>S</description>
<content:encoded>&lt;p&gt;x&lt;/p&gt;</content:encoded>
<guid isPermaLink="false">urn:ex:1</guid><pubDate>Tue, 05 Mar 2024 00:00:00 GMT</pubDate>
<category domain="https://a.example/t">c</category><dc:creator>A</dc:creator>
<media:content url="https://a.example/x.png" type="image/png" medium="image" width="1"/></item>
<item><title>Two</title><guid isPermaLink="false">urn:ex:2</guid></item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="en">
<id>https://a.example/</id><title>T</title><updated>2024-03-05T00:00:00Z</updated>
<author><name>A</name></author><link rel="self" href="https://a.example/f" type="application/atom+xml"/>
<entry><id>urn:ex:1</id><title>One</title><updated>2024-03-05T00:00:01Z</updated>
<link rel="alternate" href="https://a.example/1" type="text/html"/><summary>S</summary>
<content type="html">&lt;p&gt;x&lt;/p&gt;</content><category term="c" scheme="https://a.example/t"/>
<source><id>https://b.example/</id><title>B</title><updated>2024-03-05T00:00:00Z</updated></source></entry>
<entry><id>urn:ex:2</id><title>Two</title><updated>2024-03-05T00:00:02Z</updated><content>y</content></entry>
<at:deleted-entry ref="urn:ex:9" when="2024-03-05T00:00:00Z"/>
</feed>"""

JSON = """{"version":"https://jsonfeed.org/version/1.1","title":"T","home_page_url":"https://a.example/",
"feed_url":"https://a.example/f","language":"en","authors":[{"name":"A"}],
"hubs":[{"type":"WebSub","url":"https://a.example/hub"}],"_x":{"a":1},
"items":[{"id":"1","url":"https://a.example/1","title":"One","content_html":"<p>x</p>",
"date_published":"2024-03-05T00:00:00Z","tags":["c"],
"attachments":[{"url":"https://a.example/x.png","mime_type":"image/png"}]},{"id":"2","content_text":"y"}]}"""

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>T</title><dateCreated>Tue, 05 Mar 2024 00:00:00 GMT</dateCreated></head>
<body><outline text="One" title="One" type="rss" version="RSS2" language="en"
 xmlUrl="https://a.example/f" htmlUrl="https://a.example/"/></body></opml>"""

RSS_FAULTS = [
    ('<rss version="2.0"', '<rss version="3.0"', "error: rss: version"),
    ("</rss>", "", "not well-formed"),
    ("?>", '?><!DOCTYPE rss [<!ENTITY x "y">]>', "document type"),
    ("<title>T</title>", "", "error: channel: no title"),
    ("<title>T</title>", "<title>T</title><title>T</title>", "2 of title"),
    ("<title>T</title>", "<title>a &lt;b&gt;b&lt;/b&gt;</title>", "contains HTML"),
    ("<title>One</title>", "<title> </title>", "blank"),
    ("<link>https://a.example/</link>", "<link>/x</link>", "not an absolute URI"),
    ("<language>en</language>", "", "no language"),
    ("<language>en</language>", "<language>e n</language>", "no language tag"),
    ("Tue, 05 Mar 2024", "Wed, 05 Mar 2024", "wrong day of the week"),
    ("Tue, 05 Mar 2024", "Tue, 05 Mar 24", "RFC 822"),
    ("Tue, 05 Mar 2024", "Mon, 05 Mar 1984", "implausible"),
    (' type="application/rss+xml"', "", "rel=self"),
    ('rel="self"', 'rel="odd"', "not registered"),
    ("<item><title>One", "<bogus/><item><title>One", "undefined element bogus"),
    ("<item><title>One", '<x:y xmlns:x="urn:x"/><item><title>One', "unknown namespace"),
    ("</channel>", "<ttl>5</ttl></channel>", "after an item"),
    ("urn:ex:2", "urn:ex:1", "2 times"),
    ('<guid isPermaLink="false">urn:ex:2</guid>', "", "no guid"),
    ('<guid isPermaLink="false">urn:ex:2', "<guid>urn:ex:2", "not of http/https"),
    ('isPermaLink="false">urn:ex:2', 'isPermaLink="no">urn:ex:2', "neither true nor false"),
    ("<title>Two</title>", "", "neither title nor description"),
    ("<title>Two</title>", "<title>Two</title><author>Bob</author>", "mail@host"),
    ("<dc:creator>", "<author>a@b.example (A)</author><dc:creator>", "say the same"),
    ("<description>S</description>", "", "without a description before it"),
    ("&lt;p&gt;x", "&lt;p&gt;&lt;script&gt;x&lt;/script&gt;", "script is a risk"),
    ("&lt;p&gt;x", "&lt;p onclick='x'&gt;", "onclick is a risk"),
    ("&lt;p&gt;x", "&lt;p&gt;&lt;a href='/x'&gt;x&lt;/a&gt;", "relative address"),
    ("&lt;p&gt;x", "&lt;p&gt;&lt;a href='javascript:x'&gt;x&lt;/a&gt;", "scheme javascript"),
    ("&lt;p&gt;x", "&lt;p&gt;&lt;/b&gt;x", "not HTML"),
    ("<dc:creator>", '<enclosure url="https://a.example/x" type="a/b"/><dc:creator>', "length"),
    ('medium="image"', 'medium="picture"', "medium"),
    ('width="1"', 'width="0"', "width"),
    ("<title>Two", "<title>caf\ufffd", "lost"),
    ("<title>Two</title>", '<title>Two</title><atom:link rel="next" href="urn:ex:x"/>', "RFC 5005"),
]
ATOM_FAULTS = [
    ("http://www.w3.org/2005/Atom", "urn:atom", "error: feed"),
    ("<title>T</title>", "", "no atom:title"),
    ("<id>https://a.example/</id>", "<id>https://a.example</id>", "canonical"),
    ("<id>urn:ex:2</id>", "<id>urn:ex:1</id>", "2 times"),
    ("<id>urn:ex:2</id>", "<id>2</id>", "not an absolute URI"),
    ("<id>urn:ex:2</id>", "<id>urn:2</id>", "not a URN"),
    ("<id>urn:ex:2</id>", "<id>urn:uuid:2</id>", "not a URN"),
    ("2024-03-05T00:00:02Z", "2024-03-05T00:00:01Z", "2 entries updated"),
    ("2024-03-05T00:00:02Z", "2024-03-05", "RFC 3339"),
    ("2024-03-05T00:00:02Z", "2999-03-05T00:00:00Z", "implausible"),
    ("<author><name>A</name></author>", "", "no author"),
    ("<name>A</name>", "<name>A &lt;a@b.example&gt;</name>", "mail address"),
    ("<name>A</name>", "", "without one name"),
    ('rel="self"', 'rel="related"', "no link rel=self"),
    ('xml:lang="en"', "", "no xml:lang"),
    ("<summary>", '<link href="https://a.example/2" type="text/html"/><summary>', "2 alternates"),
    ("<summary>S", "<summary>&lt;i&gt;S&lt;/i&gt;", "contains HTML"),
    ("<summary>", '<summary type="CDATA">', "type 'CDATA'"),
    ('<content type="html">', '<content type="CDATA">', "content type"),
    ("<content>y</content>", "", "neither content"),
    ("<content>y</content>", '<content src="https://a.example/"/>', "no summary"),
    ('term="c"', "", "without a term"),
    ("<id>https://b.example/</id>", "", "source: no atom:id"),
    ("<summary>", "<bogus/><summary>", "undefined element atom:bogus"),
    ("</feed>", "<rights>r</rights></feed>", "after an entry"),
    ('ref="urn:ex:9"', 'ref="urn:ex:1"', "also an entry"),
    ('ref="urn:ex:9" when="2024-03-05T00:00:00Z"', 'ref="urn:ex:9"', "RFC 3339"),
    (
        "</feed>",
        '<at:deleted-entry ref="urn:ex:9" when="2024-03-05T00:00:00Z"/></feed>',
        "twice",
    ),
]
JSON_FAULTS = [
    ("version/1.1", "version/1", "error: feed: version"),
    ('"title":"T",', "", "no title"),
    ('"id":"2"', '"id":"1"', "2 times"),
    ('"id":"2"', '"id":2', "id is int"),
    ('"content_text":"y"', '"summary":"y"', "neither content_html"),
    ("https://a.example/1", "/1", "not an absolute URI"),
    ("2024-03-05T00:00:00Z", "2024-03-05", "RFC 3339"),
    ('"language":"en"', '"language":"e n"', "no language tag"),
    ('"feed_url"', '"next_url":"https://a.example/f","feed_url"', "feed itself"),
    ('"type":"WebSub",', "", "hub without a type"),
    ('"_x":{"a":1}', '"_x":1', "extension _x"),
    ('"_x":{"a":1}', '"x":1', "unknown member x"),
    ('"mime_type":"image/png"', '"mime_type":"png"', "media type"),
    ('"tags":["c"]', '"tags":[1]', "a tag"),
    ('"authors":[{"name":"A"}]', '"authors":[{}]', "an author with neither"),
    ('"authors":[{"name":"A"}]', '"author":{"name":"A"}', "version 1"),
    ("<p>x</p>", "<iframe></iframe>", "iframe is a risk"),
    ('"title":"One"', '"title":"One","title":"One"', "member title 2 times"),
    ('"items":[', '"items":[,', "not UTF-8 JSON"),
]
OPML_FAULTS = [
    ('version="2.0"', 'version="1.0"', "error: opml"),
    (' text="One"', "", "no text"),
    (' title="One"', "", "without title"),
    (' xmlUrl="https://a.example/f"', "", "without xmlUrl"),
    (' type="rss"', "", "without type rss"),
    ('version="RSS2"', 'version="2"', "version"),
    ('htmlUrl="https://a.example/"', 'htmlUrl="/"', "not an absolute URI"),
    ("Tue, 05 Mar 2024", "2024-03-05", "RFC 822"),
    ("</head>", "<docs>urn:x</docs></head>", "docs"),
    ('text="One"', 'text="R&amp;D &lt;b&gt;"', "not HTML"),
    ('text="One"', 'text="One" feed="x"', "unexpected attribute"),
    ("<outline ", "<line ", "no outline"),
]


@pytest.mark.parametrize(
    ("check", "document"),
    [(check_rss, RSS), (check_atom, ATOM), (check_jsonfeed, JSON), (check_opml, OPML)],
)
def test_a_valid_document_has_no_fault(check: object, document: str) -> None:
    assert callable(check)
    assert check(document.encode()) == []


@pytest.mark.parametrize(
    ("check", "document", "old", "new", "fault"),
    [
        pytest.param(check, document, *fault, id=f"{check.__name__}-{fault[2]}-{number}")
        for check, document, faults in (
            (check_rss, RSS, RSS_FAULTS),
            (check_atom, ATOM, ATOM_FAULTS),
            (check_jsonfeed, JSON, JSON_FAULTS),
            (check_opml, OPML, OPML_FAULTS),
        )
        for number, fault in enumerate(faults)
    ],
)
def test_each_fault_is_found(check: object, document: str, old: str, new: str, fault: str) -> None:
    assert callable(check)
    assert old in document
    lines = check(document.replace(old, new).encode())
    assert any(re.search(re.escape(fault), line) for line in lines), lines


@pytest.mark.parametrize("check", [check_rss, check_atom, check_jsonfeed, check_opml])
@pytest.mark.parametrize("junk", [b"", b"\x00\xff", b"[]", b"<a/>", b"null"])
def test_junk_is_reported_and_never_raises(check: object, junk: bytes) -> None:
    assert callable(check)
    assert check(junk)
