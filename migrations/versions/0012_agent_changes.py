"""Whoever follows numbers hears of an agent that was renamed, or switched on or off, as of a trunk."""

from migrations.triggers import note

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

VERSIONS = "(SELECT id FROM agent_version WHERE agent_id = NEW.id)"


def upgrade() -> None:
    note(
        "note_agent_update",
        "UPDATE OF name, active ON agent",
        "INSERT INTO change (kind, subject_id, organization_id, shared)"
        " SELECT 'PHONE_NUMBER', id, organization_id, FALSE FROM phone_number"
        f" WHERE inbound_agent_version_id IN {VERSIONS} OR outbound_agent_version_id IN {VERSIONS}",
        worth_noting="NEW.name IS NOT OLD.name OR NEW.active IS NOT OLD.active",
    )
