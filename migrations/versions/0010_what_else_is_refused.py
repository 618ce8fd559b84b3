"""Refuse more by triggers: others' numbers, calls dialed twice, REPLACE on SQLite. Add the table of budgets."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_refusing_trigger, on_postgres

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OWN = (
    "EXISTS (SELECT 1 FROM phone_number WHERE id = NEW.phone_number_id"
    " AND organization_id = NEW.organization_id AND e164 = NEW.agent_number)"
)
# Asked only where the number is not the organization's own.
BORROWED = (
    "(SELECT organization_id FROM phone_number WHERE id = NEW.phone_number_id AND shareable AND e164 = NEW.agent_number)"
    " IN (WITH RECURSIVE line (above) AS (SELECT parent_id FROM organization WHERE id = NEW.organization_id"
    " UNION ALL SELECT parent_id FROM organization JOIN line ON id = above)"
    " SELECT above FROM line WHERE above IS NOT NULL)"
)
REFUSED = {
    "conversation_goes_over_a_number_of_its_own_or_a_borrowed_one": (
        "INSERT ON conversation",
        f"NEW.phone_number_id IS NOT NULL AND NOT {OWN}"
        f" AND (NEW.direction <> 'OUTBOUND' OR COALESCE({BORROWED}, FALSE) = FALSE)",
    ),
    "conversation_keeps_its_number": (
        "UPDATE OF phone_number_id ON conversation",
        "OLD.phone_number_id IS NOT NEW.phone_number_id AND (NEW.phone_number_id IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM phone_number WHERE id = OLD.phone_number_id))",
    ),
    "conversation_keeps_what_was_asked_of_it": (
        "UPDATE OF id, agent_version_id, agent_config, initial_context, custom_metadata, input_digest ON conversation",
        "OLD.id <> NEW.id OR OLD.agent_version_id IS NOT NEW.agent_version_id"
        " OR OLD.initial_context IS NOT NEW.initial_context OR OLD.input_digest IS NOT NEW.input_digest"
        " OR CAST(OLD.agent_config AS TEXT) IS NOT CAST(NEW.agent_config AS TEXT)"
        " OR CAST(OLD.custom_metadata AS TEXT) IS NOT CAST(NEW.custom_metadata AS TEXT)",
    ),
    "conversation_starts_dialed_or_queued": (
        "INSERT ON conversation",
        "(NEW.status = 'DIALING' AND NEW.dialed_at IS NULL) OR (NEW.status = 'QUEUED' AND NEW.dialed_at IS NOT NULL)",
    ),
    "conversation_is_dialed_when_it_is_taken": (
        "UPDATE OF status, dialed_at ON conversation",
        "(NEW.status = 'DIALING' AND NEW.dialed_at IS NULL) OR (NEW.status = 'QUEUED' AND NEW.dialed_at IS NOT NULL)"
        " OR (OLD.dialed_at IS NULL AND NEW.dialed_at IS NOT NULL AND OLD.status <> 'QUEUED')",
    ),
    "transfer_keeps_its_id": ("UPDATE OF id ON transfer", "OLD.id <> NEW.id"),
}

# SQLite: REPLACE deletes the row that is there and inserts another, which no trigger of an UPDATE hears of.
UNIQUE = {
    "organization": ("id = NEW.id", "slug = NEW.slug"),
    "api_key": ("id = NEW.id",),
    "trunk": ("id = NEW.id",),
    "agent": ("id = NEW.id",),
    "agent_version": ("id = NEW.id", "agent_id = NEW.agent_id AND number = NEW.number"),
    "phone_number": ("id = NEW.id", "e164 = NEW.e164"),
    "conversation": (
        "id = NEW.id",
        "organization_id = NEW.organization_id AND idempotency_key = NEW.idempotency_key",
        "engine_reference = NEW.engine_reference",
    ),
    "transfer": ("id = NEW.id", "conversation_id = NEW.conversation_id AND ended_at IS NULL AND NEW.ended_at IS NULL"),
}


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("api_key_id", sa.String(), primary_key=True),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("leased", sa.Float(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
    )
    for name, (event, refused) in REFUSED.items():
        create_refusing_trigger(name, event, refused)
    if on_postgres():
        return
    for table, keys in UNIQUE.items():
        there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in keys)
        create_refusing_trigger(f"{table}_is_there_already", f"INSERT ON {table}", there)
