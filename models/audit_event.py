"""Define the audit log, which triggers write, and name the key on whose behalf a transaction writes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.described_enum import DescribedEnum, text_enum_type
from models.expressions import Limit, TextExpression
from models.index_merge import enum_values, merge_first
from models.rows import AuditEventRow
from models.table import Table, select_owned_by
from models.utc_datetime import UtcDateTime
from storage.session import WriteSession
from storage.statement import Query, query


@unique
class AuditAction(DescribedEnum):
    ORGANIZATION_CREATED = "An organization was created."
    API_KEY_CREATED = "An API key was created."
    API_KEY_REVOKED = "An API key was revoked."
    TRUNK_CREATED = "A trunk was created."
    TRUNK_UPDATED = "A trunk was changed; whether its password was, is told, the password is not."
    TRUNK_DELETED = "A trunk was deleted."
    PHONE_NUMBER_CREATED = "A number was registered."
    PHONE_NUMBER_SHARED = "A number's sharing was switched on."
    PHONE_NUMBER_UNSHARED = "A number's sharing was switched off."
    PHONE_NUMBER_DELETED = "A number was deleted."
    SLOT_ASSIGNED = "A number's slot was given an agent version."
    SLOT_CLEARED = "A number's slot was emptied."
    AGENT_VERSION_PUBLISHED = "An agent version was published."
    AGENT_CREATED = "An agent was created."
    AGENT_UPDATED = "An agent was renamed, or switched on or off."
    SUPPRESSION_ADDED = "A number was suppressed, or its suppression was extended."
    SUPPRESSION_REMOVED = "The suppression of a number was removed."
    CALL_BUDGET_SET = "An organization's call budget was set, or taken away."
    CAMPAIGN_CREATED = "A campaign was created."
    CAMPAIGN_UPDATED = "A campaign was changed."
    CAMPAIGN_STARTED = "A campaign was started, or went on."
    CAMPAIGN_PAUSED = "A campaign was paused, by somebody or by itself; the reason says which."
    CAMPAIGN_ENDED = "A campaign was completed or cancelled."


# The actor while secrets are encrypted anew. A trigger skips its events, as nothing that the API shows changes.
ROTATION_ACTOR = "rotate-secrets"


class AuditEvent(Table, table=True):
    """An event, which triggers alone write; the database refuses to change or delete it."""

    __tablename__ = "audit_event"
    __table_args__ = (
        sa.Index("ix_audit_event_organization_id_created_at", "organization_id", "created_at", "id"),
        *(
            sa.Index(f"ix_audit_event_{by}", "organization_id", by, "created_at", "id")
            for by in ("subject_id", "action")
        ),
    )

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    action: AuditAction = Field(sa_type=text_enum_type(AuditAction))
    api_key_id: str | None = None
    subject_id: str
    before: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    after: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)

    @classmethod
    def owned_by(cls, organization_id: str | sa.BindParameter[str]) -> Query[AuditEventRow]:
        return select_owned_by(cls, organization_id)

    @classmethod
    def first_of_actions(
        cls,
        organization_id: TextExpression,
        condition: Callable[[Any], Any],
        bounds: list[Any],
        order: list[Any],
        limit: Limit,
    ) -> Query[AuditEventRow]:
        """Select the first events of the actions that `condition` chooses: merged from a range for each action."""
        event = cls.columns()
        all_actions = enum_values("all_actions", action=AuditAction)
        ranges = sa.select(all_actions).where(condition(all_actions.c)).cte("ranges")
        range_conditions = [event.organization_id == organization_id, event.action == ranges.c.action, *bounds]
        return query(merge_first(cls.__table__, ranges, range_conditions, order, limit))


class ActingKey(Table, table=True):
    """On SQLite, the key on whose behalf the current transaction writes; empty between transactions.

    On PostgreSQL a setting of the transaction has the key, and writers lock this table.
    """

    __tablename__ = "acting"

    api_key_id: str = Field(primary_key=True)


@asynccontextmanager
async def record_as_actor(session: WriteSession, api_key_id: str | None) -> AsyncIterator[None]:
    """Attribute what the transaction writes in the block to this key; with None to nobody."""
    if api_key_id is None:
        yield
        return
    if session.on_postgres:
        await session.execute(sa.select(sa.func.set_config("dialtree.acting", api_key_id, True)))
        yield
        return
    await session.execute(sa.insert(ActingKey.__table__).values(api_key_id=api_key_id))
    yield
    await session.flush()
    await session.execute(sa.delete(ActingKey.__table__))
