"""Connections below an object: the same page of every parent in one statement, and their counts in one more."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models import AgentVersion, Organization, PhoneNumber, Reach, ReadSession
from resolvers.context import Context
from resolvers.paging import Order, Page, Window, ranked


@dataclass(frozen=True)
class Pages:
    """A to-many edge: `statement` gives the rows of any parents within reach, `owner` the column that says whose."""

    statement: Callable[[list[str], Reach], sa.Select[Any]]
    owner: Any
    order: Order

    async def of(self, context: Context, parent_id: str, window: Window) -> Page:
        return (await self.of_all(context, [parent_id], window))[0]

    async def of_all(self, context: Context, parents: list[str], window: Window) -> list[Page]:
        def counting(parent_id: str) -> Callable[[], Awaitable[int]]:
            return lambda: context.load(self._counts, parent_id)

        rows = await context.load_all(self._rows, parents, window)
        return [window.page(own, self.order, counting(each)) for each, own in zip(parents, rows, strict=True)]

    async def _rows(self, session: ReadSession, reach: Reach, parents: list[str], window: Window) -> list[Any]:
        rows: dict[str, list[Any]] = defaultdict(list)
        statement = ranked(self.statement(parents, reach), self.owner, self.order, window)
        for row in await session.execute(statement, window.values(self.order)):
            rows[row.page_owner].append(row)
        return [rows[parent] for parent in parents]

    async def _counts(self, session: ReadSession, reach: Reach, parents: list[str]) -> list[Any]:
        statement = (
            self.statement(parents, reach)
            .with_only_columns(self.owner.label("owner"), sa.func.count().label("rows"))
            .group_by(self.owner)
        )
        counts = {row.owner: row.rows for row in await session.execute(statement)}
        return [counts.get(parent, 0) for parent in parents]


def _children(parents: list[str], reach: Reach) -> sa.Select[Any]:
    """Organizations directly below; none for a key that may not act for what lies below it (R15)."""
    organization = Organization.columns()
    children = sa.select(Organization.__table__).where(organization.parent_id.in_(parents))
    return children.where(sa.literal(reach.below), reach.covers(organization.parent_id, parents))


def _owned_numbers(owners: list[str], reach: Reach) -> sa.Select[Any]:
    return PhoneNumber.owned_by(owners).where(reach.covers(PhoneNumber.columns().organization_id, owners))


def _versions(agents: list[str], _reach: Reach) -> sa.Select[Any]:
    return AgentVersion.rows().where(AgentVersion.columns().agent_id.in_(agents))


def newest_first(table: Any) -> Order:
    columns = table.columns()
    return Order(columns.created_at, columns.id, descending=True)


PAGES = {
    "children": Pages(_children, Organization.columns().parent_id, newest_first(Organization)),
    "phone_numbers": Pages(
        _owned_numbers,
        PhoneNumber.columns().organization_id,
        Order(PhoneNumber.columns().e164, PhoneNumber.columns().id),
    ),
    "versions": Pages(_versions, AgentVersion.columns().agent_id, newest_first(AgentVersion)),
}
