"""Whose the calls of this process are: a server that says again and again that it lives (a lease), and who has died.

Nothing is placed unless the last beat is young enough that nobody can have taken this server for dead meanwhile.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models import Database, DatabaseGone, WriteSession, new_id
from models.server import beat, clock, others, others_stopped, reaped, started, stopped

log = structlog.get_logger()

# Seconds. A server that is not heard of for a whole lease has ended; what it places has to be on its way well before.
BEAT_EVERY = 3.0
BEAT_TAKES = 8.0
PLACES_WITHIN = 15.0
LEASE = 25.0

Seen = tuple[str, datetime]


class Owner:
    """`calls`: what this process carries, by conversation; `coming`: the trunks and inbound calls of which it is just
    committing some. `lost` is called when others took this server for dead, and it goes on as another."""

    def __init__(self, database: Database, lost: Callable[[], None]) -> None:
        self.id: str | None = None
        self.calls: set[str] = set()
        self.coming: set[str] = set()
        self._database = database
        self._lost = lost
        self._beaten = 0.0
        self._news = asyncio.Event()
        self._watched: dict[Seen, float] = {}

    async def run(self) -> None:
        """Until cancelled. A database that is away is no reason to end: then nobody beats, and nobody is reaped."""
        while True:
            try:
                async with asyncio.timeout(BEAT_TAKES):
                    await (self._beat(self.id) if self.id else self._begin())
            except (SQLAlchemyError, DatabaseGone, TimeoutError) as failed:
                log.warning("server_is_not_seen", error=type(failed).__name__)
                self._watched.clear()
            await asyncio.sleep(BEAT_EVERY)

    async def may_place(self, server_id: str) -> bool:
        """Whether a call that this server claimed may be placed now. While no beat tells, it is waited for."""
        while self.id == server_id and time.monotonic() - self._beaten > PLACES_WITHIN:
            self._news.clear()
            await self._news.wait()
        return self.id == server_id

    async def stop(self) -> None:
        """Others adopt what goes on without this process, at once."""
        if (server_id := self.id) is None:
            return

        async def work(session: WriteSession) -> None:
            await session.execute(stopped(server_id, await clock(session)))

        self.id = None
        try:
            async with asyncio.timeout(BEAT_TAKES):
                await self._database.take(work)
        except (SQLAlchemyError, DatabaseGone, TimeoutError) as failed:
            log.warning("server_stops_unseen", error=type(failed).__name__)

    async def _begin(self) -> None:
        server_id, asked = new_id("srv"), time.monotonic()

        async def work(session: WriteSession) -> None:
            at = await clock(session)
            await session.execute(started(server_id, at))
            if not session.on_postgres:
                await session.execute(others_stopped(server_id, at))

        await self._database.take(work)
        self.id, self._beaten = server_id, asked
        log.info("server_started", server=server_id)

    async def _beat(self, server_id: str) -> None:
        asked = time.monotonic()
        if asked - self._beaten > LEASE / 2:
            self._watched.clear()  # who did not look cannot say who was silent

        async def work(session: WriteSession) -> list[Any] | None:
            if (await session.execute(beat(server_id, await clock(session)))).first() is None:
                return None
            return list(await session.execute(others(server_id)))

        seen = await self._database.take(work, aside=True)
        if seen is None:
            self._give_up(server_id)
            return
        self._beaten = asked
        self._news.set()
        for silent in self._silent([(row.id, row.seen_at) for row in seen]):
            await self._reap(*silent)

    def _silent(self, seen: list[Seen]) -> list[Seen]:
        """Those whose beat stayed the same for a whole lease of beats of our own: no two clocks are compared."""
        at = time.monotonic()
        self._watched = {each: self._watched.get(each, at) for each in seen}
        return [each for each, since in self._watched.items() if at - since > LEASE]

    async def _reap(self, server_id: str, seen_at: datetime) -> None:
        async def work(session: WriteSession) -> None:
            await session.execute(reaped(server_id, seen_at, await clock(session)))

        log.warning("server_is_taken_for_dead", server=server_id, seen_at=seen_at)
        await self._database.take(work)

    def _give_up(self, server_id: str) -> None:
        log.error("server_was_taken_for_dead", server=server_id)
        self.id = None
        self._watched.clear()
        self._news.set()
        self._lost()
        self.calls.clear()
