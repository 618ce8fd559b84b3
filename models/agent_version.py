"""Versions of agents: drafts until published, unchangeable afterwards (R5)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.agent import Agent
from models.identifier import new_id
from models.instant import Instant, now
from models.table import Table

agent = Agent.__table__


class AgentVersion(Table, table=True):
    __tablename__ = "agent_version"
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "id"),
        sa.UniqueConstraint("agent_id", "number"),
        sa.ForeignKeyConstraint(["organization_id", "agent_id"], ["agent.organization_id", "agent.id"]),
        sa.CheckConstraint("number > 0", name="number"),
        sa.Index("ix_agent_version_agent_id_created_at", "agent_id", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("ver"), primary_key=True)
    organization_id: str
    agent_id: str
    number: int
    config: dict[str, Any] = Field(sa_type=sa.JSON)
    published_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(default_factory=now, sa_type=Instant)

    @classmethod
    def rows(cls) -> sa.Select[Any]:
        """Versions with `published`, `agent_name` and `agent_active`, which rules and explanations speak of."""
        version = cls.__table__
        return sa.select(
            *version.c,
            version.c.published_at.is_not(None).label("published"),
            agent.c.name.label("agent_name"),
            agent.c.active.label("agent_active"),
        ).join(agent, agent.c.id == version.c.agent_id)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> sa.Select[Any]:
        return cls.rows().where(cls.columns().id.in_(identifiers))

    @classmethod
    def newest_published(cls, agent_ids: list[str]) -> sa.Select[Any]:
        """What `agentId` alone resolves to: of each agent the published version with the highest number (R7)."""
        version = cls.__table__
        newest = (
            sa.select(version.c.agent_id, sa.func.max(version.c.number).label("number"))
            .where(version.c.agent_id.in_(agent_ids), version.c.published_at.is_not(None))
            .group_by(version.c.agent_id)
            .subquery("newest")
        )
        return cls.rows().join(
            newest, sa.and_(newest.c.agent_id == version.c.agent_id, newest.c.number == version.c.number)
        )

    @classmethod
    def of_agent(cls, agent_id: Any) -> sa.Select[Any]:
        return sa.select(cls.columns().id).where(cls.columns().agent_id == agent_id)

    @classmethod
    def next_number(cls, agent_id: str) -> sa.Select[Any]:
        version = cls.columns()
        return sa.select(sa.func.coalesce(sa.func.max(version.number), 0) + 1).where(version.agent_id == agent_id)
