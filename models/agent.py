"""Agents: who speaks. What an agent says is in its versions."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.instant import Instant, now
from models.table import Table


class Agent(Table, table=True):
    __tablename__ = "agent"
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "id"),
        sa.Index("ix_agent_organization_id_created_at", "organization_id", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("agt"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    name: str
    active: bool = True
    created_at: datetime = Field(default_factory=now, sa_type=Instant)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().id.in_(identifiers))

    @classmethod
    def of(cls, organization_id: str) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().organization_id == organization_id)
