"""What feeds do, one case a line: the dialects, and the oddities that are about in each.

A case is a piece of a feed, a field of its one article, and what a careful reader finds there.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from seealso_ingest.drafting import line
from seealso_sdk import Lead, RawArticle, RawInput, SourceContext
from seealso_sdk.model import Piece
from seealso_source_feed import FeedSource

URL = "https://reef.example/feeds/all.xml"
SPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "cc": "http://web.resource.org/cc/",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
        "podcast": "https://podcastindex.org/namespace/1.0",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "xhtml": "http://www.w3.org/1999/xhtml",
        "ex": "https://nobody.example/ns#",
    }.items()
)


def rss(item: str, head: str = "", attributes: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {SPACES} {attributes}><channel>'
        f"<title>Reef</title><link>https://reef.example/</link>{head}<item>{item}</item>"
        "</channel></rss>"
    )


def rdf(item: str, attributes: str = 'rdf:about="https://reef.example/1"') -> str:
    return (
        f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {SPACES}><channel rdf:about="urn:x:reef">'
        f"<title>Reef</title></channel><item {attributes}>{item}</item></rdf:RDF>"
    )


def atom(entry: str, head: str = "", attributes: str = "") -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES} {attributes}><title>Reef</title>'
        f"{head}<entry>{entry}</entry></feed>"
    )


def old_atom(entry: str, head: str = "", attributes: str = "") -> str:
    return (
        f'<feed version="0.3" xmlns="http://purl.org/atom/ns#" {SPACES} {attributes}>'
        f"<title>Reef</title>{head}<entry>{entry}</entry></feed>"
    )


def pieces(data: str | bytes, charset: str | None = None) -> list[Piece]:
    given = data.encode() if isinstance(data, str) else data
    raw = RawInput(data=given, media_type="application/xml", charset=charset, url=URL)
    return list(FeedSource().read(raw, SourceContext()))


def only(data: str | bytes, charset: str | None = None) -> RawArticle:
    [found] = [one for one in pieces(data, charset) if isinstance(one, RawArticle)]
    return found


XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
T = "<title>T</title>"

TITLES = [
    (rss("<title>Crabs &amp; tides</title>"), "Crabs & tides"),
    (rss("<title>Crabs &amp;amp; tides</title>"), "Crabs & tides"),
    (rss("<title>A &lt;b&gt;low&lt;/b&gt; tide</title>"), "A low tide"),
    (rss("<title><![CDATA[A <i>low</i> tide caf&eacute;]]></title>"), "A low tide café"),
    (rss("<title>5 &lt; 7 tides</title>"), "5 < 7 tides"),
    (rss("<title>Why we use &lt;blink&gt;</title>"), "Why we use <blink>"),
    (rss("<title>The &amp;lt;b&amp;gt; element</title>"), "The <b> element"),
    (rss("<title>\n  Two\n  lines </title>"), "Two lines"),
    (rss("<title>One</title><title>Two</title>"), "One"),
    (rss("<dc:title>Dublin</dc:title><title>Reef</title>"), "Reef"),
    (rss("<dc:title>Dublin</dc:title>"), "Dublin"),
    (rss("<media:title>Film</media:title><title>Reef</title>"), "Reef"),
    (rss("<media:content url='u:1'><media:title>Film</media:title></media:content>"), "Film"),
    (rss("<ex:box><title>wrong</title></ex:box><title>right</title>"), "right"),
    (rss("<title>right</title><image><title>wrong</title></image>"), "right"),
    (rss("<title>A <b>bold</b> tide</title>"), "A bold tide"),
    (rss("<title>It&#8217;s &#150; so</title>"), "It’s – so"),
    (rss("<title>CafÃ© tide</title>"), "Café tide"),
    (rss("<title/><description>Low tide. Boots.</description>"), "Low tide"),
    (atom("<title>Plain &lt;b&gt;</title>"), "Plain <b>"),
    (atom('<title type="text">A &lt;b&gt;b&lt;/b&gt; &amp;amp;</title>'), "A <b>b</b> &amp;"),
    (atom('<title type="html">A &lt;b&gt;b&lt;/b&gt; &amp;amp;</title>'), "A b &"),
    (atom(f'<title type="xhtml"><div {XHTML}>A <b>b</b> &lt;c&gt;</div></title>'), "A b <c>"),
    (atom('<title type="xhtml"><xhtml:div>A <xhtml:b>b</xhtml:b></xhtml:div></title>'), "A b"),
    (old_atom('<title type="text/html" mode="escaped">A &lt;b&gt;b&lt;/b&gt;</title>'), "A b"),
    (old_atom('<title mode="base64" type="text/html">QSA8Yj5iPC9iPg==</title>'), "A b"),
    (old_atom('<title mode="base64">Q3JhYnM=</title>'), "Crabs"),
    (old_atom('<title mode="base64">not base64!</title>'), "not base64!"),
    (rdf("<title>Old</title><dc:description>x</dc:description>"), "Old"),
]

BODIES = [
    (rss(T + "<description>&lt;p&gt;Low&lt;/p&gt;</description>"), "<p>Low</p>"),
    (
        rss(
            T
            + "<description>s</description><content:encoded>&lt;p&gt;c&lt;/p&gt;</content:encoded>"
        ),
        "<p>c</p>",
    ),
    (
        rss(
            T
            + "<content:encoded><![CDATA[<p>c</p>]]></content:encoded><description>s</description>"
        ),
        "<p>c</p>",
    ),
    (rss(T + "<description>short</description><summary>longer one</summary>"), "longer one"),
    (
        rss(T + "<description>the longer one</description><summary>short</summary>"),
        "the longer one",
    ),
    (rss(T + "<description><p>In <b>line</b><br/></p></description>"), "<p>In <b>line</b><br></p>"),
    (rss(T + f"<body {XHTML}><p>Low</p></body>"), "<p>Low</p>"),
    (rss(T + "<xhtml:body><xhtml:p>Low</xhtml:p></xhtml:body>"), "<p>Low</p>"),
    (rss(T + "<fullitem>&lt;p&gt;Low&lt;/p&gt;</fullitem>"), "<p>Low</p>"),
    (rss(T + "<dc:description>d</dc:description>"), "d"),
    (rss(T + "<itunes:summary>about it</itunes:summary>"), "about it"),
    (rss(T + "<description>d</description><itunes:summary>i</itunes:summary>"), "d"),
    (rss(T + "<media:description>film</media:description>"), "film"),
    (rdf(T + "<description>&lt;i&gt;d&lt;/i&gt;</description>"), "<i>d</i>"),
    (atom(T + "<summary>s</summary><content>c</content>"), "c"),
    (atom(T + '<content type="html">&lt;p&gt;c&lt;/p&gt;</content>'), "<p>c</p>"),
    (atom(T + '<content type="text/html">&lt;p&gt;c&lt;/p&gt;</content>'), "<p>c</p>"),
    (atom(T + f'<content type="xhtml"><div {XHTML}><p>c</p>d</div></content>'), "<p>c</p>d"),
    (atom(T + f'<content type="xhtml"><p {XHTML}>c</p></content>'), "<p>c</p>"),
    (atom(T + '<content type="xhtml">&lt;p&gt;c&lt;/p&gt;</content>'), "<p>c</p>"),
    (
        atom(T + f'<content type="xhtml"><div {XHTML}>1 &lt; 2 &amp; 3</div></content>'),
        "1 &lt; 2 &amp; 3",
    ),
    (atom(T + '<content type="application/x-note">PHA+YzwvcD4=</content>'), "<p>c</p>"),
    (atom(T + '<content type="image/png">iVBORw0KGgo=</content>'), None),
    (
        atom(T + '<content>c</content><content type="html">&lt;b&gt;c&lt;/b&gt;</content>'),
        "<b>c</b>",
    ),
    (
        old_atom(T + '<content type="text/html" mode="escaped">&lt;p&gt;c&lt;/p&gt;</content>'),
        "<p>c</p>",
    ),
    (
        old_atom(
            T + f'<content type="application/xhtml+xml" mode="xml"><div {XHTML}>c</div></content>'
        ),
        "c",
    ),
    (
        old_atom(
            T
            + '<content type="application/xhtml+xml" mode="escaped">&lt;p&gt;c&lt;/p&gt;</content>'
        ),
        "<p>c</p>",
    ),
    (rss(T + "<description>one\n\ntwo</description>"), "one\n\ntwo"),
]

BASES = [
    (
        rss(
            T
            + '<description xml:base="https://b.example/d/">&lt;a href="p"&gt;x&lt;/a&gt;</description>'
        ),
        '<a href="https://b.example/d/p">x</a>',
    ),
    (
        atom(
            T + "<content type='html'>&lt;img srcset='a 1x, b 2x' src=c&gt;</content>",
            "",
            'xml:base="https://b.example/"',
        ),
        '<img srcset="https://b.example/a 1x, https://b.example/b 2x" src="https://b.example/c">',
    ),
    (
        atom(
            T
            + f'<content type="xhtml" xml:base="c/"><div {XHTML} xml:base="d/"><a href="x">y</a></div></content>',
            "",
            'xml:base="https://b.example/z/"',
        ),
        '<a href="https://b.example/z/c/d/x">y</a>',
    ),
    (rss(T + "<description>&lt;a href='p'&gt;x&lt;/a&gt;</description>"), "<a href='p'>x</a>"),
    (
        atom(T + '<content type="html" xml:base="sub/">&lt;a href="p"&gt;x&lt;/a&gt;</content>'),
        '<a href="https://reef.example/feeds/sub/p">x</a>',
    ),
]

FIELDS: list[tuple[str, str, Any]] = [
    # people
    ("authors", rss(T + "<author>joe@reef.example (Joe Tide)</author>"), ["Joe Tide"]),
    ("authors", rss(T + "<author>Joe Tide &lt;joe@reef.example&gt;</author>"), ["Joe Tide"]),
    ("authors", rss(T + "<author>Joe Tide (joe@reef.example)</author>"), ["Joe Tide"]),
    ("authors", rss(T + "<author>Joe Tide joe@reef.example</author>"), ["Joe Tide"]),
    ("authors", rss(T + "<author>joe@reef.example</author>"), []),
    ("authors", rss(T + "<author>mailto:joe@reef.example?subject=Hi (Joe)</author>"), ["Joe"]),
    ("authors", rss(T + "<dc:creator>Ann</dc:creator><dc:creator>Bo</dc:creator>"), ["Ann", "Bo"]),
    ("authors", rss(T + "<dc:creator>Ann &amp;amp; Bo &amp;eacute;</dc:creator>"), ["Ann & Bo é"]),
    ("authors", rss(T + "<dc:creator>Ann</dc:creator><author>Ann</author>"), ["Ann"]),
    ("authors", rss(T + "<itunes:author>Ann</itunes:author>"), ["Ann"]),
    (
        "authors",
        rss(T + "<dc:creator><foaf:Person><foaf:name>Ann</foaf:name></foaf:Person></dc:creator>"),
        ["Ann"],
    ),
    ("authors", rss(T, "<managingEditor>e@reef.example (Ed)</managingEditor>"), ["Ed"]),
    ("authors", rss(T, "<itunes:author>Host</itunes:author>"), ["Host"]),
    (
        "authors",
        atom(T + "<author><name>Ann</name><email>a@reef.example</email></author>"),
        ["Ann"],
    ),
    ("authors", atom(T + "<author><email>a@reef.example</email></author>"), []),
    ("authors", atom(T + "<author>Just a name</author>"), ["Just a name"]),
    ("authors", atom(T, "<author><name>Feed</name></author>"), ["Feed"]),
    (
        "authors",
        atom(
            T + "<source><author><name>Src</name></author></source>",
            "<author><name>Feed</name></author>",
        ),
        ["Src"],
    ),
    ("authors", atom(T + "<contributor><name>Cy</name></contributor>"), ["Cy"]),
    (
        "authors",
        atom(T + "<author><name>Ann</name></author><contributor><name>Cy</name></contributor>"),
        ["Ann"],
    ),
    # dates
    (
        "published",
        rss(T + "<pubDate>Tue, 09 Apr 2024 10:00:00 EST</pubDate>"),
        "2024-04-09T10:00:00-05:00",
    ),
    ("published", rss(T + "<pubDate>bad</pubDate><pubDate>2024-04-09</pubDate>"), "2024-04-09"),
    ("published", rdf(T + "<dc:date>2024-04-09T10:00:00Z</dc:date>"), "2024-04-09T10:00:00+00:00"),
    ("updated", rdf(T + "<dc:date>2024-04-09T10:00:00Z</dc:date>"), "2024-04-09T10:00:00+00:00"),
    (
        "updated",
        rss(T + "<pubDate>2024-04-08</pubDate><dc:date>2024-04-09</dc:date>"),
        "2024-04-09",
    ),
    ("published", rss(T + "<dcterms:created>2024-04-09</dcterms:created>"), "2024-04-09"),
    (
        "published",
        rss(
            T
            + "<dcterms:created>2024-04-08</dcterms:created><dcterms:issued>2024-04-09</dcterms:issued>"
        ),
        "2024-04-09",
    ),
    ("updated", rss(T + "<dcterms:modified>2024-04-09</dcterms:modified>"), "2024-04-09"),
    (
        "published",
        old_atom(T + "<issued>2024-04-09</issued><created>2024-01-01</created>"),
        "2024-04-09",
    ),
    ("updated", old_atom(T + "<modified>2024-04-09</modified>"), "2024-04-09"),
    (
        "updated",
        rss(T + "<atom:updated>2024-04-09T10:00:00Z</atom:updated>"),
        "2024-04-09T10:00:00+00:00",
    ),
    (
        "expires",
        rss(T + "<expirationDate>Tue, 09 Apr 2024 10:00:00 GMT</expirationDate>"),
        "2024-04-09T10:00:00+00:00",
    ),
    (
        "expires",
        rss(T + "<dcterms:valid>start=2024-04-01;end=2024-04-09</dcterms:valid>"),
        "2024-04-09",
    ),
    # addresses and identity
    ("external_id", rss(T + "<guid>g 1</guid>"), "g 1"),
    ("external_id", rdf(T), "https://reef.example/1"),
    ("external_id", rss(T + "<link>/a</link>"), "https://reef.example/a"),
    (
        "external_id",
        atom(T + "<id>tag:x,1:2</id>", "", 'xml:base="https://b.example/"'),
        "tag:x,1:2",
    ),
    (
        "external_id",
        atom(T + "<id>/r/1</id>", "", 'xml:base="https://b.example/"'),
        "https://b.example/r/1",
    ),
    ("external_id", atom(T + "<id>/r/1</id>"), "/r/1"),
    ("external_id", rss("<ex:b><guid>wrong</guid></ex:b><guid>right</guid>" + T), "right"),
    (
        "url",
        rss(T + "<link>https://reef.example/?a=1&amp;b=2</link>"),
        "https://reef.example/?a=1&b=2",
    ),
    ("url", rss(T + "<link>\n https://reef.example/1 \n</link>"), "https://reef.example/1"),
    ("url", rss(T + '<link xml:base="https://b.example/d/">p</link>'), "https://b.example/d/p"),
    ("url", rss(T + "<guid>https://reef.example/1</guid>"), "https://reef.example/1"),
    ("url", rss(T + '<guid isPermaLink="false">https://reef.example/1</guid>'), None),
    (
        "url",
        rss(T + "<guid>https://reef.example/1</guid><link>https://reef.example/2</link>"),
        "https://reef.example/2",
    ),
    (
        "url",
        rss(T + '<link>https://reef.example/2</link><atom:link href="https://reef.example/3"/>'),
        "https://reef.example/2",
    ),
    ("url", rss(T + '<atom:link href="https://reef.example/3"/>'), "https://reef.example/3"),
    (
        "url",
        atom(T + '<link href="a"/><link href="b.pdf" type="application/pdf"/>'),
        "https://reef.example/feeds/a",
    ),
    (
        "url",
        atom(T + '<link href="b.pdf" type="application/pdf"/>'),
        "https://reef.example/feeds/b.pdf",
    ),
    (
        "url",
        atom(
            T + '<link href="/en" hreflang="en"/><link href="/fr" hreflang="fr"/>',
            "",
            'xml:lang="en"',
        ),
        "https://reef.example/en",
    ),
    (
        "url",
        atom(T + '<link rel="http://www.iana.org/assignments/relation/alternate" href="/a"/>'),
        "https://reef.example/a",
    ),
    ("url", atom(T + '<content src="/c.html" type="text/html"/>'), "https://reef.example/c.html"),
    ("url", atom(T + '<link rel="ALTERNATE" href="/a"/>'), "https://reef.example/a"),
    (
        "canonical_url",
        rss(T + "<feedburner:origLink>https://o.example/1</feedburner:origLink>"),
        "https://o.example/1",
    ),
    (
        "canonical_url",
        atom(T + '<link rel="canonical" href="https://o.example/1"/>'),
        "https://o.example/1",
    ),
    # lists
    (
        "topics",
        rss(
            T
            + "<category>Sea</category><category domain='x'>Sky</category><category>Sea</category>"
        ),
        ["Sea", "Sky"],
    ),
    (
        "topics",
        rss(T + "<dc:subject>Sea</dc:subject><dc:subject>R&amp;amp;D</dc:subject>"),
        ["Sea", "R&D"],
    ),
    (
        "topics",
        rss(
            T + "<itunes:keywords>sea, sky ,,</itunes:keywords><media:keywords>air</media:keywords>"
        ),
        ["sea", "sky", "air"],
    ),
    (
        "topics",
        rss(T + '<itunes:category text="Arts"><itunes:category text="Food"/></itunes:category>'),
        ["Arts", "Food"],
    ),
    (
        "topics",
        rss(T + "<media:group><media:category>Film</media:category></media:group>"),
        ["Film"],
    ),
    ("topics", atom(T + '<category term="s" label="Sea"/><category term="sky"/>'), ["Sea", "sky"]),
    (
        "media",
        rss(T + '<enclosure url="/a.mp3" type="audio/mpeg"/><enclosure url="/b.mp3"/>'),
        ["https://reef.example/a.mp3", "https://reef.example/b.mp3"],
    ),
    (
        "media",
        rss(T + '<media:group><media:content url="/v"/><media:thumbnail url="/t"/></media:group>'),
        ["https://reef.example/v", "https://reef.example/t"],
    ),
    (
        "media",
        rss(T + '<itunes:image href="https://reef.example/i.jpg"/>'),
        ["https://reef.example/i.jpg"],
    ),
    (
        "media",
        rss(T + "<image><url>https://reef.example/i.jpg</url><title>x</title></image>"),
        ["https://reef.example/i.jpg"],
    ),
    ("media", atom(T + '<link rel="enclosure" href="/a.mp3"/>'), ["https://reef.example/a.mp3"]),
    (
        "media",
        rss(T + '<enclosure url="/a"/><media:content url="/a"/>'),
        ["https://reef.example/a"],
    ),
    # the rest
    (
        "language",
        rss(T + '<description xml:lang="de">x</description>', "<language>en_US</language>"),
        "de",
    ),
    ("language", rss(T + "<description>x</description>", "<language>en_US</language>"), "en-US"),
    ("language", rss(T + "<dc:language>fr</dc:language>", "<language>en</language>"), "fr"),
    ("language", atom(T + "<content>x</content>", "", 'xml:lang="nl"'), "nl"),
    ("language", atom(T + '<content xml:lang="">x</content>', "", 'xml:lang="nl"'), "nl"),
    ("publisher", rss(T), "Reef"),
    (
        "publisher",
        rss(T + '<source url="https://o.example/feed">Origin &amp;amp; Co</source>'),
        "Origin & Co",
    ),
    (
        "publisher",
        atom(T + '<source><title type="html">Or&lt;b&gt;ig&lt;/b&gt;in</title></source>'),
        "Origin",
    ),
    ("rights", rss(T + "<dc:rights>CC BY</dc:rights>"), ("CC BY", None)),
    ("rights", rss(T, "<copyright>&amp;copy; Reef</copyright>"), ("© Reef", None)),
    (
        "rights",
        atom(T + "<source><rights>Src</rights></source>", "<rights>Feed</rights>"),
        ("Src", None),
    ),
    (
        "rights",
        rss(T + "<creativeCommons:license>https://l.example/by</creativeCommons:license>"),
        (None, "https://l.example/by"),
    ),
    (
        "rights",
        rss(T + '<cc:license rdf:resource="https://l.example/by"/>'),
        (None, "https://l.example/by"),
    ),
    (
        "rights",
        rss(T + '<media:license href="https://l.example/by">BY</media:license>'),
        (None, "https://l.example/by"),
    ),
    ("see_also", atom(T + '<link rel="related" href="/m" title="Mussels"/>'), ["Mussels"]),
    ("kind", rss("<title>Video: Crabs</title>"), "video"),
    (
        "summary",
        rss(
            T
            + "<description>&lt;b&gt;In&lt;/b&gt; short</description><content:encoded>long</content:encoded>"
        ),
        "In short",
    ),
    (
        "summary",
        rss(T + "<description>same</description><content:encoded>same</content:encoded>"),
        None,
    ),
    ("summary", atom(T + "<summary>s</summary>"), None),
]


@pytest.mark.parametrize(("feed", "expected"), TITLES)
def test_a_title_is_plain_text(feed: str, expected: str) -> None:
    assert line(only(feed).title) == expected


@pytest.mark.parametrize(("feed", "expected"), BODIES)
def test_the_body_is_the_full_content(feed: str, expected: str | None) -> None:
    found = only(feed)
    assert (found.html or found.text) == expected


@pytest.mark.parametrize(("feed", "expected"), BASES)
def test_links_in_the_body_start_where_the_feed_says(feed: str, expected: str) -> None:
    assert only(feed).html == expected


@pytest.mark.parametrize(("field", "feed", "expected"), FIELDS)
def test_a_field_is_found_wherever_its_dialect_has_it(field: str, feed: str, expected: Any) -> None:
    found = getattr(only(feed), field)
    if field == "authors":
        found = [person.name for person in found]
    elif field == "media":
        found = [medium.url for medium in found]
    elif field == "see_also":
        found = [one.title for one in found]
    elif field == "publisher":
        found = found.name
    elif field == "rights":
        found = (found.attribution, found.url)
    elif field == "topics":
        found = list(found)
    assert found == expected


@pytest.mark.parametrize(
    "feed",
    [
        rss(T),
        rss(T).replace('version="2.0"', 'version="0.91"'),
        rss(T).replace('version="2.0"', 'version="0.92"'),
        rss(T).replace('version="2.0"', 'version="0.94"'),
        rss(T).replace("<rss ", '<rss xmlns="http://backend.userland.com/rss2" '),
        rss(T).replace("<rss ", '<rss xmlns="https://nobody.example/feeds" '),
        rdf(T),
        rdf(T).replace("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"),
        rdf(T).replace("http://purl.org/rss/1.0/", "http://channel.netscape.com/rdf/simple/0.9/"),
        atom(T),
        atom(T).replace("http://www.w3.org/2005/Atom", "HTTP://www.w3.org/2005/ATOM"),
        old_atom(T),
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>T</a:title></a:entry></a:feed>',
        '<entry xmlns="http://www.w3.org/2005/Atom"><title>T</title></entry>',
        '<channel><title>C</title><item href="https://x.example/1"><title>T</title></item></channel>',
        "<RSS><CHANNEL><ITEM><TITLE>T</TITLE></ITEM></CHANNEL></RSS>",
        (
            '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://n.example/rss-0.91.dtd">'
            '<rss version="0.91"><channel><item><title>T</title></item></channel></rss>'
        ),
        "\n\n" + rss(T),
        "\ufeff" + rss(T),
    ],
    ids=range(19),
)
def test_every_dialect_is_read_without_a_complaint(feed: str) -> None:
    [found] = pieces(feed)
    assert isinstance(found, RawArticle)
    assert found.title == "T"


def test_a_cdf_item_has_its_address_and_date_as_attributes() -> None:
    found = only(
        '<channel><item href="https://x.example/1" lastmod="2024-04-09T10:00Z"><title>T</title>'
        "<abstract>Short.</abstract></item></channel>"
    )
    assert (found.url, found.updated, found.html or found.text) == (
        "https://x.example/1",
        "2024-04-09T10:00:00+00:00",
        "Short.",
    )


def test_each_field_says_where_it_was_found() -> None:
    found = only(rss(T + "<dc:creator>Ann</dc:creator><description>d</description>"))
    assert found.provenance == {
        "title": "title",
        "authors": "dc:creator",
        "html": "description",
        "publisher": "feed title",
    }


def test_a_credit_names_who_made_a_picture() -> None:
    [medium] = only(
        rss(
            T + '<media:content url="/a.jpg" type="image/jpeg" width="10" height="20px">'
            "<media:description>A crab</media:description>"
            '<media:credit role="actor">Crab</media:credit>'
            '<media:credit role="photographer">Bo Lens</media:credit></media:content>'
        )
    ).media
    assert (medium.alt, medium.credit, medium.width, medium.height) == ("A crab", "Bo Lens", 10, 20)


# --- leads and tombstones --------------------------------------------------------------------

_LINKS = (
    '<{0}link rel="hub" href="https://hub.example/"/><{0}link rel="self" href="/feed.xml"/>'
    '<{0}link rel="next" href="?page=2"/><{0}link rel="prev-archive" href="/2023.xml"/>'
    '<{0}link rel="license" href="https://l.example/by"/><{0}link rel="next" href=""/>'
)
_EXPECTED = [
    ("hub", "https://hub.example/"),
    ("self", "https://reef.example/feed.xml"),
    ("list", "https://reef.example/feeds/all.xml?page=2"),
    ("list", "https://reef.example/2023.xml"),
]


@pytest.mark.parametrize(
    "feed", [rss(T, _LINKS.format("atom:")), atom(T, _LINKS.format(""))], ids=["rss", "atom"]
)
def test_a_feed_leads_to_its_hub_itself_and_its_next_pages(feed: str) -> None:
    found = [(one.rel, one.url) for one in pieces(feed) if isinstance(one, Lead)]
    assert found == _EXPECTED


def test_a_json_feed_leads_to_its_hub_itself_and_its_next_page_but_never_to_the_same() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [],
        "hubs": [
            {"type": "WebSub", "url": "https://hub.example/"},
            {"type": "rssCloud", "url": "/c"},
            7,
        ],
        "feed_url": "/feed.json",
        "next_url": "/feed.json?page=2",
    }
    found = [(one.rel, one.url) for one in pieces(json.dumps(feed)) if isinstance(one, Lead)]
    assert found == [
        ("hub", "https://hub.example/"),
        ("self", "https://reef.example/feed.json"),
        ("list", "https://reef.example/feed.json?page=2"),
    ]
    assert not [
        one
        for one in pieces(json.dumps({**feed, "next_url": URL}))
        if isinstance(one, Lead) and one.rel == "list"
    ]


def test_a_tombstone_in_rss_withdraws() -> None:
    space = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    grave = f'<at:deleted-entry {space} ref="reef-9" when="2024-04-09T10:00:00Z"/><at:deleted-entry {space}/>'
    [gone] = [one for one in pieces(rss(T, grave)) if isinstance(one, RawArticle) and one.withdrawn]
    assert (gone.external_id, gone.updated) == ("reef-9", "2024-04-09T10:00:00+00:00")


def test_a_tombstone_in_a_json_feed_of_a_hub_withdraws() -> None:
    stones = [{"id": "reef-9", "when": "2024-04-09T10:00:00Z", "reason": "Wrong"}, {}, 7]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [],
        "_seealso": {"deleted": stones},
    }
    gone = only(json.dumps(feed))
    assert (gone.external_id, gone.withdrawn, gone.withdrawn_reason) == ("reef-9", True, "Wrong")


# --- encodings -------------------------------------------------------------------------------


def declared(encoding: str, words: str = "Café „Möwe“") -> str:
    label = f' encoding="{encoding}"' if encoding else ""
    return f'<?xml version="1.0"{label}?><rss version="2.0"><channel><item><title>{words}</title></item></channel></rss>'


WEST, EAST, FAR = "Café „Möwe“", "Привет мир", "日本語テスト"


@pytest.mark.parametrize(
    ("data", "charset", "expected"),
    [
        (declared("utf-8").encode(), None, WEST),
        (declared("").encode(), None, WEST),
        (declared("windows-1252").encode("cp1252"), None, WEST),
        (declared("iso-8859-1").encode("cp1252"), None, WEST),
        (declared("utf-8").encode("cp1252"), None, WEST),
        (declared("").encode("cp1252"), None, WEST),
        (declared("utf-8").encode("cp1252"), "windows-1252", WEST),
        (declared("utf-16").encode("utf-16"), None, WEST),
        (declared("utf-16").encode("utf-16-be"), None, WEST),
        (declared("utf-16").encode("utf-16-le"), None, WEST),
        (declared("utf-32").encode("utf-32"), None, WEST),
        (declared("utf-32").encode("utf-32-be"), None, WEST),
        (declared("utf-16").encode(), None, WEST),
        (declared("bogus-7").encode(), None, WEST),
        (declared("iso-8859-1").encode("utf-8-sig"), None, WEST),
        (declared("utf-8").encode(), "iso-8859-1", WEST),
        (declared("iso-8859-1").encode(), "utf-8", WEST),
        (declared("windows-1251", EAST).encode("cp1251"), None, EAST),
        (declared("koi8-r", EAST).encode("koi8-r"), None, EAST),
        (declared("", EAST).encode("koi8-r"), "koi8-r", EAST),
        (declared("windows-1251", EAST).encode("cp1251"), "iso-8859-1", EAST),
        (declared("iso-8859-5", EAST).encode("iso8859-5"), None, EAST),
        (declared("shift_jis", FAR).encode("shift_jis"), None, FAR),
        (declared("euc-jp", FAR).encode("euc_jp"), None, FAR),
        (declared("iso-2022-jp", FAR).encode("iso2022_jp"), None, FAR),
        (declared("gb2312", FAR).encode("gb18030"), None, FAR),
        (declared("cp037", "Cafe").encode("cp037"), None, "Cafe"),
        (
            declared("utf-8", "Möwe").encode().replace(b"</title>", b" Caf\xe9</title>"),
            None,
            "Möwe Café",
        ),
    ],
    ids=range(28),
)
def test_an_encoding_is_what_it_is_not_what_is_said(
    data: bytes, charset: str | None, expected: str
) -> None:
    assert only(data, charset).title == expected


def test_bytes_in_no_encoding_that_one_can_tell_are_a_problem() -> None:
    [found] = pieces(declared("", EAST * 3).encode("koi8-r"))
    assert getattr(found, "code", None) == "charset-unknown"
