"""The pool of a campaign is in its audit events; contacts are listed by what was stored that they wait for.

The pool is stored beside the campaign as it was set, so that one event has all of an edit.
"""

import sqlalchemy as sa
from alembic import op

from migrations.audit_triggers import create_audit_trigger
from migrations.json_sql import json_column, json_datetime, json_object, json_or_null
from migrations.triggers import on_postgres

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("audited_pool", sa.JSON(), nullable=True))
    is_waiting = sa.text("status = 'PENDING' AND wait_reason IS NOT NULL")
    columns = ["campaign_id", "wait_reason", "created_at", "id"]
    op.create_index("ix_contact_waiting", "contact", columns, sqlite_where=is_waiting, postgresql_where=is_waiting)
    _fill()
    for name in ("audit_campaign_created", "audit_campaign_updated"):
        if on_postgres():
            op.execute(f"DROP FUNCTION {name} CASCADE")
        else:
            op.execute(f"DROP TRIGGER {name}")
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


def _fill() -> None:
    """Have campaigns that are stored already say which pool they have."""
    entry = json_object(
        e164="number.e164", callsPerDay="pool.calls_per_day", maxConcurrentCalls="pool.max_concurrent_calls"
    )
    together = "json_agg" if on_postgres() else "json_group_array"
    pools = (
        f"SELECT {together}({entry}) FROM pool_number pool JOIN phone_number number ON number.id = pool.phone_number_id"
        " WHERE pool.campaign_id = campaign.id HAVING count(*) > 0"
    )
    op.execute(f"UPDATE campaign SET audited_pool = ({pools})")


def _settings(row: str) -> str:
    """Return SQL for what an event says of a campaign: what 0028 says, and the pool."""
    pool = f"{row}.audited_pool"
    return json_object(
        name=f"{row}.name",
        revision=f"{row}.revision",
        agentVersionId=f"{row}.agent_version_id",
        agentNumber=f"{row}.agent_number",
        pool=json_or_null(pool, json_column(pool)),
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
