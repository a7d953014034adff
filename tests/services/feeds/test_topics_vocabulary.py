"""Vocabularies: what each format says, and what is refused and where."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_feeds import vocabulary
from seealso_feeds.vocabulary import MEDIA_TYPES, Concept, VocabularyError, parse

TURTLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix v: <https://vocabulary.test/> .
v:scan a skos:Concept ;
  skos:prefLabel "Scan"@en, "Exploración"@es, "Scanner"@fr ;
  skos:altLabel "Imaging"@en ; skos:hiddenLabel "scann" ;
  skos:definition "A picture of the inside."@en ;
  skos:broader v:test ; skos:narrower v:mri ; skos:related <https://elsewhere.test/x> .
v:test a skos:Concept ; skos:prefLabel "Test" ; skos:scopeNote "Any examination." .
v:mri skos:prefLabel "MRI"@en-GB .
"""
RDF_XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:skos="http://www.w3.org/2004/02/skos/core#">
  <skos:Concept rdf:about="https://vocabulary.test/scan">
    <skos:prefLabel xml:lang="en">Scan</skos:prefLabel>
    <skos:altLabel xml:lang="en">Imaging</skos:altLabel>
    <skos:broader rdf:resource="https://vocabulary.test/test"/>
  </skos:Concept>
</rdf:RDF>
"""


def test_json_takes_a_list_or_an_object_with_topics() -> None:
    item = {
        "label": " Breast  MRI ",
        "synonyms": ["MRI of the breast", "MRI of the breast", ""],
        "broader": ["MRI"],
        "uri": "https://vocabulary.test/mri",
        "description": None,
    }
    wanted = Concept(
        label="Breast MRI",
        synonyms=("MRI of the breast",),
        broader=("MRI",),
        uri="https://vocabulary.test/mri",
    )
    for given_ in ([item], {"topics": [item]}):
        assert parse(json.dumps(given_).encode(), "application/json").concepts == (wanted,)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_as_spreadsheets_of_any_country_write_it(mark: str) -> None:
    rows = [["Label", "synonyms", "description"], ["MRI", "A|B", "x"], ["", "", ""], ["CT scan"]]
    text = "\ufeff" + "\r\n".join(mark.join(row) for row in rows)
    assert parse(text.encode(), "text/csv").concepts == (
        Concept(label="MRI", synonyms=("A", "B"), description="x"),
        Concept(label="CT scan"),
    )


def test_skos_in_turtle_in_the_language_that_is_preferred() -> None:
    english = {c.uri: c for c in parse(TURTLE.encode(), "text/turtle", "en").concepts}
    assert english["https://vocabulary.test/scan"] == Concept(
        label="Scan",
        synonyms=("Exploración", "Scanner", "Imaging"),
        description="A picture of the inside.",
        broader=("https://vocabulary.test/test",),
        narrower=("https://vocabulary.test/mri",),
        related=("https://elsewhere.test/x",),
        uri="https://vocabulary.test/scan",
        language="en",
    )
    assert english["https://vocabulary.test/test"].description == "Any examination."
    spanish = {c.uri: c.label for c in parse(TURTLE.encode(), "text/turtle", "es-MX").concepts}
    assert spanish["https://vocabulary.test/scan"] == "Exploración"
    assert spanish["https://vocabulary.test/mri"] == "MRI"


def test_skos_in_rdf_xml() -> None:
    (concept,) = parse(RDF_XML.encode(), "application/rdf+xml").concepts
    assert (concept.label, concept.synonyms) == ("Scan", ("Imaging",))
    assert concept.broader == ("https://vocabulary.test/test",)


@pytest.mark.parametrize(
    ("data", "kind", "code", "place", "said"),
    [
        ("[1]", "application/json", "json-shape", "topics[0]", "Give an object"),
        ('{"a": 1}', "application/json", "json-shape", "", "list of topics"),
        ('[{"lable": "x"}]', "application/json", "unknown-column", "topics[0]", "mean label?"),
        ('[{"label": 1}]', "application/json", "json-shape", "topics[0].label", "a string"),
        ('[{"label": "x", "synonyms": "y"}]', "application/json", "json-shape",
         "topics[0].synonyms", "list of strings"),
        ("[" * 100_000, "application/json", "json-syntax", "", "not JSON"),
        ("", "text/csv", "csv-header", "row 1", "Give a header"),
        ("label,synonims\nx,y", "text/csv", "unknown-column", "row 1", "mean synonyms?"),
        ("slug\nx", "text/csv", "csv-header", "row 1", "no column label"),
        ("label,uri\nMRI,\n,x", "text/csv", "label-missing", "row 3", "Give every topic a name"),
        ("label\na,b", "text/csv", "csv-row", "row 2", "2 cells under 1 columns"),
        ('label\n"a', "text/csv", "csv-syntax", "", "not CSV"),
        ("label\n" + "x" * 400, "text/csv", "label-long", "row 2", "400 characters"),
        ("<a> <b> .", "text/turtle", "rdf-syntax", "", "not text/turtle"),
        ("<a:a> <b:b> <c:c> .", "text/turtle", "rdf-empty", "", "No skos:Concept"),
        ("<rdf", "application/rdf+xml", "rdf-syntax", "", "not application/rdf+xml"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "application/rdf+xml", "rdf-dtd", "", "DOCTYPE"),
        ("x", "text/html", "media-type", "", "text/turtle"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    data: str, kind: str, code: str, place: str, said: str
) -> None:
    with pytest.raises(VocabularyError) as caught:
        parse(data.encode(), kind)
    assert (caught.value.code, caught.value.place) == (code, place)
    assert said in str(caught.value)


def test_an_entity_can_not_hide_in_another_encoding() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        with pytest.raises(VocabularyError):
            parse(bomb.encode(encoding), "application/rdf+xml")


def test_a_file_that_is_not_utf_8_says_at_which_byte() -> None:
    with pytest.raises(VocabularyError) as caught:
        parse(b"label\n\xe9", "text/csv")
    assert caught.value.place == "byte 6"


def test_a_topic_that_stands_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = parse(b"label\nMRI\nmri\nCT scan", "text/csv")
    assert [c.label for c in found.concepts] == ["MRI", "CT scan"]
    assert found.notes == ("mri: stands twice in the file; the first one counts",)
    monkeypatch.setattr(vocabulary, "MAX_CONCEPTS", 2)
    with pytest.raises(VocabularyError, match="3 topics: at most 2"):
        parse(b"label\nMRI\nmri\nCT scan", "text/csv")
    monkeypatch.setattr(vocabulary, "MAX_BYTES", 3)
    with pytest.raises(VocabularyError, match="at most 3"):
        parse(b"label", "text/csv")


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200), kind=st.sampled_from(MEDIA_TYPES))
def test_any_bytes_are_read_or_refused(data: bytes, kind: str) -> None:
    try:
        found = parse(data, kind)
    except VocabularyError:
        return
    assert all(concept.label for concept in found.concepts)
