"""Send a span for each request to an OpenTelemetry collector over OTLP/HTTP.

server.py imports this only if a collector is configured: it costs memory, and time at each start.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.request_state import LogValue

# Names of span attributes, by the field of the log line.
SPAN_ATTRIBUTES = {
    "request_id": "dialtree.request_id",
    "operation_id": "dialtree.operation_id",
    "method": "http.request.method",
    "path": "url.path",
    "status": "http.response.status_code",
    "operation": "graphql.operation.name",
    "cost": "dialtree.cost",
    "codes": "dialtree.codes",
}
SERVER_ERROR_CODES = {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"}


@dataclass(frozen=True, slots=True)
class OtlpSpan:
    """A request's span: no document and no variable, only the fields of the log line and the operation's type."""

    span: Span

    def end(self, fields: dict[str, LogValue], operation_type: str | None) -> str:
        """Send the span; return the trace id."""
        self.span.update_name(operation_type or str(fields.get("method") or "request"))
        attributes = {name: fields.get(field) for field, name in SPAN_ATTRIBUTES.items()}
        self.span.set_attributes({name: value for name, value in attributes.items() if value is not None})
        if operation_type:
            self.span.set_attribute("graphql.operation.type", operation_type)
        codes = fields["codes"]
        if isinstance(codes, list) and not SERVER_ERROR_CODES.isdisjoint(codes):
            self.span.set_status(StatusCode.ERROR)
        self.span.end()
        return format_trace_id(self.span.get_span_context().trace_id)


class OtlpTracer:
    """Continues the trace of a W3C traceparent header. OpenTelemetry's own variables, OTEL_…, apply as well."""

    def __init__(self, endpoint: str) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": "dialtree"}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
        self._tracer = self._provider.get_tracer("dialtree")
        self._propagator = TraceContextTextMapPropagator()

    def start_span(self, headers: Mapping[str, str]) -> OtlpSpan:
        return OtlpSpan(self._tracer.start_span("request", self._propagator.extract(headers), SpanKind.SERVER))

    def close(self) -> None:
        """Send what has not been sent yet; this may take seconds."""
        self._provider.shutdown()
