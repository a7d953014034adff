"""The hub's own output that comes back in is recognised, and nothing else is taken for it."""

from __future__ import annotations

import pytest
from seealso_core.host import PluginHost
from seealso_ingest.drafting import drafted
from seealso_ingest.errors import Refused
from seealso_ingest.flow import Ingest
from seealso_ingest.loops import require_foreign
from seealso_ingest.settings import IngestSettings
from seealso_sdk.model import RawArticle, RawInput, article_guid
from seealso_store import rejected
from seealso_store.database import Database

from tests.services.ingest.conftest import Clock, Nudges, enable

HUB = "https://hub.example/news"
ID = "anla2xsy7eucnc7s"


@pytest.mark.parametrize(
    "url",
    [
        f"{HUB}/articles/{ID}",
        f"HTTPS://Hub.Example:443/news/articles/{ID}",
        f"{HUB}/articles/{ID}.html",
        f"{HUB}/articles/{ID}/fragment.html",
        f"{HUB}/articles/{ID}?utm_source=partner#top",
    ],
)
def test_a_page_of_the_hub_is_its_own(url: str) -> None:
    for raw in (
        RawArticle(title="Dew", url=url),
        RawArticle(title="Dew", canonical_url=url),
        RawArticle(title="Dew", url=url, canonical_url="https://press.example/dew"),
    ):
        with pytest.raises(Refused, match=ID) as caught:
            require_foreign(drafted(raw, source="partner"), HUB)
        assert caught.value.code == "loop"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "https://press.example/dew",
        f"https://hub.example/articles/{ID}",  # beside the hub, on its host
        f"https://hub.example.org/news/articles/{ID}",
        f"{HUB}/articles/how-dew-forms",  # an article of somebody who writes there
        f"{HUB}2/articles/{ID}",
        f"https://other.example/?see={HUB}/articles/{ID}",
        f"{HUB}/articles/{ID}/related.rss/more",
    ],
)
def test_what_stands_elsewhere_is_not(url: str | None) -> None:
    draft = drafted(RawArticle(title="Dew", url=url), source="partner")
    require_foreign(draft, HUB)
    require_foreign(draft, "")


def test_the_hubs_own_feed_makes_no_second_article(
    database: Database, host: PluginHost, nudges: Nudges, clock: Clock
) -> None:
    enable(database, "rss")
    ingest = Ingest(database, host, nudges, IngestSettings(hub_url=HUB), now=clock)
    feed = f"""<rss version="2.0"><channel><title>Hub</title>
    <item><guid isPermaLink="false">{article_guid(ID)}</guid><title>Dew</title>
    <link>{HUB}/articles/{ID}</link><description>Water.</description></item>
    <item><guid>2</guid><title>Frost</title><link>https://press.example/frost</link>
    <description>Ice.</description></item></channel></rss>"""
    raw = RawInput(data=feed.encode(), media_type="application/rss+xml", source="partner")
    receipt = ingest.accept(raw)
    assert [one.change for one in receipt.accepted] == ["created"]
    assert [(one.index, one.code) for one in receipt.rejected] == [(0, "loop")]
    with database.read() as conn:
        assert rejected.totals(conn) == (0, 0), "nobody could mend it"
