"""One id leads from the POST over every process to the feed and the mail; secrets leave no trail.

The hub runs as its operators run it: web and workers are processes of their own, each plugin is
one more, and all that they say stands in one log.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from seealso_hub.place import read_key

from tests.hub.running import RunningHub, start
from tests.line.press import Api, record, until
from tests.line.reader import Reader
from tests.services.dispatch.sink import Sink

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"
JANE = "jane.canary@reader.example"
PASSWORD = "c4nary-passw0rd"

TALKER = """
import os, sys

from seealso_sdk import OutputMeta, Rendition, hookimpl


class Talker:
    meta = OutputMeta(name="talker", title="Talker", extension="talk",
                      media_type="text/plain; charset=utf-8", version="1")

    def render(self, article, context):
        print("looking at", article.title)
        sys.stderr.write("two lines\\nof " + article.id + ", for jane.canary@reader.example")
        return Rendition(b"said")


@hookimpl
def register_outputs():
    return [Talker()]
"""


class Collector:
    """Takes OTLP over HTTP, as an OpenTelemetry collector does. `spans` are (service's, span)."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                told = ExportTraceServiceRequest.FromString(body)
                for resource in told.resource_spans:
                    for scope in resource.scope_spans:
                        outer.spans.extend(scope.spans)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory, sink: Sink, collector: Collector
) -> Iterator[RunningHub]:
    data: Path = tmp_path_factory.mktemp("trail") / "data"
    (data / "plugins").mkdir(parents=True)
    (data / "plugins" / "output_talker.py").write_text(TALKER)
    running = start(
        data,
        SEEALSO_LOG_FORMAT="json",
        SEEALSO_LOG_LEVEL="debug",
        SEEALSO_SMTP_URL=sink.url,
        SEEALSO_MAIL_FROM="The Orchard Press <news@press.example>",
        SEEALSO_POSTAL_ADDRESS="1 Apple Lane, Millbrook",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="100",
        # Wrong on purpose: everything that complains about it has to do so without the password.
        SEEALSO_BROKER_URL=f"amqp://seealso:{PASSWORD}@127.0.0.1:1//",
    )
    yield running
    assert running.stop() == 0


def lines(hub: RunningHub) -> list[dict[str, Any]]:
    """The log so far. Every line of it is JSON, but for what the command says to people."""
    return [json.loads(one) for one in hub.log.splitlines() if one.startswith("{")]


def trail(hub: RunningHub, request_id: str) -> list[dict[str, Any]]:
    """The records under an id."""
    return [one for one in lines(hub) if one.get("correlation_id") == request_id]


def post(hub: RunningHub, request_id: str, *records: dict[str, Any]) -> list[str]:
    answer = requests.post(
        f"{hub.url}/api/articles?source=test",
        json=list(records),
        headers={
            "Authorization": f"Bearer {read_key(hub.data)}",
            "X-Request-ID": request_id,
            "traceparent": TRACEPARENT,
        },
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    assert answer.headers["X-Request-ID"] == request_id
    ids = [one["id"] for one in answer.json()["accepted"]]
    with Api(hub) as api:
        until(lambda: not _is_open(api.status()), 60)
    return ids


def _is_open(status: dict[str, Any]) -> bool:
    rows = [*status["outputs"].values(), status["filing"]]
    return any(row["waiting"] or row["leased"] for row in rows)


def test_one_id_leads_from_the_post_to_the_feed(hub: RunningHub) -> None:
    (article,) = post(hub, "order-0001", record(1, title="Grafting"))
    feed = requests.get(f"{hub.url}/topics/orchard/feed.rss", timeout=30).text
    assert article in feed

    until(lambda: any(one["message"] == "Filed" for one in trail(hub, "order-0001")), 10)
    found = trail(hub, "order-0001")
    (stored,) = [one for one in found if one["message"] == "Stored"]
    assert (stored["article"], stored["version"], stored["change"]) == (article, 1, "create")
    rendered = {one["output"]: one for one in found if one["message"] == "Rendered"}
    assert set(rendered) == {"html", "rss", "atom", "jsonfeed", "email", "text", "talker"}
    for one in rendered.values():
        assert (one["article"], one["version"], one["attempt"]) == (article, 1, 1)
    (filed,) = [one for one in found if one["message"] == "Filed"]
    assert (filed["article"], filed["output"]) == (article, "filing")


def test_what_a_plugin_prints_is_found_under_the_same_id(hub: RunningHub) -> None:
    ids = post(hub, "order-0002", *(record(n, title=f"Note {n}") for n in range(20, 30)))
    said = [one for one in trail(hub, "order-0002") if one["message"] == "A plugin printed"]
    by_article = {
        article: [one["line"] for one in said if one.get("article") == article] for article in ids
    }
    for number, article in enumerate(ids, start=20):
        assert by_article[article] == [
            f"looking at Note {number}",
            "two lines",
            f"of {article}, for [address]",
        ]
    assert all(one["plugin"] == "talker" for one in said)


def test_one_id_leads_to_the_mail(hub: RunningHub, sink: Sink) -> None:
    (article,) = post(hub, "order-0003", record(40, title="Mulching"))
    with Reader(JANE, sink, hub.url) as jane:
        jane.sign_up("/topics/orchard")
        jane.confirm()
        sent = hub.command("newsletters", "send", "orchard")
        assert sent.returncode == 0, sent.stderr
        digest = jane.mails(2)[1]
    message_id = digest["Message-ID"].strip("<>").partition("@")[0]

    def mailed() -> list[dict[str, Any]]:
        return [one for one in lines(hub) if one["message"] == "Mailed"]

    until(lambda: any(one["mail"] == message_id for one in mailed()), 10)
    (line,) = [one for one in mailed() if one["mail"] == message_id]
    assert "order-0003" in line["correlation_ids"]
    assert article in line["articles"]
    assert (line["state"], line["attempt"]) == ("sent", 1)
    # The mail's own id is that of the request that sent it, which is in the log as well.
    prepared = [one for one in trail(hub, line["correlation_id"]) if "issue" in one]
    assert {one["message"] for one in prepared} == {"An issue is ready to be sent", "Mailed"}


def test_each_step_is_a_trace_that_is_linked_to_the_request(
    hub: RunningHub, collector: Collector
) -> None:
    post(hub, "order-0004", record(50, title="Pruning"))
    wanted = {"POST /api/articles", "render", "file"}

    def named(name: str) -> list[Span]:
        return [one for one in collector.spans if one.name == name]

    until(lambda: all(named(name) for name in wanted), 20)
    served = [one for one in named("POST /api/articles") if one.trace_id.hex() == TRACE]
    assert {one.parent_span_id.hex() for one in served} == {CALLER}
    requests_ = {one.span_id for one in served}
    for step in ("render", "file"):
        linked = [one for one in named(step) if requests_ & {link.span_id for link in one.links}]
        assert linked, step
        assert all(one.trace_id.hex() != TRACE and not one.parent_span_id for one in linked)
    assert {link.trace_id.hex() for one in named("render") for link in one.links} == {TRACE}


def test_no_secret_body_or_address_stands_in_the_log(hub: RunningHub, sink: Sink) -> None:
    """Canaries in every place that a secret can come in by; then everything that complains."""
    key = read_key(hub.data)
    body = "c4nary-b0dy-text"
    post(hub, "order-0005", record(60, html=f"<p>{body} and {JANE}</p>"))
    headers = {"Authorization": f"Bearer {key}", "Cookie": "session=c4nary-c00kie"}
    hub.command("partners", "add", "Canary")
    made = hub.command("channels", "add", "canary", "orchard", "--json").stdout
    found = re.search(r"/channels/([^/]+)/", made)
    assert found, made
    secret = found[1]
    for path in (
        f"/channels/{secret}/feed.rss",
        f"/channels/{secret}x/feed.rss",
        "/newsletters/unsubscribe/c4nary-t0ken",
        f"/nowhere?key={key}&email={JANE}",
    ):
        requests.get(hub.url + path, headers=headers, timeout=30)
    requests.get(
        f"{hub.url}/api/status", headers={"Authorization": "Bearer c4nary-key"}, timeout=30
    )
    requests.post(f"{hub.url}/api/articles", data=f"{{{body}", headers=headers, timeout=30)
    forged = {"X-Request-ID": 'forged"\\u000a{"level":"error"}'}
    requests.get(f"{hub.url}/livez", headers=forged, timeout=30)
    sink.refuse[JANE] = f"550 <{JANE}>: no such user"
    with Reader(JANE, sink, hub.url) as jane:
        jane.sign_up("/topics/orchard")
    until(lambda: any(one.get("state") == "dead" for one in lines(hub)), 20)

    log = hub.log
    for canary in (key, PASSWORD, body, JANE, secret, "c4nary"):
        assert canary is not None
        assert canary not in log, f"{canary} stands in the log"
    assert "forged" not in log
    assert any("[address]" in str(one.get("reason")) for one in lines(hub))
