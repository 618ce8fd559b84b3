"""The dialer: takes calls that are queued, once each, and hands them to the engine. It never dials one again (R12).

A call is claimed, and that is committed, before the engine hears of it: whatever crashes, it is asked for instead.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling.chronicle import Ended
from calling.claiming import Claimed, Taken, take
from calling.means import Means
from calling.reaching import NoWay
from calling.tasks import Tasks
from models import DatabaseGone, EndReason
from telephony.engine import Call, CallEvent, Ending, NotPlaced, Progress, Unsure

log = structlog.get_logger()

RETRY_SECONDS = 0.5
ASK_AGAIN_SECONDS = 5.0


@dataclass(eq=False)
class Lane:
    """What is taken over one trunk, one time after the other. `news`: since it was last looked, something changed."""

    trunk_id: str
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Dialer:
    def __init__(self, means: Means) -> None:
        self._database = means.database
        self._engine = means.engine
        self._carriers = means.carriers
        self._chronicle = means.chronicle
        self._owner = means.owner
        self._limits = means.limits
        self._lanes: dict[str, Lane] = {}
        self._placing: dict[str, asyncio.Task[Any]] = {}
        self._tasks = Tasks()
        self._stopped = asyncio.Event()

    def serve(self, trunks: Iterable[str]) -> None:
        """Something waits for these trunks, and may start now."""
        for trunk_id in trunks:
            if lane := self._lanes.get(trunk_id):
                lane.news.set()
            elif not self._stopped.is_set():
                self._lanes[trunk_id] = Lane(trunk_id)
                self._tasks.run(self._serve(self._lanes[trunk_id]))

    async def stop(self) -> None:
        """No new call is taken; those that were claimed are placed. No claim is left in its midst."""
        self._stopped.set()
        await self._tasks.finish(self._limits.ring_seconds)

    def is_placing(self, reference: str) -> bool:
        return reference in self._placing

    async def placed(self, reference: str) -> None:
        """Returns when the engine has taken the call, or refused it: what is asked of it before that is lost."""
        if placing := self._placing.get(reference):
            await asyncio.wait([placing])

    async def _serve(self, lane: Lane) -> None:
        """Until nothing that waits may start before something changes."""
        try:
            while not self._stopped.is_set():
                lane.news.clear()
                taken = await self._take(lane.trunk_id)
                if taken.again_in is not None:
                    await self._pause(taken.again_in)
                elif not lane.news.is_set():
                    return
        finally:
            del self._lanes[lane.trunk_id]

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)

    async def _take(self, trunk_id: str) -> Taken:
        """Claim what may start. What was claimed is known here before anything else is done."""
        if (server_id := self._owner.id) is None:
            return Taken(again_in=RETRY_SECONDS)
        self._owner.coming.add(trunk_id)
        try:
            taken = await self._database.take(lambda session: take(session, server_id, trunk_id))
        except (SQLAlchemyError, DatabaseGone) as failed:
            log.warning("claim_waits", trunk=trunk_id, error=type(failed).__name__)
            return Taken(again_in=RETRY_SECONDS)
        else:
            for claimed in taken.calls:
                self._start(claimed)
            return taken
        finally:
            self._owner.coming.discard(trunk_id)

    def _start(self, claimed: Claimed) -> None:
        reference = claimed.call.id
        self._owner.calls.add(reference)
        placing = self._placing[reference] = self._tasks.run(self._place(claimed))
        placing.add_done_callback(lambda _: self._placing.pop(reference, None))

    async def _place(self, claimed: Claimed) -> None:
        call = claimed.call
        try:
            carrier = await self._carriers.of(claimed.trunk)
            await asyncio.sleep(claimed.starts_at - time.monotonic())
            if not await self._owner.may_place(claimed.server_id):
                raise NotPlaced("this server was taken for dead, and its calls with it", Ending.LOST)
            await self._engine.place_call(
                Call(
                    reference=call.id,
                    agent_number=call.agent_number,
                    to=call.user_number,
                    carrier=carrier,
                    agent=claimed.agent,
                    ring_seconds=self._limits.ring_seconds,
                    longest_seconds=self._limits.longest_seconds,
                )
            )
        except NoWay as no_way:
            self._end(Ended(call.id, no_way.reason, detail=str(no_way)))
        except NotPlaced as refused:
            self._end(CallEvent(call.id, Progress.ENDED, refused.ending, refused.sip_status, str(refused)))
        except Unsure as unsure:
            log.warning("call_unsure", conversation=call.id, detail=str(unsure))
            await self.ask(call.id)

    async def ask(self, reference: str, engine_reference: str | None = None) -> None:
        """How it stands, says the engine; a call that it does not know is lost, and never dialed again."""
        server_id = self._owner.id
        self._owner.calls.add(reference)
        while self._owner.id == server_id and not self._stopped.is_set():
            try:
                standing = await self._engine.snapshot(reference, engine_reference)
            except Unsure:
                await self._pause(ASK_AGAIN_SECONDS)
            else:
                self._chronicle.note(standing or Ended(reference, EndReason.ENGINE_LOST))
                return

    def _end(self, told: CallEvent | Ended) -> None:
        log.info("call_not_placed", conversation=told.reference, detail=told.detail)
        self._chronicle.note(told)
