"""The statements by which calls are taken, followed and ended. Each moves forward only, whoever else moves the same."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.conversation import CALLED, LIVE, QUEUED, Conversation, ConversationStatus, EndReason
from models.phone_number import CallDirection, PhoneNumber
from models.session import WriteSession
from models.transfer import OPEN, Transfer, TransferStatus
from models.trunk import Trunk

conversation = Conversation.__table__
number = PhoneNumber.__table__
transfer = Transfer.__table__
trunk = Trunk.__table__
CALLS_ENDED = "calls_ended"


def claim(conversation_id: str, at: datetime) -> sa.Executable:
    """Take a queued call to dial it: of all who try, one gets the row. Whoever lost the race gets none."""
    queued = sa.and_(conversation.c.id == conversation_id, conversation.c.status == ConversationStatus.QUEUED)
    dialing = {"status": ConversationStatus.DIALING, "dialed_at": at}
    return sa.update(conversation).where(queued).values(dialing).returning(*conversation.c)


def trunk_to_dial(organization_id: str, phone_number_id: str | None) -> sa.Select[Any]:
    """R6, asked again: the trunk of a number that the organization may dial from now, where it can dial out."""
    seen = PhoneNumber.seen_by([organization_id]).where(number.c.id == phone_number_id).subquery("seen")
    return (
        sa.select(trunk)
        .join(number, number.c.trunk_id == trunk.c.id)
        .join(seen, seen.c.id == number.c.id)
        .where(trunk.c.outbound_address.is_not(None))
    )


def trunk_of(phone_number_id: str | None) -> sa.Select[Any]:
    return sa.select(trunk).join(number, number.c.trunk_id == trunk.c.id).where(number.c.id == phone_number_id)


def ringing(conversation_id: str) -> sa.Executable:
    dialing = sa.and_(conversation.c.id == conversation_id, conversation.c.status == ConversationStatus.DIALING)
    return sa.update(conversation).where(dialing).values(status=ConversationStatus.RINGING)


def answered(conversation_id: str, at: datetime) -> sa.Executable:
    before = (ConversationStatus.DIALING, ConversationStatus.RINGING)
    waiting = sa.and_(conversation.c.id == conversation_id, conversation.c.status.in_(before))
    return sa.update(conversation).where(waiting).values(status=ConversationStatus.IN_PROGRESS, answered_at=at)


def ended(
    conversation_id: str, status: ConversationStatus, reason: EndReason, sip_status: int | None, at: datetime
) -> sa.Executable:
    """End what has not ended; answers how it ended where it did."""
    live = sa.and_(conversation.c.id == conversation_id, conversation.c.ended_at.is_(None))
    how = {"status": status, "end_reason": reason, "sip_status": sip_status, "ended_at": at}
    return sa.update(conversation).where(live).values(how).returning(conversation.c.end_reason)


def cancelled(conversation_id: str, at: datetime) -> sa.Executable:
    """End a call that nobody has begun to dial."""
    queued = sa.and_(conversation.c.id == conversation_id, conversation.c.status == ConversationStatus.QUEUED)
    how = {"status": ConversationStatus.CANCELLED, "end_reason": EndReason.CANCELLED, "ended_at": at}
    return sa.update(conversation).where(queued).values(how)


def note_end(session: WriteSession, reason: EndReason, number: int = 1) -> None:
    """Whoever writes that calls have ended counts them so: once it is committed they are in the metrics."""
    session.info[CALLS_ENDED] = (*session.info.get(CALLS_ENDED, ()), *[reason.name] * number)


def hang_up_wanted(conversation_id: str, at: datetime) -> sa.Executable:
    """The wish of whoever hangs up, kept until the call has ended."""
    unasked = sa.and_(conversation.c.id == conversation_id, conversation.c.hang_up_requested_at.is_(None))
    return sa.update(conversation).where(unasked).values(hang_up_requested_at=at)


# ------------------------------------------------------------------------------------------------------ what there is


def queue(identifiers: list[str] | None = None) -> sa.Select[Any]:
    """What waits, oldest first, each with its trunk and the trunk's limits: all of it, or of these conversations."""
    rows = (
        sa.select(conversation.c.id, *(trunk.c[name].label(f"trunk_{name}") for name in TRUNK_LIMITS))
        .join(number, number.c.id == conversation.c.phone_number_id)
        .join(trunk, trunk.c.id == number.c.trunk_id)
        .order_by(conversation.c.created_at, conversation.c.id)
    )
    if identifiers is None:
        return rows.where(sa.text(f"conversation.{QUEUED}"))
    return rows.where(conversation.c.id.in_(identifiers), conversation.c.status == ConversationStatus.QUEUED)


TRUNK_LIMITS = ("id", "calls_per_second", "max_concurrent_calls")


_waiting = (
    sa.select(sa.literal(1))
    .select_from(conversation)
    .where(conversation.c.organization_id == sa.bindparam("organization_id"), sa.text(f"conversation.{QUEUED}"))
    .limit(sa.bindparam("most"))
    .subquery("waiting")
)
# How many calls of an organization wait, counted up to `most`.
QUEUED_OF = sa.select(sa.func.count()).select_from(_waiting)


def called() -> sa.Select[Any]:
    """Every call that was begun and has not ended, with the trunk it was placed over; null once its number is gone."""
    return (
        sa.select(conversation, number.c.trunk_id)
        .outerjoin(number, number.c.id == conversation.c.phone_number_id)
        .where(sa.text(f"conversation.{CALLED}"))
    )


def overdue(latest_dial: datetime, latest_answer: datetime) -> sa.Select[Any]:
    """What should have ended long ago: dialed before the one time and never answered, or going on since the other."""
    unanswered_outbound = sa.and_(
        conversation.c.direction == CallDirection.OUTBOUND,
        conversation.c.answered_at.is_(None),
        conversation.c.dialed_at < latest_dial,
    )
    since = sa.func.coalesce(conversation.c.answered_at, conversation.c.dialed_at, conversation.c.created_at)
    return called().where(sa.or_(unanswered_outbound, since < latest_answer))


def hang_ups(identifiers: list[str] | None = None) -> sa.Select[Any]:
    """What somebody wants to end and has not ended: all of it, or what there is of these conversations."""
    wanted = sa.select(conversation.c.id).where(conversation.c.hang_up_requested_at.is_not(None))
    if identifiers is None:
        return wanted.where(sa.text(f"conversation.{CALLED}"))
    return wanted.where(conversation.c.id.in_(identifiers), conversation.c.status.in_(LIVE))


# ---------------------------------------------------------------------------------------------------------- transfers


def unasked_transfers() -> sa.Select[Any]:
    return sa.select(transfer.c.id).where(sa.text(f"transfer.{OPEN.text}"), transfer.c.asked_at.is_(None))


def open_transfer(conversation_id: str) -> sa.Select[Any]:
    return sa.select(transfer.c.id).where(
        transfer.c.conversation_id == conversation_id, sa.text(f"transfer.{OPEN.text}")
    )


def overdue_transfers(latest: datetime) -> sa.Select[Any]:
    asked = sa.func.coalesce(transfer.c.asked_at, transfer.c.created_at)
    return sa.select(transfer).where(sa.text(f"transfer.{OPEN.text}"), asked < latest)


def ask(transfer_id: str, at: datetime) -> sa.Executable:
    """Take a transfer to carry it out: of all who try, one gets the row, and an engine is asked once."""
    unasked = sa.and_(transfer.c.id == transfer_id, transfer.c.asked_at.is_(None), transfer.c.ended_at.is_(None))
    return sa.update(transfer).where(unasked).values(asked_at=at).returning(*transfer.c)


def begun(transfer_id: str, at: datetime, status: TransferStatus | None = None) -> sa.Executable:
    """The engine has begun it; RINGING says more, and is never taken back."""
    going_on = sa.and_(transfer.c.id == transfer_id, transfer.c.ended_at.is_(None))
    values: dict[str, Any] = {"begun_at": sa.func.coalesce(transfer.c.begun_at, at)}
    return sa.update(transfer).where(going_on).values(values | ({"status": status} if status else {}))


def transfer_ended(transfer_id: str, status: TransferStatus, sip_status: int | None, at: datetime) -> sa.Executable:
    going_on = sa.and_(transfer.c.id == transfer_id, transfer.c.ended_at.is_(None))
    how = {"status": status, "sip_status": sip_status, "ended_at": at}
    return sa.update(transfer).where(going_on).values(how)


def never_asked(transfer_id: str, at: datetime) -> sa.Executable:
    """Give a transfer up that no engine was asked for."""
    unasked = sa.and_(transfer.c.id == transfer_id, transfer.c.asked_at.is_(None), transfer.c.ended_at.is_(None))
    return sa.update(transfer).where(unasked).values(status=TransferStatus.FAILED, ended_at=at)


def transfers_ended(conversation_id: str, status: TransferStatus, at: datetime) -> sa.Executable:
    """With a conversation its open transfer ends, whichever way the conversation did."""
    going_on = sa.and_(transfer.c.conversation_id == conversation_id, transfer.c.ended_at.is_(None))
    return sa.update(transfer).where(going_on).values(status=status, ended_at=at)
