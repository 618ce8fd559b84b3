"""Add how often a counter of stored bytes was corrected, so that no correction is applied twice."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stored_bytes", sa.Column("recounts", sa.Integer(), nullable=False, server_default="0"))
