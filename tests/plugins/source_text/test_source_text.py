"""Plain text in: copies of pages in several languages and layouts, and text of any kind.

A sample is `samples/NAME.txt` beside `samples/NAME.json`, what an editor takes from it. To write the
JSON anew after a rule has changed, run with UPDATE_GOLDEN=1, and read every line of the difference.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_sdk import Problem, RawArticle, RawInput, SourceContext
from seealso_source_text import TextSource, register_sources

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.txt"))


def read(data: bytes | str, charset: str | None = None, today: str = "") -> RawArticle | Problem:
    given_bytes = data.encode() if isinstance(data, str) else data
    raw = RawInput(data=given_bytes, media_type="text/plain", charset=charset)
    [found] = TextSource().read(raw, SourceContext(today=today))
    return found


def article(data: bytes | str, charset: str | None = None, today: str = "") -> RawArticle:
    found = read(data, charset, today)
    assert isinstance(found, RawArticle), found
    return found


def problem(data: bytes | str, charset: str | None = None) -> Problem:
    found = read(data, charset)
    assert isinstance(found, Problem), found
    return found


def said(found: RawArticle) -> dict[str, Any]:
    """What the article has, without what it has not; the body a line a block."""
    plain = {
        key: value for key, value in found.to_dict().items() if value not in (None, [], {}, False)
    }
    plain.pop("provenance", None)
    plain["html"] = plain["html"].split("\n")
    plain["see_also"] = [
        {key: value for key, value in item.items() if value} for item in plain.get("see_also", [])
    ]
    return {key: value for key, value in plain.items() if value != []}


def test_the_hook_gives_the_source() -> None:
    assert [source.meta.name for source in register_sources()] == ["text"]


# --- samples ---------------------------------------------------------------------------------


def test_there_are_samples() -> None:
    assert len(NAMES) >= 15


@pytest.mark.parametrize("name", NAMES)
def test_a_copied_page_is_read_as_an_editor_reads_it(name: str) -> None:
    found = said(article((SAMPLES / f"{name}.txt").read_bytes()))
    golden = SAMPLES / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert found == json.loads(golden.read_text("utf-8"))


# --- rules, one at a time --------------------------------------------------------------------

BODY = (
    "Rain fills the tank in a night, and an overflow leads what is left into the ditch below.\n\n"
    "The pump needs no care but a clean sieve, which can be lifted out by hand."
)


@pytest.mark.parametrize(
    "question",
    [
        "Does rain fill the tank?",
        "¿Llena la lluvia el depósito?",
        "هل يملأ المطر الخزان؟",
        "雨でタンクは満ちますか？",
        "Γεμίζει η βροχή τη δεξαμενή;",
        "My tank is new. Does rain fill it?",
    ],
)
def test_a_question_with_its_answer_is_a_qa(question: str) -> None:
    found = article(f"{question}\n\n{BODY}")
    assert (found.kind, found.title) == ("qa", question)


def test_a_headline_that_asks_over_several_sections_is_an_article() -> None:
    sections = "\n\n".join(f"Part {word}\n\n{BODY}" for word in ("one", "two", "three"))
    assert article(f"Who owns the rain?\n\n{sections}").kind == "article"


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("April 09, 2024", "published", "2024-04-09"),
        ("9 April 2024", "published", "2024-04-09"),
        ("Published on Tuesday, 9th April 2024", "published", "2024-04-09"),
        ("2024-04-09", "published", "2024-04-09"),
        ("Date: 2024-04-09T10:00:00-0500", "published", "2024-04-09T10:00:00-05:00"),
        ("09.04.2024", "published", "2024-04-09"),
        ("25/12/2023", "published", "2023-12-25"),
        ("12/25/2023", "published", "2023-12-25"),
        ("9 de abril de 2024", "published", "2024-04-09"),
        ("Última actualización: 04/09/2024", "updated", "2024-09-04"),
        ("Veröffentlicht am 9. April 2024", "published", "2024-04-09"),
        ("Zuletzt geändert: 09.04.2024, 14:30 Uhr", "updated", "2024-04-09"),
        ("Publié le 1er août 2023", "published", "2023-08-01"),
        ("Mis à jour le 9 février 2024 à 10h30", "updated", "2024-02-09"),
        ("Pubblicato il 9 aprile 2024", "published", "2024-04-09"),
        ("9 апреля 2024 г.", "published", "2024-04-09"),
        ("2024年4月9日", "published", "2024-04-09"),
        ("Page last reviewed: 9 April 2024", "reviewed", "2024-04-09"),
        ("Next review due: 9 April 2027", "review_by", "2027-04-09"),
        ("Expires on 9 April 2027", "expires", "2027-04-09"),
        ("Updated:\n9 April 2024", "updated", "2024-04-09"),
    ],
)
def test_a_date_line_gives_its_date_and_leaves_the_body(
    line: str, name: str, expected: str
) -> None:
    found = article(f"The tank\n\n{line}\n\n{BODY}")
    assert getattr(found, name) == expected
    assert found.html == article(f"The tank\n\n{BODY}").html


@pytest.mark.parametrize("line", ["04/05/2024", "31 February 2024", "April 2024"])
def test_a_day_that_nobody_knows_is_not_invented(line: str) -> None:
    found = article(f"The tank\n\n{BODY}\n\n{line}")
    assert found.published is None
    kept = (found.html or "") + "".join(promo.text for promo in found.promos)
    assert line in kept


def test_a_sentence_with_a_date_stays_a_sentence() -> None:
    line = "The tank was built on 9 April 2024 by two brothers."
    assert line in (article(f"The tank\n\n{BODY}\n\n{line}\n\n{BODY}").html or "")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Jane Doe, M.D.", ["Jane Doe, M.D."]),
        ("By Jane Doe and Piet van den Berg", ["Jane Doe", "Piet van den Berg"]),
        ("Von Änne Groß", ["Änne Groß"]),
        ("Par Zoé d’Arc et Luc Petit", None),
        ("Por Ana Ruiz | 9 de abril de 2024", ["Ana Ruiz"]),
        ("By the river", None),
        ("By Friday", None),
    ],
)
def test_a_byline_names_people_and_words_are_no_byline(line: str, names: list[str] | None) -> None:
    found = article(f"The tank\n\n{line}\n\n{BODY}")
    assert [author.name for author in found.authors] == (names or [])
    assert (line in (found.html or "")) == (names is None)


@pytest.mark.parametrize(
    ("line", "series"),
    [
        ("See more Expert Answers", "Expert Answers"),
        ("April 09, 2024 See more Expert Answers", "Expert Answers"),
        ("More from Water Notes", "Water Notes"),
        ("Ver más Cartas del río", "Cartas del río"),
        ("Aus der Reihe: Wasserwissen", "Wasserwissen"),
        ("More from this author", None),
    ],
)
def test_a_series_line_names_the_series(line: str, series: str | None) -> None:
    found = article(f"The tank\n\n{BODY}\n\n{line}")
    assert (found.series.title if found.series else None) == series


@pytest.mark.parametrize(
    "heading",
    [
        "See also",
        "Related articles:",
        "Ver también",
        "SIEHE AUCH",
        "À lire aussi",
        "Zie ook",
        "關連記事",
    ],
)
@pytest.mark.parametrize("form", ["1. {}", "- {}", "• {}", "{}", "1) {}", "•\n{}"])
def test_related_titles_come_out_in_order_and_once(heading: str, form: str) -> None:
    heading = heading.replace("關連", "関連")
    titles = ["Rain barrels", "Why is ditch water brown?", "Sieves", "rain barrels"]
    lines = "\n".join(form.format(title) for title in titles)
    found = article(f"The tank\n\n{BODY}\n\n{heading}\n\n{lines}")
    assert [item.title for item in found.see_also] == titles[:3]
    assert "Sieves" not in (found.html or "")


def test_a_heading_over_text_is_no_related_list() -> None:
    found = article(f"The tank\n\n{BODY}\n\nMore information\n\n{BODY}")
    assert found.see_also == ()
    assert "<h2>More information</h2>" in (found.html or "")


def test_what_follows_a_related_list_is_body_again() -> None:
    found = article(f"The tank\n\n{BODY}\n\nSee also\n- Sieves\n\nThe ditch\n\n{BODY}")
    assert [item.title for item in found.see_also] == ["Sieves"]
    assert "<h2>The ditch</h2>" in (found.html or "")


def test_a_list_in_the_body_stays_a_list() -> None:
    found = article(f"The tank\n\n{BODY}\n\nYou need:\n\n3. a sieve\n4. a hose\n\n* tape\n* glue")
    assert '<p>You need:</p>\n<ol start="3"><li>a sieve</li><li>a hose</li></ol>' in (
        found.html or ""
    )
    assert "<ul><li>tape</li><li>glue</li></ul>" in (found.html or "")


def test_markup_in_the_text_is_text() -> None:
    found = article(
        f"The <tank> & more\n\n<script>alert(1)</script> stands in this sentence.\n\n{BODY}"
    )
    assert found.title == "The <tank> & more"
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; stands" in (found.html or "")


def test_a_correction_without_a_day_takes_the_day_it_was_read() -> None:
    text = f"The tank\n\n{BODY}\n\nCorrection: the tank holds 900 litres, not 90."
    [note] = article(text, today="2024-05-01").corrections
    assert (note.at, note.text) == ("2024-05-01", "the tank holds 900 litres, not 90.")
    assert "Correction: the tank" in (article(text).html or "")


def test_a_page_about_sign_ups_keeps_its_only_words() -> None:
    found = article(
        "Our letter\n\nSign up for our newsletter and get the latest news in your inbox."
    )
    assert "Sign up" in (found.html or "")
    assert found.promos == ()


# --- encodings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("cp1252", None),
        ("cp1252", "iso-8859-1"),
        ("utf-8", "iso-8859-1"),
        ("utf-8", "us-ascii"),
        ("mac-roman", "macintosh"),
    ],
)
def test_an_encoding_is_found_or_taken_at_its_word(encoding: str, declared: str | None) -> None:
    text = f"Über die Größe der Fässer\r\n\r\n“Naïve” Füllstände – {BODY}"
    assert "“Naïve” Füllstände –" in (article(text.encode(encoding), declared).html or "")


def test_a_cyrillic_text_needs_its_charset() -> None:
    data = "Дождь наполняет бак за одну ночь.\n\nОстаток течёт в канаву.".encode("cp1251")
    assert problem(data).code == "charset-unknown"
    assert article(data, "windows-1251").title.startswith("Дождь")


@pytest.mark.parametrize("label", ["utf-7", "hex", "unicode_escape", "no-such-thing", "\x00"])
def test_a_charset_that_no_page_is_in_is_not_obeyed(label: str) -> None:
    assert article(f"+ADw-tank\\u0041\n\n{BODY}", label).title == "+ADw-tank\\u0041"


# --- hostile input ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"\x89PNG\r\n\x1a\nxx", "binary"),
        (b"%PDF-1.7 ...", "binary"),
        (b"text\x00text", "binary"),
        (b"\x01\x02\x03\x04 a", "binary"),
        (b"<!DOCTYPE html><title>x</title>", "html-as-text"),
        (b"x" * (2 * 1024 * 1024 + 1), "too-large"),
        (b"Share\nFacebook\nPrint\n", "empty"),
    ],
)
def test_what_is_no_text_is_a_problem_with_a_remedy(data: bytes, code: str) -> None:
    found = problem(data)
    assert found.code == code
    assert found.remedy


_WORDS = st.sampled_from(
    [
        *("See also", "Related:", "By", "Jane Doe", "Updated:", "9 April 2024", "1.", "•", "- x"),
        *("Sign up for our newsletter", "unsubscribe", "Share", "©", "?", ".", "\n", "\n\n", "Q:"),
        *(
            "Correction:",
            "More from",
            "---",
            "# x",
            "\u202e",
            "\ud800",
            "\u00ad",
            "の",
            "؟",
            "x.org",
        ),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(_WORDS | st.text(max_size=6), max_size=40).map(
            lambda words: " ".join(words).encode("utf-8", "surrogatepass")
        ),
    )
)
def test_any_bytes_give_an_article_or_a_problem(data: bytes) -> None:
    found = read(data, today="2024-05-01")
    assert found.to_json()
    if isinstance(found, RawArticle):
        assert found.title


@pytest.mark.parametrize(
    "piece", ["a ", "1. ", "By ", "?", "- \n", "See also\n", "x\n", "Sign up ", "( "]
)
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    started = time.perf_counter()
    read(piece * (100_000 // len(piece)))
    assert time.perf_counter() - started < 10
