"""Define agent versions: drafts until published, immutable afterwards (R5, R7)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.agent import Agent
from models.expressions import Columns, TextExpression
from models.identifier import new_id
from models.rows import AgentVersionRow
from models.table import Table
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query, query

agent = Agent.__table__


def is_newest_published(version: Columns, agent_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a version is the agent's published version with the highest number (R7)."""
    other = sa.alias(AgentVersion.__table__).c
    newest = (
        sa.select(other.id)
        .where(other.agent_id == agent_id, other.published_at.is_not(None))
        .order_by(other.number.desc())
        .limit(1)
    )
    return version.id == newest.scalar_subquery()


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
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @classmethod
    def select_with_agent(cls) -> Query[AgentVersionRow]:
        """Select versions with `published`, `agent_name` and `agent_active`."""
        version = cls.__table__
        joined = sa.select(
            *version.c,
            version.c.published_at.is_not(None).label("published"),
            agent.c.name.label("agent_name"),
            agent.c.active.label("agent_active"),
        ).join(agent, agent.c.id == version.c.agent_id)
        return query(joined)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[AgentVersionRow]:
        return cls.select_with_agent().where(cls.columns().id.in_(identifiers))

    @classmethod
    def newest_published(cls, agent_ids: list[str]) -> Query[AgentVersionRow]:
        """Select what `agentId` alone resolves to: each agent's published version with the highest number (R7)."""
        return cls.select_with_agent().where(agent.c.id.in_(agent_ids), is_newest_published(cls.columns(), agent.c.id))

    @classmethod
    def ids_of_agent(cls, agent_id: TextExpression) -> sa.Select[Any]:
        return sa.select(cls.columns().id).where(cls.columns().agent_id == agent_id)

    @classmethod
    def of_own_agent(cls, organization_id: TextExpression, agent_id: TextExpression) -> sa.Select[Any]:
        """Select the ids of the agent's versions; none, without reading any, of another organization's agent."""
        own = sa.select(agent.c.id).where(agent.c.id == agent_id, agent.c.organization_id == organization_id)
        return cls.ids_of_agent(own.correlate(None).scalar_subquery())

    @classmethod
    def next_number(cls, agent_id: str) -> sa.Select[Any]:
        version = cls.columns()
        return sa.select(sa.func.coalesce(sa.func.max(version.number), 0) + 1).where(version.agent_id == agent_id)
