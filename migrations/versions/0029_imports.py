"""Imports of contacts, and the rows of them that were refused."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_after_trigger, create_refusing_trigger, create_statement_trigger, on_postgres

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLES = ("contact_import", "contact_refusal")
GROWS = (
    "INSERT INTO revision (name, shard, number) VALUES (TG_TABLE_NAME, pg_backend_pid() % 1024, 1)"
    " ON CONFLICT (name, shard) DO UPDATE SET number = revision.number + 1"
)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "contact_import",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("default_region", sa.String(), nullable=True),
        sa.Column("on_duplicate", _enum("DuplicateRule", "UPDATE", "REFUSE"), nullable=False),
        sa.Column("status", _enum("ImportStatus", "WAITING", "RECEIVING", "COMPLETED", "FAILED"), nullable=False),
        sa.Column("upload_count", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "rows = accepted + unchanged + refused", name=op.f("ck_contact_import_every_row_counts_once")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "campaign_id"],
            ["campaign.organization_id", "campaign.id"],
            name=op.f("fk_contact_import_organization_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_import")),
    )
    op.create_index("ix_contact_import_campaign_id_created_at", "contact_import", ["campaign_id", "created_at", "id"])
    is_receiving = sa.text("status = 'RECEIVING'")
    op.create_index(
        "ix_contact_import_receiving",
        "contact_import",
        ["id"],
        sqlite_where=is_receiving,
        postgresql_where=is_receiving,
    )
    op.create_table(
        "contact_refusal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("e164", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["contact_import.id"], name=op.f("fk_contact_refusal_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_refusal")),
    )
    op.create_index("ix_contact_refusal_import_id", "contact_refusal", ["import_id", "line", "id"])
    create_refusing_trigger(
        "contact_import_keeps_its_campaign",
        "UPDATE OF id, organization_id, campaign_id ON contact_import",
        "OLD.id <> NEW.id OR OLD.organization_id <> NEW.organization_id OR OLD.campaign_id <> NEW.campaign_id",
    )
    _count_revisions()


def _count_revisions() -> None:
    if on_postgres():
        create_statement_trigger("import_revision_grows", TABLES, GROWS)
        return
    for table in TABLES:
        op.execute(f"INSERT INTO revision (name, shard, number) VALUES ('{table}', 0, 0)")
        for event in ("INSERT", "UPDATE", "DELETE"):
            grows = f"UPDATE revision SET number = number + 1 WHERE name = '{table}'"
            create_after_trigger(f"revision_of_{table}_{event.lower()}", f"{event} ON {table}", grows)
