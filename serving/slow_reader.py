"""Abort a connection whose client does not read what is sent within the write timeout."""

import asyncio

from serving.connections import ConnectionTracker


class SlowReaderGuard(asyncio.Protocol):
    """The base of the HTTP and the WebSocket protocol; a subclass sets the attributes from the settings.

    `request_timeout`: seconds for a request, or a handshake, to arrive.
    `write_timeout`: seconds from when the write buffer is full until it has room again.
    """

    tracker: ConnectionTracker
    request_timeout: float
    write_timeout: float
    transport: asyncio.Transport
    _write_timer: asyncio.TimerHandle | None = None

    def mark_authenticated(self, api_key: str) -> None:
        """Count this connection as one of the API key's: a request on it carried this valid key."""
        self.tracker.mark_authenticated(self, api_key)

    def is_overdue(self, now: float) -> bool:
        raise NotImplementedError

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = asyncio.get_running_loop().call_later(self.write_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_write_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.tracker.remove(self)
        self._cancel_write_timer()

    def _cancel_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
