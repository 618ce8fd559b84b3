"""Every call of this server: what is queued is dialed, what is wished is asked of the engine, what it tells is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling.arrivals import Arrivals
from calling.astray import Astray
from calling.chronicle import Chronicle, Ended, Outcome
from calling.dialer import Dialer
from calling.means import Limits, Means
from calling.overhearing import Overhearing
from calling.owner import Owner
from calling.reaching import Carriers
from calling.tasks import Tasks
from calling.transferring import Transferring
from models import ChangeKind, Database, DatabaseGone, EndReason, ReadSession
from models.change import Mark, changes_after, newest
from models.dialing import queues, queues_of
from models.going_on import hang_ups, hang_ups_of
from models.transferring import unasked_transfers
from telephony.engine import Engine, InboundCall, Overheard, Unavailable, Unsure

log = structlog.get_logger()

# What other processes queue is heard of, or found, at these intervals; what this one does, at once. Seconds.
HEAR_EVERY = 1.0
LOOK_EVERY = 5.0
STOP_SECONDS = 20.0


class Calls:
    def __init__(self, database: Database, engine: Engine, carriers: Carriers, limits: Limits) -> None:
        self._database = database
        self._engine = engine
        self._carriers = carriers
        self._tasks = Tasks()
        self._owner = Owner(database, self._lost)
        self._chronicle = Chronicle(database, self._owner, self._written)
        means = Means(database, engine, carriers, limits, self._owner, self._chronicle)
        self._dialer = Dialer(means)
        self._transferring = Transferring(means)
        self._arrivals = Arrivals(means)
        self._overhearing = Overhearing(means)
        self._astray = Astray(means, self._dialer, self._transferring, self._tasks)
        self._asked_to_hang_up: set[str] = set()
        self._reading: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[asyncio.Task[None], ...]]:
        """The server does not wait for the engine to start; where it does not, calls stay queued for another server.

        Answers the tasks that must never end while it runs.
        """
        working = asyncio.create_task(self._work())
        writing = asyncio.create_task(self._chronicle.run())
        beating = asyncio.create_task(self._owner.run())
        try:
            yield working, writing, beating
        finally:
            await self._stop(working, writing, beating)

    async def _work(self) -> None:
        committed = self._database.bell()
        try:
            await self._engine.start()
        except Unavailable as why:
            log.warning("no_calls_are_placed", why=str(why))
            await self._only_sweep()
        self._reading = self._tasks.run(self._read())
        await self._attend(committed)

    async def _stop(
        self, working: asyncio.Task[None], writing: asyncio.Task[None], beating: asyncio.Task[None]
    ) -> None:
        """Takes no new call. What the engine cannot keep ends, each with its reason; what it keeps others adopt."""
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await self._finish()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await self._chronicle.finish()
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await self._owner.stop()
        self._carriers.close()

    async def _finish(self) -> None:
        """Also where the work itself has failed, or had not begun: an engine has processes of its own."""
        await self._dialer.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._engine.stop()
                if self._reading:
                    await self._reading
        await self._tasks.finish(STOP_SECONDS)

    def _lost(self) -> None:
        """Others were told that these calls are over, or have adopted them where calls outlive a process."""
        if not self._engine.outlives_process:
            for reference in self._owner.calls:
                self._tasks.run(self._engine.hang_up(reference))

    # ------------------------------------------------------------------------------------------- what the engine tells

    async def _read(self) -> None:
        async for event in self._engine.events():
            if isinstance(event, InboundCall):
                self._tasks.run(self._arrivals.answer(event))
            elif isinstance(event, Overheard):
                self._tasks.run(self._overhearing.keep(event))
            else:
                self._chronicle.note(event)

    def _written(self, outcome: Outcome) -> None:
        for reference in outcome.calls_over:
            self._asked_to_hang_up.discard(reference)
            self._owner.calls.discard(reference)
        for answered in outcome.to_leave:
            self._tasks.run(self._transferring.leave(answered))

    # ---------------------------------------------------------------------------------------------- what people wish

    async def _only_sweep(self) -> None:
        while True:
            with suppress(SQLAlchemyError, DatabaseGone):
                await self._astray.sweep()
            await asyncio.sleep(LOOK_EVERY)

    async def _attend(self, committed: asyncio.Event) -> None:
        """Hear of each commit; now and then look at all there is, as nothing must depend on hearing of it.

        A database that is away ends nothing: as soon as it is back, all there is is looked at.
        """
        loop = asyncio.get_running_loop()
        heard: Mark | None = None
        looked = 0.0
        while True:
            committed.clear()
            if loop.time() - looked > LOOK_EVERY:
                heard = None
            try:
                if heard is None:
                    await self._astray.look()
                    looked = loop.time()
                heard = await self._look(heard)
            except (SQLAlchemyError, DatabaseGone) as failed:
                log.warning("calls_wait_for_the_database", error=type(failed).__name__)
                heard = None
                await asyncio.sleep(HEAR_EVERY)
            with suppress(TimeoutError):
                await asyncio.wait_for(committed.wait(), HEAR_EVERY)

    async def _look(self, heard: Mark | None) -> Mark | None:
        """Up to where changes were seen to; None: this server is not known yet, and looks again."""
        if (server_id := self._owner.id) is None:
            return None
        async with self._database.read() as session:
            if heard is None:
                mark = await newest(session)
                await self._fulfil(session, server_id, None)
                return mark
            changes, mark = await changes_after(session, heard)
            if changes is None:  # more than is kept: look at all there is
                await self._fulfil(session, server_id, None)
                return mark
            if changed := [each.subject_id for each in changes if each.kind is ChangeKind.CONVERSATION]:
                await self._fulfil(session, server_id, changed)
        await self._overhearing.pass_on(server_id)
        return mark

    async def _fulfil(self, session: ReadSession, server_id: str, changed: list[str] | None) -> None:
        """What is queued, and wished of calls of this server: all there is, or of the conversations that changed."""
        if changed is None:
            trunks, unwanted = await queues(session), await hang_ups(session, server_id)
        else:
            trunks, unwanted = await queues_of(session, changed), await hang_ups_of(session, server_id, changed)
        self._dialer.serve(trunk.id for trunk in trunks)
        for call in unwanted:
            self._hang_up(call)
        for transfer in await unasked_transfers(session, server_id):
            self._tasks.run(self._transferring.carry_out(transfer.id))

    def _hang_up(self, call: Any) -> None:
        if call.id not in self._asked_to_hang_up:
            self._asked_to_hang_up.add(call.id)
            self._tasks.run(self._end(call))

    async def _end(self, call: Any) -> None:
        """An engine that was started anew is asked first, so that it knows the call; who does not know it ends it."""
        try:
            await self._dialer.placed(call.id)
            if await self._engine.snapshot(call.id, call.engine_reference) is None:
                self._chronicle.note(Ended(call.id, EndReason.ENGINE_LOST))
            else:
                await self._engine.hang_up(call.id)
        except Unsure as unsure:
            log.warning("hang_up_unsure", conversation=call.id, detail=str(unsure))
            self._asked_to_hang_up.discard(call.id)  # asked again, at the next look at all there is
