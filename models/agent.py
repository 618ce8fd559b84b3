"""Define the agent table; what an agent says is in its versions."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.rows import AgentRow
from models.table import Table, select_by_id, select_owned_by
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query


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
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[AgentRow]:
        return select_by_id(cls, identifiers)

    @classmethod
    def owned_by(cls, organization_id: str | sa.BindParameter[str]) -> Query[AgentRow]:
        return select_owned_by(cls, organization_id)
