"""Organizations: trees by `parent`, which never changes (R1)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.instant import Instant, now
from models.table import Table

DEEPEST = 32


class Organization(Table, table=True):
    __tablename__ = "organization"
    __table_args__ = (
        sa.CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        sa.CheckConstraint(f"depth BETWEEN 1 AND {DEEPEST}", name="depth"),
        sa.Index("ix_organization_parent_id_created_at", "parent_id", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("org"), primary_key=True)
    parent_id: str | None = Field(default=None, foreign_key="organization.id")
    depth: int = 1
    name: str
    slug: str = Field(unique=True, max_length=63)
    created_at: datetime = Field(default_factory=now, sa_type=Instant)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().id.in_(identifiers))
