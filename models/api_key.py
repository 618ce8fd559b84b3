"""Define the API key table: owner, scopes, expiry and the secret's hash."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.rows import KeyRow
from models.scope import Scope
from models.table import Table, select_by_id, select_owned_by
from models.utc_datetime import UtcDateTime
from models.utc_datetime import now as current_time
from storage.statement import Query

LAST_USED_INTERVAL = timedelta(minutes=1)


class ScopesType(sa.TypeDecorator[list[Scope]]):
    """A list of scopes, stored as their names in the order in which `Scope` lists them."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: list[Scope] | None, _dialect: sa.Dialect) -> list[str]:
        return [scope.name for scope in Scope if scope in (value or ())]

    def process_result_value(self, value: list[str] | None, _dialect: sa.Dialect) -> list[Scope]:
        return [Scope[name] for name in value or ()]


class ApiKey(Table, table=True):
    __tablename__ = "api_key"
    __table_args__ = (sa.Index("ix_api_key_organization_id_created_at", "organization_id", "created_at", "id"),)

    id: str = Field(default_factory=lambda: new_id("key"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    name: str
    scopes: list[Scope] = Field(sa_type=ScopesType)
    secret_hash: bytes
    created_at: datetime = Field(default_factory=current_time, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[KeyRow]:
        return select_by_id(cls, identifiers)

    @classmethod
    def owned_by(cls, organization_id: str | sa.BindParameter[str]) -> Query[KeyRow]:
        return select_owned_by(cls, organization_id)

    @classmethod
    def revoke(cls, key_id: str, when: datetime) -> sa.Update:
        """Revoke the key; one that is revoked already keeps its time."""
        return (
            sa.update(cls.__table__)
            .where(cls.columns().id == key_id, cls.columns().revoked_at.is_(None))
            .values(revoked_at=when)
        )

    @classmethod
    def mark_used(cls, key_id: str, when: datetime) -> sa.Update:
        """Store the time of a use, unless one within the last minute is stored."""
        last = cls.columns().last_used_at
        stale = sa.or_(last.is_(None), last <= when - LAST_USED_INTERVAL)
        return sa.update(cls.__table__).where(cls.columns().id == key_id, stale).values(last_used_at=when)
