"""Build the statements that claim queued calls: lock the trunk, count active calls, mark claimed."""

from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from models.conversation import Conversation
from models.conversation_status import IS_ACTIVE_SQL, IS_QUEUED_SQL, ConversationStatus, EndReason
from models.number_rows import TrunkRow
from models.phone_number import PhoneNumber
from models.rows import IdRow
from models.transfer import Transfer
from models.trunk import Trunk
from storage.prepared import prepared
from storage.session import WriteSession, count_on_commit
from storage.statement import Query, RowStatement, query, returning

conversation = Conversation.__table__
number = PhoneNumber.__table__
transfer = Transfer.__table__
trunk = Trunk.__table__
CALLS_ENDED = "calls_ended"
_ID = [conversation.c.id]

IS_QUEUED = sa.text(f"conversation.{IS_QUEUED_SQL}")


class ActiveCallsRow(Protocol):
    """How many calls a trunk carries."""

    @property
    def calls(self) -> int: ...


class DialableRow(Protocol):
    """A number that an organization may dial from."""

    @property
    def viewer_id(self) -> str: ...
    @property
    def id(self) -> str: ...


@prepared
def lock_trunk(trunk_id: str) -> Query[TrunkRow]:
    """Select and lock a trunk until the end of the transaction: one server at a time counts its limits.

    No row: it is gone, or another server has locked it.
    """
    return query(sa.select(trunk)).where(trunk.c.id == trunk_id).with_for_update(key_share=True, skip_locked=True)


def lock_trunk_of_number(phone_number_id: str | None) -> Query[TrunkRow]:
    """Select and lock the number's trunk, waiting for another server's lock."""
    return select_trunk_of_number(phone_number_id).with_for_update(key_share=True, of=trunk)


@prepared
def count_active_calls(trunk_id: str) -> Query[ActiveCallsRow]:
    """Count the trunk's active calls, whichever server dialed them, and its legs to third parties."""
    calls = sa.select(sa.func.count()).where(
        conversation.c.trunk_id == trunk_id, sa.text(f"conversation.{IS_ACTIVE_SQL}")
    )
    legs = sa.select(sa.func.count()).where(transfer.c.trunk_id == trunk_id)
    return query(sa.select((calls.scalar_subquery() + legs.scalar_subquery()).label("calls")))


@prepared
def mark_claimed(conversation_ids: list[str], server_id: str, at: datetime) -> RowStatement[IdRow]:
    """Claim queued calls for this server, which will dial each once or never."""
    dialing = {"status": ConversationStatus.DIALING, "dialed_at": at, "server_id": server_id}
    return returning(sa.update(conversation).where(_is_queued(conversation_ids)).values(dialing).returning(*_ID))


@prepared
def set_next_start(trunk_id: str, at: datetime, last_borrower_id: str | None) -> RowStatement[IdRow]:
    """Store when the trunk's next call may start.

    `last_borrower_id`: the borrower that was served last; None: no borrower was.
    """
    served = sa.func.coalesce(sa.cast(last_borrower_id, sa.String), trunk.c.last_borrower_id)
    changed = sa.update(trunk).where(trunk.c.id == trunk_id).values(next_start_at=at, last_borrower_id=served)
    return returning(changed.returning(trunk.c.id))


@prepared
def find_dialable_numbers(organization_ids: list[str], phone_number_ids: list[str]) -> Query[DialableRow]:
    """Select which of these numbers each of these organizations may dial from now (R6), of those that can dial."""
    seen = PhoneNumber.each_visible_to(organization_ids, phone_number_ids)
    return query(seen).join(trunk, trunk.c.id == number.c.trunk_id).where(Trunk.can_dial(trunk.c))


def select_trunk_of_number(phone_number_id: str | None) -> Query[TrunkRow]:
    joined = query(sa.select(trunk)).join(number, number.c.trunk_id == trunk.c.id)
    return joined.where(number.c.id == phone_number_id)


@prepared
def end_queued(
    conversation_ids: list[str], status: ConversationStatus, reason: EndReason, at: datetime
) -> RowStatement[IdRow]:
    """End the calls of these that have not been claimed."""
    ended = {"status": status, "end_reason": reason, "ended_at": at}
    return returning(sa.update(conversation).where(_is_queued(conversation_ids)).values(ended).returning(*_ID))


def _is_queued(conversation_ids: list[str]) -> sa.ColumnElement[bool]:
    return sa.and_(conversation.c.id.in_(conversation_ids), conversation.c.status == ConversationStatus.QUEUED)


def count_ended_calls(session: WriteSession, reason: EndReason, count: int = 1) -> None:
    """Count ended calls in the metrics, once the transaction is committed."""
    count_on_commit(session, CALLS_ENDED, reason.name, count)


# ------------------------------------------------------------------------------------------------------ selections


def _has_queue(trunk_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(conversation.c.trunk_id == trunk_id, IS_QUEUED)


@prepared
def find_trunks_with_queue() -> Query[IdRow]:
    """Select the ids of the trunks that have queued calls."""
    return query(sa.select(trunk.c.id)).where(_has_queue(trunk.c.id))


@prepared
def find_trunks_with_queue_among(changed: list[str]) -> Query[IdRow]:
    """Select the ids of the trunks that have queued calls and that one of the calls `changed` goes over."""
    calls = conversation.alias("calls")
    trunks = sa.select(calls.c.trunk_id.label("id")).where(calls.c.id.in_(changed)).distinct().subquery("over")
    return query(sa.select(trunks.c.id)).where(_has_queue(trunks.c.id))


def select_queued_before(before: datetime, limit: int) -> Query[IdRow]:
    return query(sa.select(conversation.c.id)).where(IS_QUEUED, conversation.c.created_at < before).limit(limit)


_queued_up_to_limit = (
    sa.select(sa.literal(1))
    .select_from(conversation)
    .where(conversation.c.organization_id == sa.bindparam("organization_id"), IS_QUEUED)
    .limit(sa.bindparam("limit"))
    .subquery("waiting")
)
# Counts the queued calls of an organization, up to `limit`.
COUNT_QUEUED = sa.select(sa.func.count()).select_from(_queued_up_to_limit)
