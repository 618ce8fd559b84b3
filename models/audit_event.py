"""Who changed what, and how it was before and after: noted by triggers, in the transaction of the change itself."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.instant import Instant
from models.session import WriteSession
from models.streams import merged, words
from models.table import Table
from models.word import Word, stored_as_text


@unique
class AuditAction(Word):
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


# Who seals secrets anew: what that writes is noted as nobody's doing, since nothing anybody knows of has changed.
ROTATION = "rotate-secrets"


class AuditEvent(Table, table=True):
    """Written by the database alone, which refuses to change or delete it."""

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
    action: AuditAction = Field(sa_type=stored_as_text(AuditAction))
    api_key_id: str | None = None
    subject_id: str
    before: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    after: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=Instant)

    @classmethod
    def of(cls, organization_id: str) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().organization_id == organization_id)

    @classmethod
    def first_of_actions(
        cls, organization_id: Any, chosen: Callable[[Any], Any], bounds: list[Any], order: list[Any], most: Any
    ) -> sa.Select[Any]:
        """Each action is a stream."""
        event = cls.columns()
        every = words("every_action", action=AuditAction)
        stream = sa.select(every).where(chosen(every.c)).cte("stream")
        within = [event.organization_id == organization_id, event.action == stream.c.action, *bounds]
        return merged(cls.__table__, stream, within, order, most)


class Acting(Table, table=True):
    """SQLite: the key on whose behalf the transaction under way writes. Empty between transactions.

    PostgreSQL has a setting of the transaction for it, and this table for writers to lock.
    """

    __tablename__ = "acting"

    api_key_id: str = Field(primary_key=True)


@asynccontextmanager
async def acting(session: WriteSession, api_key_id: str | None) -> AsyncIterator[None]:
    """What the transaction writes in the block is noted as this key's doing; None: as nobody's."""
    if api_key_id is None:
        yield
        return
    if session.on_postgres:
        await session.execute(sa.select(sa.func.set_config("dialtree.acting", api_key_id, True)))
        yield
        return
    await session.execute(sa.insert(Acting.__table__).values(api_key_id=api_key_id))
    yield
    await session.flush()
    await session.execute(sa.delete(Acting.__table__))
