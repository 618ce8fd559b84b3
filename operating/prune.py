"""Removing old conversations, in small transactions so that a server on the same database goes on meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

from models import Conversation, Database, Transfer, WriteSession
from models.server import removed

# Held by one transaction for some milliseconds; then whoever else writes has twice as long.
BATCH = 250
PAUSE = 2.0


async def prune(database: Database, before: datetime) -> AsyncIterator[tuple[int, int]]:
    """Removes what ended before then, with its transfers; yields, after each commit, how many of both it removed."""
    done = ""
    while ids := await _next(database, before, done):
        started = time.monotonic()
        yield await database.write(partial(_remove, ids))
        done = ids[-1]
        await asyncio.sleep(PAUSE * (time.monotonic() - started))
    await database.write(partial(_forget_servers, before))


async def _remove(ids: list[str], session: WriteSession) -> tuple[int, int]:
    transfers = (await session.execute(Transfer.removed_with(ids))).all()
    conversations = (await session.execute(Conversation.removed(ids))).all()
    return len(conversations), len(transfers)


async def _forget_servers(before: datetime, session: WriteSession) -> None:
    """Those that ended so long ago: no call is theirs any more."""
    await session.execute(removed(before))


async def _next(database: Database, before: datetime, done: str) -> list[str]:
    """The oldest that were not looked at yet. Each is read once, and no writer waits for that."""
    async with database.read() as session:
        return [row.id for row in await session.execute(Conversation.ended_before(before, done, BATCH))]
