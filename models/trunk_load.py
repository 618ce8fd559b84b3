"""Count what a trunk carries, and lock the admission of campaigns' calls (R19)."""

from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from models.conversation import Conversation
from models.conversation_status import IS_ACTIVE_SQL, IS_QUEUED_SQL
from models.phone_number import PhoneNumber
from models.transfer import Transfer
from models.trunk import Trunk
from storage.prepared import prepared
from storage.session import WriteSession
from storage.statement import Query, query

conversation, number, transfer = Conversation.__table__, PhoneNumber.__table__, Transfer.__table__
trunk = Trunk.__table__
IS_ACTIVE, IS_QUEUED = (sa.text(f"conversation.{each}") for each in (IS_ACTIVE_SQL, IS_QUEUED_SQL))
# Any number that no other advisory lock of ours has.
ADMISSION_LOCK = 19


class TrunkLoadRow(Protocol):
    """A trunk's limits, its active calls and legs, its queue, and how many of both are attempts of campaigns."""

    @property
    def id(self) -> str: ...
    @property
    def calls_per_second(self) -> int: ...
    @property
    def max_concurrent_calls(self) -> int: ...
    @property
    def active(self) -> int: ...
    @property
    def queued(self) -> int: ...
    @property
    def attempts(self) -> int: ...


class StartsRow(Protocol):
    """How many calls a campaign has started."""

    @property
    def campaign_id(self) -> str: ...
    @property
    def starts(self) -> int: ...


@prepared
def find_trunk_load(phone_number_id: str) -> Query[TrunkLoadRow]:
    """Select the trunk of a number with its limits, and count its calls, whoever makes them."""
    of_trunk = conversation.c.trunk_id == trunk.c.id
    calls = sa.select(sa.func.count()).select_from(conversation)
    active, queued = calls.where(of_trunk, IS_ACTIVE), calls.where(of_trunk, IS_QUEUED)
    of_campaigns = conversation.c.campaign_id.is_not(None)
    legs = sa.select(sa.func.count()).select_from(transfer).where(transfer.c.trunk_id == trunk.c.id)

    def scalar(count: sa.Select[Any]) -> sa.ScalarSelect[int]:
        return count.correlate(trunk).scalar_subquery()

    load = sa.select(
        trunk.c.id,
        trunk.c.calls_per_second,
        trunk.c.max_concurrent_calls,
        (scalar(active) + scalar(legs)).label("active"),
        scalar(queued).label("queued"),
        (scalar(active.where(of_campaigns)) + scalar(queued.where(of_campaigns))).label("attempts"),
    )
    return query(load.join(number, number.c.trunk_id == trunk.c.id).where(number.c.id == phone_number_id))


@prepared
def find_starts(campaign_ids: list[str], since: datetime) -> Query[StartsRow]:
    """Count the attempts of each campaign that were admitted since then; none has no row."""
    recent = sa.and_(conversation.c.campaign_id.in_(campaign_ids), conversation.c.created_at > since)
    starts = sa.select(conversation.c.campaign_id, sa.func.count().label("starts")).where(recent)
    return query(starts.where(conversation.c.attempt_number.is_not(None)).group_by(conversation.c.campaign_id))


async def lock_admission(session: WriteSession) -> bool:
    """Lock the admission of all campaigns until the end of the transaction; tell whether no other server holds it.

    Limits that several campaigns share are counted by one server at a time.
    """
    if not session.on_postgres:
        return True
    return bool(await session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ADMISSION_LOCK))))
