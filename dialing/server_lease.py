"""Keep this server's lease by heartbeats, and end servers whose lease has expired.

A server places calls only while its last heartbeat is so recent that no other server can have ended it.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models import new_id
from models.call_rows import ServerRow
from models.server import (
    database_now,
    end_other_servers,
    end_server,
    end_silent_server,
    insert_server,
    record_heartbeat,
    select_other_servers,
)
from storage import Database, DatabaseUnavailable, WriteSession

log = structlog.get_logger()

# Seconds. A server without a heartbeat for a whole lease is ended by others; it stops placing calls well before that.
HEARTBEAT_INTERVAL_SECONDS = 3.0
HEARTBEAT_TIMEOUT_SECONDS = 8.0
MAX_HEARTBEAT_AGE_SECONDS = 15.0
LEASE_SECONDS = 25.0

Heartbeat = tuple[str, datetime]


class ServerLease:
    """The lease of this process: `server_id` while it holds one. `on_lost` is called when others have ended it.

    `call_ids` are the conversations that the server carries. `pending_claims` are the trunks and inbound calls whose
    claim is being committed. After it has lost its lease, the process registers as a new server.
    """

    def __init__(self, database: Database, on_lost: Callable[[], None]) -> None:
        self.server_id: str | None = None
        self.call_ids: set[str] = set()
        self.pending_claims: set[str] = set()
        self._database = database
        self._on_lost = on_lost
        self._renewed_at = 0.0
        self._renewed = asyncio.Event()
        self._first_seen: dict[Heartbeat, float] = {}

    async def run(self) -> None:
        """Send heartbeats until cancelled. While the database is unavailable, no server can end another."""
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_TIMEOUT_SECONDS):
                    await (self._heartbeat(self.server_id) if self.server_id else self._register())
            except (SQLAlchemyError, DatabaseUnavailable, TimeoutError) as error:
                log.warning("server_heartbeat_failed", error=type(error).__name__)
                self._first_seen.clear()
            await asyncio.sleep(HEARTBEAT_INTERVAL_SECONDS)

    async def can_place_calls(self, server_id: str) -> bool:
        """Tell whether calls claimed as `server_id` may be placed. Waits for a heartbeat if the last one is too old."""
        while self.server_id == server_id and time.monotonic() - self._renewed_at > MAX_HEARTBEAT_AGE_SECONDS:
            self._renewed.clear()
            await self._renewed.wait()
        return self.server_id == server_id

    async def stop(self) -> None:
        """End this server, so that others adopt the calls that outlive this process without waiting for the lease."""
        if (server_id := self.server_id) is None:
            return

        async def work(session: WriteSession) -> None:
            await session.execute(end_server(server_id, await database_now(session)))

        self.server_id = None
        try:
            async with asyncio.timeout(HEARTBEAT_TIMEOUT_SECONDS):
                await self._database.write_locking(work)
        except (SQLAlchemyError, DatabaseUnavailable, TimeoutError) as error:
            log.warning("server_stop_not_recorded", error=type(error).__name__)

    async def _register(self) -> None:
        server_id, sent_at = new_id("srv"), time.monotonic()

        async def work(session: WriteSession) -> None:
            at = await database_now(session)
            await session.execute(insert_server(server_id, at))
            if not session.on_postgres:
                await session.execute(end_other_servers(server_id, at))

        await self._database.write_locking(work)
        self.server_id, self._renewed_at = server_id, sent_at
        log.info("server_started", server=server_id)

    async def _heartbeat(self, server_id: str) -> None:
        sent_at = time.monotonic()
        if sent_at - self._renewed_at > LEASE_SECONDS / 2:
            self._first_seen.clear()  # no heartbeats were read in between, so no server is known to be silent

        async def work(session: WriteSession) -> list[ServerRow] | None:
            if (await session.execute(record_heartbeat(server_id, await database_now(session)))).first() is None:
                return None
            return list(await session.execute(select_other_servers(server_id)))

        others_seen = await self._database.write_locking(work, independent=True)
        if others_seen is None:
            self._give_up_lease(server_id)
            return
        self._renewed_at = sent_at
        self._renewed.set()
        for heartbeat in self._expired([(row.id, row.seen_at) for row in others_seen]):
            await self._end_expired(*heartbeat)

    def _expired(self, heartbeats: list[Heartbeat]) -> list[Heartbeat]:
        """Return the heartbeats that have not changed for a whole lease, by the monotonic clock of this process."""
        at = time.monotonic()
        self._first_seen = {each: self._first_seen.get(each, at) for each in heartbeats}
        return [each for each, since in self._first_seen.items() if at - since > LEASE_SECONDS]

    async def _end_expired(self, server_id: str, seen_at: datetime) -> None:
        async def work(session: WriteSession) -> None:
            await session.execute(end_silent_server(server_id, seen_at, await database_now(session)))

        log.warning("other_server_expired", server=server_id, seen_at=seen_at)
        await self._database.write_locking(work)

    def _give_up_lease(self, server_id: str) -> None:
        log.error("server_lease_lost", server=server_id)
        self.server_id = None
        self._first_seen.clear()
        self._renewed.set()
        self._on_lost()
        self.call_ids.clear()
