"""ninjs in: the three generations of it say the same, and what is not usable is taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import (
    Correction,
    Media,
    Person,
    Problem,
    Publisher,
    RawArticle,
    RawInput,
    Rights,
    SeeAlso,
    SourceContext,
)
from seealso_source_ninjs import MEDIA_TYPE, NinjsSource, register_sources

SAMPLES = Path(__file__).parent / "samples"
GENERATIONS = [
    json.loads((SAMPLES / f"{name}.json").read_text()) for name in ("one", "two", "three")
]


def read(value: Any, media_type: str = MEDIA_TYPE) -> list[RawArticle | Problem]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(NinjsSource().read(RawInput(data=data, media_type=media_type), SourceContext()))


def article(**item: Any) -> RawArticle:
    [found] = read({"uri": "u:1", "headline": "T", **item})
    assert isinstance(found, RawArticle), found
    return found


def test_the_hook_gives_the_source() -> None:
    assert [source.meta.name for source in register_sources()] == ["ninjs"]


@pytest.mark.parametrize("item", GENERATIONS, ids=["1", "2", "3"])
def test_an_item_of_any_generation_gives_all_that_it_has(item: dict[str, Any]) -> None:
    [found] = read(item)
    assert isinstance(found, RawArticle)
    made = found.to_dict()
    provenance = made.pop("provenance")
    assert found == RawArticle(
        title="Winter ferries stay until May",
        external_id="http://harbourwire.example/items/2024/0412/ferry",
        canonical_url="https://harbourwire.example/ferry",
        kind="news",
        summary="Operator blames a late delivery.",
        language="en-GB",
        html="<p>The winter timetable holds for another <b>three weeks</b>.</p>",
        authors=(Person("Ada Kirk"), Person("Olaf Dunn")),
        publisher=Publisher("Harbour Wire"),
        published="2024-04-12T07:15:00+00:00",
        updated="2024-04-12T10:15:00+01:00",
        embargo_until="2024-04-12T12:00:00+00:00",
        expires="2025-04-12T00:00:00+00:00",
        topics=("Water transport",),
        keywords=("Ingrid Sund", "Sound Lines", "Westray"),
        see_also=(
            SeeAlso("Yard runs late", ref="http://harbourwire.example/items/2024/0301/yard"),
        ),
        media=(
            Media(
                "https://harbourwire.example/p.jpg", "image/jpeg", "A ferry at its berth", 1200, 720,
                "Tor Hale",
            ),
        ),
        corrections=(Correction("2024-04-12", "The fare is 9.40, not 9.20."),),
        rights=Rights(
            "No archive use", "Copyright 2024 Harbour Wire", "https://harbourwire.example/terms"
        ),
        provenance=found.provenance,
    )  # fmt: skip
    assert set(provenance) == {k for k, v in made.items() if v not in (None, [], {}, "", False)}


@pytest.mark.parametrize("status", ["withheld", "canceled", "cancelled"])
def test_what_is_not_usable_is_withdrawn_with_the_desks_words(status: str) -> None:
    found = article(pubstatus=status, ednote="Wrong name.")
    assert (found.external_id, found.withdrawn, found.withdrawn_reason) == (
        "u:1",
        True,
        "Wrong name.",
    )
    [bare] = read({"uri": "u:1", "pubStatus": status})
    assert isinstance(bare, RawArticle)
    assert bare.withdrawn


def test_a_picture_by_itself_is_an_article_of_that_picture() -> None:
    found = article(
        type="picture",
        description_text="A quay.",
        renditions={"main": {"href": "https://x.example/a.jpg", "width": 10, "height": "x"}},
    )
    assert found.summary == "A quay."
    assert [(m.url, m.width, m.height) for m in found.media] == [
        ("https://x.example/a.jpg", 10, None)
    ]


def test_a_value_that_is_none_is_left_out_and_the_item_goes_in() -> None:
    found = article(
        versioncreated="yesterday", language="no such", byline=7, subject="Sea", embargoed=True,
        associations=[3, {"type": "picture"}, None], renditions=[{"href": "javascript:x"}],
    )  # fmt: skip
    assert (found.published, found.language, found.embargo_until) == (None, None, None)
    assert found.topics == ("Sea",)
    assert found.media == ()


def test_lists_and_lines_hold_items_and_each_is_by_itself() -> None:
    listed = read([{"headline": "a"}, 7, {"headline": "b"}])
    assert [getattr(p, "title", None) or getattr(p, "code", None) for p in listed] == [
        "a",
        "field-invalid",
        "b",
    ]
    lines = read(b'{"headline":"a"}\n\n{broken\n{"headline":"b"}', "application/x-ndjson")
    assert [getattr(p, "line", None) for p in lines] == [None, 3, None]
    assert isinstance(lines[1], Problem)
    assert lines[1].code == "json-syntax"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"{", "json-syntax"),
        (b"[" * 100_000, "json-depth"),
        (b"{}", "item-empty"),
        (b'{"uri": "u:1"}', "item-empty"),
        (b"null", "field-invalid"),
        (b"\xff\xff\x81", "encoding"),
    ],
)
def test_what_can_not_be_read_is_told(data: bytes, code: str) -> None:
    [found] = read(data)
    assert isinstance(found, Problem)
    assert (found.code, bool(found.remedy)) == (code, True)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = sorted({key for item in GENERATIONS for key in item})


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=12))
def test_any_value_anywhere_is_answered_not_raised(item: dict[str, Any]) -> None:
    for piece in read(item):
        assert isinstance(piece, RawArticle | Problem)
        assert type(piece).from_json(piece.to_json()) == piece


def test_an_operators_own_fields_come_first_and_say_so() -> None:
    item = {"uri": "u:1", "headline": "T", "genre": [{"name": "A"}, {"name": "B"}], "x": {"y": "Z"}}

    def mapped(**fields: str) -> RawArticle | Problem:
        raw = RawInput(data=json.dumps(item).encode(), media_type=MEDIA_TYPE)
        [found] = NinjsSource().read(raw, SourceContext(fields=fields))
        return found

    found = mapped(title="x.y", topics="genre[].name", series="x.none", reviewed="x.y")
    assert isinstance(found, RawArticle)
    assert (found.title, found.topics, found.series, found.reviewed) == (
        "Z",
        ("A", "B"),
        None,
        None,
    )
    assert found.provenance["topics"] == "field mapping genre[].name"
    missing = mapped(html="x.none")
    assert isinstance(missing, Problem)
    assert missing.code == "place-empty"
