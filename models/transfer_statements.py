"""Build the statements that claim, update and end transfers; each moves the status forward only (R13)."""

from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from models.call_rows import TransferRow
from models.conversation import Conversation
from models.rows import IdRow
from models.transfer import IS_OPEN_SQL, Transfer, TransferStatus
from storage.prepared import prepared
from storage.statement import Query, RowStatement, query, returning

conversation = Conversation.__table__
transfer = Transfer.__table__
IS_OPEN = sa.text(f"transfer.{IS_OPEN_SQL.text}")


class ConversationIdRow(Protocol):
    """The id of a call that has transfers."""

    @property
    def conversation_id(self) -> str: ...


def _is_on_server(server_id: str) -> sa.ColumnElement[bool]:
    """Return the condition that the server carries the call, as a subquery: a join might read all calls first."""
    carrying_server = sa.select(conversation.c.server_id).where(conversation.c.id == transfer.c.conversation_id)
    return carrying_server.scalar_subquery() == server_id


@prepared
def find_unclaimed_transfers(server_id: str) -> Query[IdRow]:
    """Select the open transfers of this server's calls that no engine has been asked to carry out."""
    return query(sa.select(transfer.c.id)).where(IS_OPEN, transfer.c.asked_at.is_(None), _is_on_server(server_id))


def select_open_transfers(server_id: str) -> Query[TransferRow]:
    """Select the open transfers of this server's calls."""
    return query(sa.select(transfer)).where(IS_OPEN, _is_on_server(server_id))


def select_open_transfer_id(conversation_id: str) -> Query[IdRow]:
    return query(sa.select(transfer.c.id)).where(transfer.c.conversation_id == conversation_id, IS_OPEN)


def mark_transfer_claimed(transfer_id: str, at: datetime) -> RowStatement[TransferRow]:
    """Claim a transfer. Of several servers that try only one gets the row, so an engine is asked once."""
    unasked = sa.and_(transfer.c.id == transfer_id, transfer.c.asked_at.is_(None), IS_OPEN)
    return returning(sa.update(transfer).where(unasked).values(asked_at=at).returning(*transfer.c))


def release_leg(transfer_id: str) -> sa.Executable:
    """Stop counting the leg as a call of its trunk."""
    return sa.update(transfer).where(transfer.c.id == transfer_id).values(trunk_id=None)


def count_leg_on_trunk(transfer_id: str, trunk_id: str) -> sa.Executable:
    """Count the leg as a call of its trunk until it is released."""
    return sa.update(transfer).where(transfer.c.id == transfer_id).values(trunk_id=trunk_id)


def mark_transfer_begun(transfer_id: str, at: datetime, status: TransferStatus | None = None) -> sa.Executable:
    """Store that the engine has begun the transfer. A `status` is stored, too; without one it stays what it is."""
    still_open = sa.and_(transfer.c.id == transfer_id, IS_OPEN)
    values: dict[str, Any] = {"begun_at": _begun_at_or(at)}
    return sa.update(transfer).where(still_open).values(values | ({"status": status} if status else {}))


def mark_transfer_ended(
    transfer_id: str, status: TransferStatus, sip_status: int | None, at: datetime
) -> sa.Executable:
    """Store that the transfer has ended, and that it began, unless that is stored already."""
    still_open = sa.and_(transfer.c.id == transfer_id, IS_OPEN)
    values = {"status": status, "sip_status": sip_status, "ended_at": at, "begun_at": _begun_at_or(at)}
    return sa.update(transfer).where(still_open).values(values)


def mark_transfer_refused(transfer_id: str, at: datetime) -> sa.Executable:
    """End a transfer that the engine refused to begin."""
    still_open = sa.and_(transfer.c.id == transfer_id, IS_OPEN)
    return sa.update(transfer).where(still_open).values(status=TransferStatus.FAILED, ended_at=at, trunk_id=None)


def cancel_unclaimed_transfer(transfer_id: str, at: datetime) -> sa.Executable:
    """End a transfer that no engine has been asked to carry out."""
    unasked = sa.and_(transfer.c.id == transfer_id, transfer.c.asked_at.is_(None), IS_OPEN)
    return sa.update(transfer).where(unasked).values(status=TransferStatus.FAILED, ended_at=at)


@prepared
def find_calls_with_transfers(conversation_ids: list[str]) -> Query[ConversationIdRow]:
    """Select the calls among these that have an open transfer, or a leg that counts as a call of a trunk."""
    left = sa.or_(IS_OPEN, transfer.c.trunk_id.is_not(None))
    calls = query(sa.select(transfer.c.conversation_id)).where(transfer.c.conversation_id.in_(conversation_ids))
    return calls.where(left).distinct()


def end_transfers_of_call(conversation_id: str, status: TransferStatus, at: datetime) -> sa.Executable:
    """End the open transfer of a call that has ended."""
    still_open = sa.and_(transfer.c.conversation_id == conversation_id, IS_OPEN)
    asked = sa.case((transfer.c.asked_at.is_not(None), _begun_at_or(at)))
    return sa.update(transfer).where(still_open).values(status=status, ended_at=at, begun_at=asked)


def release_legs(conversation_id: str) -> sa.Executable:
    """Stop counting the legs of a call that has ended: they ended with it, or go on without the engine."""
    counted = sa.and_(transfer.c.conversation_id == conversation_id, transfer.c.trunk_id.is_not(None))
    return sa.update(transfer).where(counted).values(trunk_id=None)


def _begun_at_or(at: datetime) -> sa.ColumnElement[datetime]:
    return sa.func.coalesce(transfer.c.begun_at, at)
