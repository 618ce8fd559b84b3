"""Select the numbers of campaigns' pools that may be dialed from, with what is used of each (R6, R20)."""

from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from models.campaign import PoolNumber
from models.conversation import Conversation
from models.conversation_status import LIVE_STATUSES
from models.number_rows import NumberRow
from models.phone_number import CallDirection, PhoneNumber
from storage.prepared import prepared
from storage.statement import Query, query

number, pool, conversation = PhoneNumber.__table__, PoolNumber.__table__, Conversation.__table__
CALLS_FROM_NUMBER = sa.and_(
    conversation.c.phone_number_id == number.c.id, conversation.c.direction == CallDirection.OUTBOUND
)
# A call that ended before it was dialed is no use of its number.
WAS_WITHDRAWN = sa.and_(conversation.c.dialed_at.is_(None), conversation.c.ended_at.is_not(None))


class NumberUseRow(NumberRow, Protocol):
    """A number as an organization sees it, and everybody's calls from it.

    `carrying_trunk_id`: its trunk, for counting: a borrower is not told.
    """

    @property
    def recent_calls(self) -> int: ...
    @property
    def live_calls(self) -> int: ...
    @property
    def carrying_trunk_id(self) -> str: ...


class PoolNumberRow(NumberUseRow, Protocol):
    """A number of a pool, and its caps."""

    @property
    def calls_per_day(self) -> int: ...
    @property
    def max_concurrent_calls(self) -> int | None: ...


@prepared
def find_pool(organization_id: str, campaign_id: str, since: datetime) -> Query[PoolNumberRow]:
    """Select a campaign's pool: the numbers that its organization sees, with their live calls and those since then."""
    seen = _select_used(organization_id, since).add_columns(pool.c.calls_per_day, pool.c.max_concurrent_calls)
    of_campaign = sa.and_(pool.c.phone_number_id == number.c.id, pool.c.campaign_id == campaign_id)
    return query(seen.join(pool, of_campaign))


@prepared
def find_number_uses(organization_id: str, number_ids: list[str], since: datetime) -> Query[NumberUseRow]:
    """Select those of some numbers that an organization sees, with their live calls and those since then."""
    return query(_select_used(organization_id, since).where(number.c.id.in_(number_ids)))


def _select_used(organization_id: str, since: datetime) -> sa.Select[Any]:
    """Select the numbers that an organization sees, with everybody's calls from each."""
    calls = sa.select(sa.func.count()).where(CALLS_FROM_NUMBER)
    recent = calls.where(conversation.c.created_at > since, ~WAS_WITHDRAWN)
    live = calls.where(conversation.c.status.in_(LIVE_STATUSES))
    return PhoneNumber.visible_to([organization_id]).add_columns(
        recent.correlate(number).scalar_subquery().label("recent_calls"),
        live.correlate(number).scalar_subquery().label("live_calls"),
        number.c.trunk_id.label("carrying_trunk_id"),
    )


def select_pools(campaign_ids: Any) -> sa.Select[Any]:  # Any: ids, or a parameter that holds ids
    """Select the numbers of pools that their campaigns' organizations see, in the order of E.164."""
    owners = sa.select(pool.c.organization_id).where(pool.c.campaign_id.in_(campaign_ids)).distinct()
    seen = PhoneNumber.visible_to(owners).subquery("seen")
    visible = sa.and_(seen.c.id == pool.c.phone_number_id, seen.c.viewer_id == pool.c.organization_id)
    rows = sa.select(*pool.c, seen.c.e164).join(seen, visible).where(pool.c.campaign_id.in_(campaign_ids))
    return rows.order_by(pool.c.campaign_id, seen.c.e164)


def delete_pool(campaign_id: str) -> sa.Delete:
    return sa.delete(pool).where(pool.c.campaign_id == campaign_id)
