"""The services apart, as production runs them: eight processes do together what one hub does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from seealso_store import schema

from tests.line.press import OUTPUTS, record, until
from tests.line.reader import Reader, plain
from tests.line.test_line import CHECKS
from tests.live.engines import WITNESS, Engines
from tests.live.services import HUB_URL, Services
from tests.services.dispatch.sink import Sink

pytestmark = pytest.mark.live

ARTICLES = 200

# An output that writes down each article that it renders, and in which process's child.
PLUGIN = """
import os

from seealso_sdk import OutputMeta, Rendition, hookimpl


class Witness:
    meta = OutputMeta(name={name!r}, title="Witness", extension="seen",
                      media_type="text/plain; charset=utf-8", version="1")

    def render(self, article, context):
        with open({notes!r}, "a") as notes:
            notes.write(f"{{article.id}} {{article.version}} {{os.getppid()}}\\n")
        return Rendition(article.title.encode())


@hookimpl
def register_outputs():
    return [Witness()]
"""


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def services(
    shared_engines: Engines, sink: Sink, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("services")
    (folder / "plugins").mkdir()
    witness = PLUGIN.format(name=WITNESS, notes=str(folder / "notes"))
    (folder / "plugins" / "output_witness.py").write_text(witness)
    settings = shared_engines.settings | {
        "SEEALSO_SMTP_URL": sink.url,
        "SEEALSO_POSTAL_ADDRESS": "1 Apple Lane, Millbrook",
        "SEEALSO_BATCH": "8",
        # Nobody is killed here, and a slow machine is no reason to do anything twice.
        "SEEALSO_PLUGIN_DEADLINE_SECONDS": "20",
        "SEEALSO_LEASE_SECONDS": "60",
    }
    with Services(folder, settings) as running:
        yield running


def publish(services: Services, *records: object) -> list[str]:
    answer = services.ask("POST", "/api/articles?source=test", json=list(records))
    assert answer.status_code == 202, answer.text
    return [one["id"] for one in answer.json()["accepted"]]


def is_settled(services: Services) -> bool:
    told = services.ask("GET", "/api/status").json()
    rows = [*told["outputs"].values(), told["filing"]]
    assert not any(row["dead"] for row in rows)
    return not any(row["waiting"] or row["leased"] for row in rows)


def test_an_article_goes_from_the_post_to_the_feed_and_back_out(services: Services) -> None:
    (taken,) = publish(services, record(9000, title="To be taken back", topics=["Services"]))
    feeds = [f"/topics/services/feed.{kind}" for kind in CHECKS]
    for path in feeds:
        until(lambda path=path: "To be taken back" in services.ask("GET", path).text, 20)
    for kind, check in CHECKS.items():
        assert check(services.ask("GET", f"/topics/services/feed.{kind}").content) == []
    page = services.ask("GET", f"/articles/{taken}")
    assert page.status_code == 200
    assert f"{HUB_URL}/articles/{taken}" in page.text
    gone = services.ask("DELETE", f"/api/articles/{taken}", json={"reason": "Wrong."})
    assert gone.ok
    until(lambda: services.ask("GET", f"/articles/{taken}").status_code == 410, 1)
    for path in feeds:
        until(lambda path=path: "To be taken back" not in services.ask("GET", path).text, 1)


def test_two_render_processes_share_the_work_and_do_nothing_twice(
    services: Services, shared_engines: Engines
) -> None:
    for begin in range(0, ARTICLES, 100):
        publish(services, *(record(number) for number in range(begin, begin + 100)))
    until(lambda: is_settled(services), 60)
    seen = [line.split() for line in (services.folder / "notes").read_text().splitlines()]
    rendered = Counter((article_id, version) for article_id, version, _ in seen)
    assert set(rendered.values()) == {1}
    workers = Counter(int(parent) for *_, parent in seen)
    pids = {services.processes[name].pid for name in ("render-1", "render-2")}
    assert workers.keys() == pids
    with shared_engines.open() as database, database.read() as conn:
        stored = sa.select(sa.func.count()).select_from(schema.rendition)
        published = sa.select(sa.func.count()).where(schema.article.c.status == "published")
        articles = conn.execute(published).scalar_one()
        assert articles == ARTICLES
        assert conn.execute(stored).scalar_one() == articles * (len(OUTPUTS) + 1)
        attempts = conn.execute(sa.select(schema.ledger.c.attempts).distinct()).scalars().all()
        assert max(attempts) <= 1


def test_a_newsletter_goes_out(services: Services, sink: Sink) -> None:
    with Reader("ana@reader.example", sink, HUB_URL, services.route) as ana:
        publish(services, record(9001, title="Before anybody read it", topics=["Letters"]))
        until(lambda: is_settled(services), 20)
        ana.sign_up("/topics/letters")
        ana.confirm()
        publish(services, record(9002, title="Grafting in spring", topics=["Letters"]))
        until(lambda: is_settled(services), 20)
        made = services.ask("POST", "/api/newsletters/letters/issues")
        assert made.ok, made.text
        digest = ana.mails(2)[1]
        assert "Grafting in spring" in plain(digest)
        assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert digest["List-Id"].endswith("<letters.newsletters.press.example>")
        leave = digest["List-Unsubscribe"].strip("<>")
        assert ana.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
