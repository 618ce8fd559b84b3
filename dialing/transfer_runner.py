"""Claim and run each transfer once, by REFER or by dialing the third party (R13).

A transfer that fails leaves the caller with the agent.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dialing.agent_dispatch import load_agent_dispatch
from dialing.call_pacer import CallPacer
from dialing.call_updates import TransferRequestResult
from dialing.carrier_resolver import CarrierUnavailable
from dialing.worker_context import WorkerContext, build_outbound_call
from models import Conversation, TransferKind, TransferMechanism, now
from models.call_rows import ConversationRow, TransferRow
from models.number_rows import TrunkRow
from models.queue_statements import count_active_calls, lock_trunk_of_number, set_next_start
from models.server import database_now, lock_server
from models.transfer_statements import count_leg_on_trunk, mark_transfer_claimed, mark_transfer_refused
from storage import DatabaseUnavailable, ReadSession, WriteSession
from telephony.engine import AgentDispatch, CallNotPlaced, OutcomeUnknown, Progress, TransferEvent, TransferNotBegun

log = structlog.get_logger()


@dataclass(frozen=True)
class ClaimedTransfer:
    """A transfer that only this server runs. A dialed transfer has a trunk, and a start by time.monotonic()."""

    server_id: str
    transfer: TransferRow
    call: ConversationRow
    agent_dispatch: AgentDispatch
    trunk: TrunkRow | None = None
    starts_at: float = 0.0


class TransferRunner:
    """Runs the transfers of this server's calls."""

    def __init__(self, context: WorkerContext) -> None:
        self._database = context.database
        self._engine = context.engine
        self._carrier_resolver = context.carrier_resolver
        self._status_writer = context.status_writer
        self._lease = context.lease
        self._limits = context.limits

    async def run(self, transfer_id: str) -> None:
        """Claim a transfer and request it from the engine: once, because the claim is committed before."""
        if (server_id := self._lease.server_id) is None:
            return
        try:
            claimed = await self._database.write_locking(
                lambda session: _claim_transfer(session, transfer_id, server_id)
            )
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            log.warning("transfer_delayed", transfer=transfer_id, error=type(error).__name__)
            return
        if claimed is not None:
            self._status_writer.record(
                TransferRequestResult(claimed.call.id, transfer_id, has_begun=await self._request_from_engine(claimed))
            )

    async def _request_from_engine(self, claimed: ClaimedTransfer) -> bool:
        """Request the transfer from the engine. Returns whether the transfer has begun, or may have begun."""
        transfer = claimed.transfer
        try:
            if claimed.trunk:
                await self._dial_third_party(claimed, claimed.trunk)
            else:
                await self._engine.transfer(claimed.call.id, transfer.id, transfer.transfer_number)
        except (TransferNotBegun, CallNotPlaced, CarrierUnavailable) as error:
            log.info("transfer_refused", transfer=transfer.id, detail=str(error))
            return False
        except OutcomeUnknown as error:
            log.warning("transfer_outcome_unknown", transfer=transfer.id, detail=str(error))
        return True

    async def detach_agent(self, answered: TransferEvent) -> None:
        """Remove the agent once the third party of a cold transfer has answered. The end of the call completes it."""
        try:
            await self._engine.detach_agent(answered.reference, answered.transfer_id)
        except (TransferNotBegun, OutcomeUnknown) as error:
            log.warning("transfer_failed", transfer=answered.transfer_id, detail=str(error))
            self._status_writer.record(TransferEvent(answered.reference, answered.transfer_id, Progress.ENDED))
            with suppress(CallNotPlaced, OutcomeUnknown):
                await self._engine.hang_up(answered.reference, answered.transfer_id)

    async def expire(self, transfer: TransferRow) -> None:
        """End a transfer whose end was never reported, and hang up its leg."""
        self._status_writer.record(TransferEvent(transfer.conversation_id, transfer.id, Progress.ENDED))
        if transfer.mechanism is TransferMechanism.DIAL:
            with suppress(CallNotPlaced, OutcomeUnknown):
                await self._engine.hang_up(transfer.conversation_id, transfer.id)

    async def _dial_third_party(self, claimed: ClaimedTransfer, trunk: TrunkRow) -> None:
        """Dial the third party ahead of queued calls, because a caller is waiting on the line."""
        call, transfer = claimed.call, claimed.transfer
        carrier = await self._carrier_resolver.resolve(trunk)
        await asyncio.sleep(claimed.starts_at - time.monotonic())
        if not await self._lease.can_place_calls(claimed.server_id):
            raise CallNotPlaced("this server lost its lease, and its calls with it")
        leg = build_outbound_call(call, transfer.transfer_number, carrier, claimed.agent_dispatch, self._limits)
        await self._engine.add_party(call.id, transfer.id, leg)


async def _claim_transfer(session: WriteSession, transfer_id: str, server_id: str) -> ClaimedTransfer | None:
    """Claim a transfer. Returns None if it was claimed before or has ended, or if its trunk is full."""
    if not await lock_server(session, server_id):
        return None
    transfer = (await session.execute(mark_transfer_claimed(transfer_id, now()))).first()
    if transfer is None:
        return None
    call = (await session.execute(Conversation.by_id([transfer.conversation_id]))).one()
    dispatch = await load_agent_dispatch(session, call)
    if transfer.mechanism is not TransferMechanism.DIAL:
        return ClaimedTransfer(server_id, transfer, call, dispatch)
    if transfer.kind is TransferKind.WARM:
        dispatch = {**dispatch, "supervisorInstructions": transfer.supervisor_instructions}
    return await _claim_trunk(session, ClaimedTransfer(server_id, transfer, call, dispatch))


async def _claim_trunk(session: WriteSession, claimed: ClaimedTransfer) -> ClaimedTransfer | None:
    """Count the leg as a call of its trunk, and reserve the next start; refuse the transfer if the trunk is full."""
    transfer = claimed.transfer
    trunk = (await session.execute(lock_trunk_of_number(claimed.call.phone_number_id))).first()
    if trunk is None or await _is_full(session, trunk):
        log.info("transfer_refused", transfer=transfer.id, detail="the trunk carries as many calls as it may")
        await session.execute(mark_transfer_refused(transfer.id, now()))
        return None
    pacer = CallPacer(trunk, await database_now(session))
    starts_at = pacer.reserve_start()
    await session.execute(count_leg_on_trunk(transfer.id, trunk.id))
    await set_next_start(session, trunk.id, pacer.next_start_at, None)
    return replace(claimed, trunk=trunk, starts_at=starts_at)


async def _is_full(session: ReadSession, trunk: TrunkRow) -> bool:
    (active,) = await count_active_calls(session, trunk.id)
    return active.calls >= trunk.max_concurrent_calls
