"""Define the organization table: a tree by `parent_id`, at most 32 deep (R1)."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.rows import OrganizationRow
from models.table import Table, select_by_id
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query

MAX_DEPTH = 32
HAS_BUDGET_SQL = "call_budget IS NOT NULL"


class Organization(Table, table=True):
    """An organization. `call_budget`: the most calls at once of it and of all below; None: any number."""

    __tablename__ = "organization"
    __table_args__ = (
        sa.CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        sa.CheckConstraint(f"depth BETWEEN 1 AND {MAX_DEPTH}", name="depth"),
        sa.CheckConstraint("call_budget > 0", name="call_budget"),
        sa.Index("ix_organization_parent_id_created_at", "parent_id", "created_at", "id"),
        sa.Index(
            "ix_organization_call_budget",
            "id",
            sqlite_where=sa.text(HAS_BUDGET_SQL),
            postgresql_where=sa.text(HAS_BUDGET_SQL),
        ),
    )

    id: str = Field(default_factory=lambda: new_id("org"), primary_key=True)
    parent_id: str | None = Field(default=None, foreign_key="organization.id")
    depth: int = 1
    name: str
    slug: str = Field(unique=True, max_length=63)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    call_budget: int | None = None

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[OrganizationRow]:
        return select_by_id(cls, identifiers)
