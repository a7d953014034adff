"""A whole hub on a store of its own: publishes, renders by the real plugins, files, and serves."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask
from seealso_core.host import PluginHost
from seealso_core.web import Guard, create_app
from seealso_feeds import documents, serve, web
from seealso_feeds.channels import Channels
from seealso_feeds.fast import FastLane, Watch
from seealso_feeds.flow import Filing
from seealso_sdk.model import Article, Promo, SeeAlso, Series
from seealso_sdk.model import Filing as Filed
from seealso_sdk.plugin import Context
from seealso_sdk.text import slugify
from seealso_store import articles, ledger, outputs, renditions
from seealso_store.articles import Change
from seealso_store.clock import SECOND, now
from seealso_store.database import Database
from seealso_store.outputs import InstalledOutput
from seealso_store.renditions import NewRendition
from werkzeug.test import Client, TestResponse

HUB = "http://hub.test"
HUB_ID = "5d0f0a4e-6f0b-4b62-9b57-0d9ce9a2c111"
KEY = "the operator's key"


@dataclass
class Tokens:
    """A change token that tests can hold still, to see what the lane does without asking."""

    database: Database
    asked: int = 0

    def change_token(self) -> str:
        self.asked += 1
        return self.database.change_token()


class Now(Watch):
    """Asks at every use: tests need not wait for the poll."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(tokens)
        self._at_once = tokens

    def token(self) -> str | None:
        return self._at_once.change_token()


@dataclass
class House:
    """The store, the plugin host, and the public side in front of them."""

    database: Database
    host: PluginHost
    outputs: tuple[str, ...] = ("rss", "atom", "jsonfeed", "html", "text")
    versions: dict[str, Article] = field(default_factory=dict)
    app: Flask = field(init=False)
    lane: FastLane = field(init=False)

    def __post_init__(self) -> None:
        records = self.host.registry.outputs
        installed = [
            InstalledOutput(name, "enabled", "", records[name].output) for name in self.outputs
        ]
        with self.database.write() as tx:
            outputs.record(tx, installed, now=now())
        hub = documents.Hub(HUB, "Testgarden", HUB_ID)
        self.serve = serve.Serve(self.database)
        routes = web.blueprint(
            self.serve,
            self.host,
            hub,
            guard=Guard(lambda key: key == KEY),
            channels=Channels(self.database),
        )
        self.app = create_app("feeds", [routes])
        self.lane = FastLane(self.app, Now(Tokens(self.database)))

    # --- the line before it ---------------------------------------------------------------------

    def publish(
        self,
        article_id: str,
        title: str,
        *,
        topics: tuple[str, ...] = (),
        see_also: tuple[str, ...] = (),
        series: str = "",
        signup: str = "",
        day: int = 1,
        file: bool = True,
        **fields: Any,
    ) -> Article:
        """Publish an article, or its next version, and let it settle. `day` dates it."""
        before = self.versions.get(article_id)
        fields.setdefault("body_html", f"<p>All about {title}.</p>")
        article = Article(
            id=article_id,
            version=before.version + 1 if before else 1,
            title=title,
            summary=fields.pop("summary", f"What {title} is about."),
            published=f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}",
            see_also=tuple(SeeAlso(name) for name in see_also),
            topics=tuple(Filed(slugify(label), label) for label in topics),
            series=Series(series) if series else None,
            promos=(Promo("newsletter-signup", signup, "Sign up"),) if signup else (),
            body_text=fields.pop("body_text", f"All about {title}."),
            **fields,
        )
        self._write(article, 1_704_067_200 * SECOND + day * 86_400 * SECOND)
        self._render(article)
        if file:
            self.file()
        return article

    def withdraw(self, article_id: str, reason: str = "") -> None:
        """Take an article back, as ingest does, before filing has looked."""
        before = self.versions[article_id]
        gone = replace(before, version=before.version + 1, status="withdrawn")
        self._write(gone, 0, reason)
        with self.database.write() as tx:
            articles.delete_renditions(tx, [article_id])
            ledger.withdraw(tx, article_id, gone.version, now())
            ledger.open_rows(
                tx, article_id, gone.version, [ledger.FILING], lane=ledger.LANE_WITHDRAW, now=now()
            )

    def file(self) -> None:
        """File what is due."""
        desk = Filing(self.database, hub_url=HUB)
        while desk.run_once():
            pass

    def _write(self, article: Article, sort_at: int, reason: str = "") -> None:
        self.versions[article.id] = article
        at = now()
        change = Change(
            article=replace(article, content_hash=str(article.version)),
            op="create" if article.version == 1 else "update",
            at=at,
            first_seen=at,
            sort_at=sort_at,
            keys=(f"id:test:{article.id}",),
            reason=reason,
            withdrawn_at=at,
        )
        with self.database.write() as tx:
            articles.apply(tx, [change])
            if article.status == "published":
                ledger.open_rows(tx, article.id, article.version, [ledger.FILING], now=at)

    def _render(self, article: Article) -> None:
        context = Context(hub_url=HUB, hub_name="Testgarden")
        for name in self.outputs:
            (made,) = self.host.render_many(name, [(article.to_json(), context)])
            assert not isinstance(made, Exception), made
            row = NewRendition(article.id, name, article.version, "1", made)
            with self.database.write() as tx:
                renditions.store_many(tx, [row], {article.id}, output=name, now=now())

    # --- asking ----------------------------------------------------------------------------------

    def get(
        self, path: str, *, fast: bool = True, method: str = "GET", **headers: str
    ) -> TestResponse:
        """One request; header names with ``_`` for ``-``."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(self.lane if fast else self.app)
        return client.open(path, method=method, headers=given)

    def json_feed(self, path: str) -> Mapping[str, Any]:
        """A JSON document."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        found: Mapping[str, Any] = json.loads(answer.data)
        return found

    def ids(self, path: str) -> list[str]:
        """The article ids of a JSON Feed, by their pages' URLs."""
        return [one["url"].rpartition("/")[2] for one in self.json_feed(path)["items"]]


def unpacked(answer: TestResponse) -> bytes:
    """The body, whatever it is coded in."""
    coded = answer.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(answer.data) if coded else answer.data
