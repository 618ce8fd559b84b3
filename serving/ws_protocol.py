"""Extend uvicorn's WebSocket protocol with a handshake deadline and limits for unauthenticated messages."""

import asyncio
import time

from uvicorn import Config
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request

from serving.slow_reader import SlowReaderGuard

# Bytes of a message before the connection is authenticated: connection_init contains a key, and little else.
MAX_ANONYMOUS_MESSAGE_BYTES = 4096
# Empty frames add nothing to the size of a message, so their number is limited separately.
MAX_FRAMES_PER_MESSAGE = 1000
# Close codes of RFC 6455, section 7.4.1.
CLOSE_INVALID_DATA, CLOSE_TOO_BIG = 1007, 1009


class GuardedWebSocketProtocol(SlowReaderGuard, WebSocketsSansIOProtocol):
    """A WebSocket connection; `request_timeout` is for its handshake to be answered."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._started_at = time.monotonic()
        self.close_timeout = self.write_timeout
        self.conn.max_message_size = min(self.config.ws_max_size, MAX_ANONYMOUS_MESSAGE_BYTES)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:  # the application's task has not started yet
            self.scope["state"]["protocol"] = self

    def mark_authenticated(self, api_key: str) -> None:
        super().mark_authenticated(api_key)
        self.conn.max_message_size = self.config.ws_max_size

    def is_overdue(self, now: float) -> bool:
        return not self.handshake_complete and now - self._started_at > self.request_timeout

    async def send(self, message: ASGISendEvent) -> None:
        """Raise ClientDisconnected after a close: uvicorn would log it as a bug of the application."""
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MAX_FRAMES_PER_MESSAGE:
            super().handle_cont(event)
        else:
            self._close_with_error(CLOSE_TOO_BIG)

    def send_receive_event_to_app(self) -> None:
        """Close on text that is not UTF-8: uvicorn would log it as an error, with its traceback."""
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self._close_with_error(CLOSE_INVALID_DATA)
        else:
            super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Abort: closing would wait for the client to read what is buffered."""
        super().keepalive_timeout()
        self.transport.abort()

    def _close_with_error(self, code: int) -> None:
        self.frames = []
        if not self.close_sent:
            self.conn.fail(code)
            self.handle_parser_exception()


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
