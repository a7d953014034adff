"""Related topics and related articles: order, scores, reasons."""

from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_related.articles import (
    ArticleCandidate,
    ArticleSubject,
    Weights,
    likeness,
    rank_articles,
)
from seealso_related.evidence import Evidence, combined, rarity, strongest, together
from seealso_related.topics import TopicCandidate, TopicSubject, rank_topics

MAMMOGRAM = TopicSubject(
    slug="mammogram", label="Mammogram", words=frozenset({"mammogram"}), named=3, filed=2
)


def candidate(slug: str, *words: str, **evidence: object) -> TopicCandidate:
    label = slug.replace("-", " ").capitalize()
    return TopicCandidate(
        slug=slug,
        label=label,
        origin="ghost",
        words=frozenset(words),
        **evidence,  # type: ignore[arg-type]
    )


def test_the_vocabulary_is_believed_before_all_else() -> None:
    found = rank_topics(
        MAMMOGRAM,
        [
            candidate("mri", "mri", cocited=3, named=3),
            candidate("imaging", "imag", relations=("broader",)),
            candidate("3d-mammogram", "3d", "mammogram", named=1),
        ],
        {},
        10,
    )
    assert [one.slug for one in found] == ["imaging", "3d-mammogram", "mri"]
    assert [one.reason for one in found] == [
        "The vocabulary has it as broader than Mammogram",
        'Both names say "mammogram"',
        "Named together in 3 See also lists",
    ]


def test_what_stands_everywhere_is_related_to_little() -> None:
    found = rank_topics(
        MAMMOGRAM,
        [
            candidate("news", "news", cocited=2, named=900),
            candidate("mri", "mri", cocited=2, named=2),
        ],
        {},
        10,
    )
    assert [one.slug for one in found] == ["mri", "news"]


def test_a_topic_is_not_related_to_itself_nor_without_evidence() -> None:
    pool = [candidate("mammogram", "mammogram"), candidate("teeth", "teeth")]
    assert rank_topics(MAMMOGRAM, pool, {}, 10) == []


SUBJECT = ArticleSubject(
    id="a1", language="en", terms={"breast": 0.8, "ray": 0.6}, topics={"cancer": "Cancer"}
)
PLAIN = Weights({}, {})


def article(article_id: str, **evidence: object) -> ArticleCandidate:
    given: dict[str, object] = {"title": article_id, "language": "en", "terms": {}}
    return ArticleCandidate(id=article_id, **{**given, **evidence})  # type: ignore[arg-type]


def test_the_editors_own_link_comes_first_then_the_one_back() -> None:
    found = rank_articles(
        SUBJECT,
        [
            article("text", terms={"breast": 0.8, "tea": 0.6}),
            article("back", named=True),
            article("named", names=True),
            article("topic", topics=frozenset({"cancer"})),
        ],
        PLAIN,
        10,
    )
    assert [(one.id, one.reason) for one in found] == [
        ("named", "Named in this article's See also list"),
        ("back", "Its See also list names this article"),
        ("text", "Its text is close to this article's"),
        ("topic", "Both are filed under Cancer"),
    ]


def test_the_same_stems_in_another_language_say_nothing() -> None:
    same = article("es", language="es", terms=SUBJECT.terms)
    assert rank_articles(SUBJECT, [same], PLAIN, 10) == []
    linked = dataclasses.replace(same, names=True)
    assert rank_articles(SUBJECT, [linked], PLAIN, 10)[0].score == 0.9


def test_equals_stand_in_the_order_of_their_ids() -> None:
    pool = [article(i, names=True) for i in ("c", "a", "b")]
    assert [one.id for one in rank_articles(SUBJECT, pool, PLAIN, 2)] == ["a", "b"]


def test_evidence_adds_up_and_never_to_certainty() -> None:
    one, other = Evidence(0.5, "half"), Evidence(0.6, "more")
    assert combined([one, other]) == 0.8
    assert strongest([one, other]) == "more"
    assert combined([]) == 0.0
    assert strongest([]) == ""


TERMS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.floats(min_value=0.01, max_value=1), min_size=1, max_size=8
)


@settings(max_examples=100, deadline=None)
@given(mine=TERMS, theirs=TERMS, rarities=TERMS)
def test_likeness_is_a_cosine(
    mine: dict[str, float], theirs: dict[str, float], rarities: dict[str, float]
) -> None:
    both = likeness(mine, theirs, rarities)
    assert 0 <= both <= 1 + 1e-9
    assert abs(both - likeness(theirs, mine, rarities)) < 1e-9
    assert abs(likeness(mine, mine, rarities) - 1) < 1e-9


COUNTS = st.integers(min_value=0, max_value=10_000)


@settings(max_examples=100, deadline=None)
@given(both=COUNTS, one=COUNTS, other=COUNTS, total=COUNTS)
def test_going_together_is_bounded_and_symmetric(
    both: int, one: int, other: int, total: int
) -> None:
    assert 0 <= together(both, one, other) < 1
    assert together(both, one, other) == together(both, other, one)
    assert rarity(total, both) >= 0
