"""Add indexes for each filter in each order, and the search tables of digits and metadata."""

import sqlalchemy as sa
from alembic import op

from migrations.triggers import create_after_trigger, on_postgres

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ORDERS = ("e164", "created_at", "updated_at")
REPLACED = {
    "phone_number": ("trunk_id", "inbound_agent_version_id", "outbound_agent_version_id", "organization_id_e164"),
    "conversation": ("agent_version_id",),
}
INDEXES = {
    "ix_phone_number_organization_id_e164": ("phone_number", "organization_id", "e164", "id"),
    **{f"ix_phone_number_trunk_{by}": ("phone_number", "trunk_id", "shareable", by, "id") for by in ORDERS},
    "ix_conversation_agent_version_id": ("conversation", "agent_version_id", "created_at", "id"),
    "ix_conversation_direction_status": (
        "conversation",
        *("organization_id", "direction", "status", "created_at", "id"),
    ),
    "ix_audit_event_subject_id": ("audit_event", "organization_id", "subject_id", "created_at", "id"),
    "ix_audit_event_action": ("audit_event", "organization_id", "action", "created_at", "id"),
    "ix_agent_version_agent_id_created_at": ("agent_version", "agent_id", "created_at", "id"),
}
# A member of metadata as it is kept, with its type: what it begins with will do.
BRIEF = {
    True: "left(key, 64), left(value::text, 64)",
    False: "substr(key, 1, 64), type || substr(coalesce(value, ''), 1, 64)",
}


def upgrade() -> None:
    for table, names in REPLACED.items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}", table)
    for name, (table, *columns) in INDEXES.items():
        op.create_index(name, table, columns)
    for by in ORDERS:
        _numbers_by_their_slots(by)
    _metadata()
    _digits_on_postgres() if on_postgres() else _digits_on_sqlite()


def _numbers_by_their_slots(by: str) -> None:
    filled = [sa.text(f"({slot}_assigned_at IS NOT NULL)") for slot in ("inbound", "outbound")]
    op.create_index(f"ix_phone_number_slots_{by}", "phone_number", ["organization_id", *filled, by, "id"])
    for slot in ("inbound", "outbound"):
        holds = f"{slot}_agent_version_id"
        where = sa.text(f"{holds} IS NOT NULL")
        op.create_index(
            f"ix_phone_number_{slot}_{by}",
            "phone_number",
            [holds, by, "id"],
            sqlite_where=where,
            postgresql_where=where,
        )


def _metadata() -> None:
    columns = ("organization_id", "key", "value", "created_at", "id")
    op.create_table(
        "conversation_metadata",
        *(sa.Column(each, _kind(each), nullable=False) for each in columns),
        sa.PrimaryKeyConstraint(*columns, name=op.f("pk_conversation_metadata")),
        sqlite_with_rowid=False,
    )
    brief = BRIEF[on_postgres()]

    def kept(row: str) -> str:
        return (
            f"INSERT INTO conversation_metadata SELECT {row}.organization_id, {brief}, {row}.created_at, {row}.id"
            f" FROM {{}}json_each({row}.custom_metadata) WHERE TRUE ON CONFLICT DO NOTHING"
        )

    op.get_bind().exec_driver_sql(kept("conversation").format("conversation, "))
    create_after_trigger(
        "search_conversation_metadata_insert",
        "INSERT ON conversation",
        kept("NEW").format(""),
        condition="NEW.custom_metadata IS NOT NULL",
    )
    create_after_trigger(
        "search_conversation_metadata_delete",
        "DELETE ON conversation",
        "DELETE FROM conversation_metadata WHERE organization_id = OLD.organization_id AND (key, value) IN"
        f" (SELECT {brief} FROM json_each(OLD.custom_metadata)) AND created_at = OLD.created_at AND id = OLD.id",
        condition="OLD.custom_metadata IS NOT NULL",
    )


def _digits_on_postgres() -> None:
    """Create a trigram index if the extension pg_trgm may be created; without it, a search reads all numbers."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError:
        return
    op.execute("CREATE INDEX phone_number_digits ON phone_number USING gin (e164 gin_trgm_ops)")


def _digits_on_sqlite() -> None:
    """Create the search index: rowids are in the order of E.164, and one trigram marks a number's owner or lender."""
    run = op.get_bind().exec_driver_sql
    run(
        "CREATE VIRTUAL TABLE phone_number_digits USING fts5"
        "(digits, kept, lent, content='', columnsize=0, tokenize='trigram case_sensitive 1')"
    )
    columns = "rowid, digits, kept, lent"
    run(
        f"INSERT INTO phone_number_digits ({columns}) SELECT {_found_by('each')} FROM phone_number AS each ORDER BY e164"
    )
    kept = f"INSERT INTO phone_number_digits ({columns}) SELECT {_found_by('NEW')}"
    gone = f"INSERT INTO phone_number_digits (phone_number_digits, {columns}) SELECT 'delete', {_found_by('OLD')}"
    create_after_trigger("search_phone_number_insert", "INSERT ON phone_number", kept)
    create_after_trigger("search_phone_number_delete", "DELETE ON phone_number", gone)
    create_after_trigger(
        "search_phone_number_update",
        "UPDATE OF shareable ON phone_number",
        f"{gone}; {kept}",
        condition="OLD.shareable <> NEW.shareable",
    )


def _found_by(row: str) -> str:
    place = f"CAST(substr(substr({row}.e164, 2) || '00000000000000', 1, 15) AS BIGINT) * 100 + length({row}.e164)"
    mark = f"char({', '.join(_character(f'{row}.organization_id', end) for end in (1, 3, 5))})"
    kept, lent = (f"CASE WHEN {row}.shareable = {shared} THEN {mark} ELSE '' END" for shared in (0, 1))
    return f"{place}, substr({row}.e164, 2), {kept}, {lent}"


def _character(text: str, end: int) -> str:
    low, high = (f"instr('0123456789abcdefghjkmnpqrstvwxyz', substr({text}, -{place}, 1))" for place in (end, end + 1))
    return f"19968 + 32 * {high} + {low}"


def _kind(column: str) -> sa.types.TypeEngine[object]:
    return sa.DateTime(timezone=True) if column == "created_at" else sa.String()
