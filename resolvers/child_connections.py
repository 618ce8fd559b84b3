"""Load the same page of children for many parents in one statement, and their counts in another."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models import (
    Agent,
    AgentVersion,
    Campaign,
    Contact,
    ContactImport,
    ContactRefusal,
    ContactStatus,
    Organization,
    PhoneNumber,
    Reach,
)
from models.contact_conditions import CONTACT_CONDITIONS
from models.described_enum import DescribedEnum
from models.expressions import Condition
from models.index_merge import InLimitedSubquery, RowId, enum_values, first_row_ids
from resolvers.context import Context
from resolvers.keyset_pagination import LIMIT, ConnectionArguments, KeyRange, Order, Page, newest_first
from storage import ReadSession
from storage.statement import StatementCache, list_parameter, query

PARENT_IDS = list_parameter("parents")


@dataclass(frozen=True)
class ChildFilter:
    """The conditions of a filter by their names, and the values of their parameters.

    `ranges`: an enum's column that the filter allows some values of; the rows of each are a range of an index.
    """

    names: tuple[str, ...] = ()
    values: tuple[tuple[str, Hashable], ...] = ()
    ranges: str | None = None


NO_CHILD_FILTER = ChildFilter()


@dataclass(frozen=True)
class ChildConnection:
    """A to-many edge: the rows of all parents, the column that refers to the parent, and the parents within reach."""

    select_rows: Callable[[], sa.Select[Any]]
    parent_column: sa.Column[str]
    order: Order
    select_parents: Callable[[sa.BindParameter[str], Reach], sa.Select[Any]]
    conditions: Mapping[str, Condition] = field(default_factory=dict, compare=False)
    range_values: Mapping[str, type[DescribedEnum]] = field(default_factory=dict, compare=False)
    _statements: StatementCache = field(default_factory=lambda: StatementCache(32), compare=False)

    async def load(
        self, context: Context, parent_id: str, arguments: ConnectionArguments, applied: ChildFilter = NO_CHILD_FILTER
    ) -> Page:
        return (await self.load_many(context, [parent_id], arguments, applied))[0]

    async def load_many(
        self,
        context: Context,
        parent_ids: list[str],
        arguments: ConnectionArguments,
        applied: ChildFilter = NO_CHILD_FILTER,
    ) -> list[Page]:
        def counter_for(parent_id: str) -> Callable[[], Awaitable[int]]:
            return lambda: context.load(self._load_counts, parent_id, applied)

        rows = await context.load_many(self._load_rows, parent_ids, arguments, applied)
        return [
            arguments.build_page(own, self.order, counter_for(each)) for each, own in zip(parent_ids, rows, strict=True)
        ]

    async def _load_rows(
        self,
        session: ReadSession,
        reach: Reach,
        parent_ids: list[str],
        arguments: ConnectionArguments,
        applied: ChildFilter,
    ) -> list[list[Any]]:
        rows: dict[str, list[Any]] = defaultdict(list)
        key_range = arguments.key_range(self.order)
        kind = (reach.includes_descendants, key_range.bounded_sides, applied.names, applied.ranges)
        statement = self._statements.get(
            kind, lambda: self._select_page(reach.with_parameter, key_range, applied), on_postgres=session.on_postgres
        )
        values = {
            "parents": parent_ids,
            "reach": reach.organization_id,
            "limit": arguments.page_size + 1,
            **key_range.parameters,
            **_parameters(applied),
        }
        for row in await session.rows(statement, **values):
            rows[row.page_owner].append(row)
        return [rows[parent] for parent in parent_ids]

    async def _load_counts(
        self, session: ReadSession, reach: Reach, parent_ids: list[str], applied: ChildFilter
    ) -> list[int]:
        kind = (reach.includes_descendants, applied.names, applied.ranges)
        statement = self._statements.get(
            kind, lambda: self._select_counts(reach.with_parameter, applied), on_postgres=session.on_postgres
        )
        values = _parameters(applied)
        found = await session.rows(statement, parents=parent_ids, reach=reach.organization_id, **values)
        counts = {row.owner: row.rows for row in found}
        return [counts.get(parent, 0) for parent in parent_ids]

    def _select_page(self, reach: Reach, key_range: KeyRange, applied: ChildFilter) -> sa.Select[Any]:
        """Select one page of each parent: only the first rows of each parent are read from the index."""
        parent, table, order = (
            self.select_parents(PARENT_IDS, reach).cte("parent"),
            self.parent_column.table,
            self.order.order_by(),
        )
        in_range = [self.parent_column == parent.c.id, *self._conditions(applied)]
        if applied.ranges:
            values = enum_values("all_values", **{applied.ranges: self.range_values[applied.ranges]})
            column = table.c[applied.ranges]
            chosen = values.c[applied.ranges].in_(list_parameter(applied.ranges, column.type))
            pairs = parent.join(values, sa.true())
            parent = sa.select(parent.c.id, values.c[applied.ranges]).select_from(pairs).where(chosen).cte("ranges")
            in_range = [
                self.parent_column == parent.c.id,
                column == parent.c[applied.ranges],
                *self._conditions(applied),
            ]
        first_rows = first_row_ids(table, [*in_range, *self.order.conditions(key_range)], order, LIMIT)
        rows = self.select_rows().select_from(table).join(parent, InLimitedSubquery(RowId(table.c.id), first_rows))
        return rows.add_columns(parent.c.id.label("page_owner")).order_by(parent.c.id, *order)

    def _conditions(self, applied: ChildFilter) -> list[Condition]:
        return [self.conditions[name] for name in applied.names]

    def _select_counts(self, reach: Reach, applied: ChildFilter) -> sa.Select[Any]:
        children = sa.select(self.parent_column.label("owner"), sa.func.count().label("rows"))
        in_reach = self.parent_column.in_(self.select_parents(PARENT_IDS, reach))
        conditions = self._conditions(applied)
        if applied.ranges:
            column = self.parent_column.table.c[applied.ranges]
            conditions.append(column.in_(list_parameter(applied.ranges, column.type)))
        return query(children.where(in_reach, *conditions).group_by(self.parent_column))


def _parameters(applied: ChildFilter) -> dict[str, object]:
    """Return the values of a filter's parameters: a tuple stands for a list."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in applied.values}


def _organizations_in_reach(parent_ids: sa.BindParameter[str], reach: Reach) -> sa.Select[Any]:
    organization = Organization.columns()
    return sa.select(organization.id).where(organization.id.in_(parent_ids), reach.covers(organization.id, parent_ids))


def _organizations_whose_children_are_in_reach(parent_ids: sa.BindParameter[str], reach: Reach) -> sa.Select[Any]:
    """Select no organization if the key may not act for those below its own (R15)."""
    return _organizations_in_reach(parent_ids, reach).where(sa.literal(reach.includes_descendants))


def _agents_in_reach(agent_ids: sa.BindParameter[str], reach: Reach) -> sa.Select[Any]:
    agent = Agent.columns()
    chosen = agent.id.in_(agent_ids)
    owners = sa.select(agent.organization_id).where(chosen)
    return sa.select(agent.id).where(chosen, reach.covers(agent.organization_id, owners))


def _campaigns_in_reach(campaign_ids: sa.BindParameter[str], reach: Reach) -> sa.Select[Any]:
    campaign = Campaign.columns()
    chosen = campaign.id.in_(campaign_ids)
    owners = sa.select(campaign.organization_id).where(chosen)
    return sa.select(campaign.id).where(chosen, reach.covers(campaign.organization_id, owners))


def _imports_in_reach(import_ids: sa.BindParameter[str], reach: Reach) -> sa.Select[Any]:
    its_import = ContactImport.columns()
    chosen = its_import.id.in_(import_ids)
    owners = sa.select(its_import.organization_id).where(chosen)
    return sa.select(its_import.id).where(chosen, reach.covers(its_import.organization_id, owners))


CHILD_CONNECTIONS = {
    "children": ChildConnection(
        lambda: sa.select(Organization.__table__),
        Organization.columns().parent_id,
        newest_first(Organization),
        _organizations_whose_children_are_in_reach,
    ),
    "phone_numbers": ChildConnection(
        PhoneNumber.visible_to_owner,
        PhoneNumber.columns().organization_id,
        Order(PhoneNumber.columns().e164, PhoneNumber.columns().id),
        _organizations_in_reach,
    ),
    "contacts": ChildConnection(
        lambda: sa.select(Contact.__table__),
        Contact.columns().campaign_id,
        newest_first(Contact),
        _campaigns_in_reach,
        CONTACT_CONDITIONS,
        {"status": ContactStatus},
    ),
    "imports": ChildConnection(
        lambda: sa.select(ContactImport.__table__),
        ContactImport.columns().campaign_id,
        newest_first(ContactImport),
        _campaigns_in_reach,
    ),
    "refusals": ChildConnection(
        lambda: sa.select(ContactRefusal.__table__),
        ContactRefusal.columns().import_id,
        Order(ContactRefusal.columns().line, ContactRefusal.columns().id),
        _imports_in_reach,
    ),
    "versions": ChildConnection(
        AgentVersion.select_with_agent, AgentVersion.columns().agent_id, newest_first(AgentVersion), _agents_in_reach
    ),
}
