"""Switch sharing of a number on or off, and end queued calls of its borrowers (R6).

The organizations that may dial from a shared number are not stored: `PhoneNumber.visible_to` computes them.
"""

import sqlalchemy as sa

from models import Conversation, ConversationStatus, EndReason, PhoneNumber, now
from models.queue_statements import count_ended_calls
from storage import WriteSession
from storage.session import count_rows_written

# Queued calls beyond this number are not dialed either: the dialer ends each when its turn comes (R6).
MAX_ENDED_AT_ONCE = 1000


async def set_shareable(session: WriteSession, number: PhoneNumber, shareable: bool) -> None:
    """Set `shareable`. Switching it off ends the borrowers' queued calls; their live calls keep the number."""
    if number.shareable == shareable:
        return
    if not shareable:
        reason = EndReason.NUMBER_NO_LONGER_AVAILABLE
        borrowed_ids = sa.select(Conversation.columns().id).where(Conversation.is_borrowed_and_queued(number.id))
        ended = await session.execute(
            sa.update(Conversation)
            .where(Conversation.columns().id.in_(borrowed_ids.limit(MAX_ENDED_AT_ONCE)))
            .values(status=ConversationStatus.FAILED, end_reason=reason, ended_at=now())
        )
        count_ended_calls(session, reason, ended.rowcount)
        count_rows_written(session, ended.rowcount)
    number.shareable = shareable
    number.updated_at = now()
