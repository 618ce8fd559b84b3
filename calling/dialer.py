"""The dialer: takes calls that are queued, once each, and hands them to the engine. It never dials one again (R12).

A call is claimed, and that is committed, before the engine hears of it: whatever crashes, it is asked for instead.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling.chronicle import Chronicle, Ended
from calling.end_reasons import FINAL
from calling.lanes import Lane, Lanes
from calling.reaching import Carriers, NoWay
from calling.tasks import Tasks
from models import AgentVersion, Database, DatabaseGone, EndReason, ReadSession, WriteSession, now
from models.dialing import claim, ended, queue, trunk_to_dial
from telephony.engine import Call, CallEvent, Engine, NotPlaced, Progress, Unsure

log = structlog.get_logger()

RETRY_SECONDS = 0.5
ASK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Limits:
    """How long a call may ring and last, in seconds."""

    ring_seconds: float
    longest_seconds: float


@dataclass(frozen=True)
class Claimed:
    """A call that nobody else dials: the trunk that it goes over now, and the agent that speaks."""

    call: Any
    trunk: Any
    agent: dict[str, Any]


class Dialer:
    def __init__(
        self, database: Database, engine: Engine, carriers: Carriers, chronicle: Chronicle, limits: Limits
    ) -> None:
        self.lanes = Lanes()
        self.limits = limits
        self._database = database
        self._engine = engine
        self._carriers = carriers
        self._chronicle = chronicle
        self._placing: dict[str, asyncio.Task[Any]] = {}
        self._tasks = Tasks()
        self._serving: dict[Lane, asyncio.Task[Any]] = {}

    async def look(self, session: ReadSession, identifiers: list[str] | None = None) -> None:
        """Put what is queued into its lanes: all of it, or what is queued of these conversations."""
        for lane in self.lanes:
            if lane.idle and lane in self._serving:
                self._serving.pop(lane).cancel()
                self.lanes.close(lane)
        for row in await session.execute(queue(identifiers)):
            lane = self.lanes.of(row.trunk_id, row.trunk_calls_per_second, row.trunk_max_concurrent_calls)
            lane.wait(row.id)
            if lane not in self._serving:
                self._serving[lane] = self._tasks.run(self._serve(lane))

    async def stop(self) -> None:
        """No new call is taken; those that are being placed are finished."""
        for serving in self._serving.values():
            serving.cancel()
        if self._placing:
            await asyncio.wait(self._placing.values(), timeout=self.limits.ring_seconds)

    async def placed(self, reference: str) -> None:
        """Returns when the engine has taken the call, or refused it: what is asked of it before that is lost."""
        if placing := self._placing.get(reference):
            await asyncio.wait([placing])

    async def _serve(self, lane: Lane) -> None:
        while True:
            conversation_id = await lane.first()
            lane.start()
            placing = self._tasks.run(self._take(lane, conversation_id))
            self._placing[conversation_id] = placing
            placing.add_done_callback(partial(self._placed, conversation_id))

    def _placed(self, conversation_id: str, _placing: asyncio.Task[Any]) -> None:
        self._placing.pop(conversation_id, None)

    async def _take(self, lane: Lane, conversation_id: str) -> None:
        """Claim and place it; what is not to be dialed gives its place in the lane back."""
        try:
            claimed = await self._database.write(lambda session: _claimed(session, conversation_id))
        except (SQLAlchemyError, DatabaseGone) as failed:
            log.warning("claim_waits", conversation=conversation_id, error=type(failed).__name__)
            claimed = None
            await asyncio.sleep(RETRY_SECONDS)
        if claimed is None:
            lane.take_back()
            lane.release(conversation_id)
        else:
            await self._place(claimed)

    async def _place(self, claimed: Claimed) -> None:
        call = claimed.call
        try:
            carrier = await self._carriers.of(claimed.trunk)
            await self._engine.place_call(
                Call(
                    reference=call.id,
                    agent_number=call.agent_number,
                    to=call.user_number,
                    carrier=carrier,
                    agent=claimed.agent,
                    ring_seconds=self.limits.ring_seconds,
                    longest_seconds=self.limits.longest_seconds,
                )
            )
        except NoWay as no_way:
            self._end(call.id, Ended(call.id, no_way.reason, detail=str(no_way)))
        except NotPlaced as refused:
            self._end(call.id, CallEvent(call.id, Progress.ENDED, refused.ending, refused.sip_status, str(refused)))
        except Unsure as unsure:
            log.warning("call_unsure", conversation=call.id, detail=str(unsure))
            await self.ask(call.id)

    async def ask(self, reference: str) -> None:
        """How it stands, says the engine; a call that it does not know is lost, and never dialed again."""
        while True:
            try:
                standing = await self._engine.snapshot(reference)
            except Unsure:
                await asyncio.sleep(ASK_AGAIN_SECONDS)
            else:
                self._chronicle.note(standing or Ended(reference, EndReason.ENGINE_LOST))
                return

    def _end(self, reference: str, told: CallEvent | Ended) -> None:
        log.info("call_not_placed", conversation=reference, detail=told.detail)
        self._chronicle.note(told)


async def _claimed(session: WriteSession, conversation_id: str) -> Claimed | None:
    """R6 is asked again in the claim's own transaction. None: it is not to be dialed, or not by us."""
    call = (await session.execute(claim(conversation_id, now()))).first()
    if call is None:
        return None
    trunk = (await session.execute(trunk_to_dial(call.organization_id, call.phone_number_id))).first()
    if trunk is None:
        gone = EndReason.NUMBER_NO_LONGER_AVAILABLE
        await session.execute(ended(call.id, FINAL[gone], gone, None, now()))
        return None
    return Claimed(call, trunk, await speaking(session, call))


async def speaking(session: ReadSession, call: Any) -> dict[str, Any]:
    """What the engine hands to the agent that speaks."""
    agent = {"conversationId": call.id, "initialContext": call.initial_context, "config": call.agent_config}
    if call.agent_version_id is None:
        return agent
    version = (await session.execute(AgentVersion.by_id([call.agent_version_id]))).one()
    return agent | {"agentVersionId": version.id, "agentName": version.agent_name, "config": version.config}
