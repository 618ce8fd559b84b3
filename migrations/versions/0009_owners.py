"""Add servers, the server that carries a call, the trunk that it is queued for, and notices between servers."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_refusing_trigger

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COLUMNS = (
    ("conversation", "server_id", sa.String()),
    ("conversation", "trunk_id", sa.String()),
    ("transfer", "trunk_id", sa.String()),
    ("trunk", "next_start_at", MOMENT),
)
QUEUED = "status = 'QUEUED'"
CALLED = "status IN ('DIALING', 'RINGING', 'IN_PROGRESS')"
# Each over the rows of its condition alone: name, table, columns, condition.
INDEXES = (
    ("lane", "conversation", ["trunk_id", "created_at", "id"], QUEUED),
    ("server_id", "conversation", ["server_id"], CALLED),
    ("trunk_id", "conversation", ["trunk_id"], CALLED),
    ("trunk_id", "transfer", ["trunk_id"], "trunk_id IS NOT NULL"),
)
SERVES = "SELECT 1 FROM server WHERE ended_at IS NULL AND id ="
REFUSED = {
    "conversation_is_dialed_by_a_server": (
        "UPDATE OF status ON conversation",
        "NEW.status = 'DIALING' AND OLD.status <> 'DIALING'"
        f" AND (NEW.dialed_at IS NULL OR NEW.server_id IS NULL OR NOT EXISTS ({SERVES} NEW.server_id))",
    ),
    "conversation_stays_with_a_server_that_serves": (
        "UPDATE OF server_id ON conversation",
        f"OLD.server_id IS NOT NULL AND OLD.server_id IS NOT NEW.server_id AND EXISTS ({SERVES} OLD.server_id)",
    ),
    "server_that_ended_never_comes_back": ("UPDATE ON server", "OLD.ended_at IS NOT NULL OR OLD.id <> NEW.id"),
}


def upgrade() -> None:
    op.create_table(
        "server",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("heard_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    for table, name, kind in COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    for name, table, columns, condition in INDEXES:
        where = sa.text(condition)
        op.create_index(f"ix_{table}_{name}", table, columns, sqlite_where=where, postgresql_where=where)
    op.execute(
        "UPDATE conversation SET trunk_id = (SELECT trunk_id FROM phone_number WHERE id = phone_number_id)"
        f" WHERE direction = 'OUTBOUND' AND ({QUEUED} OR {CALLED})"
    )
    for name, (event, refused) in REFUSED.items():
        create_refusing_trigger(name, event, refused)
