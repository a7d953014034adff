"""feedgen's defects as they concern RSS: each is either unseen in our feeds, or still there.

A test that ends in ``_still`` fails when feedgen has mended the defect: its work-around in
seealso_output_rss can then go.
"""

from __future__ import annotations

import locale
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from feedgen.feed import FeedGenerator
from feedgen.util import formatRFC2822
from lxml import etree
from seealso_output_rss import RssOutput

from tests.plugins.feedsamples import CONTEXT, NEWS, QA, channel, feed, with_title

RSS = RssOutput()
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def plain() -> Any:
    """A feed as feedgen's documentation makes one."""
    made = FeedGenerator()
    made.title("T")
    made.description("D")
    made.link(href="https://site.example/", rel="alternate")
    return made


def head(made: Any) -> Any:
    return etree.fromstring(made.rss_str()).find("channel")


def test_the_channel_link_becomes_the_last_link_given_still(plain: Any) -> None:
    plain.link(href="https://push.example/hub", rel="hub")
    assert head(plain).findtext("link") == "https://push.example/hub"


def test_our_channel_link_is_the_page() -> None:
    document = etree.fromstring(feed(RSS, QA))
    assert document.findtext("channel/link") == channel().url


def test_hub_and_paging_links_are_lost_still(plain: Any) -> None:
    for rel in ("hub", "next", "prev-archive"):
        plain.link(href=f"https://site.example/{rel}", rel=rel)
    plain.link(href="https://site.example/", rel="alternate")
    assert head(plain).findall(f"{ATOM}link") == []


def test_last_build_date_is_now_still(plain: Any) -> None:
    said = head(plain).findtext("lastBuildDate")
    now = datetime.now(tz=UTC)
    assert abs((parsedate_to_datetime(said) - now).total_seconds()) < 60


def test_entries_are_put_first_still(plain: Any) -> None:
    for title in ("one", "two"):
        plain.add_entry().title(title)
    titles = [item.findtext("title") for item in head(plain).findall("item")]
    assert titles == ["two", "one"]


def test_our_items_keep_their_order() -> None:
    document = etree.fromstring(feed(RSS, with_title("one", 1), with_title("two", 2)))
    assert [item.findtext("title") for item in document.iter("item")] == ["one", "two"]


def test_an_author_without_mail_is_dropped_still(plain: Any) -> None:
    entry = plain.add_entry()
    entry.title("t")
    entry.author({"name": "Lee Ferry"})
    assert b"Lee Ferry" not in plain.rss_str()


def test_our_author_without_mail_is_there() -> None:
    assert b"<dc:creator>Lee Ferry</dc:creator>" in feed(RSS, NEWS)


@pytest.mark.parametrize("text", ["a\x01b", "a\x00b", "a\ufffeb"])
def test_one_control_character_kills_the_whole_feed_still(plain: Any, text: str) -> None:
    plain.add_entry().title(text)
    with pytest.raises(ValueError, match="XML compatible"):
        plain.rss_str()
    assert b"ab" in feed(RSS, with_title(text))


def test_one_lone_surrogate_kills_the_whole_feed_still(plain: Any) -> None:
    plain.add_entry().title("a\ud800b")
    with pytest.raises(UnicodeEncodeError):
        plain.rss_str()
    assert b"ab" in feed(RSS, with_title("a\ud800b"))


def test_a_cdata_end_in_our_content_stays_in_one_section() -> None:
    raw = RSS.render(replace(QA, body_html="<p>a ]]> b</p>"), CONTEXT).body
    assert raw.count(b"<![CDATA[") == raw.count(b"]]>") == 1
    assert b"a ]]&gt; b" in raw


def test_naive_dates_raise_still(plain: Any) -> None:
    with pytest.raises(ValueError, match="timezone"):
        plain.add_entry().pubDate("2024-03-05")


def test_dates_touch_the_locale_still_and_ours_never(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    real = locale.setlocale

    def counted(*arguments: Any) -> str:
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(locale, "setlocale", counted)
    formatRFC2822(datetime(2024, 3, 5, tzinfo=UTC))
    assert len(calls) == 3
    calls.clear()
    document = feed(RSS, QA)
    assert b"<pubDate>Tue, 05 Mar 2024 00:00:00 GMT</pubDate>" in document
    assert calls == []


def test_the_media_extension_has_no_credit_still(plain: Any) -> None:
    plain.load_extension("media")
    entry = plain.add_entry()
    assert not hasattr(entry.media, "credit")
    assert not hasattr(entry.media, "description")


def test_ours_needs_no_text_input_and_one_enclosure_at_most() -> None:
    document = feed(RSS, QA, NEWS)
    assert b"textInput" not in document
    assert b"<enclosure" not in document


def test_titles_are_never_escaped_twice() -> None:
    assert RSS.render(with_title("A & B"), CONTEXT).body.count(b"A &#x26; B") == 1
