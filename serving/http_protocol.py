"""Extend uvicorn's HTTP protocol with an arrival deadline, a bound on framing bytes, and cancellation on disconnect.

docs/connections.md lists the states of a connection.
"""

import asyncio
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from typing import cast
from uuid import uuid4

import orjson
from starlette.requests import HTTPConnection
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from serving.middleware import SECURITY_HEADERS
from serving.request_log import RequestRecorder
from serving.request_state import RequestState
from serving.responses import errors_body
from serving.slow_reader import SlowReaderGuard
from serving.ws_protocol import GuardedWebSocketProtocol

# Bytes of a request that are not its body: the head, the framing of a chunked body, and its trailers.
MAX_FRAMING_BYTES = 65_536
# A file that arrives in small chunks has more framing than that: so many bytes are allowed for each of its own.
FRAMING_PER_UPLOADED_BYTE = 8
# Requests that wait for the response to the one before them. Browsers do not pipeline.
MAX_PIPELINED = 16
# A response must start within the timeouts of three operations, as operations may wait for each other (to be
# authenticated in a batch, for example), or within six seconds if that is longer, as a write that has begun is awaited.
RESPONSE_START_OPERATIONS, MIN_RESPONSE_START_SECONDS = 3, 6.0
NOT_A_WEBSOCKET_MESSAGE = (
    "This does not ask for a WebSocket as RFC 6455 has it: send a GET without a body, with few and short headers, when"
    " nothing else is under way on the connection."
)
UPLOAD_STOOD_STILL_MESSAGE = (
    "Nothing of the file arrived for too long. Send the same file again: what is there already changes nothing."
)
STATUS_MESSAGES = {
    400: "This is not an HTTP request.",
    408: "The request took too long to arrive. Send it again, at once.",
    431: "The request's address and headers are too large. Send the operation by POST.",
}


class ProtocolError(Exception):
    """Raised in a callback of the parser to stop it, as invalid HTTP does."""


class GuardedHttpProtocol(SlowReaderGuard, HttpToolsProtocol):
    """An HTTP connection; `request_timeout` is from the connection, or a request's first byte, to its last byte."""

    recorder: RequestRecorder

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._arrival_timer: asyncio.TimerHandle | None = None
        self._is_receiving = self._is_upload = False
        self._framing_bytes = self._chunk_bytes = 0
        self._received_at = 0.0
        self._deadlines: set[asyncio.Timeout] = set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.tracker.add(self, self.client[0] if self.client else "")
        self._start_arrival_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["protocol"] = self
        self._is_receiving, self._is_upload = True, False
        self._start_arrival_timer()
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ProtocolError

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._should_upgrade() and (self._has_body() or not self._is_idle):
            raise ProtocolError(NOT_A_WEBSOCKET_MESSAGE)

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._framing_bytes -= len(body)
        if self._is_upload:
            self._framing_bytes -= len(body) * FRAMING_PER_UPLOADED_BYTE
            self._cancel_arrival_timer()
            self._start_arrival_timer()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_receiving = False
        self._received_at = time.monotonic()
        self._framing_bytes = self._chunk_bytes = 0  # the rest of this chunk belongs to the next request
        self._cancel_arrival_timer()

    def data_received(self, data: bytes) -> None:
        self._chunk_bytes = len(data)
        super().data_received(data)
        if self._is_receiving:
            self._framing_bytes = max(0, self._framing_bytes + self._chunk_bytes)
            if self._framing_bytes > MAX_FRAMING_BYTES:
                self._refuse(431)
        elif self._is_idle and self.transport.get_protocol() is self:
            self._start_arrival_timer()  # such as an empty line: uvicorn would wait forever

    def handle_websocket_upgrade(self) -> None:
        """Refuse a handshake that the websockets library cannot parse: uvicorn would never answer it."""
        self._cancel_arrival_timer()
        super().handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        assert isinstance(socket, GuardedWebSocketProtocol)
        self.tracker.replace(self, socket)
        if not socket.handshake_initiated:
            self._refuse(400, NOT_A_WEBSOCKET_MESSAGE)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._cancel_arrival_timer()
        self._received_at = 0.0
        for deadline in self._deadlines:
            with suppress(RuntimeError):  # it has expired, and the block that it guards has not ended yet
                deadline.reschedule(0)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text is not JSON
        parser_error = sys.exception()
        cause = parser_error.__context__ if parser_error else None
        self._refuse(400, str(cause) if isinstance(cause, ProtocolError) else "")

    def await_more(self, state: RequestState) -> None:
        """Let the body of a request take long, as long as some of it arrives in each `request_timeout` from now on."""
        if self._is_receiving and self.scope["state"] is state:  # not the request after it
            self._is_upload = True
            self._cancel_arrival_timer()
            self._start_arrival_timer()

    def is_overdue(self, now: float) -> bool:
        """Whether its response should have started by now."""
        waiting = self._received_at and not (self._is_receiving or self._is_idle or self.cycle.response_started)
        return bool(waiting) and now - self._received_at > max(
            RESPONSE_START_OPERATIONS * self.write_timeout, MIN_RESPONSE_START_SECONDS
        )

    def cancel_on_disconnect(self, deadline: asyncio.Timeout) -> None:
        """Expire the deadline when the client disconnects."""
        self._deadlines.add(deadline)

    def forget_deadline(self, deadline: asyncio.Timeout) -> None:
        self._deadlines.discard(deadline)

    def _has_body(self) -> bool:
        return any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _start_arrival_timer(self) -> None:
        if self._arrival_timer is None:
            self._arrival_timer = self.loop.call_later(self.request_timeout, self._on_arrival_timeout)

    def _cancel_arrival_timer(self) -> None:
        if self._arrival_timer is not None:
            self._arrival_timer.cancel()
            self._arrival_timer = None

    def _on_arrival_timeout(self) -> None:
        """Answer 408 to an incomplete request; close a connection on which nothing arrived."""
        self._arrival_timer = None
        if self._is_upload and self.flow.read_paused:
            self._start_arrival_timer()  # the server has not asked for more yet
        elif self._is_receiving:
            self._refuse(408, UPLOAD_STOOD_STILL_MESSAGE if self._is_upload else "")
        else:
            self.transport.close()

    def _refuse(self, status: int, reason: str = "") -> None:
        """Answer with the status, unless a response has started already, and close the connection."""
        if self.transport.is_closing():
            return
        if self._is_idle or not self.cycle.response_started:
            body = orjson.dumps(errors_body(reason or STATUS_MESSAGES[status], {"code": "BAD_REQUEST"}))
            headers = {
                "Content-Type": "application/json",
                "Content-Length": len(body),
                "Connection": "close",
                "X-Request-Id": self._record_refusal(status),
                **SECURITY_HEADERS,
            }
            phrase = HTTPStatus(status).phrase
            lines = (f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", "")
            self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()

    def _record_refusal(self, status: int) -> str:
        """Log the refusal and return the request's id; RequestLogMiddleware logs a request that reached it."""
        state = RequestState() if self._is_idle else cast("RequestState", self.cycle.scope["state"])
        request_id = state.setdefault("request_id", uuid4().hex)
        state["codes"] = ["BAD_REQUEST"]
        if self._is_idle:
            self.recorder.start(state, {})
            self.recorder.finish("request", state, method=None, path=None, status=status)
        else:
            state["refused_status"] = status
        return request_id


def http_protocol_of(request: HTTPConnection) -> GuardedHttpProtocol | None:
    """Return the protocol that received the request; None for a WebSocket."""
    state: RequestState = request.scope["state"]
    protocol = state.get("protocol")
    return protocol if isinstance(protocol, GuardedHttpProtocol) else None
