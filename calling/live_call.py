"""Load a live call, and request its hang-up (R12).

The request is only stored: after the commit, the server that carries the call passes it on to the engine.
"""

import sqlalchemy as sa

from calling.end_reasons import STATUS_BY_END_REASON
from calling.refusals import conversation_not_found, conversation_not_live
from models import (
    LIVE_STATUSES,
    Conversation,
    ConversationStatus,
    EndReason,
    Reach,
    now,
)
from models.active_call_statements import is_carried_elsewhere, mark_ended, mark_hang_up_requested
from models.call_rows import ConversationRow
from models.queue_statements import count_ended_calls, end_queued
from storage import ReadSession, WriteSession
from storage.statement import Query, query


async def request_hang_up(session: WriteSession, reach: Reach, conversation_id: str) -> ConversationRow:
    """Cancel a queued call, or request the hang-up of a live one. Returns the updated conversation.

    The engine ends a live call later. One that was routed through the API ends at once: its router follows the
    conversation. Raises Refused: CONVERSATION_NOT_FOUND, CONVERSATION_NOT_LIVE.
    """
    call = await load_live_call(session, reach, conversation_id)
    if call.status is ConversationStatus.QUEUED:
        cancelled = EndReason.CANCELLED
        await end_queued(session, [call.id], STATUS_BY_END_REASON[cancelled], cancelled, now())
        count_ended_calls(session, EndReason.CANCELLED)
    elif is_carried_elsewhere(call):
        answered = call.status is ConversationStatus.IN_PROGRESS
        reason = EndReason.HANGUP if answered else EndReason.CANCELLED
        await session.execute(mark_ended(call.id, None, now(), status=STATUS_BY_END_REASON[reason], reason=reason))
        count_ended_calls(session, reason)
    else:
        await session.execute(mark_hang_up_requested(call.id, now()))
    return await reload_conversation(session, call.id)


async def load_live_call(session: WriteSession, reach: Reach, conversation_id: str) -> ConversationRow:
    """Return a conversation that has not ended; raise Refused (CONVERSATION_NOT_FOUND, CONVERSATION_NOT_LIVE)."""
    conversations: Query[ConversationRow] = query(sa.select(Conversation.__table__))
    call = (await session.execute(conversations.where(reach.contains_rows(Conversation, [conversation_id])))).first()
    if call is None:
        raise conversation_not_found()
    if call.status not in LIVE_STATUSES:
        raise conversation_not_live(call)
    return call


async def reload_conversation(session: ReadSession, conversation_id: str) -> ConversationRow:
    """Return the conversation as this transaction sees it now."""
    return (await session.execute(Conversation.by_id([conversation_id]))).one()
