"""Add indexes in the order of each list, so that a page reads no more rows than it shows."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for by in ("e164", "created_at", "updated_at"):
        op.create_index(f"ix_phone_number_shareable_{by}", "phone_number", ["organization_id", "shareable", by, "id"])
    for by in ("agent_number", "user_number"):
        op.create_index(f"ix_conversation_{by}", "conversation", ["organization_id", by, "created_at", "id"])
