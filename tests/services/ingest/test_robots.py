"""robots.txt by RFC 9309: what may be followed, how fast, and what holds without the file."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_ingest import fetch, robots
from seealso_ingest.fetch import Fetched, FetchError
from seealso_ingest.manners import KEEP_SECONDS, TROUBLE_SECONDS, Manners

SITE = "https://mill.example"


def may(text: str, path: str) -> bool:
    return robots.read(text.encode()).may(SITE + path)


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /", "", False),
        # the longest match, whatever the order; equal ones allow (section 2.2.2)
        ("User-agent: *\nDisallow: /\nAllow: /news/", "/news/1", True),
        ("User-agent: *\nAllow: /news/\nDisallow: /", "/news/1", True),
        ("User-agent: *\nAllow: /news\nDisallow: /news/old", "/news/old/1", False),
        ("User-agent: *\nDisallow: /page\nAllow: /page", "/page", True),
        # special characters (section 2.2.3)
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("User-agent: *\nDisallow: /*/print/", "/de/print/1", False),
        ("User-agent: *\nAllow: /$\nDisallow: /", "/", True),
        ("User-agent: *\nAllow: /$\nDisallow: /", "/x", False),
        # escapes mean what they stand for
        ("User-agent: *\nDisallow: /%C3%BC", "/ü", False),
        ("User-agent: *\nDisallow: /~ann/", "/%7Eann/1", False),
        ("User-agent: *\nDisallow: /A", "/a", True),  # paths have a case
        # groups (section 2.2.1): one's own before the star, several of one name are one
        ("User-agent: *\nDisallow: /\n\nUser-agent: SeeAlso\nAllow: /", "/a", True),
        ("User-agent: seealso\nDisallow: /a\n\nUser-agent: seealso\nDisallow: /b", "/b", False),
        ("User-agent: other\nUser-agent: seealso\nDisallow: /a", "/a", False),
        ("User-agent: seealso-images\nDisallow: /", "/a", True),
        ("User-agent: also\nDisallow: /", "/a", True),
        ("User-agent: seealso\nSitemap: https://mill.example/s.xml\nDisallow: /a", "/a", False),
        # what people write
        ("\ufeffuser-AGENT : *  # all\r\ndisallow: /a # not this\r\n", "/a", False),
        ("Disallow: /a", "/a", True),  # in no group
        ("<html><body>Not found</body></html>", "/a", True),
    ],
)
def test_what_a_file_lets_us_follow(text: str, path: str, allowed: bool) -> None:
    assert may(text, path) is allowed


def test_the_token_is_that_of_the_user_agent_that_we_send() -> None:
    assert fetch.USER_AGENT.lower().startswith(f"{robots.AGENT}/")


@pytest.mark.parametrize(
    ("line", "pause"),
    [
        ("", 1.0),
        ("Crawl-delay: 10", 10.0),
        ("Crawl-delay: 0", 1.0),
        ("Crawl-delay: 86400", 60.0),
        ("Crawl-delay: 1e400", 1.0),
        ("Crawl-delay: -3", 1.0),
        ("Crawl-delay: soon", 1.0),
    ],
)
def test_the_pause_is_the_sites_wish_within_bounds(line: str, pause: float) -> None:
    assert robots.read(f"User-agent: *\n{line}\n".encode()).pause == pause


def test_the_sitemaps_are_those_of_the_whole_file_each_once_and_not_too_many() -> None:
    many = "".join(f"Sitemap: {SITE}/{n}.xml\n" for n in (0, 0, *range(100)))
    found = robots.read(f"User-agent: other\nDisallow: /\n{many}".encode()).sitemaps
    assert found[:2] == (f"{SITE}/0.xml", f"{SITE}/1.xml")
    assert len(found) == 20


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        (404, True),
        (401, True),
        (403, True),
        (410, True),
        (429, False),
        (500, False),
        (503, False),
        (None, False),
    ],
)
def test_without_the_file_all_is_allowed_and_in_trouble_nothing(
    status: int | None, allowed: bool
) -> None:
    assert robots.without_file(status).may(f"{SITE}/a") is allowed


def test_half_a_megabyte_counts_and_a_rule_that_is_cut_does_not() -> None:
    head = b"User-agent: *\nDisallow: /first\n"
    filler = b"# " + b"x" * 997 + b"\n"
    body = head + filler * ((robots.MAX_BYTES - len(head)) // len(filler))
    body += b"#" * (robots.MAX_BYTES - len(body) - 12) + b"\nDisallow: /secret/only/this\n"
    assert body[: robots.MAX_BYTES].endswith(b"\nDisallow: /")
    rules = robots.read(body + b"Disallow: /late\n")
    assert not rules.may(f"{SITE}/first")
    assert rules.may(f"{SITE}/other")
    assert rules.may(f"{SITE}/late")


def test_a_hostile_file_costs_linear_time() -> None:
    stars = ("User-agent: *\n" + "Disallow: /" + "*a" * 2000 + "$\n").encode()
    started = time.perf_counter()
    assert robots.read(stars).may(f"{SITE}/{'a' * 4000}b")
    many = b"User-agent: *\n" + b"Disallow: /*a*b*c$\n" * 26_000
    assert robots.read(many).may(f"{SITE}/{'ab' * 1000}")
    assert time.perf_counter() - started < 15


@given(st.binary(max_size=300), st.text(max_size=50))
def test_any_bytes_are_rules_and_any_text_is_answered(data: bytes, path: str) -> None:
    assert robots.read(data).may(f"{SITE}/{path}") in (True, False)
    assert robots.read(b"User-agent: *\nDisallow: /\n" + b"").may(path) in (True, False)


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("https://Mill.example/a/b?c", "https://mill.example/robots.txt"),
        ("http://mill.example:8080/", "http://mill.example:8080/robots.txt"),
        ("https://user:pw@mill.example/", "https://mill.example/robots.txt"),
    ],
)
def test_each_scheme_host_and_port_has_a_file_of_its_own(url: str, where: str) -> None:
    assert robots.address(url) == where


# --- asked, and remembered -----------------------------------------------------------------------


class Sites:
    """Answers for robots.txt as a test wants it, and a clock."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.asked: list[str] = []
        self.answer: bytes | FetchError = b""

    def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        if isinstance(self.answer, FetchError):
            raise self.answer
        return Fetched(url=url, data=self.answer, media_type="text/plain", charset=None)

    def manners(self) -> Manners:
        return Manners(self.fetch, now=lambda: self.at)


def error(code: str, status: int | None = None) -> FetchError:
    return FetchError(f"{SITE}/robots.txt", code, "no", status=status)


def test_a_file_is_asked_for_once_a_day() -> None:
    sites = Sites()
    sites.answer = b"User-agent: *\nDisallow: /a"
    manners = sites.manners()
    assert [manners.may(f"{SITE}{path}") for path in ("/a", "/b", "/c")] == [False, True, True]
    sites.at += KEEP_SECONDS - 1
    manners.may(f"{SITE}/a")
    assert sites.asked == [f"{SITE}/robots.txt"]
    sites.at += 2
    manners.may(f"{SITE}/a")
    assert len(sites.asked) == 2


def test_a_site_in_trouble_is_left_alone_and_asked_again_soon() -> None:
    sites = Sites()
    sites.answer = error("status", 503)
    manners = sites.manners()
    assert not manners.may(f"{SITE}/b")
    sites.answer = error("status", 404)
    assert not manners.may(f"{SITE}/b")
    sites.at += TROUBLE_SECONDS + 1
    assert manners.may(f"{SITE}/b")


def test_a_site_in_trouble_keeps_the_rules_that_it_had() -> None:
    sites = Sites()
    sites.answer = b"User-agent: *\nDisallow: /a"
    manners = sites.manners()
    manners.may(f"{SITE}/a")
    sites.at += KEEP_SECONDS + 1
    sites.answer = error("unreachable")
    assert manners.may(f"{SITE}/b")
    assert not manners.may(f"{SITE}/a")


def test_too_many_redirects_are_no_file_and_a_file_behind_the_guard_allows_nothing() -> None:
    sites = Sites()
    sites.answer = error("redirects")
    assert sites.manners().may(f"{SITE}/a")
    sites.answer = error("refused")
    assert not sites.manners().may(f"{SITE}/a")


def test_a_site_is_asked_no_faster_than_it_wants_and_others_do_not_wait_for_it() -> None:
    sites = Sites()
    sites.answer = b"User-agent: *\nCrawl-delay: 5"
    manners = sites.manners()
    assert manners.turn(f"{SITE}/1") == 0.0
    assert manners.turn(f"{SITE}/2") == 5.0
    assert manners.turn("https://other.example/") == 0.0
    sites.at += 2
    assert manners.turn(f"{SITE}/2") == 3.0
    sites.at += 3
    assert manners.turn(f"{SITE}/2") == 0.0


def test_what_is_no_url_is_never_followed() -> None:
    manners = Sites().manners()
    assert not manners.may("https://[")
    assert not manners.may("nowhere")
