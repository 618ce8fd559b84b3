"""Tell a database outage, which passes, from a statement that fails for good (by SQLite's primary result codes)."""

import sqlite3

from sqlalchemy import exc

from storage.session import DatabaseUnavailable

# Primary result codes: locked for too long, unreachable, disk full, or no longer a database.
OUTAGE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
# Selects the primary code of an extended one, such as SQLITE_BUSY_RECOVERY.
PRIMARY_CODE_MASK = 0xFF


def is_outage(error: BaseException) -> bool:
    """Return whether an error is an outage, by SQLite's codes; PostgreSQL's are `DatabaseUnavailable` already."""
    if isinstance(error, exc.DBAPIError):
        return primary_code(error) in OUTAGE_CODES
    return isinstance(error, exc.TimeoutError | DatabaseUnavailable)


def primary_code(error: exc.DBAPIError) -> int:
    """Return SQLite's primary result code; 0 if there is none."""
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code & PRIMARY_CODE_MASK
