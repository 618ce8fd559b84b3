"""uvicorn's HTTP protocol, with what it lacks: a deadline for a request to arrive, a bound on its head, and word of
a client that leaves.
"""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import HTTPConnection
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.requests import GUARDED, Lines

# All that is not its body: the head, what frames the parts of a chunked body, and the headers after it.
LARGEST_FRAME = 65_536
REASONS = {
    400: "This is not an HTTP request.",
    408: "The request took too long to arrive. Send it again, at once.",
    431: "The request's address and headers are too large. Send the operation by POST.",
}


class Arriving(HttpToolsProtocol):
    """`within`: seconds from the first byte, or from the connection, until the whole request is here."""

    within: float
    lines: Lines

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late: asyncio.TimerHandle | None = None
        self._reading = False
        self._beside = self._coming = 0
        self._running: set[asyncio.Timeout] = set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["arriving"] = self
        self._reading = True
        self._expect()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._beside -= len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reading = False
        self._beside = self._coming = 0  # of what comes with the next, it is not told whose it is
        self._arrived()

    def data_received(self, data: bytes) -> None:
        self._coming = len(data)
        super().data_received(data)
        if self._reading:
            self._beside += self._coming
            if self._beside > LARGEST_FRAME:
                self._refuse(431)
        elif self._idle and self.transport.get_protocol() is self:
            self._expect()  # such as a line that begins nothing: uvicorn would wait for ever

    def handle_websocket_upgrade(self) -> None:
        self._arrived()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._arrived()
        for deadline in self._running:
            with suppress(RuntimeError):  # it is over already, and what it guards has yet to notice
                deadline.reschedule(0)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are no JSON
        self._refuse(400)

    def stop_when_gone(self, deadline: asyncio.Timeout) -> None:
        """The block that it guards ends when the client leaves."""
        self._running.add(deadline)

    def done(self, deadline: asyncio.Timeout) -> None:
        self._running.discard(deadline)

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.within, self._is_late)

    def _arrived(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _is_late(self) -> None:
        """A connection on which nothing came is closed without a word."""
        self._late = None
        if self._reading:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Where an answer has begun already, nothing can be said any more."""
        if self.transport.is_closing():
            return
        if self._idle or not self.cycle.response_started:
            body = orjson.dumps({"errors": [{"message": REASONS[status], "extensions": {"code": "BAD_REQUEST"}}]})
            headers = {
                "Content-Type": "application/json",
                "Content-Length": len(body),
                "Connection": "close",
                "X-Request-Id": self._noted(status),
                **GUARDED,
            }
            lines = (f"HTTP/1.1 {status} Refused", *(f"{name}: {value}" for name, value in headers.items()), "", "")
            self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()

    def _noted(self, status: int) -> str:
        """The request's id. One that reached the application has its line from there."""
        state: dict[str, Any] = {} if self._idle else self.cycle.scope["state"]
        request_id: str = state.setdefault("request_id", uuid4().hex)
        state["codes"] = ["BAD_REQUEST"]
        if self._idle:
            self.lines.started(state, {})
            self.lines.ended("request", state, method=None, path=None, status=status)
        else:
            state["refused"] = status
        return request_id


def arriving(within: float, lines: Lines) -> type[Arriving]:
    return type("ArrivingInTime", (Arriving,), {"within": within, "lines": lines})


def connection_of(request: HTTPConnection) -> Arriving | None:
    """None under another server than uvicorn with this protocol."""
    found: Arriving | None = request.scope["state"].get("arriving")
    return found
