"""A folder's listing: which files it leads to, and what the options choose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_sdk import Lead, Piece, Problem, RawInput, Reject, SourceContext
from seealso_sdk.testing import SourceConformance
from seealso_source_folder import MAX_FILES, FolderSource, register_sources

PATHS = (
    "a.txt",
    "b.HTML",
    "news/c.txt",
    "news/old/d.json",
    "cover.jpg",
    "README",
    "news/x.txt.pdf",
)


def listing(*paths: str) -> bytes:
    files = [
        {"path": path, "size": 9, "modified": "2024-04-09T10:00:00.250000+00:00"} for path in paths
    ]
    return json.dumps(files).encode()


def read(data: bytes, **options: str) -> Sequence[Piece]:
    return FolderSource().read(RawInput(data=data), SourceContext(options=options))


class TestConformance(SourceConformance):
    source = FolderSource()
    examples = (RawInput(data=listing(*PATHS)),)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, ["a.txt", "b.HTML", "news/c.txt", "news/old/d.json"]),
        ({"extensions": "txt"}, ["a.txt", "news/c.txt"]),
        ({"extensions": ".TXT, html"}, ["a.txt", "b.HTML", "news/c.txt"]),
        ({"include": "*.txt"}, ["a.txt", "news/c.txt"]),
        ({"include": "news/*"}, ["news/c.txt", "news/old/d.json"]),
        ({"include": "/news/*", "exclude": "*.json"}, ["news/c.txt"]),
        ({"exclude": "news/*"}, ["a.txt", "b.HTML"]),
        ({"include": "?.txt"}, ["a.txt", "news/c.txt"]),
        ({"depth": "0"}, ["a.txt", "b.HTML"]),
        ({"depth": "1"}, ["a.txt", "b.HTML", "news/c.txt"]),
    ],
)
def test_options_choose_the_files(options: dict[str, str], wanted: list[str]) -> None:
    found = read(listing(*PATHS), **options)
    assert [one.url for one in found if isinstance(one, Lead)] == wanted


def test_a_lead_has_the_path_and_the_time_to_the_microsecond() -> None:
    assert list(read(listing("a.txt"))) == [
        Lead(url="a.txt", rel="item", modified="2024-04-09T10:00:00.250000+00:00")
    ]


@pytest.mark.parametrize(
    ("option", "value"),
    [("depth", "-1"), ("depth", "two"), ("include", "*a*b*c*d*e"), ("exclude", "x " * 60)],
)
def test_an_option_that_can_not_be_read_is_named(option: str, value: str) -> None:
    with pytest.raises(Reject, match=f"option {option}: "):
        read(listing("a.txt"), **{option: value})


@pytest.mark.parametrize("data", [b"", b"{}", b"nonsense", b"[" * 100_000, b"\xff"])
def test_what_is_no_listing_is_refused(data: bytes) -> None:
    with pytest.raises(Reject, match="no listing"):
        read(data)


def test_an_entry_that_is_none_is_a_problem_and_the_others_count() -> None:
    data = json.dumps(
        [1, {"path": 2}, {"path": "a.txt", "modified": 7}, {"path": "b.txt", "modified": "soon"}]
    )
    found = read(data.encode())
    assert [type(one) for one in found] == [Problem, Problem, Problem, Lead]
    assert found[3] == Lead(url="b.txt")


def test_too_many_files_are_cut_and_told() -> None:
    found = read(listing(*(f"{n}.txt" for n in range(MAX_FILES + 1))))
    assert len(found) == MAX_FILES + 1
    assert isinstance(found[-1], Problem)
    assert found[-1].code == "folder-too-large"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["path", "modified", "size"]), inner)
        ),
    )
)
def test_any_json_is_answered(document: object) -> None:
    with suppress(Reject):
        assert all(isinstance(one, Lead | Problem) for one in read(json.dumps(document).encode()))


def test_the_hook_gives_the_source_which_may_watch_a_folder() -> None:
    (source,) = register_sources()
    assert source.meta.places == ("folder",)
