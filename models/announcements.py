"""Telling the other servers on one PostgreSQL that something was committed, and being told. It only wakes them up:
what has changed stands in the tables, and whoever missed an announcement looks there a moment later."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy.engine import make_url

log = structlog.get_logger()

CHANNEL = "dialtree_committed"
TRY_AGAIN_AFTER = 1.0
# Said again after so many seconds, though nothing was committed: so a connection that leads nowhere is found.
STILL_HERE = 20.0


class Announcements:
    """`committed` is called after commits of this process, and of others while `run` runs."""

    def __init__(self, url: str, settings: dict[str, str], committed: Callable[[], None]) -> None:
        self._arguments = _arguments(url) | {"server_settings": settings, "timeout": 5, "command_timeout": 5}
        self._committed = committed
        self._news = asyncio.Event()

    def announce(self) -> None:
        """Outside the transaction: a NOTIFY within it would let only one commit at a time."""
        self._committed()
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. A lost connection is logged, and made again."""
        while True:
            try:
                await self._run()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("announcements_not_heard", error=type(error).__name__)
            await asyncio.sleep(TRY_AGAIN_AFTER)

    async def _run(self) -> None:
        connection = await asyncpg.connect(**self._arguments)
        try:
            connection.add_termination_listener(lambda _: self._news.set())
            await connection.add_listener(CHANNEL, self._heard)
            self._committed()  # what happened while nobody listened
            while not connection.is_closed():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), STILL_HERE)
                self._news.clear()
                await connection.execute(f"NOTIFY {CHANNEL}")
        finally:
            connection.terminate()

    def _heard(self, connection: Any, sender: int, _channel: str, _payload: object) -> None:
        if sender != connection.get_server_pid():
            self._committed()


def _arguments(url: str) -> dict[str, Any]:
    """What the driver takes of a URL, read as SQLAlchemy reads it: `?ssl=require` too, which is no setting."""
    address = make_url(url)
    _, arguments = address.get_dialect()().create_connect_args(address)
    arguments.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
    return dict(arguments)
