"""What is fuzzed: a name, seeds, and a function that must not raise anything but a refusal.

Shared by the hypothesis tests (tests/services/ingest/test_fuzzed.py) and by atheris (./dev fuzz).
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from seealso_ingest import InputRefused, answers, codings, guard, normalise
from seealso_ingest.body import from_html
from seealso_ingest.errors import Refused
from seealso_sdk import charset
from seealso_sdk.dates import normalised
from seealso_sdk.links import web_url

URL = "https://garden.example/notes/1"
PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><title>Dew | Garden</title><meta name="author" content="Ada">'
    b'<script type="application/ld+json">{"@type":"Article","headline":"Dew","author":{"name":"Ada"},'
    b'"datePublished":"2024-04-09"}</script></head><body><article><h1>Dew</h1><p>By Ada Moss, 9 April 2024'
    b"</p><p>At night the grass loses its warmth to the sky.</p><ul><li>a<li>b</ul><table><tr><td>1"
    b'</table><img data-src=x.png alt=""><h2>See also</h2><ul><li><a href=/f>Frost</a></ul></article></body>'
)
RSS = (
    b'<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>t</title><item><title>One'
    b"</title><guid>1</guid><pubDate>Tue, 09 Apr 2024 10:00:00 GMT</pubDate><dc:creator>Ada</dc:creator>"
    b"<content:encoded><![CDATA[<p>x</p>]]></content:encoded></item></channel></rss>"
)
ATOM = (
    b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://h/"><title>t</title><entry><id>1</id>'
    b'<title type="html">a &lt;b&gt;</title><updated>2024-04-09T10:00:00Z</updated><author><name>Ada</name>'
    b'</author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>'
    b'<link rel="alternate" href="/1"/></entry></feed>'
)
JSON_FEED = (
    b'{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","title":"One",'
    b'"content_html":"<p>x</p>","date_published":"2024-04-09T10:00:00Z","authors":[{"name":"Ada"}]}]}'
)
JSON = (
    b'{"title":"One","html":"<p>x</p>","published":"2024-04-09","topics":["a"],"see_also":[{"title":"b"}],'
    b'"media":[{"url":"https://h/x.png","width":3}],"authors":[{"name":"Ada"}]}'
)
TEXT = (
    b"Why is the sky blue?\n\nAnswer From Ada Moss, M.D.\n\nAir scatters blue light.\n\nSign up for our"
    b" newsletter\nYou may opt out at any time.\n\nApril 9, 2024\n\nSee also\n\n1. Dusk\n2. Dawn\n"
)
SITEMAP = (
    b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://h/1</loc><lastmod>'
    b"2024-04-09</lastmod></url></urlset>"
)
WXR = (
    b'<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/'
    b'modules/content/"><channel><wp:wxr_version>1.2</wp:wxr_version><item><title>One</title><content:encoded>'
    b"<![CDATA[[caption id=1]<img src=x>c[/caption]\n\ntwo\n<!-- wp:list --><ul></ul>]]></content:encoded>"
    b"<wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item></channel></rss>"
)
NITF = (
    b'<nitf><head><title>x</title><docdata><doc-id id-string="1"/><date.issue norm="20240409T100000Z"/></docdata>'
    b"</head><body><body.head><hedline><hl1>One</hl1></hedline><byline>By <person>Ada</person></byline></body.head>"
    b"<body.content><p>y</p><media><media-reference source='x.jpg'/></media></body.content></body></nitf>"
)
NINJS = b'{"uri":"urn:1","type":"text","headline":"One","body_html":"<p>x</p>","versioncreated":"2024-04-09T10:00:00Z"}'


@dataclass(frozen=True, slots=True)
class Target:
    """`call` may raise nothing: a refusal is caught inside it."""

    call: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _reads(media_type: str) -> Callable[[bytes], None]:
    def call(data: bytes) -> None:
        with suppress(InputRefused):
            found = normalise(data, media_type, URL, today="2024-04-09")
            for article in found.articles:
                article.to_json()

    return call


def _body(data: bytes) -> None:
    """And what came out is a fixed point."""
    with suppress(Refused):
        once = from_html(data.decode("utf-8", "replace"), base=URL).html
        assert from_html(once, base=URL).html == once


def _packed(coding: str) -> Callable[[bytes], None]:
    def call(data: bytes) -> None:
        with suppress(codings.PackedError):
            assert len(codings.unpack([data[:7], data[7:]], coding, most=100_000)) <= 100_000

    return call


def _headers(data: bytes) -> None:
    text = data.decode("latin-1")
    names = ("Cache-Control", "Expires", "Age", "Date", "Retry-After")
    headers = dict(zip(names, text.split("\n"), strict=False))
    for seconds in (answers.max_age(headers), answers.retry_after(headers)):
        assert seconds is None or 0 <= seconds <= answers.MAX_AGE
    answers.content_type(text)
    answers.links(text, URL)
    answers.shown(text)


def _address(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(guard.Barred):
        guard.check_url(text)
    web_url(text, URL)
    guard.is_public(text)


def _date(data: bytes) -> None:
    with suppress(ValueError):
        normalised(data.decode("utf-8", "replace"))


def _charset(data: bytes) -> None:
    head, _, rest = data.partition(b"\n")
    with suppress(charset.CharsetUnknown):
        charset.decode(rest, head.decode("latin-1")).encode()


TARGETS: dict[str, Target] = {
    "page": Target(_reads("text/html"), (PAGE, TEXT)),
    "text": Target(_reads("text/plain"), (TEXT,)),
    "rss": Target(_reads("application/rss+xml"), (RSS, ATOM)),
    "atom": Target(_reads("application/atom+xml"), (ATOM,)),
    "jsonfeed": Target(_reads("application/feed+json"), (JSON_FEED,)),
    "json": Target(_reads("application/json"), (JSON, NINJS)),
    "lines": Target(_reads("application/x-ndjson"), (JSON + b"\n" + JSON,)),
    "xml": Target(_reads("application/xml"), (SITEMAP, WXR, NITF, RSS)),
    "unknown": Target(_reads(""), (PAGE, RSS, JSON, TEXT, SITEMAP, WXR, NITF, NINJS)),
    "body": Target(_body, (PAGE,)),
    "gzip": Target(_packed("gzip"), (gzip.compress(TEXT), gzip.compress(b"") * 2)),
    "deflate": Target(_packed("deflate"), (b"\x78\x9c\x03\x00\x00\x00\x00\x01", b"\x03\x00")),
    "br": Target(_packed("br"), (b"\x0b\x02\x80hello\x03",)),
    "zstd": Target(_packed("zstd"), (codings.zstd.compress(TEXT),)),
    "headers": Target(
        _headers, (b"max-age=60, no-cache\nTue, 09 Apr 2024 10:00:00 GMT\n5\n\n120",)
    ),
    "address": Target(_address, (URL.encode(), b"http://[::1%25x]:80/", b"http://a@127.1/")),
    "date": Target(
        _date, (b"Tue, 9 Apr 2024 10:00:00 +0200", b"2024-04-09T10:00Z", b"9 avril 2024")
    ),
    "charset": Target(_charset, (b"utf-8\ncaf\xc3\xa9", b"windows-1252\ncaf\xe9")),
}
