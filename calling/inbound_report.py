"""How an inbound call goes on, as told by whoever asked who answers it (R12, R14)."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from calling import form
from calling.end_reasons import FINAL
from calling.live_call import as_it_is, not_live
from models import (
    LIVE,
    CallDirection,
    Conversation,
    ConversationStatus,
    EndReason,
    ErrorCode,
    Reach,
    Refused,
    WriteSession,
    now,
)
from models.dialing import note_end
from models.going_on import answered, ended

LOWEST_FINAL, HIGHEST_FINAL = 200, 699
# What says enough by itself; a call that is UNANSWERED or FAILED can be so for several reasons.
MEANT = {
    ConversationStatus.COMPLETED: EndReason.HANGUP,
    ConversationStatus.CANCELLED: EndReason.CANCELLED,
    ConversationStatus.TRANSFERRED: EndReason.TRANSFERRED,
    ConversationStatus.UNANSWERED: EndReason.NO_ANSWER,
}


@dataclass(frozen=True)
class Report:
    """What was sent; None is what was not sent."""

    status: ConversationStatus
    end_reason: EndReason | None = None
    sip_status: int | None = None


async def report(session: WriteSession, router: str, conversation_id: str, told: Report) -> Any:
    """The conversation after it. Reporting the same again changes nothing."""
    reason = _reason(told)
    call = await _routed(session, router, conversation_id)
    if (call.status, call.end_reason) == (told.status, reason):
        return call
    if call.status not in LIVE:
        raise not_live(call)
    if told.status is ConversationStatus.RINGING:
        raise form.invalid(
            "The call was answered already, and never goes back to RINGING. Send its end once it has ended.", "status"
        )
    if reason:
        end = ended(call.id, None, now(), status=told.status, reason=reason, sip_status=told.sip_status)
        await session.execute(end)
        note_end(session, reason)
    else:
        await session.execute(answered(call.id, None, now()))
    return await as_it_is(session, call.id)


async def _routed(session: WriteSession, router: str, conversation_id: str) -> Any:
    """Only what was routed through the API: what an engine took is the engine's to tell of."""
    conversation = Conversation.columns()
    within = Reach(router, below=True).holds(Conversation, [conversation_id])
    routed = sa.and_(conversation.direction == CallDirection.INBOUND, conversation.engine_reference.is_(None))
    found = await session.execute(sa.select(Conversation.__table__).where(within, routed))
    if (call := found.first()) is None:
        raise Refused(
            ErrorCode.CONVERSATION_NOT_FOUND,
            "No such conversation among those that routeInboundCall answered for this organization or one below it."
            " Send the id that it answered.",
            "conversationId",
        )
    return call


def _reason(told: Report) -> EndReason | None:
    """Why it ended, None where it goes on; refuses a status and a reason that do not go together."""
    if told.status in (ConversationStatus.QUEUED, ConversationStatus.DIALING):
        raise form.invalid(
            f"An inbound call is never {told.status}. Send RINGING, IN_PROGRESS or how it ended.", "status"
        )
    if told.sip_status is not None:
        form.whole_number(told.sip_status, LOWEST_FINAL, HIGHEST_FINAL, "sipStatus")
    if told.status in LIVE:
        if told.end_reason:
            raise form.invalid(f"A call that is {told.status} has not ended. Leave endReason out.", "endReason")
        return None
    reason = told.end_reason or MEANT.get(told.status)
    fitting = [each.name for each, final in FINAL.items() if final is told.status]
    if reason is None or reason.name not in fitting:
        raise form.invalid(f"Send in endReason why the call is {told.status}: {', '.join(fitting)}.", "endReason")
    return reason
