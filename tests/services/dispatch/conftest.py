"""A hub with three articles under two topics, rendered for e-mail, and a real SMTP sink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from seealso_core.host import PluginHost
from seealso_dispatch.flow import Dispatch
from seealso_dispatch.sending import Sender
from seealso_dispatch.settings import DispatchSettings
from seealso_sdk import Article, Context
from seealso_store import schema
from seealso_store.clock import SECOND, now
from seealso_store.database import Database
from seealso_store.renditions import NewRendition, store_many

from tests.services.dispatch.sink import Sink

SECRET = b"a secret of thirty-two bytes....."
HUB = "https://hub.example"


@dataclass
class Clock:
    """A clock that tests move by hand."""

    at: int = field(default_factory=now)

    def __call__(self) -> int:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += int(seconds * SECOND)


@dataclass
class Post:
    """The dispatch service on a store of its own, and what it needs to be driven."""

    database: Database
    host: PluginHost
    clock: Clock
    sink: Sink
    dispatch: Dispatch
    sender: Sender

    def article(self, name: str, *slugs: str, title: str = "", withdrawn: bool = False) -> str:
        """Publish an article under these topics, with its e-mail rendition. Returns its id."""
        article_id = f"a{name}"
        made = Article(
            id=article_id,
            version=1,
            title=title or f"News of {name}",
            summary=f"What {name} is about.",
            body_html=f"<p>All about {name}.</p>",
            body_text=f"All about {name}.",
            published="2024-04-09",
        )
        (rendition,) = self.host.render_many("email", [(made.to_json(), Context(hub_url=HUB))])
        assert not isinstance(rendition, Exception), rendition
        at = self.clock()
        with self.database.write() as tx:
            tx.execute(
                schema.article.insert().values(
                    id=article_id,
                    version=1,
                    status="published",
                    kind="article",
                    title=made.title,
                    folded=made.title.lower(),
                    language="en",
                    source="test",
                    content_hash="",
                    sort_at=at,
                    first_seen=at,
                    changed=at,
                )
            )
            new = NewRendition(article_id, "email", 1, "1", rendition)
            store_many(tx, [new], {article_id}, output="email", now=at)
            for slug in slugs:
                tx.execute(
                    schema.filing.insert().values(
                        slug=slug,
                        article_id=article_id,
                        origin="editorial",
                        score=1.0,
                        reason="the editor's own",
                        sort_at=at,
                    )
                )
        self.clock.forward(1)
        return article_id

    def withdraw(self, article_id: str) -> None:
        with self.database.write() as tx:
            tx.execute(
                schema.article.update()
                .where(schema.article.c.id == article_id)
                .values(status="withdrawn")
            )

    def reader(self, email: str, *slugs: str) -> None:
        """A reader who signed up and confirmed by the link in the mail."""
        for slug in slugs:
            assert self.dispatch.sign_up(slug, email, f"{HUB}/topics/{slug}")
            before = len(self.sink.messages)
            self.send()
            assert len(self.sink.messages) == before + 1
            assert self.dispatch.confirm(confirm_token(self.sink.messages[-1].content))
        self.sink.messages.clear()

    def send(self) -> None:
        """Send until nothing is due."""
        while self.sender.send_due():
            pass


def confirm_token(raw: bytes | str | None) -> str:
    """The token of the confirmation link in a mail."""
    return link(raw, "confirm")


def link(raw: bytes | str | None, what: str) -> str:
    """The token behind `/newsletters/<what>/` in the mail's text part."""
    import re
    from email import message_from_bytes, policy

    assert isinstance(raw, bytes)
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    found = re.search(rf"/newsletters/{what}/(\S+)", text.get_content())
    assert found, text.get_content()
    return found[1]


@pytest.fixture(scope="session")
def plugin_host() -> Iterator[PluginHost]:
    host = make_host()
    yield host
    host.close()


def make_host() -> PluginHost:
    from seealso_core.registry import load

    return PluginHost(load(None))


@pytest.fixture
def post(database: Database, plugin_host: PluginHost) -> Iterator[Post]:
    with Sink() as sink:
        yield make_post(database, plugin_host, sink)


def make_post(
    database: Database,
    host: PluginHost,
    sink: Sink,
    clock: Callable[[], int] | None = None,
) -> Post:
    own = Clock()
    settings = DispatchSettings(
        hub_url=HUB,
        hub_name="The Hub",
        smtp_url=sink.url,
        mail_from="The Hub <news@hub.example>",
        postal_address="1 Main Street, Springfield",
    )
    with database.write() as tx:
        for slug, label in (("mammogram", "Mammogram"), ("mri", "MRI")):
            tx.execute(
                schema.topic.insert().values(
                    slug=slug, label=label, origin="import", created=own(), changed=own()
                )
            )
            tx.execute(schema.topic_name.insert().values(name=slug, slug=slug))
    return Post(
        database=database,
        host=host,
        clock=own,
        sink=sink,
        dispatch=Dispatch(database, settings, secret=SECRET, now=own),
        sender=Sender(database, host, settings, secret=SECRET, now=own),
    )
