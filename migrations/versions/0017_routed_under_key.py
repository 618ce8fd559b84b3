"""Add an index that finds an inbound conversation by its idempotency key, whoever owns its number now."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    routed = sa.text("direction = 'INBOUND' AND idempotency_key IS NOT NULL")
    name = "ix_conversation_routed_under_key"
    op.create_index(name, "conversation", ["idempotency_key"], sqlite_where=routed, postgresql_where=routed)
