"""What went astray: calls whose server has ended are adopted, what is not known here is asked of the engine, and what
should have ended long ago is ended. Nothing is dialed again."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog

from calling.chronicle import Ended
from calling.dialer import Dialer
from calling.end_reasons import FINAL
from calling.live_call import CALLED_OFF
from calling.means import Means
from calling.tasks import Tasks
from calling.transferring import Transferring
from models import EndReason, ReadSession, WriteSession
from models.dialing import not_dialed, note_end, waiting_since
from models.going_on import adopted, calls_of, orphans, overdue
from models.server import clock
from models.transferring import overdue_transfers
from telephony.engine import Unsure

log = structlog.get_logger()

# What should have ended by itself is given this long before it is ended. Seconds.
GRACE = 30.0
LARGEST_BATCH = 200


class Astray:
    def __init__(self, means: Means, dialer: Dialer, transferring: Transferring, tasks: Tasks) -> None:
        self._database = means.database
        self._engine = means.engine
        self._chronicle = means.chronicle
        self._owner = means.owner
        self._limits = means.limits
        self._dialer = dialer
        self._transferring = transferring
        self._tasks = tasks

    async def look(self) -> None:
        if server_id := self._owner.id:
            await self._adopt(server_id)
            await self._ask(server_id)
        await self.sweep()

    async def _adopt(self, server_id: str) -> None:
        """What a server that has ended had goes on here; its transfers and what is wished of it, too."""
        async with self._database.read() as session:
            if not await session.scalar(orphans()):
                return

        async def work(session: WriteSession) -> int:
            return int((await session.execute(adopted(server_id))).rowcount)

        log.warning("calls_adopted", count=await self._database.write(work))

    async def _ask(self, server_id: str) -> None:
        """A call of this server that this process does not know was adopted, or its claim was committed unawares."""
        async with self._database.read() as session:
            calls = list(await session.execute(calls_of(server_id)))
        for call in calls:
            coming = {call.trunk_id, call.engine_reference} & self._owner.coming
            if call.id not in self._owner.calls and not coming:
                self._owner.calls.add(call.id)
                self._tasks.run(self._dialer.ask(call.id, call.engine_reference))

    async def sweep(self) -> None:
        """Nothing waits, rings or goes on for ever."""
        async with self._database.read() as session:
            at = await clock(session)
            await self._end_overdue(session, at)
            waited = at - timedelta(seconds=self._limits.longest_wait)
            late = [call.id for call in await session.execute(waiting_since(waited, LARGEST_BATCH))]
        if late:
            await self._call_off(late, at)

    async def _end_overdue(self, session: ReadSession, at: datetime) -> None:
        owner = self._owner.id
        ring, longest = timedelta(seconds=self._limits.ring_seconds), timedelta(seconds=self._limits.longest_seconds)
        latest = at - timedelta(seconds=GRACE)
        for call in await session.execute(overdue(owner, latest - ring, latest - longest)):
            if self._dialer.is_placing(call.id):
                continue
            log.warning("call_overdue", conversation=call.id)
            self._chronicle.note_of_another(Ended(call.id, EndReason.ENGINE_LOST), call.server_id)
            if owner and call.server_id == owner:
                self._tasks.run(self._hang_up(call))
        if owner:
            for transfer in await session.execute(overdue_transfers(owner, latest - ring)):
                self._tasks.run(self._transferring.give_up(transfer))

    async def _hang_up(self, call: Any) -> None:
        """Asked first, so that an engine that was started anew knows it."""
        with suppress(Unsure):
            if await self._engine.snapshot(call.id, call.engine_reference):
                await self._engine.hang_up(call.id)

    async def _call_off(self, waiting: list[str], at: datetime) -> None:
        """What has waited for too long is not dialed any more."""

        async def work(session: WriteSession) -> None:
            for conversation_id in waiting:
                ended = await session.execute(not_dialed(conversation_id, FINAL[CALLED_OFF], CALLED_OFF, at))
                note_end(session, CALLED_OFF, ended.rowcount)

        log.warning("calls_waited_too_long", count=len(waiting))
        await self._database.write(work)
