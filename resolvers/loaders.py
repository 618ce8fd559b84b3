"""Load the rows that edges lead to: one statement for any number of keys, results in the order of the keys.

The name of a loader says what it loads; `schema/` declares the edges that use it, and their column. A row that does not
exist, or is not visible, is None.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from models import (
    Agent,
    AgentVersion,
    ApiKey,
    Campaign,
    Contact,
    Conversation,
    Organization,
    PhoneNumber,
    Reach,
    Transfer,
    Trunk,
    select_ancestors,
)
from models.call_budget import select_call_budgets
from models.life_statements import count_borrowing_campaigns
from models.number_rows import NumberRow
from models.pool_statements import pool, select_pools
from models.statistics_statements import select_attempts_of
from resolvers.dataloader import BatchLoadFunction
from storage import ReadSession
from storage.statement import StatementCache, list_parameter

SelectByKeys = Callable[..., sa.Select[Any]]
RowsQuery = Callable[[ReadSession, Reach, list[Hashable]], Awaitable[list[Any]]]
# The column of the organization that owns the rows; None if rows of any owner may be read.
OwnerColumn = sa.ColumnElement[str] | None


def make_row_loader(statement: SelectByKeys, key: str = "id", *, owner_column: OwnerColumn = None) -> BatchLoadFunction:
    """Make a loader of one row for each key; with an `owner_column`, only rows of organizations within reach."""
    query, key_of = _make_query(statement, owner_column), attrgetter(key)

    async def load(session: ReadSession, reach: Reach, keys: list[Hashable]) -> list[object]:
        rows = {key_of(row): row for row in await query(session, reach, keys)}
        return [rows.get(each) for each in keys]

    return load


def make_rows_loader(statement: SelectByKeys, key: str, *, owner_column: OwnerColumn = None) -> BatchLoadFunction:
    """Make a loader of all rows of each key, in the statement's order; `owner_column` as in `make_row_loader`."""
    query, key_of = _make_query(statement, owner_column), attrgetter(key)

    async def load(session: ReadSession, reach: Reach, keys: list[Hashable]) -> list[list[object]]:
        rows: dict[Hashable, list[object]] = defaultdict(list)
        for row in await query(session, reach, keys):
            rows[key_of(row)].append(row)
        return [rows[each] for each in keys]

    return load


def _make_query(statement: SelectByKeys, owner_column: OwnerColumn) -> RowsQuery:
    """Make a function that queries rows within the principal's reach, whatever row the edge starts from (R15)."""
    statements = StatementCache(2)

    def select_in_reach(reach: Reach) -> sa.Select[Any]:
        assert owner_column is not None
        rows = statement(LOADER_KEYS)
        owners = rows.with_only_columns(owner_column).order_by(None).distinct()
        return rows.where(reach.covers(owner_column, owners))

    async def rows(session: ReadSession, reach: Reach, keys: list[Hashable]) -> list[Any]:
        if owner_column is None:
            return await session.rows(statements.get(None, lambda: statement(LOADER_KEYS)), keys=keys)
        made = statements.get(reach.includes_descendants, lambda: select_in_reach(reach.with_parameter))
        return await session.rows(made, keys=keys, reach=reach.organization_id)

    return rows


LOADER_KEYS = list_parameter("keys")


async def load_phone_numbers_as_seen(
    session: ReadSession, reach: Reach, keys: Sequence[tuple[str, str]]
) -> list[NumberRow | None]:
    """Load numbers by (id, viewing organization).

    A number is None if that organization may not see it (R6), or is not within the principal's reach.
    """
    identifiers, viewer_ids = {identifier for identifier, _ in keys}, {organization for _, organization in keys}
    statement = PHONE_NUMBERS_AS_SEEN.get(
        reach.includes_descendants, lambda: _select_phone_numbers_as_seen(reach.with_parameter)
    )
    values = {"viewer_ids": list(viewer_ids), "identifiers": list(identifiers), "reach": reach.organization_id}
    rows = {(row.id, row.viewer_id): row for row in await session.rows(statement, **values)}
    return [rows.get(key) for key in keys]


def _select_phone_numbers_as_seen(reach: Reach) -> sa.Select[Any]:
    organization, viewer_ids = Organization.columns(), list_parameter("viewer_ids")
    in_reach = organization.id.in_(viewer_ids), reach.covers(organization.id, viewer_ids)
    return PhoneNumber.visible_to(sa.select(organization.id).where(*in_reach)).where(
        PhoneNumber.columns().id.in_(list_parameter("identifiers"))
    )


PHONE_NUMBERS_AS_SEEN = StatementCache(2)


def select_trunks_of_numbers(identifiers: list[str]) -> sa.Select[Any]:
    """Select the trunks of numbers, without a check of the principal: a transfer uses the owner's trunk (R13)."""
    number, trunk = PhoneNumber.columns(), Trunk.__table__
    joined = sa.select(*trunk.c, number.id.label("phone_number_id")).join(trunk, trunk.c.id == number.trunk_id)
    return joined.where(number.id.in_(identifiers))


def select_sharing_impact(identifiers: list[str]) -> sa.Select[Any]:
    borrowed = Conversation.is_borrowed_and_queued(PhoneNumber.columns().id)
    queued = sa.select(sa.func.count(Conversation.columns().id)).where(borrowed)
    campaigns = count_borrowing_campaigns(PhoneNumber.columns().id, PhoneNumber.columns().organization_id)
    return PhoneNumber.count_sharing_impact(identifiers, queued.scalar_subquery(), campaigns)


_load_sharing_impact = make_row_loader(select_sharing_impact)


async def load_sharing_impact(session: ReadSession, reach: Reach, keys: list[str]) -> Sequence[object]:
    """Load the impact of switching sharing off; None if the principal may not act for organizations below (R15)."""
    return await _load_sharing_impact(session, reach, keys) if reach.includes_descendants else [None] * len(keys)


LOADERS: dict[str, BatchLoadFunction] = {
    "organization": make_row_loader(Organization.by_id),
    "call_budget": make_row_loader(select_call_budgets, owner_column=Organization.columns().id),
    "ancestors": make_rows_loader(select_ancestors, key="descendant_id"),
    "api_key": make_row_loader(ApiKey.by_id, owner_column=ApiKey.columns().organization_id),
    "trunk": make_row_loader(Trunk.by_id, owner_column=Trunk.columns().organization_id),
    "trunk_of_number": make_row_loader(select_trunks_of_numbers, key="phone_number_id"),
    "agent": make_row_loader(Agent.by_id, owner_column=Agent.columns().organization_id),
    "agent_version": make_row_loader(AgentVersion.by_id, owner_column=AgentVersion.columns().organization_id),
    "newest_published_version": make_row_loader(
        AgentVersion.newest_published, key="agent_id", owner_column=AgentVersion.columns().organization_id
    ),
    "campaign": make_row_loader(Campaign.by_id, owner_column=Campaign.columns().organization_id),
    "pool": make_rows_loader(select_pools, key="campaign_id", owner_column=pool.c.organization_id),
    "contact": make_row_loader(Contact.by_id, owner_column=Contact.columns().organization_id),
    "conversation": make_row_loader(Conversation.by_id, owner_column=Conversation.columns().organization_id),
    "attempts": make_rows_loader(
        select_attempts_of, key="contact_id", owner_column=Conversation.columns().organization_id
    ),
    "phone_number": load_phone_numbers_as_seen,
    "sharing": load_sharing_impact,
    "transfers": make_rows_loader(
        Transfer.select_of_conversations, key="conversation_id", owner_column=Transfer.columns().organization_id
    ),
}
