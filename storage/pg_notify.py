"""Send and receive NOTIFY after commits, so that servers on one PostgreSQL wake each other.

A notification only wakes: what has changed is read from the tables, and a server that missed one reads them a moment
later.
"""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from storage.session import Committed

log = structlog.get_logger()

CHANNEL = "dialtree_committed"
RETRY_SECONDS = 1.0
# Seconds between notifications without a commit: sending one detects a dead connection.
KEEPALIVE_INTERVAL_SECONDS = 20.0


class CommitNotifier:
    """Calls `committed` after each commit of this process and, while `run` runs, of other processes."""

    def __init__(self, url: str, settings: dict[str, str], committed: Committed) -> None:
        self._arguments = _connect_arguments(url) | {"server_settings": settings, "timeout": 5, "command_timeout": 5}
        self._on_commit = committed
        self._wake_up = asyncio.Event()

    def notify(self, own_event: asyncio.Event | None = None) -> None:
        """Announce a commit, outside of its transaction: a NOTIFY inside would serialize all commits."""
        self._on_commit(own_event)
        self._wake_up.set()

    async def run(self) -> None:
        """Send and receive until cancelled. A lost connection is logged and opened again."""
        while True:
            try:
                await self._run()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("pg_listen_failed", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _run(self) -> None:
        connection = await asyncpg.connect(**self._arguments)
        try:
            connection.add_termination_listener(lambda _: self._wake_up.set())
            await connection.add_listener(CHANNEL, self._on_notification)
            self._on_commit(None)  # for commits while nobody listened
            while not connection.is_closed():
                with suppress(TimeoutError):
                    async with asyncio.timeout(KEEPALIVE_INTERVAL_SECONDS):
                        await self._wake_up.wait()
                self._wake_up.clear()
                await connection.execute(f"NOTIFY {CHANNEL}")
        finally:
            connection.terminate()

    def _on_notification(self, connection: Any, sender: int, _channel: str, _payload: object) -> None:
        if sender != connection.get_server_pid():
            self._on_commit(None)


def _connect_arguments(url: str) -> dict[str, Any]:
    """Return the arguments of asyncpg for a URL as SQLAlchemy reads it, `?ssl=require` included."""
    address = make_url(url)
    _, arguments = address.get_dialect()().create_connect_args(address)
    arguments.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
    return dict(arguments)
