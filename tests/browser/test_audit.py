"""The rules of audit.js find what they are there for: each on a page that breaks it."""

from __future__ import annotations

import json

import pytest

from tests.browser.chromium import Page
from tests.browser.test_pages import AUDIT

pytestmark = pytest.mark.browser

GOOD = (
    "<!doctype html><html lang=en><title>Good</title><body style='background:#fff;color:#222'>"
    "<main><h1>One</h1><h2>Two</h2><p>Words <a href=/>and a link</a></p>{}</main>"
)
BROKEN = {
    "<p style='width:2000px;background:#eee'>Wide</p>": "wider than the window",
    "<p style='color:#888'>Pale</p>": "contrast 3.54",
    "<p style='color:rgb(0 0 0 / 40%)'>Thin</p>": "contrast 2.8",
    "<div style='background:#000c'><p style='color:#444'>Dark on dark</p></div>": "contrast",
    "<p style='font-size:9px'>Tiny</p>": "smaller than 12 px",
    "<h4>Four</h4>": "h2 is followed by <h4>",
    "<h1>Again</h1>": "not one h1",
    "<img src=data:,>": "no alt",
    "<input name=q placeholder=Search>": "no label",
    "<button></button>": "no words",
    "<p id=a>a</p><p id=a>b</p>": "an id stands twice",
}


def shown(page: Page, extra: str) -> list[str]:
    page.screen(360)
    page.run(
        f"(document.open(), document.write({json.dumps(GOOD.format(extra))}), document.close())"
    )
    found = page.run(AUDIT)
    assert isinstance(found, list)
    return found


def test_a_good_page_is_clean(page: Page) -> None:
    assert shown(page, "") == []


@pytest.mark.parametrize(("extra", "words"), BROKEN.items(), ids=BROKEN.values())
def test_what_is_wrong_is_found(page: Page, extra: str, words: str) -> None:
    found = shown(page, extra)
    assert len(found) == 1
    assert words in found[0]
