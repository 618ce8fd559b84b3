"""Load a page of the acting organization's rows; each shape of request has one cached statement (R2)."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models import Refused
from models.expressions import Columns
from models.index_merge import ColumnsWithoutIndex
from models.projection import Projection, project
from resolvers.context import Info
from resolvers.keyset_pagination import (
    LIMIT,
    UNBOUNDED,
    Condition,
    ConnectionArguments,
    KeyRange,
    Order,
    Page,
    PageArguments,
    SortColumn,
)
from resolvers.top_level_error import TopLevelError
from storage import ReadSession
from storage.statement import StatementCache

# The columns of a filter's conditions: plain, or wrapped so that the planner uses no index for them.
FilterColumns = Columns | ColumnsWithoutIndex
# Selects the rows of the acting organization that match a filter, unordered.
SelectRows = Callable[[sa.BindParameter[str]], sa.Select[Any]]
# Selects the first of these rows; its arguments are the acting organization, conditions, order and limit.
SelectFirstRows = Callable[
    [sa.BindParameter[str], list[Condition], list[SortColumn], sa.BindParameter[int]], sa.Select[Any]
]

ACTING_ID = sa.bindparam("acting_id", type_=sa.String)
# Statements by the name of the list, its filters, the shape of the page, and the projection.
LIST_STATEMENTS = StatementCache(250)


@dataclass(frozen=True)
class AppliedFilter:
    """The effect of a filter on a list.

    `statement_key` identifies the statement: filters with the same key differ only in their `parameters`. `key_range`
    is the range of sort keys that the filter allows. `scan_order` is the order by which another table finds the
    rows, if one does.
    """

    statement_key: tuple[Hashable, ...] = ()
    parameters: dict[str, object] = field(default_factory=dict)
    key_range: KeyRange = UNBOUNDED
    scan_order: Order | None = None


NO_FILTER = AppliedFilter()


@dataclass(frozen=True)
class RootList:
    """A list of rows in an order; `select_first_rows` is a faster way to select the first of them."""

    name: str
    select_rows: SelectRows
    order: Order
    select_first_rows: SelectFirstRows | None = None
    applied: AppliedFilter = NO_FILTER

    @property
    def scan_order(self) -> Order:
        return self.applied.scan_order or self.order

    def page_key(self, key_range: KeyRange, *, backwards: bool) -> tuple[Hashable, ...]:
        """Return the part of a page's cache key that is not its projection."""
        shape = (self.order.name, self.order.descending, backwards, *key_range.bounded_sides)
        return self.name, *self.applied.statement_key, *shape

    def select_page(self, key_range: KeyRange, projection: Projection, *, backwards: bool) -> sa.Select[Any]:
        conditions = self.scan_order.conditions(key_range)
        scanned = self.scan_order.order_by(backwards=backwards)
        select_first_rows = self.select_first_rows or self._select_first_rows
        rows = select_first_rows(ACTING_ID, conditions, scanned, LIMIT)
        return project(rows, projection, self.order.order_by(backwards=backwards))

    def _select_first_rows(
        self,
        acting_id: sa.BindParameter[str],
        conditions: list[Condition],
        order_by: list[SortColumn],
        limit: sa.BindParameter[int],
    ) -> sa.Select[Any]:
        return self.select_rows(acting_id).where(*conditions).order_by(*order_by).limit(limit)

    def select_count(self) -> sa.Select[Any]:
        listed = self.select_rows(ACTING_ID).where(*self.scan_order.conditions(self.applied.key_range))
        return sa.select(sa.func.count().label("rows")).select_from(listed.subquery())


async def authorize_list(info: Info, session: ReadSession, organization_id: str | None) -> str:
    """Return the acting organization. Raises TopLevelError (NOT_FOUND) if the key may not act for it."""
    try:
        return await info.context.principal.authorize_organization(session, organization_id)
    except Refused as error:
        raise TopLevelError("NOT_FOUND", error.refusal.message) from None


async def load_root_connection(
    info: Info,
    organization_id: str | None,
    root_list: RootList,
    page_arguments: PageArguments,
    projection: Projection,
) -> Page:
    """Load one page of a list of the acting organization; its rows have the columns of `projection`."""
    arguments, applied = ConnectionArguments(**page_arguments), root_list.applied
    backwards = arguments.backwards
    key_range = arguments.key_range(root_list.order).intersection(applied.key_range)
    async with info.context.read() as session:
        acting_id = await authorize_list(info, session, organization_id)
        statement = LIST_STATEMENTS.get(
            (*root_list.page_key(key_range, backwards=backwards), projection),
            lambda: root_list.select_page(key_range, projection, backwards=backwards),
            on_postgres=session.on_postgres,
        )
        values = {"acting_id": acting_id, **applied.parameters, **applied.key_range.parameters}
        rows = await session.rows(statement, **values | key_range.parameters, limit=arguments.page_size + 1)

    async def count() -> int:
        return await _count(info, root_list, values)

    return arguments.build_page(rows, root_list.order, count)


async def _count(info: Info, root_list: RootList, values: dict[str, object]) -> int:
    applied = root_list.applied
    key = (root_list.name, *applied.statement_key, *applied.key_range.bounded_sides)
    async with info.context.read() as session:
        statement = LIST_STATEMENTS.get(key, root_list.select_count, on_postgres=session.on_postgres)
        return int((await session.rows(statement, **values))[0].rows)
