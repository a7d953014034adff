"""The rules by which an article is filed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_related.filing import (
    MOST_DERIVED,
    KnownTopic,
    file_under,
    names_in,
    names_of,
)
from seealso_related.terms import Fields, terms
from seealso_sdk.model import Article, Filing, SeeAlso
from seealso_sdk.text import slugify


def filings(
    article: Article, labels: Iterable[str], ghosts: Iterable[str] = (), **names: str
) -> dict[str, tuple[str, float, str]]:
    known = {slugify(label): KnownTopic(slugify(label), label) for label in labels}
    known |= {slugify(label): KnownTopic(slugify(label), label, ghost=True) for label in ghosts}
    known |= {name: known[slug] for name, slug in names.items()}
    told = Fields(
        title=article.title,
        summary=article.summary,
        keywords=article.keywords,
        body=article.body_text,
        language=article.language,
    )
    telling = {term.word for term in terms(told)}
    found = file_under(names_of(article), known, telling, article.language)
    return {one.slug: (one.origin, one.score, one.reason) for one in found}


def article(title: str, **fields: object) -> Article:
    return Article(id="a1", version=1, title=title, **fields)  # type: ignore[arg-type]


def test_a_title_that_is_the_name_or_a_synonym() -> None:
    about = ("derived", 0.95, "Its title is the topic's name")
    assert filings(article("Breast cancer"), ["Breast cancer"])["breast-cancer"] == about
    found = filings(
        article("Breast carcinoma?"), ["Breast cancer"], **{"breast-carcinoma": "breast-cancer"}
    )
    assert found == {"breast-cancer": about}


@pytest.mark.parametrize(
    ("given_article", "score", "reason"),
    [
        (article("Preparing for a mammogram"), 0.7, "Its title says “Mammogram”"),
        (article("Mammograms at forty"), 0.7, "Its title says “Mammogram”"),
        (article("Screening", keywords=("mammogram",)), 0.8, "Its keywords name “mammogram”"),
        (article("Screening", summary="Why a mammogram."), 0.5, "Its summary says “Mammogram”"),
    ],
)
def test_where_a_name_stands_decides_the_score(
    given_article: Article, score: float, reason: str
) -> None:
    assert filings(given_article, ["Mammogram"]) == {"mammogram": ("derived", score, reason)}


def test_a_name_must_stand_in_whole_words_and_in_one_sentence() -> None:
    assert filings(article("Mammographers meet"), ["Mammogram"]) == {}
    assert filings(article("Chemo: targets for all"), ["Chemo targets"]) == {}
    assert filings(article("Mris and misters"), ["Mr"]) == {}


def test_a_ghost_is_not_filed_under_by_being_mentioned() -> None:
    seed = article("My friend has breast cancer", see_also=(SeeAlso("Breast cancer"),))
    assert filings(seed, [], ghosts=["Breast cancer"]) == {
        "breast-cancer": ("see-also", 0.3, "Its See also list names “Breast cancer”")
    }
    assert (
        filings(article("Breast cancer"), [], ghosts=["Breast cancer"])["breast-cancer"][1] == 0.95
    )


def test_the_editors_word_comes_first_and_is_never_doubled() -> None:
    told = article(
        "Diabetes",
        topics=(Filing("diabetes", "Diabetes", reason="The desk said so"),),
        see_also=(SeeAlso("Diabetes"),),
    )
    assert filings(told, ["Diabetes"]) == {"diabetes": ("editorial", 1.0, "The desk said so")}


def test_never_a_flood_of_derived_topics() -> None:
    labels = [f"Topic{i}" for i in range(40)]
    found = filings(article("A page", keywords=tuple(labels)), labels)
    assert len(found) == MOST_DERIVED
    assert set(found) == set(sorted(map(slugify, labels))[:MOST_DERIVED])


def test_names_in_other_scripts() -> None:
    assert "سرطان-الثدي" in names_in("علاج سرطان الثدي", "ar")
    assert "乳がん" in names_in("乳がん検診のすすめ", "ja")


@settings(max_examples=100, deadline=None)
@given(
    title=st.text(max_size=80),
    labels=st.lists(st.text(min_size=1, max_size=20), max_size=6),
    language=st.sampled_from(["en", "es", "ja", "ar"]),
)
def test_any_article_is_filed_within_the_rules(
    title: str, labels: list[str], language: str
) -> None:
    told = article(
        title,
        language=language,
        keywords=tuple(labels),
        see_also=tuple(map(SeeAlso, labels)),
        topics=tuple(Filing(slugify(label), label) for label in labels[:2]),
    )
    found = filings(told, labels)
    assert all(0 < score <= 1 and reason for _, score, reason in found.values())
    assert {origin for origin, _, _ in found.values()} <= {"editorial", "derived", "see-also"}
    assert found == filings(told, labels)
