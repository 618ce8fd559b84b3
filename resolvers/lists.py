"""The lists at the root: of the acting organization's own rows, or NOT_FOUND where it may not be acted for (R2)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from models import ReadSession, Refused
from models.statement import Statement
from resolvers.context import Info
from resolvers.paging import Order, Page, Window
from resolvers.problem import Problem

Rows = Callable[[Any], sa.Select[Any]]
# The acting organization, bounds of the window, columns to order by, how many at most.
First = Callable[[Any, list[Any], list[Any], Any], sa.Select[Any]]

LIMIT = sa.bindparam("limit", type_=sa.Integer)
# The statements of lists without a filter, by the name of the list and the kind of page.
KEPT: dict[Any, Statement] = {}


async def acting_for_list(info: Info, session: ReadSession, organization_id: str | None) -> str:
    try:
        return await info.context.caller.acting(session, organization_id)
    except Refused as refused:
        raise Problem("NOT_FOUND", refused.refusal.message) from None


async def own_list(
    info: Info,
    organization_id: str | None,
    rows: Rows,
    order: Order,
    window: dict[str, Any],
    *,
    first: First | None = None,
    kept: str | None = None,
) -> Page:
    """One page of `rows`, made for the acting organization; `first` is a shorter way to its first rows.

    `kept`: a name, where the rows depend on nothing but the organization.
    """
    asked, first = Window(**window), first or _first_of(rows)
    async with info.context.database.read() as session:
        asking = await acting_for_list(info, session, organization_id)
        values = asked.values(order) | {"limit": asked.size + 1}
        if kept:
            values["asking"] = asking
            found = await session.rows(_kept(kept, first, order, asked), **values)
        else:
            found = (await session.execute(_page(asking, first, order, asked), values)).all()

    async def count() -> int:
        async with info.context.database.read() as again:
            return int(await again.scalar(sa.select(sa.func.count()).select_from(rows(asking).subquery())) or 0)

    return asked.page(found, order, count)


def _first_of(rows: Rows) -> First:
    def first(asking: Any, bounds: list[Any], columns: list[Any], most: Any) -> sa.Select[Any]:
        return rows(asking).where(*bounds).order_by(*columns).limit(most)

    return first


def _page(asking: Any, first: First, order: Order, window: Window) -> sa.Select[Any]:
    return first(asking, window.bounds(order), order.columns(backwards=window.backwards), LIMIT)


def _kept(name: str, first: First, order: Order, window: Window) -> Statement:
    kind = (name, *window.kind(order))
    if kind not in KEPT:
        KEPT[kind] = Statement(_page(sa.bindparam("asking"), first, order, window))
    return KEPT[kind]
