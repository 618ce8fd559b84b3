"""Record in the audit that agents are created, renamed, or switched on or off."""

from migrations.audit_triggers import create_audit_trigger
from migrations.constraints import add_enum_values
from migrations.json_sql import json_boolean, json_object

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def agent(row: str) -> str:
    return json_object(name=f"{row}.name", active=json_boolean(f"{row}.active"))


def upgrade() -> None:
    add_enum_values("audit_event", "action", "AuditAction", "AGENT_CREATED", "AGENT_UPDATED")
    create_audit_trigger(
        "agent_created", "INSERT ON agent", "AGENT_CREATED", before="NULL", after=agent("NEW"), condition="TRUE"
    )
    create_audit_trigger(
        "agent_updated",
        "UPDATE OF name, active ON agent",
        "AGENT_UPDATED",
        before=agent("OLD"),
        after=agent("NEW"),
        condition="NEW.name IS NOT OLD.name OR NEW.active IS NOT OLD.active",
    )
