"""uvicorn's protocols, with what they lack: a deadline for a request to arrive and for its answer to be taken, a bound
on its head, and word of a client that leaves.
"""

import asyncio
from typing import Any

import orjson
from starlette.requests import HTTPConnection
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LARGEST_HEAD = 65_536
REASONS = {
    400: "This is not an HTTP request.",
    408: "The request took too long to arrive. Send it again, at once.",
    431: "The request's address and headers are too large. Send the operation by POST.",
}


class Taking(asyncio.Protocol):
    """A client that takes nothing of what waits for it is cut off: its place, and all that serves it, is let go.

    `takes_within`: seconds from when the connection is full until it has room again.
    """

    takes_within: float
    transport: Any
    _full: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._full = asyncio.get_running_loop().call_later(self.takes_within, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._has_room()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._has_room()

    def _has_room(self) -> None:
        if self._full is not None:
            self._full.cancel()
            self._full = None


class TakingSocket(Taking, WebSocketsSansIOProtocol):
    def keepalive_timeout(self) -> None:
        """Closing would wait for the client to take what is on its way."""
        super().keepalive_timeout()
        self.transport.abort()


class Arriving(Taking, HttpToolsProtocol):
    """`within`: seconds from the first byte, or from the connection, until the whole request is here."""

    within: float

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late: asyncio.TimerHandle | None = None
        self._head = 0
        self._running: set[asyncio.Timeout] = set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["arriving"] = self
        self._head = 1
        self._expect()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._head = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._arrived()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse(431)

    def handle_websocket_upgrade(self) -> None:
        self._arrived()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        for deadline in self._running:
            deadline.reschedule(0)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are no JSON
        self._refuse(400)

    def stop_when_gone(self, deadline: asyncio.Timeout) -> None:
        """The block that it guards ends when the client leaves."""
        self._running.add(deadline)

    def done(self, deadline: asyncio.Timeout) -> None:
        self._running.discard(deadline)

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
        if self._head or (self.cycle is not None and not self.cycle.response_started):
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        body = orjson.dumps({"errors": [{"message": REASONS[status], "extensions": {"code": "BAD_REQUEST"}}]})
        head = (
            f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def arriving(within: float, takes_within: float) -> type[Arriving]:
    return type("ArrivingInTime", (Arriving,), {"within": within, "takes_within": takes_within})


def taking(takes_within: float) -> type[TakingSocket]:
    return type("TakingInTime", (TakingSocket,), {"takes_within": takes_within})


def connection_of(request: HTTPConnection) -> Arriving | None:
    """None under another server than uvicorn with this protocol."""
    found: Arriving | None = request.scope["state"].get("arriving")
    return found
