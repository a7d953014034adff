"""Atom 1.0: what the entry, the feed and its tombstones say, as a reader's parser sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree
from seealso_output_atom import AtomOutput, register_outputs
from seealso_sdk.model import Link, Publisher, Tombstone
from seealso_sdk.plugin import Assembler, Output

from tests.plugins.feedcheck import check_atom
from tests.plugins.feedsamples import (
    ARABIC,
    CONTEXT,
    CORRECTED,
    HUB,
    NEWS,
    QA,
    SAMPLES,
    SPANISH,
    TOMBSTONES,
    channel,
    entry,
    feed,
    with_title,
)
from tests.plugins.goldenfile import same_as_golden

ATOM = AtomOutput()
GOLDEN = Path(__file__).parent / "golden"
A = "{http://www.w3.org/2005/Atom}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def root(*articles: Any, **changes: Any) -> Any:
    return etree.fromstring(feed(ATOM, *articles, **changes))


def only(*articles: Any) -> Any:
    return root(*articles).find(f"{A}entry")


def links(element: Any, rel: str) -> list[Any]:
    return [x for x in element.findall(f"{A}link") if x.get("rel") == rel]


def test_the_plugin_registers_one_output_that_assembles() -> None:
    (output,) = register_outputs()
    assert isinstance(output, Output)
    assert isinstance(output, Assembler)
    assert (output.meta.fragment, output.meta.feed, output.meta.extension) == (True, True, "atom")


@pytest.mark.parametrize("name", list(SAMPLES))
def test_the_entry_is_as_agreed(name: str) -> None:
    same_as_golden(GOLDEN / f"{name}.xml", ATOM.render(SAMPLES[name], CONTEXT).body)


def test_the_feed_is_as_agreed() -> None:
    same_as_golden(GOLDEN / "feed.xml", feed(ATOM, tombstones=TOMBSTONES))


def test_the_rendition_is_a_bare_entry() -> None:
    body = ATOM.render(QA, CONTEXT).body
    assert body.startswith(b"<entry")
    assert body.endswith(b"</entry>")
    assert b"xmlns" not in body


def test_a_reader_gets_every_field() -> None:
    parsed = feedparser.parse(feed(ATOM, QA, NEWS))
    assert not parsed.bozo
    head, (qa, news) = parsed.feed, parsed.entries
    assert (head.title, head.id) == ("Oral health & teeth", f"{HUB}/topics/oral-health")
    assert head.subtitle == "Answers about teeth, gums & more."
    assert head.author == "Example Clinic"
    assert (qa.id, qa.title, qa.summary) == (QA.guid, QA.title, QA.summary)
    assert qa.link == CONTEXT.article_url(QA.id)
    assert "When to worry" in qa.content[0].value
    assert qa.content[0].type == "text/html"
    assert qa.author_detail.href == "https://clinic.example/people/ada"
    assert [(t.term, t.scheme, t.label) for t in qa.tags] == [
        ("oral-health", f"{HUB}/topics", "Oral health"),
        ("r-and-d", f"{HUB}/topics", 'R&D "lab" <new>'),
    ]
    assert qa.source.title == "Example Clinic"
    assert [c.name for c in qa.contributors] == ["Dr. Noor Hale", "Sam Pike"]
    assert [a.name for a in news.authors] == ["Lee Ferry", "Jo Ann O'Dell"]
    assert [e.href for e in news.enclosures][1] == "https://paper.example/opening"


def test_links_keep_their_relation_and_type() -> None:
    made = only(NEWS)
    assert [(x.get("rel"), x.get("type")) for x in made.findall(f"{A}link")] == [
        ("alternate", "text/html"),
        ("via", None),
        ("enclosure", "image/jpeg"),
        ("enclosure", "video/mp4"),
        ("enclosure", "application/pdf"),
        ("related", None),
        ("related", None),
    ]


def test_published_never_moves_and_updated_does() -> None:
    first = replace(CORRECTED, version=1, corrections=(), changed=CORRECTED.first_seen)
    assert only(first).findtext(f"{A}published") == only(CORRECTED).findtext(f"{A}published")
    assert only(first).findtext(f"{A}updated")[:19] == "2024-01-10T12:00:00"
    assert only(CORRECTED).findtext(f"{A}updated")[:19] == "2024-02-01T09:00:10"


def test_an_article_without_a_date_has_the_time_the_hub_saw_it() -> None:
    assert only(ARABIC).findtext(f"{A}published") == "2024-06-01T00:00:00Z"


def test_articles_of_one_day_can_be_told_apart_by_updated() -> None:
    articles = [replace(QA, id=f"a{number:015d}") for number in range(200)]
    stamps = [e.findtext(f"{A}updated") for e in root(*articles).findall(f"{A}entry")]
    assert len(set(stamps)) == 200
    assert {stamp[:19] for stamp in stamps} == {"2024-03-05T00:00:00"}
    assert only(articles[7]).findtext(f"{A}updated") == stamps[7]


def test_the_source_is_whole() -> None:
    source = only(QA).find(f"{A}source")
    assert [source.findtext(f"{A}{tag}") for tag in ("id", "title")] == [
        "https://clinic.example/",
        "Example Clinic",
    ]
    assert source.find(f"{A}updated") is not None
    assert links(only(QA), "via")[0].get("href") == QA.canonical_url


def test_a_publisher_without_an_address_is_author_and_no_source() -> None:
    made = only(replace(QA, authors=(), publisher=Publisher("Somebody")))
    assert made.find(f"{A}source") is None
    assert made.findtext(f"{A}author/{A}name") == "Somebody"


def test_an_entry_says_its_language_and_the_feed_its_own() -> None:
    made = root(SPANISH)
    assert made.get(LANG) == "en"
    assert made.find(f"{A}entry").get(LANG) == "es"


def test_a_title_with_a_tag_is_html_that_shows_it() -> None:
    title = only(with_title("What does <b>bold</b> mean, R&D?")).find(f"{A}title")
    assert title.get("type") == "html"
    assert title.text == "What does &lt;b&gt;bold&lt;/b&gt; mean, R&amp;D?"


def test_content_is_html_in_one_cdata_section() -> None:
    raw = ATOM.render(QA, CONTEXT).body
    assert b'<content type="html"><![CDATA[<p>Cold water' in raw
    assert raw.count(b"<![CDATA[") == 1


def test_the_licence_is_linked() -> None:
    assert only(QA).findtext(f"{A}rights") == "Example Clinic — CC BY 4.0"
    assert links(only(QA), "license")[0].get("href").endswith("/by/4.0/")


def test_related_links_keep_a_registered_relation() -> None:
    made = entry(ATOM, QA, related=(Link(f"{HUB}/a", "A", "via"), Link(f"{HUB}/b", "B", "odd")))
    found = etree.fromstring(ATOM.assemble(channel("atom"), [made])).find(f"{A}entry")
    assert [x.get("href") for x in links(found, "via")] == [QA.canonical_url, f"{HUB}/a"]
    assert [x.get("href") for x in links(found, "related")] == [f"{HUB}/b"]


def test_the_head_has_self_paging_hub_and_related_topics() -> None:
    head = root(QA, previous_url=f"{HUB}/p")
    assert links(head, "self")[0].get("type") == "application/atom+xml"
    assert [len(links(head, rel)) for rel in ("alternate", "first", "previous", "next")] == [1] * 4
    assert links(head, "hub")[0].get("href") == "https://push.example/hub"
    assert [x.get("title") for x in links(head, "related")] == ["Gums & more", "قوس"]


def test_a_withdrawn_article_leaves_a_tombstone() -> None:
    stones = root(QA, tombstones=TOMBSTONES).findall(f"{AT}deleted-entry")
    assert [(s.get("ref"), s.get("when")) for s in stones] == [
        (TOMBSTONES[0].guid, "2024-06-02T10:00:00Z"),
        (TOMBSTONES[1].guid, "2024-06-01T00:00:00Z"),
    ]
    assert stones[0].findtext(f"{AT}comment") == "Wrong & unsafe"
    assert stones[1].find(f"{AT}comment") is None
    assert check_atom(feed(ATOM, QA, tombstones=TOMBSTONES)) == []


def test_the_later_of_two_tombstones_counts() -> None:
    twice = (TOMBSTONES[1], Tombstone(article_id="agone00000000008", when="2024-06-03T00:00:00Z"))
    stones = root(QA, tombstones=twice).findall(f"{AT}deleted-entry")
    assert [s.get("when") for s in stones] == ["2024-06-03T00:00:00Z"]


def test_a_feed_without_tombstones_has_no_foreign_vocabulary() -> None:
    assert b"tombstones" not in feed(ATOM, QA)
