"""The pages that people read: what is on them, that nothing gets out of its place, and that
machines can read them too."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import html5lib
import pytest
from lxml import etree
from seealso_core import signup
from seealso_core.host import PluginHost
from seealso_feeds import pages
from seealso_sdk.model import Person
from seealso_store.database import Database

from tests.services.feeds.house import House

PAGES = ("/", "/topics", "/topics?q=comp", "/topics?q=nothing-like-it", "/topics?letter=c",
         "/topics/compost", "/topics/leaf-mould", "/articles", "/articles/a1", "/articles/a2",
         "/series/garden-answers", "/topics/unknown", "/articles/unknown")  # fmt: skip


def tree(house: House, path: str) -> Any:
    return etree.HTML(house.get(path).text)


def texts(found: list[Any]) -> list[str]:
    return [" ".join("".join(one.itertext()).split()) for one in found]


def test_every_page_is_clean_html(garden: House) -> None:
    for path in PAGES:
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(garden.get(path).text)
        assert parser.errors == [], path


def test_every_page_can_be_walked_without_eyes_or_mouse(garden: House) -> None:
    for path in PAGES:
        page = tree(garden, path)
        assert page.get("lang") == "en"
        assert len(page.xpath("//main[@id='main']")) == 1
        assert page.xpath("//a[@href='#main']")
        assert page.xpath("//header")
        assert page.xpath("//footer")
        assert len(page.xpath("//h1")) == 1
        assert page.findtext("head/title")
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        for nav in page.xpath("//nav"):
            assert nav.get("aria-label")
        for control in page.xpath("//main//input[not(@type='hidden')] | //header//input"):
            name = control.get("id")
            assert path.startswith("/topics/") or page.xpath(f"//label[@for='{name}']") or not name
        for labelled in page.xpath("//@aria-labelledby"):
            assert page.xpath(f"//*[@id='{labelled}']")
        levels = [int(h.tag[1]) for h in page.xpath("//h1|//h2|//h3|//h4")]
        assert all(b - a <= 1 for a, b in pairwise(levels)), (path, levels)


def test_pages_run_nothing_and_load_nothing_of_others(garden: House) -> None:
    for path in PAGES:
        answer = garden.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        page = etree.HTML(answer.text)
        scripts = page.xpath("//script")
        assert all(one.get("type") == "application/ld+json" for one in scripts)
        assert not page.xpath("//style | //@style | //iframe | //@onclick")
        (sheet,) = page.xpath("//link[@rel='stylesheet']/@href")
        css = garden.get(sheet)
        assert css.mimetype == "text/css"
        assert "immutable" in css.headers["Cache-Control"]
        assert "url(" not in css.text


def test_a_topic_page_shows_what_it_has(garden: House) -> None:
    page = tree(garden, "/topics/compost")
    assert page.findtext(".//h1") == "Compost"
    assert texts(page.xpath("//ol[@class='articles']//h3")) == ["Worm farms", "Compost that smells"]
    related = texts(page.xpath("//section[@aria-labelledby='related-topics']//li"))
    assert any(one.startswith("Garden One article is filed under both") for one in related)
    assert any(one.startswith("Leaf mould (not written yet)") for one in related)
    (form,) = page.xpath("//form[starts-with(@action, '/newsletters/')]")
    assert form.get("action") == "/newsletters/compost"
    assert form.xpath(".//input[@name='page']/@value") == ["http://hub.test/topics/compost"]
    said = form.xpath("string()")
    assert signup.wording("Compost") in said
    assert signup.privacy("Testgarden") in said


def test_a_ghosts_page_says_that_it_is_one_and_who_asks(garden: House) -> None:
    page = tree(garden, "/topics/leaf-mould")
    assert "No article here is about this yet. 1 article names it" in page.xpath("string(//main)")
    assert texts(page.xpath("//ol[@class='articles']//h3")) == ["Compost that smells"]


def test_an_article_page_has_all_that_belongs_to_it(garden: House) -> None:
    page = tree(garden, "/articles/a1")
    assert page.findtext(".//h1") == "Compost that smells"
    assert "Question and answer" in texts(page.xpath("//p[@class='kicker']"))[0]
    assert page.xpath("//a[@href='http://hub.test/series/garden-answers']")
    listed = page.xpath("//section[@class='seealso-see-also']//a")
    assert [(*texts([a]), a.get("href"), a.get("class")) for a in listed] == [
        ("Worm farms", "/articles/a2", None),
        ("Leaf mould (not written yet)", "/topics/leaf-mould", "ghost"),
    ]
    related = texts(page.xpath("//section[@aria-labelledby='related-articles']//li"))
    assert related == ["Worm farms Named in this article's See also list"]
    topics = texts(page.xpath("//section[@aria-labelledby='topics']//li"))
    assert topics == ["Compost The editor filed it here", "Garden The editor filed it here"]
    formats = page.xpath("//section[@aria-labelledby='formats']//a/@href")
    own = "http://hub.test/articles/a1"
    assert set(formats) == {
        *(f"{own}.{extension}" for extension in ("rss", "atom", "json", "html", "txt")),
        f"{own}/fragment.html",
    }
    assert page.xpath("//link[@rel='canonical']/@href") == ["http://hub.test/articles/a1"]


def test_only_an_article_whose_source_had_a_sign_up_box_has_one(garden: House) -> None:
    (form,) = tree(garden, "/articles/a1").xpath("//form[starts-with(@action, '/newsletters/')]")
    assert form.get("action") == "/newsletters/compost"
    assert form.xpath(".//input[@name='page']/@value") == ["http://hub.test/articles/a1"]
    assert not tree(garden, "/articles/a2").xpath("//form[starts-with(@action, '/newsletters/')]")


def test_a_sign_up_for_two_topics_is_one_for_each(own_garden: House) -> None:
    own_garden.publish("a9", "Two in one", topics=("Worms", "Compost"), signup="Worms and compost")
    forms = tree(own_garden, "/articles/a9").xpath("//form/@action")
    assert [one for one in forms if one.startswith("/newsletters/")] == [
        "/newsletters/worms",
        "/newsletters/compost",
    ]


def test_an_articles_fragment_is_the_article_and_nothing_around_it(garden: House) -> None:
    answer = garden.get("/articles/a1/fragment.html")
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Link"] == '<http://hub.test/articles/a1>; rel="canonical"'
    assert answer.text.startswith("<article")
    assert answer.text.rstrip().endswith("</article>")
    found = etree.HTML(answer.text)
    assert not found.xpath("//script | //style | //link | //@id | //@style | //form")
    assert answer.text.strip() in garden.get("/articles/a1.html").text


def test_a_fragment_that_no_output_makes_is_a_404_that_says_so(
    database: Database, plugin_host: PluginHost
) -> None:
    house = House(database, plugin_host, outputs=("text",))
    house.publish("a1", "Worm farms")
    missing = house.get("/articles/a1/fragment.html")
    assert (missing.status_code, missing.json["code"]) == (404, "format-unknown")
    unknown = house.get("/articles/a9/fragment.html")
    assert (unknown.status_code, unknown.json["code"]) == (404, "article-unknown")


def test_machines_find_the_article_as_schema_org_data(garden: House) -> None:
    (script,) = tree(garden, "/articles/a1").xpath("//script[@type='application/ld+json']")
    data = json.loads(script.text)
    assert data["@type"] == "QAPage"
    assert data["name"] == "Compost that smells"


def test_a_see_also_title_that_is_answered_later_leads_there_without_a_new_version(
    own_garden: House,
) -> None:
    own_garden.publish("a3", "Leaf mould", day=3)
    listed = tree(own_garden, "/articles/a1").xpath("//section[@class='seealso-see-also']//a/@href")
    assert listed == ["/articles/a2", "/articles/a3"]


def test_text_that_looks_like_markup_stays_text(house: House) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    house.publish(
        "a1",
        f"Title {evil}",
        topics=(f"Topic {evil}",),
        see_also=(f"Title {evil} again",),
        series=f"Series {evil}",
        signup=f"Topic {evil}",
        summary=f"Summary {evil}",
        body_html="<p>Body</p>",
        authors=(Person(f"Author {evil}"),),
    )
    for path in house_paths(house):
        answer = house.get(path)
        page = etree.HTML(answer.text)
        assert not page.xpath("//@onerror"), path
        scripts = page.xpath("//script")
        assert all(one.get("type") == "application/ld+json" for one in scripts), path
        assert not page.xpath("//img")
    asked = house.get("/topics", method="GET").text + house.get(f"/topics?q={evil}").text
    assert "<script>alert" not in asked


def house_paths(house: House) -> list[str]:
    opml = etree.fromstring(house.get("/topics.opml").data)
    topics = [one.get("htmlUrl").removeprefix("http://hub.test") for one in opml.iter("outline")
              if one.get("htmlUrl")]  # fmt: skip
    series = tree(house, "/articles/a1").xpath("//p[@class='seealso-series']//a/@href")
    assert len(series) == 1
    return ["/", "/topics", "/articles", "/articles/a1", *topics,
            series[0].removeprefix("http://hub.test")]  # fmt: skip


def test_right_to_left_articles_are_told_so(house: House) -> None:
    house.publish("a1", "صحة القلب", topics=("القلب",), language="ar")
    item = tree(house, "/articles").xpath("//ol[@class='articles']/li")[0]
    assert (item.get("lang"), item.get("dir")) == ("ar", "rtl")
    article = tree(house, "/articles/a1").xpath("//article")[0]
    assert (article.get("lang"), article.get("dir")) == ("ar", "rtl")


def test_an_article_can_be_read_before_the_html_output_has_it(house: House) -> None:
    house.outputs = ("rss",)
    house.publish("a1", "Early", topics=("Compost",), see_also=("Leaf mould",))
    page = tree(house, "/articles/a1")
    assert page.findtext(".//h1") == "Early"
    assert "All about Early." in page.xpath("string(//article)")
    assert page.xpath("//section[@class='seealso-see-also']//a/@href") == ["/topics/leaf-mould"]
    waiting = house.get("/articles/a1.html")
    assert waiting.status_code == 503
    assert waiting.headers["Retry-After"] == "2"


def test_pages_of_a_list_lead_on_and_back(house: House) -> None:
    for number in range(45):
        house._write(house_article(house, number), number * 1_000_000)
    second = tree(house, "/articles").xpath("//a[@rel='next']/@href")[0]
    third = tree(house, second).xpath("//a[@rel='next']/@href")[0]
    last = tree(house, third)
    assert not last.xpath("//a[@rel='next']")
    assert len(last.xpath("//ol[@class='articles']/li")) == 5
    assert last.xpath("//a[@rel='prev']/@href") == [second]
    assert tree(house, second).xpath("//a[@rel='prev']/@href") == ["/articles"]


def house_article(house: House, number: int) -> Any:
    from seealso_sdk.model import Article

    return Article(id=f"a{number:03d}", version=1, title=f"Article {number}")


@pytest.mark.parametrize("path", ["/topics/compost", "/articles/a1"])
def test_the_templates_are_part_of_what_decides(
    garden: House, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = garden.get(path, fast=False).headers["ETag"]
    monkeypatch.setattr(pages, "templates_hash", lambda: "another release")
    monkeypatch.setattr(pages, "stylesheet_path", lambda: "/static/seealso.new.css")
    answer = garden.get(path, fast=False, If_None_Match=before)
    assert answer.status_code == 200
    assert answer.headers["ETag"] != before


def test_the_stylesheet_has_enough_contrast_in_light_and_in_dark() -> None:
    css = pages.stylesheet().decode()
    for block in re.findall(r":root\s*{([^}]*)}", css):
        colours = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block))
        for ink in ("ink", "quiet", "link", "link-visited", "accent"):
            for ground in ("ground", "raised", "mark"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        assert contrast(colours["focus"], colours["ground"]) >= 3


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_icon_that_browsers_ask_for_is_there(garden: House) -> None:
    answer = garden.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert "max-age" in answer.headers["Cache-Control"]
