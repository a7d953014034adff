"""The demo: a hub in a folder of its own, the sample articles, and a table of what came out.

samples/topics.csv ──> topics     samples/* ──> articles ──> settled ──> table ──> serve
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text
from seealso_core.settings import Settings

from seealso_hub import console, intake
from seealso_hub.client import HubClient
from seealso_hub.commands.ingest import Outcome, Sender
from seealso_hub.commands.status import is_settled, wait_until_settled
from seealso_hub.errors import HubError
from seealso_hub.intake import Refused

SETTLE_SECONDS = 60.0
VOCABULARY = "topics.csv"


class DemoFailed(HubError):
    """The demo did not come to its end; the message says where."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came out of the samples."""

    outcome: Outcome
    articles: Sequence[dict[str, Any]]
    topics: Sequence[dict[str, Any]]
    outputs: Sequence[dict[str, Any]]


def feed(client: HubClient, settings: Settings) -> Came:
    """Put the samples in, and wait until all is settled.

    Raises:
        DemoFailed: a sample was refused, or did not settle.
    """
    with _samples() as folder:
        client.ask(
            "POST",
            "/api/topics/import",
            data=(folder / VOCABULARY).read_bytes(),
            media_type="text/csv",
        )
        sender = Sender(client, source="millbrook")
        for path in intake.files([str(folder)]):
            if isinstance(path, Refused):
                raise DemoFailed(f"{path.place}: {path.detail}")
            for parcel in intake.parcels(path, None, None, settings.max_body_mb << 20):
                sender.send(parcel)
    if sender.outcome.rejected:
        raise DemoFailed("A sample was refused: " + "; ".join(sender.outcome.reasons))
    found = wait_until_settled(client, SETTLE_SECONDS)
    if not is_settled(found):
        raise DemoFailed(f"Not all is settled after {SETTLE_SECONDS:g} s: {json.dumps(found)}")
    return Came(
        sender.outcome,
        client.get("/api/articles", limit=100)["articles"],
        client.get("/api/topics", origin="import")["topics"],
        client.get("/api/outputs")["outputs"],
    )


def show(came: Came, url: str) -> None:
    """The table of what came out, with addresses to click on."""
    screen = console.out()
    _articles(screen, came, url)
    _feeds(screen, came, url)
    counts = came.outcome.counts()
    renditions = len(came.articles) * len(came.outputs)
    console.say(
        f"{counts['created']} articles and {counts['updated']} correction went in;"
        f" {renditions} renditions came out, all settled."
    )
    console.say(f"Begin at {url}/ (all topics: {url}/topics, as OPML: {url}/topics.opml)")
    console.say(f"A series is a feed too: {url}/series/ask-the-gardener/feed.rss")
    console.say(
        f"A title that nobody has written yet, and who asks for it: {url}/topics/leaf-mould"
    )


def _articles(screen: Console, came: Came, url: str) -> None:
    table = console.new_table("Articles", plain=not screen.is_terminal)
    for title in ("Article", "Kind", "Lang", "Page", "As", "Related"):
        table.add_column(title, overflow="fold")
    extensions = [output["extension"] for output in came.outputs if output["status"] == "enabled"]
    for article in came.articles:
        page = f"{url}/articles/{article['id']}"
        formats = Text(" ").join(Text(e, style=f"link {page}.{e}") for e in extensions)
        kind = article["kind"] + (f", v{article['version']}" if article["version"] > 1 else "")
        row = (article["title"], kind, article["language"])
        related = Text("feed", style=f"link {page}/related.rss")
        table.add_row(*(Text(text) for text in row), console.cell(page), formats, related)
    screen.print(table)


def _feeds(screen: Console, came: Came, url: str) -> None:
    table = console.new_table("Topics", plain=not screen.is_terminal)
    table.add_column("Topic")
    table.add_column("Articles", justify="right")
    table.add_column("Feed", overflow="fold")
    table.add_column("Feed of its related topics", overflow="fold")
    for topic in came.topics:
        if topic["articles"]:
            home = f"{url}/topics/{topic['slug']}"
            cells = (f"{home}/feed.rss", f"{home}/related.atom")
            name = Text(topic["label"])
            table.add_row(name, str(topic["articles"]), *(console.cell(cell) for cell in cells))
    screen.print(table)


@contextmanager
def _samples() -> Iterator[Path]:
    with as_file(files("seealso_hub") / "samples") as folder:
        yield folder
