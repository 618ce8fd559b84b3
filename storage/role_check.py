"""Refuse a PostgreSQL role that has more rights than serving (or migrating) needs.

Of the two roles, one owns the tables and migrates them; the other serves, and may read and write rows alone.
"""

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection

SETUP_INSTRUCTIONS = (
    "CREATE ROLE dialtree_owner LOGIN PASSWORD '…'; CREATE ROLE dialtree LOGIN PASSWORD '…'; CREATE DATABASE dialtree"
    " OWNER dialtree_owner; DIALTREE_DATABASE_URL names dialtree, and DIALTREE_MIGRATION_DATABASE_URL the owner"
)
# Attributes with which a role bypasses constraints and triggers, its own or those of a role it is a member of.
SELECT_FORBIDDEN_ATTRIBUTE = sa.text(
    """SELECT CASE WHEN rolsuper THEN 'SUPERUSER' WHEN rolcreaterole THEN 'CREATEROLE'
      WHEN rolbypassrls THEN 'BYPASSRLS' WHEN rolreplication THEN 'REPLICATION' ELSE rolname::text END
    FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER') AND (rolsuper OR rolcreaterole OR rolbypassrls
      OR rolreplication OR rolname IN ('pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
      'pg_execute_server_program'))
    ORDER BY NOT rolsuper, rolname = session_user LIMIT 1"""
)
# Rights that serving does not need: they allow to disable triggers or to empty tables.
SELECT_FORBIDDEN_RIGHT = sa.text(
    """SELECT what FROM (
      SELECT 'owns the database or its schema' AS what FROM pg_namespace
        WHERE nspname = current_schema() AND pg_has_role(session_user, nspowner, 'MEMBER')
      UNION ALL SELECT 'owns ' || relname FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
          AND pg_has_role(session_user, relowner, 'MEMBER')
      UNION ALL SELECT 'may TRUNCATE ' || relname || ' or make triggers of it' FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
          AND has_table_privilege(session_user, oid, 'TRUNCATE, TRIGGER')
    ) AS more LIMIT 1"""
)


class UnsafeRole(Exception):
    """A URL names a role with rights that it must not have. The message continues the name of the URL's setting."""


def reject_superuser(connection: DBAPIConnection) -> None:
    """Raise `UnsafeRole` for a superuser. PostgreSQL says so when a connection opens, so this costs no statement."""
    if connection.driver_connection.get_settings().is_superuser == "on":
        raise UnsafeRole(f"names a superuser of PostgreSQL, and Dialtree wants plain roles: {SETUP_INSTRUCTIONS}.")


def require_unprivileged(connection: sa.Connection) -> None:
    """Raise `UnsafeRole` where the role can bypass constraints and triggers."""
    if more := connection.scalar(SELECT_FORBIDDEN_ATTRIBUTE):
        raise UnsafeRole(f"names a role with {more}, and Dialtree wants plain roles: {SETUP_INSTRUCTIONS}.")


def require_serving_role(connection: sa.Connection) -> None:
    """Raise `UnsafeRole` where the role could also change tables, or do more to their rows than serving needs."""
    require_unprivileged(connection)
    if more := connection.scalar(SELECT_FORBIDDEN_RIGHT):
        raise UnsafeRole(f"names a role that {more}; whoever serves must not: {SETUP_INSTRUCTIONS}.")
