"""Add revisions of tables, by which cached responses are validated."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_after_trigger, create_statement_trigger, on_postgres

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    "organization",
    "api_key",
    "trunk",
    "agent",
    "agent_version",
    "phone_number",
    "conversation",
    "transfer",
    "audit_event",
)
GROWS = (
    "INSERT INTO revision (name, shard, number) VALUES (TG_TABLE_NAME, pg_backend_pid() % 1024, 1)"
    " ON CONFLICT (name, shard) DO UPDATE SET number = revision.number + 1"
)


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", "shard", name="pk_revision"),
    )
    if on_postgres():
        create_statement_trigger("revision_grows", TABLES, GROWS)
        return
    for table in TABLES:
        op.execute(f"INSERT INTO revision (name, shard, number) VALUES ('{table}', 0, 0)")
        for event in ("INSERT", "UPDATE", "DELETE"):
            grows = f"UPDATE revision SET number = number + 1 WHERE name = '{table}'"
            create_after_trigger(f"revision_of_{table}_{event.lower()}", f"{event} ON {table}", grows)
