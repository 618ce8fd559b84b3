"""Record who changed what by triggers, in the same transaction; audit events never change."""

import sqlalchemy as sa
from alembic import op

from migrations.json_sql import json_boolean, json_column, json_datetime, json_object, json_or_null
from migrations.triggers import create_after_trigger, create_refusing_trigger, on_postgres

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACTIONS = (
    "ORGANIZATION_CREATED",
    "API_KEY_CREATED",
    "API_KEY_REVOKED",
    "TRUNK_CREATED",
    "TRUNK_UPDATED",
    "TRUNK_DELETED",
    "PHONE_NUMBER_CREATED",
    "PHONE_NUMBER_SHARED",
    "PHONE_NUMBER_UNSHARED",
    "PHONE_NUMBER_DELETED",
    "SLOT_ASSIGNED",
    "SLOT_CLEARED",
    "AGENT_VERSION_PUBLISHED",
)


def organization(row: str) -> str:
    return json_object(name=f"{row}.name", slug=f"{row}.slug", parentId=f"{row}.parent_id")


def api_key(row: str) -> str:
    """Return the key as audit events show it: without the hash of its secret."""
    return json_object(
        name=f"{row}.name",
        scopes=json_column(f"{row}.scopes"),
        expiresAt=json_datetime(f"{row}.expires_at"),
        revokedAt=json_datetime(f"{row}.revoked_at"),
    )


def trunk(row: str, **more: str) -> str:
    """Return the trunk as audit events show it: whether it has a password, never which."""
    outbound = json_object(
        address=f"{row}.outbound_address",
        authUsername=f"{row}.outbound_auth_username",
        hasPassword=json_boolean(f"{row}.outbound_auth_password IS NOT NULL"),
        transport=f"{row}.outbound_transport",
        mediaEncryption=f"{row}.outbound_media_encryption",
    )
    return json_object(
        name=f"{row}.name",
        kind=f"{row}.kind",
        transferMode=f"{row}.transfer_mode",
        transferCallerId=f"{row}.transfer_caller_id",
        callsPerSecond=f"{row}.calls_per_second",
        maxConcurrentCalls=f"{row}.max_concurrent_calls",
        outbound=json_or_null(f"{row}.outbound_address", outbound),
        **more,
    )


def phone_number(row: str) -> str:
    return json_object(
        e164=f"{row}.e164",
        trunkId=f"{row}.trunk_id",
        shareable=json_boolean(f"{row}.shareable"),
        inboundAgentVersionId=f"{row}.inbound_agent_version_id",
        outboundAgentVersionId=f"{row}.outbound_agent_version_id",
    )


def sharing(row: str) -> str:
    return json_object(e164=f"{row}.e164", shareable=json_boolean(f"{row}.shareable"))


def slot(row: str, direction: str) -> str:
    held = f"{row}.{direction.lower()}_agent_version_id"
    return json_object(e164=f"{row}.e164", direction=f"'{direction}'", agentVersionId=held)


def version(row: str) -> str:
    published = json_boolean(f"{row}.published_at IS NOT NULL")
    return json_object(agentId=f"{row}.agent_id", number=f"{row}.number", published=published)


TRUNK_COLUMNS = (
    *("name", "transfer_mode", "transfer_caller_id", "calls_per_second", "max_concurrent_calls", "outbound_address"),
    *("outbound_auth_username", "outbound_auth_password", "outbound_transport", "outbound_media_encryption"),
)
ANYTHING = " OR ".join(f"OLD.{each} IS NOT NEW.{each}" for each in TRUNK_COLUMNS)
HAS_ANOTHER = "OLD.outbound_auth_password IS NOT NEW.outbound_auth_password"


def audited() -> dict[str, tuple[str, ...]]:
    """Return, for each trigger, its event, its condition, the action as SQL, and the subject before and after."""
    return {
        "organization_created": (
            "INSERT ON organization",
            "TRUE",
            "'ORGANIZATION_CREATED'",
            "NULL",
            organization("NEW"),
        ),
        "api_key_created": ("INSERT ON api_key", "TRUE", "'API_KEY_CREATED'", "NULL", api_key("NEW")),
        "api_key_revoked": (
            "UPDATE OF revoked_at ON api_key",
            "OLD.revoked_at IS NOT NEW.revoked_at",
            "'API_KEY_REVOKED'",
            api_key("OLD"),
            api_key("NEW"),
        ),
        "trunk_created": ("INSERT ON trunk", "TRUE", "'TRUNK_CREATED'", "NULL", trunk("NEW")),
        "trunk_updated": (
            "UPDATE ON trunk",
            ANYTHING,
            "'TRUNK_UPDATED'",
            trunk("OLD"),
            trunk("NEW", passwordChanged=json_boolean(HAS_ANOTHER)),
        ),
        "trunk_deleted": ("DELETE ON trunk", "TRUE", "'TRUNK_DELETED'", trunk("OLD"), "NULL"),
        "phone_number_created": (
            "INSERT ON phone_number",
            "TRUE",
            "'PHONE_NUMBER_CREATED'",
            "NULL",
            phone_number("NEW"),
        ),
        "phone_number_shared": (
            "UPDATE OF shareable ON phone_number",
            "OLD.shareable <> NEW.shareable",
            "CASE WHEN NEW.shareable THEN 'PHONE_NUMBER_SHARED' ELSE 'PHONE_NUMBER_UNSHARED' END",
            sharing("OLD"),
            sharing("NEW"),
        ),
        "phone_number_deleted": (
            "DELETE ON phone_number",
            "TRUE",
            "'PHONE_NUMBER_DELETED'",
            phone_number("OLD"),
            "NULL",
        ),
        **{
            f"{direction.lower()}_slot_written": (
                f"UPDATE OF {held} ON phone_number",
                f"OLD.{held} IS NOT NEW.{held}",
                f"CASE WHEN NEW.{held} IS NULL THEN 'SLOT_CLEARED' ELSE 'SLOT_ASSIGNED' END",
                slot("OLD", direction),
                slot("NEW", direction),
            )
            for direction, held in (("INBOUND", "inbound_agent_version_id"), ("OUTBOUND", "outbound_agent_version_id"))
        },
        "agent_version_published": (
            "UPDATE OF published_at ON agent_version",
            "OLD.published_at IS NULL AND NEW.published_at IS NOT NULL",
            "'AGENT_VERSION_PUBLISHED'",
            version("OLD"),
            version("NEW"),
        ),
    }


# Ids have the form of all others: the time in milliseconds, the order within one, and what nobody can guess.
ON_SQLITE = {
    "id": "printf('aud_%012x%02x%s', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),"
    " (SELECT COALESCE(MAX(rowid), 0) FROM audit_event) % 256, lower(hex(randomblob(6))))",
    "acting": "(SELECT api_key_id FROM acting)",
    "moment": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
}
ON_POSTGRES = {
    "id": "'aud_' || lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')"
    " || lpad(to_hex(nextval('audit_event_order') % 256), 2, '0') || right(gen_random_uuid()::text, 12)",
    "acting": "NULLIF(current_setting('dialtree.acting', TRUE), '')",
    "moment": "clock_timestamp()",
}


def upgrade() -> None:
    op.create_table("acting", sa.Column("api_key_id", sa.String(), primary_key=True))
    op.create_table(
        "audit_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column(
            "action",
            sa.Enum(*ACTIONS, name="AuditAction", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("api_key_id", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_audit_event_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_organization_id_created_at", "audit_event", ["organization_id", "created_at", "id"])
    if on_postgres():
        op.execute("CREATE SEQUENCE audit_event_order")
    say = ON_POSTGRES if on_postgres() else ON_SQLITE
    for name, (event, worth_noting, action, before, after) in audited().items():
        row = "OLD" if event.startswith("DELETE") else "NEW"
        owner = f"{row}.id" if event.endswith(" organization") else f"{row}.organization_id"
        statement = (
            "INSERT INTO audit_event (id, organization_id, action, api_key_id, subject_id, before, after, created_at)"
            f" VALUES ({say['id']}, {owner}, {action}, {say['acting']}, {row}.id, {before}, {after}, {say['moment']})"
        )
        create_after_trigger(f"audit_{name}", event, statement, worth_noting)
    for event in ("UPDATE", "DELETE"):
        name = f"audit_event_refuses_{event.lower()}"
        create_refusing_trigger(name, f"{event} ON audit_event", "TRUE", message="audit_event_never_changes")
