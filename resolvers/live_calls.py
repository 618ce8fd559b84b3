"""Calls that go on: hanging up, transferring, and what whoever routed an inbound call reports of it."""

from typing import Any

from calling import inbound_report, live_call, transfer_request
from calling.inbound_report import Report
from calling.transfer_request import Wanted
from models import ConversationStatus, DisplayedNumber, EndReason, Refused, TransferKind
from resolvers.context import Context, Transaction


async def hang_up_conversation(transaction: Transaction, *, conversation_id: str) -> dict[str, Any]:
    reach = transaction.caller.reach
    return {"conversation": await live_call.hang_up(transaction.session, reach, conversation_id)}


async def transfer_conversation(
    transaction: Transaction,
    *,
    conversation_id: str,
    kind: TransferKind,
    transfer_number: str,
    displayed_number: DisplayedNumber | None = None,
    supervisor_instructions: str | None = None,
) -> dict[str, Any]:
    wanted = Wanted(kind, transfer_number, displayed_number, supervisor_instructions)
    reach, regions = transaction.caller.reach, transaction.deployment.allowed_regions
    transfer = await transfer_request.request(transaction.session, reach, conversation_id, wanted, regions)
    await transaction.session.flush()
    return {"conversation": await live_call.as_it_is(transaction.session, conversation_id), "transfer": transfer}


async def begun(context: Context, answer: dict[str, Any]) -> dict[str, Any]:
    """After the commit: the transfer as an engine has begun it, or the refusal."""
    try:
        transfer = await transfer_request.begun(context.database, answer["transfer"].id)
    except Refused as refused:
        return {"user_errors": [refused.refusal]}
    async with context.database.read() as session:
        return {"conversation": await live_call.as_it_is(session, transfer.conversation_id), "transfer": transfer}


async def report_inbound_call(
    transaction: Transaction,
    *,
    conversation_id: str,
    status: ConversationStatus,
    end_reason: EndReason | None = None,
    sip_status: int | None = None,
) -> dict[str, Any]:
    told = Report(status, end_reason, sip_status)
    router = transaction.caller.organization_id
    return {"conversation": await inbound_report.report(transaction.session, router, conversation_id, told)}
