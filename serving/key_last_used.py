"""Record when an API key was last used, in the background and at most once a minute per key."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models import ApiKey, now
from models.api_key import LAST_USED_INTERVAL
from models.rows import KeyRow
from storage import Database, DatabaseUnavailable

log = structlog.get_logger()


class LastUsedRecorder:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing: dict[str, asyncio.Task[None]] = {}

    def record(self, key: KeyRow) -> None:
        """Start to record this use, unless one was recorded within the last minute. Returns at once."""
        when = now()
        if key.id in self._writing or (key.last_used_at and when - key.last_used_at < LAST_USED_INTERVAL):
            return
        task = asyncio.create_task(self._write(key.id))
        self._writing[key.id] = task
        task.add_done_callback(lambda _: self._writing.pop(key.id))

    async def finish(self) -> None:
        """Wait for the writes that have started."""
        await asyncio.gather(*self._writing.values())

    async def _write(self, key_id: str) -> None:
        try:
            await self._database.write(lambda session: session.execute(ApiKey.mark_used(key_id, now())))
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            log.warning("last_used_not_recorded", api_key=key_id, error=type(error).__name__)
