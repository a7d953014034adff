"""A newsletter, from the form on a topic's page to the mail after which no further one comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub.running import RunningHub, start
from tests.line.press import Api, record
from tests.line.reader import Reader, link_in, plain
from tests.services.dispatch.sink import Sink

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def hub(tmp_path: Path, sink: Sink) -> Iterator[RunningHub]:
    running = start(
        tmp_path / "data",
        SEEALSO_SMTP_URL=sink.url,
        SEEALSO_MAIL_FROM="The Orchard Press <news@press.example>",
        SEEALSO_POSTAL_ADDRESS="1 Apple Lane, Millbrook",
    )
    yield running
    assert running.stop() == 0


def publish(hub: RunningHub, *records: dict[str, Any]) -> list[str]:
    """Put articles in and wait until they are out. Their ids."""
    with Api(hub) as api:
        accepted = api.post(list(records))["accepted"]
    waited = hub.command("status", "--wait", "30")
    assert waited.returncode == 0, waited.stdout
    return [one["id"] for one in accepted]


def send(hub: RunningHub) -> str:
    ended = hub.command("newsletters", "send", "orchard")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def reader_state(hub: RunningHub, address: str) -> str:
    told = json.loads(hub.command("newsletters", "subscribers", "orchard", "--json").stdout)
    return next((one["state"] for one in told["readers"] if one["email"] == address), "unknown")


def test_a_newsletter_from_the_sign_up_to_the_last_mail(hub: RunningHub, sink: Sink) -> None:
    publish(hub, record(1, title="Mulching in winter", published="2025-01-01"))
    with (
        Reader("jane@reader.example", sink, hub.url) as jane,
        Reader("omar@reader.example", sink, hub.url) as omar,
    ):
        for reader in (jane, omar):
            reader.sign_up("/topics/orchard")
            (asked,) = reader.mails(1)
            reader.get(link_in(asked, "confirm"))  # as a mail scanner does
            assert reader_state(hub, reader.address) == "pending"
            reader.confirm()
            assert reader_state(hub, reader.address) == "confirmed"

        _, back = publish(
            hub,
            record(2, title="Grafting in spring", topics=["Orchard", "Row 2"]),
            record(3, title="A recipe that was wrong"),
        )
        with Api(hub) as api:
            api.withdraw(back, "Too much salt.")
        send(hub)
        digest = jane.mails(2)[1]
        omar.mails(2)
        well_made(digest, hub.url)
        assert plain(digest).index("Grafting in spring") < plain(digest).index("Mulching in winter")
        assert "A recipe that was wrong" not in digest.as_string()
        assert "Nothing sent" in send(hub)

        left = jane.post(digest["List-Unsubscribe"].strip("<>"), ONE_CLICK)
        assert left.status_code == 200
        assert reader_state(hub, jane.address) != "confirmed"
        publish(hub, record(4, title="Pruning in autumn"))
        send(hub)
        assert "Pruning in autumn" in plain(omar.mails(3)[2])
        assert len(jane.mails(2)) == 2
    assert all(len(one.rcpt_tos) == 1 for one in sink.messages)


def well_made(digest: Any, origin: str) -> None:
    """What mail programs and relays look at (RFC 2369, 2919, 8058, 3834)."""
    assert digest.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in digest.iter_parts()] == ["text/plain", "text/html"]
    assert digest["From"] == "The Orchard Press <news@press.example>"
    assert digest["Subject"] == "Orchard: Grafting in spring and 1 more"
    assert digest["List-Unsubscribe"].startswith(f"<{origin}/newsletters/unsubscribe/")
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert digest["List-Id"] == '"Orchard" <orchard.newsletters.localhost>'
    assert digest["Auto-Submitted"] == "auto-generated"
    assert digest["Message-ID"].startswith("<")
    for part in digest.iter_parts():
        said = part.get_content()
        assert "1 Apple Lane, Millbrook" in said
        assert f"{origin}/newsletters/unsubscribe/" in said
        assert "READER-" not in said
