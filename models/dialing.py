"""The statements by which queued calls are taken: what waits for a trunk, what is live over it, whose each becomes."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.conversation import CALLED, QUEUED, Conversation, ConversationStatus, EndReason
from models.phone_number import PhoneNumber
from models.prepared import prepared
from models.session import WriteSession
from models.transfer import Transfer
from models.trunk import Trunk

conversation = Conversation.__table__
number = PhoneNumber.__table__
transfer = Transfer.__table__
trunk = Trunk.__table__
CALLS_ENDED = "calls_ended"

WAITING = sa.text(f"conversation.{QUEUED}")


def lane(trunk_id: str) -> sa.Select[Any]:
    """The trunk, held until the end of the transaction: its limits are counted by one server at a time.

    None: it is gone, or another server is counting.
    """
    return sa.select(trunk).where(trunk.c.id == trunk_id).with_for_update(key_share=True, skip_locked=True)


def lane_of(phone_number_id: str | None) -> sa.Select[Any]:
    """The number's trunk, held so; whoever counts there is waited for."""
    return trunk_of(phone_number_id).with_for_update(key_share=True, of=trunk)


def live_over(trunk_id: str) -> sa.Select[Any]:
    """How many calls are live over the trunk, whichever server dialed them, and legs to third parties."""
    calls = sa.select(sa.func.count()).where(conversation.c.trunk_id == trunk_id, sa.text(f"conversation.{CALLED}"))
    legs = sa.select(sa.func.count()).where(transfer.c.trunk_id == trunk_id)
    return sa.select(calls.scalar_subquery() + legs.scalar_subquery())


def first_waiting(trunk_id: str, most: int) -> sa.Select[Any]:
    """The oldest that wait for the trunk. Those that somebody else is changing just now are left out."""
    waiting = sa.select(conversation).where(conversation.c.trunk_id == trunk_id, WAITING)
    oldest = waiting.order_by(conversation.c.created_at, conversation.c.id).limit(most)
    return oldest.with_for_update(key_share=True, skip_locked=True)


def claim(conversation_id: str, server_id: str, at: datetime) -> sa.Executable:
    """Take a queued call to dial it: from now on it is this server's, and it is dialed once or never."""
    queued = sa.and_(conversation.c.id == conversation_id, conversation.c.status == ConversationStatus.QUEUED)
    dialing = {"status": ConversationStatus.DIALING, "dialed_at": at, "server_id": server_id}
    return sa.update(conversation).where(queued).values(dialing)


def next_start(trunk_id: str, at: datetime) -> sa.Executable:
    return sa.update(trunk).where(trunk.c.id == trunk_id).values(next_start_at=at)


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


def not_dialed(conversation_id: str, status: ConversationStatus, reason: EndReason, at: datetime) -> sa.Executable:
    """End a call that nobody has begun to dial."""
    queued = sa.and_(conversation.c.id == conversation_id, conversation.c.status == ConversationStatus.QUEUED)
    return sa.update(conversation).where(queued).values(status=status, end_reason=reason, ended_at=at)


def note_end(session: WriteSession, reason: EndReason, number: int = 1) -> None:
    """Whoever writes that calls have ended counts them so: once it is committed they are in the metrics."""
    session.info[CALLS_ENDED] = (*session.info.get(CALLS_ENDED, ()), *[reason.name] * number)


# ------------------------------------------------------------------------------------------------------ what there is


def _waited_for(trunk_id: Any) -> sa.ColumnElement[bool]:
    return sa.exists().where(conversation.c.trunk_id == trunk_id, WAITING)


@prepared
def queues() -> sa.Select[Any]:
    """The trunks that something waits for."""
    return sa.select(trunk.c.id).where(_waited_for(trunk.c.id))


@prepared
def queues_of(changed: list[str]) -> sa.Select[Any]:
    """Those of them over which one of these calls goes."""
    calls = conversation.alias("calls")
    over = sa.select(calls.c.trunk_id.label("id")).where(calls.c.id.in_(changed)).distinct().subquery("over")
    return sa.select(over.c.id).where(_waited_for(over.c.id))


def waiting_since(before: datetime, most: int) -> sa.Select[Any]:
    return sa.select(conversation.c.id).where(WAITING, conversation.c.created_at < before).limit(most)


_waiting = (
    sa.select(sa.literal(1))
    .select_from(conversation)
    .where(conversation.c.organization_id == sa.bindparam("organization_id"), WAITING)
    .limit(sa.bindparam("most"))
    .subquery("waiting")
)
# How many calls of an organization wait, counted up to `most`.
QUEUED_OF = sa.select(sa.func.count()).select_from(_waiting)
