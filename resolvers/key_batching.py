"""Look up API keys in batches, one statement every 20 ms, so that a flood of wrong keys costs little."""

import asyncio

from models import ApiKey
from models.rows import KeyRow
from storage import Database
from storage.prepared import prepared
from storage.session import LOOKUP_TIMEOUT_SECONDS

find_keys = prepared(ApiKey.by_id)
# How long keys are collected before a batch is read.
BATCH_INTERVAL_SECONDS = 0.02
# The most keys in one statement. Further lookups find no key.
MAX_BATCH_KEYS = 1000


class BatchedKeyLookup:
    """Looks up keys by id, many in one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[str, asyncio.Future[KeyRow | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> KeyRow | None:
        """Return the row of a key; None if there is none. Raises DatabaseUnavailable."""
        if key_id not in self._pending:
            if len(self._pending) >= MAX_BATCH_KEYS:
                return None
            self._pending[key_id] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(self._pending[key_id])

    async def _run(self) -> None:
        while self._pending:
            await asyncio.sleep(BATCH_INTERVAL_SECONDS)
            pending, self._pending = self._pending, {}
            try:
                async with self._database.read(LOOKUP_TIMEOUT_SECONDS) as session:
                    found = {key.id: key for key in await find_keys(session, [*pending])}
            except Exception as error:  # noqa: BLE001 - raised in each `find`
                for answer in pending.values():
                    answer.set_exception(error)
                    answer.exception()  # marks it as retrieved, in case all callers were cancelled
            else:
                for key_id, answer in pending.items():
                    answer.set_result(found.get(key_id))
        self._task = None
