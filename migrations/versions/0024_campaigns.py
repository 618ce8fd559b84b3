"""Campaigns, the numbers of their pools, their contacts with counts of them, and suppressions."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_after_trigger, create_refusing_trigger, create_statement_trigger, on_postgres

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = ("campaign", "pool_number", "contact", "suppression")
GROWS = (
    "INSERT INTO revision (name, shard, number) VALUES (TG_TABLE_NAME, pg_backend_pid() % 1024, 1)"
    " ON CONFLICT (name, shard) DO UPDATE SET number = revision.number + 1"
)
REFUSED = {
    "campaign_keeps_its_owner": (
        "UPDATE OF id, organization_id, created_at ON campaign",
        "OLD.id <> NEW.id OR OLD.organization_id <> NEW.organization_id OR OLD.created_at <> NEW.created_at",
    ),
    "campaign_final_status_never_changes": (
        "UPDATE OF status, ended_at ON campaign",
        "OLD.ended_at IS NOT NULL AND (OLD.status <> NEW.status OR OLD.ended_at IS NOT NEW.ended_at)",
    ),
    "contact_keeps_its_campaign": (
        "UPDATE OF id, organization_id, campaign_id, e164 ON contact",
        "OLD.id <> NEW.id OR OLD.organization_id <> NEW.organization_id OR OLD.campaign_id <> NEW.campaign_id"
        " OR OLD.e164 <> NEW.e164",
    ),
}


def upgrade() -> None:
    op.create_table(
        "contact_count",
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "kind", "key", "shard", name=op.f("pk_contact_count")),
    )
    op.create_table(
        "suppression",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("e164", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_suppression_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("organization_id", "e164", name=op.f("uq_suppression_organization_id_e164")),
    )
    op.create_index("ix_suppression_organization_id_created_at", "suppression", ["organization_id", "created_at", "id"])
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "RUNNING",
                "PAUSED",
                "COMPLETED",
                "CANCELLED",
                name="CampaignStatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "pause_reason",
            sa.Enum(
                "ASKED",
                "FAILURE_RATE",
                "NO_POOL_NUMBER",
                "AGENT_INACTIVE",
                name="PauseReason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("agent_version_id", sa.String(), nullable=True),
        sa.Column("agent_number", sa.String(), nullable=True),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("closed_dates", sa.JSON(), nullable=False),
        sa.Column("default_time_zone", sa.String(), nullable=True),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("retry_delays", sa.JSON(), nullable=False),
        sa.Column("max_concurrent_calls", sa.Integer(), nullable=False),
        sa.Column("calls_per_minute", sa.Integer(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("initial_context", sa.String(), nullable=True),
        sa.Column("custom_metadata", sa.JSON(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("input_digest", sa.LargeBinary(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (status IN ('DRAFT', 'RUNNING', 'PAUSED'))", name=op.f("ck_campaign_final_once_ended")
        ),
        sa.CheckConstraint(
            "(pause_reason IS NULL) = (status <> 'PAUSED')", name=op.f("ck_campaign_paused_for_a_reason")
        ),
        sa.CheckConstraint(
            "max_attempts BETWEEN 1 AND 10 AND max_concurrent_calls > 0 AND weight BETWEEN 1 AND 100 AND (calls_per_minute IS NULL OR calls_per_minute > 0)",
            name=op.f("ck_campaign_limits"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "agent_version_id"],
            ["agent_version.organization_id", "agent_version.id"],
            name=op.f("fk_campaign_organization_id_agent_version_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_campaign_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_campaign_organization_id_id")),
        sa.UniqueConstraint(
            "organization_id", "idempotency_key", name=op.f("uq_campaign_organization_id_idempotency_key")
        ),
    )
    op.create_index("ix_campaign_organization_id_created_at", "campaign", ["organization_id", "created_at", "id"])
    op.create_index(
        "ix_campaign_running",
        "campaign",
        ["id"],
        sqlite_where=sa.text("status = 'RUNNING'"),
        postgresql_where=sa.text("status = 'RUNNING'"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("e164", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("zone_key", sa.String(), nullable=False),
        sa.Column("agent_number", sa.String(), nullable=True),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "IN_CALL",
                "REACHED",
                "EXHAUSTED",
                "REFUSED",
                "REMOVED",
                "EXPIRED",
                name="ContactStatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("refusal_code", sa.String(), nullable=True),
        sa.Column("refusal_message", sa.String(), nullable=True),
        sa.Column("is_fresh", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "wait_reason",
            sa.Enum(
                "CAMPAIGN",
                "START",
                "WINDOW",
                "RETRY",
                "ATTEMPT_LIMIT",
                "NUMBER",
                "TRUNK",
                "BUDGET",
                "PACE",
                name="WaitReason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("last_agent_number", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(refusal_code IS NULL) = (status <> 'REFUSED')", name=op.f("ck_contact_refused_for_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "campaign_id"],
            ["campaign.organization_id", "campaign.id"],
            name=op.f("fk_contact_organization_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("campaign_id", "e164", name=op.f("uq_contact_campaign_id_e164")),
    )
    op.create_index("ix_contact_campaign_id_created_at", "contact", ["campaign_id", "created_at", "id"])
    op.create_index(
        "ix_contact_due",
        "contact",
        ["campaign_id", "zone_key", "is_fresh", "due_at", "id"],
        sqlite_where=sa.text("status = 'PENDING'"),
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    op.create_index(
        "ix_contact_external_id",
        "contact",
        ["campaign_id", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index("ix_contact_status", "contact", ["campaign_id", "status", "created_at", "id"])
    op.create_table(
        "pool_number",
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("phone_number_id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("calls_per_day", sa.Integer(), nullable=False),
        sa.Column("max_concurrent_calls", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "calls_per_day > 0 AND (max_concurrent_calls IS NULL OR max_concurrent_calls > 0)",
            name=op.f("ck_pool_number_caps"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "campaign_id"],
            ["campaign.organization_id", "campaign.id"],
            name=op.f("fk_pool_number_organization_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("campaign_id", "phone_number_id", name=op.f("pk_pool_number")),
    )
    op.create_index("ix_pool_number_phone_number_id", "pool_number", ["phone_number_id"])
    for name, (event, refused) in REFUSED.items():
        create_refusing_trigger(name, event, refused)
    _count_revisions()
    _count_contacts()


def _count_revisions() -> None:
    if on_postgres():
        create_statement_trigger("campaign_revision_grows", TABLES, GROWS)
        return
    for table in TABLES:
        op.execute(f"INSERT INTO revision (name, shard, number) VALUES ('{table}', 0, 0)")
        for event in ("INSERT", "UPDATE", "DELETE"):
            grows = f"UPDATE revision SET number = number + 1 WHERE name = '{table}'"
            create_after_trigger(f"revision_of_{table}_{event.lower()}", f"{event} ON {table}", grows)


def count(kind: str, row: str, key: str, by: int) -> str:
    """Return SQL that adds to a count of the row's campaign. A connection has a shard of its own on PostgreSQL."""
    shard = "pg_backend_pid() % 1024" if on_postgres() else "0"
    return (
        f"INSERT INTO contact_count (campaign_id, kind, key, shard, count)"
        f" VALUES ({row}.campaign_id, '{kind}', {key}, {shard}, {by})"
        f" ON CONFLICT (campaign_id, kind, key, shard) DO UPDATE SET count = contact_count.count + {by}"
    )


def _count_contacts() -> None:
    more, fewer = count("status", "NEW", "NEW.status", 1), count("status", "OLD", "OLD.status", -1)
    create_after_trigger("count_contact_insert", "INSERT ON contact", more)
    create_after_trigger(
        "count_contact_update", "UPDATE OF status ON contact", f"{more}; {fewer}", "OLD.status <> NEW.status"
    )
    create_after_trigger("count_contact_delete", "DELETE ON contact", fewer)
