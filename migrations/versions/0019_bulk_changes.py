"""Record what one statement does to many rows as one change, and keep past conversations when a number is deleted.

A conversation keeps the id of its deleted number. The id leads nowhere, and is never assigned again.
"""

from alembic import op

from migrations.constraints import drop_foreign_key
from migrations.triggers import create_after_trigger, on_postgres

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# More numbers than this are not noted one by one, but as everything of their organization.
SINGLY = 100
ONE_BY_ONE = "INSERT INTO change (kind, subject_id, organization_id, shared) SELECT 'PHONE_NUMBER', id, organization_id"
TOGETHER = (
    "INSERT INTO change (kind, subject_id, organization_id, shared)"
    " SELECT 'PHONE_NUMBER', NEW.organization_id, NEW.organization_id"
)
OF_TRUNK = "trunk_id = NEW.id"


def holding(agent_id: str) -> str:
    versions = f"(SELECT id FROM agent_version WHERE agent_id = {agent_id})"
    return f"(inbound_agent_version_id IN {versions} OR outbound_agent_version_id IN {versions})"


# The trigger: its event, when it is worth noting, the numbers that show it, and whether borrowers see a difference.
NOTED = {
    "note_trunk_update": (
        "UPDATE OF name, outbound_address ON trunk",
        "NEW.name IS NOT OLD.name OR NEW.outbound_address IS NOT OLD.outbound_address",
        OF_TRUNK,
        "shareable",
    ),
    "note_agent_version_update": (
        "UPDATE OF published_at ON agent_version",
        "NEW.published_at IS NOT OLD.published_at",
        holding("NEW.agent_id"),
        "FALSE",
    ),
    "note_agent_update": (
        "UPDATE OF name, active ON agent",
        "NEW.name IS NOT OLD.name OR NEW.active IS NOT OLD.active",
        holding("NEW.id"),
        "FALSE",
    ),
}


def upgrade() -> None:
    drop_foreign_key("conversation", "fk_conversation_phone_number_id")
    for name, (event, worth_noting, numbers, shared) in NOTED.items():
        drop_trigger(name, event.split()[-1])
        many = f"(SELECT COUNT(*) FROM (SELECT 1 FROM phone_number WHERE {numbers} LIMIT {SINGLY + 1}) AS found)"
        singly = f"{ONE_BY_ONE}, {shared} FROM phone_number WHERE {numbers}"
        seen_below = f"EXISTS (SELECT 1 FROM phone_number WHERE {numbers} AND {shared})"
        create_after_trigger(f"{name}_singly", event, singly, f"({worth_noting}) AND {many} <= {SINGLY}")
        create_after_trigger(
            f"{name}_together", event, f"{TOGETHER}, {seen_below}", f"({worth_noting}) AND {many} > {SINGLY}"
        )


def drop_trigger(name: str, table: str) -> None:
    op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if on_postgres() else ""))
    if on_postgres():
        op.execute(f"DROP FUNCTION {name}()")
