"""What all three feed formats promise alike: validity, one id, same bytes, harmless fragments."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_output_atom import AtomOutput
from seealso_output_jsonfeed import JsonFeedOutput
from seealso_output_rss import RssOutput
from seealso_sdk.errors import Reject
from seealso_sdk.model import (
    Article,
    Correction,
    Filing,
    Link,
    Media,
    Person,
    Publisher,
    Rendition,
    Rights,
    SeeAlso,
    Series,
)

from tests.plugins.feedcheck import check_atom, check_jsonfeed, check_rss
from tests.plugins.feedsamples import CONTEXT, QA, SAMPLES, channel, entry, feed, with_title

OUTPUTS = {"rss": RssOutput(), "atom": AtomOutput(), "jsonfeed": JsonFeedOutput()}
CHECKS = {"rss": check_rss, "atom": check_atom, "jsonfeed": check_jsonfeed}

HOSTILE = {
    "control characters": "a\x00b\x01c\x0bd\x1be\x7ff\x85g\x9fh",
    "a CDATA end": "x ]]> y ]]]]>> z",
    "a lone surrogate": "x\ud83d y\udc00",
    "not characters": "x\ufffe\uffff\ufdd0y",
    "a lost character": "caf\ufffd",
    "markup": "<script>alert(1)</script></item></entry></channel>\"}},'",
    "entities": "&lt; &amp;amp; &#0; &nbsp; &bogus;",
    "right to left": "\u202eمرحبا\u202c \u200f",
    "emoji": "👩‍⚕️ \U0001f9b7 tooth",
    "a megabyte": "word " * 200_000,
    "a megabyte without a space": "x" * 1_000_000,
    "nothing": "",
    "white space": " \t\r\n ",
}


@pytest.fixture(params=list(OUTPUTS))
def output(request: pytest.FixtureRequest) -> Any:
    return OUTPUTS[request.param]


def check(output: Any, document: bytes) -> list[str]:
    return CHECKS[output.meta.name](document)


def titles(document: bytes) -> list[str]:
    return [str(item.get("title")) for item in _read(document)]


def _read(document: bytes) -> list[dict[str, Any]]:
    if document.startswith(b"{"):
        import json

        items: list[dict[str, Any]] = json.loads(document)["items"]
        return items
    parsed = feedparser.parse(document, sanitize_html=False)
    assert not parsed.bozo, parsed.get("bozo_exception")
    entries: list[dict[str, Any]] = parsed.entries
    return entries


def test_the_feed_of_all_samples_is_valid_without_a_warning(output: Any) -> None:
    assert check(output, feed(output)) == []


@pytest.mark.parametrize("name", list(SAMPLES))
def test_each_sample_alone_is_valid_without_a_warning(output: Any, name: str) -> None:
    assert check(output, feed(output, SAMPLES[name])) == []


def test_a_feed_without_entries_is_valid(output: Any) -> None:
    assert check(output, output.assemble(channel(output.meta.extension), [])) == []


def test_the_smallest_article_is_valid(output: Any) -> None:
    bare = Article(id="abare", version=1, title="Bare", first_seen="2024-01-01T00:00:00Z")
    document = output.assemble(
        channel(output.meta.extension), [entry(output, bare, categories=(), related=())]
    )
    assert check(output, document) == []


def test_a_withdrawn_and_an_empty_article_still_render(output: Any) -> None:
    gone = Article(id="agone", version=2, status="withdrawn", title="", first_seen="2024-01-01")
    document = output.assemble(channel(output.meta.extension), [entry(output, gone)])
    assert check(output, document) == []
    assert titles(document) == ["Untitled"]


def test_the_same_article_has_one_id_in_every_format() -> None:
    ids = {str(_read(feed(output, QA))[0]["id"]) for output in OUTPUTS.values()}
    assert ids == {QA.guid}


def test_the_id_survives_a_change_of_title_and_address(output: Any) -> None:
    moved = replace(QA, title="Another", canonical_url="https://elsewhere.example/", version=2)
    assert _read(feed(output, QA))[0]["id"] == _read(feed(output, moved))[0]["id"]


def test_the_same_state_gives_the_same_bytes() -> None:
    first = [feed(output) for output in OUTPUTS.values()]
    time.sleep(1.1)  # feedgen's own dates have whole seconds
    assert [feed(output) for output in OUTPUTS.values()] == first


def test_entries_stay_in_the_order_given(output: Any) -> None:
    assert len(titles(feed(output))) == len(SAMPLES)
    assert titles(feed(output))[1] == SAMPLES["news"].title


def test_categories_and_related_links_are_spliced_in_not_rendered(output: Any) -> None:
    stored = output.render(QA, CONTEXT).body
    assert b"Oral health" not in stored
    document = feed(output, QA)
    assert b"Oral health" in document
    assert b"Sensitive teeth" in document


def test_the_promo_of_the_source_never_appears(output: Any) -> None:
    assert b"secret newsletter" not in feed(output)


def test_no_address_is_relative(output: Any) -> None:
    article = replace(
        QA,
        canonical_url="/relative",
        media=(Media("relative.jpg"), Media("//host.example/x.jpg")),
        authors=(Person("A", "people/a"),),
        see_also=(SeeAlso("Where", url="../up"),),
        rights=Rights("X", None, "licence"),
        publisher=Publisher("P", "p"),
    )
    document = feed(output, article)
    assert check(output, document) == []
    assert b"relative" not in document


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x", "file:///etc/x"])
def test_only_web_addresses_come_out(output: Any, scheme: str) -> None:
    article = replace(
        QA,
        canonical_url=scheme,
        media=(Media(scheme, "image/png"),),
        authors=(Person("A", scheme),),
        see_also=(SeeAlso("Where", url=scheme),),
        publisher=Publisher("P", scheme),
        rights=Rights("X", None, scheme),
    )
    document = output.assemble(
        channel(output.meta.extension), [entry(output, article, related=(Link(scheme, "L"),))]
    )
    assert scheme.encode() not in document
    assert check(output, document) == []


def test_corrections_stand_first_in_the_content(output: Any) -> None:
    document = feed(output, SAMPLES["corrected"]).decode()
    note, body = document.find("An earlier version said"), document.find("About 7,000 steps")
    assert 0 < note < body
    assert "11 January 2024" in document


def test_reviewers_and_their_date_are_shown(output: Any) -> None:
    document = feed(output, QA).decode()
    assert "Reviewed by Dr. Noor Hale and Sam Pike" in document
    assert "28 February 2024" in document
    assert "Revisado por Inés Prado" in feed(output, SAMPLES["spanish"]).decode()


def test_see_also_is_cut_at_ten_and_leads_to_the_page(output: Any) -> None:
    document = feed(output, QA).decode()
    assert "Tooth question 10" in document
    assert "Tooth question 11" not in document
    assert "3 more on the web" in document
    assert f"{CONTEXT.hub_url}/topics/tooth-question-1" in document


def test_right_to_left_content_says_so(output: Any) -> None:
    document = feed(output, SAMPLES["arabic"]).decode().replace('\\"', '"')
    assert '<div lang="ar" dir="rtl">' in document


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_text_harms_neither_its_item_nor_its_neighbours(output: Any, name: str) -> None:
    text = HOSTILE[name]
    bad = Article(
        id="ahostile",
        version=1,
        title=text,
        summary=text,
        language="en",
        body_text=text,
        authors=(Person(text, text),),
        reviewers=(Person(text),),
        publisher=Publisher(text, text),
        series=Series(text),
        canonical_url=f"https://x.example/{text[:200]}",
        published="2024-01-02",
        reviewed=text[:40],
        see_also=(SeeAlso(text),),
        media=(Media(f"https://x.example/{text[:50]}.png", alt=text, credit=text),),
        corrections=(Correction(text[:30], text),),
        rights=Rights(text, text, text),
    )
    filed = (Filing(text[:50], text, reason=text),)
    entries = [
        entry(output, with_title("Before", 1)),
        entry(output, bad, categories=filed, related=(Link("https://x.example/", text),)),
        entry(output, with_title("After", 2)),
    ]
    document = output.assemble(channel(output.meta.extension), entries)
    document.decode("utf-8")
    assert [line for line in check(output, document) if "blank" not in line] == []
    read = titles(document)
    assert [read[0], read[2]] == ["Before", "After"]
    assert len(document) < 100_000


def test_a_title_of_a_megabyte_is_cut(output: Any) -> None:
    assert len(titles(feed(output, with_title("word " * 200_000)))[0]) <= 1000


def test_a_body_of_a_megabyte_is_linked_instead(output: Any) -> None:
    long = replace(QA, body_html="<p>" + "x" * 1_000_000 + "</p>")
    document = feed(output, long)
    assert len(document) < 20_000
    assert b"Read the full article" in document
    assert check(output, document) == []


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=80), which=st.sampled_from(list(OUTPUTS)))
def test_any_text_at_all_stays_well_formed(text: str, which: str) -> None:
    output = OUTPUTS[which]
    bad = replace(QA, title=text, summary=text, see_also=(SeeAlso(text),))
    document = feed(output, bad, with_title("After", 2))
    assert titles(document)[1] == "After"
    assert [line for line in check(output, document) if line.startswith("error")] == []


def test_a_stored_fragment_that_is_none_is_refused_by_name(output: Any) -> None:
    broken = entry(output, QA, rendition=Rendition(b"<html>not a fragment"))
    with pytest.raises(Reject, match=f"{QA.id}.*render it anew"):
        output.assemble(channel(output.meta.extension), [broken])


def test_a_feed_of_fifty_entries_is_a_join_not_a_build(output: Any) -> None:
    body = replace(QA, body_html="<p>" + "lorem ipsum dolor " * 230 + "</p>")
    entries = [
        entry(
            output,
            replace(body, id=f"a{number:015d}"),
            related=tuple(Link(f"https://h.example/{number}/{k}", f"Title {k}") for k in range(5)),
        )
        for number in range(50)
    ]
    head = channel(output.meta.extension)
    document = output.assemble(head, entries)
    assert len(document) > 200_000
    assert _best(lambda: output.assemble(head, entries)) < 1.0
    # Building it anew costs fifty renderings: the join must be far below that.
    assert _best(lambda: output.render(body, CONTEXT)) * 50 > 5 * _best(
        lambda: output.assemble(head, entries)
    )


def _best(call: Any) -> float:
    """The best of many runs, in milliseconds: the cost without its neighbours' load."""
    times = []
    for _ in range(40):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1000
