"""What an address turns out to be, which feeds a page offers, and whether it is a list itself."""

from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_ingest.discover import Offer, best, is_front, kind_of, offers

URL = "https://mill.example/news/"
ATOM = '<link rel="alternate" type="application/atom+xml" title="Mill news" href="/feed.atom">'


@pytest.mark.parametrize(
    ("data", "media_type", "kind"),
    [
        (b"<?xml version='1.0'?><!-- x --><rss version='2.0'>", "text/html", "feed"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'>", "application/xml", "feed"),
        (b"<rdf:RDF xmlns:rdf=''>", "application/octet-stream", "feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": []}', "application/json", "feed"),
        (b"<?xml version='1.0'?>\n<urlset>", "text/xml", "sitemap"),
        (b"\xef\xbb\xbf<sitemapindex>", "", "sitemap"),
        (gzip.compress(b"<?xml version='1.0'?><urlset>" + b"x" * 9000, mtime=0), "application/gzip", "sitemap"),
        (b"https://mill.example/a\r\nhttps://mill.example/b\r\n", "text/plain", "sitemap"),
        (b"https://mill.example/a\nand more", "text/plain", "other"),
        (b"<!doctype html><title>x</title>", "text/html", "page"),
        (b"<html><head>", "application/octet-stream", "page"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "application/xhtml+xml", "page"),
        (b"<section>x", "text/html", "page"),
        (b"%PDF-1.7\0", "application/pdf", "other"),
        (b"\x1f\x8b\x08nonsense", "application/gzip", "other"),
        (b'{"a": 1}', "application/json", "other"),
    ],
)  # fmt: skip
def test_what_bytes_are(data: bytes, media_type: str, kind: str) -> None:
    assert kind_of(data, media_type) == kind


def found(html: str, url: str = URL) -> list[str]:
    return [offer.url for offer in offers(html.encode(), url)]


def test_a_declared_feed_has_its_absolute_address_type_and_title() -> None:
    page = f"<html><head>{ATOM}</head><body><a href='/rss'>RSS</a></body></html>".encode()
    assert offers(page, URL) == (
        Offer(
            url="https://mill.example/feed.atom",
            media_type="application/atom+xml",
            title="Mill news",
        ),
    )


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        # attributes in any order, quoted or not, in any case, with references
        ("<LINK HREF=feed TYPE=application/rss+xml REL=Alternate>", ["https://mill.example/news/feed"]),
        ("<link rel='home alternate' type='application/rss+xml; charset=utf-8' href='/f?a=1&amp;b=2'>", ["https://mill.example/f?a=1&b=2"]),
        ("<base href='https://cdn.example/x/'><link rel=alternate type=text/xml href=f.xml>", ["https://cdn.example/x/f.xml"]),
        ("<link rel=alternate type=application/feed+json href=//json.example/f>", ["https://json.example/f"]),
        # what is no feed
        ("<link rel=alternate type=application/json+oembed href=/o>", []),
        ("<link rel=alternate type=application/json href=/wp-json/1>", []),
        ("<link rel=alternate hreflang=de href=/de/>", []),
        ("<link rel='alternate stylesheet' type=text/xml href=/s.xml>", []),
        ("<link rel=alternate type=application/rss+xml href='javascript:x'>", []),
        ("<!-- <link rel=alternate type=application/rss+xml href=/old> -->", []),
        ("<script>var a = '<link rel=alternate type=application/rss+xml href=/js>'</script>", []),
        # links, where nothing is declared
        ("<a href=/blog/feed/>x</a><a href=/feed/me/this>x</a>", ["https://mill.example/blog/feed/"]),
        ("<a href=/a.rss>x</a><a href=/a.rss>again</a><a href=/news.xml>x</a>", ["https://mill.example/a.rss"]),
        ("<a href='/x' type='application/atom+xml'>x</a>", ["https://mill.example/x"]),
        ("<a href='http://['>x</a><a name=feed>x</a>", []),
    ],
)  # fmt: skip
def test_which_feeds_a_page_offers(html: str, wanted: list[str]) -> None:
    assert found(html) == wanted


@pytest.mark.parametrize(
    ("named", "chosen"),
    [
        ([("Comments", "/comments/feed"), ("News", "/feed")], "/feed"),
        ([("Comments", "/comments/feed")], "/comments/feed"),
        ([("News", "/feed.rss"), ("News", "/feed.atom")], "/feed.rss"),
        ([("News", "https://burner.example/x"), ("News", "https://www.mill.example/feed")], "https://www.mill.example/feed"),
        ([("Tag: flour", "/tag/flour/feed"), ("All", "/feed")], "/feed"),
        ([], None),
    ],
)  # fmt: skip
def test_the_best_feed_is_that_of_the_articles(
    named: list[tuple[str, str]], chosen: str | None
) -> None:
    offered = [
        Offer(url=url if "://" in url else f"https://mill.example{url}", title=title)
        for title, url in named
    ]
    one = best(offered, URL)
    assert (one and one.url.removeprefix("https://mill.example")) == chosen


OG = '<meta property="og:type" content="article">'
LISTED = '<script type="application/ld+json">{"@type": "ItemList", "x": [{"@type": "NewsArticle"}]}</script>'


@pytest.mark.parametrize(
    ("html", "path", "front"),
    [
        ("", "/", True),
        ("", "", True),
        ("", "/de/", True),
        ("", "/en-GB/index.html", True),
        (LISTED, "/", True),
        (OG, "/", False),
        ("", "/wind", False),
        ("<meta property='og:type' content='website'>", "/wind", False),
        ('<body class="home blog">', "/start", True),
        ('<body class="archive category">', "/c/flour", True),
        ('<body class="blog post">' + OG, "/c/flour", False),
        ('<body class="single single-post">', "/", False),
        ('<script type="application/ld+json">{"@graph":[{"@type":["CollectionPage"]}]}</script>' + OG, "/c", True),
        ('<script type="application/ld+json">{"@type":"BlogPosting","isPartOf":{"@type":"Blog"}}</script>', "/p", False),
        ('<script type="application/ld+json">{"@type":"Blog"}</script>', "/p", True),
        ('<script>var x = {"@type": "CollectionPage"}</script>', "/p", False),
    ],
)  # fmt: skip
def test_a_list_is_told_from_an_article(html: str, path: str, front: bool) -> None:
    assert is_front(html.encode(), f"https://mill.example{path}") is front


@pytest.mark.parametrize(
    "piece", ["<link ", "<a href='", '<a x="', "<!--", "<script>", "<body class=", "a='", "<script ", "<style>", '<link a="b" ', '<script type=application/ld+json>"@type":[', "<a b='c\""]
)  # fmt: skip
def test_hostile_pages_cost_linear_time(piece: str) -> None:
    page = (piece * (400_000 // len(piece))).encode()
    started = time.perf_counter()
    offers(page, URL)
    is_front(page, URL)
    assert time.perf_counter() - started < 10


@given(st.binary(max_size=400), st.sampled_from(["text/html", "text/plain", "", "application/xml"]))
def test_any_bytes_are_answered(data: bytes, media_type: str) -> None:
    assert kind_of(data, media_type) in ("feed", "sitemap", "page", "other")
    assert len(offers(data, URL, "utf-16")) <= 50
    assert is_front(data, URL, "no-such-charset") in (True, False)
