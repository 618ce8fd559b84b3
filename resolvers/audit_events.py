"""Who changed what of an organization."""

from typing import Any

import sqlalchemy as sa

from models import AuditEvent
from resolvers.context import Info
from resolvers.lists import own_list
from resolvers.pages import newest_first
from resolvers.paging import Page

columns = AuditEvent.columns()

FILTERS: dict[str, Any] = {
    "action": columns.action.in_,
    "subject_id": lambda value: columns.subject_id == value,
    "created_after": lambda value: columns.created_at > value,
    "created_before": lambda value: columns.created_at < value,
}


async def audit_events(
    info: Info, organization_id: str | None = None, filter: dict[str, Any] | None = None, **window: Any
) -> Page:
    given = {name: value for name, value in (filter or {}).items() if value is not None}
    conditions = [FILTERS[name](value) for name, value in given.items()]

    def statement(asking: str) -> sa.Select[Any]:
        return AuditEvent.of(asking).where(*conditions)

    return await own_list(info, organization_id, statement, newest_first(AuditEvent), window)
