"""Check that the database's Alembic revision is one that this version knows."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory


class DatabaseTooNew(Exception):
    """A later version has migrated the database; this one must not write to it."""


class NotMigrated(Exception):
    """The database lacks migrations, and the serving role may not run them."""


def require_current(connection: sa.Connection, scripts: ScriptDirectory) -> None:
    """Raise `NotMigrated` unless all migrations have run."""
    if sorted(MigrationContext.configure(connection).get_current_heads()) != sorted(scripts.get_heads()):
        raise NotMigrated(
            "its tables are not of this version: set DIALTREE_MIGRATION_DATABASE_URL to the role that owns the database,"
            " for this command or for `python server.py migrate`"
        )


def require_known(connection: sa.Connection, scripts: ScriptDirectory) -> None:
    """Raise `DatabaseTooNew` unless this version knows the database's revision."""
    known = {script.revision for script in scripts.walk_revisions()}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in known:
            raise DatabaseTooNew(
                f"The database is at revision {revision}, which this version of Dialtree does not know: a newer one"
                " has migrated it. Start that version, or restore a backup from before."
            )
