"""What can be asked of a call that goes on: that it is hung up, transferred, or reported on by whoever routed it.

A wish is committed here; the server whose call it is hears of it and asks the engine, never within the transaction.
"""

from typing import Any

import sqlalchemy as sa

from calling.end_reasons import FINAL
from models import (
    LIVE,
    CallDirection,
    Conversation,
    ConversationStatus,
    EndReason,
    ErrorCode,
    Reach,
    ReadSession,
    Refused,
    WriteSession,
    now,
)
from models.dialing import not_dialed, note_end
from models.going_on import ended, hang_up_wanted

CALLED_OFF = EndReason.CANCELLED


async def hang_up(session: WriteSession, reach: Reach, conversation_id: str) -> Any:
    """The conversation after it: CANCELLED where nobody has dialed it; else the engine hangs up, and its end follows.

    A call that was routed through the API ends here at once: whoever carries it follows the conversation.
    """
    call = await live_call(session, reach, conversation_id)
    if call.status is ConversationStatus.QUEUED:
        await session.execute(not_dialed(call.id, FINAL[CALLED_OFF], CALLED_OFF, now()))
        note_end(session, CALLED_OFF)
    elif carried_elsewhere(call):
        answered = call.status is ConversationStatus.IN_PROGRESS
        reason = EndReason.HANGUP if answered else CALLED_OFF
        await session.execute(ended(call.id, None, now(), status=FINAL[reason], reason=reason))
        note_end(session, reason)
    else:
        await session.execute(hang_up_wanted(call.id, now()))
    return await as_it_is(session, call.id)


async def live_call(session: WriteSession, reach: Reach, conversation_id: str) -> Any:
    """Refuses what may not be seen, and what has ended."""
    found = sa.select(Conversation.__table__).where(reach.holds(Conversation, [conversation_id]))
    call = (await session.execute(found)).first()
    if call is None:
        raise Refused(
            ErrorCode.CONVERSATION_NOT_FOUND,
            "No such conversation among those of the organizations that this API key may act for."
            " List them with conversations.",
            "conversationId",
        )
    if call.status not in LIVE:
        raise not_live(call)
    return call


def carried_elsewhere(call: Any) -> bool:
    """Whoever asked who answers carries the call: no engine of ours knows it."""
    return call.direction is CallDirection.INBOUND and call.engine_reference is None


def not_live(call: Any) -> Refused:
    return Refused(
        ErrorCode.CONVERSATION_NOT_LIVE,
        f"The conversation has ended ({call.status}, {call.end_reason}), and nothing changes it any more."
        " Call again with another conversation.",
        "conversationId",
    )


async def as_it_is(session: ReadSession, conversation_id: str) -> Any:
    return (await session.execute(Conversation.by_id([conversation_id]))).one()
