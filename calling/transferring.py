"""Carrying transfers out, once each, as they were planned. What fails leaves the caller where they were (R13)."""

from contextlib import suppress
from typing import Any

import sqlalchemy as sa
import structlog

from calling.chronicle import Chronicle
from calling.dialer import Dialer, speaking
from calling.reaching import Carriers, NoWay
from models import Conversation, Database, TransferKind, TransferMechanism, TransferStatus, WriteSession, now
from models.dialing import ask, begun, transfer_ended, trunk_of
from telephony.engine import Call, Engine, NotPlaced, NotTransferred, Progress, TransferEvent, Unsure

log = structlog.get_logger()


class Transferring:
    def __init__(
        self, database: Database, engine: Engine, carriers: Carriers, chronicle: Chronicle, dialer: Dialer
    ) -> None:
        self._database = database
        self._engine = engine
        self._carriers = carriers
        self._chronicle = chronicle
        self._dialer = dialer

    async def carry_out(self, transfer_id: str) -> None:
        """That it is asked for is committed before the engine hears of it: it is never asked twice."""
        taken = await self._database.write(lambda session: _taken(session, transfer_id))
        if taken is None:
            return
        transfer, call, trunk, agent = taken
        try:
            if transfer.mechanism is TransferMechanism.DIAL:
                await self._dial(transfer, call, trunk, agent)
            else:
                await self._engine.transfer(call.id, transfer.id, transfer.transfer_number)
        except (NotTransferred, NotPlaced, NoWay) as refused:
            log.info("transfer_refused", transfer=transfer.id, detail=str(refused))
            self._dialer.lanes.release(transfer.id)
            await self._execute(transfer_ended(transfer.id, TransferStatus.FAILED, None, now()))
            return
        except Unsure as unsure:
            log.warning("transfer_unsure", transfer=transfer.id, detail=str(unsure))
        await self._execute(begun(transfer.id, now()))

    async def leave(self, answered: TransferEvent) -> None:
        """The third party of a cold transfer has answered: the agent leaves, and the call's end tells the rest."""
        try:
            await self._engine.leave(answered.reference, answered.transfer_id)
        except (NotTransferred, Unsure) as failed:
            log.warning("transfer_failed", transfer=answered.transfer_id, detail=str(failed))
            self._chronicle.note(TransferEvent(answered.reference, answered.transfer_id, Progress.ENDED))
            await self._engine.hang_up(answered.reference, answered.transfer_id)

    async def give_up(self, transfer: Any) -> None:
        """Nobody has told how it ended, and it should have long ago."""
        self._chronicle.note(TransferEvent(transfer.conversation_id, transfer.id, Progress.ENDED))
        if transfer.mechanism is TransferMechanism.DIAL:
            with suppress(NotPlaced, Unsure):
                await self._engine.hang_up(transfer.conversation_id, transfer.id)

    async def _dial(self, transfer: Any, call: Any, trunk: Any, agent: dict[str, Any]) -> None:
        """A leg counts as a call of its trunk. It goes before what waits: somebody is on the line."""
        lane = self._dialer.lanes.of(trunk.id, trunk.calls_per_second, trunk.max_concurrent_calls)
        if lane.full:
            raise NotTransferred("the trunk carries as many calls as it may")
        lane.live.add(transfer.id)
        carrier = await self._carriers.of(trunk)
        await lane.moment()
        lane.start()
        limits = self._dialer.limits
        leg = Call(
            reference=call.id,
            agent_number=call.agent_number,
            to=transfer.transfer_number,
            carrier=carrier,
            agent=agent,
            ring_seconds=limits.ring_seconds,
            longest_seconds=limits.longest_seconds,
        )
        await self._engine.add_party(call.id, transfer.id, leg)

    async def _execute(self, statement: sa.Executable) -> None:
        async def work(session: WriteSession) -> None:
            await session.execute(statement)

        await self._database.write(work)


async def _taken(session: WriteSession, transfer_id: str) -> tuple[Any, Any, Any, dict[str, Any]] | None:
    """None: somebody else carries it out, or its call has ended. A number that was deleted since takes none along."""
    transfer = (await session.execute(ask(transfer_id, now()))).first()
    if transfer is None:
        return None
    call = (await session.execute(Conversation.by_id([transfer.conversation_id]))).one()
    trunk = (await session.execute(trunk_of(call.phone_number_id))).first()
    agent = await speaking(session, call)
    if transfer.kind is TransferKind.WARM:
        agent |= {"supervisorInstructions": transfer.supervisor_instructions}
    return transfer, call, trunk, agent
