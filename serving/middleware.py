"""Assign request ids, log each request, and answer unhandled exceptions."""

from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected
from uvicorn.protocols.utils import ClientDisconnected

from serving.request_log import RequestRecorder, request_id_or_none
from serving.request_state import RequestState
from serving.responses import internal_error_response, traceback_fields

log = structlog.get_logger()
# Raised after a client's disconnect by Starlette and, while a socket is accepted, by uvicorn.
CLIENT_GONE = (ClientDisconnect, WebSocketDisconnect, WebSocketDisconnected, ClientDisconnected)
# Defaults, as the console's files set their own.
SECURITY_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class RequestLogMiddleware:
    """Takes the id of X-Request-Id if the client sent a valid one, else creates one; the response carries it."""

    def __init__(self, app: ASGIApp, recorder: RequestRecorder) -> None:
        self.app = app
        self.recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state: RequestState = scope.setdefault("state", {})
        request_id = state.setdefault("request_id", request_id_or_none(headers.get("x-request-id", "")) or uuid4().hex)
        self.recorder.start(state, headers)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                set_response_headers(MutableHeaders(scope=message), request_id, state.get("points_remaining"))
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            method, logged_status = scope.get("method", "WEBSOCKET"), state.get("refused_status", status)
            self.recorder.finish("request", state, method=method, path=scope["path"], status=logged_status)


def set_response_headers(headers: MutableHeaders, request_id: str, points_remaining: int | None) -> None:
    headers["X-Request-Id"] = request_id
    if points_remaining is not None:
        headers["RateLimit-Remaining"] = str(points_remaining)
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)


class ErrorMiddleware:
    """Answers an unhandled exception with status 500. It runs inside the CORS middleware, so that browsers may read it.

    A client's disconnect is not an error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response_started = False

        async def send_and_track(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_track)
        except CLIENT_GONE:
            pass
        except Exception as bug:  # noqa: BLE001 - the outermost handler answers and logs it
            state: RequestState = scope["state"]
            state["codes"] = ["INTERNAL_SERVER_ERROR"]
            log.error("unhandled_exception", request_id=state["request_id"], **traceback_fields(bug))  # noqa: TRY400 - its text can contain client input
            if not response_started and scope["type"] == "http":
                await internal_error_response(state["request_id"])(scope, receive, send)
