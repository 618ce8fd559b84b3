"""Every call of this server: what is queued is dialed, what is wished is asked of the engine, what it tells is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling.arrivals import Arrivals
from calling.chronicle import Chronicle, Ended, Outcome
from calling.dialer import Dialer, Limits
from calling.live_call import carried_elsewhere
from calling.reaching import Carriers
from calling.tasks import Tasks
from calling.transferring import Transferring
from models import ChangeKind, Database, DatabaseGone, EndReason, ReadSession, now
from models.change import Mark, changes_after, newest
from models.dialing import called, hang_ups, overdue, overdue_transfers, unasked_transfers
from telephony.engine import Engine, InboundCall, Unavailable

log = structlog.get_logger()

# What other processes queue is heard of, or found, at these intervals; what this one does, at once. Seconds.
HEAR_EVERY = 1.0
LOOK_EVERY = 5.0
# What should have ended by itself is given this long before it is ended. Seconds.
GRACE = 30.0
STOP_SECONDS = 20.0


class Calls:
    def __init__(self, database: Database, engine: Engine, carriers: Carriers, limits: Limits) -> None:
        self._database = database
        self._engine = engine
        self._carriers = carriers
        self._limits = limits
        self._chronicle = Chronicle(database, self._written)
        self._dialer = Dialer(database, engine, carriers, self._chronicle, limits)
        self._transferring = Transferring(database, engine, carriers, self._chronicle, self._dialer)
        self._arrivals = Arrivals(database, engine, self._chronicle)
        self._tasks = Tasks()
        self._asked_to_hang_up: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[asyncio.Task[None], ...]]:
        """The server does not wait for the engine to start; where it does not, calls stay queued.

        Answers what never ends while calls are placed.
        """
        working = asyncio.create_task(self._work())
        writing = asyncio.create_task(self._chronicle.run())
        try:
            yield working, writing
        finally:
            await self._stop(working, writing)

    async def _work(self) -> None:
        async with self._database.turn():
            await self._dial()

    async def _dial(self) -> None:
        try:
            await self._engine.start()
        except Unavailable as why:
            log.warning("no_calls_are_placed", why=str(why))
            await self._only_sweep()
        reading = self._tasks.run(self._read())
        committed = self._database.bell()
        try:
            await self._recover()
            await self._attend(committed)
        except asyncio.CancelledError:
            await asyncio.shield(self._finish(reading))
            raise

    async def _stop(self, working: asyncio.Task[None], writing: asyncio.Task[None]) -> None:
        """Takes no new call. What the engine cannot keep ends, each with its reason; what it keeps is known again."""
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await self._chronicle.finish()
        self._carriers.close()

    async def _finish(self, reading: asyncio.Task[Any]) -> None:
        await self._dialer.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._engine.stop()
                await reading
        await self._tasks.finish(STOP_SECONDS)

    # ------------------------------------------------------------------------------------------- what the engine tells

    async def _read(self) -> None:
        async for event in self._engine.events():
            if isinstance(event, InboundCall):
                self._tasks.run(self._arrivals.answer(event))
            else:
                self._chronicle.note(event)

    def _written(self, outcome: Outcome) -> None:
        for reference in outcome.calls_over:
            self._asked_to_hang_up.discard(reference)
            self._dialer.lanes.release(reference)
        for leg in outcome.legs_over:
            self._dialer.lanes.release(leg)
        for answered in outcome.to_leave:
            self._tasks.run(self._transferring.leave(answered))

    async def _only_sweep(self) -> None:
        while True:
            with suppress(SQLAlchemyError, DatabaseGone):
                async with self._database.read() as session:
                    await self._sweep(session)
            await asyncio.sleep(LOOK_EVERY)

    # ---------------------------------------------------------------------------------------------- what people wish

    async def _attend(self, committed: asyncio.Event) -> None:
        """Hear of each commit; now and then look at all there is, as nothing must depend on hearing of it."""
        loop = asyncio.get_running_loop()
        heard: Mark | None = None
        looked = 0.0
        while True:
            committed.clear()
            if loop.time() - looked > LOOK_EVERY:
                heard, looked = None, loop.time()
            try:
                async with self._database.read() as session:
                    heard = await self._look(session, heard)
            except (SQLAlchemyError, DatabaseGone) as failed:
                log.warning("calls_wait_for_the_database", error=type(failed).__name__)
                heard = None
                await asyncio.sleep(HEAR_EVERY)
            with suppress(TimeoutError):
                await asyncio.wait_for(committed.wait(), HEAR_EVERY)

    async def _look(self, session: ReadSession, heard: Mark | None) -> Mark:
        if heard is None:
            mark = await newest(session)
            await self._sweep(session)
            await self._fulfil(session, None)
            return mark
        changes, mark = await changes_after(session, heard)
        if changed := [each.subject_id for each in changes if each.kind is ChangeKind.CONVERSATION]:
            await self._fulfil(session, changed)
        return mark

    async def _fulfil(self, session: ReadSession, changed: list[str] | None) -> None:
        """What is queued and wished, of all there is or of the conversations that changed."""
        await self._dialer.look(session, changed)
        for (reference,) in await session.execute(hang_ups(changed)):
            self._hang_up(reference)
        for (transfer_id,) in await session.execute(unasked_transfers()):
            self._tasks.run(self._transferring.carry_out(transfer_id))

    def _hang_up(self, reference: str) -> None:
        if reference not in self._asked_to_hang_up:
            self._asked_to_hang_up.add(reference)
            self._tasks.run(self._end(reference))

    async def _end(self, reference: str) -> None:
        """What the engine does not know has nobody to tell of its end."""
        await self._dialer.placed(reference)
        await self._engine.hang_up(reference)
        if await self._engine.snapshot(reference) is None:
            self._chronicle.note(Ended(reference, EndReason.ENGINE_LOST))

    # ------------------------------------------------------------------------------------------------- what went astray

    async def _recover(self) -> None:
        """After a start: what was begun is asked of the engine, and goes on or is lost. Nothing is dialed again."""
        async with self._database.read() as session:
            begun = [call for call in await session.execute(called()) if not carried_elsewhere(call)]
        for call in begun:
            if call.trunk_id and call.dialed_at:
                self._dialer.lanes.of(call.trunk_id, 1, 1).live.add(call.id)
            self._tasks.run(self._dialer.ask(call.id))
            if call.hang_up_requested_at:
                self._hang_up(call.id)

    async def _sweep(self, session: ReadSession) -> None:
        """Nothing stays live for ever: what nobody ended is ended after the longest call."""
        ring, longest = timedelta(seconds=self._limits.ring_seconds), timedelta(seconds=self._limits.longest_seconds)
        latest = now() - timedelta(seconds=GRACE)
        for call in await session.execute(overdue(latest - ring, latest - longest)):
            log.warning("call_overdue", conversation=call.id)
            self._chronicle.note(Ended(call.id, EndReason.ENGINE_LOST))
            if not carried_elsewhere(call):
                self._tasks.run(self._engine.hang_up(call.id))
        for transfer in await session.execute(overdue_transfers(latest - ring)):
            self._tasks.run(self._transferring.give_up(transfer))
