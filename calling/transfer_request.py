"""Asking for a transfer: what is planned is what is carried out, and an engine is asked after the commit (R13)."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from calling import form
from calling.e164 import as_e164
from calling.live_call import carried_elsewhere, live_call
from calling.transfers import TransferRequest, plan
from models import (
    ConversationStatus,
    Database,
    DisplayedNumber,
    ErrorCode,
    Reach,
    ReadSession,
    Refused,
    Transfer,
    TransferKind,
    WriteSession,
    now,
)
from models.dialing import trunk_of
from models.transferring import never_asked, open_transfer

# An engine is asked at once; it may take this long to begin.
BEGIN_SECONDS = 8.0
LOOK_EVERY = 0.5


@dataclass(frozen=True)
class Wanted:
    """What was sent, as it was sent; `displayed` None: the default."""

    kind: TransferKind
    transfer_number: str
    displayed: DisplayedNumber | None = None
    supervisor_instructions: str | None = None

    def request(self) -> TransferRequest:
        return TransferRequest(self.kind, self.displayed or DisplayedNumber.TRANSFEREE_NUMBER, self.transfer_number)


async def request(
    session: WriteSession, reach: Reach, conversation_id: str, wanted: Wanted, allowed_regions: frozenset[str]
) -> Transfer:
    """The transfer, REQUESTED, over the trunk as it is now; one at a time."""
    call = await live_call(session, reach, conversation_id)
    _require_talking(call)
    _well_formed(wanted)
    trunk = (await session.execute(trunk_of(call.phone_number_id))).first()
    asked = wanted.request()
    planned = plan(call, trunk, asked, allowed_regions)
    if planned.refusal:
        raise Refused(planned.refusal.code, planned.refusal.message, *(planned.refusal.field or ()))
    if carried_elsewhere(call):
        raise _failed(
            "Whoever routed this call carries it: ask there. transferCallerId says what the third party is to see."
        )
    if await session.scalar(open_transfer(call.id)):
        raise _failed("Another transfer of this conversation is still going on. Ask again once it has ended.")
    transfer = Transfer(
        organization_id=call.organization_id,
        conversation_id=call.id,
        kind=wanted.kind,
        transfer_number=as_e164(wanted.transfer_number) or wanted.transfer_number,
        displayed_number=planned.requested,
        caller_id=planned.caller_id,
        mechanism=planned.mechanism,
        supervisor_instructions=wanted.supervisor_instructions,
    )
    session.add(transfer)
    return transfer


async def begun(database: Database, transfer_id: str) -> Any:
    """The transfer once an engine has begun it; refuses where none did, and the caller is where they were."""
    committed = database.bell()
    with suppress(TimeoutError):
        async with asyncio.timeout(BEGIN_SECONDS):
            while True:
                committed.clear()
                async with database.read() as session:
                    transfer = await _as_it_is(session, transfer_id)
                if transfer.begun_at or transfer.ended_at:
                    return _unless_refused(transfer)
                with suppress(TimeoutError):
                    await asyncio.wait_for(committed.wait(), LOOK_EVERY)

    async def give_up(session: WriteSession) -> Any:
        await session.execute(never_asked(transfer_id, now()))
        return await _as_it_is(session, transfer_id)

    return _unless_refused(await database.write(give_up))


def _unless_refused(transfer: Any) -> Any:
    if transfer.ended_at and not transfer.begun_at:
        raise _failed("The telephony engine did not begin the transfer; the caller is where they were. Ask again.")
    return transfer


async def _as_it_is(session: ReadSession, transfer_id: str) -> Any:
    return (await session.execute(Transfer.by_id([transfer_id]))).one()


def _require_talking(call: Any) -> None:
    if call.status is not ConversationStatus.IN_PROGRESS:
        raise Refused(
            ErrorCode.CONVERSATION_NOT_LIVE,
            f"Nobody has answered yet ({call.status}), so there is nobody to transfer."
            " Ask again when the conversation is IN_PROGRESS.",
            "conversationId",
        )


def _well_formed(wanted: Wanted) -> None:
    if wanted.supervisor_instructions is None:
        return
    if wanted.kind is not TransferKind.WARM:
        raise form.invalid(
            "supervisorInstructions are for a WARM transfer, where the agent briefs the third party. Leave them out.",
            "supervisorInstructions",
        )
    form.text(wanted.supervisor_instructions, "supervisorInstructions")


def _failed(message: str) -> Refused:
    return Refused(ErrorCode.TRANSFER_FAILED, message)
