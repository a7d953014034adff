"""Sitemaps in: which pages they lead to, what the options choose, and what is refused."""

from __future__ import annotations

import gzip
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_sdk import Lead, Piece, Problem, RawInput, Reject, SourceContext
from seealso_sdk.testing import SourceConformance
from seealso_source_sitemap import MAX_LEADS, SitemapSource, register_sources

URL = "https://dune.example/sitemap.xml"
NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
 xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc> https://dune.example/wind?a=1&amp;b=2 </loc><lastmod>2024-04-09T10:00:00+02:00</lastmod>
 <image:image><image:loc>https://dune.example/wind.jpg</image:loc><image:title>A grain</image:title></image:image>
 <news:news><news:publication><news:name>Dune</news:name><news:language>en</news:language></news:publication>
  <news:publication_date>2024-04-08</news:publication_date><news:title>How wind sorts sand</news:title></news:news></url>
<url><loc>https://dune.example/de/wind</loc>
 <xhtml:link rel="alternate" hreflang="en" href="https://dune.example/wind"/>
 <news:news><news:publication><news:name>Düne</news:name><news:language>de-AT</news:language></news:publication>
  <news:publication_date>2024-04-07T06:00Z</news:publication_date><news:title>Wie Wind Sand sortiert</news:title></news:news></url>
<url><loc>https://dune.example/about/</loc><changefreq>yearly</changefreq><priority>0.1</priority></url>
<url><loc>https://dune.example/old</loc><lastmod>2019</lastmod></url>
</urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://dune.example/s/1.xml.gz</loc><lastmod>2024-04-09</lastmod></sitemap>
<sitemap><loc>https://dune.example/s/2.xml.gz</loc><lastmod>2020-01-01</lastmod></sitemap>
<sitemap><loc>https://dune.example/s/3.xml.gz</loc></sitemap></sitemapindex>"""


def read(data: str | bytes, url: str | None = URL, **options: str) -> Sequence[Piece]:
    raw = RawInput(data=data.encode() if isinstance(data, str) else data, url=url)
    return SitemapSource().read(raw, SourceContext(options=options))


def urls(pieces: Sequence[Piece]) -> list[str]:
    return [
        piece.url.removeprefix("https://dune.example")
        for piece in pieces
        if isinstance(piece, Lead)
    ]


def urlset(*entries: tuple[str, str]) -> str:
    body = "".join(f"<url><loc>{loc}</loc><lastmod>{day}</lastmod></url>" for loc, day in entries)
    return f"<urlset>{body}</urlset>"


class TestConformance(SourceConformance):
    source = SitemapSource()
    examples = (RawInput(data=NEWS.encode(), url=URL), RawInput(data=INDEX.encode(), url=URL))


def test_a_page_leads_with_its_last_change_and_the_title_of_the_news_extension() -> None:
    wind, german, about, old = read(NEWS)
    assert wind == Lead(
        url="https://dune.example/wind?a=1&b=2",
        modified="2024-04-09T10:00:00+02:00",
        title="How wind sorts sand",
    )
    assert isinstance(german, Lead)
    assert (german.modified, german.title) == (
        "2024-04-07T06:00:00+00:00",
        "Wie Wind Sand sortiert",
    )
    assert about == Lead(url="https://dune.example/about/")
    assert old == Lead(url="https://dune.example/old")  # a year is no day: not invented


def test_addresses_of_pictures_and_translations_are_no_pages() -> None:
    assert urls(read(NEWS)) == ["/wind?a=1&b=2", "/de/wind", "/about/", "/old"]


def test_an_index_leads_to_its_sitemaps_and_since_leaves_out_what_has_not_changed() -> None:
    found = read(INDEX)
    assert [(lead.rel, lead.modified) for lead in found if isinstance(lead, Lead)] == [
        ("list", "2024-04-09"), ("list", "2020-01-01"), ("list", None)
    ]  # fmt: skip
    assert urls(read(INDEX, since="2023-01-01")) == ["/s/1.xml.gz", "/s/3.xml.gz"]
    assert len(read(INDEX, newest="1")) == 3  # the newest pages may be in any of them


def test_the_same_sitemap_packed_or_in_utf_16_or_without_a_namespace_leads_to_the_same() -> None:
    wanted = read(NEWS)
    wide = NEWS.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    bare = NEWS.replace(' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', "")
    assert read(gzip.compress(NEWS.encode())) == wanted
    assert read(wide) == wanted
    assert read(bare) == wanted


def test_a_text_sitemap_has_an_address_a_line() -> None:
    found = read("\ufeffhttps://dune.example/a\r\n\r\nhttps://dune.example/b\nnonsense\n", None)
    assert urls(found) == ["/a", "/b"]
    assert isinstance(found[-1], Problem)
    assert found[-1].code == "url-invalid"


PAGES = urlset(
    ("https://dune.example/news/a", "2024-04-09"),
    ("https://dune.example/news/b?print=1", "2024-04-07"),
    ("https://dune.example/shop/c", "2024-04-08"),
    ("https://dune.example/news/[d]", "2024-04-06"),
)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"include": "/news/"}, ["/news/a", "/news/b?print=1", "/news/%5Bd%5D"]),
        ({"include": "https://dune.example/shop/, /news/a"}, ["/news/a", "/shop/c"]),
        ({"include": "/news/", "exclude": "*?print=*"}, ["/news/a", "/news/%5Bd%5D"]),
        ({"exclude": "*/news/*"}, ["/shop/c"]),
        ({"since": "2024-04-08"}, ["/news/a", "/shop/c"]),
        ({"newest": "2"}, ["/news/a", "/shop/c"]),
        ({"newest": "1", "include": "/shop/"}, ["/shop/c"]),
        ({"newest": "0"}, ["/news/a", "/news/b?print=1", "/shop/c", "/news/%5Bd%5D"]),
    ],
)
def test_options_choose_the_pages(options: dict[str, str], wanted: list[str]) -> None:
    assert urls(read(PAGES, **options)) == wanted


def test_a_language_is_chosen_where_the_sitemap_says_one() -> None:
    assert urls(read(NEWS, language="de")) == ["/de/wind", "/about/", "/old"]


def test_the_newest_are_by_instant_and_undated_pages_come_after_dated_ones() -> None:
    text = urlset(
        ("https://dune.example/undated", ""),
        ("https://dune.example/early", "2024-04-09T01:00:00+10:00"),
        ("https://dune.example/late", "2024-04-08T23:00:00-05:00"),
    )
    assert urls(read(text, newest="1")) == ["/late"]
    assert urls(read(text, newest="2")) == ["/early", "/late"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("since", "last week"),
        ("newest", "-3"),
        ("newest", "٣"),
        ("include", "/a*b*c*d*e*f"),
        ("exclude", "x " * 60),
    ],
)
def test_an_option_that_can_not_be_read_is_named(option: str, value: str) -> None:
    with pytest.raises(Reject, match=f"option {option}: "):
        read(PAGES, **{option: value})


def test_pages_of_another_host_are_left_out_unless_the_operator_names_it() -> None:
    text = urlset(
        ("https://www.dune.example/a", ""),
        ("https://victim.example/b", ""),
        ("http://10.0.0.1/c", ""),
    )
    found = read(text)
    assert urls(found) == ["https://www.dune.example/a"]
    assert [p.code for p in found if isinstance(p, Problem)] == ["url-foreign", "url-foreign"]
    assert len(urls(read(text, hosts="victim.example"))) == 2


@pytest.mark.parametrize(
    "host", ["[2001:db8::1]", "[2001:db8::1]:8080", "dune.example:8080", "DUNE.example"]
)
def test_a_host_is_the_same_with_and_without_its_port(host: str) -> None:
    text = urlset((f"http://{host}/a", ""))
    assert len(read(text, f"http://{host.lower()}/map.xml")) == 1
    assert not urls(read(text, "http://[2001:db8::2]/map.xml"))


@pytest.mark.parametrize(
    "loc", ["", "javascript:alert(1)", "ftp://dune.example/a", "https://", "file:///etc/passwd"]
)
def test_an_entry_without_a_web_address_is_a_problem_and_the_others_count(loc: str) -> None:
    found = read(urlset((loc, ""), ("https://dune.example/a", "")), None)
    assert urls(found) == ["/a"]
    assert [p.code for p in found if isinstance(p, Problem)] == ["url-invalid"]


def test_an_address_that_stands_twice_leads_once() -> None:
    assert urls(
        read(urlset(("https://dune.example/a", "2024-01-01"), ("https://dune.example/a", "")))
    ) == ["/a"]


def test_a_sitemap_that_breaks_off_leads_to_the_pages_before() -> None:
    found = read(NEWS[: NEWS.index("/old")])
    assert urls(found) == ["/wind?a=1&b=2", "/de/wind", "/about/"]
    assert isinstance(found[-1], Problem)
    assert found[-1].code == "sitemap-broken"
    assert found[-1].detail.startswith("the sitemap breaks off after 3 entries: ")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"<rss version='2.0'/>", "source `feed`"),
        (b"<html><body>404</body></html>", "root is 'html'"),
        (b"<!DOCTYPE urlset [<!ENTITY a 'b'>]><urlset><url><loc>&a;</loc></url></urlset>", "DTD"),
        (b"<urlset>" + b"<a>" * 100, "deep"),
        (b"< urlset", "XML"),
        (gzip.compress(b"<urlset/>", mtime=0)[:-4], "in the middle"),
        (b"\x1f\x8bnothing of the kind", "damaged"),
        (gzip.compress(b" " * (51 * 2**20), mtime=0), "50 MB"),
    ],
)
def test_what_is_no_sitemap_is_refused_with_the_reason(data: bytes, word: str) -> None:
    with pytest.raises(Reject, match=word):
        read(data)


def test_nothing_outside_the_document_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://dune.example/secret")
    text = f'<!DOCTYPE urlset SYSTEM "{secret.as_uri()}"><urlset><url><loc>&s;</loc></url></urlset>'
    found = read(text)
    assert "secret" not in str(found)


def test_more_entries_than_the_protocol_allows_are_cut_and_told_in_linear_time() -> None:
    text = urlset(*((f"https://dune.example/{n}", "2024-04-09") for n in range(MAX_LEADS + 5)))
    started = time.perf_counter()
    found = read(text, include="/1 /2 /3 /4 /5 /6 /7 /8 /9 /0", newest="49000")
    assert time.perf_counter() - started < 20
    assert len(urls(found)) == 49_000
    assert isinstance(found[-1], Problem)
    assert found[-1].code == "sitemap-too-long"


def test_a_thousand_bad_entries_are_twenty_problems_and_a_count() -> None:
    found = read(urlset(*(("x:", ""),) * 1000), None)
    assert len(found) == 21
    assert isinstance(found[-1], Problem)
    assert found[-1].detail.startswith("980 more")


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"<urlset>", b"<sitemapindex><sitemap>", b"\x1f\x8b"]),
)
def test_any_bytes_are_answered(data: bytes, head: bytes) -> None:
    with suppress(Reject):
        assert all(isinstance(piece, Lead | Problem) for piece in read(head + data))


def test_the_hook_gives_the_source_which_may_watch_an_address() -> None:
    (source,) = register_sources()
    assert source.meta.places == ("url",)
