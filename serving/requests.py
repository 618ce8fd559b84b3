"""Every request's id, and its one line in the log: no document, no variable, no secret."""

import logging
import re
import sys
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.answering import internal_error, trace
from serving.metrics import Metrics

log = structlog.get_logger()
_SENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class RequestLog:
    """Takes the id of X-Request-Id where the client sent one, and gives it back with the answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

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
                message["headers"].append((b"x-request-id", request_id.encode()))
                if "points_left" in state:
                    message["headers"].append((b"ratelimit-remaining", b"%d" % state["points_left"]))
            await send(message)

        await self.app(scope, receive, note)
        method, seconds = scope.get("method", "WEBSOCKET"), time.perf_counter() - started
        self.metrics.note(method, status, seconds, state)
        log.info(
            "request",
            request_id=request_id,
            method=method,
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
            api_key=state.get("api_key"),
            operation=state.get("operation"),
            cost=state.get("cost"),
            codes=state.get("codes"),
        )


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
            log.error("bug", request_id=request_id, **trace(bug))  # noqa: TRY400 - its text can hold what was sent
            if not begun and scope["type"] == "http":
                await internal_error(request_id)(scope, receive, send)


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
