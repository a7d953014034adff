"""JSON in: the article's own keys, lists and lines, and records of other shapes by a mapping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import (
    Article,
    Filing,
    Person,
    Problem,
    RawArticle,
    RawInput,
    Reject,
    Rights,
    SeeAlso,
    SourceContext,
)
from seealso_source_json import JsonSource, register_sources

SOURCE = JsonSource()


def read(
    value: Any, media_type: str = "application/json", filename: str | None = None, **options: str
) -> list[RawArticle | Problem]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    raw = RawInput(data=data, media_type=media_type, filename=filename)
    return list(SOURCE.read(raw, SourceContext(options=options)))


def article(value: Any, **options: str) -> RawArticle:
    [found] = read(value, **options)
    assert isinstance(found, RawArticle), found
    return found


def problem(value: Any, **options: str) -> Problem:
    [found] = read(value, **options)
    assert isinstance(found, Problem), found
    return found


def test_the_hook_gives_the_source() -> None:
    assert [source.meta.name for source in register_sources()] == ["json"]


# --- shapes of an input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [[{"title": "One"}, {"title": "Two"}], {"articles": [{"title": "One"}, {"title": "Two"}]}],
    ids=["list", "articles"],
)
def test_a_list_gives_its_articles_in_order(value: Any) -> None:
    assert [found.title for found in read(value) if isinstance(found, RawArticle)] == ["One", "Two"]


def test_a_broken_line_is_refused_alone_with_its_number() -> None:
    lines = [json.dumps({"title": f"Piece {n}"}) for n in range(1, 10)]
    lines[6] = '{"title": "Piece 7",'
    found = read("\n".join(lines).encode(), media_type="application/x-ndjson")
    assert [f.title for f in found if isinstance(f, RawArticle)] == [
        f"Piece {n}" for n in (1, 2, 3, 4, 5, 6, 8, 9)
    ]
    [refused] = [f for f in found if isinstance(f, Problem)]
    assert (refused.code, refused.line, refused.index) == ("json-syntax", 7, 6)
    assert refused.remedy


def test_blank_lines_count_as_lines_and_not_as_records() -> None:
    found = read(b'{"title": "A"}\n\n\r\nnope\n', media_type="application/x-ndjson")
    assert isinstance(found[1], Problem)
    assert (found[1].line, found[1].index) == (4, 1)


def test_lines_sent_as_plain_json_are_read_as_lines() -> None:
    found = read(b'{"title": "A"}\n{"title": "B"}\n{"title": \n')
    assert [getattr(f, "title", None) for f in found] == ["A", "B", None]


def test_a_line_separator_inside_a_string_divides_nothing() -> None:
    line = '{"title": "A\u2028B"}\n'.encode()
    [found] = read(line, filename="export.JSONL")
    assert isinstance(found, RawArticle)
    assert found.title == "A\u2028B"


def test_one_line_in_another_encoding_harms_no_other() -> None:
    found = read(b'{"title": "A"}\n{"title": "caf\xe9"}\n', media_type="application/x-ndjson")
    assert isinstance(found[0], RawArticle)
    assert isinstance(found[1], Problem)
    assert (found[1].code, found[1].line) == ("encoding", 2)


def test_utf16_json_is_read() -> None:
    assert article('{"title": "Ärzte"}'.encode("utf-16")).title == "Ärzte"


# --- the article's own keys ------------------------------------------------------------------


def test_what_a_hub_gives_out_can_be_posted_again() -> None:
    given = Article(
        id="aabcdefghijklmno",
        version=3,
        title="Tide pools",
        body_html="<p>Water.</p>",
        body_text="Water.",
        external_id="x-1",
        source="museum",
        authors=(Person("Ann Reef"),),
        topics=(Filing("sea", "Sea"),),
        see_also=(SeeAlso("Rock pools", kind="video"),),
        published="2024-04-09",
        rights=Rights("CC0 1.0"),
    )
    found = article(json.loads(given.to_json()))
    assert (found.html, found.text, found.topics) == ("<p>Water.</p>", "Water.", ("Sea",))
    assert (found.external_id, found.source, found.published) == ("x-1", "museum", "2024-04-09")
    assert found.see_also == given.see_also
    assert found.rights == given.rights
    assert found.withdrawn is False


def test_an_id_of_the_client_is_the_external_id_and_an_id_of_a_hub_is_not() -> None:
    assert article({"id": "post-7", "title": "T"}).external_id == "post-7"
    assert article({"id": "aabcdefghijklmno", "title": "T"}).external_id is None


def test_a_withdrawn_status_withdraws() -> None:
    assert article({"external_id": "7", "title": "T", "status": "withdrawn"}).withdrawn is True


def test_null_means_not_given() -> None:
    assert article({"title": "T", "authors": None, "published": None}).authors == ()


def test_a_wrong_type_names_the_field_and_refuses_that_record_only() -> None:
    found = read([{"title": "A"}, {"title": "B", "authors": "Ann"}, {"title": 3}])
    assert isinstance(found[0], RawArticle)
    assert [(f.code, f.field, f.index) for f in found if isinstance(f, Problem)] == [
        ("field-invalid", "authors", 1),
        ("field-invalid", "title", 2),
    ]


@pytest.mark.parametrize("value", ["text", 3, None, True, ["nested"]])
def test_a_record_that_is_no_object_is_refused(value: Any) -> None:
    assert problem([value]).code == "field-invalid"


@pytest.mark.parametrize(
    ("key", "meant"), [("titel", "title"), ("body_htm", "body_html"), ("topic", "topics")]
)
def test_a_near_miss_is_refused_with_what_was_meant(key: str, meant: str) -> None:
    refused = problem({"title": "T", key: "x"})
    assert (refused.code, refused.field) == ("field-unknown", key)
    assert repr(meant) in refused.detail


def test_a_foreign_key_is_ignored() -> None:
    assert article({"title": "T", "wordCount": 7, "_titel": 1, "x_topic": 2}).title == "T"


# --- dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2022-02-24T14:00:00-0500", "2022-02-24T14:00:00-05:00"),
        ("2024-04-09", "2024-04-09"),
        ("2024-04-09T10:00:00Z", "2024-04-09T10:00:00+00:00"),
        ("2024-04-09 10:00:00.123456", "2024-04-09T10:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
        ("", None),
    ],
)
def test_a_date_comes_out_as_rfc_3339_or_a_day(value: str, expected: str | None) -> None:
    assert article({"title": "T", "published": value}).published == expected


@pytest.mark.parametrize("name", ["published", "updated", "review_by", "embargo_until", "expires"])
@pytest.mark.parametrize(
    "value", ["soon", "2024-02-30", "2024", "0000-01-01", "9999-12-31T23:59:59-10:00"]
)
def test_a_bad_date_refuses_the_record_and_names_the_field(name: str, value: str) -> None:
    refused = problem({"title": "T", name: value})
    assert (refused.code, refused.field) == ("date-invalid", name)


def test_a_bad_date_of_a_correction_is_named_by_its_place() -> None:
    refused = problem({"title": "T", "corrections": [{"at": "then", "text": "x"}]})
    assert refused.field == "corrections[0].at"


# --- field mappings --------------------------------------------------------------------------

RECORD = {
    "id": "iron-3",
    "source": "foundry",
    "url": "https://foundry.example/3",
    "title": "Casting iron",
    "summary": "",
    "html": "<p>Hot.</p>",
    "published": "2021-05-06T07:08:09+0200",
    "authors": ["ida"],
    "topics": ["Metal"],
    "keywords": ["ore"],
    "see_also": ["iron-4"],
    "license": "CC0 1.0",
    "lang": "en-GB",
}


def test_the_built_in_mapping_is_recognised_by_its_keys() -> None:
    found = article(RECORD)
    assert (found.external_id, found.source, found.language) == ("iron-3", "foundry", "en-GB")
    assert found.see_also == (SeeAlso("", ref="iron-4"),)
    assert found.rights == Rights("CC0 1.0")
    assert found.authors == (Person("ida"),)
    assert found.published == "2021-05-06T07:08:09+02:00"
    assert found.canonical_url is None


def test_an_operators_mapping_is_read_from_a_file(tmp_path: Path) -> None:
    spec = {
        "recognise": ["objectNumber"],
        "fields": {
            "external_id": "objectNumber",
            "title": ["label.nl", "label.en"],
            "html": "description",
            "published": {"from": "created", "as": "epoch"},
            "topics": "subjects[].name",
            "see_also": {"from": "related", "as": "titles"},
        },
    }
    path = tmp_path / "mappings.json"
    path.write_text(json.dumps({"museum": spec}))
    record = {
        "objectNumber": 12,
        "label": {"en": "Vase"},
        "description": "<p>Clay.</p>",
        "created": 1712656800,
        "subjects": [{"name": "Pots"}, {"name": "Clay"}, {}],
        "related": ["Jug"],
    }
    found = article(record, mappings=str(path))
    assert (found.external_id, found.title, found.topics) == ("12", "Vase", ("Pots", "Clay"))
    assert found.published == "2024-04-09T10:00:00+00:00"
    assert found.see_also == (SeeAlso("Jug"),)


def test_a_mapping_can_be_chosen_by_name() -> None:
    assert article({"id": "1", "title": "T", "lang": "nl"}, mapping="corpus").language == "nl"
    with pytest.raises(Reject, match="corpus, own"):
        read({"title": "T"}, mapping="nothing")


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("[]", "Give an object"),
        ('{"m": {}}', "fields"),
        ('{"m": {"fields": {"titel": "a"}}}', "title"),
        ('{"m": {"fields": {"title": 3}}}', "path"),
        ('{"m": {"fields": {"title": {"from": "a", "as": "magic"}}}}', "magic"),
        ("{", "can't be used"),
    ],
)
def test_a_broken_mapping_file_says_what_to_write(tmp_path: Path, spec: str, hint: str) -> None:
    path = tmp_path / "mappings.json"
    path.write_text(spec)
    with pytest.raises(Reject, match=hint):
        read({"title": "T"}, mappings=str(path))


def test_a_missing_mapping_file_is_named() -> None:
    with pytest.raises(Reject, match=r"nowhere\.json"):
        read({"title": "T"}, mappings="/nowhere.json")


# --- hostile input ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"{", "json-syntax"),
        (b'{"title": NaN}', "json-syntax"),
        (b"[" * 200_000, "json-depth"),
        (b'{"published": ' + b"9" * 10_000 + b"}", "json-syntax"),
        (b'{"title": "caf\xe9"}', "encoding"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "encoding"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "json-feed"),
    ],
)
def test_bad_input_is_a_problem_with_a_remedy(data: bytes, code: str) -> None:
    refused = problem(data)
    assert refused.code == code
    assert refused.remedy


def test_a_lone_surrogate_in_an_escape_is_taken_out() -> None:
    found = article(b'{"title": "A\\ud800B\\u0000", "authors": [{"name": "\\udc00x"}]}')
    assert found.to_json()
    assert (found.title, found.authors[0].name) == ("AB", "x")


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "title",
                            "authors",
                            "topics",
                            "published",
                            "see_also",
                            "id",
                            "html",
                            "lang",
                            "license",
                        ]
                    )
                    | st.text(max_size=5),
                    inner,
                    max_size=9,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from(["application/json", "application/x-ndjson"]),
)
def test_any_bytes_give_articles_or_problems(data: bytes, media_type: str) -> None:
    for found in read(data, media_type=media_type):
        assert isinstance(found, RawArticle | Problem)
        assert found.to_json()
