"""API keys: whom they belong to, what they may do, and a hash to know them by. The secret is never stored."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.instant import Instant
from models.instant import now as current_time
from models.scope import Scope
from models.table import Table

USE_NOTED_EVERY = timedelta(minutes=1)


class Scopes(sa.TypeDecorator[list[Scope]]):
    """A list of scopes, stored as their names in the order in which `Scope` lists them."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: list[Scope] | None, _dialect: Any) -> list[str]:
        return [scope.name for scope in Scope if scope in (value or ())]

    def process_result_value(self, value: list[str] | None, _dialect: Any) -> list[Scope]:
        return [Scope[name] for name in value or ()]


class ApiKey(Table, table=True):
    __tablename__ = "api_key"
    __table_args__ = (sa.Index("ix_api_key_organization_id_created_at", "organization_id", "created_at", "id"),)

    id: str = Field(default_factory=lambda: new_id("key"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    name: str
    scopes: list[Scope] = Field(sa_type=Scopes)
    secret_hash: bytes
    created_at: datetime = Field(default_factory=current_time, sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().id.in_(identifiers))

    @classmethod
    def of(cls, organization_id: str) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().organization_id == organization_id)

    @classmethod
    def revocation(cls, key_id: str, when: datetime) -> sa.Update:
        """Revoke the key; one that is revoked already keeps its time."""
        return (
            sa.update(cls.__table__)
            .where(cls.columns().id == key_id, cls.columns().revoked_at.is_(None))
            .values(revoked_at=when)
        )

    @classmethod
    def used(cls, key_id: str, when: datetime) -> sa.Update:
        """Note a use, unless one was noted within the last minute."""
        last = cls.columns().last_used_at
        stale = sa.or_(last.is_(None), last <= when - USE_NOTED_EVERY)
        return sa.update(cls.__table__).where(cls.columns().id == key_id, stale).values(last_used_at=when)
