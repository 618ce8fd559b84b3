"""Every request's id, and its one line in the log: no document, no variable, no secret."""

import logging
import re
import sys
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.answering import internal_error, trace

log = structlog.get_logger()
_SENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class RequestLog:
    """Takes the id of X-Request-Id where the client sent one, gives it back, and answers what nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        request_id = sent if _SENT_ID.fullmatch(sent) else uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, note)
        except Exception as bug:  # noqa: BLE001 - whatever nobody caught is answered and logged here
            log.error(  # noqa: TRY400 - without its text, which can hold what a client sent
                "bug", request_id=request_id, **trace(bug)
            )
            if status == 0 and scope["type"] == "http":
                await internal_error(request_id)(scope, receive, note)
        log.info(
            "request",
            request_id=request_id,
            method=scope.get("method", "WEBSOCKET"),
            path=scope["path"],
            status=status,
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
            api_key=state.get("api_key"),
        )


def log_to_stderr() -> None:
    """One line of JSON an event."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
