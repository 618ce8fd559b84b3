"""Every request's id, and its one line in the log: no document, no variable, no secret."""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import uuid4

import orjson
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.answering import internal_error, trace
from serving.metrics import Metrics

log = structlog.get_logger()
_SENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
# An answer is nobody's to keep, and is what it says it is; the page's files say otherwise of themselves.
GUARDED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Tracer(Protocol):
    """Where spans go, if anywhere."""

    def started(self, headers: Mapping[str, str]) -> Any: ...

    def ended(self, span: Any, told: Mapping[str, Any], kind: str | None) -> str:
        """The id of the trace."""


class Lines:
    """A line in the log for each request, and for each operation of a socket; with it they are counted and traced."""

    def __init__(self, metrics: Metrics, tracer: Tracer | None = None) -> None:
        self._metrics = metrics
        self._tracer = tracer

    def started(self, state: dict[str, Any], headers: Mapping[str, str]) -> None:
        state["began"] = time.perf_counter()
        if self._tracer:
            state["span"] = self._tracer.started(headers)

    def ended(self, event: str, state: dict[str, Any], **told: Any) -> None:
        """`state` is what is known of it by now, `told` what only its kind has."""
        seconds = time.perf_counter() - state["began"]
        self._metrics.note(event, seconds, state, told)
        told = {"request_id": state["request_id"], **told} | {
            "milliseconds": round(seconds * 1000, 1),
            "api_key": state.get("api_key"),
            "operation": state.get("operation"),
            "cost": state.get("cost"),
            "codes": state.get("codes"),
        }
        if self._tracer:
            told["trace_id"] = self._tracer.ended(state["span"], told, state.get("kind"))
        log.info(event, **told)


def id_or_none(sent: str) -> str | None:
    """An id that may stand in a log, where the client sent one."""
    return sent if _SENT_ID.fullmatch(sent) else None


class RequestLog:
    """Takes the id of X-Request-Id where the client sent one, and gives it back with the answer."""

    def __init__(self, app: ASGIApp, lines: Lines) -> None:
        self.app = app
        self.lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        request_id = state.setdefault("request_id", id_or_none(headers.get("x-request-id", "")) or uuid4().hex)
        self.lines.started(state, headers)
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                complete(MutableHeaders(scope=message), request_id, state.get("points_left"))
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            method, told = scope.get("method", "WEBSOCKET"), state.get("refused", status)
            self.lines.ended("request", state, method=method, path=scope["path"], status=told)


def complete(headers: MutableHeaders, request_id: str, points_left: int | None) -> None:
    headers["X-Request-Id"] = request_id
    if points_left is not None:
        headers["RateLimit-Remaining"] = str(points_left)
    for name, value in GUARDED.items():
        headers.setdefault(name, value)


class Bugs:
    """Answers what nobody caught, inside of what lets other origins read it. A client that left is no bug."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:
            pass
        except Exception as bug:  # noqa: BLE001 - whatever nobody caught is answered and logged here
            request_id = scope["state"]["request_id"]
            scope["state"]["codes"] = ["INTERNAL_SERVER_ERROR"]
            log.error("bug", request_id=request_id, **trace(bug))  # noqa: TRY400 - its text can hold what was sent
            if not begun and scope["type"] == "http":
                await internal_error(request_id)(scope, receive, send)


def _written(event: dict[str, Any], **how: Any) -> bytes:
    try:
        return orjson.dumps(event, **how)
    except TypeError:  # what UTF-8 cannot hold, such as a lone surrogate
        return json.dumps(event, **how).encode()


def log_to_stderr() -> None:
    """One line of JSON an event."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what it warns of has its line from `arriving`
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(_written),
        ],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
