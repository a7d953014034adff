"""Traces: W3C Trace Context through HTTP, ledger rows and messages; spans where OpenTelemetry is.

    traceparent of a request ──serving──> span ──current()──> ledger rows, wakes, deliveries
                                                                      │ minutes or days later
                                 a worker's own trace <──span(links)──┘

Hours may pass between an article's coming in and its last try, and one batch works on the articles
of many requests: so a step is a trace of its own, *linked* to the requests that caused it.

Without the extra ``seealso-core[otel]`` nothing is recorded, and a caller's traceparent is still
kept and handed on. With it, spans go to the collector that the standard variables name
(OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, ...), or to whatever provider the process has set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from seealso_core import log as logs

# W3C Trace Context, section 3.2: version 00, and ids that are not all zero.
_TRACEPARENT = re.compile(
    r"00-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})-[0-9a-f]{2}\Z"
)
MOST_LINKS = 64
EXPORT_SECONDS = 2.0  # for a batch, retries included: a process that ends waits no longer for it
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_current: ContextVar[str] = ContextVar("seealso_traceparent", default="")

log = logs.get(__name__)

Attributes = Mapping[str, str | int | float | bool]


def current() -> str:
    """The traceparent of what is being done here; empty where nothing is traced."""
    return _current.get()


def is_traceparent(value: str) -> bool:
    """Whether a header, column or message holds one that can be used."""
    return _TRACEPARENT.match(value) is not None


@contextmanager
def serving(traceparent: str, name: str, attributes: Attributes | None = None) -> Iterator[Any]:
    """A request is answered: a span of the caller's trace, or the first of a new one.

    Args:
        traceparent: of the request's header; one that can't be used is as none.

    Yields:
        The span, to tell more about it; None where nothing is recorded.
    """
    given = traceparent if is_traceparent(traceparent) else ""
    api = _api()
    if api is None:
        with _bound(given):
            yield None
        return
    parent = api.parent(given)
    with api.started(name, parent, api.SERVER, (), attributes or {}) as span:
        yield span


@contextmanager
def span(
    name: str, links: Iterable[str] = (), attributes: Attributes | None = None
) -> Iterator[Any]:
    """A step of the line: a trace of its own, linked to those of the requests that caused it.

    Args:
        links: traceparents; empty and unusable ones are left out, each counts once.
    """
    causes = [one for one in dict.fromkeys(links) if one and is_traceparent(one)][:MOST_LINKS]
    api = _api()
    if api is None:
        with _bound(_handed_on(causes)):
            yield None
        return
    with api.started(name, api.parent(""), api.CONSUMER, causes, attributes or {}) as made:
        yield made


def _handed_on(causes: Sequence[str]) -> str:
    """What a step that is not recorded tells of itself: its one cause; several have no common."""
    return causes[0] if len(causes) == 1 else ""


@contextmanager
def _bound(traceparent: str) -> Iterator[None]:
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


# --- where OpenTelemetry is -----------------------------------------------------------------------


class _Api:
    """The few things that are used of OpenTelemetry's API."""

    def __init__(self) -> None:
        from opentelemetry import context, trace

        self._context, self._trace = context, trace
        self.SERVER, self.CONSUMER = trace.SpanKind.SERVER, trace.SpanKind.CONSUMER
        if any(os.environ.get(name) for name in _ENDPOINTS):
            _export(trace)
        self._tracer = trace.get_tracer("seealso")

    def parent(self, traceparent: str) -> Any:
        """The context that a span begins in: a remote parent's, or none."""
        empty = self._context.Context()
        if not traceparent:
            return empty
        remote = self._trace.NonRecordingSpan(self._span_context(traceparent))
        return self._trace.set_span_in_context(remote, empty)

    @contextmanager
    def started(
        self, name: str, parent: Any, kind: Any, links: Sequence[str], attributes: Attributes
    ) -> Iterator[Any]:
        """A span, which `current` tells of while it lasts."""
        linked = [self._trace.Link(self._span_context(one)) for one in links]
        with self._tracer.start_as_current_span(
            name, context=parent, kind=kind, links=linked, attributes=dict(attributes)
        ) as span:
            own = span.get_span_context()
            told = f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"
            with _bound(told if own.is_valid else _handed_on(links)):
                yield span

    def _span_context(self, traceparent: str) -> Any:
        _, trace_id, span_id, flags = traceparent.split("-")
        return self._trace.SpanContext(
            int(trace_id, 16), int(span_id, 16), is_remote=True,
            trace_flags=self._trace.TraceFlags(int(flags, 16)),
        )  # fmt: skip


@cache
def _api() -> _Api | None:
    """OpenTelemetry, where it is installed: looked for once."""
    try:
        return _Api()
    except ImportError:
        if any(os.environ.get(name) for name in _ENDPOINTS):
            log.warning(
                "Traces are asked for, and OpenTelemetry is not installed: seealso-core[otel]"
            )
        return None


def _export(trace: Any) -> None:
    """Send spans to the collector of the environment, unless the process has set a provider."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    if isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    service = os.environ.get("OTEL_SERVICE_NAME", "seealso")
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    patience = float(os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT", EXPORT_SECONDS))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=patience)))
    trace.set_tracer_provider(provider)  # ends, and sends what is left, at the process's exit
