"""Add the borrower that a trunk's queue served last: borrowers take turns after the owner."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trunk", sa.Column("last_borrower_id", sa.String(), nullable=True))
    op.drop_index("ix_conversation_lane", "conversation")
    waiting = sa.text("status = 'QUEUED'")
    op.create_index(
        "ix_conversation_lane",
        "conversation",
        ["trunk_id", "organization_id", "created_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
