"""Hang up and transfer live calls, and record the reports of an inbound call's router."""

from calling import inbound_report, live_call, transfer_request
from calling.inbound_report import InboundReport
from calling.transfer_request import TransferInput
from dialing.transfer_wait import wait_until_begun
from models import ConversationStatus, DisplayedNumber, EndReason, Refused, TransferKind
from resolvers.context import Context, Payload, Transaction


async def hang_up_conversation(transaction: Transaction, *, conversation_id: str) -> Payload:
    reach = transaction.principal.reach
    return {"conversation": await live_call.request_hang_up(transaction.session, reach, conversation_id)}


async def transfer_conversation(
    transaction: Transaction,
    *,
    conversation_id: str,
    kind: TransferKind,
    transfer_number: str,
    displayed_number: DisplayedNumber | None = None,
    supervisor_instructions: str | None = None,
) -> Payload:
    transfer_input = TransferInput(kind, transfer_number, displayed_number, supervisor_instructions)
    reach, capabilities = transaction.principal.reach, transaction.deployment.transfer_capabilities
    transfer = await transfer_request.request_transfer(
        transaction.session, reach, conversation_id, transfer_input, capabilities
    )
    await transaction.session.flush()
    return {
        "conversation": await live_call.reload_conversation(transaction.session, conversation_id),
        "transfer": transfer,
    }


async def wait_for_transfer(context: Context, payload: Payload) -> Payload:
    """Wait, after the commit, until an engine has begun the transfer. Returns the payload with it, or a refusal."""
    try:
        transfer = await wait_until_begun(context.database, payload["transfer"].id)
    except Refused as error:
        return {"user_errors": [error.refusal]}
    async with context.read() as session:
        return {
            "conversation": await live_call.reload_conversation(session, transfer.conversation_id),
            "transfer": transfer,
        }


async def report_inbound_call(
    transaction: Transaction,
    *,
    conversation_id: str,
    status: ConversationStatus,
    end_reason: EndReason | None = None,
    sip_status: int | None = None,
) -> Payload:
    report = InboundReport(status, end_reason, sip_status)
    router = transaction.principal.organization_id
    return {
        "conversation": await inbound_report.report_inbound_call(transaction.session, router, conversation_id, report)
    }
