"""The lists at the root: of the acting organization's own rows, or NOT_FOUND where it may not be acted for (R2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models import ReadSession, Refused
from models.statement import Statement
from resolvers.context import Info
from resolvers.paging import EVERYWHERE, Order, Page, Stretch, Window
from resolvers.problem import Problem

Rows = Callable[[Any], sa.Select[Any]]
# The acting organization, bounds of the window, columns to order by, how many at most.
First = Callable[[Any, list[Any], list[Any], Any], sa.Select[Any]]

ASKING = sa.bindparam("asking", type_=sa.String)
LIMIT = sa.bindparam("limit", type_=sa.Integer)
# The statements of lists, by the name of the list, its filters and the kind of page; the oldest go.
KEPT: dict[Any, Statement] = {}
MOST_KEPT = 500


@dataclass(frozen=True)
class Filtered:
    """What a filter makes of a list. `kind`: which statement; the values of its parameters are apart.

    `stretch`: the part of the order that the filter leaves. `along`: the order in which the rows are found, where they
    are found by another table than their own.
    """

    kind: tuple[Any, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    stretch: Stretch = EVERYWHERE
    along: Order | None = None


ALL = Filtered()


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
    kept: str,
    first: First | None = None,
    filtered: Filtered = ALL,
) -> Page:
    """One page of `rows`, made for the acting organization; `first` is a shorter way to its first rows.

    `kept`: the name of the list. With the kind of filter and of page it says which statement this is.
    """
    asked, first = Window(**window), first or _first_of(rows)
    stretch, along = asked.stretch(order).within(filtered.stretch), filtered.along or order
    async with info.context.database.read() as session:
        asking = await acting_for_list(info, session, organization_id)
        kind = (kept, *filtered.kind, str(order.by), order.descending, asked.backwards, *stretch.ends)
        statement = _kept(kind, lambda: _page(first, along, asked.backwards, stretch))
        values = {"asking": asking, **filtered.values, **filtered.stretch.values}
        found = await session.rows(statement, **values | stretch.values, limit=asked.size + 1)

    async def count() -> int:
        counted = _kept((kept, *filtered.kind, *filtered.stretch.ends), lambda: _count(rows, along, filtered.stretch))
        async with info.context.database.read() as again:
            return int((await again.rows(counted, **values))[0].rows)

    return asked.page(found, order, count)


def _first_of(rows: Rows) -> First:
    def first(asking: Any, bounds: list[Any], columns: list[Any], most: Any) -> sa.Select[Any]:
        return rows(asking).where(*bounds).order_by(*columns).limit(most)

    return first


def _page(first: First, order: Order, backwards: bool, stretch: Stretch) -> sa.Select[Any]:
    return first(ASKING, order.bounds(stretch), order.columns(backwards=backwards), LIMIT)


def _count(rows: Rows, order: Order, stretch: Stretch) -> sa.Select[Any]:
    listed = rows(ASKING).where(*order.bounds(stretch))
    return sa.select(sa.func.count().label("rows")).select_from(listed.subquery())


def _kept(kind: tuple[Any, ...], made: Callable[[], sa.Select[Any]]) -> Statement:
    if kind not in KEPT:
        while len(KEPT) >= MOST_KEPT:
            del KEPT[next(iter(KEPT))]
        KEPT[kind] = Statement(made())
    return KEPT[kind]
