"""One hub with the sample articles and one browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from seealso_hub.demo import Came

from tests.browser import chromium
from tests.browser.chromium import Browser, Page
from tests.hub.running import RunningHub, start
from tests.services.dispatch.sink import Sink


@dataclass(frozen=True)
class Site:
    """The hub that is looked at, what was put in, and where its mail goes."""

    hub: RunningHub
    came: Came
    sink: Sink

    def article(self, title: str) -> str:
        """The path of the article with these words in its title."""
        (found,) = [one["id"] for one in self.came.articles if title in one["title"]]
        return f"/articles/{found}"


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium.find()
    if program is None:
        pytest.skip(f"no Chromium on this machine ({', '.join(chromium.NAMES)})")
    with Browser(program, tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.page() as made:
        yield made


@pytest.fixture(scope="session")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Sink() as sink:
        hub = start(
            tmp_path_factory.mktemp("site") / "data",
            SEEALSO_SMTP_URL=sink.url,
            SEEALSO_HUB_NAME="Millbrook Press",
        )
        yield Site(hub, hub.feed_samples(), sink)
        assert hub.stop() == 0
