"""An attempt to reach a contact is a conversation: what it has besides, and what its end does to the contact.

Triggers do that, whoever ends the conversation: the outcome, the contact's next state and the counts are one commit.
"""

import sqlalchemy as sa
from alembic import op

from migrations.constraints import add_enum_values
from migrations.triggers import create_after_trigger, create_refusing_trigger, on_postgres

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OUTCOMES = (
    *("REACHED", "TRANSFERRED", "BUSY", "NO_ANSWER", "REJECTED", "VOICEMAIL", "CALL_BACK", "DO_NOT_CALL"),
    *("CARRIER_ERROR", "INVALID_NUMBER", "BLOCKED", "LOST", "CANCELLED"),
)
# Somebody who was answered by nobody we know of may have been called: LOST is never retried.
OUTCOME_OF_END = (
    "CASE WHEN NEW.end_reason IN ('CARRIER_ERROR', 'AGENT_UNREACHABLE', 'TRUNK_AUTHENTICATION')"
    " AND NEW.answered_at IS NOT NULL THEN 'LOST' ELSE CASE NEW.end_reason WHEN 'HANGUP' THEN 'REACHED'"
    " WHEN 'TRANSFERRED' THEN 'TRANSFERRED' WHEN 'BUSY' THEN 'BUSY' WHEN 'NO_ANSWER' THEN 'NO_ANSWER'"
    " WHEN 'REJECTED' THEN 'REJECTED' WHEN 'BLOCKED' THEN 'BLOCKED' WHEN 'INVALID_NUMBER' THEN 'INVALID_NUMBER'"
    " WHEN 'CANCELLED' THEN 'CANCELLED' WHEN 'ENGINE_LOST' THEN 'LOST' ELSE 'CARRIER_ERROR' END END"
)
OF_CAMPAIGN = "FROM campaign WHERE id = NEW.campaign_id"
IS_OVER = f"(SELECT ended_at {OF_CAMPAIGN}) IS NOT NULL"
HAS_ENDED = "NEW.attempt_number IS NOT NULL AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL"
# As in calling/refusals.py.
NUMBER_SUPPRESSED = "The number must not be called. Call another, or ask whoever manages the suppressions."
SUPPRESSED = "NEW.end_reason = 'NUMBER_SUPPRESSED'"


def upgrade() -> None:
    for column, kind in (("campaign_id", sa.String()), ("contact_id", sa.String()), ("attempt_number", sa.Integer())):
        op.add_column("conversation", sa.Column(column, kind, nullable=True))
    outcomes = ", ".join(f"'{each}'" for each in OUTCOMES)
    check = f'CONSTRAINT "ck_conversation_AttemptOutcome" CHECK (attempt_outcome IN ({outcomes}))'
    op.execute(f"ALTER TABLE conversation ADD COLUMN attempt_outcome VARCHAR(40) {check}")
    op.add_column("conversation", sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=True))
    add_enum_values("conversation", "end_reason", "EndReason", "NUMBER_SUPPRESSED", "WINDOW_CLOSED")
    op.create_index("ix_conversation_phone_number_id_created_at", "conversation", ["phone_number_id", "created_at"])
    for name, columns, condition, unique in (
        ("campaign_id", ["campaign_id", "created_at", "id"], "campaign_id IS NOT NULL", False),
        ("contact_id", ["contact_id", "created_at", "id"], "contact_id IS NOT NULL", False),
        ("attempt", ["contact_id", "attempt_number"], "attempt_number IS NOT NULL", True),
        ("campaign_live", ["campaign_id"], "campaign_id IS NOT NULL AND ended_at IS NULL", False),
    ):
        where = sa.text(condition)
        op.create_index(
            f"ix_conversation_{name}",
            "conversation",
            columns,
            unique=unique,
            sqlite_where=where,
            postgresql_where=where,
        )
    create_refusing_trigger(
        "conversation_keeps_its_contact",
        "UPDATE OF campaign_id, contact_id, attempt_number ON conversation",
        "OLD.campaign_id IS NOT NEW.campaign_id OR OLD.contact_id IS NOT NEW.contact_id"
        " OR (OLD.attempt_number IS NOT NEW.attempt_number AND NEW.attempt_number IS NOT NULL)",
    )
    create_after_trigger(
        "withdraw_attempt", "UPDATE OF ended_at ON conversation", _withdraw(), f"{HAS_ENDED} AND NEW.dialed_at IS NULL"
    )
    create_after_trigger(
        "end_attempt",
        "UPDATE OF ended_at ON conversation",
        f"UPDATE conversation SET attempt_outcome = {OUTCOME_OF_END} WHERE id = NEW.id",
        f"{HAS_ENDED} AND NEW.dialed_at IS NOT NULL AND NEW.attempt_outcome IS NULL",
    )
    create_after_trigger(
        "settle_attempt",
        "UPDATE OF attempt_outcome, ended_at ON conversation",
        _settle(),
        "NEW.attempt_number IS NOT NULL AND NEW.ended_at IS NOT NULL AND NEW.attempt_outcome IS NOT NULL"
        " AND (OLD.ended_at IS NULL OR OLD.attempt_outcome IS NOT NEW.attempt_outcome)",
    )
    _count_attempts()


def _withdraw() -> str:
    """Return SQL for an attempt that was not dialed, and does not count: the contact waits, or may not be called."""
    return (
        "UPDATE conversation SET attempt_number = NULL WHERE id = NEW.id;"
        f" UPDATE contact SET status = CASE WHEN {SUPPRESSED} THEN 'REFUSED' WHEN {IS_OVER} THEN 'EXPIRED'"
        f" ELSE 'PENDING' END, refusal_code = CASE WHEN {SUPPRESSED} THEN 'NUMBER_SUPPRESSED' END,"
        f" refusal_message = CASE WHEN {SUPPRESSED} THEN '{NUMBER_SUPPRESSED}' END,"
        " is_fresh = (attempt_count = 1), attempt_count = attempt_count - 1"
        " WHERE id = NEW.contact_id AND status = 'IN_CALL'"
    )


def _settle() -> str:
    """Return SQL for a last attempt: the contact was reached, is called again after a delay, or is not."""
    if on_postgres():
        delay = f"(SELECT CAST(retry_delays ->> NEW.attempt_outcome AS integer) {OF_CAMPAIGN})"
        later = f"GREATEST(NEW.ended_at + make_interval(mins => {delay}), not_before)"
    else:
        delay = f"(SELECT json_extract(retry_delays, '$.' || NEW.attempt_outcome) {OF_CAMPAIGN})"
        later = f"strftime('%Y-%m-%d %H:%M:%f000', NEW.ended_at, '+' || {delay} || ' minutes')"
        later = f"max({later}, COALESCE(not_before, ''))"
    again = (
        f"attempt_count < (SELECT max_attempts {OF_CAMPAIGN}) AND (NEW.attempt_outcome = 'CALL_BACK' OR {delay} > 0)"
    )
    return (
        "UPDATE contact SET status = CASE WHEN NEW.attempt_outcome IN ('REACHED', 'TRANSFERRED', 'DO_NOT_CALL')"
        f" THEN 'REACHED' WHEN {IS_OVER} THEN 'EXPIRED' WHEN {again} THEN 'PENDING' ELSE 'EXHAUSTED' END,"
        " due_at = CASE WHEN NEW.attempt_outcome = 'CALL_BACK' THEN COALESCE(not_before, NEW.ended_at)"
        f" WHEN {delay} > 0 THEN {later} ELSE due_at END, wait_reason = 'RETRY', is_fresh = (1 = 0)"
        " WHERE id = NEW.contact_id AND attempt_count = NEW.attempt_number AND status NOT IN ('REMOVED', 'REFUSED')"
    )


def count(kind: str, key: str, by: int, row: str = "NEW") -> str:
    """Return SQL that adds to a count of the attempt's campaign. A connection has a shard of its own on PostgreSQL."""
    shard = "pg_backend_pid() % 1024" if on_postgres() else "0"
    return (
        f"INSERT INTO contact_count (campaign_id, kind, key, shard, count)"
        f" VALUES ({row}.campaign_id, '{kind}', {key}, {shard}, {by})"
        f" ON CONFLICT (campaign_id, kind, key, shard) DO UPDATE SET count = contact_count.count + {by}"
    )


def _count_attempts() -> None:
    create_after_trigger(
        "count_attempt_insert", "INSERT ON conversation", count("attempts", "''", 1), "NEW.attempt_number IS NOT NULL"
    )
    create_after_trigger(
        "count_attempt_withdrawn",
        "UPDATE OF attempt_number ON conversation",
        count("attempts", "''", -1),
        "OLD.attempt_number IS NOT NULL AND NEW.attempt_number IS NULL",
    )
    create_after_trigger(
        "count_attempt_outcome",
        "UPDATE OF attempt_outcome ON conversation",
        count("outcome", "NEW.attempt_outcome", 1),
        "NEW.attempt_outcome IS NOT NULL AND OLD.attempt_outcome IS NOT NEW.attempt_outcome",
    )
    create_after_trigger(
        "count_attempt_outcome_changed",
        "UPDATE OF attempt_outcome ON conversation",
        count("outcome", "OLD.attempt_outcome", -1),
        "OLD.attempt_outcome IS NOT NULL AND OLD.attempt_outcome IS NOT NEW.attempt_outcome",
    )
    # Pruning deletes what ended long ago.
    create_after_trigger(
        "count_attempt_delete",
        "DELETE ON conversation",
        count("attempts", "''", -1, row="OLD"),
        "OLD.attempt_number IS NOT NULL",
    )
    create_after_trigger(
        "count_attempt_outcome_delete",
        "DELETE ON conversation",
        count("outcome", "OLD.attempt_outcome", -1, row="OLD"),
        "OLD.attempt_outcome IS NOT NULL",
    )
