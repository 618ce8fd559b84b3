"""The lists at the root: of the acting organization's own rows, or NOT_FOUND where it may not be acted for (R2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models import ReadSession, Refused
from models.along import Wanted, as_wanted
from models.statement import Kept
from resolvers.context import Info
from resolvers.paging import EVERYWHERE, Order, Page, Stretch, Window
from resolvers.problem import Problem

Rows = Callable[[Any], sa.Select[Any]]
# The acting organization, bounds of the window, columns to order by, how many at most.
First = Callable[[Any, list[Any], list[Any], Any], sa.Select[Any]]

ASKING = sa.bindparam("asking", type_=sa.String)
LIMIT = sa.bindparam("limit", type_=sa.Integer)
# The statements of lists, by the name of the list, its filters, the kind of page, and what is wanted of its rows.
KEPT = Kept(500)


@dataclass(frozen=True)
class Filtered:
    """What a filter makes of a list. `kind`: which statement; the values of its parameters are apart.

    `stretch`: the part of the order that the filter leaves. `walked`: the order in which the rows are found, where they
    are found by another table than their own.
    """

    kind: tuple[Any, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    stretch: Stretch = EVERYWHERE
    walked: Order | None = None


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
    wanted: Wanted,
) -> Page:
    """One page of `rows`, made for the acting organization; `first` is a shorter way to its first rows.

    `kept`: the name of the list. With the kind of filter and of page it says which statement this is.
    `wanted`: what each row is to hold.
    """
    asked, first = Window(**window), first or _first_of(rows)
    stretch, walked = asked.stretch(order).within(filtered.stretch), filtered.walked or order

    def page() -> sa.Select[Any]:
        found = first(ASKING, walked.bounds(stretch), walked.columns(backwards=asked.backwards), LIMIT)
        return as_wanted(found, wanted, order.columns(backwards=asked.backwards))

    async with info.context.database.read() as session:
        asking = await acting_for_list(info, session, organization_id)
        kind = (kept, *filtered.kind, order.name, order.descending, asked.backwards, *stretch.ends, wanted)
        statement = KEPT.of(kind, page)
        values = {"asking": asking, **filtered.values, **filtered.stretch.values}
        found = await session.rows(statement, **values | stretch.values, limit=asked.size + 1)

    async def count() -> int:
        kind = (kept, *filtered.kind, *filtered.stretch.ends)
        counted = KEPT.of(kind, lambda: _count(rows, walked, filtered.stretch))
        async with info.context.database.read() as again:
            return int((await again.rows(counted, **values))[0].rows)

    return asked.page(found, order, count)


def _first_of(rows: Rows) -> First:
    def first(asking: Any, bounds: list[Any], columns: list[Any], most: Any) -> sa.Select[Any]:
        return rows(asking).where(*bounds).order_by(*columns).limit(most)

    return first


def _count(rows: Rows, order: Order, stretch: Stretch) -> sa.Select[Any]:
    listed = rows(ASKING).where(*order.bounds(stretch))
    return sa.select(sa.func.count().label("rows")).select_from(listed.subquery())
