"""The Shareable switch (R6). Who may dial from a shared number is `PhoneNumber.seen_by`: nothing here is stored."""

import sqlalchemy as sa

from models import Conversation, ConversationStatus, EndReason, PhoneNumber, WriteSession, now
from models.dialing import note_end


async def set_shareable(session: WriteSession, number: PhoneNumber, shareable: bool) -> None:
    """Takes effect at once: switching off ends what was borrowed and not yet dialed; live calls keep their number."""
    if number.shareable == shareable:
        return
    if not shareable:
        gone = EndReason.NUMBER_NO_LONGER_AVAILABLE
        ended = await session.execute(
            sa.update(Conversation)
            .where(Conversation.borrowed_and_queued(number.id))
            .values(status=ConversationStatus.FAILED, end_reason=gone, ended_at=now())
        )
        note_end(session, gone, ended.rowcount)
    number.shareable = shareable
    number.updated_at = now()
