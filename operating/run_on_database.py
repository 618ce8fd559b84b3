"""Run asynchronous work on the database from a synchronous command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from serving.settings import Settings
from storage import Database, ReadSession, WriteSession

Result = TypeVar("Result")


def run_on_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        database = Database(settings.database_url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def run_read(settings: Settings, work: Callable[[ReadSession], Awaitable[Result]]) -> Result:
    """Run the work in a read session: one snapshot."""

    async def snapshot(database: Database) -> Result:
        async with database.read() as session:
            return await work(session)

    return run_on_database(settings, snapshot)


def run_write(settings: Settings, work: Callable[[WriteSession], Awaitable[Result]]) -> Result:
    """Run the work in a transaction."""
    return run_on_database(settings, lambda database: database.write(work))
