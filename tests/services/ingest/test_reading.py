"""`seealso_ingest.normalise`: what a hub would store, without a hub."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import seealso_ingest
from seealso_ingest import InputRefused, normalise
from seealso_ingest.flow import Ingest
from seealso_sdk.model import Article, RawInput
from seealso_store import articles

PAGE = b"""<!DOCTYPE html><html lang="en"><head><title>Why does dew form? - Garden Notes</title>
<meta name="author" content="Ada Moss"><meta property="article:published_time" content="2024-04-09">
</head><body><nav><a href="/">Home</a></nav><main><h1>Why does dew form?</h1>
<p>At night the grass loses its warmth to the clear sky, faster than the air above it does.</p>
<p>The air that touches it cools, and what it can hold no longer settles <a href="/drops">as drops</a>.</p>
<h2>See also</h2><ul><li><a href="/frost">Frost</a></li><li><a href="/fog">Fog</a></li></ul></main></body></html>"""
TEXT = b"Why is the sky blue?\n\nAir scatters blue light more than red.\n\nSee also\n\n1. Dusk\n2. Dawn\n"
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Notes</title><link>https://g.example/</link>
<description>d</description><item><title>One</title><guid>1</guid><link>https://g.example/1</link>
<description>&lt;p&gt;First.&lt;/p&gt;</description></item>
<item><title>Two</title><guid>2</guid><link>https://g.example/2</link><description>Second.</description>
</item></channel></rss>"""
LINES = b"""{"external_id": "1", "title": "One", "text": "First."}
{"external_id": "2"}
not json
{"external_id": "4", "title": "Four", "text": "Fourth.", "withdrawn": true}
"""


@pytest.mark.parametrize(
    ("data", "content_type", "url"),
    [
        (PAGE, "text/html; charset=utf-8", "https://g.example/dew"),
        (PAGE, "", None),
        (TEXT, "text/plain", None),
        (FEED, "application/rss+xml", "https://g.example/feed"),
        (LINES, "application/x-ndjson", None),
    ],
)
def test_it_says_what_a_hub_stores(
    data: bytes, content_type: str, url: str | None, ingest: Ingest
) -> None:
    found = normalise(data, content_type, url, today="2025-10-09")
    media_type = content_type.partition(";")[0] or "application/octet-stream"
    receipt = ingest.accept(RawInput(data=data, media_type=media_type, url=url))
    with ingest.database.read() as conn:
        bodies = articles.current_bodies(conn, [one.id for one in receipt.accepted])
    stored = [Article.from_json(bodies[one.id]) for one in receipt.accepted]
    assert [one.id for one in found.articles] == [one.id for one in stored]
    for ours, theirs in zip(found.articles, stored, strict=True):
        assert ours == replace(theirs, first_seen="", changed="", version=1)
    assert [(p.index, p.code, p.line) for p in found.problems] == [
        (r.index, r.code, r.line) for r in receipt.rejected
    ]


def test_a_page_comes_out_as_one_article() -> None:
    (article,) = normalise(PAGE, "text/html", "https://g.example/dew").articles
    assert (article.title, article.kind, article.published) == (
        "Why does dew form?", "qa", "2024-04-09",
    )  # fmt: skip
    assert [one.title for one in article.see_also] == ["Frost", "Fog"]
    assert "https://g.example/drops" in article.body_html


@pytest.mark.parametrize(
    ("data", "content_type", "code"),
    [
        (b"", "text/html", "input-empty"),
        (b"%PDF-1.7\0\1\2", "", "input-binary"),
        (b"x", "image/png", "media-type"),
        (b"<rss><channel></channel></rss>", "application/rss+xml", "input-empty"),
    ],
)
def test_what_cant_be_read_is_refused_with_a_code_and_a_sentence(
    data: bytes, content_type: str, code: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        normalise(data, content_type)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_it_needs_neither_web_nor_database() -> None:
    program = (
        "import sys; from seealso_ingest import normalise;"
        "normalise(b'<title>Dew</title><h1>Dew</h1><p>Water from the air.</p>', 'text/html');"
        "print([m for m in ('flask', 'sqlalchemy', 'kombu', 'requests') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_package_has_nothing_else_to_offer() -> None:
    with pytest.raises(AttributeError, match="no attribute 'normalize'"):
        seealso_ingest.normalize  # noqa: B018 - asked for by the test


def test_the_address_of_a_feed_is_not_that_of_its_only_item() -> None:
    feed = b"<rss><channel><item><title>Low tide</title><guid>t 1</guid></item></channel></rss>"
    for kind in ("application/rss+xml", "text/xml", ""):
        [article] = normalise(feed, kind, "https://reef.example/feed").articles
        assert (article.external_id, article.canonical_url) == ("t 1", None)
