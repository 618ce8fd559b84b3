"""One server at a time dials, of all on one PostgreSQL: whoever holds an advisory lock, while it is connected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog

log = structlog.get_logger()

# Any number will do, as long as all versions of Dialtree ask for the same.
DIALING = 4_158_170_924
TRY_AGAIN_AFTER = 2.0


@asynccontextmanager
async def turn(url: str) -> AsyncIterator[None]:
    """Waits until nobody else has it. A server that crashes or is cut off loses it, and the next takes over."""
    connection = await _taken(url)
    try:
        yield
    finally:
        connection.terminate()


async def _taken(url: str) -> asyncpg.Connection:
    while True:
        try:
            connection = await asyncpg.connect(url, timeout=5, command_timeout=5)
            if await connection.fetchval("SELECT pg_try_advisory_lock($1)", DIALING):
                return connection
            connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("turn_to_dial_not_taken", error=type(error).__name__)
        await asyncio.sleep(TRY_AGAIN_AFTER)
