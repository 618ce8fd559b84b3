"""Add the transaction id of a change, as ids of several servers on PostgreSQL do not follow the order of commits."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import on_postgres

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change", sa.Column("transaction_id", sa.BigInteger(), nullable=True))
    if on_postgres():
        op.execute("ALTER TABLE change ALTER transaction_id SET DEFAULT pg_current_xact_id()::text::bigint")
    noted = sa.text("transaction_id IS NOT NULL")
    op.create_index(
        "ix_change_transaction_id", "change", ["transaction_id"], sqlite_where=noted, postgresql_where=noted
    )
