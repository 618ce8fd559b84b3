"""Whether a database is one that this version of Dialtree knows."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory


class NewerDatabase(Exception):
    """A later version has migrated the database: what this one would write to it, nobody can say."""


def require_known(connection: sa.Connection, scripts: ScriptDirectory) -> None:
    """Raises NewerDatabase."""
    known = {script.revision for script in scripts.walk_revisions()}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in known:
            raise NewerDatabase(
                f"The database is at revision {revision}, which this version of Dialtree does not know: a newer one"
                " has migrated it. Start that version, or restore a backup from before."
            )
