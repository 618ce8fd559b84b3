"""Record each request and each WebSocket operation: one JSON line, metrics, a span."""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, Unpack, cast

import orjson
import structlog

from serving.metrics import Metrics
from serving.request_state import LogFields, LogValue, RequestSpan, RequestState

log = structlog.get_logger()
_REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# Characters of a path in the log.
MAX_LOGGED_PATH_LENGTH = 256


class Tracer(Protocol):
    """Where spans are sent."""

    def start_span(self, headers: Mapping[str, str]) -> RequestSpan: ...

    def close(self) -> None:
        """Send what has not been sent yet; this may take seconds."""


def create_tracer(endpoint: str) -> Tracer | None:
    """Import OpenTelemetry only if a collector is configured: it costs memory, and time at each start."""
    return import_module("serving.tracing").OtlpTracer(endpoint) if endpoint else None


class RequestRecorder:
    """Writes one log line for each request and each WebSocket operation; no document, variable or secret is in it."""

    def __init__(self, metrics: Metrics, tracer: Tracer | None = None) -> None:
        self._metrics = metrics
        self._tracer = tracer

    def start(self, state: RequestState, headers: Mapping[str, str]) -> None:
        state["started_at"] = time.perf_counter()
        if self._tracer:
            state["span"] = self._tracer.start_span(headers)

    def finish(self, event: str, state: RequestState, **fields: Unpack[LogFields]) -> None:
        """Count and log what `start` began; `event` is "request" or "operation"."""
        seconds = time.perf_counter() - state["started_at"]
        self._metrics.record(event, seconds, state, fields)
        path = fields["path"]
        line: dict[str, LogValue] = {"request_id": state["request_id"]}
        line.update(cast("dict[str, LogValue]", fields))  # mypy does not accept a TypedDict as a dict
        line.update(
            path=path and path[:MAX_LOGGED_PATH_LENGTH],
            milliseconds=round(seconds * 1000, 1),
            api_key=state.get("api_key"),
            operation=state.get("operation"),
            cost=state.get("cost"),
            codes=state.get("codes"),
        )
        if self._tracer:
            line["trace_id"] = state["span"].end(line, state.get("kind"))
        log.info(event, **line)


def request_id_or_none(sent: str) -> str | None:
    """Return the id that the client sent, if it is valid: short, and without special characters."""
    return sent if _REQUEST_ID_PATTERN.fullmatch(sent) else None


def log_to_stderr() -> None:
    """Write one line of JSON for each event to standard error."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # GuardedHttpProtocol logs these requests itself
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(_serialize_event),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _serialize_event(event: dict[str, object], **options: Any) -> bytes:  # structlog passes its own keywords
    try:
        return orjson.dumps(event, **options)
    except TypeError:  # text that UTF-8 cannot encode, such as a lone surrogate
        return json.dumps(event, **options).encode()
