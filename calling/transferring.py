"""Carrying transfers out, once each, as they were planned. What fails leaves the caller where they were (R13)."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling.chronicle import Asked
from calling.claiming import Pace, speaking
from calling.means import Means
from calling.reaching import NoWay
from models import Conversation, DatabaseGone, TransferKind, TransferMechanism, WriteSession, now
from models.dialing import lane_of, live_over, next_start
from models.server import clock, held
from models.transferring import ask, leg_over_trunk, not_begun
from telephony.engine import Call, NotPlaced, NotTransferred, Progress, TransferEvent, Unsure

log = structlog.get_logger()


@dataclass(frozen=True)
class Taken:
    """A transfer that nobody else carries out; `trunk` and `starts_at`: of one that is dialed."""

    server_id: str
    transfer: Any
    call: Any
    agent: dict[str, Any]
    trunk: Any = None
    starts_at: float = 0.0


class Transferring:
    def __init__(self, means: Means) -> None:
        self._database = means.database
        self._engine = means.engine
        self._carriers = means.carriers
        self._chronicle = means.chronicle
        self._owner = means.owner
        self._limits = means.limits

    async def carry_out(self, transfer_id: str) -> None:
        """That it is asked for is committed before the engine hears of it: it is never asked twice."""
        if (server_id := self._owner.id) is None:
            return
        try:
            taken = await self._database.take(lambda session: _taken(session, transfer_id, server_id))
        except (SQLAlchemyError, DatabaseGone) as failed:
            log.warning("transfer_waits", transfer=transfer_id, error=type(failed).__name__)
            return
        if taken is not None:
            self._chronicle.note(Asked(taken.call.id, transfer_id, begun=await self._begun(taken)))

    async def _begun(self, taken: Taken) -> bool:
        """Whether the engine has begun it, or may have."""
        transfer = taken.transfer
        try:
            if taken.trunk:
                await self._dial(taken)
            else:
                await self._engine.transfer(taken.call.id, transfer.id, transfer.transfer_number)
        except (NotTransferred, NotPlaced, NoWay) as refused:
            log.info("transfer_refused", transfer=transfer.id, detail=str(refused))
            return False
        except Unsure as unsure:
            log.warning("transfer_unsure", transfer=transfer.id, detail=str(unsure))
        return True

    async def leave(self, answered: TransferEvent) -> None:
        """The third party of a cold transfer has answered: the agent leaves, and the call's end tells the rest."""
        try:
            await self._engine.leave(answered.reference, answered.transfer_id)
        except (NotTransferred, Unsure) as failed:
            log.warning("transfer_failed", transfer=answered.transfer_id, detail=str(failed))
            self._chronicle.note(TransferEvent(answered.reference, answered.transfer_id, Progress.ENDED))
            with suppress(NotPlaced, Unsure):
                await self._engine.hang_up(answered.reference, answered.transfer_id)

    async def give_up(self, transfer: Any) -> None:
        """Nobody has told how it ended, and it should have long ago."""
        self._chronicle.note(TransferEvent(transfer.conversation_id, transfer.id, Progress.ENDED))
        if transfer.mechanism is TransferMechanism.DIAL:
            with suppress(NotPlaced, Unsure):
                await self._engine.hang_up(transfer.conversation_id, transfer.id)

    async def _dial(self, taken: Taken) -> None:
        """It goes before what waits for the trunk: somebody is on the line."""
        call, transfer = taken.call, taken.transfer
        carrier = await self._carriers.of(taken.trunk)
        await asyncio.sleep(taken.starts_at - time.monotonic())
        if not await self._owner.may_place(taken.server_id):
            raise NotPlaced("this server was taken for dead, and its calls with it")
        leg = Call(
            reference=call.id,
            agent_number=call.agent_number,
            to=transfer.transfer_number,
            carrier=carrier,
            agent=taken.agent,
            ring_seconds=self._limits.ring_seconds,
            longest_seconds=self._limits.longest_seconds,
        )
        await self._engine.add_party(call.id, transfer.id, leg)


async def _taken(session: WriteSession, transfer_id: str, server_id: str) -> Taken | None:
    """None: it is carried out already, its call is over or another server's, or its trunk is full."""
    if not await session.scalar(held(server_id)):
        return None
    transfer = (await session.execute(ask(transfer_id, now()))).first()
    if transfer is None:
        return None
    call = (await session.execute(Conversation.by_id([transfer.conversation_id]))).one()
    agent = await speaking(session, call)
    if transfer.mechanism is not TransferMechanism.DIAL:
        return Taken(server_id, transfer, call, agent)
    if transfer.kind is TransferKind.WARM:
        agent |= {"supervisorInstructions": transfer.supervisor_instructions}
    return await _in_its_lane(session, Taken(server_id, transfer, call, agent))


async def _in_its_lane(session: WriteSession, taken: Taken) -> Taken | None:
    """A leg counts as a call of its trunk, and starts when the next call may."""
    transfer = taken.transfer
    trunk = (await session.execute(lane_of(taken.call.phone_number_id))).first()
    if trunk is None or int(await session.scalar(live_over(trunk.id)) or 0) >= trunk.max_concurrent_calls:
        log.info("transfer_refused", transfer=transfer.id, detail="the trunk carries as many calls as it may")
        await session.execute(not_begun(transfer.id, now()))
        return None
    pace = Pace(trunk, await clock(session))
    starts_at = pace.start()
    await session.execute(leg_over_trunk(transfer.id, trunk.id))
    await session.execute(next_start(trunk.id, pace.next))
    return replace(taken, trunk=trunk, starts_at=starts_at)
