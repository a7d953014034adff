"""One id is found in the log of every process that an article goes through, on PostgreSQL and RabbitMQ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.line.press import record, until
from tests.line.reader import Reader
from tests.live.engines import Engines
from tests.live.services import HUB_URL, KEY, WORKERS, Services
from tests.services.dispatch.sink import Sink

pytestmark = pytest.mark.live


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def services(engines: Engines, sink: Sink, tmp_path: Path) -> Iterator[Services]:
    settings = engines.settings | {
        "SEEALSO_LOG_FORMAT": "json",
        "SEEALSO_SMTP_URL": sink.url,
        "SEEALSO_MAIL_FROM": "News <news@press.example>",
        "SEEALSO_POSTAL_ADDRESS": "1 Apple Lane, Millbrook",
        "SEEALSO_PLUGIN_DEADLINE_SECONDS": "20",
        "SEEALSO_LEASE_SECONDS": "60",
    }
    with Services(tmp_path, settings) as running:
        yield running


def said(services: Services, name: str, sentence: str) -> list[dict[str, Any]]:
    """The records of a process that begin so."""
    found = [json.loads(one) for one in services.log(name).splitlines() if one.startswith("{")]
    return [one for one in found if one["message"] == sentence]


def under(records: list[dict[str, Any]], request_id: str) -> list[dict[str, Any]]:
    return [one for one in records if one.get("correlation_id") == request_id]


def test_one_id_over_eight_processes(services: Services, sink: Sink) -> None:
    answer = requests.post(
        f"{services.route('/api/articles')}/api/articles?source=test",
        json=record(1, title="Grafting in spring"),
        headers={"Authorization": f"Bearer {KEY}", "X-Request-ID": "order-4711"},
        timeout=60,
    )
    assert answer.headers["X-Request-ID"] == "order-4711"
    (article,) = [one["id"] for one in answer.json()["accepted"]]

    def rendered() -> list[dict[str, Any]]:
        both = [
            one for name in ("render-1", "render-2") for one in said(services, name, "Rendered")
        ]
        return under(both, "order-4711")

    until(lambda: len(rendered()) == 6, 60)
    until(lambda: bool(under(said(services, "filing", "Filed"), "order-4711")), 60)
    (stored,) = under(said(services, "ingest", "Stored"), "order-4711")
    assert {one["article"] for one in [stored, *rendered()]} == {article}

    with Reader("omar@reader.example", sink, HUB_URL, services.route) as omar:
        omar.sign_up("/topics/orchard")
        omar.confirm()
        services.ask("POST", "/api/newsletters/orchard/issues").raise_for_status()
        digest = omar.mails(2)[1]
    mail = digest["Message-ID"].strip("<>").partition("@")[0]
    until(lambda: any(o["mail"] == mail for o in said(services, "dispatch", "Mailed")), 30)
    (line,) = [one for one in said(services, "dispatch", "Mailed") if one["mail"] == mail]
    assert (line["correlation_ids"], line["articles"]) == (["order-4711"], [article])
    for name in WORKERS:
        assert "omar@reader.example" not in services.log(name)
