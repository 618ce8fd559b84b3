"""The statements by which transfers are taken, followed and ended. Each moves forward only."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.conversation import Conversation
from models.prepared import prepared
from models.transfer import OPEN, Transfer, TransferStatus

conversation = Conversation.__table__
transfer = Transfer.__table__
STILL_OPEN = sa.text(f"transfer.{OPEN.text}")


def _carried_by(owner: Any) -> Any:
    """No join, which could begin with the conversations: few transfers are open, whatever calls there were."""
    carrier = sa.select(conversation.c.server_id).where(conversation.c.id == transfer.c.conversation_id)
    return carrier.scalar_subquery() == owner


@prepared
def unasked_transfers(owner: str) -> sa.Select[Any]:
    """Of the calls of this server."""
    return sa.select(transfer.c.id).where(STILL_OPEN, transfer.c.asked_at.is_(None), _carried_by(owner))


def overdue_transfers(owner: str, latest: datetime) -> sa.Select[Any]:
    asked = sa.func.coalesce(transfer.c.asked_at, transfer.c.created_at)
    return sa.select(transfer).where(STILL_OPEN, asked < latest, _carried_by(owner))


def open_transfer(conversation_id: str) -> sa.Select[Any]:
    return sa.select(transfer.c.id).where(transfer.c.conversation_id == conversation_id, STILL_OPEN)


def ask(transfer_id: str, at: datetime) -> sa.Executable:
    """Take a transfer to carry it out: of all who try, one gets the row, and an engine is asked once."""
    unasked = sa.and_(transfer.c.id == transfer_id, transfer.c.asked_at.is_(None), transfer.c.ended_at.is_(None))
    return sa.update(transfer).where(unasked).values(asked_at=at).returning(*transfer.c)


def leg_over(transfer_id: str) -> sa.Executable:
    return sa.update(transfer).where(transfer.c.id == transfer_id).values(trunk_id=None)


def leg_over_trunk(transfer_id: str, trunk_id: str) -> sa.Executable:
    """It counts as a call of its trunk until it is over."""
    return sa.update(transfer).where(transfer.c.id == transfer_id).values(trunk_id=trunk_id)


def begun(transfer_id: str, at: datetime, status: TransferStatus | None = None) -> sa.Executable:
    """The engine has begun it; RINGING says more, and is never taken back."""
    going_on = sa.and_(transfer.c.id == transfer_id, transfer.c.ended_at.is_(None))
    values: dict[str, Any] = {"begun_at": _begun(at)}
    return sa.update(transfer).where(going_on).values(values | ({"status": status} if status else {}))


def transfer_ended(transfer_id: str, status: TransferStatus, sip_status: int | None, at: datetime) -> sa.Executable:
    """The engine tells of its end, so it had begun it, also where that was not written down yet."""
    going_on = sa.and_(transfer.c.id == transfer_id, transfer.c.ended_at.is_(None))
    how = {"status": status, "sip_status": sip_status, "ended_at": at, "begun_at": _begun(at)}
    return sa.update(transfer).where(going_on).values(how)


def not_begun(transfer_id: str, at: datetime) -> sa.Executable:
    """The engine refused to begin it."""
    going_on = sa.and_(transfer.c.id == transfer_id, transfer.c.ended_at.is_(None))
    return sa.update(transfer).where(going_on).values(status=TransferStatus.FAILED, ended_at=at, trunk_id=None)


def never_asked(transfer_id: str, at: datetime) -> sa.Executable:
    """Give a transfer up that no engine was asked for."""
    unasked = sa.and_(transfer.c.id == transfer_id, transfer.c.asked_at.is_(None), transfer.c.ended_at.is_(None))
    return sa.update(transfer).where(unasked).values(status=TransferStatus.FAILED, ended_at=at)


def transfers_ended(conversation_id: str, status: TransferStatus, at: datetime) -> sa.Executable:
    """With a conversation its open transfer ends, whichever way the conversation did."""
    going_on = sa.and_(transfer.c.conversation_id == conversation_id, transfer.c.ended_at.is_(None))
    asked = sa.case((transfer.c.asked_at.is_not(None), _begun(at)))
    return sa.update(transfer).where(going_on).values(status=status, ended_at=at, begun_at=asked)


def legs_over(conversation_id: str) -> sa.Executable:
    """With a conversation its legs are over, or go on without us."""
    counted = sa.and_(transfer.c.conversation_id == conversation_id, transfer.c.trunk_id.is_not(None))
    return sa.update(transfer).where(counted).values(trunk_id=None)


def _begun(at: datetime) -> sa.ColumnElement[datetime]:
    return sa.func.coalesce(transfer.c.begun_at, at)
