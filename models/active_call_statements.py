"""Build the statements that update calls after they were dialed; each moves the status forward only (R12).

Only the server that carries a call updates it: `server_id`, None for a call that is carried elsewhere.
"""

from datetime import datetime

import sqlalchemy as sa

from models.call_rows import ConversationRow, HangUpRow
from models.conversation import Conversation
from models.conversation_status import IS_ACTIVE_SQL, LIVE_STATUSES, ConversationStatus, EndReason
from models.json_each import integer_of, json_rows, text_of, time_of
from models.phone_number import CallDirection
from models.rows import IdRow
from models.server import IS_SERVING, server
from storage.prepared import prepared
from storage.statement import Query, RowStatement, query, returning

conversation = Conversation.__table__
IS_ACTIVE = sa.text(f"conversation.{IS_ACTIVE_SQL}")
# A call that was routed through the API: the router carries it, and no engine of this installation knows it.
IS_CARRIED_ELSEWHERE = sa.and_(
    conversation.c.direction == CallDirection.INBOUND, conversation.c.engine_reference.is_(None)
)
BEFORE_ANSWER = (ConversationStatus.DIALING, ConversationStatus.RINGING)
HAS_NO_SERVER = ~sa.exists().where(server.c.id == conversation.c.server_id, IS_SERVING)


def is_carried_elsewhere(call: ConversationRow) -> bool:
    """Tell whether IS_CARRIED_ELSEWHERE holds for a row."""
    return call.direction is CallDirection.INBOUND and call.engine_reference is None


def _is_call_of(conversation_id: str, server_id: str | None) -> sa.ColumnElement[bool]:
    return sa.and_(conversation.c.id == conversation_id, conversation.c.server_id.is_not_distinct_from(server_id))


def mark_answered(conversation_id: str, server_id: str | None, at: datetime) -> sa.Executable:
    waiting = sa.and_(_is_call_of(conversation_id, server_id), conversation.c.status.in_(BEFORE_ANSWER))
    return sa.update(conversation).where(waiting).values(status=ConversationStatus.IN_PROGRESS, answered_at=at)


def mark_ended(
    conversation_id: str,
    server_id: str | None,
    at: datetime,
    *,
    status: ConversationStatus,
    reason: EndReason,
    sip_status: int | None = None,
    detail: str | None = None,
) -> RowStatement[IdRow]:
    """End a call that has not ended. It returns a row if this statement ended it."""
    live = sa.and_(_is_call_of(conversation_id, server_id), conversation.c.ended_at.is_(None))
    values = {"status": status, "end_reason": reason, "sip_status": sip_status, "end_detail": detail, "ended_at": at}
    return returning(sa.update(conversation).where(live).values(values).returning(conversation.c.id))


# ----------------------------------------------------------------------------- many at once, as JSON by the calls' ids


@prepared
def mark_each_ringing(sent: str) -> RowStatement[IdRow]:
    """Have calls ring that are being dialed. Of each: `server_id`."""
    calls = json_rows(sent)
    dialing = sa.and_(_is_sent_call(calls), conversation.c.status == ConversationStatus.DIALING)
    ringing = sa.update(conversation).where(dialing).values(status=ConversationStatus.RINGING)
    return returning(ringing.returning(conversation.c.id))


@prepared
def mark_each_answered(sent: str) -> RowStatement[IdRow]:
    """Have calls answered that were not. Of each: `server_id`, `at`."""
    calls = json_rows(sent)
    waiting = sa.and_(_is_sent_call(calls), conversation.c.status.in_(BEFORE_ANSWER))
    values = {"status": ConversationStatus.IN_PROGRESS, "answered_at": time_of(calls, "at")}
    return returning(sa.update(conversation).where(waiting).values(values).returning(conversation.c.id))


@prepared
def mark_each_ended(sent: str) -> RowStatement[IdRow]:
    """End calls that have not; return those. Of each: `server_id`, `at`, `status`, `reason`, `sip_status`, `detail`."""
    calls = json_rows(sent)
    live = sa.and_(_is_sent_call(calls), conversation.c.ended_at.is_(None))
    values = {
        "status": text_of(calls, "status"),
        "end_reason": text_of(calls, "reason"),
        "sip_status": integer_of(calls, "sip_status"),
        "end_detail": text_of(calls, "detail"),
        "ended_at": time_of(calls, "at"),
    }
    return returning(sa.update(conversation).where(live).values(values).returning(conversation.c.id))


def _is_sent_call(calls: sa.TableValuedAlias) -> sa.ColumnElement[bool]:
    carries = conversation.c.server_id.is_not_distinct_from(text_of(calls, "server_id"))
    return sa.and_(conversation.c.id == calls.c.key, carries)


def mark_hang_up_requested(conversation_id: str, at: datetime) -> sa.Executable:
    """Store that a call is to be hung up, for the server that carries it, or adopts it."""
    not_requested = sa.and_(conversation.c.id == conversation_id, conversation.c.hang_up_requested_at.is_(None))
    return sa.update(conversation).where(not_requested).values(hang_up_requested_at=at)


@prepared
def find_hang_up_requests(server_id: str) -> Query[HangUpRow]:
    """Select this server's active calls that are to be hung up."""
    return _select_hang_up_requests(server_id).where(IS_ACTIVE)


@prepared
def find_hang_up_requests_among(server_id: str, changed: list[str]) -> Query[HangUpRow]:
    """Select this server's live calls that are to be hung up, among the calls `changed`."""
    return _select_hang_up_requests(server_id).where(
        conversation.c.id.in_(changed), conversation.c.status.in_(LIVE_STATUSES)
    )


def _select_hang_up_requests(server_id: str) -> Query[HangUpRow]:
    mine = sa.and_(conversation.c.server_id == server_id, conversation.c.hang_up_requested_at.is_not(None))
    return query(sa.select(conversation.c.id, conversation.c.engine_reference)).where(mine)


# ---------------------------------------------------------------------------------------------------- calls and servers


def select_active_calls(server_id: str) -> Query[ConversationRow]:
    return query(sa.select(conversation)).where(conversation.c.server_id == server_id, IS_ACTIVE)


def select_orphan_id() -> Query[IdRow]:
    """Select the id of a call whose server has ended, if there is one."""
    orphans = query(sa.select(conversation.c.id)).where(IS_ACTIVE, ~IS_CARRIED_ELSEWHERE, HAS_NO_SERVER)
    return orphans.limit(1)


def adopt_orphans(server_id: str, limit: int) -> sa.Executable:
    """Assign up to `limit` active calls whose servers have ended to this server."""
    others = conversation.c.server_id.is_distinct_from(server_id)
    orphan_ids = (
        sa.select(conversation.c.id).where(IS_ACTIVE, ~IS_CARRIED_ELSEWHERE, HAS_NO_SERVER, others).limit(limit)
    )
    return sa.update(conversation).where(conversation.c.id.in_(orphan_ids)).values(server_id=server_id)


def select_calls_to_reconcile(server_id: str | None) -> Query[ConversationRow]:
    """Select this server's active calls, and those whose server has ended or that have none."""
    return query(sa.select(conversation)).where(IS_ACTIVE, sa.or_(conversation.c.server_id == server_id, HAS_NO_SERVER))
