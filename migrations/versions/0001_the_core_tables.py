"""Create the tables of organizations, keys, trunks, agents, numbers and conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("depth BETWEEN 1 AND 32", name=op.f("ck_organization_depth")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_organization_not_its_own_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["organization.id"], name=op.f("fk_organization_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("slug", name=op.f("uq_organization_slug")),
    )
    op.create_index("ix_organization_parent_id_created_at", "organization", ["parent_id", "created_at", "id"])

    op.create_table(
        "agent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_agent_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_agent_organization_id_id")),
    )
    op.create_index("ix_agent_organization_id_created_at", "agent", ["organization_id", "created_at", "id"])

    op.create_table(
        "api_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_api_key_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_index("ix_api_key_organization_id_created_at", "api_key", ["organization_id", "created_at", "id"])

    op.create_table(
        "trunk",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("MANAGED_TWILIO", "BYOC", name="TrunkKind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "transfer_mode",
            sa.Enum(
                "DISABLE_ALL",
                "ENABLE_ALL",
                "SIP_ONLY",
                name="TransferMode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "transfer_caller_id",
            sa.Enum(
                "FROM_TRANSFEREE",
                "FROM_TRANSFEROR",
                name="TransferCallerId",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("calls_per_second", sa.Integer(), nullable=False),
        sa.Column("max_concurrent_calls", sa.Integer(), nullable=False),
        sa.Column("outbound_address", sa.String(), nullable=True),
        sa.Column("outbound_auth_username", sa.String(), nullable=True),
        sa.Column("outbound_auth_password", sa.LargeBinary(), nullable=True),
        sa.Column(
            "outbound_transport",
            sa.Enum("UDP", "TCP", "TLS", name="SipTransport", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column(
            "outbound_media_encryption",
            sa.Enum(
                "NONE", "ALLOW", "REQUIRE", name="MediaEncryption", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outbound_address IS NULL) = (outbound_transport IS NULL) AND (outbound_address IS NULL) = (outbound_media_encryption IS NULL) AND (outbound_address IS NOT NULL OR (outbound_auth_username IS NULL AND outbound_auth_password IS NULL))",
            name=op.f("ck_trunk_outbound_whole_or_absent"),
        ),
        sa.CheckConstraint("calls_per_second > 0 AND max_concurrent_calls > 0", name=op.f("ck_trunk_limits")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_trunk_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trunk")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_trunk_organization_id_id")),
    )
    op.create_index("ix_trunk_organization_id_created_at", "trunk", ["organization_id", "created_at", "id"])

    op.create_table(
        "agent_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_agent_version_number")),
        sa.ForeignKeyConstraint(
            ["organization_id", "agent_id"],
            ["agent.organization_id", "agent.id"],
            name=op.f("fk_agent_version_organization_id_agent_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_version")),
        sa.UniqueConstraint("agent_id", "number", name=op.f("uq_agent_version_agent_id_number")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_agent_version_organization_id_id")),
    )
    op.create_table(
        "phone_number",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("trunk_id", sa.String(), nullable=False),
        sa.Column("e164", sa.String(), nullable=False),
        sa.Column("shareable", sa.Boolean(), nullable=False),
        sa.Column("inbound_agent_version_id", sa.String(), nullable=True),
        sa.Column("inbound_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outbound_agent_version_id", sa.String(), nullable=True),
        sa.Column("outbound_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "e164 = '+' || CAST(CAST(substr(e164, 2) AS BIGINT) AS VARCHAR) AND length(e164) BETWEEN 8 AND 16",
            name=op.f("ck_phone_number_e164"),
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(r"e164 ~ '^\+[1-9][0-9]{6,14}$'", name=op.f("ck_phone_number_e164")).ddl_if(
            dialect="postgresql"
        ),
        sa.CheckConstraint(
            "(inbound_agent_version_id IS NULL) = (inbound_assigned_at IS NULL)",
            name=op.f("ck_phone_number_inbound_slot"),
        ),
        sa.CheckConstraint(
            "(outbound_agent_version_id IS NULL) = (outbound_assigned_at IS NULL)",
            name=op.f("ck_phone_number_outbound_slot"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "inbound_agent_version_id"],
            ["agent_version.organization_id", "agent_version.id"],
            name=op.f("fk_phone_number_organization_id_inbound_agent_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "outbound_agent_version_id"],
            ["agent_version.organization_id", "agent_version.id"],
            name=op.f("fk_phone_number_organization_id_outbound_agent_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "trunk_id"],
            ["trunk.organization_id", "trunk.id"],
            name=op.f("fk_phone_number_organization_id_trunk_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_phone_number_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_number")),
        sa.UniqueConstraint("e164", name=op.f("uq_phone_number_e164")),
    )
    op.create_index("ix_phone_number_inbound_agent_version_id", "phone_number", ["inbound_agent_version_id"])
    op.create_index(
        "ix_phone_number_organization_id_created_at", "phone_number", ["organization_id", "created_at", "id"]
    )
    op.create_index("ix_phone_number_organization_id_e164", "phone_number", ["organization_id", "e164"])
    op.create_index(
        "ix_phone_number_organization_id_updated_at", "phone_number", ["organization_id", "updated_at", "id"]
    )
    op.create_index("ix_phone_number_outbound_agent_version_id", "phone_number", ["outbound_agent_version_id"])
    op.create_index("ix_phone_number_trunk_id", "phone_number", ["trunk_id"])

    op.create_table(
        "conversation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("INBOUND", "OUTBOUND", name="CallDirection", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "QUEUED",
                "DIALING",
                "RINGING",
                "IN_PROGRESS",
                "COMPLETED",
                "FAILED",
                "CANCELLED",
                "TRANSFERRED",
                "UNANSWERED",
                name="ConversationStatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "end_reason",
            sa.Enum(
                "HANGUP",
                "BUSY",
                "NO_ANSWER",
                "REJECTED",
                "BLOCKED",
                "INVALID_NUMBER",
                "TRUNK_AUTHENTICATION",
                "CARRIER_ERROR",
                "CANCELLED",
                "TRANSFERRED",
                "NUMBER_NO_LONGER_AVAILABLE",
                "ENGINE_LOST",
                name="EndReason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("sip_status", sa.Integer(), nullable=True),
        sa.Column("agent_number", sa.String(), nullable=False),
        sa.Column("user_number", sa.String(), nullable=True),
        sa.Column("phone_number_id", sa.String(), nullable=True),
        sa.Column("agent_version_id", sa.String(), nullable=True),
        sa.Column("agent_config", sa.JSON(), nullable=True),
        sa.Column("resolution", sa.JSON(), nullable=True),
        sa.Column("initial_context", sa.String(), nullable=True),
        sa.Column("custom_metadata", sa.JSON(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("input_digest", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (status IN ('QUEUED', 'DIALING', 'RINGING', 'IN_PROGRESS'))",
            name=op.f("ck_conversation_live_until_ended"),
        ),
        sa.CheckConstraint(
            "direction = 'OUTBOUND' OR status NOT IN ('QUEUED', 'DIALING')",
            name=op.f("ck_conversation_queued_is_outbound"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_conversation_ends_with_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "agent_version_id"],
            ["agent_version.organization_id", "agent_version.id"],
            name=op.f("fk_conversation_organization_id_agent_version_id"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_conversation_organization_id")),
        sa.ForeignKeyConstraint(
            ["phone_number_id"], ["phone_number.id"], name=op.f("fk_conversation_phone_number_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_conversation_organization_id_id")),
        sa.UniqueConstraint(
            "organization_id", "idempotency_key", name=op.f("uq_conversation_organization_id_idempotency_key")
        ),
    )
    op.create_index("ix_conversation_agent_version_id", "conversation", ["agent_version_id"])
    op.create_index(
        "ix_conversation_organization_id_created_at", "conversation", ["organization_id", "created_at", "id"]
    )
    op.create_index("ix_conversation_phone_number_id_status", "conversation", ["phone_number_id", "status"])

    op.create_table(
        "transfer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "COLD", "WARM", "CONFERENCE", name="TransferKind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "REQUESTED",
                "RINGING",
                "COMPLETED",
                "FAILED",
                name="TransferStatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("transfer_number", sa.String(), nullable=False),
        sa.Column(
            "displayed_number",
            sa.Enum(
                "TRANSFEREE_NUMBER",
                "AGENT_NUMBER",
                name="DisplayedNumber",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("caller_id", sa.String(), nullable=True),
        sa.Column(
            "mechanism",
            sa.Enum(
                "SIP_REFER", "DIAL", name="TransferMechanism", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("sip_status", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"],
            ["conversation.organization_id", "conversation.id"],
            name=op.f("fk_transfer_organization_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index("ix_transfer_conversation_id_created_at", "transfer", ["conversation_id", "created_at", "id"])
