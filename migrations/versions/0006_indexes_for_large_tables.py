"""Add indexes, so that a page and a choice cost the same out of many numbers as out of few."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_phone_number_outbound_slot",
        "phone_number",
        ["organization_id", "outbound_agent_version_id", "created_at", "id"],
    )
