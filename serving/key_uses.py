"""Noting when a key was last used, off the request's path and at most once a minute a key."""

import asyncio
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models import ApiKey, Database, DatabaseGone, now
from models.api_key import USE_NOTED_EVERY

log = structlog.get_logger()


class KeyUses:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._noting: dict[str, asyncio.Task[None]] = {}

    def note(self, key: Any) -> None:
        """Returns at once; a use that was noted within the last minute is left alone."""
        when = now()
        if key.id in self._noting or (key.last_used_at and when - key.last_used_at < USE_NOTED_EVERY):
            return
        task = asyncio.create_task(self._write(key.id))
        self._noting[key.id] = task
        task.add_done_callback(lambda _: self._noting.pop(key.id))

    async def finish(self) -> None:
        await asyncio.gather(*self._noting.values())

    async def _write(self, key_id: str) -> None:
        try:
            await self._database.write(lambda session: session.execute(ApiKey.used(key_id, now())))
        except (SQLAlchemyError, DatabaseGone) as error:
            log.warning("key_use_not_noted", api_key=key_id, error=type(error).__name__)
