"""An organization may have a call budget: the most calls at once of it and of all below (R19). Setting it is audited."""

import sqlalchemy as sa
from alembic import op

from migrations.audit_triggers import create_audit_trigger
from migrations.constraints import add_enum_values
from migrations.json_sql import json_object

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def call_budget(row: str) -> str:
    return json_object(maxConcurrentCalls=f"{row}.call_budget")


def upgrade() -> None:
    check = "CONSTRAINT ck_organization_call_budget CHECK (call_budget > 0)"
    op.execute(f"ALTER TABLE organization ADD COLUMN call_budget INTEGER {check}")
    has_budget = sa.text("call_budget IS NOT NULL")
    op.create_index(
        "ix_organization_call_budget",
        "organization",
        ["id"],
        sqlite_where=has_budget,
        postgresql_where=has_budget,
    )
    add_enum_values("audit_event", "action", "AuditAction", "CALL_BUDGET_SET")
    create_audit_trigger(
        "call_budget_set",
        "UPDATE OF call_budget ON organization",
        "CALL_BUDGET_SET",
        before=call_budget("OLD"),
        after=call_budget("NEW"),
        condition="NEW.call_budget IS NOT OLD.call_budget",
        owner="id",
    )
