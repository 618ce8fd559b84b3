"""Record the progress that the router of an inbound call reports (R12, R14)."""

from dataclasses import dataclass

import sqlalchemy as sa

from calling import validation
from calling.end_reasons import STATUS_BY_END_REASON
from calling.live_call import reload_conversation
from calling.refusals import conversation_not_live, routed_conversation_not_found
from models import (
    LIVE_STATUSES,
    Conversation,
    ConversationStatus,
    EndReason,
    Reach,
    now,
)
from models.active_call_statements import IS_CARRIED_ELSEWHERE, mark_answered, mark_ended
from models.call_rows import ConversationRow
from models.queue_statements import count_ended_calls
from storage import WriteSession
from storage.statement import Query, query

MIN_FINAL_SIP_STATUS, MAX_FINAL_SIP_STATUS = 200, 699
# The end reason of a report without one. FAILED has several possible reasons, so its report must have one.
IMPLIED_END_REASON = {
    ConversationStatus.COMPLETED: EndReason.HANGUP,
    ConversationStatus.CANCELLED: EndReason.CANCELLED,
    ConversationStatus.TRANSFERRED: EndReason.TRANSFERRED,
    ConversationStatus.UNANSWERED: EndReason.NO_ANSWER,
}


@dataclass(frozen=True)
class InboundReport:
    """An unchecked report. A field that the router left out is None."""

    status: ConversationStatus
    end_reason: EndReason | None = None
    sip_status: int | None = None


async def report_inbound_call(
    session: WriteSession, routing_organization_id: str, conversation_id: str, report: InboundReport
) -> ConversationRow:
    """Record the report, and return the updated conversation. Repeating a report changes nothing.

    Raises Refused: INVALID_INPUT, CONVERSATION_NOT_FOUND, CONVERSATION_NOT_LIVE.
    """
    reason = _check_end_reason(report)
    call = await _load_routed_call(session, routing_organization_id, conversation_id)
    if (call.status, call.end_reason) == (report.status, reason):
        return call
    if call.status not in LIVE_STATUSES:
        raise conversation_not_live(call)
    if report.status is ConversationStatus.RINGING:
        raise validation.invalid_input(
            "The call was answered already, and never goes back to RINGING. Send its end once it has ended.", "status"
        )
    if reason:
        end = mark_ended(call.id, None, now(), status=report.status, reason=reason, sip_status=report.sip_status)
        await session.execute(end)
        count_ended_calls(session, reason)
    else:
        await session.execute(mark_answered(call.id, None, now()))
    return await reload_conversation(session, call.id)


async def _load_routed_call(
    session: WriteSession, routing_organization_id: str, conversation_id: str
) -> ConversationRow:
    """Load a conversation that was routed through the API; an engine reports its own calls."""
    in_reach = Reach(routing_organization_id, includes_descendants=True).contains_rows(Conversation, [conversation_id])
    conversations: Query[ConversationRow] = query(sa.select(Conversation.__table__))
    call = (await session.execute(conversations.where(in_reach, IS_CARRIED_ELSEWHERE))).first()
    if call is None:
        raise routed_conversation_not_found()
    return call


def _check_end_reason(report: InboundReport) -> EndReason | None:
    """Return the end reason, None for a live status. Raises Refused if the status and the reason do not match."""
    if report.status in (ConversationStatus.QUEUED, ConversationStatus.DIALING):
        raise validation.invalid_input(
            f"An inbound call is never {report.status}. Send RINGING, IN_PROGRESS or how it ended.", "status"
        )
    if report.sip_status is not None:
        validation.check_whole_number(report.sip_status, MIN_FINAL_SIP_STATUS, MAX_FINAL_SIP_STATUS, "sipStatus")
    if report.status in LIVE_STATUSES:
        if report.end_reason:
            raise validation.invalid_input(
                f"A call that is {report.status} has not ended. Leave endReason out.", "endReason"
            )
        return None
    reason = report.end_reason or IMPLIED_END_REASON.get(report.status)
    fitting = [each.name for each, final in STATUS_BY_END_REASON.items() if final is report.status]
    if reason is None or reason.name not in fitting:
        raise validation.invalid_input(
            f"Send in endReason why the call is {report.status}: {', '.join(fitting)}.", "endReason"
        )
    return reason
