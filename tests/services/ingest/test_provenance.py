"""Each field says where it was found, and saying so changes nothing that is read or published."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from seealso_ingest.drafting import drafted
from seealso_ingest.flow import Ingest
from seealso_ingest.provenance import FIELDS, LONGEST
from seealso_sdk.model import RawArticle, RawInput
from seealso_store.database import Database
from seealso_store.schema import article, article_version

from tests.services.ingest.conftest import START, Clock


def found(raw: RawArticle, base: str | None = None) -> dict[str, str]:
    return dict(drafted(raw, source="desk", base=base).provenance or {})


def test_the_plugins_words_stand_under_the_articles_names() -> None:
    raw = RawArticle(
        title="Dew",
        html="<p>Water.</p>",
        language="en",
        kind="news",
        provenance={"title": "json-ld  headline\n", "html": "<main>", "nonsense": "x"},
    )
    assert found(raw) == {
        "kind": "as the source gave it",
        "title": "json-ld headline",
        "language": "as the source gave it",
        "body_html": "<main>",
    }


def test_what_the_hub_chose_by_itself_is_said() -> None:
    told = found(RawArticle(text="Water from the air. And more."), "https://e.org/dew")
    assert told["title"] == "the first heading or sentence of the text"
    assert told["canonical_url"] == "the address that it was fetched from"
    assert (told["language"], told["kind"]) == ("default", "default")
    assert told["body_html"] == "made from the source's plain text"
    linked = found(RawArticle(title="Dew", url="/dew"), "https://e.org/feed")
    assert linked["canonical_url"] == "the address that the source has it at"


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=400) | st.integers(), max_size=8))
def test_foreign_words_are_short_lines_about_fields_and_never_content(
    words: dict[str, object],
) -> None:
    plain = drafted(RawArticle(title="Dew", text="Water."), source="desk")
    told = drafted(
        RawArticle(title="Dew", text="Water.", provenance=words),  # type: ignore[arg-type]
        source="desk",
    )
    assert told.article == plain.article
    assert set(told.provenance or {}) <= set(FIELDS)
    assert all("\n" not in w and len(w) <= LONGEST for w in (told.provenance or {}).values())


def test_it_is_asked_for_and_survives_changes_of_status(client: FlaskClient) -> None:
    line = {"external_id": "1", "title": "Dew", "body_text": "Water.", "published": "2024-05-02"}
    accepted = client.post("/api/articles", json=line).get_json()["accepted"]
    path = f"/api/articles/{accepted[0]['id']}"
    assert "provenance" not in client.get(path).get_json()
    told = client.get(f"{path}?provenance=1").get_json()["provenance"]
    assert told["title"] == "JSON key 'title'"
    assert told["body_html"] == "JSON key 'body_text'"
    assert told["external_id"] == "JSON key 'external_id'"
    assert told["language"] == "default"
    client.delete(path)
    assert client.get(f"{path}?provenance=1").get_json()["provenance"] == told


def test_what_another_hub_says_of_an_article_comes_with_it(client: FlaskClient) -> None:
    given_on = {"title": "Dew", "provenance": {"title": "og:title"}}
    (one,) = client.post("/api/articles", json=given_on).get_json()["accepted"]
    shown = client.get(f"/api/articles/{one['id']}?provenance=1").get_json()
    assert shown["provenance"]["title"] == "og:title"


def test_other_words_about_the_same_content_make_no_version(client: FlaskClient) -> None:
    for words in ("og:title", "json-ld"):
        line = {"external_id": "1", "title": "Dew", "provenance": {"title": words}}
        (one,) = client.post("/api/articles", json=line).get_json()["accepted"]
    assert (one["version"], one["change"]) == (1, "unchanged")


# --- what is to be looked over -------------------------------------------------------------------


def test_the_list_of_reviews(client: FlaskClient, database: Database) -> None:
    lines = [
        {"external_id": "old", "title": "Old", "review_by": "2020-01-01"},
        {"external_id": "far", "title": "Far", "review_by": "2999-01-01"},
        {"external_id": "none", "title": "None"},
    ]
    client.post("/api/articles", json=lines)
    (due,) = client.get("/api/articles?review=due").get_json()["articles"]
    assert (due["external_id"], due["review_at"]) == ("old", "2020-01-01T00:00:00Z")
    soon = client.get("/api/articles?review=soon&within=30").get_json()["articles"]
    assert [one["external_id"] for one in soon] == ["old"]
    for query in ("review=later", "review=soon&within=x", "review=due&before=x"):
        assert client.get(f"/api/articles?{query}").status_code == 400


def test_the_turn_dates_articles_of_before(
    database: Database, ingest: Ingest, clock: Clock
) -> None:
    body = json.dumps({"title": "Dew", "review_by": "2025-01-01"}).encode()
    ingest.accept(RawInput(data=body, media_type="application/json"))
    with database.write() as tx:
        tx.execute(article.update().values(review_at=None))
        tx.execute(article_version.update().values(provenance=None))
    ingest.turn()
    with database.read() as conn:
        at = conn.execute(article.select()).one().review_at
    assert at is not None
    assert at < START


@pytest.mark.parametrize("fields", [{"title": "kop.nl", "html": "tekst"}, {"titel": "x"}])
def test_an_operators_fields_come_before_the_records_own(fields: dict[str, str]) -> None:
    from seealso_ingest import InputRefused, normalise

    record = {"title": "Other", "kop": {"nl": "Dauw"}, "tekst": "<p>Water.</p>", "external_id": 7}
    data = json.dumps({**record, "external_id": "7"}).encode()
    if "titel" in fields:
        with pytest.raises(InputRefused, match="Did you mean 'title'"):
            normalise(data, "application/json", fields=fields)
        return
    (one,) = normalise(data, "application/json", fields=fields).articles
    assert (one.title, one.body_text, one.external_id) == ("Dauw", "Water.", "7")
