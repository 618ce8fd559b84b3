"""Keep audit events as they were written, also past REPLACE and TRUNCATE; record no rotation of secrets."""

from alembic import op

from migrations.triggers import create_ignoring_trigger, create_refusing_trigger, on_postgres

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NEVER_CHANGES = "audit_event_never_changes"
# Whoever writes under this name changes nothing that anybody could see: `models.audit_event.ROTATION_ACTOR`.
ROTATING = {
    True: "current_setting('dialtree.acting', TRUE) = 'rotate-secrets'",
    False: "EXISTS (SELECT 1 FROM acting WHERE api_key_id = 'rotate-secrets')",
}
# The order within a millisecond, in which one statement may note more than 256 events.
ORDERED = (
    ("aud_%012x%02x%s", "aud_%012x%06x%s"),
    ("FROM audit_event) % 256", "FROM audit_event) % 16777216"),
    ("randomblob(6)", "randomblob(4)"),
)


def upgrade() -> None:
    create_ignoring_trigger("audit_event_is_none_of_rotation", "INSERT ON audit_event", ROTATING[on_postgres()])
    if on_postgres():
        op.execute(
            "CREATE TRIGGER audit_event_refuses_truncate BEFORE TRUNCATE ON audit_event"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuses_delete()"
        )
        return
    known = "EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id OR rowid = NEW.rowid)"
    create_refusing_trigger("audit_event_refuses_replace", "INSERT ON audit_event", known, message=NEVER_CHANGES)
    _order()


def _order() -> None:
    """Create SQLite's audit triggers again, with ids that sort by time and order."""
    connection = op.get_bind()
    noting = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%INSERT INTO audit_event (%'"
    for name, statement in connection.exec_driver_sql(noting).all():
        for before, after in ORDERED:
            assert before in statement
            statement = statement.replace(before, after)  # noqa: PLW2901
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement)
