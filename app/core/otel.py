"""Traces by OpenTelemetry. Imported only where a collector is set: the packages are of the extras.

Spans hold routes, states, numbers and the text of statements, whose values stand apart from it; never what a client sent.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

EXPORT_SECONDS = 5  # that the collector may take
DELAY_MS = 1000  # that spans are gathered for

_propagator = TraceContextTextMapPropagator()


class Trace:
    """The span of a request or job, and those of its statements below it."""

    def __init__(self, tracer: Tracer, name: str, kind: SpanKind, traceparent: str | None) -> None:
        self.tracer = tracer
        before = _propagator.extract({"traceparent": traceparent}) if traceparent else None
        self.span = tracer.start_span(name, context=before, kind=kind)
        self.context = set_span_in_context(self.span)

    def statement(self, text: str, seconds: float, *, failed: bool) -> None:
        """Add a statement that has just ended."""
        ended = time.time_ns()
        begun = ended - int(seconds * 1e9)
        about = {"db.query.text": text}
        span = self.tracer.start_span(text.split(None, 1)[0], self.context, SpanKind.CLIENT, about, start_time=begun)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)

    def traceparent(self) -> str:
        """What continues this trace elsewhere (W3C Trace Context)."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier, self.context)
        return carrier.get("traceparent", "")

    def end(self, name: str, about: Mapping[str, str | int], *, failed: bool) -> None:
        """End it under the name that is known by now."""
        self.span.update_name(name)
        self.span.set_attributes(about)
        if failed:
            self.span.set_status(Status(StatusCode.ERROR))
        self.span.end()


class Traces:
    """Sends the traces of one app. Each process has its own thread that does it, as threads do not come along into forks."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = f"{endpoint}/v1/traces"
        self._tracers: dict[int, Any] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, traceparent: str | None = None, *, serves: bool) -> Trace:
        """Begin the trace of a request that this process serves, or of a job; or continue that of a `traceparent`."""
        return Trace(self._tracer(), name, SpanKind.SERVER if serves else SpanKind.CONSUMER, traceparent)

    def _tracer(self) -> Tracer:
        process = os.getpid()
        tracer: Tracer | None = self._tracers.get(process)
        if tracer is None:
            with self._lock:
                tracer = self._tracers.get(process) or self._start()
                self._tracers = {process: tracer}
        return tracer

    def _start(self) -> Tracer:
        provider = TracerProvider(resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "tickbox")}))
        exporter = OTLPSpanExporter(self.endpoint, timeout=EXPORT_SECONDS)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=DELAY_MS))
        return provider.get_tracer("tickbox")
