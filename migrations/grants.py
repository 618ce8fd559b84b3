"""Grant the serving role its rights on the tables."""

import sqlalchemy as sa


def grant_serving_rights(connection: sa.Connection, role: str) -> None:
    """Grant reading and writing rows; the audit log can only be added to."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    for right in (
        "USAGE ON SCHEMA public",
        "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
        "USAGE ON ALL SEQUENCES IN SCHEMA public",
    ):
        connection.exec_driver_sql(f"GRANT {right} TO {quoted}")
    connection.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}")
    if connection.scalar(sa.text("SELECT to_regclass('audit_event')")):
        connection.exec_driver_sql(f"REVOKE UPDATE, DELETE ON audit_event FROM {quoted}")
