"""The statements by which calls that were begun are followed and ended. Each moves forward only.

Only the server whose a call is says how it goes on: `owner`, None for a call that is carried elsewhere.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.conversation import CALLED, LIVE, Conversation, ConversationStatus, EndReason
from models.phone_number import CallDirection
from models.prepared import prepared
from models.server import SERVING, server

conversation = Conversation.__table__
BEGUN = sa.text(f"conversation.{CALLED}")
# Whoever asked who answers carries the call: no engine of ours knows it.
ELSEWHERE = sa.and_(conversation.c.direction == CallDirection.INBOUND, conversation.c.engine_reference.is_(None))
NOBODYS = ~sa.exists().where(server.c.id == conversation.c.server_id, SERVING)


def _of(conversation_id: str, owner: str | None) -> sa.ColumnElement[bool]:
    return sa.and_(conversation.c.id == conversation_id, conversation.c.server_id.is_not_distinct_from(owner))


def ringing(conversation_id: str, owner: str | None) -> sa.Executable:
    dialing = sa.and_(_of(conversation_id, owner), conversation.c.status == ConversationStatus.DIALING)
    return sa.update(conversation).where(dialing).values(status=ConversationStatus.RINGING)


def answered(conversation_id: str, owner: str | None, at: datetime) -> sa.Executable:
    before = (ConversationStatus.DIALING, ConversationStatus.RINGING)
    waiting = sa.and_(_of(conversation_id, owner), conversation.c.status.in_(before))
    return sa.update(conversation).where(waiting).values(status=ConversationStatus.IN_PROGRESS, answered_at=at)


def ended(
    conversation_id: str,
    owner: str | None,
    at: datetime,
    *,
    status: ConversationStatus,
    reason: EndReason,
    sip_status: int | None = None,
) -> sa.Executable:
    """End what has not ended; a row where it did."""
    live = sa.and_(_of(conversation_id, owner), conversation.c.ended_at.is_(None))
    how = {"status": status, "end_reason": reason, "sip_status": sip_status, "ended_at": at}
    return sa.update(conversation).where(live).values(how).returning(conversation.c.id)


def hang_up_wanted(conversation_id: str, at: datetime) -> sa.Executable:
    """The wish of whoever hangs up, kept until the call has ended: its owner hears of it, whoever that is by then."""
    unasked = sa.and_(conversation.c.id == conversation_id, conversation.c.hang_up_requested_at.is_(None))
    return sa.update(conversation).where(unasked).values(hang_up_requested_at=at)


@prepared
def hang_ups(owner: str) -> sa.Select[Any]:
    """The calls of this server that somebody wants to end and that have not ended."""
    return _wanted(owner).where(BEGUN)


@prepared
def hang_ups_of(owner: str, changed: list[str]) -> sa.Select[Any]:
    """Those of them that are among these."""
    return _wanted(owner).where(conversation.c.id.in_(changed), conversation.c.status.in_(LIVE))


def _wanted(owner: str) -> sa.Select[Any]:
    mine = sa.and_(conversation.c.server_id == owner, conversation.c.hang_up_requested_at.is_not(None))
    return sa.select(conversation.c.id, conversation.c.engine_reference).where(mine)


# ------------------------------------------------------------------------------------------------------- who has whom


def calls_of(owner: str) -> sa.Select[Any]:
    return sa.select(conversation).where(conversation.c.server_id == owner, BEGUN)


def orphans() -> sa.Select[Any]:
    """Whether there are calls whose server has ended."""
    return sa.select(conversation.c.id).where(BEGUN, ~ELSEWHERE, NOBODYS).limit(1)


def adopted(owner: str) -> sa.Executable:
    """They are this server's from now on."""
    return sa.update(conversation).where(BEGUN, ~ELSEWHERE, NOBODYS).values(server_id=owner)


def overdue(owner: str | None, latest_dial: datetime, latest_answer: datetime) -> sa.Select[Any]:
    """What should have ended long ago: dialed before the one time and never answered, or going on since the other.

    Of this server's, and of those that are nobody's to end.
    """
    unanswered_outbound = sa.and_(
        conversation.c.direction == CallDirection.OUTBOUND,
        conversation.c.answered_at.is_(None),
        conversation.c.dialed_at < latest_dial,
    )
    since = sa.func.coalesce(conversation.c.answered_at, conversation.c.dialed_at, conversation.c.created_at)
    late = sa.or_(unanswered_outbound, since < latest_answer)
    return sa.select(conversation).where(BEGUN, late, sa.or_(conversation.c.server_id == owner, NOBODYS))
