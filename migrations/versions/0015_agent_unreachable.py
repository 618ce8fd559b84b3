"""Add the end reason AGENT_UNREACHABLE."""

from migrations.constraints import add_enum_values

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_enum_values("conversation", "end_reason", "EndReason", "AGENT_UNREACHABLE")
