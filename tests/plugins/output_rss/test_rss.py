"""RSS 2.0: what the item and the channel say, as a reader's parser sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree
from seealso_output_rss import RssOutput, register_outputs
from seealso_sdk.model import Person
from seealso_sdk.plugin import Assembler, Output

from tests.plugins.feedsamples import (
    ARABIC,
    CONTEXT,
    CORRECTED,
    HUB,
    NEWS,
    QA,
    SAMPLES,
    TOMBSTONES,
    channel,
    entry,
    feed,
    with_title,
)
from tests.plugins.goldenfile import same_as_golden

RSS = RssOutput()
GOLDEN = Path(__file__).parent / "golden"
NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}


def item(*articles: Any, **changes: Any) -> Any:
    return etree.fromstring(feed(RSS, *articles, **changes)).find("channel/item")


def texts(element: Any, path: str) -> list[str]:
    return [found.text for found in element.findall(path, NAMES)]


def links(element: Any, rel: str) -> list[Any]:
    return [x for x in element.findall("atom:link", NAMES) if x.get("rel") == rel]


def test_the_plugin_registers_one_output_that_assembles() -> None:
    (output,) = register_outputs()
    assert isinstance(output, Output)
    assert isinstance(output, Assembler)
    assert (output.meta.fragment, output.meta.feed, output.meta.extension) == (True, True, "rss")


@pytest.mark.parametrize("name", list(SAMPLES))
def test_the_item_is_as_agreed(name: str) -> None:
    same_as_golden(GOLDEN / f"{name}.xml", RSS.render(SAMPLES[name], CONTEXT).body)


def test_the_feed_is_as_agreed() -> None:
    same_as_golden(GOLDEN / "feed.xml", feed(RSS))


def test_the_rendition_is_a_bare_item() -> None:
    body = RSS.render(QA, CONTEXT).body
    assert body.startswith(b"<item>")
    assert body.endswith(b"</item>")
    assert b"xmlns" not in body


def test_a_reader_gets_every_field() -> None:
    parsed = feedparser.parse(feed(RSS, QA, NEWS))
    assert not parsed.bozo
    head, (qa, news) = parsed.feed, parsed.entries
    assert (head.title, head.link) == ("Oral health & teeth", f"{HUB}/topics/oral-health")
    assert head.language == "en"
    assert qa.title == QA.title
    assert qa.link == CONTEXT.article_url(QA.id)
    assert qa.id == QA.guid
    assert qa.summary == QA.summary
    assert "When to worry" in qa.content[0].value
    assert {tag.term for tag in qa.tags} >= {"Oral health"}
    assert {tag.scheme for tag in qa.tags} == {f"{HUB}/topics"}
    assert "Lee Ferry" in [author.get("name") for author in news.authors]
    assert news.media_content[0]["url"] == "https://paper.example/bridge.jpg"
    assert news.published_parsed[:5] == (2024, 5, 6, 3, 30)
    assert news.updated_parsed[:5] == (2024, 5, 6, 7, 0)


def test_guid_is_no_permalink() -> None:
    (guid,) = item(QA).findall("guid")
    assert guid.get("isPermaLink") == "false"
    assert guid.text == QA.guid


def test_a_day_becomes_midnight_utc() -> None:
    assert texts(item(QA), "pubDate") == ["Tue, 05 Mar 2024 00:00:00 GMT"]


def test_an_article_without_a_date_has_the_day_the_hub_saw_it() -> None:
    assert texts(item(ARABIC), "pubDate") == ["Sat, 01 Jun 2024 00:00:00 GMT"]


def test_updated_moves_with_a_correction_and_not_with_the_import() -> None:
    assert texts(item(CORRECTED), "atom:updated") == ["2024-02-01T09:00:10Z"]
    assert texts(item(QA), "atom:updated") == ["2024-03-05T00:00:00Z"]


def test_authors_are_dc_creators_without_mail_addresses() -> None:
    made = item(NEWS)
    assert texts(made, "dc:creator") == ["Lee Ferry", "Jo Ann O'Dell"]
    assert made.find("author") is None


def test_the_summary_stands_before_the_full_content() -> None:
    tags = [child.tag for child in item(QA)]
    assert tags.index("description") < tags.index(f"{{{NAMES['content']}}}encoded")


def test_without_a_summary_the_description_is_the_beginning_of_the_text() -> None:
    long = replace(QA, summary="", body_text="Lorem ipsum " * 100)
    (description,) = texts(item(long), "description")
    assert description.startswith("Lorem ipsum")
    assert description.endswith("…")
    assert len(description) <= 300


def test_the_summary_is_text_and_not_markup() -> None:
    made = item(replace(QA, summary="Use <b> & not <strong>"))
    assert texts(made, "description") == ["Use &lt;b&gt; &amp; not &lt;strong&gt;"]


def test_the_title_writes_ampersand_and_less_than_by_number() -> None:
    raw = RSS.render(QA, CONTEXT).body
    assert b"R&#x26;D says &#x3C; 5" in raw
    assert b"&amp;" not in raw.partition(b"<![CDATA[")[0]


def test_a_title_with_a_tag_is_shown_and_not_obeyed() -> None:
    assert texts(item(with_title("What does <b>bold</b> mean?")), "title") == [
        "What does ‹b›bold‹/b› mean?"
    ]


def test_no_enclosure_without_a_known_length() -> None:
    made = item(NEWS)
    assert made.find("enclosure") is None
    picture, film, plan = made.findall("media:content", NAMES)
    assert dict(picture.attrib) == {
        "url": "https://paper.example/bridge.jpg",
        "type": "image/jpeg",
        "medium": "image",
        "width": "1200",
        "height": "800",
    }
    assert texts(picture, "media:credit") == ["K. Lens"]
    assert texts(picture, "media:description") == ["A tram"]
    assert (film.get("medium"), plan.get("medium")) == ("video", "document")


def test_origin_and_rights_are_kept() -> None:
    made = item(QA)
    assert texts(made, "dc:publisher") == ["Example Clinic"]
    assert texts(made, "dc:source") == [QA.canonical_url]
    assert [link.get("href") for link in links(made, "via")] == [QA.canonical_url]
    assert texts(made, "dc:rights") == ["Example Clinic — CC BY 4.0"]
    assert links(made, "license")[0].get("href").startswith("https://creativecommons.org")
    assert made.find("source") is None  # it needs the address of a feed, which isn't known


def test_categories_carry_the_scheme() -> None:
    made = item(QA)
    assert [(c.text, c.get("domain")) for c in made.findall("category")] == [
        ("Oral health", f"{HUB}/topics"),
        ('R&D "lab" <new>', f"{HUB}/topics"),
    ]


def test_related_links_are_atom_links() -> None:
    related = links(item(QA), "related")
    assert related[0].get("href") == f"{HUB}/articles/aother?x=1&y=2"
    assert related[0].get("title") == "Sensitive teeth & gums"
    assert related[1].get("href") == f"{HUB}/topics/%D9%82%D9%88%D8%B3"


def test_the_head_has_self_paging_hub_and_related_topics() -> None:
    head = etree.fromstring(feed(RSS, QA)).find("channel")
    (own,) = links(head, "self")
    assert (own.get("href"), own.get("type")) == (
        f"{HUB}/topics/oral-health/feed.rss",
        "application/rss+xml",
    )
    assert links(head, "next")[0].get("href").endswith("?before=42&limit=5")
    assert len(links(head, "first")) == 1
    assert not links(head, "previous")
    assert links(head, "hub")[0].get("href") == "https://push.example/hub"
    assert [link.get("title") for link in links(head, "related")] == ["Gums & more", "قوس"]


def test_last_build_date_is_the_newest_change() -> None:
    head = etree.fromstring(feed(RSS, QA)).find("channel")
    assert texts(head, "lastBuildDate") == ["Sun, 02 Jun 2024 10:00:00 GMT"]


def test_a_feed_in_which_nothing_has_happened_has_no_date() -> None:
    assert b"lastBuildDate" not in RSS.assemble(channel(updated=""), [])
    assert b"lastBuildDate" not in RSS.assemble(channel(updated="1970-01-01T00:00:00Z"), [])


def test_a_withdrawn_article_leaves_no_trace() -> None:
    document = feed(RSS, QA, tombstones=TOMBSTONES)
    assert b"deleted" not in document
    assert TOMBSTONES[0].guid.encode() not in document


def test_an_unknown_language_is_left_out() -> None:
    document = RSS.assemble(channel(language="not a tag"), [entry(RSS, replace(QA, language="?"))])
    assert b"<language>" not in document
    assert b"dc:language" not in document


def test_a_person_without_a_name_is_left_out() -> None:
    assert texts(item(replace(QA, authors=(Person("  "), Person("A")))), "dc:creator") == ["A"]
