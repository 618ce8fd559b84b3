"""Record a change of numbers where an agent is renamed, or switched on or off."""

from migrations.triggers import create_after_trigger

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

VERSIONS = "(SELECT id FROM agent_version WHERE agent_id = NEW.id)"


def upgrade() -> None:
    create_after_trigger(
        "note_agent_update",
        "UPDATE OF name, active ON agent",
        "INSERT INTO change (kind, subject_id, organization_id, shared)"
        " SELECT 'PHONE_NUMBER', id, organization_id, FALSE FROM phone_number"
        f" WHERE inbound_agent_version_id IN {VERSIONS} OR outbound_agent_version_id IN {VERSIONS}",
        condition="NEW.name IS NOT OLD.name OR NEW.active IS NOT OLD.active",
    )
