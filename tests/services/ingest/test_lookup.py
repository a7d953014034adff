"""An address that a person names: the article, the feed of a list, the sitemap of a site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from seealso_ingest.fetch import Fetched, FetchError, fetch
from seealso_ingest.lookup import NoFeed, Want, look

from tests.services.ingest.test_fetch import send, site

RSS = b"<?xml version='1.0'?><rss version='2.0'><channel><title>Mill</title></channel></rss>"
SITEMAP = b"<urlset><url><loc>https://mill.example/a</loc></url></urlset>"
LINK = '<link rel="alternate" type="application/rss+xml" title="News" href="/feed">'
HOME = f"<html><head><title>Mill</title>{LINK}</head><body>x</body></html>".encode()
BARE = b"<html><head><title>Mill</title></head><body>x</body></html>"
ARTICLE = HOME.replace(b"<title>", b'<meta property="og:type" content="article"><title>')

Pages = dict[str, tuple[str, bytes]]
Look = Callable[..., object]


@contextmanager
def served(pages: Pages) -> Iterator[tuple[str, list[str]]]:
    """A site of these pages; its address, and the paths that were asked for."""
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        kind, body = pages.get(handler.path, ("text/plain", b""))
        send(handler, body, 200 if body else 404, Content_Type=kind)

    with site(answer) as url:
        yield url, asked


def get(url: str) -> Fetched:
    return fetch(url, allow_private=True)


@pytest.mark.parametrize(
    ("path", "body", "want", "kind", "ends"),
    [
        ("/wind", ARTICLE, "any", "page", "/wind"),
        ("/wind", HOME, "any", "page", "/wind"),
        ("/", HOME, "any", "feed", "/feed"),
        ("/", HOME, "page", "page", "/"),
        ("/wind", ARTICLE, "feed", "feed", "/feed"),
        ("/list", HOME.replace(b"<body>", b"<body class='archive'>"), "any", "feed", "/feed"),
    ],
)
def test_an_article_is_taken_as_it_is_and_of_a_list_its_feed(
    path: str, body: bytes, want: Want, kind: str, ends: str
) -> None:
    pages: Pages = {path: ("text/html", body), "/feed": ("application/rss+xml", RSS)}
    with served(pages) as (url, _):
        found = look(url + path, get, want)
        assert (found.kind, found.answer.url) == (kind, url + ends)
        assert bool(found.said) == (kind == "feed")
        if found.said:
            assert f"{url}/feed (News)" in found.said


@pytest.mark.parametrize(
    ("body", "kind"), [(RSS, "feed"), (SITEMAP, "sitemap"), (b"%PDF-1.7\0", "other")]
)
def test_what_is_no_page_is_taken_as_it_is(body: bytes, kind: str) -> None:
    with served({"/": ("application/octet-stream", body)}) as (url, asked):
        found = look(url + "/", get)
    assert (found.kind, found.said, asked) == (kind, "", ["/"])


def test_a_feed_that_can_not_be_had_gives_way_to_the_next_one() -> None:
    links = LINK.replace("/feed", "/gone") + LINK.replace("/feed", "/page") + LINK
    home = HOME.replace(LINK.encode(), links.encode())
    pages: Pages = {
        "/": ("text/html", home),
        "/feed": ("text/xml", RSS),
        "/page": ("text/xml", BARE),
    }
    with served(pages) as (url, asked):
        assert look(url + "/", get).answer.data == RSS
    assert asked == ["/", "/gone", "/page", "/feed"]


def test_a_list_without_a_feed_leads_to_the_sitemap_that_robots_txt_names() -> None:
    pages: Pages = {"/": ("text/html", BARE), "/maps/all.xml": ("text/xml", SITEMAP)}
    with served(pages) as (url, _):
        pages["/robots.txt"] = ("text/plain", f"Sitemap: {url}/maps/all.xml".encode())
        found = look(url + "/", get)
        assert (found.kind, found.answer.url) == ("sitemap", f"{url}/maps/all.xml")
        assert f"{url}/maps/all.xml" in found.said


def test_or_to_the_one_in_the_usual_place() -> None:
    pages: Pages = {"/": ("text/html", BARE), "/sitemap.xml": ("text/xml", SITEMAP)}
    with served(pages) as (url, _):
        assert look(url + "/", get).kind == "sitemap"


def test_a_page_of_the_root_that_leads_nowhere_is_taken_itself() -> None:
    with served({"/": ("text/html", BARE)}) as (url, asked):
        found = look(url + "/", get)
    assert (found.kind, found.answer.data, found.said) == ("page", BARE, "")
    assert asked == ["/", "/robots.txt", "/sitemap.xml"]


def test_a_robots_txt_sends_nobody_to_other_schemes_or_on_for_long() -> None:
    many = "".join(f"Sitemap: /{n}.xml\nSitemap: file:///etc/{n}\n" for n in range(50))
    pages: Pages = {"/": ("text/html", BARE), "/robots.txt": ("text/plain", many.encode())}
    with served(pages) as (url, asked):
        pages["/robots.txt"] = ("text/plain", many.replace(": /", f": {url}/").encode())
        look(url + "/", get)
    assert asked == ["/", "/robots.txt", "/0.xml", "/1.xml", "/2.xml"]


def test_where_a_feed_is_wanted_and_there_is_none_it_is_said() -> None:
    with served({"/wind": ("text/html", BARE)}) as (url, _):
        with pytest.raises(NoFeed, match="Give the feed's address"):
            look(f"{url}/wind", get, "feed")


def test_an_address_that_can_not_be_had_is_the_fetchs_error() -> None:
    with served({}) as (url, _):
        with pytest.raises(FetchError, match="404"):
            look(f"{url}/wind", get)
