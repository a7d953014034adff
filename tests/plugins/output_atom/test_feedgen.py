"""feedgen's defects as they concern Atom: each is either unseen in our feeds, or still there.

A test that ends in ``_still`` fails when feedgen has mended the defect: its work-around in
seealso_output_atom can then go.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from feedgen.feed import FeedGenerator
from lxml import etree
from seealso_output_atom import AtomOutput

from tests.plugins.feedcheck import check_atom
from tests.plugins.feedsamples import NEWS, QA, feed

ATOM = AtomOutput()
A = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def plain() -> Any:
    """A feed as feedgen's documentation makes one."""
    made = FeedGenerator()
    made.id("https://site.example/")
    made.title("T")
    made.author({"name": "A"})
    made.language("en")
    made.updated("2024-03-05T00:00:00Z")
    made.link(href="https://site.example/feed.atom", rel="self")
    return made


@pytest.fixture
def entry(plain: Any) -> Any:
    made = plain.add_entry()
    made.id("https://site.example/1")
    made.title("t")
    made.updated("2024-03-05T00:00:00Z")
    return made


def only(made: Any) -> Any:
    return etree.fromstring(made.atom_str()).find(f"{A}entry")


def test_entry_links_lose_relation_type_and_length_still(plain: Any, entry: Any) -> None:
    entry.link(href="https://site.example/1")
    entry.link(href="https://site.example/1.mp3", rel="enclosure", type="audio/mpeg", length="9")
    assert [dict(x.attrib) for x in only(plain).findall(f"{A}link")] == [
        {"href": "https://site.example/1"},
        {"href": "https://site.example/1.mp3"},
    ]
    assert any("2 alternates" in line for line in check_atom(plain.atom_str()))


def test_ours_keep_them() -> None:
    made = etree.fromstring(feed(ATOM, NEWS)).find(f"{A}entry")
    assert {x.get("rel") for x in made.findall(f"{A}link")} == {
        "alternate",
        "via",
        "enclosure",
        "related",
    }


def test_cdata_content_claims_the_media_type_cdata_still(plain: Any, entry: Any) -> None:
    entry.content("<p>x</p>", type="CDATA")
    assert only(plain).find(f"{A}content").get("type") == "CDATA"
    assert any("content type 'CDATA'" in line for line in check_atom(plain.atom_str()))
    assert b'type="CDATA"' not in feed(ATOM, QA)


def test_content_without_a_type_is_plain_text_still(plain: Any, entry: Any) -> None:
    entry.content("<p>x</p>")
    assert only(plain).find(f"{A}content").get("type") is None


def test_the_source_has_neither_id_nor_updated_still(plain: Any, entry: Any) -> None:
    entry.content("x", type="html")
    entry.source(url="https://site.example/", title="S")
    assert {child.tag for child in only(plain).find(f"{A}source")} == {f"{A}title", f"{A}link"}
    assert sum("/source: no atom:" in line for line in check_atom(plain.atom_str())) == 2


def test_description_after_content_replaces_the_content_still(plain: Any, entry: Any) -> None:
    entry.content("<p>all of it</p>", type="html")
    entry.description("a summary")
    assert "all of it" not in (only(plain).findtext(f"{A}content") or "")


def test_ours_has_summary_and_content() -> None:
    made = etree.fromstring(feed(ATOM, QA)).find(f"{A}entry")
    assert made.findtext(f"{A}summary") == QA.summary
    assert "When to worry" in made.findtext(f"{A}content")


@pytest.mark.parametrize("rel", ["license", "next", "prev-archive", "replies"])
def test_entry_links_know_five_relations_still(entry: Any, rel: str) -> None:
    with pytest.raises(ValueError, match="rel"):
        entry.link(href="https://site.example/", rel=rel)


def test_updated_is_now_still() -> None:
    made = FeedGenerator()
    made.id("urn:x")
    made.title("t")
    said = etree.fromstring(made.atom_str()).findtext(f"{A}updated")
    assert abs((datetime.fromisoformat(said) - datetime.now(tz=UTC)).total_seconds()) < 60


def test_xhtml_content_with_a_named_entity_raises_still(plain: Any, entry: Any) -> None:
    entry.content("a&nbsp;b", type="xhtml")
    with pytest.raises(etree.XMLSyntaxError):
        plain.atom_str()


def test_tombstones_are_unknown_still(plain: Any) -> None:
    assert not [name for name in dir(plain) if "delete" in name or "tombstone" in name]
