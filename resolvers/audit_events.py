"""List the audit events of an organization, filtered by action, subject and time."""

from collections.abc import Callable, Mapping
from typing import Any, Unpack

import sqlalchemy as sa

from models import AuditEvent
from models.index_merge import ColumnsWithoutIndex
from models.projection import Projection
from resolvers.context import Info
from resolvers.keyset_pagination import Condition, Page, PageArguments, SortColumn, created_range, newest_first
from resolvers.root_connections import AppliedFilter, FilterColumns, RootList, load_root_connection
from storage.statement import list_parameter

columns = AuditEvent.columns()
CONDITIONS: dict[str, Callable[[FilterColumns], Condition]] = {
    "subject_id": lambda c: c.subject_id == sa.bindparam("subject_id", type_=columns.subject_id.type),
    "action": lambda c: c.action.in_(list_parameter("action", columns.action.type)),
}


async def audit_events(
    info: Info,
    projection: Projection,
    organization_id: str | None = None,
    filter: Mapping[str, Any] | None = None,
    **page_arguments: Unpack[PageArguments],
) -> Page:
    """List audit events.

    A subject has few events, so they are found by its index. Otherwise the events of each action are an index range,
    and the ranges are merged.
    """
    values = {name: value for name, value in (filter or {}).items() if value is not None}
    key_range = created_range(values.pop("created_after", None), values.pop("created_before", None))

    def select_rows(acting_id: sa.BindParameter[str]) -> sa.Select[Any]:
        return AuditEvent.owned_by(acting_id).where(*(CONDITIONS[name](columns) for name in values))

    def select_first_rows(
        acting_id: sa.BindParameter[str],
        conditions: list[Condition],
        order_by: list[SortColumn],
        limit: sa.BindParameter[int],
    ) -> sa.Select[Any]:
        if "action" not in values:
            return select_rows(acting_id).where(*conditions).order_by(*order_by).limit(limit)
        if "subject_id" not in values:
            return AuditEvent.first_of_actions(acting_id, CONDITIONS["action"], conditions, order_by, limit)
        events = AuditEvent.owned_by(acting_id).where(
            CONDITIONS["subject_id"](columns), CONDITIONS["action"](ColumnsWithoutIndex(columns))
        )
        return events.where(*conditions).order_by(*order_by).limit(limit)

    applied = AppliedFilter(tuple(sorted(values)), values, key_range)
    root_list = RootList("audit_events", select_rows, newest_first(AuditEvent), select_first_rows, applied)
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)
