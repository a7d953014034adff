"""Pages that are no article: refused by a hub, in a moment whatever is in them."""

from __future__ import annotations

import time

import pytest
from seealso_ingest import normalise
from seealso_ingest.doubts import require_an_article
from seealso_ingest.drafting import drafted
from seealso_ingest.errors import InputRefused
from seealso_sdk.model import RawArticle, RawInput

FREE = b"<p>Free.</p>"


def code(html: bytes, body: str, media_type: str = "text/html", **more: str) -> str | None:
    draft = drafted(RawArticle(title="The quay", text=body, **more), source="s")
    try:
        require_an_article(RawInput(data=html, media_type=media_type), draft)
    except InputRefused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    "said",
    [
        b'{"isAccessibleForFree": "False"}',
        b'{"isAccessibleForFree":false}',
        b"'isAccessibleForFree' : 'http://schema.org/False'",
        b'<meta itemprop="isAccessibleForFree" content="false">',
    ],
)
def test_a_short_text_of_a_page_that_is_not_free_is_a_teaser(said: bytes) -> None:
    assert code(said, "word " * 149) == "page-paywall"
    assert code(said, "word " * 150) is None
    assert code(said.replace(b"false", b"true").replace(b"False", b"True"), "word") is None
    assert code(said, "word", media_type="text/plain") is None


@pytest.mark.parametrize(
    "wall",
    [
        "<p>Subscribe to <b>continue</b> reading</p>",
        "<p>To keep reading, please log in.</p>",
        "<p>Article réservé aux abonnés</p>",
        "<p>Suscríbase para seguir leyendo</p>",
    ],
)
def test_a_wall_over_a_short_text_is_one_and_over_a_long_one_is_not(wall: str) -> None:
    assert code(wall.encode(), "word " * 79) == "page-paywall"
    assert code(wall.encode(), "word " * 80) is None
    assert code(f"<script>var a = '{wall}'</script>".encode(), "word") is None


def test_a_page_without_any_text_is_empty_unless_it_shows_something() -> None:
    assert code(FREE, "") == "page-empty"
    assert code(FREE, "", summary="A film of the quay.") is None
    assert code(FREE, "word") is None


def test_the_function_says_what_the_bytes_hold() -> None:
    page = b"<!doctype html><html lang=en><title>Reader</title><div id=root></div></html>"
    assert [one.title for one in normalise(page, "text/html").articles] == ["Reader"]


@pytest.mark.parametrize(
    "hostile",
    [
        b"<script>" * 250_000,
        b"<" * 2_000_000,
        b"isAccessibleForFree" * 100_000,
        b"to keep reading," * 100_000,
    ],
    ids=["scripts", "brackets", "keys", "walls"],
)
def test_a_hostile_page_takes_a_moment(hostile: bytes) -> None:
    started = time.process_time()
    code(hostile, "word")
    assert time.process_time() - started < 3
