"""NITF in: headlines, bylines, blocks, media, and what a wire says of holding and taking back."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import (
    Correction,
    Media,
    Person,
    Problem,
    RawArticle,
    RawInput,
    Reject,
    SourceContext,
)
from seealso_source_nitf import MEDIA_TYPES, NitfSource, register_sources

from tests.plugins.goldenfile import same_as_golden

SAMPLES = Path(__file__).parent / "samples"
FERRY = (SAMPLES / "ferry.nitf").read_bytes()


def read(data: bytes | str, **given_raw: str) -> list[RawArticle | Problem]:
    given_bytes = data.encode() if isinstance(data, str) else data
    raw = RawInput(data=given_bytes, media_type=MEDIA_TYPES[0], **given_raw)
    return list(NitfSource().read(raw, SourceContext()))


def document(docdata: str = "", content: str = "<p>Text.</p>", head: str = "") -> RawArticle:
    [found] = read(
        f"<nitf><head><docdata>{docdata}</docdata></head><body><body.head><hedline><hl1>T</hl1>"
        f"</hedline>{head}</body.head><body.content>{content}</body.content></body></nitf>"
    )
    assert isinstance(found, RawArticle), found
    return found


def html(content: str) -> str:
    return re.sub(r">\s+<", "><", document(content=content).html or "").strip()


def test_the_hook_gives_the_source() -> None:
    assert [source.meta.name for source in register_sources()] == ["nitf"]


def test_a_document_gives_all_that_it_has() -> None:
    [found] = read(FERRY)
    made = {k: v for k, v in found.to_dict().items() if v not in (None, [], {}, "", False)}
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    same_as_golden(SAMPLES / "ferry.json", text.encode())


def test_the_largest_picture_comes_with_its_words_and_its_maker() -> None:
    [found] = read(FERRY)
    assert isinstance(found, RawArticle)
    assert found.media[0] == Media(
        "https://gazette.example/large.jpg",
        type="image/jpeg",
        alt="A ferry at its berth",
        width=1200,
        height=720,
        credit="Photo: Tor Hale",
    )


def test_every_field_says_where_it_was_found() -> None:
    [found] = read(FERRY)
    fields = {k for k, v in found.to_dict().items() if v not in (None, [], {}, "", False)}
    assert isinstance(found, RawArticle)
    assert fields - {"provenance"} == set(found.provenance)


def test_names_with_the_namespace_are_the_same() -> None:
    spaced = FERRY.replace(b"<nitf ", b'<nitf xmlns="http://iptc.org/std/NITF/2006-10-18/" ')
    assert read(spaced) == read(FERRY)


# --- holding and taking back -----------------------------------------------------------------


def test_a_release_after_the_issue_is_an_embargo() -> None:
    dates = '<date.issue norm="20240101T000000Z"/><date.release norm="20240102T060000Z"/>'
    assert document(dates).embargo_until == "2024-01-02T06:00:00+00:00"
    earlier = '<date.issue norm="20240103"/><date.release norm="20240102T060000Z"/>'
    assert document(earlier).embargo_until is None


@pytest.mark.parametrize("status", ["canceled", "cancelled", "Withdrawn"])
def test_a_cancelled_document_is_withdrawn_with_the_desks_words(status: str) -> None:
    [found] = read(
        f'<nitf><head><docdata management-status="{status}"><doc-id id-string="d-1"/>'
        '<ed-msg info="Kill: wrong name"/></docdata></head><body><body.content/></body></nitf>'
    )
    assert isinstance(found, RawArticle)
    assert (found.external_id, found.withdrawn) == ("d-1", True)
    assert found.withdrawn_reason == "Kill: wrong name"


def test_a_document_that_cancels_another_takes_it_back() -> None:
    own, other = read(
        '<nitf><head><docdata management-doc-idref="d-1" management-idref-status="canceled">'
        '<doc-id id-string="d-2"/></docdata></head><body><body.head><hedline><hl1>Kill</hl1>'
        "</hedline></body.head><body.content><p>Kill d-1.</p></body.content></body></nitf>"
    )
    assert isinstance(own, RawArticle)
    assert isinstance(other, RawArticle)
    assert (own.external_id, own.withdrawn) == ("d-2", False)
    assert (other.external_id, other.withdrawn) == ("d-1", True)


def test_a_correction_stands_for_the_document_that_it_corrects() -> None:
    found = document(
        '<correction info="The fare is 9.40." id-string="d-1"/><doc-id id-string="d-9"/>'
        '<date.issue norm="20240412T081500+0100"/>'
    )
    assert found.external_id == "d-1"
    assert found.corrections == (Correction("2024-04-12T08:15:00+01:00", "The fare is 9.40."),)


def test_a_trail_of_deliverers_takes_nothing_back() -> None:
    assert not document('<del-list><from-src src-name="A"/></del-list>').withdrawn


# --- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("<byline>By <person>Ada Kirk</person></byline>", ["Ada Kirk"]),
        ("<byline>By Ada Kirk and Olaf Dunn</byline>", ["Ada Kirk", "Olaf Dunn"]),
        ("<byline>Ada Kirk<byttl>Transport</byttl></byline>", ["Ada Kirk"]),
        ("<byline><byttl>Editor</byttl> Ada Kirk</byline>", ["Ada Kirk"]),
        ("<byline>kirk@gazette.example</byline>", []),
        ("<byline/>", []),
    ],
)
def test_people_are_read_out_of_a_byline(byline: str, names: list[str]) -> None:
    assert document(head=byline).authors == tuple(map(Person, names))


def test_the_place_stands_before_the_first_words_once() -> None:
    place = "<dateline><location>KIRKWALL</location></dateline>"
    assert document(head=place).html == "<p>KIRKWALL — Text.</p>"
    said = document(head=place, content="<p>Kirkwall (HW) — Text.</p>")
    assert said.html == "<p>Kirkwall (HW) — Text.</p>"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<p>a <em>b</em> &lt;c&gt;</p>", "<p>a <em>b</em> &lt;c&gt;</p>"),
        ("<block><p>a</p></block>", "<p>a</p>"),
        ("<hl2>Sub</hl2>", "<h3>Sub</h3>"),
        ("<p><a href='/x'>y</a><a>z</a></p>", '<p><a href="/x">y</a>z</p>'),
        ("<bq><block><p>q</p></block><credit>w</credit> tail</bq>",
         "<blockquote><p>q</p> tail<p>— w</p></blockquote>"),
        ("<nitf-table><nitf-table-metadata/><table><tr><td>1</td></tr></table></nitf-table>",
         "<table><tr><td>1</td></tr></table>"),
        ("<p>1<br/>2</p><hr/>", "<p>1<br>2</p><hr>"),
        ("<p>&eacute;&#233;</p>", "<p>éé</p>"),
        ("<script>x</script><p>a<!-- c --></p>", "<p>a</p>"),
    ],
)  # fmt: skip
def test_blocks_become_html(content: str, expected: str) -> None:
    assert html(content) == expected


# --- broken and hostile ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b" ", "empty"),
        (b"<nitf><body>", "xml-syntax"),
        (b"<newsItem/>", "nitf-unknown"),
        (b"<nitf/>", "item-empty"),
        (b"<!DOCTYPE nitf [<!ENTITY a 'b'>]><nitf/>", "xml-dtd"),
        (b"<nitf>" + b"<block>" * 100_000, "xml-syntax"),
        (b"<nitf>" + b"<p/>" * 300_001, "too-complex"),
        (b"<nitf " + b"".join(b'a%d="" ' % n for n in range(9999)) + b"/>", "too-complex"),
        (b"<nitf>\x00</nitf>", "binary"),
        (b"<nitf>" + b"x" * (10 * 1024 * 1024), "too-large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_read_is_told_in_a_moment(data: bytes, code: str) -> None:
    started = time.process_time()
    [found] = read(data)
    assert isinstance(found, Problem)
    assert found.code == code
    assert found.remedy
    assert time.process_time() - started < 3


def test_a_named_dtd_is_never_fetched_and_nothing_outside_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text("<!ENTITY s 'secret'>")
    data = f'<!DOCTYPE nitf SYSTEM "{secret.as_uri()}"><nitf><body><body.content><p>a&s;b</p></body.content></body></nitf>'
    [found] = read(data)
    assert isinstance(found, RawArticle)
    assert found.html == "<p>ab</p>"


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_damage_is_answered_not_raised(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(FERRY)))
    length = data.draw(st.integers(0, 300))
    filler = data.draw(st.binary(max_size=30))
    for piece in read(FERRY[:at] + filler + FERRY[at + length :]):
        assert isinstance(piece, RawArticle | Problem)


def mapped(**fields: str) -> RawArticle | Problem:
    [found] = NitfSource().read(
        RawInput(data=FERRY, media_type=MEDIA_TYPES[0]), SourceContext(fields=fields)
    )
    return found


def test_an_operators_own_fields_come_first_and_say_so() -> None:
    found = mapped(
        title="head/title",
        topics="head/docdata/urgency@ed-urg",
        authors="body/body.head/byline/byttl",
    )
    assert isinstance(found, RawArticle)
    assert (found.title, found.topics) == ("Ferry-Timetable", ("4",))
    assert found.authors == (Person("transport editor"),)
    assert found.provenance["title"] == "field mapping head/title"
    missing = mapped(title="head/none")
    assert isinstance(missing, Problem)
    assert missing.code == "place-empty"
    for wrong in ("//title", "head/[1]", "a" * 100, "..", "*"):
        with pytest.raises(Reject, match="is no place in NITF"):
            mapped(title=wrong)
