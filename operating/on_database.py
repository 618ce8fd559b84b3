"""One piece of work of a command on the database, which a server may be serving meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from models import Database, ReadSession, WriteSession
from serving.settings import Settings

Answer = TypeVar("Answer")


def on_database(settings: Settings, work: Callable[[Database], Awaitable[Answer]]) -> Answer:
    async def opened() -> Answer:
        database = Database(settings.database_url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def read(settings: Settings, work: Callable[[ReadSession], Awaitable[Answer]]) -> Answer:
    """Of one snapshot."""

    async def snapshot(database: Database) -> Answer:
        async with database.read() as session:
            return await work(session)

    return on_database(settings, snapshot)


def write(settings: Settings, work: Callable[[WriteSession], Awaitable[Answer]]) -> Answer:
    """In one transaction."""
    return on_database(settings, lambda database: database.write(work))
