"""Add a counter of stored bytes for each organization, and count what is stored."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import on_postgres

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MEMBERS = "200 * (SELECT count(*) FROM json_each(custom_metadata))"
COUNTED = {
    "conversation WHERE engine_reference IS NULL": (
        ("agent_config", "resolution", "initial_context", "custom_metadata"),
        MEMBERS,
    ),
    "agent_version": (("config",), "0"),
}


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "stored_bytes",
        sa.Column("organization_id", sa.String(), primary_key=True),
        sa.Column("bytes", big, nullable=False),
        sa.Column("leased", big, nullable=False),
    )
    rows = " UNION ALL ".join(
        f"SELECT organization_id, 1000 + {' + '.join(map(_bytes_of, columns))} + {more} AS bytes FROM {table}"
        for table, (columns, more) in COUNTED.items()
    )
    op.execute(
        "INSERT INTO stored_bytes (organization_id, bytes, leased)"
        f" SELECT organization_id, sum(bytes), 0 FROM ({rows}) AS counted GROUP BY organization_id"
    )


def _bytes_of(column: str) -> str:
    written = f"octet_length(CAST({column} AS text))" if on_postgres() else f"length(CAST({column} AS BLOB))"
    return f"coalesce({written}, 0)"
