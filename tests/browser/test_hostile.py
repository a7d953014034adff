"""S4 by a browser's own word: what a hostile article came to is put into a page, and nothing runs."""

from __future__ import annotations

import json

import pytest
from seealso_ingest.body import from_html

from tests.browser.chromium import Browser, Page
from tests.services.ingest.hostile_html import payloads

pytestmark = pytest.mark.browser

BATCH = 400
# Written, read, written again, as editors and readers of feeds do; what shows is clicked on.
PUT = """(async (texts) => {
  top.__ran = 0;
  for (const text of texts) {
    const box = document.createElement('div');
    document.body.append(box);
    box.innerHTML = text;
    box.innerHTML = box.innerHTML;
    box.innerHTML = '<svg><desc>' + box.innerHTML + '</desc></svg>';
  }
  await new Promise(done => setTimeout(done, 150));
  document.body.replaceChildren();
  return top.__ran;
})"""


def ran(page: Page, texts: list[str]) -> int:
    found = page.run(f"{PUT}({json.dumps(texts)})")
    return int(found or 0)


@pytest.mark.deep
def test_no_hostile_article_runs_in_a_browser(browser: Browser) -> None:
    table = payloads()
    with browser.page() as page:
        for start in range(0, len(table), BATCH):
            texts = [
                from_html(one, base="https://h.example/").html for one in table[start:][:BATCH]
            ]
            assert ran(page, texts) == 0, f"one of {start} to {start + BATCH}"


def test_the_same_payloads_run_where_nobody_cleans_them(browser: Browser) -> None:
    with browser.page() as page:
        pictures = [one for one in payloads() if "<img src" in one]
        assert ran(page, pictures[:BATCH]) == 1
