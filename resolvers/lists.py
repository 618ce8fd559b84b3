"""The lists at the root: of the acting organization's own rows, or NOT_FOUND where it may not be acted for (R2)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from models import ReadSession, Refused
from resolvers.context import Info
from resolvers.paging import Order, Page, Window, page
from resolvers.problem import Problem


async def acting_for_list(info: Info, session: ReadSession, organization_id: str | None) -> str:
    try:
        return await info.context.caller.acting(session, organization_id)
    except Refused as refused:
        raise Problem("NOT_FOUND", refused.refusal.message) from None


async def own_list(
    info: Info,
    organization_id: str | None,
    statement: Callable[[str], sa.Select[Any]],
    order: Order,
    window: dict[str, Any],
) -> Page:
    """One page of `statement`, made for the acting organization."""
    asked = Window(**window)
    async with info.context.database.read() as session:
        rows = statement(await acting_for_list(info, session, organization_id))

        async def count() -> int:
            async with info.context.database.read() as again:
                return int(await again.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0)

        return await page(session, rows, order, asked, count)
