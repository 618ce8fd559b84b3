"""OpenTelemetry: a span for each request, sent to a collector over OTLP. Imported only where the operator names one."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# By what a line of the log calls it.
ATTRIBUTES = {
    "request_id": "dialtree.request_id",
    "operation_id": "dialtree.operation_id",
    "method": "http.request.method",
    "path": "url.path",
    "status": "http.response.status_code",
    "operation": "graphql.operation.name",
    "cost": "dialtree.cost",
    "codes": "dialtree.codes",
}
BROKEN = {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"}


class Tracing:
    """Takes in W3C's traceparent. The standard's other settings hold, such as OTEL_EXPORTER_OTLP_HEADERS."""

    def __init__(self, endpoint: str) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": "dialtree"}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
        self._tracer = self._provider.get_tracer("dialtree")
        self._propagator = TraceContextTextMapPropagator()

    def started(self, headers: Mapping[str, str]) -> Span:
        return self._tracer.start_span("request", self._propagator.extract(headers), SpanKind.SERVER)

    def ended(self, span: Span, told: Mapping[str, Any], kind: str | None) -> str:
        """No document and no variable: what a line of the log tells, and whether it is a query."""
        span.update_name(kind or told.get("method") or "request")
        span.set_attributes({name: told[each] for each, name in ATTRIBUTES.items() if told.get(each) is not None})
        if kind:
            span.set_attribute("graphql.operation.type", kind)
        if BROKEN & {*(told["codes"] or ())}:
            span.set_status(StatusCode.ERROR)
        span.end()
        return format_trace_id(span.get_span_context().trace_id)

    def close(self) -> None:
        """What was not sent yet is sent; it may take some seconds."""
        self._provider.shutdown()
