"""The lists at the root: of the acting organization's own rows, or NOT_FOUND where it may not be acted for (R2)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from models import ReadSession, Refused
from models.along import Along, with_along
from models.statement import Kept, Statement
from resolvers.context import Info
from resolvers.paging import Order, Page, Window
from resolvers.problem import Problem

Rows = Callable[[Any], sa.Select[Any]]
# The acting organization, bounds of the window, columns to order by, how many at most.
First = Callable[[Any, list[Any], list[Any], Any], sa.Select[Any]]

LIMIT = sa.bindparam("limit", type_=sa.Integer)
# The statements of lists without a filter, by the name of the list, the kind of page, and what it brings along.
KEPT = Kept(256)


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
    along: tuple[Along, ...] = (),
) -> Page:
    """One page of `rows`, made for the acting organization; `first` is a shorter way to its first rows.

    `kept`: a name, where the rows depend on nothing but the organization. `along`: what each row is to bring along.
    """
    asked, first = Window(**window), first or _first_of(rows)
    async with info.context.database.read() as session:
        asking = await acting_for_list(info, session, organization_id)
        values = asked.values(order) | {"limit": asked.size + 1}
        if kept:
            values["asking"] = asking
            found = await session.rows(_kept(kept, first, order, asked, along), **values)
        else:
            found = (await session.execute(_page(asking, first, order, asked, along), values)).all()

    async def count() -> int:
        async with info.context.database.read() as again:
            return int(await again.scalar(sa.select(sa.func.count()).select_from(rows(asking).subquery())) or 0)

    return asked.page(found, order, count)


def _first_of(rows: Rows) -> First:
    def first(asking: Any, bounds: list[Any], columns: list[Any], most: Any) -> sa.Select[Any]:
        return rows(asking).where(*bounds).order_by(*columns).limit(most)

    return first


def _page(asking: Any, first: First, order: Order, window: Window, along: tuple[Along, ...]) -> sa.Select[Any]:
    columns = order.columns(backwards=window.backwards)
    return with_along(first(asking, window.bounds(order), columns, LIMIT), along, columns)


def _kept(name: str, first: First, order: Order, window: Window, along: tuple[Along, ...]) -> Statement:
    return KEPT.of(
        (name, window.kind(order), along), lambda: _page(sa.bindparam("asking"), first, order, window, along)
    )
