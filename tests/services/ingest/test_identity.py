"""Who an article is, and when two versions of it are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from seealso_ingest import identity
from seealso_sdk.model import Article, Correction, Filing, Promo, SeeAlso

ARTICLE = Article(id="", version=0, title="How glass is made", body_html="<p>x</p>", body_text="x")


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        (
            {"external_id": "7", "source": "desk", "canonical_url": "https://E.org/x?utm_source=a"},
            ("id:desk:7", "url:https://e.org/x"),
        ),
        ({"external_id": "7", "source": "desk"}, ("id:desk:7",)),
        ({"canonical_url": "https://e.org"}, ("url:https://e.org/",)),
    ],
)
def test_the_names_of_an_article_the_strongest_first(
    fields: dict[str, str], keys: tuple[str, ...]
) -> None:
    assert identity.keys(replace(ARTICLE, **fields)) == keys  # type: ignore[arg-type]


def test_without_id_and_address_the_title_and_the_beginning_are_the_name() -> None:
    (key,) = identity.keys(ARTICLE)
    assert key.startswith("fp:")
    shouted = replace(ARTICLE, title="HOW GLASS IS MADE!", body_text="X")
    assert identity.keys(shouted) == (key,)
    assert identity.keys(replace(ARTICLE, title="How steel is made")) != (key,)
    long = replace(ARTICLE, body_text="x" * 600)
    assert identity.keys(long) == identity.keys(replace(long, body_text="x" * 700))


def test_an_id_is_for_life_and_fit_for_a_url() -> None:
    made = identity.article_id("id:desk:7")
    assert made == identity.article_id("id:desk:7") == "auz7wr7wjkbqafcy"
    assert made != identity.article_id("id:desk:8")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("id:desk:7", "url:https://e.org/a"), "a1"),
        (("id:desk:9", "url:https://e.org/a"), None),  # another id: another article
        (("id:wire:9", "url:https://e.org/a"), "a1"),  # another source's: the same article
        (("id:desk:9", "url:https://e.org/b"), "a2"),  # a page came in first, without an id
        (("url:https://e.org/a",), "a1"),
        (("url:https://e.org/c",), None),
    ],
)
def test_which_known_article_a_draft_is(names: tuple[str, ...], expected: str | None) -> None:
    known = {"id:desk:7": "a1", "url:https://e.org/a": "a1", "url:https://e.org/b": "a2"}
    theirs: dict[str, dict[str, str | None]] = {"a1": {"desk": "7"}, "a2": {"web": None}}
    assert identity.owner(names, known, theirs, lambda _: False) == expected


def test_a_source_that_renames_what_stays_the_same_has_one_article() -> None:
    known = {"id:desk:7": "a1", "url:https://e.org/a": "a1"}
    theirs: dict[str, dict[str, str | None]] = {"a1": {"desk": "7"}}
    names = ("id:desk:9", "url:https://e.org/a")
    assert identity.owner(names, known, theirs, lambda found: found == "a1") == "a1"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "How glass is blown"},
        {"body_html": "<p>y</p>"},
        {"published": "2024-04-09"},
        {"updated": "2024-04-10"},
        {"topics": (Filing("glass", "Glass"),)},
        {"see_also": (SeeAlso("Sand"),)},
        {"corrections": (Correction("2024-04-09", "It was sand."),)},
        {"embargo_until": "2030-01-01"},
        {"promos": (Promo("newsletter-signup", "glass", "Get our letters"),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_reader_sees_is_content(change: dict[str, object]) -> None:
    changed = replace(ARTICLE, **change)  # type: ignore[arg-type]
    assert identity.content_hash(changed) != identity.content_hash(ARTICLE)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "a1", "version": 7, "status": "embargoed"},
        {"source": "other", "external_id": "9"},
        {"first_seen": "2024-04-09T00:00:00Z", "changed": "2024-04-09T00:00:00Z"},
        {"promos": (Promo("advert", None, "Buy now"),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_no_reader_sees_is_none(change: dict[str, object]) -> None:
    changed = replace(ARTICLE, **change)  # type: ignore[arg-type]
    assert identity.content_hash(changed) == identity.content_hash(ARTICLE)
