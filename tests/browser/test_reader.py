"""What a reader does with a page: typing, clicking, going through it by keyboard."""

from __future__ import annotations

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import Site
from tests.line.reader import Reader, link_in

pytestmark = pytest.mark.browser

# What has the focus: what it is, and how its ring stands out from the ground around it.
FOCUS = """(() => {
  const it = document.activeElement, again = "seen" in it.dataset, style = getComputedStyle(it), box = it.getBoundingClientRect();
  it.dataset.seen = "";
  return {
    again, name: it.localName, text: (it.textContent || it.name || "").trim().replace(/\\s+/g, " "),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.width > 1 && box.height > 1 && box.right > 0 && box.bottom > 0
            && box.left < innerWidth && box.top < innerHeight,
  };
})()"""


def test_a_reader_signs_up_and_confirms_by_typing_and_clicking(site: Site, page: Page) -> None:
    page.screen(360)
    page.open(f"{site.hub.url}/topics/composting")
    page.click("form.newsletter input[type=email]")
    page.write("not an address")
    page.click("form.newsletter button")
    assert page.run("document.querySelector('form.newsletter').checkValidity()") is False
    assert page.run("location.pathname") == "/topics/composting"  # the browser kept the form

    page.run("document.querySelector('form.newsletter input[type=email]').value = ''")
    page.click("form.newsletter input[type=email]")
    page.write("rosa@reader.example")
    page.click("form.newsletter button")
    assert page.loaded() == 202
    assert page.run("document.querySelector('h1').textContent") == "One more step"
    assert page.complaints(site.hub.url) == []

    with Reader("rosa@reader.example", site.sink, site.hub.url) as rosa:
        (mail,) = rosa.mails(1)
    assert page.open(link_in(mail, "confirm")) == 200
    assert page.run("document.querySelector('h1').textContent") == "Composting by e-mail"
    page.click("main button")
    assert page.loaded() == 200
    assert page.run("document.querySelector('h1').textContent") == "Thank you"
    assert page.complaints(site.hub.url) == []


def test_an_address_that_is_none_keeps_the_form_and_says_why(site: Site, page: Page) -> None:
    page.screen(1440)
    page.open(f"{site.hub.url}/newsletters/composting")
    page.run("document.querySelector('form').noValidate = true")  # an old browser
    page.click("input[type=email]")
    page.write("jane@")
    page.click("main button")
    assert page.loaded() == 400
    assert page.run("document.querySelector('[role=alert]').textContent.length > 10")
    assert page.run("document.querySelector('input[type=email]').labels.length") == 1


def test_the_keyboard_gets_everywhere_and_shows_where_it_is(site: Site, page: Page) -> None:
    for dark in (False, True):
        page.screen(1440, dark=dark)
        page.open(f"{site.hub.url}/topics/composting")
        visited = []
        for _ in range(60):
            page.press("Tab")
            at = page.run(FOCUS)
            if at["name"] == "body" or at["again"]:
                break  # once around
            visited.append(at)
        assert visited[0]["text"] == "Skip to the content"
        assert [at for at in visited if not (at["ring"] and at["inside"])] == []
        stops = page.run(
            "document.querySelectorAll('a[href], input:not([type=hidden]), button').length"
        )
        assert len(visited) == stops


def test_the_skip_link_leads_to_the_content(site: Site, page: Page) -> None:
    page.screen(360)
    page.open(f"{site.hub.url}/topics/composting")
    page.press("Tab")
    page.press("Enter")
    assert page.run("location.hash") == "#main"
    page.press("Tab")
    assert page.run("document.querySelector('main').contains(document.activeElement)") is True


def test_search_finds_a_topic(site: Site, page: Page) -> None:
    page.screen(360)
    page.open(f"{site.hub.url}/")
    page.click("#site-q")
    page.write("compost")
    page.events.clear()
    page.press("Enter")
    assert page.loaded() == 200
    assert page.run("location.pathname + location.search") == "/topics?q=compost"
    page.click("main .topics a[href='/topics/composting']")
    assert page.loaded() == 200
    assert page.run("document.querySelector('h1').textContent") == "Composting"
