"""Every kind of page, at the width of a telephone and of a desk, in light and in dark."""

from __future__ import annotations

import os
import struct
from importlib.resources import files
from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import Site
from tests.contracts.pages import DOCS
from tests.line.press import Api, record

pytestmark = pytest.mark.browser

AUDIT = files("tests.browser").joinpath("audit.js").read_text(encoding="utf-8")
WIDTHS = (360, 1440)
SCREENS = [(width, dark) for width in WIDTHS for dark in (False, True)]
PICTURE = DOCS / "pictures" / "topic-page.png"
PICTURE_WIDTH, PICTURE_BYTES = 1200, 300_000
SHOTS = os.environ.get("SEEALSO_TEST_SCREENSHOTS")  # a folder to keep what was seen

PAGES = {
    "start": "/",
    "topics": "/topics",
    "topics found": "/topics?q=compost",
    "topic": "/topics/composting",
    "topic not written yet": "/topics/leaf-mould",
    "articles": "/articles",
    "series": "/series/ask-the-gardener",
    "question": "My compost heap smells sour",
    "infographic": "What goes into the compost",
    "corrected": "reading room",
    "spanish": "regar los tomates",
    "right to left": "كتب",
    "newsletter": "/newsletters/composting",
    "newsletter that is none": "/newsletters/nothing-of-the-kind",
    "link that is none": "/newsletters/confirm/nonsense",
    "not found": "/articles/a000000000000000",
    "withdrawn": "",
}
STATUS = {"not found": 404, "newsletter that is none": 404, "link that is none": 404,
          "withdrawn": 410}  # fmt: skip


@pytest.fixture(scope="session")
def withdrawn(site: Site) -> str:
    """The path of an article that was taken back."""
    with Api(site.hub) as api:
        (made,) = api.post([record(1, title="A recipe that was wrong", topics=[])])["accepted"]
        api.withdraw(made["id"], "Too much salt.")
    return f"/articles/{made['id']}"


def path_of(kind: str, site: Site, withdrawn: str) -> str:
    given = withdrawn if kind == "withdrawn" else PAGES[kind]
    return given if given.startswith("/") else site.article(given)


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_can_be_read_by_everybody(kind: str, site: Site, withdrawn: str, page: Page) -> None:
    page.screen(WIDTHS[0])
    assert page.open(site.hub.url + path_of(kind, site, withdrawn)) == STATUS.get(kind, 200)
    for width, dark in SCREENS:
        page.screen(width, dark=dark)
        assert page.run("innerWidth") == width
        assert page.run(AUDIT) == [], f"{kind} at {width} px, {'dark' if dark else 'light'}"
        if SHOTS:
            name = f"{kind.replace(' ', '-')}-{width}-{'dark' if dark else 'light'}.png"
            Path(SHOTS, name).write_bytes(page.picture(whole=True))
    assert page.complaints(site.hub.url) == []


def test_the_readmes_picture_is_the_topic_page(site: Site, page: Page) -> None:
    """``UPDATE_DOCS=1`` takes it anew."""
    if os.environ.get("UPDATE_DOCS") == "1":
        page.screen(PICTURE_WIDTH, 1000)
        page.open(f"{site.hub.url}/topics/composting")
        PICTURE.write_bytes(page.picture())
    taken = PICTURE.read_bytes()
    assert taken.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", taken[16:24])
    assert (width, height) == (PICTURE_WIDTH, 1000)
    assert len(taken) < PICTURE_BYTES
