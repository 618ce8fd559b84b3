"""Cache the tables' revisions until `PRAGMA data_version` says that another connection has committed."""

import sqlite3

import sqlalchemy as sa

from storage.compiled_statement import execute_raw
from storage.session import TableRevisions

SELECT_REVISIONS = "SELECT name, number FROM revision"


class RevisionCache:
    """Reads the revisions on its own connection, where `data_version` changes with every commit of another."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.connect()
        self._driver: sqlite3.Connection = self._connection.connection.dbapi_connection  # type: ignore[assignment]
        self._driver.execute("PRAGMA busy_timeout=0")
        self._version = -1
        self._revisions: TableRevisions = {}

    def revisions(self) -> TableRevisions | None:
        """Return the revisions; None while another process has locked the file."""
        try:
            ((version,),) = execute_raw(self._driver, "PRAGMA data_version")
            if version != self._version:
                self._revisions = dict(execute_raw(self._driver, SELECT_REVISIONS))
                self._version = version
        except sa.exc.OperationalError:
            return None
        return self._revisions

    def close(self) -> None:
        self._connection.close()
