"""Watching a SQLite file for changes, of this process and of others, for the price of looking at a counter."""

import sqlite3

import sqlalchemy as sa

from models.light import run
from models.session import Revisions

REVISIONS = "SELECT name, number FROM revision"


class Watch:
    """A connection that does nothing else: SQLite tells it whether anybody has committed since it last looked."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.connect()
        self._driver: sqlite3.Connection = self._connection.connection.dbapi_connection  # type: ignore[assignment]
        self._driver.execute("PRAGMA busy_timeout=0")
        self._version = -1
        self._revisions: Revisions = {}

    def revisions(self) -> Revisions | None:
        """None where somebody holds the file just now: whoever asks does without."""
        try:
            ((version,),) = run(self._driver, "PRAGMA data_version")
            if version != self._version:
                self._revisions = dict(run(self._driver, REVISIONS))
                self._version = version
        except sa.exc.OperationalError:
            return None
        return self._revisions

    def close(self) -> None:
        self._connection.close()
