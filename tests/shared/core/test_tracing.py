"""W3C Trace Context is carried with OpenTelemetry and without; a step is a trace of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from seealso_core import messages, tracing
from seealso_core.messages import Wake
from seealso_core.web import create_app

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
OTHER = f"00-{'a' * 32}-{'b' * 16}-01"
BAD = ["", "x", PARENT.upper(), f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01",
       f"ff-{TRACE}-{SPAN}-01", PARENT + "-x", f"00-{TRACE[:-1]}-{SPAN}-01"]  # fmt: skip


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """The process has one provider for good: OpenTelemetry lets nobody set another."""
    made, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    trace.set_tracer_provider(provider)
    tracing._api.cache_clear()
    return made


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """What is recorded from now on."""
    exporter.clear()
    return exporter


@pytest.mark.parametrize("header", BAD)
def test_what_is_no_traceparent_is_as_none(header: str, spans: InMemorySpanExporter) -> None:
    assert not tracing.is_traceparent(header)
    with tracing.serving(header, "GET /x"):
        pass
    (served,) = spans.get_finished_spans()
    assert served.parent is None


def test_a_request_goes_on_with_its_callers_trace(spans: InMemorySpanExporter) -> None:
    client = create_app("test", []).test_client()
    client.get("/livez", headers={"traceparent": PARENT, "X-Request-ID": "request-1"})
    (served,) = spans.get_finished_spans()
    assert served.name == "GET /livez"
    assert served.kind is trace.SpanKind.SERVER
    assert served.context is not None
    assert served.parent is not None
    assert f"{served.context.trace_id:032x}" == TRACE
    assert f"{served.parent.span_id:016x}" == SPAN
    assert served.attributes is not None
    assert served.attributes["http.response.status_code"] == 200
    assert served.attributes["http.route"] == "/livez"
    assert tracing.current() == ""


def test_a_step_is_a_trace_of_its_own_with_a_link_to_each_cause(
    spans: InMemorySpanExporter,
) -> None:
    with tracing.span("render", [PARENT, OTHER, "", PARENT, "nonsense"], {"output": "rss"}):
        own = tracing.current()
        assert tracing.is_traceparent(own)
    (made,) = spans.get_finished_spans()
    assert made.parent is None
    assert made.context is not None
    assert f"{made.context.trace_id:032x}" not in (TRACE, "a" * 32)
    assert own.startswith(f"00-{made.context.trace_id:032x}-{made.context.span_id:016x}-")
    assert [f"{link.context.trace_id:032x}" for link in made.links] == [TRACE, "a" * 32]


def test_many_causes_are_not_all_linked(spans: InMemorySpanExporter) -> None:
    many = [f"00-{number:032x}-{'b' * 16}-01" for number in range(1, 200)]
    with tracing.span("file", many):
        pass
    (made,) = spans.get_finished_spans()
    assert len(made.links) == tracing.MOST_LINKS


def test_what_fails_is_seen_in_its_span(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="no"), tracing.span("mail", [PARENT]):
        raise ValueError("no")
    (made,) = spans.get_finished_spans()
    assert made.status.status_code is trace.StatusCode.ERROR
    assert tracing.current() == ""


def test_a_wake_carries_the_trace(spans: InMemorySpanExporter) -> None:
    with tracing.serving(PARENT, "POST /api/articles"):
        wake = Wake("render", "rss", ("a1",), "request-1", tracing.current())
    read = messages.decode(messages.encode(wake))
    assert read == wake
    assert read.traceparent.split("-")[1] == TRACE
    assert b"traceparent" not in messages.encode(Wake("feeds"))


def test_without_opentelemetry_the_id_is_handed_on_and_nothing_else_happens() -> None:
    """In a process where it can't be imported."""
    code = f"""
import sys
sys.modules["opentelemetry"] = None
from seealso_core import tracing
from seealso_core.web import create_app
with tracing.serving({PARENT!r}, "x") as span:
    assert span is None
    assert tracing.current() == {PARENT!r}
with tracing.span("render", [{PARENT!r}, "", {PARENT!r}]) as span:
    assert span is None
    assert tracing.current() == {PARENT!r}
with tracing.span("render", [{PARENT!r}, {OTHER!r}]):
    assert tracing.current() == ""
assert tracing.current() == ""
assert create_app("x", []).test_client().get("/livez", headers={{"traceparent": {PARENT!r}}}).json
print("done")
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert (ended.stdout, ended.stderr) == ("done\n", "")


def test_who_asks_for_traces_without_the_extra_is_told() -> None:
    code = """
import os, sys
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
sys.modules["opentelemetry"] = None
from seealso_core import log, tracing
log.configure("json")
with tracing.span("x"):
    pass
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0
    assert "seealso-core[otel]" in ended.stderr
