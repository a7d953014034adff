"""The public documents' HTTP manners, through the fast lane and without it.

R-numbers are those of the requirements that a feed endpoint is measured by: validators, caching,
codings, methods, CORS, status codes, media types, autodiscovery, parameters.
"""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

import pytest
from lxml import etree
from seealso_core.host import PluginHost
from seealso_store.database import Database
from werkzeug.test import TestResponse

from tests.plugins.feedcheck import check_atom, check_jsonfeed, check_opml, check_rss
from tests.services.feeds.conftest import plant
from tests.services.feeds.house import House, unpacked

FEED = "/topics/compost/feed.rss"
FEEDS = ("/topics/compost/feed.rss", "/topics/compost/feed.atom", "/topics/compost/feed.json")
DOCUMENTS = (
    "/",
    "/topics",
    "/topics?q=comp",
    "/topics.opml",
    "/topics/compost",
    "/topics/compost.json",
    *FEEDS,
    "/topics/compost/related.rss",
    "/topics/compost/related.atom",
    "/topics/compost/related.json",
    "/topics/leaf-mould/feed.rss",
    "/articles",
    "/articles/feed.atom",
    "/articles/a1",
    "/articles/a1.rss",
    "/articles/a1.json",
    "/articles/a1.html",
    "/articles/a1.txt",
    "/articles/a1/fragment.html",
    "/articles/a1/related.rss",
    "/articles/a1/related.json",
    "/series/garden-answers",
    "/series/garden-answers/feed.json",
)


SOME_DOCUMENTS = ("/topics/compost", "/topics/compost/feed.rss", "/articles/a1.txt")


def same_but_for_the_clock(answer: TestResponse) -> dict[str, str]:
    skipped = {"x-request-id", "date"}
    return {k.lower(): v for k, v in answer.headers.items() if k.lower() not in skipped}


def test_every_public_document_keeps_its_http_manners(garden: House) -> None:
    for path in DOCUMENTS:
        for fast in (True, False):
            answer = garden.get(path, fast=fast)
            assert answer.status_code == 200, path
            head = garden.get(path, fast=fast, method="HEAD")
            assert head.status_code == 200
            assert head.data == b""
            assert same_but_for_the_clock(head) == same_but_for_the_clock(answer), path
            assert answer.headers["Content-Length"] == str(len(answer.data))
            assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])
            assert parsedate_to_datetime(answer.headers["Last-Modified"]).tzinfo is not None
            assert "max-age=" in answer.headers["Cache-Control"]
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            exposed = answer.headers["Access-Control-Expose-Headers"]
            assert exposed == "ETag, Last-Modified, Link, Retry-After"
            assert "charset=utf-8" in answer.headers["Content-Type"]


def test_the_same_state_gives_the_same_bytes_after_a_restart(garden: House) -> None:
    before = {path: garden.get(path) for path in DOCUMENTS}
    again = House(garden.database, garden.host)
    for path, answer in before.items():
        fresh = again.get(path)
        assert fresh.data == answer.data, path
        assert fresh.headers["ETag"] == answer.headers["ETag"]
        packed = [h.get(path, Accept_Encoding="gzip").data for h in (garden, again)]
        assert packed[0] == packed[1]


@pytest.mark.parametrize("fast", [True, False])
def test_a_document_that_the_asker_has_is_answered_304(garden: House, fast: bool) -> None:
    for path in DOCUMENTS if fast else SOME_DOCUMENTS:
        full = garden.get(path, fast=fast)
        etag, modified = full.headers["ETag"], full.headers["Last-Modified"]
        for headers in (
            {"If_None_Match": etag},
            {"If_None_Match": f'"nothing", W/{etag}'},
            {"If_None_Match": "*"},
            {"If_Modified_Since": modified},
            {"If_None_Match": etag, "If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        ):
            for method in ("GET", "HEAD"):
                answer = garden.get(path, fast=fast, method=method, **headers)
                assert answer.status_code == 304, (path, headers)
                assert answer.data == b""
                for name in ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
                    assert answer.headers[name] == full.headers[name], (path, name)
                assert not {"Content-Type", "Link", "Last-Modified"} & {*answer.headers.keys()}
        for headers in (
            {"If_None_Match": '"nothing"'},
            {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            {"If_None_Match": '"nothing"', "If_Modified_Since": modified},
            {"If_Modified_Since": "no date"},
        ):
            answer = garden.get(path, fast=fast, **headers)
            assert (answer.status_code, answer.data) == (200, full.data), (path, headers)


def test_gzip_comes_by_weight_and_has_its_own_tag(garden: House) -> None:
    plain = garden.get(FEED)
    packed = garden.get(FEED, Accept_Encoding="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert unpacked(packed) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert not packed.headers["ETag"].startswith("W/")
    assert "Content-Encoding" not in garden.get(FEED, Accept_Encoding="gzip;q=0").headers
    again = garden.get(FEED, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert (again.status_code, again.headers["ETag"]) == (304, packed.headers["ETag"])
    # The tag of one coding is not that of the other.
    crossed = garden.get(FEED, Accept_Encoding="gzip", If_None_Match=plain.headers["ETag"])
    assert crossed.status_code == 200


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/topics/compost/feed.rss", "application/rss+xml; charset=utf-8"),
        ("/topics/compost/feed.atom", "application/atom+xml; charset=utf-8"),
        ("/topics/compost/feed.json", "application/feed+json; charset=utf-8"),
        ("/topics/compost.json", "application/json; charset=utf-8"),
        ("/topics.opml", "text/x-opml; charset=utf-8"),
        ("/topics/compost", "text/html; charset=utf-8"),
        ("/articles/a1.txt", "text/plain; charset=utf-8"),
        ("/articles/a1.html", "text/html; charset=utf-8"),
    ],
)
def test_each_format_has_its_media_type(garden: House, path: str, media_type: str) -> None:
    # A browser that asks a feed's own URL gets the feed all the same.
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert garden.get(path, Accept=browser).headers["Content-Type"] == media_type


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused_with_what_is_allowed(garden: House, method: str) -> None:
    for path in (FEED, "/topics/compost", "/articles/a1.rss", "/topics.opml"):
        answer = garden.get(path, method=method)
        assert answer.status_code == 405
        assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))


def test_options_answers_and_a_preflight_may_send_validators(garden: House) -> None:
    answer = garden.get(FEED, method="OPTIONS", Access_Control_Request_Method="GET")
    assert answer.status_code in (200, 204)
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


def test_the_self_link_is_the_url_that_was_fetched(garden: House) -> None:
    for path in (FEED, f"{FEED}?limit=1", "/topics/compost/related.rss", "/articles/a1.rss"):
        root = etree.fromstring(garden.get(path).data)
        (link,) = root.xpath("channel/a:link[@rel='self']/@href", namespaces={"a": ATOM})
        assert link == f"http://hub.test{path}"
    odd = etree.fromstring(garden.get(f"{FEED}?utm_source=mail&limit=1").data)
    (link,) = odd.xpath("channel/a:link[@rel='self']/@href", namespaces={"a": ATOM})
    assert link == f"http://hub.test{FEED}?limit=1"


ATOM = "http://www.w3.org/2005/Atom"


def test_unknown_parameters_change_nothing_and_make_no_copy(garden: House) -> None:
    plain = garden.get(FEED)
    kept = garden.lane.counts().kept
    for query in ("utm_source=x", "utm_source=y&z", "a=%ff", "&&&"):
        answer = garden.get(f"{FEED}?{query}")
        assert (answer.status_code, answer.data) == (200, plain.data)
    assert garden.lane.counts().kept == kept


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
     ("before=x", "before"), ("before=!!", "before"), ("before=", "before")],
)  # fmt: skip
def test_a_bad_parameter_is_a_problem_that_names_it(
    garden: House, query: str, field: str, fast: bool
) -> None:
    answer = garden.get(f"{FEED}?{query}", fast=fast)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json is not None
    assert (answer.json["code"], answer.json["field"]) == ("parameter-invalid", field)
    assert answer.json["detail"].startswith(f"{field}: ")


def test_pages_tell_their_feeds_in_the_head_and_in_the_header(garden: House) -> None:
    for path, feed in (
        ("/topics/compost", "/topics/compost/feed"),
        ("/series/garden-answers", "/series/garden-answers/feed"),
        ("/articles", "/articles/feed"),
        ("/", "/articles/feed"),
        ("/articles/a1", "/articles/a1/related"),
    ):
        answer = garden.get(path)
        links = etree.HTML(answer.text).xpath("//head/link[@rel='alternate']")
        found = {link.get("type"): link.get("href") for link in links}
        assert found == {
            "application/rss+xml": f"http://hub.test{feed}.rss",
            "application/atom+xml": f"http://hub.test{feed}.atom",
            "application/feed+json": f"http://hub.test{feed}.json",
        }
        assert all(link.get("title") for link in links)
        for media_type, url in found.items():
            assert (
                f'<{url}>; rel="alternate"; type="{media_type}"; title=' in answer.headers["Link"]
            )
            assert garden.get(url).status_code == 200


def test_a_feed_names_itself_and_its_page_in_the_link_header(garden: House) -> None:
    links = garden.get(f"{FEED}?limit=1").headers["Link"]
    assert f'<http://hub.test{FEED}?limit=1>; rel="self"; type="application/rss+xml"' in links
    assert '<http://hub.test/topics/compost>; rel="alternate"; type="text/html"' in links
    assert 'rel="next"' in links


def test_a_synonym_leads_to_the_topic_for_good(garden: House) -> None:
    for name, slug in (("Compost", "compost"), ("LEAF-mould", "leaf-mould")):
        for rest in ("", ".json", "/feed.rss", "/related.json"):
            answer = garden.get(f"/topics/{name}{rest}")
            assert answer.status_code == 301
            assert answer.headers["Location"] == f"/topics/{slug}{rest}"


def test_an_unknown_topic_is_404_and_says_what_may_be_meant(garden: House) -> None:
    answer = garden.get("/topics/compots/feed.rss")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json is not None
    assert answer.json["code"] == "topic-unknown"
    assert "Did you mean Compost" in answer.json["detail"]
    page = garden.get("/topics/compots", Accept="text/html")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert '<a href="/topics/compost">Compost</a>' in page.text


@pytest.mark.parametrize(
    "path",
    ["/articles/nope", "/articles/nope.rss", "/articles/a1.docx", "/series/nope",
     "/series/nope/feed.rss", "/topics/compost/feed.docx", "/topics/compost/feed.html",
     "/channels/nope/feed.rss", "/articles/nope/related.json", "/static/other.css"],
)  # fmt: skip
def test_what_is_not_there_is_404(garden: House, path: str) -> None:
    for fast in (True, False):
        answer = garden.get(path, fast=fast)
        assert answer.status_code == 404, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Traceback" not in answer.text
        assert garden.get(path, fast=fast, method="HEAD").data == b""


def test_an_edit_is_in_every_document_at_the_next_request(own_garden: House) -> None:
    before = {path: own_garden.get(path) for path in DOCUMENTS}
    time.sleep(1.1)  # Last-Modified has whole seconds
    own_garden.publish("a2", "Worm farms, corrected", topics=("Compost",), day=2)
    for path in (*FEEDS, "/topics/compost", "/articles", "/articles/feed.atom", "/"):
        answer = own_garden.get(path, If_None_Match=before[path].headers["ETag"])
        assert answer.status_code == 200, path
        assert answer.headers["ETag"] != before[path].headers["ETag"]
        assert b"Worm farms, corrected" in answer.data
        old, new = (
            parsedate_to_datetime(one.headers["Last-Modified"]) for one in (before[path], answer)
        )
        assert new > old


def test_a_change_of_something_else_leaves_a_feed_as_it_is(own_garden: House) -> None:
    before = own_garden.get(FEED)
    own_garden.publish("a3", "Tyres for the winter", topics=("Cars",), day=9)
    after = own_garden.get(FEED)
    assert after.data == before.data
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.headers["Last-Modified"] == before.headers["Last-Modified"]


def test_a_feed_that_lost_an_article_has_a_later_date(own_garden: House) -> None:
    before = own_garden.get(FEED)
    own_garden.publish("a2", "Worm farms", topics=("Worms",), day=2)  # filed elsewhere now
    after = own_garden.get(FEED, If_Modified_Since=before.headers["Last-Modified"])
    assert after.status_code == 200
    assert after.data != before.data


@pytest.mark.live
def test_postgresql_serves_the_same_documents(
    garden: House, postgres: Database, plugin_host: PluginHost
) -> None:
    other = plant(House(postgres, plugin_host))
    for path in (*DOCUMENTS, "/topics?q=no-such", "/topics?letter=c", f"{FEED}?limit=1"):
        answer = other.get(path)
        assert answer.status_code == 200, path
        assert undated(answer.data) == undated(garden.get(path).data), path
    assert other.get("/topics/unknown").status_code == 404
    assert other.get("/topics/%00").status_code == 404
    other.withdraw("a1", "Wrong")
    assert other.get("/articles/a1").status_code == 410
    assert b"deleted-entry" in other.get("/topics/compost/feed.atom").data
    assert b"smells" not in other.get("/topics/compost/feed.rss").data


def undated(document: bytes) -> bytes:
    """Without the day and the time of the test's own writing."""
    times = rb"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} [\d: ]+GMT"
    return re.sub(times, b"", document)


def test_opml_lists_every_topic_and_the_ghosts_apart(garden: House) -> None:
    root = etree.fromstring(garden.get("/topics.opml").data)
    assert root.get("version") == "2.0"
    folders = {one.get("text"): one for one in root.find("body")}
    assert list(folders) == ["Topics", "Not written yet"]
    written = [(o.get("text"), o.get("type"), o.get("xmlUrl")) for o in folders["Topics"]]
    assert ("Compost", "rss", "http://hub.test/topics/compost/feed.rss") in written
    assert [o.get("text") for o in folders["Not written yet"]] == ["Leaf mould"]
    for outline in root.iter("outline"):
        if outline.get("xmlUrl"):
            assert garden.get(outline.get("xmlUrl")).status_code == 200
            assert garden.get(outline.get("htmlUrl")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/topics/%00", "/topics/a%00b/feed.rss", "/articles/%00", "/articles/a%00.rss", "/series/%00",
     "/topics/%ED%A0%80", "/topics/%FF/feed.json", "/channels/%00/feed.rss", "/static/%00",
     "/topics/" + "x" * 5000],
)  # fmt: skip
def test_a_name_that_no_store_can_hold_is_404(garden: House, path: str) -> None:
    assert garden.get(path).status_code == 404


def test_a_search_for_anything_is_answered(garden: House) -> None:
    for query in ("%00", "%ED%A0%80", "%25", "_", "%5C", "x" * 5000, "%E2%80%AE"):
        assert garden.get(f"/topics?q={query}").status_code == 200
        assert garden.get(f"/topics?letter={query}").status_code == 200


def test_an_empty_hub_serves_empty_documents(house: House) -> None:
    for path in ("/", "/topics", "/articles", "/topics.opml", "/articles/feed.rss",
                 "/articles/feed.atom", "/articles/feed.json"):  # fmt: skip
        assert house.get(path).status_code == 200, path


def test_topics_of_any_script_have_working_addresses(house: House) -> None:
    house.publish("a1", "قلب", topics=("أمراض القلب",), language="ar")
    document = house.json_feed("/topics.opml".replace(".opml", "/") + "أمراض-القلب.json")
    assert document["label"] == "أمراض القلب"
    for url in document["feeds"].values():
        assert url.isascii()
        assert house.get(url).status_code == 200


CHECKERS = {
    "rss": check_rss, "atom": check_atom, "feed+json": check_jsonfeed, "x-opml": check_opml,
}  # fmt: skip


def test_every_served_feed_is_valid_ghosts_and_tombstones_and_pages_too(own_garden: House) -> None:
    own_garden.publish(
        "a3",
        "Control \x0b]]> <b>\u202eevil</b> & more" + " long" * 2000,
        topics=("Compost", "]]> & <i>topic</i>"),
        see_also=("A ghost ]]> & <b>", "Compost that smells"),
        series="Series & ]]>",
        day=3,
    )
    own_garden.publish("a4", "Gone soon", topics=("Compost",), day=4)
    own_garden.withdraw("a4", "Reason ]]> & <b>")
    own_garden.file()
    opml = own_garden.get("/topics.opml")
    pages = [one.get("htmlUrl") for one in etree.fromstring(opml.data).iter("outline")]
    paths = ["/topics.opml", "/articles/feed", "/articles/feed?limit=1", "/articles/a3",
             "/articles/a3/related", "/series/series", "/series/series/feed"]  # fmt: skip
    paths += [f"{page}/{kind}" for page in pages if page for kind in ("feed", "related")]
    checked = 0
    for path in paths:
        for extension in ("rss", "atom", "json"):
            bare, _, query = path.partition("?")
            url = path if path.endswith(".opml") else f"{bare}.{extension}?{query}"
            answer = own_garden.get(url)
            kind = answer.mimetype.rpartition("/")[2].removesuffix("+xml")
            if answer.status_code == 200 and kind in CHECKERS:
                assert CHECKERS[kind](answer.data) == [], url
                checked += 1
    assert checked > 40
