"""The life of campaigns is in the audit; calls that ended last, and campaigns whose end comes, have indexes."""

import sqlalchemy as sa
from alembic import op

from migrations.audit_triggers import create_audit_trigger
from migrations.constraints import add_enum_values
from migrations.json_sql import json_column, json_datetime, json_object
from migrations.triggers import create_after_trigger, on_postgres

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OUTCOMES = (
    *("REACHED", "TRANSFERRED", "BUSY", "NO_ANSWER", "REJECTED", "VOICEMAIL", "CALL_BACK", "DO_NOT_CALL"),
    *("CARRIER_ERROR", "INVALID_NUMBER", "BLOCKED", "LOST", "CANCELLED"),
)
INDEXES = (
    ("ix_campaign_ends_at", "campaign", ["ends_at"], "ended_at IS NULL AND ends_at IS NOT NULL"),
    ("ix_campaign_status", "campaign", ["organization_id", "status", "created_at", "id"], None),
    (
        "ix_conversation_campaign_ended",
        "conversation",
        ["campaign_id", "ended_at"],
        "campaign_id IS NOT NULL AND ended_at IS NOT NULL",
    ),
)


def upgrade() -> None:
    op.add_column("campaign", sa.Column("running_since", sa.DateTime(timezone=True), nullable=True))
    for name, table, columns, condition in INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    _keep_last_outcome()
    _audit()
    _count_numbers()


def _keep_last_outcome() -> None:
    outcomes = ", ".join(f"'{each}'" for each in OUTCOMES)
    check = f'CONSTRAINT "ck_contact_AttemptOutcome" CHECK (last_outcome IN ({outcomes}))'
    op.execute(f"ALTER TABLE contact ADD COLUMN last_outcome VARCHAR(40) {check}")
    where = sa.text("last_outcome IS NOT NULL")
    columns = ["campaign_id", "last_outcome", "status", "created_at", "id"]
    op.create_index("ix_contact_outcome", "contact", columns, sqlite_where=where, postgresql_where=where)
    create_after_trigger(
        "keep_last_outcome",
        "UPDATE OF attempt_outcome ON conversation",
        "UPDATE contact SET last_outcome = NEW.attempt_outcome"
        " WHERE id = NEW.contact_id AND attempt_count = NEW.attempt_number",
        "NEW.attempt_outcome IS NOT NULL AND OLD.attempt_outcome IS NOT NEW.attempt_outcome",
    )


def _settings(row: str) -> str:
    return json_object(
        name=f"{row}.name",
        revision=f"{row}.revision",
        agentVersionId=f"{row}.agent_version_id",
        agentNumber=f"{row}.agent_number",
        windows=json_column(f"{row}.windows"),
        closedDates=json_column(f"{row}.closed_dates"),
        defaultTimeZone=f"{row}.default_time_zone",
        maxAttempts=f"{row}.max_attempts",
        retryDelays=json_column(f"{row}.retry_delays"),
        maxConcurrentCalls=f"{row}.max_concurrent_calls",
        callsPerMinute=f"{row}.calls_per_minute",
        weight=f"{row}.weight",
        startsAt=json_datetime(f"{row}.starts_at"),
        endsAt=json_datetime(f"{row}.ends_at"),
    )


def _state(row: str) -> str:
    return json_object(status=f"{row}.status", pauseReason=f"{row}.pause_reason")


def _audit() -> None:
    actions = ("CREATED", "UPDATED", "STARTED", "PAUSED", "ENDED")
    add_enum_values("audit_event", "action", "AuditAction", *(f"CAMPAIGN_{each}" for each in actions))
    create_audit_trigger(
        "campaign_created",
        "INSERT ON campaign",
        "CAMPAIGN_CREATED",
        before="NULL",
        after=_settings("NEW"),
        condition="TRUE",
    )
    create_audit_trigger(
        "campaign_updated",
        "UPDATE OF revision ON campaign",
        "CAMPAIGN_UPDATED",
        before=_settings("OLD"),
        after=_settings("NEW"),
        condition="NEW.revision <> OLD.revision",
    )
    for action, statuses in (("STARTED", "'RUNNING'"), ("PAUSED", "'PAUSED'"), ("ENDED", "'COMPLETED', 'CANCELLED'")):
        create_audit_trigger(
            f"campaign_{action.lower()}",
            "UPDATE OF status ON campaign",
            f"CAMPAIGN_{action}",
            before=_state("OLD"),
            after=_state("NEW"),
            condition=f"NEW.status <> OLD.status AND NEW.status IN ({statuses})",
        )


def _count(row: str, by: int) -> str:
    """Return SQL that adds to the count of a campaign's contacts by the number that they were called from last."""
    shard = "pg_backend_pid() % 1024" if on_postgres() else "0"
    return (
        f"INSERT INTO contact_count (campaign_id, kind, key, shard, count)"
        f" VALUES ({row}.campaign_id, 'number', {row}.last_agent_number, {shard}, {by})"
        f" ON CONFLICT (campaign_id, kind, key, shard) DO UPDATE SET count = contact_count.count + {by}"
    )


def _count_numbers() -> None:
    event, changed = "UPDATE OF last_agent_number ON contact", "NEW.last_agent_number IS NOT OLD.last_agent_number"
    create_after_trigger(
        "count_number_of_contact", event, _count("NEW", 1), f"{changed} AND NEW.last_agent_number IS NOT NULL"
    )
    create_after_trigger(
        "count_number_of_contact_before", event, _count("OLD", -1), f"{changed} AND OLD.last_agent_number IS NOT NULL"
    )
