"""Add the columns and indexes of placing calls, and refuse by triggers to dial twice."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_after_trigger, create_refusing_trigger

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = {
    "conversation": {
        "engine_reference": sa.String(),
        "dialed_at": sa.DateTime(timezone=True),
        "hang_up_requested_at": sa.DateTime(timezone=True),
    },
    "transfer": {
        "supervisor_instructions": sa.String(),
        "asked_at": sa.DateTime(timezone=True),
        "begun_at": sa.DateTime(timezone=True),
    },
}
# Each over the rows of its condition alone: name, table, columns, condition, unique.
INDEXES = (
    ("queued", "conversation", ["organization_id", "created_at", "id"], "status = 'QUEUED'", False),
    ("called", "conversation", ["dialed_at", "created_at"], "status IN ('DIALING', 'RINGING', 'IN_PROGRESS')", False),
    ("engine_reference", "conversation", ["engine_reference"], "engine_reference IS NOT NULL", True),
    ("one_at_a_time", "transfer", ["conversation_id"], "ended_at IS NULL", True),
)
REFUSED = {
    "conversation_is_dialed_once": (
        "UPDATE OF dialed_at, engine_reference ON conversation",
        "(OLD.dialed_at IS NOT NULL AND OLD.dialed_at IS NOT NEW.dialed_at)"
        " OR OLD.engine_reference IS NOT NEW.engine_reference",
    ),
    "transfer_keeps_what_it_was_asked_for": (
        "UPDATE ON transfer",
        "OLD.organization_id <> NEW.organization_id OR OLD.conversation_id <> NEW.conversation_id"
        " OR OLD.kind <> NEW.kind OR OLD.transfer_number <> NEW.transfer_number"
        " OR OLD.caller_id IS NOT NEW.caller_id OR OLD.mechanism IS NOT NEW.mechanism"
        " OR OLD.created_at <> NEW.created_at OR (OLD.asked_at IS NOT NULL AND OLD.asked_at IS NOT NEW.asked_at)",
    ),
    "transfer_final_status_never_changes": (
        "UPDATE OF status, ended_at ON transfer",
        "OLD.ended_at IS NOT NULL AND (OLD.status <> NEW.status OR OLD.ended_at IS NOT NEW.ended_at)",
    ),
    "transfer_never_goes_back": ("UPDATE OF status ON transfer", "OLD.status = 'RINGING' AND NEW.status = 'REQUESTED'"),
    "transfer_is_open_until_ended": (
        "UPDATE OF status, ended_at ON transfer",
        "(NEW.ended_at IS NULL) <> (NEW.status IN ('REQUESTED', 'RINGING'))",
    ),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    for name, table, columns, condition, unique in INDEXES:
        where = sa.text(condition)
        op.create_index(f"ix_{table}_{name}", table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
    for name, (event, refused) in REFUSED.items():
        create_refusing_trigger(name, event, refused)
    for event in ("INSERT", "UPDATE"):
        create_after_trigger(
            f"note_transfer_{event.lower()}",
            f"{event} ON transfer",
            "INSERT INTO change (kind, subject_id, organization_id, shared)"
            " VALUES ('CONVERSATION', NEW.conversation_id, NEW.organization_id, FALSE)",
        )
