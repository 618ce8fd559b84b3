"""Connections below an object: the same page of every parent in one statement, and their counts in one more."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models import Agent, AgentVersion, Organization, PhoneNumber, Reach, ReadSession
from models.statement import Kept, several
from models.streams import Among, Spot, first_of
from resolvers.context import Context
from resolvers.paging import Order, Page, Stretch, Window

PARENTS = several("parents")
REACH, LIMIT = sa.bindparam("reach", type_=sa.String), sa.bindparam("limit", type_=sa.Integer)


@dataclass(frozen=True)
class Pages:
    """A to-many edge: `rows` of all parents, the column that says whose, and the ids of parents within reach."""

    rows: Callable[[], sa.Select[Any]]
    owner: Any
    order: Order
    parents: Callable[[Any, Reach], sa.Select[Any]]
    _kept: Kept = field(default_factory=lambda: Kept(32), compare=False)

    async def of(self, context: Context, parent_id: str, window: Window) -> Page:
        return (await self.of_all(context, [parent_id], window))[0]

    async def of_all(self, context: Context, parents: list[str], window: Window) -> list[Page]:
        def counting(parent_id: str) -> Callable[[], Awaitable[int]]:
            return lambda: context.load(self._counts, parent_id)

        rows = await context.load_all(self._rows, parents, window)
        return [window.page(own, self.order, counting(each)) for each, own in zip(parents, rows, strict=True)]

    async def _rows(self, session: ReadSession, reach: Reach, parents: list[str], window: Window) -> list[Any]:
        rows: dict[str, list[Any]] = defaultdict(list)
        stretch = window.stretch(self.order)
        statement = self._kept.of((reach.below, stretch.ends), lambda: self._page(_parametric(reach), stretch))
        values = {"parents": parents, "reach": reach.organization_id, "limit": window.size + 1, **stretch.values}
        for row in await session.rows(statement, **values):
            rows[row.page_owner].append(row)
        return [rows[parent] for parent in parents]

    async def _counts(self, session: ReadSession, reach: Reach, parents: list[str]) -> list[Any]:
        statement = self._kept.of((reach.below,), lambda: self._count(_parametric(reach)))
        found = await session.rows(statement, parents=parents, reach=reach.organization_id)
        counts = {row.owner: row.rows for row in found}
        return [counts.get(parent, 0) for parent in parents]

    def _page(self, reach: Reach, stretch: Stretch) -> sa.Select[Any]:
        """Each parent's rows are a stream."""
        parent, table, order = self.parents(PARENTS, reach).cte("parent"), self.owner.table, self.order.columns()
        some = first_of(table, [self.owner == parent.c.id, *self.order.bounds(stretch)], order, LIMIT)
        rows = self.rows().select_from(table).join(parent, Among(Spot(table.c.id), some))
        return rows.add_columns(parent.c.id.label("page_owner")).order_by(parent.c.id, *order)

    def _count(self, reach: Reach) -> sa.Select[Any]:
        below = sa.select(self.owner.label("owner"), sa.func.count().label("rows"))
        return below.where(self.owner.in_(self.parents(PARENTS, reach))).group_by(self.owner)


def _parametric(reach: Reach) -> Reach:
    return Reach(REACH, reach.below)  # type: ignore[arg-type]


def _within(parents: Any, reach: Reach) -> sa.Select[Any]:
    organization = Organization.columns()
    return sa.select(organization.id).where(organization.id.in_(parents), reach.covers(organization.id, parents))


def _above(parents: Any, reach: Reach) -> sa.Select[Any]:
    """Nothing is below for a key that may not act for what lies below (R15)."""
    return _within(parents, reach).where(sa.literal(reach.below))


def _agents(agents: Any, _reach: Reach) -> sa.Select[Any]:
    return sa.select(Agent.columns().id).where(Agent.columns().id.in_(agents))


def newest_first(table: Any) -> Order:
    columns = table.columns()
    return Order(columns.created_at, columns.id, descending=True)


PAGES = {
    "children": Pages(
        lambda: sa.select(Organization.__table__),
        Organization.columns().parent_id,
        newest_first(Organization),
        _above,
    ),
    "phone_numbers": Pages(
        PhoneNumber.by_owner,
        PhoneNumber.columns().organization_id,
        Order(PhoneNumber.columns().e164, PhoneNumber.columns().id),
        _within,
    ),
    "versions": Pages(AgentVersion.rows, AgentVersion.columns().agent_id, newest_first(AgentVersion), _agents),
}
