"""Who changed what of an organization."""

from typing import Any

import sqlalchemy as sa

from models import AuditEvent
from models.along import Wanted
from models.statement import several
from models.streams import CheckedColumns
from resolvers.context import Info
from resolvers.lists import Filtered, own_list
from resolvers.pages import newest_first
from resolvers.paging import Page, created_between

columns = AuditEvent.columns()
FILTERS: dict[str, Any] = {
    "subject_id": lambda its: its.subject_id == sa.bindparam("subject_id", type_=columns.subject_id.type),
    "action": lambda its: its.action.in_(several("action", columns.action.type)),
}


async def audit_events(
    info: Info, wanted: Wanted, organization_id: str | None = None, filter: dict[str, Any] | None = None, **window: Any
) -> Page:
    """What happened to one subject is little, so it is found by that; else each action is a stream."""
    given = {name: value for name, value in (filter or {}).items() if value is not None}
    stretch = created_between(given.pop("created_after", None), given.pop("created_before", None))

    def rows(asking: Any) -> sa.Select[Any]:
        return AuditEvent.of(asking).where(*(FILTERS[name](columns) for name in given))

    def first(asking: Any, bounds: list[Any], order: list[Any], most: Any) -> sa.Select[Any]:
        if "action" not in given:
            return rows(asking).where(*bounds).order_by(*order).limit(most)
        if "subject_id" not in given:
            return AuditEvent.first_of_actions(asking, FILTERS["action"], bounds, order, most)
        found = AuditEvent.of(asking).where(FILTERS["subject_id"](columns), FILTERS["action"](CheckedColumns(columns)))
        return found.where(*bounds).order_by(*order).limit(most)

    filtered = Filtered(tuple(sorted(given)), given, stretch)
    order = newest_first(AuditEvent)
    return await own_list(
        info, organization_id, rows, order, window, kept="audit_events", first=first, filtered=filtered, wanted=wanted
    )
